"""The 21 mistakes of sync.md §4, of which each published validator lets some through, and our own rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from gsh_console.faults import SyncFault
from gsh_console.sync.envelope import contact_bundle
from gsh_console.sync.guard import refuse_invalid

from .builders import ORIGIN, full, signed

Firsts = dict[str, dict[str, Any]]
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def put(kind: str, name: str, value: Any) -> Callable[[Firsts], None]:
    return lambda first: first[kind].__setitem__(name, value)


def drop(kind: str, name: str) -> Callable[[Firsts], None]:
    return lambda first: first[kind].pop(name)


def div(text: str) -> Callable[[Firsts], None]:
    return lambda first: first["Composition"]["section"][0]["text"].__setitem__("div", text)


MUTANTS: dict[str, Callable[[Firsts], None]] = {
    "unknown element": put("Encounter", "bogus", 1),
    "missing code": drop("Observation", "code"),
    "bad status code": put("Observation", "status", "finished"),
    "thirteenth month": put("Patient", "birthDate", "1980-13-45"),
    "day first": put("Patient", "birthDate", "17/05/1980"),
    "id with a space": put("Goal", "id", "has space_"),
    "id of 65": put("Goal", "id", "x" * 65),
    "string for a list": put("Encounter", "type", "x"),
    "two values": put("Observation", "valueString", "x"),
    "wrong reference target": put("Goal", "subject", {"reference": "Medication/1"}),
    "obs-6": put("Observation", "dataAbsentReason", {"text": "x"}),
    "app-3": drop("Appointment", "end"),
    "R5 element": put("Encounter", "actualPeriod", {"start": "2026"}),
    "R5 class": put("Encounter", "class", [{"text": "x"}]),
    "negative positiveInt": put("Appointment", "minutesDuration", -5),
    "number as string": lambda first: first["Observation"]["valueQuantity"].__setitem__("value", "12"),
    "empty string": lambda first: first["Task"]["code"].__setitem__("text", ""),
    "empty list": put("Goal", "note", []),
    "null": put("Goal", "startDate", None),
    "script in the narrative": div(f"<div {XHTML}><script>x</script></div>"),
    "moment without zone": put("Composition", "date", "2026-11-20T10:00:00"),
}
MORE: dict[str, Callable[[Firsts], None]] = {
    "a second value the table knows": put("Observation", "valueInteger", 3),
    "an empty list the table knows": put("CarePlan", "goal", []),
    "a null the table knows": put("Goal", "statusDate", None),
    "an empty element": put("Goal", "description", {}),
    "a space alone": put("Goal", "description", {"text": " "}),
    "a control character": put("Goal", "description", {"text": "a\x1b[31mb"}),
    "30 February": put("Patient", "birthDate", "1980-02-30"),
    "hour 25": put("Composition", "date", "2026-11-20T25:00:00Z"),
    "true for a number": put("Appointment", "minutesDuration", True),
    "an end before its start": lambda first: first["Encounter"].__setitem__(
        "period", {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T09:59:59Z"}
    ),
    "a target of a wrong type in the bundle": lambda first: first["Goal"].__setitem__(
        "subject", {"reference": f"Encounter/{first['Encounter']['id']}"}
    ),
    "a target that is nowhere": put("Task", "focus", {"reference": "Composition/11111111-2222-3333-4444-555555555555"}),
    "a reference of another type by name": put("Task", "owner", {"type": "Patient", "display": "x"}),
    "a reference that is text": put("Goal", "subject", "Patient/1"),
    "a reference with nothing in it": put("Task", "owner", {"display": ""}),
    "an encounter of an earlier record without an id": put("Task", "encounter", {"reference": "Encounter/ "}),
    "a total and no reason why there is none": drop("Observation", "valueQuantity"),
    "a level": put("Observation", "interpretation", [{"text": "high"}]),
    "another extension": put("Patient", "extension", [{"url": "http://example.org/x", "valueBoolean": True}]),
    "an unclosed paragraph": div(f"<div {XHTML}><p>x</div>"),
    "an attribute": div(f'<div {XHTML}><p onclick="x">x</p></div>'),
    "a stray ampersand": div(f"<div {XHTML}><p>a & b</p></div>"),
    "an event handler in a line break": div(f'<div {XHTML}><p>a<br onload="x"/></p></div>'),
    "answer and items side by side": lambda first: first["QuestionnaireResponse"]["item"][0].__setitem__(
        "answer", [{"valueInteger": 1}]
    ),
    "a resource type we never send": put("Goal", "resourceType", "RiskAssessment"),
    "an id that is not the one it is put under": put("Goal", "id", "11111111-2222-3333-4444-555555555555"),
}


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    bundle = contact_bundle(signed(full()), ORIGIN)
    refuse_invalid(bundle)
    return bundle


def firsts(bundle: dict[str, Any]) -> Firsts:
    found: Firsts = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], entry["resource"])
    return found


def test_there_are_twenty_one_known_mutants():
    assert len(MUTANTS) == 21


@pytest.mark.parametrize("name", [*MUTANTS, *MORE])
def test_a_mutant_is_refused_before_sending(name, sound):
    mutant = copy.deepcopy(sound)
    {**MUTANTS, **MORE}[name](firsts(mutant))
    with pytest.raises(SyncFault):
        refuse_invalid(mutant)


def test_the_sentence_names_the_element_and_nothing_it_holds(sound):
    mutant = copy.deepcopy(sound)
    firsts(mutant)["Patient"]["birthDate"] = "Maya Okafor"
    with pytest.raises(SyncFault) as refused:
        refuse_invalid(mutant)
    assert (
        str(refused.value)
        == "The record is not fit to be sent: Patient.birthDate is not a valid date. Please report this sentence."
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry["request"].__setitem__("method", "POST"),
        lambda entry: entry["request"].__setitem__("url", "Goal/1"),
        lambda entry: entry.__setitem__("fullUrl", "urn:uuid:1"),
        lambda entry: entry.pop("request"),
        lambda entry: entry.__setitem__("search", {}),
    ],
)
def test_an_entry_that_would_land_elsewhere_is_refused(change, sound):
    mutant = copy.deepcopy(sound)
    change(next(e for e in mutant["entry"] if e["resource"]["resourceType"] == "Goal"))
    with pytest.raises(SyncFault):
        refuse_invalid(mutant)


def test_a_patient_that_would_be_put_over_the_servers_own_is_refused(sound):
    mutant = copy.deepcopy(sound)
    entry = next(e for e in mutant["entry"] if e["resource"]["resourceType"] == "Patient")
    own_id = entry["fullUrl"].removeprefix("urn:uuid:")
    entry["request"] = {"method": "PUT", "url": f"Patient/{own_id}"}
    with pytest.raises(SyncFault):
        refuse_invalid(mutant)


def test_a_repeated_entry_and_an_empty_bundle_are_refused(sound):
    twice = copy.deepcopy(sound)
    twice["entry"].append(copy.deepcopy(twice["entry"][1]))
    for mutant in (twice, {**sound, "entry": []}, {**sound, "entry": None}, {**sound, "type": "batch"}):
        with pytest.raises(SyncFault):
            refuse_invalid(mutant)


def test_a_very_long_narrative_that_is_wrong_at_its_end_is_refused_at_once(sound):
    mutant = copy.deepcopy(sound)
    div(f"<div {XHTML}><p>{'long text &amp; ' * 20_000}<")(firsts(mutant))
    with pytest.raises(SyncFault):
        refuse_invalid(mutant)
