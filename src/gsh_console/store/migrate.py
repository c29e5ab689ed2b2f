"""Numbered migrations on PRAGMA user_version: a verified copy first, then each step in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

from gsh_console.faults import StoreDamaged, StoreTooNew
from gsh_console.store.connection import plain_faults


def migrations() -> tuple[tuple[int, str], ...]:
    """Every migration as (number, SQL), in order."""
    folder = resources.files("gsh_console.store.migrations")
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")]
    return tuple(sorted(found))


def version_of(connection: Any) -> int:
    """The schema version the file carries."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def newest() -> int:
    """The schema version this program knows."""
    return migrations()[-1][0]


def refuse_newer(connection: Any) -> None:
    """Refuse a store a newer console has written."""
    if version_of(connection) > newest():
        raise StoreTooNew(
            f"This store was written by a newer console (version {version_of(connection)}; this one knows {newest()}).",
            "Install the newer gsh-console; nothing was changed.",
        )


def is_behind(connection: Any) -> bool:
    """Whether migrations are waiting."""
    return version_of(connection) < newest()


def migrate(connection: Any) -> None:
    """Bring the file to the newest version, one transaction a step; nothing is left half done."""
    for number, script in migrations():
        if number <= version_of(connection):
            continue
        with plain_faults():
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in statements(script):
                    connection.execute(statement)
                if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                    raise StoreDamaged("The store's rows do not fit together.", "Restore a backup.")
                connection.execute(f"PRAGMA user_version = {number}")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("ROLLBACK")
                raise


def statements(script: str) -> Iterator[str]:
    """The statements of a script, triggers whole."""
    import sqlite3

    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
