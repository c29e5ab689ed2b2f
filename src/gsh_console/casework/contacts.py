"""Opening a contact, resuming one, reading a finished one."""

from __future__ import annotations

from collections.abc import Mapping

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.casework.kept_definitions import keep_those_in_force
from gsh_console.casework.new_patient import languages
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.content.definitions import Definitions
from gsh_console.domain.assembling import sheets_used, worked_with
from gsh_console.domain.carried import (
    Carried,
    EarlierScore,
    LastSafety,
    carried_as_json,
    goals_to_carry,
    materials_to_carry,
    plan_of,
)
from gsh_console.domain.due import due_measures
from gsh_console.domain.entries import Opened
from gsh_console.domain.interventions import Intervention
from gsh_console.domain.moments import UK
from gsh_console.domain.note import filled, value_in_words
from gsh_console.domain.people import Patient
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, replay
from gsh_console.faults import InputRefused, StoreDamaged
from gsh_console.store import caseload, journal, records
from gsh_console.store.caseload import ContactSummary

SUPPORT = "support_contact"


def open_contact(desk: Desk, patient_id: str, appointment_id: str | None = None, protocol: str = SUPPORT) -> Conduct:
    """Open a new contact with a patient; refused while another contact with the same patient is open."""
    patient = caseload.patient(desk.store, patient_id)
    earlier = caseload.contacts_of(desk.store, patient_id)
    if any(contact.is_open for contact in earlier):
        raise InputRefused("A contact with this patient is still open.", "Resume it and sign it first.")
    book = desk.definitions.rulebook(protocol)
    number = caseload.next_number(earlier)
    now = desk.now()
    contact = ContactSummary(desk.new_id(), patient_id, number, protocol, book.protocol.version, now, None)
    carried = handed_over(desk, book, patient_id)
    entry = opening(desk.definitions, protocol, patient, number, desk.practitioner.name, carried)
    with desk.store.unit() as session:
        keep_those_in_force(session, desk)
        caseload.add_contact(session, contact, appointment_id)
        recorded = journal.append_within(session.connection(), desk.store.audit_key, contact.id, entry, now)
    return Conduct(desk, rulebook_of(desk.definitions, entry), patient, contact, replay([recorded]))


def opening(
    definitions: Definitions, protocol: str, patient: Patient, number: int, practitioner: str, carried: Carried
) -> Opened:
    """The first entry of a contact under the definitions in force."""
    book = definitions.rulebook(protocol)
    due = due_measures(definitions.due, protocol, patient.problem_descriptor, number)
    asked = (*book.protocol.measures, *due)
    return Opened(
        protocol=book.protocol.id,
        protocol_version=book.protocol.version,
        contact_number=number,
        practitioner=practitioner,
        language=patient.language,
        interpreted=patient.interpreter_required,
        carried=carried_as_json(carried),
        measure_versions={measure: book.measures[measure].version for measure in asked},
        descriptor=patient.problem_descriptor,
        due=due,
        definitions=definitions.digest,
        language_name=languages().get(patient.language, "") if patient.interpreter_required else "",
    )


def resume(desk: Desk, contact_id: str) -> Conduct:
    """The contact as its journal left it: to go on with, or to read when it is signed."""
    contact = caseload.contact(desk.store, contact_id)
    state = replay(journal.entries_of(desk.store, contact_id))
    if state.opened is None:
        raise StoreDamaged("This contact has no opening.", "Run verify, or restore a backup.")
    book = rulebook_of(desk.definitions_of(state.opened.definitions), state.opened, state)
    return Conduct(desk, book, caseload.patient(desk.store, contact.patient_id), contact, state)


def handed_over(desk: Desk, book: Rulebook, patient_id: str) -> Carried:
    """What the patient's signed contacts hand to a new one."""
    signed = [contact for contact in caseload.contacts_of(desk.store, patient_id) if contact.signed_at]
    if not signed:
        return Carried()
    last = replay(journal.entries_of(desk.store, signed[-1].id))
    scores = [score for score in records.scores_of(desk.store, patient_id) if score.total is not None]
    by_measure = {measure: [score for score in scores if score.measure == measure] for measure in book.measures}
    return hand_over(
        book,
        last,
        desk.definitions.interventions,
        first=tuple(_earlier(taken[0]) for taken in by_measure.values() if taken),
        latest=tuple(_earlier(taken[-1]) for taken in by_measure.values() if taken),
        open_actions=tuple(action.what for action in records.open_actions(desk.store, patient_id)),
    )


def hand_over(
    book: Rulebook,
    last: SessionState,
    interventions: Mapping[str, Intervention],
    *,
    first: tuple[EarlierScore, ...],
    latest: tuple[EarlierScore, ...],
    open_actions: tuple[str, ...],
) -> Carried:
    """What a finished contact and the scores so far hand to the next."""
    on = last.opened_at.astimezone(UK).date().isoformat() if last.opened_at else ""
    return Carried(
        on=on,
        plan=plan_of(last),
        goals=goals_to_carry(last),
        first_scores=first,
        last_scores=latest,
        safety=LastSafety(on, safety_lines(book, last)),
        materials=materials_to_carry(last),
        worked_with=worked_with(last, interventions),
        sheets=sheets_used(last, interventions),
        open_actions=open_actions,
    )


def safety_lines(book: Rulebook, state: SessionState) -> tuple[tuple[str, str], ...]:
    """What a safety record says, field by field, for reading beside the next one."""
    lines = []
    for group, field in book.safety.fields():
        held = filled(state, field.id)
        if held is not None:
            alone = field.id.count(".") == 1 or field in book.safety.incomplete
            label = field.label if alone else f"{group}, {field.label}"
            lines.append((label, value_in_words(field, held.value)))
    return tuple(lines)


def _earlier(score: records.KeptScore) -> EarlierScore:
    return EarlierScore(score.measure, score.total, score.prorated, score.taken_on)
