"""One training caseload for all tests in a real terminal; each test works on a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from gsh_console.casework import training
from gsh_console.casework.access import Access
from gsh_console.domain.people import Practitioner
from gsh_console.settings import Settings
from tests.tui.real_terminal import DAY


@pytest.fixture(scope="session")
def training_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training store with the whole synthetic caseload, made today."""
    folder = tmp_path_factory.mktemp("training") / "store"
    desk = Access(folder, Settings()).set_up_training(Practitioner("Alex Lang", "Trainee PWP"))
    training.make_training_caseload(desk, seed=1)
    desk.close()
    return folder


@pytest.fixture(scope="session")
def dated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same caseload made on the day the played calls are set in."""
    folder = tmp_path_factory.mktemp("dated") / "store"
    desk = Access(folder, Settings(), lambda: DAY).set_up_training(Practitioner("Alex Lang", "Trainee PWP"))
    training.make_training_caseload(desk, seed=1)
    desk.close()
    return folder
