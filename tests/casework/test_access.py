"""The way to the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.domain.people import Practitioner
from gsh_console.faults import StoreDamaged, StoreFault, StoreLocked, StoreMissing
from gsh_console.settings import Settings
from tests.builders import ALEX, PASSPHRASE, START, SteadyClock, make_patient, put_patient


@pytest.fixture
def access(folder: Path) -> Access:
    """The way to a store that is not there yet."""
    return Access(folder, Settings(service_name="Example Talking Therapies"), SteadyClock())


def test_a_new_folder_is_not_set_up_and_opening_it_says_so(access: Access) -> None:
    assert not access.is_set_up
    assert not access.is_training
    with pytest.raises(StoreMissing) as told:
        access.unlock(PASSPHRASE)
    assert told.value.exit_code == 3
    assert not access.folder.exists()


def test_setting_up_and_unlocking_give_the_same_desk(access: Access) -> None:
    desk, _ = access.set_up(PASSPHRASE, Practitioner("Sam Ó Briain", "Trainee PWP", "555021935107"))
    put_patient(desk, make_patient())
    desk.close()
    again = access.unlock(PASSPHRASE)
    assert again.practitioner == Practitioner("Sam Ó Briain", "Trainee PWP", "555021935107")
    assert again.store.fetch("SELECT count(*) FROM patient") == [(1,)]
    assert again.settings.service_name == "Example Talking Therapies"
    assert not again.training
    again.close()


def test_one_process_cannot_open_the_same_store_twice_either(access: Access) -> None:
    desk, _ = access.set_up(PASSPHRASE, ALEX)
    with pytest.raises(StoreLocked):
        access.unlock(PASSPHRASE)
    reader = access.unlock(PASSPHRASE, locked=False)
    assert reader.practitioner == ALEX
    reader.close()
    desk.close()
    access.unlock(PASSPHRASE).close()


def test_a_refused_unlock_leaves_no_lock_behind(access: Access) -> None:
    access.set_up(PASSPHRASE, ALEX)[0].close()
    for _ in range(3):
        with pytest.raises(StoreFault):
            access.unlock("wrong wrong wrong")
    (access.folder / "store.db").rename(access.folder / "away.db")
    with pytest.raises(StoreMissing):
        access.unlock(PASSPHRASE)
    (access.folder / "away.db").rename(access.folder / "store.db")
    access.unlock(PASSPHRASE).close()


def test_ids_sort_by_the_moment_they_were_made(access: Access) -> None:
    desk, _ = access.set_up(PASSPHRASE, ALEX)
    made = [desk.new_id() for _ in range(20)]
    assert made == sorted(set(made))
    assert int(made[0].replace("-", "")[:12], 16) == int((START.timestamp()) * 1000)
    desk.close()


def test_a_store_that_does_not_say_whose_it_is_counts_as_damaged(access: Access) -> None:
    desk, _ = access.set_up(PASSPHRASE, ALEX)
    desk.store.reading.execute("DELETE FROM practitioner")
    with pytest.raises(StoreDamaged):
        _ = desk.practitioner
    desk.close()


def test_warming_up_loads_what_a_call_needs(access: Access) -> None:
    desk, _ = access.set_up(PASSPHRASE, ALEX)
    desk.warm_up()
    assert vars(desk)["_definitions"] is not None
    assert vars(desk.store)["_engine"] is not None
    desk.close()
