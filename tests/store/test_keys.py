"""The key file: two ways in, neither of them written down in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.faults import StoreFault, WrongPassphrase
from gsh_console.settings import Settings
from gsh_console.store import keys, store
from tests.builders import ALEX, PASSPHRASE, SteadyClock, make_desk, make_patient, put_patient
from tests.conftest import CHEAP_ARGON2

NEW = "another quiet river"


@pytest.fixture
def access(folder: Path) -> Access:
    """The way to a store that is not there yet."""
    return Access(folder, Settings(), SteadyClock())


@pytest.fixture
def code(access: Access) -> str:
    """The recovery code of a store set up with one patient in it."""
    desk, code = access.set_up(PASSPHRASE, ALEX)
    put_patient(desk, make_patient())
    desk.close()
    return code


def patients_seen(desk: Desk) -> int:
    count = int(desk.store.fetch("SELECT count(*) FROM patient")[0][0])
    desk.close()
    return count


def test_the_recovery_code_is_eight_groups_of_four_and_opens_the_store(access: Access, code: str) -> None:
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){7}", code)
    opened = store.open_store(access.folder, code.lower().replace("-", " "), slot="recovery")
    assert opened.fetch("SELECT count(*) FROM patient") == [(1,)]
    opened.close()


@pytest.mark.parametrize("typed", ["", "ABCD", "not a code at all", "AAAA-" * 7 + "AAAA"])
def test_another_code_does_not_open_it(access: Access, code: str, typed: str) -> None:
    with pytest.raises(WrongPassphrase) as told:
        access.recover(typed, NEW)
    assert told.value.exit_code == 5
    assert patients_seen(access.unlock(PASSPHRASE)) == 1


def test_a_new_passphrase_opens_the_store_and_the_old_one_no_longer_does(access: Access, code: str) -> None:
    access.change_passphrase(PASSPHRASE, NEW)
    with pytest.raises(WrongPassphrase):
        access.unlock(PASSPHRASE)
    assert patients_seen(access.unlock(NEW)) == 1
    access.recover(code, PASSPHRASE)
    assert patients_seen(access.unlock(PASSPHRASE)) == 1


def test_a_wrong_old_passphrase_or_a_weak_new_one_changes_nothing(access: Access, code: str) -> None:
    before = (access.folder / "keys.json").read_bytes()
    with pytest.raises(WrongPassphrase):
        access.change_passphrase("wrong wrong wrong", NEW)
    with pytest.raises(StoreFault, match="shorter"):
        access.change_passphrase(PASSPHRASE, "short")
    assert (access.folder / "keys.json").read_bytes() == before
    assert list(access.folder.glob("*.part")) == []


def test_neither_passphrase_nor_code_nor_data_key_stands_in_the_key_file(access: Access, code: str) -> None:
    desk = access.unlock(PASSPHRASE)
    data_key = desk.store.keys.data_key
    desk.close()
    raw = (access.folder / "keys.json").read_bytes()
    for secret in (
        PASSPHRASE.encode(),
        code.encode(),
        code.replace("-", "").encode(),
        data_key,
        data_key.hex().encode(),
    ):
        assert secret not in raw
    assert set(json.loads(raw)["slots"]) == {"passphrase", "recovery"}


def test_a_slot_copied_from_another_store_opens_nothing(access: Access, code: str, tmp_path: Path) -> None:
    make_desk(tmp_path / "other").close()
    theirs = json.loads((tmp_path / "other" / "keys.json").read_text("utf-8"))
    mine = json.loads((access.folder / "keys.json").read_text("utf-8"))
    mine["slots"]["passphrase"] = theirs["slots"]["passphrase"]
    del mine["sha256"]
    keys._write(access.folder / "keys.json", mine)
    with pytest.raises(WrongPassphrase):
        access.unlock(PASSPHRASE)


def test_the_released_costs_are_the_recommended_ones_and_are_what_a_store_is_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}
    monkeypatch.setattr(keys, "ARGON2", real)
    made, _ = store.create_store(tmp_path / "s", PASSPHRASE)
    made.close()
    slot = json.loads((tmp_path / "s" / "keys.json").read_text("utf-8"))["slots"]["passphrase"]
    assert {name: slot[name] for name in real} == real
    store.open_store(tmp_path / "s", PASSPHRASE).close()
    source = Path(keys.__file__).read_text("utf-8")
    assert 'ARGON2 = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}' in source
    assert real != CHEAP_ARGON2


def test_costs_are_read_from_the_file_so_that_raising_them_locks_nobody_out(
    access: Access, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "ARGON2", {**CHEAP_ARGON2, "time_cost": 2})
    assert patients_seen(access.unlock(PASSPHRASE)) == 1
    access.change_passphrase(PASSPHRASE, NEW)
    assert json.loads((access.folder / "keys.json").read_text("utf-8"))["slots"]["passphrase"]["time_cost"] == 2


def test_the_training_store_needs_no_passphrase_and_says_what_it_is(access: Access) -> None:
    access.set_up_training(ALEX).close()
    assert access.is_training
    desk = access.unlock_training()
    assert desk.training
    desk.close()
    with pytest.raises(StoreFault):
        access.unlock(PASSPHRASE)
