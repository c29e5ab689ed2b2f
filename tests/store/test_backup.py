"""A backup is a whole copy with its keys, and opens with either."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.faults import StoreFault, WrongPassphrase
from gsh_console.settings import Settings
from gsh_console.store import journal
from gsh_console.store.backup import copy_verified
from gsh_console.store.store import Store, open_store
from tests.builders import ALEX, PASSPHRASE, SteadyClock, make_conduct, make_patient, put_patient, signed_contact


def restored(copy: Path, into: Path) -> Path:
    into.mkdir()
    shutil.copyfile(copy, into / "store.db")
    shutil.copyfile(copy.with_suffix(".keys.json"), into / "keys.json")
    return into


def contents(opened: Store) -> list[object]:
    tables = ("patient", "contact", "journal", "score", "note", "outbox")
    found: list[object] = [opened.fetch(f"SELECT * FROM {table} ORDER BY rowid") for table in tables]
    found.append(journal.verify_chain(opened))
    return found


def test_a_backup_taken_in_the_middle_of_a_call_holds_it_whole_and_opens_both_ways(
    folder: Path, tmp_path: Path
) -> None:
    desk, code = Access(folder, Settings(), SteadyClock()).set_up(PASSPHRASE, ALEX)
    signed_contact(desk, put_patient(desk, make_patient()))
    make_conduct(desk, put_patient(desk, make_patient(2)))
    copy = copy_verified(desk.store, tmp_path / "backups" / "one.db")
    before = contents(desk.store)
    desk.close()
    shutil.rmtree(folder)
    for number, (secret, slot) in enumerate([(PASSPHRASE, "passphrase"), (code, "recovery")]):
        opened = open_store(restored(copy, tmp_path / f"back-{number}"), secret, slot=slot)
        assert contents(opened) == before
        opened.close()


def test_an_old_backup_keeps_the_passphrase_it_was_made_under(folder: Path, tmp_path: Path) -> None:
    access = Access(folder, Settings(), SteadyClock())
    desk, _ = access.set_up(PASSPHRASE, ALEX)
    copy = copy_verified(desk.store, tmp_path / "old.db")
    desk.close()
    access.change_passphrase(PASSPHRASE, "another quiet river")
    back = restored(copy, tmp_path / "back")
    with pytest.raises(WrongPassphrase):
        open_store(back, "another quiet river")
    open_store(back, PASSPHRASE).close()


def test_a_copy_is_encrypted_and_for_its_owner_only(folder: Path, tmp_path: Path) -> None:
    desk, _ = Access(folder, Settings(), SteadyClock()).set_up(PASSPHRASE, ALEX)
    put_patient(desk, make_patient(family_name="Zebrafinch"))
    copy = copy_verified(desk.store, tmp_path / "new" / "one.db")
    desk.close()
    assert b"Zebrafinch" not in copy.read_bytes()
    for path in (copy, copy.with_suffix(".keys.json")):
        assert path.stat().st_mode & 0o077 == 0
    assert list(copy.parent.glob("*.part")) == []


def test_a_copy_that_cannot_be_written_leaves_the_last_one_in_place(folder: Path, tmp_path: Path) -> None:
    desk, _ = Access(folder, Settings(), SteadyClock()).set_up(PASSPHRASE, ALEX)
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(StoreFault):
        copy_verified(desk.store, tmp_path / "file" / "one.db")
    desk.close()
