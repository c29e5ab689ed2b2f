"""What every test stands on: no real home, no animations, cheap passphrases, a clock that only tests move."""

from __future__ import annotations

import contextlib
import os

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import amend
from gsh_console.domain.people import Patient
from gsh_console.settings import Settings
from gsh_console.store import keys
from gsh_console.store.connection import DRIVER
from tests.builders import (
    ALEX,
    PASSPHRASE,
    SteadyClock,
    make_conduct,
    make_desk,
    make_patient,
    put_patient,
    signed_contact,
)

pytest_plugins = ["tests.servers.fixtures"]

hypothesis_settings.register_profile("house", deadline=None, max_examples=80)
hypothesis_settings.load_profile("house")

SERVERS = "servers"


@pytest.hookimpl(tryfirst=True)  # before the plug-in looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, those of one file stay together, and all that start FHIR servers in one process."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(SERVERS if folder in (SERVERS, "sync") else item.path.name))


CHEAP_ARGON2 = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


@pytest.fixture(autouse=True, scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests out of the real home and passphrases cheap; one test asks for the real costs itself."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "ARGON2", CHEAP_ARGON2)
        patch.setenv("GSH_CONSOLE_STORE", str(home / "data"))
        patch.setenv("GSH_CONSOLE_SETTINGS", str(home / "settings.toml"))
        patch.delenv("GSH_CONSOLE_PASSPHRASE", raising=False)
        yield


@pytest.fixture
def clock() -> SteadyClock:
    """A clock that starts on Friday 20 November 2026 at 10:00 and moves one second a look."""
    return SteadyClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where this test's store is made."""
    return tmp_path / "store"


@pytest.fixture
def server_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where server.toml is looked for."""
    monkeypatch.setenv("GSH_CONSOLE_SETTINGS", str(tmp_path / "settings.toml"))
    return tmp_path / "server.toml"


@pytest.fixture
def desk(folder: Path, clock: SteadyClock) -> Iterator[Desk]:
    """A desk over a real encrypted store with a passphrase."""
    made = make_desk(folder, clock)
    yield made
    _close(made)


@pytest.fixture
def training_desk(folder: Path, clock: SteadyClock) -> Iterator[Desk]:
    """A desk over a training store."""
    made = make_desk(folder, clock, training=True)
    yield made
    _close(made)


def _close(desk: Desk) -> None:
    with contextlib.suppress(DRIVER.ProgrammingError):  # the test closed it itself
        desk.close()


@pytest.fixture
def patient(desk: Desk) -> Patient:
    """One patient on the desk's caseload."""
    return put_patient(desk, make_patient())


@pytest.fixture
def conduct(desk: Desk, patient: Patient) -> Conduct:
    """A freshly opened contact with that patient."""
    return make_conduct(desk, patient)


@pytest.fixture
def access(folder: Path, clock: SteadyClock) -> Access:
    """The way to a store that is not there yet."""
    return Access(folder, Settings(), clock)


@pytest.fixture
def code(access: Access) -> str:
    """The recovery code of a closed store with a signed, amended contact and one going on."""
    desk, code = access.set_up(PASSPHRASE, ALEX)
    amend(signed_contact(desk, put_patient(desk, make_patient())), "More.", "Found later")
    make_conduct(desk, put_patient(desk, make_patient(2)))
    desk.close()
    return code
