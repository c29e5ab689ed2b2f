"""Taking a patient who left the caseload out of the store: all that is known of the person, and nothing else.

The audit chain stays provable: where entries are taken out, a sealed gap keeps what the chain came to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.faults import StoreFault
from gsh_console.store import facts
from gsh_console.store.connection import connect, plain_faults
from gsh_console.store.journal import NO_MAC, proved_links, sealed
from gsh_console.store.store import DATABASE, Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session

_UNTIDY = "purge.untidy"  # a fact: somebody was taken out and the file was not written anew since
_CONTACTS = "SELECT id FROM contact WHERE patient_id = ?"
# In this order; each statement takes the patient's id.
_OF_CONTACTS = f"({_CONTACTS})"
_TAKE_OUT = (
    f"DELETE FROM journal WHERE contact_id IN {_OF_CONTACTS}",
    f"DELETE FROM note WHERE amends IS NOT NULL AND contact_id IN {_OF_CONTACTS}",
    f"DELETE FROM note WHERE contact_id IN {_OF_CONTACTS}",
    "DELETE FROM score WHERE patient_id = ?",
    "DELETE FROM action WHERE patient_id = ?",
    "DELETE FROM outbox WHERE patient_id = ?",  # its payloads go with it,
    "DELETE FROM remote WHERE local_id IN (SELECT id FROM appointment WHERE patient_id = ?)",
    "DELETE FROM remote WHERE local_id IN (SELECT id FROM task WHERE patient_id = ?)",
    "DELETE FROM remote WHERE local_id = ?",
    "DELETE FROM appointment WHERE patient_id = ?",
    "DELETE FROM task WHERE patient_id = ?",
    "DELETE FROM proposal WHERE patient_id = ?",
    "DELETE FROM pending_change WHERE patient_id = ?",
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
        ("SELECT 1 FROM contact WHERE patient_id = ? AND signed_at IS NULL AND mistaken_at IS NULL", "a call is open"),
        ("SELECT 1 FROM outbox WHERE patient_id = ? AND state <> 'sent'", "a record is not acknowledged yet"),
        (
            """SELECT 1 FROM contact WHERE patient_id = ? AND (SELECT count(*) FROM note WHERE contact_id = contact.id)
                > (SELECT count(*) FROM outbox WHERE contact_id = contact.id)""",
            "a signed note was never put into the outbox",
        ),
        ("SELECT 1 FROM pending_change WHERE patient_id = ?", "a change wanted on the server is not settled"),
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


def take_out(session: Session, store: Store, patients: Collection[str], at: datetime) -> None:
    """Take patients out, as part of the caller's transaction; StoreFault where something is in the way.

    The whole audit chain is proved first, so that a seal never covers what was tampered with before. What is left in
    the file's free space goes with `tidy`.
    """
    connection: Any = session.connection()  # from here on nobody else writes
    if any(in_the_way(store, patient_id) for patient_id in patients):
        raise StoreFault("Something new is in the way, so nobody was taken out.", "Bring the caseload down once more.")
    for first, last, after, seal in list(_gaps(connection, store.audit_key, patients)):
        connection.exec_driver_sql("DELETE FROM journal_gap WHERE first_seq BETWEEN ? AND ?", (first, last))
        connection.exec_driver_sql("INSERT INTO journal_gap VALUES (?, ?, ?, ?)", (first, last, after, seal))
    for patient_id in patients:
        connection.exec_driver_sql("UPDATE tombstone SET purged_at = ? WHERE patient_id = ?", (as_text(at), patient_id))
        for statement in _TAKE_OUT:
            connection.exec_driver_sql(statement, (patient_id,))
    facts.write(session, _UNTIDY, "yes")


def tidy(store: Store) -> bool:
    """Write the file anew where patients were taken out, so that nothing of them stays in free space or in the log.

    Return whether nothing is left to do. Where it is in the way (a full disk, another reader) it stays to be done.
    """
    if not facts.read(store, _UNTIDY):
        return True
    try:
        with plain_faults(), closing(connect(store.folder / DATABASE, store.keys.data_key)) as connection:
            connection.execute("PRAGMA busy_timeout = 200")  # it can wait for another time
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except StoreFault:
        return False
    if busy:
        return False
    with store.unit() as session:
        facts.write(session, _UNTIDY, "")
    return True


def _gaps(connection: Any, key: bytes, patients: Collection[str]) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The runs of entries that go, each joined to older gaps beside it: first, last, what the chain came to, seal."""
    contacts = {
        contact for patient_id in patients for (contact,) in connection.exec_driver_sql(_CONTACTS, (patient_id,))
    }
    before, run, older = NO_MAC, None, True
    for link in proved_links(key, connection.exec_driver_sql):
        if link.contact_id is None or link.contact_id in contacts:
            run = (run[0] if run else link.first, link.last, link.mac)
            older = older and link.contact_id is None
            continue
        if run and not older:
            yield (*run, sealed(key, before, *run))
        before, run, older = link.mac, None, True
