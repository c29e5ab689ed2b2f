"""Signing: note, scores, actions, next appointment and outbox item in one transaction; amendments add."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gsh_console import __version__
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import resume
from gsh_console.casework.desk import Desk
from gsh_console.content.note_templates import written
from gsh_console.domain.actions import OpenedAction, actions_of
from gsh_console.domain.endings import end_code
from gsh_console.domain.entries import Amended, Signed
from gsh_console.domain.gates import SPOKEN_TO
from gsh_console.domain.moments import UK
from gsh_console.domain.note import Note, compose_note, unread_days
from gsh_console.domain.note_contact import letter_facts
from gsh_console.domain.path import sign_blocks
from gsh_console.domain.protocols import Offered
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import Score, score
from gsh_console.domain.session import SessionState, follow
from gsh_console.faults import EntryRefused, InputRefused, StoreFault
from gsh_console.store import caseload, journal, outbox, records
from gsh_console.sync.envelope import (
    Amendment,
    Origin,
    SignedContact,
    amendment_bundle,
    canonical_json,
    contact_bundle,
)
from gsh_console.sync.guard import refuse_invalid

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True)
class Draft:
    """What would be signed now: the note, why it may not be signed yet, what it opens, what was not understood."""

    note: Note
    blocks: tuple[str, ...]
    scores: tuple[Score, ...]
    actions: tuple[OpenedAction, ...]
    unread: tuple[str, ...] = ()


def draft(conduct: Conduct) -> Draft:
    """The note as the entries stand, and everything that still shuts signing."""
    state, book = conduct.state, conduct.book
    scores = tuple(score(book.measures[name], state.answers_of(name)) for name in state.answers)
    blocks = sign_blocks(book, state)
    if conduct.unsaved is not None:
        blocks = (f"NOT SAVED: {conduct.unsaved_why}", *blocks)
    unread = tuple(sentence.text for sentence in unread_days(book, state))
    return Draft(note_of(book, state), blocks, scores, tuple(actions_of(state)), unread)


def note_of(book: Rulebook, state: SessionState) -> Note:
    """The note as the protocol's template orders it."""
    return written(compose_note(book, state), book.note_template, letter_facts(book, state))


def sign(conduct: Conduct) -> Note:
    """Sign the contact: all of it is on disk when this returns, or none of it."""
    desk, ready, now = conduct.desk, draft(conduct), conduct.desk.now()
    if conduct.unsaved is not None:
        raise StoreFault("The last entry is not saved, so signing is shut.", "Press F8 to try again.")
    digest = note_digest(ready.note)
    entry = Signed(desk.practitioner.name, digest)
    reason = refusal(conduct.book, conduct.state, entry)
    if reason:
        raise EntryRefused(reason)
    with desk.store.unit() as session:
        recorded = journal.append_within(session.connection(), desk.store.audit_key, conduct.contact.id, entry, now)
        write_signature(session, conduct, ready, digest, now)
    conduct.state = follow(conduct.state, recorded)
    conduct.contact = dataclasses.replace(conduct.contact, signed_at=now)
    statement = agreed_statement(conduct.state) or conduct.patient.problem_statement
    conduct.patient = dataclasses.replace(conduct.patient, problem_statement=statement)
    return ready.note


def write_signature(session: Session, conduct: Conduct, ready: Draft, digest: str, now: datetime) -> None:
    """Write everything a signature leaves behind, as part of the caller's transaction."""
    desk, contact, patient = conduct.desk, conduct.contact, conduct.patient
    taken_on = contact.opened_at.astimezone(UK).date().isoformat()
    for taken in ready.scores:
        records.add_score(session, contact.id, patient.id, contact.number, taken_on, taken)
    note_id = desk.new_id()
    records.add_note(session, _kept(note_id, conduct, None, ready.note, digest, now))
    for action in ready.actions:
        kept = records.KeptAction(
            f"{contact.id}/{action.key}", patient.id, contact.id, action.what, action.who, action.opened_at, None, ""
        )
        records.put_action(session, kept)
    _book_next(session, conduct)
    statement = agreed_statement(conduct.state)
    if statement not in ("", patient.problem_statement):
        caseload.state_problem(session, patient.id, statement)
    records.mark_signed(session, contact.id, now, end_code(conduct.book, conduct.state))
    signed = SignedContact(
        bundle_id=desk.new_id(),
        contact_id=contact.id,
        patient=patient,
        practitioner=desk.practitioner,
        book=conduct.book,
        state=conduct.state,
        scores=ready.scores,
        note=ready.note,
        note_id=note_id,
        note_sha256=digest,
        signed_at=now,
        actions=ready.actions,
        next_minutes=next_minutes(conduct),
    )
    bundle = contact_bundle(signed, origin(desk))
    refuse_invalid(bundle)
    what = f"{conduct.book.protocol.title}, contact {contact.number}"
    safety = any(action.safety for action in ready.actions)
    _enqueue(session, conduct, signed.bundle_id, what, canonical_json(bundle), now, goes_first=safety)


def amend(conduct: Conduct, text: str, reason: str, *, closes: records.KeptAction | None = None) -> None:
    """Add to a signed note, and with it close an action; the original stays as it is."""
    desk, now = conduct.desk, conduct.desk.now()
    if not text.strip() or not reason.strip():
        raise InputRefused("An amendment needs its text and its reason.", "Write both.")
    entry = cleaned(Amended(text.strip(), reason.strip(), desk.practitioner.name))
    assert isinstance(entry, Amended)
    refused = refusal(conduct.book, conduct.state, entry)
    if refused:
        raise EntryRefused(refused)
    original = records.notes_of(desk.store, conduct.contact.id)[-1]
    body = f"Amendment by {entry.practitioner}: {entry.text}\nReason: {entry.reason}\n"
    digest = hashlib.sha256(body.encode()).hexdigest()
    amendment = Amendment(
        bundle_id=desk.new_id(),
        contact_id=conduct.contact.id,
        patient=conduct.patient,
        practitioner=desk.practitioner,
        text=entry.text,
        reason=entry.reason,
        note_id=desk.new_id(),
        amends_note_id=original.id,
        note_sha256=digest,
        amended_at=now,
        book=conduct.book,
    )
    bundle = amendment_bundle(amendment, origin(desk))
    refuse_invalid(bundle)
    kept = records.KeptNote(
        amendment.note_id, conduct.contact.id, original.id, body, "[]", digest, entry.practitioner, now
    )
    with desk.store.unit() as session:
        recorded = journal.append_within(session.connection(), desk.store.audit_key, conduct.contact.id, entry, now)
        records.add_note(session, kept)
        if closes is not None:
            records.put_action(session, dataclasses.replace(closes, closed_at=now, outcome=entry.text))
        what = f"Amendment to contact {conduct.contact.number}"
        _enqueue(session, conduct, amendment.bundle_id, what, canonical_json(bundle), now)
    conduct.state = follow(conduct.state, recorded)


def close_action(desk: Desk, action: records.KeptAction, outcome: str) -> None:
    """Close an open action with its outcome; the contact that opened it carries the outcome as an amendment."""
    if not outcome.strip():
        raise InputRefused("An action is closed with its outcome.", "Write what was done, by whom and when.")
    conduct = resume(desk, action.contact_id)
    amend(conduct, f"{action.what}: {outcome.strip()}", "An open action was closed", closes=action)


def note_digest(note: Note) -> str:
    """The SHA-256 of the note's text, which the signature names."""
    return hashlib.sha256(note.text.encode()).hexdigest()


def origin(desk: Desk) -> Origin:
    """Who sends, for the envelope."""
    settings = desk.settings
    return Origin(
        service_name=settings.service_name,
        ods_code=settings.ods_code,
        identifier_root=settings.identifier_root,
        install_id=desk.store.keys.store_id,
        version=__version__,
        training=desk.training,
    )


def _kept(
    note_id: str, conduct: Conduct, amends: str | None, note: Note, digest: str, now: datetime
) -> records.KeptNote:
    body = json.dumps(dataclasses.asdict(note), ensure_ascii=False)
    return records.KeptNote(
        note_id, conduct.contact.id, amends, note.text, body, digest, conduct.desk.practitioner.name, now
    )


def agreed_statement(state: SessionState) -> str:
    """The problem statement that was read back and agreed in this contact, else empty."""
    return state.words("statement.text").strip() if state.words("statement.agreed") == "yes" else ""


def _book_next(session: Session, conduct: Conduct) -> None:
    held = conduct.state.value("ending.next_contact")
    if isinstance(held, str) and held:
        starts, minutes = datetime.fromisoformat(held), next_minutes(conduct)
        caseload.add_appointment(session, conduct.desk.new_id(), conduct.patient.id, starts, minutes, "support")


def next_minutes(conduct: Conduct) -> int:
    """How long the next appointment is: that of the protocol offered for it, twice that through an interpreter."""
    missed = conduct.contact.number == 1 and conduct.state.words("ending.attendance") not in SPOKEN_TO
    offered = Offered.FIRST_CONTACT if missed else Offered.LATER_CONTACT
    slots = [each.slot_minutes for each in conduct.desk.definitions.protocols.values() if each.offered is offered]
    minutes = slots[0] if slots else conduct.book.protocol.slot_minutes
    return minutes * (2 if conduct.patient.interpreter_required else 1)


def _enqueue(
    session: Session,
    conduct: Conduct,
    item_id: str,
    what: str,
    payload: str,
    now: datetime,
    *,
    goes_first: bool = False,
) -> None:
    desk = conduct.desk
    item = outbox.OutboxItem(
        seq=0,
        id=item_id,
        patient_id=conduct.patient.id,
        contact_id=conduct.contact.id,
        what=what,
        payload=payload,
        sha256=hashlib.sha256(payload.encode()).hexdigest(),
        state="training" if desk.training else "waiting",
        attempts=0,
        queued_at=now,
        sent_at=None,
        last_error="",
        goes_first=goes_first,
    )
    outbox.put(session, item)
