"""Taking a patient who left the caseload out of the store: all that is known of the person, and nothing else.

The audit chain stays provable: where entries are taken out, a sealed gap keeps what the chain came to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.store.journal import NO_MAC, sealed
from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session

# In this order; each statement takes the patient's id.
_OF_CONTACTS = "(SELECT id FROM contact WHERE patient_id = ?)"
_TAKE_OUT = (
    f"DELETE FROM journal WHERE contact_id IN {_OF_CONTACTS}",
    f"DELETE FROM note WHERE amends IS NOT NULL AND contact_id IN {_OF_CONTACTS}",
    f"DELETE FROM note WHERE contact_id IN {_OF_CONTACTS}",
    "DELETE FROM score WHERE patient_id = ?",
    "DELETE FROM action WHERE patient_id = ?",
    "DELETE FROM outbox WHERE patient_id = ?",
    "DELETE FROM remote WHERE local_id IN (SELECT id FROM appointment WHERE patient_id = ?)",
    "DELETE FROM remote WHERE local_id IN (SELECT id FROM task WHERE patient_id = ?)",
    "DELETE FROM remote WHERE local_id = ?",
    "DELETE FROM appointment WHERE patient_id = ?",
    "DELETE FROM task WHERE patient_id = ?",
    "DELETE FROM proposal WHERE patient_id = ?",
    "DELETE FROM contact WHERE patient_id = ?",
    "DELETE FROM patient WHERE id = ?",
)


@dataclass(frozen=True)
class Tombstone:
    """A patient who left: how much there was, and when it was taken out (None: not yet)."""

    patient_id: str
    left_at: datetime
    purged_at: datetime | None
    contacts: int
    records: int


def tombstones(store: Store) -> list[Tombstone]:
    """Everybody who left, in the order they did."""
    query = "SELECT patient_id, left_at, purged_at, contacts, records FROM tombstone ORDER BY left_at, patient_id"
    return [
        Tombstone(row[0], as_moment(row[1]), as_moment(row[2]) if row[2] else None, row[3], row[4])
        for row in store.fetch(query)
    ]


def in_the_way(store: Store, patient_id: str) -> str:
    """Why a patient cannot be taken out yet, in words; empty where nothing is in the way."""
    checks = (
        ("SELECT 1 FROM contact WHERE patient_id = ? AND signed_at IS NULL", "a call is open"),
        ("SELECT 1 FROM outbox WHERE patient_id = ? AND state <> 'sent'", "a record is not acknowledged yet"),
        ("SELECT 1 FROM action WHERE patient_id = ? AND closed_at IS NULL", "an action is open"),
        (
            """SELECT 1 FROM contact WHERE patient_id = ?
               AND id = (SELECT contact_id FROM journal ORDER BY seq DESC LIMIT 1)""",
            "the newest entry of the audit chain is this patient's",
        ),
    )
    return next((why for query, why in checks if store.fetch(f"{query} LIMIT 1", (patient_id,))), "")


def mark_left(session: Session, store: Store, patient_id: str, at: datetime) -> None:
    """Keep that a patient left, unless it is kept already."""
    from gsh_console.store.tables import TombstoneRow

    if session.get(TombstoneRow, patient_id) is None:
        contacts, records = (
            int(store.fetch(f"SELECT count(*) FROM {table} WHERE patient_id = ?", (patient_id,))[0][0])
            for table in ("contact", "outbox")
        )
        row = TombstoneRow(patient_id=patient_id, left_at=as_text(at), contacts=contacts, records=records)
        session.add(row)


def unmark(session: Session, patient_id: str) -> None:
    """The patient is back on the caseload before anything was taken out."""
    from gsh_console.store.tables import TombstoneRow

    held = session.get(TombstoneRow, patient_id)
    if held is not None and held.purged_at is None:
        session.delete(held)


def take_out(session: Session, store: Store, patient_id: str, at: datetime) -> None:
    """Take a patient out, as part of the caller's transaction; `in_the_way` has to be empty."""
    connection: Any = session.connection()
    connection.exec_driver_sql("UPDATE tombstone SET purged_at = ? WHERE patient_id = ?", (as_text(at), patient_id))
    for first, last, after, seal in _gaps(connection, store.audit_key, patient_id):
        connection.exec_driver_sql("DELETE FROM journal_gap WHERE first_seq BETWEEN ? AND ?", (first, last))
        connection.exec_driver_sql("INSERT INTO journal_gap VALUES (?, ?, ?, ?)", (first, last, after, seal))
    for statement in _TAKE_OUT:
        connection.exec_driver_sql(statement, (patient_id,))


def _gaps(connection: Any, key: bytes, patient_id: str) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The runs of entries that go, each joined to older gaps beside it: first, last, what the chain came to, seal."""
    links = _links(connection, patient_id)
    before, run = NO_MAC, None
    for first, last, mac, goes in links:
        if goes:
            run = (run[0] if run else first, last, mac)
            continue
        if run:
            yield (*run, sealed(key, before, *run))
        before, run = mac, None
    assert run is None, "the newest entry stays"


def _links(connection: Any, patient_id: str) -> list[tuple[int, int, bytes, bool]]:
    """The chain link by link: entries, and gaps as one link each; whether it goes."""
    entries = connection.exec_driver_sql(
        """SELECT seq, mac, contact_id IN (SELECT id FROM contact WHERE patient_id = ?) FROM journal ORDER BY seq""",
        (patient_id,),
    )
    links = [(seq, seq, bytes(mac), bool(goes)) for seq, mac, goes in entries]
    gaps = connection.exec_driver_sql("SELECT first_seq, last_seq, mac FROM journal_gap")
    return sorted([*links, *((first, last, bytes(mac), True) for first, last, mac in gaps)])
