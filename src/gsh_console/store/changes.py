"""Changes of a server's goals and appointments that are not settled: wanted here, not yet taken there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True)
class PendingChange:
    """One change: `seen` is the resource it started from, `found` what somebody else made of it, None if unknown."""

    reference: str
    patient_id: str
    wanted: dict[str, str]
    seen: dict[str, Any]
    found: dict[str, Any] | None
    made_at: datetime


def keep(session: Session, change: PendingChange) -> None:
    """Keep a change, in place of one of the same resource; the same wish as before keeps its moment."""
    from gsh_console.store.tables import PendingChangeRow

    wanted, made_at = _text(change.wanted), as_text(change.made_at)
    held = session.get(PendingChangeRow, change.reference)
    if held is not None and held.wanted == wanted:
        made_at = held.made_at
    row = PendingChangeRow(
        reference=change.reference, patient_id=change.patient_id, wanted=wanted, seen=_text(change.seen),
        found=_text(change.found), made_at=made_at,
    )  # fmt: skip
    session.merge(row)


def settle(session: Session, reference: str) -> None:
    """Let go of the change of this resource, where there is one."""
    from gsh_console.store.tables import PendingChangeRow

    held = session.get(PendingChangeRow, reference)
    if held is not None:
        session.delete(held)


def pending(store: Store) -> list[PendingChange]:
    """Every change that is not settled, oldest first."""
    query = """SELECT reference, patient_id, wanted, seen, found, made_at FROM pending_change
               ORDER BY made_at, reference"""
    return [
        PendingChange(
            reference, patient_id, json.loads(wanted), json.loads(seen), json.loads(found), as_moment(made_at)
        )
        for reference, patient_id, wanted, seen, found, made_at in store.fetch(query)
    ]


def _text(value: dict[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False)
