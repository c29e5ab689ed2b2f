"""The outbox: signed payloads, frozen, waiting until the target has proved it holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.faults import InputRefused
from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session

_LINE = "seq, id, patient_id, contact_id, what, '', sha256, state, attempts, queued_at, sent_at, last_error, goes_first"
_WHOLE = _LINE.replace("''", "(SELECT content FROM payload WHERE payload.seq = outbox.seq)")
_NAME = "(SELECT upper(p.family_name) || ', ' || p.given_name FROM patient p WHERE p.id = outbox.patient_id)"


@dataclass(frozen=True)
class OutboxItem:
    """One payload on its way.

    `state`: waiting, sending, sent, refused, or training (never sent). Lists leave `payload` empty and give `patient`.
    """

    seq: int
    id: str
    patient_id: str
    contact_id: str
    what: str
    payload: str
    sha256: str
    state: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    last_error: str
    goes_first: bool = False
    patient: str = ""


def put(session: Session, item: OutboxItem) -> None:
    """Queue a payload as part of the signing transaction; `seq` 0 takes the next number."""
    from gsh_console.store.tables import OutboxRow, PayloadRow

    row = OutboxRow(
        id=item.id,
        patient_id=item.patient_id,
        contact_id=item.contact_id,
        what=item.what,
        sha256=item.sha256,
        state=item.state,
        attempts=item.attempts,
        queued_at=as_text(item.queued_at),
        last_error=item.last_error,
        goes_first=item.goes_first,
        head=True,  # the table takes it back where an earlier record of the patient waits
        next_at="",
        progress="",
    )
    session.add(row)
    session.flush()
    assert row.seq is not None, "given by the file"
    session.add(PayloadRow(seq=row.seq, content=item.payload))


def is_used(store: Store) -> bool:
    """Whether anything was ever put into it."""
    return bool(store.fetch("SELECT 1 FROM outbox LIMIT 1"))


def unsent(store: Store, limit: int, offset: int = 0) -> list[OutboxItem]:
    """A page of what is not yet acknowledged, oldest first, without the payloads."""
    query = f"SELECT {_LINE}, {_NAME} FROM outbox WHERE state <> 'sent' ORDER BY seq LIMIT ? OFFSET ?"
    return [_item(row) for row in store.fetch(query, (limit, offset))]


def item(store: Store, item_id: str) -> OutboxItem:
    """One item, whole; InputRefused if the id is unknown."""
    rows = store.fetch(f"SELECT {_WHOLE}, {_NAME} FROM outbox WHERE id = ?", (item_id,))
    if not rows:
        raise InputRefused("There is no such record in the outbox.", "gsh-console outbox lists the ids.")
    return _item(rows[0])


def acknowledged(store: Store) -> Iterator[OutboxItem]:
    """Everything the target has proved it holds, oldest first, one payload in memory at a time."""
    last = 0
    while True:
        rows = store.fetch(
            f"SELECT {_WHOLE} FROM outbox WHERE state = 'sent' AND seq > ? ORDER BY seq LIMIT 1", (last,)
        )
        if not rows:
            return
        found = _item(rows[0])
        last = found.seq
        yield found


def held_up_by(store: Store, item: OutboxItem) -> OutboxItem | None:
    """The earlier record of the same patient that has to go first, None where there is none."""
    query = f"""SELECT {_LINE} FROM outbox WHERE patient_id = ? AND seq < ?
                AND state IN ('waiting', 'sending', 'refused') ORDER BY seq LIMIT 1"""
    rows = store.fetch(query, (item.patient_id, item.seq))
    return _item(rows[0]) if rows else None


def count_unsent(store: Store) -> int:
    """How many items are not yet acknowledged."""
    return int(store.fetch("SELECT count(*) FROM outbox WHERE state <> 'sent'")[0][0])


def oldest_waiting(store: Store) -> datetime | None:
    """Since when the oldest unsent item waits, None where nothing does."""
    rows = store.fetch("SELECT queued_at FROM outbox WHERE state <> 'sent' ORDER BY seq LIMIT 1")
    return as_moment(rows[0][0]) if rows else None


def _item(row: tuple[Any, ...]) -> OutboxItem:
    seq, item_id, patient_id, contact_id, what, payload, sha256, state, attempts, queued_at, sent_at, error = row[:12]
    name = row[13] if len(row) > 13 else ""
    queued, sent = as_moment(queued_at), as_moment(sent_at) if sent_at else None
    return OutboxItem(
        seq, item_id, patient_id, contact_id, what, payload, sha256, state, attempts, queued, sent, error,
        bool(row[12]), name or "",
    )  # fmt: skip
