"""The sets of definition files contacts are held to, each kept once under its digest."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gsh_console.faults import StoreDamaged
from gsh_console.store.store import Store, as_text

if TYPE_CHECKING:
    from sqlmodel import Session


def keep(session: Session, digest: str, archive: bytes, at: datetime) -> None:
    """Write a set that is not kept yet."""
    from gsh_console.store.tables import DefinitionSetRow

    session.add(DefinitionSetRow(sha256=digest, archive=archive, kept_at=as_text(at)))


def is_kept(store: Store, digest: str) -> bool:
    """Whether the store holds the set of this digest."""
    return bool(store.fetch("SELECT 1 FROM definition_set WHERE sha256 = ?", (digest,)))


def archive_of(store: Store, digest: str) -> bytes:
    """The archive of a set; StoreDamaged if the store does not hold it."""
    rows = store.fetch("SELECT archive FROM definition_set WHERE sha256 = ?", (digest,))
    if not rows:
        raise StoreDamaged("The definitions this contact was opened under are not kept here.", "Restore a backup.")
    return bytes(rows[0][0])


def digests(store: Store) -> tuple[str, ...]:
    """The digest of every set kept."""
    return tuple(str(row[0]) for row in store.fetch("SELECT sha256 FROM definition_set ORDER BY kept_at"))


def digests_named(store: Store) -> frozenset[str]:
    """The digests contacts name as what they were opened under."""
    query = "SELECT DISTINCT json_extract(body, '$.definitions') FROM journal WHERE kind = 'opened'"
    return frozenset(str(row[0]) for row in store.fetch(query) if row[0])
