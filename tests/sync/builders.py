"""Signed contacts made from real definitions and a real journal, and the two independent validators."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import fhirkit
from fhir.resources.R4B.bundle import Bundle

from gsh_console.domain.actions import actions_of
from gsh_console.domain.carried import Carried, Goal, PlanItem, carried_as_json
from gsh_console.domain.entries import (
    ActionTaken,
    Answered,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
    MaterialEvent,
    MaterialUsed,
    Opened,
    Recorded,
    Skipped,
)
from gsh_console.domain.identity import new_id
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.note import compose_note
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import score
from gsh_console.domain.session import SessionState, replay
from gsh_console.sync.envelope import Amendment, Origin, SignedContact
from gsh_console.sync.guard import refuse_invalid
from tests.builders import book as support_book

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def an_id(number: int) -> str:
    return new_id(START, number.to_bytes(10, "big"))


@cache
def book() -> Rulebook:
    return support_book()


ORIGIN = Origin("Example Talking Therapies", "RXX01", "https://example.org/fhir", "a1b2c3d4", "0.1.0", training=False)
TRAINING = dataclasses.replace(ORIGIN, training=True)
PATIENT = Patient(
    id=an_id(1),
    family_name="Okafor",
    given_name="Maya",
    birth_date=date(1991, 3, 14),
    nhs_number="9990000018",
    gender="2",
    language="ur",
    interpreter_required=True,
    phone="01632 960001",
    address_line="1 High Street",
    postcode="ZZ99 3AA",
)
PRACTITIONER = Practitioner("Alex Lang", sds_id="555021935107")


def opening(*, interpreted: bool = True, carried: Carried | None = None, number: int = 3) -> Opened:
    return Opened(
        protocol="support_contact",
        protocol_version=book().protocol.version,
        contact_number=number,
        practitioner=PRACTITIONER.name,
        language="ur" if interpreted else "en",
        interpreted=interpreted,
        carried=carried_as_json(carried or Carried()),
        measure_versions={},
    )


def journal(*entries: Entry) -> SessionState:
    return replay(Recorded(seq, START + timedelta(seconds=20 * seq), entry) for seq, entry in enumerate(entries, 1))


def answers(measure: str, values: Iterable[int | Absence], mode: Mode = Mode.READ_OUT) -> list[Answered]:
    items = book().measures[measure].items
    return [Answered(measure, item.id, value, mode) for item, value in zip(items, values, strict=False)]


SAFE = [
    Entered("safety"),
    *(
        Filled(f"safety.{area}", "no")
        for area in ("thoughts_now", "actions_now", "changed", "to_others", "from_others", "neglect", "children")
    ),
    Filled("safety.adults", "not_asked"),
    Filled("safety.adults.words", "Someone came into the room."),
    Filled("safety.thoughts_now.words", "No, nothing like that."),
    Filled("safety.understanding", "No thoughts reported; her sister lives close by."),
    Filled("safety.agreed", "Contacts reminded, nothing else needed."),
    Filled("safety.contacts", ("emergency", "samaritans")),
]
OPENED_UP = [
    Filled("safety.thoughts_now", "yes"),
    Filled("safety.thoughts_now.words", "“Some mornings I would rather not wake up.”"),
    Filled("safety.thoughts_now.strength", 4),
    Filled("safety.intent", "no"),
    Filled("safety.intent.words", "I would never do that to my sister."),
    Filled("safety.action", "Call on Monday morning; Alex, before 11."),
]
OPENING_FIELDS = [
    Entered("opening"),
    Filled("identity.given", ("full_name", "date_of_birth")),
    Filled("privacy.private", "yes"),
    Filled("privacy.where", "At home, kitchen"),
    Filled("privacy.call_back", "the same number"),
    Filled("agenda.confidentiality", "yes"),
    Filled("agenda.patient_items", "my tablets\nthe school"),
]
ENDING_FIELDS = [
    Entered("ending"),
    Filled("ending.summary", "I walk on Tuesday and write it down."),
    Filled("ending.agenda_done", "part"),
    Filled("ending.crisis_reminder", "yes"),
    Filled("ending.next_contact", "2026-11-27T10:00:00+00:00"),
    Filled("ending.gp_letter", "consented"),
    Filled("ending.attendance", "on_time"),
    CallMarked(CallEvent.ENDED),
]
BOOKLET = MaterialUsed(
    MaterialEvent.GIVEN, "getting-active", "Getting active again", "1.0.0", "ur", "draft", channel="by e-mail"
)


def full() -> SessionState:
    """Everything a contact can hold: interpreter, item 9 declined, prorated totals, goals, plan, booklets, actions."""
    carried = Carried(
        on="2026-11-13",
        plan=(PlanItem("walk", "Tuesday"), PlanItem("ring Amina")),
        goals=(Goal(1, "Walk with a friend twice a week", 3), Goal(2, "Back to the choir", None)),
    )
    return journal(
        opening(carried=carried),
        CallMarked(CallEvent.ANSWERED),
        *OPENING_FIELDS,
        Entered("measures"),
        *answers("phq-9", [2, 2, 3, 2, 1, 2, 2, 0, Absence.DECLINED], Mode.INTERPRETED),
        *answers("gad-7", [2, 1, 1, 2, 1], Mode.READ_OUT),
        *answers("wsas", [Absence.NOT_APPLICABLE, 4, 5, 3, 6], Mode.SELF_COMPLETED),
        *SAFE,
        *OPENED_UP,
        CallMarked(CallEvent.DROPPED, "interpreter's line too"),
        CallMarked(CallEvent.BACK),
        Filled("recap.problem", "same"),
        Filled("review.1.done", "partly"),
        Filled("review.1.barrier", ("opportunity", "motivation")),
        Filled("review.1.barrier_words", "It rained all week."),
        Filled("review.2.done", "done"),
        Filled("medication.psych_med", "prescribed_taking"),
        Filled("medication.words", "Sertraline 50 mg, every morning"),
        BOOKLET,
        dataclasses.replace(BOOKLET, event=MaterialEvent.DISCUSSED, channel="", paragraph="1.4"),
        Filled("material.teach_back", "Doing comes first, the mood follows."),
        Filled("plan.1.what", "walk to the library"),
        Filled("plan.1.when", "Tuesday 9:30"),
        Filled("plan.1.where", "Library Road"),
        Filled("plan.1.who", "Amina"),
        Filled("plan.1.obstacle", "rain"),
        Filled("plan.1.coping", "walk round the shopping centre"),
        Filled("plan.1.confidence", 8),
        Filled("goals.1.rating", 4),
        Filled("goals.3.text", "Cook on two evenings"),
        Skipped("recap", "", "short of time"),
        Jotted("Birthday on Friday."),
        ActionTaken("duty", "Tell the duty worker", "Alex Lang", True, "told at 10:40, agreed"),
        ActionTaken("supervision", "Bring to case supervision", "Alex Lang", False),
        *ENDING_FIELDS,
    )


def minimal() -> SessionState:
    return journal(opening(interpreted=False, number=1), *SAFE)


def ended_early() -> SessionState:
    return journal(
        opening(interpreted=False),
        *OPENING_FIELDS,
        Entered("measures"),
        *answers("phq-9", [2, 1, 2]),
        CallMarked(CallEvent.DROPPED),
        CallMarked(CallEvent.NOT_REACHED),
        Filled("safety.incomplete.reason", "The line dropped and nobody answered again."),
        Filled("safety.incomplete.action", "Two calls, then duty."),
        Filled("safety.incomplete.informed", "Duty worker, 10:50"),
        *(Skipped(stage, "", "the call ended early") for stage in ("measures", "recap", "review", "plan", "ending")),
    )


def without_measures() -> SessionState:
    return journal(opening(), *OPENING_FIELDS, Skipped("measures", "", "unwell"), *SAFE, *ENDING_FIELDS)


def signed(state: SessionState, patient: Patient = PATIENT, practitioner: Practitioner = PRACTITIONER) -> SignedContact:
    note = compose_note(book(), state)
    scores = tuple(score(book().measures[name], state.answers_of(name)) for name in state.answers)
    return SignedContact(
        bundle_id=an_id(2),
        contact_id=an_id(3),
        patient=patient,
        practitioner=practitioner,
        book=book(),
        state=state,
        scores=scores,
        note=note,
        note_id=an_id(4),
        note_sha256=hashlib.sha256(note.text.encode()).hexdigest(),
        signed_at=START + timedelta(minutes=40),
        actions=tuple(actions_of(state)),
    )


def amendment(text: str, reason: str, patient: Patient = PATIENT) -> Amendment:
    return Amendment(
        bundle_id=an_id(12),
        contact_id=an_id(3),
        patient=patient,
        practitioner=PRACTITIONER,
        text=text,
        reason=reason,
        note_id=an_id(14),
        amends_note_id=an_id(4),
        note_sha256=hashlib.sha256(text.encode()).hexdigest(),
        amended_at=START + timedelta(days=1),
        book=book(),
    )


def assert_accepted(bundle: dict[str, Any]) -> None:
    """Both published validators and our own guard find nothing wrong."""
    Bundle.model_validate(bundle)
    assert [str(issue) for issue in fhirkit.validate(bundle)] == []
    refuse_invalid(bundle)


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def items(response: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every item of a QuestionnaireResponse, nested ones too, by link id."""
    found: dict[str, dict[str, Any]] = {}
    left = list(response["item"])
    while left:
        item = left.pop()
        found[item["linkId"]] = item
        left += item.get("item", [])
        left += [nested for answer in item.get("answer", []) for nested in answer.get("item", [])]
    return found
