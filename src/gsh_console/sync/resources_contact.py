"""The people and the moment: patient, encounter, next appointment, and who vouches for the record."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from gsh_console.domain.note_contact import MEDIA, medium_code
from gsh_console.domain.people import Patient, nhs_number_is_valid
from gsh_console.domain.protocols import FieldKind
from gsh_console.domain.refusals import find_field
from gsh_console.domain.session import SessionState
from gsh_console.sync.datatypes import (
    BCP_47,
    INTERPRETER_REQUIRED,
    NHS_NUMBER,
    SNOMED,
    TERMINOLOGY,
    Json,
    coding,
    concept,
    moment,
    present,
    read_stored,
    words,
)
from gsh_console.sync.signed import SignedContact
from gsh_console.sync.writer import BundleWriter

NOBODY = "nobody_spoken_to"
ATTENDED = ("5", "6")  # national attendance codes of a contact that took place (domain reference §8.3)
_GENDERS = {"1": "male", "2": "female", "9": "other"}  # NHS person gender code to FHIR; anything else is unknown
TELEPHONE, FACE_TO_FACE = "02", "01"  # national consultation mechanism (domain reference §8.3)
_VIRTUAL, _IN_PERSON = ("VR", "virtual"), ("AMB", "ambulatory")
_NO_INTERPRETER = ("not_required", "did_not_attend")
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def language_tag(language: str) -> str | None:
    """The language as a BCP 47 tag, None where it is a name or one of the NHS's own codes (q1 to q5)."""
    return language if _LANGUAGE_TAG.fullmatch(language) else None


def put_patient(writer: BundleWriter) -> None:
    """The patient, created only where the server has nobody with this NHS number (or this record id)."""
    patient = writer.patient
    numbered = patient.nhs_number is not None and nhs_number_is_valid(patient.nhs_number)
    number = {"system": NHS_NUMBER, "value": patient.nhs_number} if numbered else None
    interpreter = [{"url": INTERPRETER_REQUIRED, "valueBoolean": True}] if patient.interpreter_required else []
    resource = present(
        {
            "resourceType": "Patient",
            "extension": interpreter,
            "identifier": [number] if number else [],
            "active": True,
            "name": [present({"use": "official", "family": words(patient.family_name), "given": _given(patient)})],
            "telecom": [{"system": "phone", "value": told} for told in _phones(patient)],
            "gender": _GENDERS.get(patient.gender, "unknown"),
            "birthDate": patient.birth_date.isoformat(),
            "address": _address(patient),
            "communication": [{"language": _language(patient.language), "preferred": True}],
            "managingOrganization": writer.service,
        }
    )
    if numbered and patient.nhs_number:
        writer.create_once(resource, patient.id, NHS_NUMBER, patient.nhs_number)
    else:
        writer.create_once(resource, patient.id, f"{writer.root}/record-id", patient.id)


def put_encounter(writer: BundleWriter, signed: SignedContact) -> Json:
    """The contact by whatever means; cancelled where the attendance says that it did not take place."""
    starts, ends = span(signed)
    medium = medium_code(signed.book, signed.state)
    translator = coding(f"{TERMINOLOGY}/participant-type", "translator", "Translator")
    performer = coding(f"{TERMINOLOGY}/v3-ParticipationType", "PPRF", "primary performer")
    participants: list[Json] = [{"type": [concept(performer)], "individual": writer.author}]
    if _interpreter_there(signed):
        participants.append({"type": [concept(translator)]})
    encounter = {
        "resourceType": "Encounter",
        "status": "finished" if _took_place(signed) else "cancelled",
        "class": coding(f"{TERMINOLOGY}/v3-ActCode", *(_IN_PERSON if medium == FACE_TO_FACE else _VIRTUAL)),
        "type": [_kind_of(medium)],
        "subject": writer.subject,
        "participant": participants,
        "period": {"start": moment(starts), "end": moment(ends)},
        "serviceProvider": writer.service,
    }
    return writer.put(encounter, resource_id=signed.contact_id)


def _kind_of(medium: str) -> Json:
    """The kind of encounter: coded for the telephone, words for the rest, whose codes are not confirmed."""
    if medium == TELEPHONE:
        return concept(coding(SNOMED, "386472008", "Telephone consultation"))
    return {"text": f"Contact {MEDIA.get(medium, 'by other means')}"}


def _interpreter_there(signed: SignedContact) -> bool:
    opened, present_as = signed.state.opened, signed.state.words("interpreter.present")
    return opened is not None and opened.interpreted and present_as not in _NO_INTERPRETER


def span(signed: SignedContact) -> tuple[datetime, datetime]:
    """When the contact began and ended; a clock that was put back cannot make the end come first."""
    state = signed.state
    starts = state.opened_at or signed.signed_at
    return starts, max(starts, state.ended_at or state.last_at or starts)


def next_contact(state: SessionState) -> datetime | None:
    """When the next call is booked, None if it is not."""
    held = state.value("ending.next_contact")
    return read_stored(held) if held else None


def put_appointment(writer: BundleWriter, signed: SignedContact) -> list[Json]:
    """The next call, where one was booked."""
    starts = next_contact(signed.state)
    if starts is None:
        return []
    appointment = {
        "resourceType": "Appointment",
        "status": "booked",
        "appointmentType": concept(coding(f"{TERMINOLOGY}/v2-0276", "FOLLOWUP"), text="Next telephone contact"),
        "start": moment(starts),
        "end": moment(starts + timedelta(minutes=signed.next_minutes)),
        "minutesDuration": signed.next_minutes,
        "created": moment(signed.signed_at),
        "participant": [
            {"actor": writer.subject, "required": "required", "status": "accepted"},
            {"actor": writer.author, "required": "required", "status": "accepted"},
        ],
    }
    return [writer.put(appointment, "next")]


def put_provenance(writer: BundleWriter, targets: list[Json], signed_at: datetime, note_sha256: str) -> None:
    """Who signed, which console assembled the record, and the SHA-256 of the note that was signed."""
    agents = (("author", "Author", writer.author), ("assembler", "Assembler", writer.device))
    what = {"identifier": {"system": f"{writer.root}/note-sha256", "value": note_sha256}}
    provenance = {
        "resourceType": "Provenance",
        "target": targets,
        "occurredDateTime": moment(signed_at),
        "recorded": moment(signed_at),
        "activity": concept(coding(f"{TERMINOLOGY}/v3-DocumentCompletion", "LA", "legally authenticated")),
        "agent": [
            {"type": concept(coding(f"{TERMINOLOGY}/provenance-participant-type", code, display)), "who": who}
            for code, display, who in agents
        ],
        "entity": [{"role": "source", "what": what}],
    }
    writer.put(provenance, "signature")


def _took_place(signed: SignedContact) -> bool:
    held = signed.state.value("ending.attendance")
    field = find_field(signed.book, signed.state, "ending.attendance")
    if not held or field is None or field.kind is not FieldKind.CHOICE:
        return True
    option = field.option(str(held))
    if option is None or option.code is None:
        return all(gate.rule != NOBODY for gate in signed.book.protocol.sign)
    return option.code in ATTENDED


def _given(patient: Patient) -> list[str]:
    given = words(patient.given_name)
    return [given] if given else []


def _phones(patient: Patient) -> list[str]:
    return [told for told in (words(patient.phone), words(patient.second_phone)) if told]


def _address(patient: Patient) -> list[Json]:
    line = words(patient.address_line)
    address = present({"line": [line] if line else [], "postalCode": words(patient.postcode)})
    return [address] if address else []


def _language(language: str) -> Json:
    tag = language_tag(language)
    return concept(coding(BCP_47, tag)) if tag else concept(text=language or "not known")
