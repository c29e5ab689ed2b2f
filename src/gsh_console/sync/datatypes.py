"""The small FHIR R4 datatypes: codings, references, moments, words and narrative, always valid as they come."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from gsh_console.domain.measures import Absence
from gsh_console.domain.moments import UK
from gsh_console.domain.text import clean

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
BCP_47 = "urn:ietf:bcp:47"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
SDS_USER = "https://fhir.nhs.uk/Id/sds-user-id"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
INTERPRETER_REQUIRED = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
XHTML = "http://www.w3.org/1999/xhtml"

# FHIR R4 data-absent-reason; an item nobody reached was not asked.
ABSENT_CODES: Mapping[Absence | None, str] = {
    Absence.DECLINED: "asked-declined",
    Absence.UNCLEAR: "asked-unknown",
    Absence.NOT_ASKED: "not-asked",
    Absence.NOT_APPLICABLE: "not-applicable",
    None: "not-asked",
}


def present(elements: Mapping[str, Any]) -> Json:
    """The elements that hold something: FHIR knows no null, no empty text and no empty list."""
    return {name: value for name, value in elements.items() if value is not None and value not in ("", [], {})}


def words(text: str) -> str:
    """A text as a FHIR string: clean, trimmed, every odd space a plain one (the R4 rule for strings)."""
    plain = (" " if sign.isspace() and sign != "\n" else sign for sign in clean(text))
    return "".join(plain).strip()


def code_of(text: str) -> str:
    """A value as a FHIR code: single spaces inside, none around."""
    return " ".join(words(text).split())


def moment(at: datetime) -> str:
    """An aware moment in UTC to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def day(at: datetime) -> str:
    """The UK calendar day of a moment."""
    return at.astimezone(UK).date().isoformat()


def read_stored(text: object) -> datetime | None:
    """The moment a date_time field holds, UK time where it names no zone; None if it holds none."""
    try:
        held = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return held if held.tzinfo else held.replace(tzinfo=UK)


def coding(system: str, code: str, display: str = "") -> Json:
    """One code of one system."""
    return present({"system": system, "code": code_of(code), "display": words(display)})


def concept(*codings: Json, text: str = "") -> Json:
    """A concept: its codings, its words, or both."""
    return present({"coding": list(codings), "text": words(text)})


def absent(reason: Absence | None) -> Json:
    """Why a value is not there, as the R4 extension every element may carry."""
    return {"extension": [{"url": DATA_ABSENT, "valueCode": ABSENT_CODES[reason]}]}


def absent_concept(code: str, text: str = "") -> Json:
    """Why an observation has no value."""
    return concept(coding(f"{TERMINOLOGY}/data-absent-reason", code), text=text)


def narrative(paragraphs: Iterable[str]) -> Json:
    """Texts as escaped XHTML, a paragraph each; nothing in them can become markup."""
    escaped = (html.escape(words(paragraph)).replace("\n", "<br/>") for paragraph in paragraphs)
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in escaped if paragraph)
    return {"status": "generated", "div": f'<div xmlns="{XHTML}">{inside or "<p>-</p>"}</div>'}
