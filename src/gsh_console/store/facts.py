"""Facts about the store itself, by name: how the server wants its records, how far the caseload came down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsh_console.store.store import Store

if TYPE_CHECKING:
    from sqlmodel import Session


def read(store: Store, name: str) -> str:
    """The fact of this name, empty where there is none."""
    rows = store.fetch("SELECT value FROM fact WHERE name = ?", (name,))
    return str(rows[0][0]) if rows else ""


def write(session: Session, name: str, value: str) -> None:
    """Write a fact over the one before it."""
    from gsh_console.store.tables import FactRow

    session.merge(FactRow(name=name, value=value))
