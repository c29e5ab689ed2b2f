"""What keeps a store shut, told apart: no store, another console, wrong passphrase, damage, a newer version."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.faults import GshFault, StoreDamaged, StoreFault, StoreLocked, StoreMissing, WrongPassphrase
from gsh_console.store.connection import DRIVER, connect
from gsh_console.store.store import create_store, open_store, open_training_store
from tests.builders import PASSPHRASE, child_environment, make_patient, put_patient, signed_contact

CANARY = "Zebrafinch"


@pytest.fixture
def shut(desk: Desk, folder: Path) -> Path:
    """The folder of a closed store with one signed contact."""
    signed_contact(desk, put_patient(desk, make_patient(family_name=CANARY)))
    desk.close()
    return folder


def overwrite(path: Path, at: int, content: bytes) -> None:
    raw = bytearray(path.read_bytes())
    raw[at : at + len(content)] = content
    path.write_bytes(bytes(raw))


def edit_keys(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "keys.json"
    path.write_text(change(path.read_text("utf-8")), "utf-8")


def first_page_overwritten(folder: Path) -> None:
    overwrite(folder / "store.db", 100, b"\xff" * 64)


def cut_in_half(folder: Path) -> None:
    path = folder / "store.db"
    os.truncate(path, path.stat().st_size // 2)


def empty(folder: Path) -> None:
    (folder / "store.db").write_bytes(b"")


def plain_database(folder: Path) -> None:
    (folder / "store.db").write_bytes(b"SQLite format 3\0" + bytes(8192))


def keys_not_json(folder: Path) -> None:
    edit_keys(folder, lambda text: text[: len(text) // 2])


def keys_without_slots(folder: Path) -> None:
    (folder / "keys.json").write_text("[]", "utf-8")


def keys_one_letter_changed(folder: Path) -> None:
    key = json.loads((folder / "keys.json").read_text("utf-8"))["slots"]["passphrase"]["key"]
    changed = key[:10] + ("A" if key[10] != "A" else "B") + key[11:]
    edit_keys(folder, lambda text: text.replace(key, changed))


def keys_with_other_costs(folder: Path) -> None:
    edit_keys(folder, lambda text: text.replace('"memory_cost": 8', '"memory_cost": 99999999999'))


def keys_gone(folder: Path) -> None:
    (folder / "keys.json").unlink()


def database_gone(folder: Path) -> None:
    (folder / "store.db").unlink()


@pytest.mark.parametrize(
    ("harm", "fault", "code", "words"),
    [
        (first_page_overwritten, StoreDamaged, 6, "passphrase was right"),
        (cut_in_half, StoreDamaged, 6, "passphrase was right"),
        (plain_database, StoreDamaged, 6, "passphrase was right"),
        (empty, StoreDamaged, 6, "database is empty"),
        (keys_not_json, StoreDamaged, 6, "key file keys.json is damaged"),
        (keys_without_slots, StoreDamaged, 6, "key file keys.json is damaged"),
        (keys_one_letter_changed, StoreDamaged, 6, "key file keys.json is damaged"),
        (keys_with_other_costs, StoreDamaged, 6, "key file keys.json is damaged"),
        (keys_gone, StoreMissing, 3, "no store here"),
        (database_gone, StoreMissing, 3, "database is gone"),
    ],
)
def test_each_harm_has_its_own_sentence_and_exit_code(
    shut: Path, harm: Callable[[Path], None], fault: type[GshFault], code: int, words: str
) -> None:
    harm(shut)
    with pytest.raises(GshFault) as told:
        open_store(shut, PASSPHRASE)
    assert (type(told.value), told.value.exit_code) == (fault, code)
    assert words in str(told.value)
    assert CANARY not in str(told.value)


@pytest.mark.parametrize("harm", [database_gone, empty])
def test_no_store_is_made_where_one_was_lost(shut: Path, harm: Callable[[Path], None]) -> None:
    harm(shut)
    with pytest.raises(StoreFault):
        open_store(shut, PASSPHRASE)
    path = shut / "store.db"
    assert not path.exists() or path.stat().st_size == 0


def test_a_page_damaged_further_in_is_told_as_damage_when_it_is_read(shut: Path) -> None:
    size = (shut / "store.db").stat().st_size
    for at in range(8192, size, 4096):
        overwrite(shut / "store.db", at + 50, b"\x00" * 32)

    def read_everything() -> None:
        with contextlib.closing(open_store(shut, PASSPHRASE)) as opened:
            opened.fetch("SELECT * FROM journal")

    with pytest.raises(StoreDamaged) as told:
        read_everything()
    assert told.value.exit_code == 6


@pytest.mark.parametrize("typed", ["correct horse batterz", "", "CORRECT HORSE BATTERY", PASSPHRASE + " "])
def test_a_wrong_passphrase_is_not_taken_for_damage(shut: Path, typed: str) -> None:
    with pytest.raises(WrongPassphrase, match="nothing was changed") as told:
        open_store(shut, typed)
    assert told.value.exit_code == 5
    open_store(shut, PASSPHRASE).close()


def test_the_passphrase_may_be_typed_in_another_unicode_form(tmp_path: Path) -> None:
    made, _ = create_store(tmp_path / "s", "café crème brûlée")
    made.close()
    open_store(tmp_path / "s", "cafe\u0301 cre\u0300me bru\u0302le\u0301e").close()


def test_a_second_store_is_not_made_over_the_first(shut: Path) -> None:
    before = (shut / "keys.json").read_bytes()
    with pytest.raises(StoreFault, match="already a store"):
        create_store(shut, PASSPHRASE)
    assert (shut / "keys.json").read_bytes() == before


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="shorter than 10"):
        create_store(tmp_path / "s", "short    ")
    assert not (tmp_path / "s" / "keys.json").exists()


def test_a_key_file_that_is_not_a_training_one_is_no_way_round_the_passphrase(shut: Path) -> None:
    with pytest.raises(GshFault):
        open_training_store(shut)


HOLDER = """
import sys
from pathlib import Path
from gsh_console.store.store import open_store
held = open_store(Path(sys.argv[1]), sys.argv[2])
print("open", flush=True)
sys.stdin.readline()
held.close()
"""


def test_a_second_console_is_refused_at_once_and_let_in_when_the_first_has_gone(shut: Path) -> None:
    arguments = [sys.executable, "-c", HOLDER, str(shut), PASSPHRASE]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment()
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        began = time.monotonic()
        with pytest.raises(StoreLocked, match="already open in another console") as told:
            open_store(shut, PASSPHRASE)
        assert time.monotonic() - began < 2
        assert told.value.exit_code == 4
        open_store(shut, PASSPHRASE, locked=False).close()  # a command that only reads
        holder.communicate("\n")
    open_store(shut, PASSPHRASE).close()


@pytest.mark.skipif(os.name != "posix", reason="permissions are Windows' own there")
def test_everything_in_the_store_is_for_its_owner_only(desk: Desk, folder: Path) -> None:
    previous = os.umask(0o000)
    try:
        signed_contact(desk, put_patient(desk, make_patient()))
    finally:
        os.umask(previous)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "backups").stat().st_mode) == 0o700
    loose = {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert loose == {}


def test_no_word_of_a_patient_is_readable_in_any_file_of_an_open_or_closed_store(desk: Desk, folder: Path) -> None:
    conduct = signed_contact(desk, put_patient(desk, make_patient(family_name=CANARY, address_line="7 Canary Row")))
    assert CANARY in conduct.patient.family_name

    def found() -> list[str]:
        needles = [form for word in (CANARY, "Canary Row", "kitchen", "walk to the library", "phq-9", "CREATE TABLE")
                   for form in (word.encode(), word.encode("utf-16-le"))]  # fmt: skip
        return [p.name for p in folder.rglob("*") if p.is_file() for n in needles if n in p.read_bytes()]

    assert (folder / "store.db-wal").stat().st_size > 0
    assert found() == []
    desk.close()
    assert found() == []
    assert not (folder / "store.db").read_bytes().startswith(b"SQLite format 3")


def test_the_file_opens_neither_as_plain_sqlite_nor_with_another_key(shut: Path) -> None:
    import sqlite3

    plain = sqlite3.connect(shut / "store.db")
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        plain.execute("SELECT count(*) FROM sqlite_master")
    plain.close()
    without_key = DRIVER.connect(str(shut / "store.db"))
    with pytest.raises(DRIVER.DatabaseError):
        without_key.execute("SELECT count(*) FROM sqlite_master")
    without_key.close()
    with pytest.raises(StoreDamaged):
        connect(shut / "store.db", bytes(32))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1), ("cell_size_check", 1),
        ("trusted_schema", 0), ("temp_store", 2), ("recursive_triggers", 1),
    ],
)  # fmt: skip
def test_both_connections_keep_the_promises_of_durability(desk: Desk, pragma: str, value: object) -> None:
    assert desk.store.fetch(f"PRAGMA {pragma}")[0][0] == value
    with desk.store.engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
