"""The note as a Composition: its sections as they were signed, each pointing at the resources it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gsh_console.domain.protocols import Step, StepKind
from gsh_console.sync.datatypes import LOINC, Json, coding, concept, moment, narrative, present, words
from gsh_console.sync.signed import Amendment, SignedContact
from gsh_console.sync.writer import BundleWriter

CONTACT, SAFETY, MATERIAL, ENDING, ACTIONS = "contact", "safety", "material", "ending", "actions"


def put_note(writer: BundleWriter, signed: SignedContact, told: Mapping[str, list[Json]]) -> Json:
    """The signed note. `told` names the resources by what they tell of: a measure, a step, or one of the above."""
    entries = _entries(signed, told)
    sections = [
        present(
            {
                "title": words(section.title) or words(signed.note.title) or "Section",
                "text": narrative([" ".join(sentence.text for sentence in section.sentences)]),
                "entry": entries.get(section.name, []),
            }
        )
        for section in signed.note.sections
    ]
    note = _composition(writer, signed.note.title, signed.signed_at, sections)
    return writer.put(note, resource_id=signed.note_id)


def put_addition(writer: BundleWriter, amendment: Amendment) -> Json:
    """The amendment: a document of its own that appends to the signed note, whose content stays in force."""
    sections = [
        {"title": "Amendment", "text": narrative([amendment.text])},
        {"title": "Reason", "text": narrative([amendment.reason])},
    ]
    title = f"Amendment: {amendment.book.protocol.title}"
    appends = {"code": "appends", "targetReference": {"reference": f"Composition/{amendment.amends_note_id}"}}
    note = _composition(writer, title, amendment.amended_at, sections)
    return writer.put({**note, "relatesTo": [appends]}, resource_id=amendment.note_id)


def _composition(writer: BundleWriter, title: str, signed_at: datetime, sections: list[Json]) -> Json:
    return present(
        {
            "resourceType": "Composition",
            "status": "final",
            "type": concept(coding(LOINC, "11488-4", "Consult note")),
            "subject": writer.subject,
            "encounter": writer.encounter,
            "date": moment(signed_at),
            "author": [writer.author],
            "title": words(title) or "Telephone contact",
            "attester": [{"mode": "professional", "time": moment(signed_at), "party": writer.author}],
            "custodian": writer.service,
            "section": sections,
        }
    )


def _entries(signed: SignedContact, told: Mapping[str, list[Json]]) -> dict[str, list[Json]]:
    names = [section.name for section in signed.note.sections]
    if not names:
        return {}
    places = {ACTIONS: ACTIONS}
    for stage in signed.book.protocol.stages:
        places |= {_subject_of(step): stage.id for step in stage.steps}
    entries: dict[str, list[Json]] = {}
    for subject, references in told.items():
        name = places.get(subject, names[0])
        entries.setdefault(name if name in names else names[0], []).extend(references)
    return entries


def _subject_of(step: Step) -> str:
    match step.kind:
        case StepKind.MEASURE:
            return step.measure
        case StepKind.SAFETY:
            return SAFETY
        case StepKind.MATERIAL:
            return MATERIAL
        case StepKind.FIELDS | StepKind.MEASURES_DUE | StepKind.INTERVENTION:
            return step.repeat or step.id
