"""What the one door refuses, and why: a signed contact, a closed gate, skipped safety, a value off its scale."""

from __future__ import annotations

import dataclasses

from gsh_console.domain import safety, safety_plans
from gsh_console.domain.entries import (
    Amended,
    Answered,
    BegunByMistake,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Opened,
    Signed,
    Skipped,
)
from gsh_console.domain.moments import is_date, is_moment
from gsh_console.domain.path import blocks, sign_blocks, step_fields
from gsh_console.domain.protocols import Field, FieldKind
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import AnswerRefused, refuse_foreign_answers
from gsh_console.domain.session import SessionState
from gsh_console.domain.text import clean

_OF_SAFETY = (f"{safety.STAGE}.", f"{safety_plans.PREFIX}.")
_OF_CONCERN = {
    CallEvent.EMERGENCY_SERVICES,
    CallEvent.WELFARE_CHECK,
    CallEvent.SUPERVISOR_TOLD,
    CallEvent.CALLED_EMERGENCY_CONTACT,
}


def refusal(book: Rulebook, state: SessionState, entry: Entry) -> str | None:
    """Why this entry may not be recorded now; None when it may."""
    if (state.opened is None) != isinstance(entry, Opened):
        return "A contact begins with its opening, once."
    if state.mistaken is not None:
        return "This contact was closed as begun by mistake; nothing can be added."
    if (state.signed is not None) != isinstance(entry, Amended):
        return "This contact is signed; only an amendment can be added." if state.signed else "It is not signed yet."
    match entry:
        case Entered():
            return _movement(book, state, entry)
        case Skipped():
            return _skip(book, entry)
        case Answered():
            return _answer(book, entry)
        case Filled():
            return _field(book, state, entry)
        case Signed():
            return next(iter(sign_blocks(book, state)), None)
        case BegunByMistake():
            return kept_in_the_record(state) if entry.reason else "Say why it was begun by mistake."
        case _:
            return None


def kept_in_the_record(state: SessionState) -> str | None:
    """Why a contact cannot be closed as begun by mistake: safety or a questionnaire was begun in it; None if it can."""
    events = {mark.entry.event for mark in state.calls if isinstance(mark.entry, CallMarked)}
    safety_held = any(name.startswith(_OF_SAFETY) and held.value not in ("", ()) for name, held in state.fields.items())
    touched = state.safety_entered_seq or safety_held or state.answers or state.actions or events & _OF_CONCERN
    return (
        "Safety or a questionnaire was begun in this contact, so it stays: sign it as what it was (F10, e)."
        if touched
        else None
    )


def _movement(book: Rulebook, state: SessionState, entry: Entered) -> str | None:
    stage = next((stage for stage in book.protocol.stages if stage.id == entry.stage), None)
    if stage is None or (entry.step and entry.step not in [step.id for step in stage.steps]):
        return "The protocol has no such stage or step."
    return next(iter(blocks(book, state, entry.stage)), None)


def _skip(book: Rulebook, entry: Skipped) -> str | None:
    stage = next((stage for stage in book.protocol.stages if stage.id == entry.stage), None)
    if stage is None or (entry.step and entry.step not in [step.id for step in stage.steps]):
        return "The protocol has no such stage or step."
    if stage.id == safety.STAGE or not stage.skippable:
        return (
            "Safety is asked at every contact and cannot be skipped. If the call ended early, record it as incomplete."
        )
    return None


def _answer(book: Rulebook, entry: Answered) -> str | None:
    measure = book.measures.get(entry.measure)
    if measure is None or entry.measure not in book.protocol.measures:
        return "The protocol does not ask this measure."
    try:
        refuse_foreign_answers(measure, {entry.item: entry.answer})
    except AnswerRefused as refused:
        return f"{refused}."
    return None


def _field(book: Rulebook, state: SessionState, entry: Filled) -> str | None:
    field = find_field(book, state, entry.field)
    if field is None:
        return "The protocol has no such field."
    if entry.value in ("", ()) and (not entry.typed or field.kind in (FieldKind.DATE, FieldKind.DATE_TIME)):
        return None
    if entry.typed or not _fits(field, entry):
        return f"“{field.label}” does not take that."
    return None


def _fits(field: Field, entry: Filled) -> bool:
    match field.kind:
        case FieldKind.CHOICE:
            return isinstance(entry.value, str) and field.option(entry.value) is not None
        case FieldKind.CHOICES:
            return isinstance(entry.value, tuple) and all(field.option(value) for value in entry.value)
        case FieldKind.SCALE:
            return isinstance(entry.value, int) and field.low <= entry.value <= field.high
        case FieldKind.DATE:
            return isinstance(entry.value, str) and is_date(entry.value)
        case FieldKind.DATE_TIME:
            return isinstance(entry.value, str) and is_moment(entry.value)
        case FieldKind.TEXT:
            return isinstance(entry.value, str)


def find_field(book: Rulebook, state: SessionState, field_id: str) -> Field | None:
    """The field with this id, in the protocol, the safety conversation or the safety plan."""
    if field_id.startswith(f"{safety.STAGE}."):
        return next((field for _, field in book.safety.fields() if field.id == field_id), None)
    if field_id.startswith(f"{safety_plans.PREFIX}."):
        plan = book.safety_plan.fields if book.safety_plan else ()
        return next((field for field in plan if field.id == field_id), None)
    for stage in book.protocol.stages:
        for step in stage.steps:
            if field_id.startswith(f"{step.id}."):
                found = next((field for field in step_fields(step, state) if field.id == field_id), None)
                if found:
                    return found
    return None


def cleaned(entry: Entry) -> Entry:
    """The entry with every human text made safe to keep and to draw; a field of blanks alone is taken back."""
    changes: dict[str, object] = {}
    for held in dataclasses.fields(entry):
        value = getattr(entry, held.name)
        if type(value) is str:
            changes[held.name] = clean(value)
        elif isinstance(value, tuple):
            changes[held.name] = tuple(clean(part) if type(part) is str else part for part in value)
    if isinstance(entry, Filled) and isinstance(changes.get("value"), str) and not str(changes["value"]).strip():
        changes["value"] = ""
    return dataclasses.replace(entry, **changes)  # type: ignore[arg-type]
