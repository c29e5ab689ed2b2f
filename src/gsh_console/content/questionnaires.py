"""What FHIR R4 Questionnaires are made of, and how one is found in a file that may have small faults."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gsh_console.content.reading import fault
from gsh_console.domain.measures import Item, Measure
from gsh_console.domain.text import clean

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
VARIABLE = "http://hl7.org/fhir/StructureDefinition/variable"
MOST_BYTES = 8_000_000

# LOINC answer codes with their number on the form (PHQ-9, GAD-7 and the difficulty question; HL7 pco guide).
ANSWER_NUMBERS = {
    "LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA18938-3": 2, "LA6571-9": 3,
    "LA6572-7": 0, "LA6573-5": 1, "LA6575-0": 2, "LA6574-3": 3,
}  # fmt: skip


@dataclass
class Found:
    """The one resource of a file, the value sets beside it, and what was odd but could be survived."""

    path: Path
    resource: Json
    value_sets: list[Json] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The type of the resource."""
        return word(self.resource.get("resourceType"))


def read_resource(path: Path) -> Found:
    """The Questionnaire or QuestionnaireResponse of a JSON file, alone or in a Bundle."""
    remarks: list[str] = []
    given = _parsed(path, remarks)
    entries = [given, *objects(given, "contained")]
    if given.get("resourceType") == "Bundle":
        entries = [entry["resource"] for entry in objects(given, "entry") if isinstance(entry.get("resource"), dict)]
        entries += [inner for entry in entries for inner in objects(entry, "contained")]
    wanted = [each for each in entries if each.get("resourceType") in ("Questionnaire", "QuestionnaireResponse")]
    if given.get("resourceType") is None and given.get("item"):
        remarks.append("It does not say its resourceType; it was read as a Questionnaire.")
        wanted = [{**given, "resourceType": "Questionnaire"}]
    if len(wanted) > 1 and given in wanted:
        wanted = [given]
    if len(wanted) != 1:
        holds = f"it holds {len(wanted) or 'no'} Questionnaires or responses"
        raise fault(path, "resourceType", holds, "Give a file with one.")
    if wanted[0] is not entries[0]:
        remarks.append("The Questionnaire does not come first in the file; it was found all the same.")
    value_sets = [each for each in entries if each.get("resourceType") == "ValueSet"]
    return Found(path, wanted[0], value_sets, remarks)


def _parsed(path: Path, remarks: list[str]) -> Json:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise fault(path, "file", f"it cannot be read: {error.strerror}", "Check the file and try again.") from None
    if len(raw) > MOST_BYTES:
        raise fault(path, "file", f"it is larger than {MOST_BYTES // 1_000_000} MB", "Give the Questionnaire alone.")
    if raw.startswith(codecs.BOM_UTF8):
        remarks.append("It begins with a byte order mark, which JSON does not have.")
        raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.lstrip()[:1] == b"<":
        raise fault(path, "file", "it is XML", "Give the Questionnaire as JSON.")
    try:
        given = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise fault(path, "file", "it is not JSON in UTF-8", "Export the Questionnaire again as JSON.") from None
    if not isinstance(given, dict):
        raise fault(path, "file", "it is not one resource", "Give one Questionnaire.")
    return given


def objects(holder: Json, key: str) -> list[Json]:
    """The objects in a list of a resource; whatever is no object is passed over."""
    held = holder.get(key)
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def word(value: Any) -> str:
    """A text of a resource, cleaned and on one line; empty for anything that is no text."""
    return " ".join(clean(value, one_line=True).split()) if isinstance(value, str) else ""


def whole(holder: Json, *keys: str) -> int | None:
    """The first of these values that is there, as a whole number; None where none is, or it is not whole."""
    held = next((holder[key] for key in keys if key in holder), None)
    if isinstance(held, float) and held.is_integer():
        return int(held)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def inner(holder: Json, key: str) -> Json:
    """An object inside a resource, an empty one where there is none."""
    held = holder.get(key)
    return held if isinstance(held, dict) else {}


def extensions(holder: Json, ending: str) -> Iterator[Json]:
    """The extensions whose address ends so."""
    return (each for each in objects(holder, "extension") if word(each.get("url")).endswith(ending))


def expression_of(extension: Json) -> str:
    """The expression an extension carries, in R4 or in the older plain form."""
    return word(inner(extension, "valueExpression").get("expression")) or word(extension.get("valueString"))


def codes_of(holder: Json, system: str) -> list[str]:
    """The codes of one system that an element carries."""
    return [word(code.get("code")) for code in objects(holder, "code") if word(code.get("system")) == system]


def texts_of(holder: Json, key: str, language: str) -> dict[str, str]:
    """A text in every language it is given in; `language` is that of the resource."""
    told = {language: word(holder.get(key))} if word(holder.get(key)) else {}
    for extension in extensions(inner(holder, f"_{key}"), "/translation"):
        parts = {word(part.get("url")): part for part in objects(extension, "extension")}
        code = two_letters(word(inner(parts, "lang").get("valueCode")))
        content = inner(parts, "content")
        text = word(content.get("valueString")) or word(content.get("valueMarkdown"))
        if code and text:
            told.setdefault(code, text)
    return told


def two_letters(tag: str) -> str:
    """A language tag without its region: "de" for "de-DE"."""
    return tag.replace("_", "-").partition("-")[0].lower()


def link_id(measure: Measure, item: Item) -> str:
    """What an item is called in a Questionnaire and its responses: its LOINC code, or measure and item."""
    return f"/{item.loinc}" if item.loinc else f"{measure.id}/{item.id}"
