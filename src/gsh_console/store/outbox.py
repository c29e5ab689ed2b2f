"""The outbox: signed payloads, frozen, waiting until the target has proved it holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session

_COLUMNS = "seq, id, patient_id, contact_id, what, payload, sha256, state, attempts, queued_at, sent_at, last_error"


@dataclass(frozen=True)
class OutboxItem:
    """One payload on its way. `state`: waiting, sent, refused, or training (never sent); `patient` only for lists."""

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
    patient: str = ""


def put(session: Session, item: OutboxItem) -> None:
    """Queue a payload as part of the signing transaction; `seq` 0 takes the next number."""
    from gsh_console.store.tables import OutboxRow

    row = OutboxRow(
        id=item.id,
        patient_id=item.patient_id,
        contact_id=item.contact_id,
        what=item.what,
        payload=item.payload,
        sha256=item.sha256,
        state=item.state,
        attempts=item.attempts,
        queued_at=as_text(item.queued_at),
        last_error=item.last_error,
    )
    session.add(row)


def unsent(store: Store, limit: int, offset: int = 0) -> list[OutboxItem]:
    """A page of what is not yet acknowledged, oldest first."""
    query = f"""SELECT {_COLUMNS}, (SELECT upper(p.family_name) || ', ' || p.given_name FROM patient p
                WHERE p.id = outbox.patient_id) FROM outbox WHERE state <> 'sent' ORDER BY seq LIMIT ? OFFSET ?"""
    return _items(store, query, (limit, offset))


def waiting(store: Store) -> list[OutboxItem]:
    """What the courier may send, oldest first."""
    return _items(store, f"SELECT {_COLUMNS} FROM outbox WHERE state = 'waiting' ORDER BY seq", ())


def count_unsent(store: Store) -> int:
    """How many items are not yet acknowledged."""
    return int(store.fetch("SELECT count(*) FROM outbox WHERE state <> 'sent'")[0][0])


def mark_sent(store: Store, item_id: str, at: datetime) -> None:
    """The target has proved that it holds the item."""
    _settle(store, item_id, state="sent", sent_at=as_text(at), last_error="")


def mark_failed(store: Store, item_id: str, error: str) -> None:
    """A try failed; the item goes on waiting with the reason."""
    _settle(store, item_id, last_error=error)


def _settle(store: Store, item_id: str, **values: Any) -> None:
    from sqlmodel import update

    from gsh_console.store.tables import OutboxRow

    with store.unit() as session:
        settled = update(OutboxRow).where(OutboxRow.id == item_id)  # type: ignore[arg-type]
        session.exec(settled.values(attempts=OutboxRow.attempts + 1, **values))


def _items(store: Store, query: str, parameters: tuple[Any, ...]) -> list[OutboxItem]:
    return [_item(row) for row in store.fetch(query, parameters)]


def _item(row: tuple[Any, ...]) -> OutboxItem:
    seq, item_id, patient_id, contact_id, what, payload, sha256, state, attempts, queued_at, sent_at, error = row[:12]
    name = row[12] if len(row) > 12 else ""
    queued, sent = as_moment(queued_at), as_moment(sent_at) if sent_at else None
    return OutboxItem(
        seq, item_id, patient_id, contact_id, what, payload, sha256, state, attempts, queued, sent, error, name
    )
