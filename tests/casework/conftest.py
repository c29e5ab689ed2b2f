"""The service's side of a caseload, and the way to ask its server."""

from __future__ import annotations

import pytest

from gsh_console.sync.asking import Server
from gsh_console.sync.link import Link
from tests.servers.medplum_server import MedplumServer
from tests.sync.many import QUICK

from .test_caseload_down import Service


@pytest.fixture
def service(medplum_open: MedplumServer) -> Service:
    """A service whose server is empty."""
    return Service(medplum_open)


@pytest.fixture
def server(service: Service) -> Server:
    """That server, asked as the console asks it."""
    return Server(Link(service.server.base, timing=QUICK))
