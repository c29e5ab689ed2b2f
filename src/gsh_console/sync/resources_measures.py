"""Measures: each form as it was answered, and its total. A missing answer says why and is never a number."""

from __future__ import annotations

from datetime import datetime

from gsh_console.domain.measures import Absence, Item, Measure
from gsh_console.domain.note import total_in_words
from gsh_console.domain.scoring import Score
from gsh_console.domain.session import GivenAnswer
from gsh_console.sync.datatypes import (
    ABSENT_CODES,
    LOINC,
    SNOMED,
    TERMINOLOGY,
    UCUM,
    Json,
    absent,
    absent_concept,
    coding,
    concept,
    moment,
    present,
    words,
)
from gsh_console.sync.signed import SignedContact
from gsh_console.sync.writer import BundleWriter

Given = dict[str, GivenAnswer]


def put_measures(writer: BundleWriter, signed: SignedContact) -> dict[str, list[Json]]:
    """The answered forms and their totals, by measure."""
    scores = {score.measure: score for score in signed.scores}
    put: dict[str, list[Json]] = {}
    for measure_id, answers in signed.state.answers.items():
        if not answers:
            continue
        measure, given = signed.book.measures[measure_id], dict(answers)
        form = put_form(writer, measure, given)
        put[measure_id] = [form]
        if measure_id in scores:
            put[measure_id].append(put_total(writer, signed, measure, given, scores[measure_id], form))
    return put


def put_form(writer: BundleWriter, measure: Measure, given: Given) -> Json:
    """One form: every item in order, under its LOINC code where the definition has one."""
    complete = all(item.id in given for item in measure.items)
    response = {
        "resourceType": "QuestionnaireResponse",
        "language": "en",  # of what is written here; whose text the patient heard is said under mode
        "questionnaire": writer.questionnaire(measure.id, measure.version),
        "status": "completed" if complete else "stopped",
        "subject": writer.subject,
        "encounter": writer.encounter,
        "authored": moment(taken_at(given)),
        "author": writer.author,
        "source": writer.subject,
        "item": [*(_item(measure, item, given.get(item.id)) for item in measure.items), _modes(measure, given)],
    }
    return writer.put(response, measure.id)


def put_total(
    writer: BundleWriter, signed: SignedContact, measure: Measure, given: Given, score: Score, form: Json
) -> Json:
    """The total in points, or why there is none; the note says in words what was prorated and why."""
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "survey", "Survey"))],
        "code": concept(*_total_codes(measure), text=f"{measure.name} total score"),
        "subject": writer.subject,
        "encounter": writer.encounter,
        "effectiveDateTime": moment(taken_at(given)),
        "issued": moment(signed.signed_at),
        "performer": [writer.author],
        **_total(measure, score, given),
        "note": [{"text": words(total_in_words(measure, score, given))}],
        "derivedFrom": [form],
        "component": [_component(item, given.get(item.id)) for item in measure.items if item.snomed],
    }
    return writer.put(present(observation), measure.id)


def taken_at(given: Given) -> datetime:
    """When the last answer of the form was given."""
    return max(answer.at for answer in given.values())


def _item(measure: Measure, item: Item, answer: GivenAnswer | None) -> Json:
    link = f"/{item.loinc}" if item.loinc else f"{measure.id}/{item.id}"
    text = "" if item.loinc else words(item.text)  # LOINC carries the wording of its own items
    return present({"linkId": link, "text": text, "answer": [_answer(measure, item, answer)]})


def _answer(measure: Measure, item: Item, answer: GivenAnswer | None) -> Json:
    value = answer.answer if answer else None
    choices = measure.choices_of(item)
    coded = bool(choices) and all(choice.loinc for choice in choices)
    if not isinstance(value, int):
        return {"valueCoding" if coded else "_valueInteger": absent(value)}
    choice = measure.choice(item, value)
    if choice is None or not choice.loinc:
        return {"valueInteger": value}
    return {"valueCoding": coding(LOINC, choice.loinc, choice.label)}


def _modes(measure: Measure, given: Given) -> Json:
    modes = sorted({_mode(answer) for answer in given.values()})
    told = []
    for mode in modes:
        items = " ".join(item.id for item in measure.items if item.id in given and _mode(given[item.id]) == mode)
        told.append({"valueString": mode if len(modes) == 1 else f"{mode}: {items}"})
    return {"linkId": f"{measure.id}/mode", "text": "How the answers came", "answer": told}


def _mode(answer: GivenAnswer) -> str:
    return f"{answer.mode}, {answer.wording}" if answer.wording else str(answer.mode)


def _total_codes(measure: Measure) -> list[Json]:
    known = ((LOINC, measure.codes.get("loinc_total")), (SNOMED, measure.codes.get("snomed_total")))
    return [coding(system, code) for system, code in known if code]


def _total(measure: Measure, score: Score, given: Given) -> Json:
    if score.total is not None:
        exact = score.total if isinstance(score.total, int) else float(score.total)  # two places survive a float
        quantity = {"value": exact, "unit": "{score}", "system": UCUM, "code": "{score}"}
        return {"valueQuantity": quantity}
    reasons = {_reason(given.get(item)) for item in score.missing}
    code = reasons.pop() if len(reasons) == 1 else "unknown"
    return {"dataAbsentReason": absent_concept(code, f"{measure.name} has no total by its own rule")}


def _component(item: Item, answer: GivenAnswer | None) -> Json:
    value = answer.answer if answer else None
    code = concept(coding(SNOMED, item.snomed or ""), text=item.text)
    if isinstance(value, int):
        return {"code": code, "valueInteger": value}
    return {"code": code, "dataAbsentReason": absent_concept(_reason(answer))}


def _reason(answer: GivenAnswer | None) -> str:
    value = answer.answer if answer else None
    return ABSENT_CODES[value if isinstance(value, Absence) else None]
