"""What signing leaves behind: scores, notes, actions and the contact's own mark, and how they are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.domain.measures import Number, number_from
from gsh_console.domain.scoring import Score
from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True)
class KeptScore:
    """A signed score. `taken_on` is the ISO date of the contact, `number` the contact's number."""

    contact_id: str
    measure: str
    number: int
    taken_on: str
    total: Number | None
    complete: bool
    prorated: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class KeptNote:
    """A signed note or amendment as it stands, never changed."""

    id: str
    contact_id: str
    amends: str | None
    text: str
    body: str
    sha256: str
    practitioner: str
    signed_at: datetime


@dataclass(frozen=True)
class KeptAction:
    """An action as it stands."""

    id: str
    patient_id: str
    contact_id: str
    what: str
    who: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str


def add_score(session: Session, contact_id: str, patient_id: str, number: int, taken_on: str, score: Score) -> None:
    """Write one score of a signed contact."""
    from gsh_console.store.tables import ScoreRow

    session.add(
        ScoreRow(
            contact_id=contact_id,
            measure=score.measure,
            patient_id=patient_id,
            number=number,
            taken_on=taken_on,
            total=None if score.total is None else str(score.total),
            complete=score.complete,
            prorated=score.prorated,
            missing=json.dumps(score.missing),
        )
    )


def add_note(session: Session, note: KeptNote) -> None:
    """Write a signed note."""
    from gsh_console.store.tables import NoteRow

    session.add(
        NoteRow(
            id=note.id,
            contact_id=note.contact_id,
            amends=note.amends,
            text=note.text,
            body=note.body,
            sha256=note.sha256,
            practitioner=note.practitioner,
            signed_at=as_text(note.signed_at),
        )
    )


def mark_signed(session: Session, contact_id: str, at: datetime, end_code: str = "") -> None:
    """Mark a contact as signed, with the national end code where the referral ended with it."""
    from sqlmodel import update

    from gsh_console.store.tables import ContactRow

    signed = update(ContactRow).where(ContactRow.id == contact_id)  # type: ignore[arg-type]
    session.exec(signed.values(signed_at=as_text(at), end_code=end_code or None))


def put_action(session: Session, action: KeptAction) -> None:
    """Write an action, or bring the one with this id up to date."""
    from gsh_console.store.tables import ActionRow

    session.merge(
        ActionRow(
            id=action.id,
            patient_id=action.patient_id,
            contact_id=action.contact_id,
            what=action.what,
            who=action.who,
            opened_at=as_text(action.opened_at),
            closed_at=as_text(action.closed_at) if action.closed_at else None,
            outcome=action.outcome,
        )
    )


def scores_of(store: Store, patient_id: str) -> list[KeptScore]:
    """A patient's signed scores, first contact to last."""
    query = """SELECT contact_id, measure, number, taken_on, total, complete, prorated, missing
               FROM score WHERE patient_id = ? ORDER BY number, measure"""
    return [_score(row) for row in store.fetch(query, (patient_id,))]


def all_scores(store: Store) -> list[KeptScore]:
    """Every signed score."""
    query = """SELECT contact_id, measure, number, taken_on, total, complete, prorated, missing
               FROM score ORDER BY contact_id, measure"""
    return [_score(row) for row in store.fetch(query)]


def notes_of(store: Store, contact_id: str) -> list[KeptNote]:
    """A contact's note and its amendments, in the order they were written, whatever the clock said."""
    return _notes(store, "WHERE contact_id = ? ORDER BY rowid", (contact_id,))


def all_notes(store: Store) -> list[KeptNote]:
    """Every signed note."""
    return _notes(store, "ORDER BY rowid", ())


def open_actions(store: Store, patient_id: str) -> list[KeptAction]:
    """A patient's actions that are not closed, oldest first."""
    query = """SELECT id, patient_id, contact_id, what, who, opened_at, closed_at, outcome
               FROM action WHERE patient_id = ? AND closed_at IS NULL ORDER BY opened_at"""
    return [_action(row) for row in store.fetch(query, (patient_id,))]


def _score(row: tuple[Any, ...]) -> KeptScore:
    contact_id, measure, number, taken_on, total, complete, prorated, missing = row
    exact = None if total is None else number_from(total)
    return KeptScore(
        contact_id, measure, number, taken_on, exact, bool(complete), bool(prorated), tuple(json.loads(missing))
    )


def _notes(store: Store, where: str, parameters: tuple[Any, ...]) -> list[KeptNote]:
    query = f"SELECT id, contact_id, amends, text, body, sha256, practitioner, signed_at FROM note {where}"
    return [
        KeptNote(row[0], row[1], row[2], row[3], row[4], row[5], row[6], as_moment(row[7]))
        for row in store.fetch(query, parameters)
    ]


def _action(row: tuple[Any, ...]) -> KeptAction:
    action_id, patient_id, contact_id, what, who, opened_at, closed_at, outcome = row
    closed = as_moment(closed_at) if closed_at else None
    return KeptAction(action_id, patient_id, contact_id, what, who, as_moment(opened_at), closed, outcome)
