"""A QuestionnaireResponse as one line for `score`: which measure, and what each item was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gsh_console.content.questionnaire_export import ABSENT, REASONS
from gsh_console.content.questionnaires import LOINC, Found, Json, extensions, inner, link_id, objects, whole, word
from gsh_console.content.reading import fault
from gsh_console.domain.measures import Absence, Answer, Item, Measure
from gsh_console.domain.scoring import AnswerRefused, score
from gsh_console.faults import nearest

_ABSENCES = {code: reason for reason, code in REASONS.items()}
_NUMBER_AT_THE_END = re.compile(r"(?<!\d)(\d{1,3})$")
_DEEPEST = 20


@dataclass(frozen=True)
class Answered:
    """One form of a measure, its answers in item order, and what a person has to know of the reading."""

    measure: Measure
    answers: tuple[Answer | None, ...]
    remarks: list[str] = field(default_factory=list)

    @property
    def line(self) -> dict[str, Any]:
        """The form as `score` takes it."""
        return {"measure": self.measure.id, "answers": list(self.answers)}


def read_response(found: Found, known: Mapping[str, Measure], wished: str = "") -> Answered:
    """The answers of a response; DefinitionFault that never repeats an answer."""
    if word(found.resource.get("status")) == "entered-in-error":
        raise fault(found.path, "status", "the response was entered in error", "Give another.")
    if word(found.resource.get("status")) not in ("completed", "amended"):
        found.remarks.append("The response does not say that it is completed.")
    given = dict(_leaves(found, found.resource))
    measure = _measure_of(found, given, known, wished)
    places = _places(found, given, measure)
    answers = {
        item.id: _answer(found, measure, item, given[places[item.id]]) if item.id in places else None
        for item in measure.items
    }
    _compare_total(found, measure, answers, {name: held for name, held in given.items() if name not in places.values()})
    return Answered(measure, tuple(answers.values()), found.remarks)


def _leaves(found: Found, holder: Json, depth: int = 0) -> Iterator[tuple[str, list[Json]]]:
    """Every answered item by linkId, groups and nested answers gone through."""
    if depth > _DEEPEST:
        raise fault(found.path, "item", f"items stand more than {_DEEPEST} deep", "Flatten it first.")
    for item in objects(holder, "item"):
        answers = objects(item, "answer")
        if answers:
            yield word(item.get("linkId")), answers
        yield from _leaves(found, item, depth + 1)
        for answer in answers:
            yield from _leaves(found, answer, depth + 1)


def _measure_of(found: Found, given: Mapping[str, Any], known: Mapping[str, Measure], wished: str) -> Measure:
    if wished:
        if wished not in known:
            raise fault(found.path, "measure", f'there is no measure "{wished}"', nearest(wished, known))
        return known[wished]
    named = word(found.resource.get("questionnaire")).partition("|")[0].rpartition("/")[2]
    if named in known:
        return known[named]
    fitting = [each for each in known.values() if all(_names(each, item) & given.keys() for item in each.items)]
    if len(fitting) != 1:
        wrong = f"no measure is called “{named}”, and its items do not tell which one it is"
        raise fault(found.path, "questionnaire", wrong, "Name it with --measure.")
    return fitting[0]


def _names(measure: Measure, item: Item) -> set[str]:
    """Every linkId an item goes by."""
    return {link_id(measure, item), item.id, *([item.loinc] if item.loinc else [])}


def _places(found: Found, given: Mapping[str, Any], measure: Measure) -> dict[str, str]:
    """The linkId of each item in this response; by number at the end where the names are other ones throughout."""
    places = {item.id: next(iter(_names(measure, item) & given.keys()), "") for item in measure.items}
    if any(places.values()) or not given:
        return {item: name for item, name in places.items() if name}
    ending = {match[1]: name for name in reversed(list(given)) if (match := _NUMBER_AT_THE_END.search(name))}
    numbered = {item.id: ending.get(str(at), "") for at, item in enumerate(measure.items, 1)}
    if not all(numbered.values()):
        wrong = f"its items are not those of {measure.name}"
        raise fault(found.path, "item", wrong, "Name another measure with --measure.")
    found.remarks.append("Its linkIds are not those of the measure; items were told by the numbers they end in.")
    return numbered


def _answer(found: Found, measure: Measure, item: Item, answers: list[Json]) -> Answer | None:
    if len(answers) > 1:
        raise fault(found.path, item.id, "it has several answers", "Only one can be scored.")
    answer = answers[0]
    coding = inner(answer, "valueCoding")
    for holder in (coding, inner(answer, "_valueInteger"), inner(answer, "_valueCoding"), answer):
        for extension in extensions(holder, ABSENT):
            reason = _ABSENCES.get(word(extension.get("valueCode")))
            applies = reason is not Absence.NOT_APPLICABLE or item.may_not_apply
            return reason if applies else None
    value = _coded(measure, item, coding) if coding else _number(answer)
    if value is None or not measure.takes(item, value):
        raise fault(found.path, item.id, f"the answer is none that {measure.name} has", "Correct it, or leave it out.")
    return value


def _coded(measure: Measure, item: Item, coding: Json) -> int | None:
    code, of_loinc = word(coding.get("code")), word(coding.get("system")) in (LOINC, "")
    for choice in measure.choices_of(item):
        if code and code in (choice.snomed, choice.loinc if of_loinc else None):
            return choice.value
    for ending in ("/ordinalValue", "/itemWeight"):
        for extension in extensions(coding, ending):
            return _number(extension)
    return int(code) if re.fullmatch(r"\d{1,4}", code) else None


def _number(holder: Json) -> int | None:
    held = whole(holder, "valueInteger", "valueDecimal")
    return whole(inner(holder, "valueQuantity"), "value") if held is None else held


def _compare_total(
    found: Found, measure: Measure, answers: Mapping[str, Answer | None], others: Mapping[str, list[Json]]
) -> None:
    """Remark where the response brings a total of its own and it is not the one these answers come to."""
    try:
        total = score(measure, answers).total
    except AnswerRefused as refused:
        raise fault(found.path, "item", str(refused), "Correct the answer.") from None
    told = [number for held in others.values() if (number := _number(held[0])) is not None]
    if len(told) == 1 and not measure.subscales and told[0] != total:
        found.remarks.append("Its own total is not the one that its answers come to by the rules here.")
