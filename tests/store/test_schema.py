"""The migrated file and the SQLModel tables say the same; a step fails whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

from gsh_console.casework.desk import Desk
from gsh_console.faults import StoreFault, StoreTooNew
from gsh_console.store import migrate, tables
from gsh_console.store.connection import DRIVER
from gsh_console.store.store import open_store
from tests.builders import PASSPHRASE, make_patient, put_patient, raw_connection

TABLES = sorted(
    (
        cls
        for cls in vars(tables).values()
        if isinstance(cls, type) and issubclass(cls, SQLModel) and cls is not SQLModel
    ),
    key=lambda cls: str(cls.__tablename__),
)


def test_no_two_steps_carry_the_same_number() -> None:
    numbers = [number for number, _ in migrate.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_migrated_table_has_its_class_and_every_class_its_table(desk: Desk) -> None:
    names = [row[0] for row in desk.store.fetch("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    assert names == [cls.__tablename__ for cls in TABLES]


@pytest.mark.parametrize("cls", TABLES, ids=lambda cls: str(cls.__tablename__))
def test_columns_nullability_and_keys_of_file_and_class_agree(desk: Desk, cls: type[SQLModel]) -> None:
    info = desk.store.fetch(f"PRAGMA table_info({cls.__tablename__})")
    in_file = {name: (not notnull, bool(pk)) for _, name, _, notnull, _, pk in info}
    in_class = {c.name: (bool(c.nullable), bool(c.primary_key)) for c in cls.__table__.columns}  # type: ignore[attr-defined]
    if cls is tables.OutboxRow:
        in_class["seq"] = (False, True)  # given by SQLite, so the class may leave it empty
    assert list(in_file.items()) == list(in_class.items())


@pytest.mark.parametrize("cls", TABLES, ids=lambda cls: str(cls.__tablename__))
def test_types_and_references_of_file_and_class_agree(desk: Desk, cls: type[SQLModel]) -> None:
    columns = cls.__table__.columns  # type: ignore[attr-defined]
    kinds = {row[1]: row[2] for row in desk.store.fetch(f"PRAGMA table_info({cls.__tablename__})")}
    for column in columns:
        declared = column.type.compile(sqlite.dialect())
        assert kinds[column.name] == {"VARCHAR": "TEXT", "BOOLEAN": "INTEGER"}.get(declared, declared)
    in_file = {(row[3], row[2], row[4]) for row in desk.store.fetch(f"PRAGMA foreign_key_list({cls.__tablename__})")}
    in_class = {(c.name, *key.target_fullname.split(".")) for c in columns for key in c.foreign_keys}
    assert in_file == in_class


def test_a_store_a_newer_console_wrote_is_refused_and_not_touched(desk: Desk, folder: Path) -> None:
    desk.store.reading.execute(f"PRAGMA user_version = {migrate.newest() + 1}")
    desk.close()
    before = (folder / "store.db").read_bytes()
    with pytest.raises(StoreTooNew, match=f"version {migrate.newest() + 1}; this one knows {migrate.newest()}") as told:
        open_store(folder, PASSPHRASE)
    assert told.value.exit_code == 6
    assert (folder / "store.db").read_bytes() == before


def test_a_migration_that_fails_half_way_leaves_nothing_of_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        *migrate.migrations(),
        (migrate.newest() + 1, "CREATE TABLE half (x TEXT);\nCREATE TABLE fact (x TEXT);\n"),
    )
    monkeypatch.setattr(migrate, "migrations", lambda: steps)
    with pytest.raises(StoreFault):
        migrate.migrate(desk.store.reading)
    assert migrate.version_of(desk.store.reading) == steps[-2][0]
    assert not desk.store.fetch("SELECT name FROM sqlite_master WHERE name = 'half'")


def test_an_older_store_is_copied_before_it_is_brought_up_to_date(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_patient(desk, make_patient())
    desk.close()
    number = migrate.newest() + 1
    steps = (*migrate.migrations(), (number, "CREATE TABLE later (x TEXT NOT NULL) STRICT;\n"))
    monkeypatch.setattr(migrate, "migrations", lambda: steps)
    opened = open_store(folder, PASSPHRASE)
    try:
        assert migrate.version_of(opened.reading) == number
        assert opened.fetch("SELECT count(*) FROM patient") == [(1,)]
    finally:
        opened.close()
    assert (folder / "backups" / f"before-version-{number}.db").exists()
    assert (folder / "backups" / f"before-version-{number}.keys.json").exists()


def test_every_shipped_migration_splits_into_whole_statements() -> None:
    for _, script in migrate.migrations():
        whole = list(migrate.statements(script))
        assert all(statement.endswith(";") for statement in whole)
        assert "".join("".join(whole).split()) == "".join(script.split())


def test_rows_that_do_not_fit_together_are_refused_by_the_file_itself(desk: Desk) -> None:
    raw = raw_connection(desk)
    raw.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(Exception, match="FOREIGN KEY"):
        raw.execute("INSERT INTO contact VALUES ('c', 'nobody', 1, 'p', '1', 'now', NULL, NULL, NULL)")
    raw.close()


def test_records_queued_before_payloads_had_a_table_of_their_own_keep_what_they_hold() -> None:
    raw = DRIVER.connect(":memory:", isolation_level=None)
    for number, script in migrate.migrations()[:4]:
        for statement in migrate.statements(script):
            raw.execute(statement)
        raw.execute(f"PRAGMA user_version = {number}")
    empty = {row[1]: "" for row in raw.execute("PRAGMA table_info(patient)") if row[3] and row[4] is None}
    numbers = {row[1]: 0 for row in raw.execute("PRAGMA table_info(patient)") if row[2] == "INTEGER"}
    person = {**empty, **numbers, "id": "p"}
    raw.execute(
        f"INSERT INTO patient ({', '.join(person)}) VALUES ({', '.join('?' * len(person))})", [*person.values()]
    )
    raw.execute("INSERT INTO contact VALUES ('c', 'p', 1, 'protocol', '1', 'now', NULL, NULL)")
    for seq, state in enumerate(("sent", "waiting"), 1):
        item = (seq, f"i{seq}", "p", "c", "a record", "-", state, 0, "now", None, "", 0, 1, "", "", f"held {seq}")
        raw.execute(f"INSERT INTO outbox VALUES ({', '.join('?' * len(item))})", item)
    migrate.migrate(raw)
    assert raw.execute("SELECT id, state, content FROM outbox JOIN payload USING (seq) ORDER BY seq").fetchall() == [
        ("i1", "sent", "held 1"),
        ("i2", "waiting", "held 2"),
    ]
    raw.close()
