"""A measure as a FHIR R4 Questionnaire, and one scored form as its QuestionnaireResponse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from gsh_console.content.questionnaires import (
    CALCULATED,
    LOINC,
    ORDINAL,
    SNOMED,
    TRANSLATION,
    Json,
    link_id,
    word,
)
from gsh_console.domain.measures import Absence, Answer, Choice, Item, Measure, Number, Rule, Scale
from gsh_console.domain.scoring import Score
from gsh_console.domain.wording import Wording

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
REASONS = {
    Absence.DECLINED: "asked-declined",
    Absence.UNCLEAR: "asked-unknown",
    Absence.NOT_ASKED: "not-asked",
    Absence.NOT_APPLICABLE: "not-applicable",
}
_LIMITS = ("http://hl7.org/fhir/StructureDefinition/minValue", "http://hl7.org/fhir/StructureDefinition/maxValue")


def canonical(root: str, measure: Measure) -> str:
    """The address of a measure's Questionnaire in its version, as the responses of a sent contact name it."""
    return f"{root}/Questionnaire/{quote(measure.id)}|{quote(measure.version)}"


def questionnaire(measure: Measure, root: str, wordings: Iterable[Wording] = ()) -> Json:
    """The whole Questionnaire: numbers, formula, codes, and every installed language as translations."""
    sets = tuple(wordings)
    items = [] if not measure.stem else [_words({"linkId": f"{measure.id}/stem", "type": "display"}, measure.stem,
                                                {each.language: each.stem for each in sets})]  # fmt: skip
    items += [_question(measure, item, _told_in(sets, item, "items", "item_choices"), required=True)
              for item in measure.items]  # fmt: skip
    items += [_question(measure, item, _told_in(sets, item, "extras", "extra_choices"), required=False)
              for item in measure.extras]  # fmt: skip
    items += [_computed(measure, scale) for scale in measure.scales]
    items.append({"linkId": f"{measure.id}/mode", "type": "string", "text": "How the answers came", "repeats": True})
    address, _, version = canonical(root, measure).partition("|")
    panel = measure.codes.get("loinc_panel")
    return _present({
        "resourceType": "Questionnaire",
        "id": measure.id,
        "language": "en",
        "url": address,
        "version": version,
        "name": _machine_name(measure.name),
        "title": measure.title or measure.name,
        "status": "active",
        "subjectType": ["Patient"],
        "date": measure.effective_from.isoformat(),
        "copyright": word(f"{measure.licence} {measure.credit}"),
        "code": [{"system": LOINC, "code": panel}] if panel else [],
        "item": items,
    })  # fmt: skip


def response(measure: Measure, answers: Mapping[str, Answer | None], result: Score, root: str) -> Json:
    """One form as it was answered, with what it came to; why an answer is missing, where that is known."""
    given = [
        {"linkId": link_id(measure, item), "answer": [_answer(measure, item, answers[item.id])]}
        for item in measure.items
        if answers.get(item.id) is not None
    ]
    totals = {"total": result.total, **{name: part.total for name, part in result.subscales.items()}}
    given += [
        {"linkId": _scale_link(measure, scale), "answer": [{"valueDecimal": _plain(number)}]}
        for scale in measure.scales
        if (number := totals[scale.id]) is not None
    ]
    return _present({
        "resourceType": "QuestionnaireResponse",
        "language": "en",
        "questionnaire": canonical(root, measure),
        "status": "completed" if result.complete else "in-progress",
        "item": given,
    })  # fmt: skip


def _question(measure: Measure, item: Item, told: Mapping[str, Mapping[str, str]], *, required: bool) -> Json:
    """`told` holds the item's words by language, "" for the question and the number for an answer."""
    codes = [{"system": system, "code": code} for system, code in ((LOINC, item.loinc), (SNOMED, item.snomed)) if code]
    made = _present({"linkId": link_id(measure, item), "code": codes, "required": required})
    made = _words(made, item.text, {language: words.get("", "") for language, words in told.items()})
    if item.span:
        made["type"] = "integer"
        ends = zip(_LIMITS, (item.span.low, item.span.high), strict=True)
        made["extension"] = [{"url": url, "valueInteger": end} for url, end in ends]
        return made
    made["type"] = "choice"
    made["answerOption"] = [
        {
            "extension": [_ordinal(choice)],
            "valueCoding": _coding(choice, {lang: words.get(str(choice.value), "") for lang, words in told.items()}),
        }
        for choice in measure.choices_of(item)
    ]
    return made


def _told_in(sets: tuple[Wording, ...], item: Item, texts: str, answers: str) -> dict[str, dict[str, str]]:
    told = {}
    for each in sets:
        own = getattr(each, answers).get(item.id, {}) if item.choices else each.choices
        told[each.language] = {"": getattr(each, texts).get(item.id, ""), **own}
    return told


def _coding(choice: Choice, words: Mapping[str, str]) -> Json:
    system = LOINC if choice.loinc else SNOMED if choice.snomed else None
    made = _present({"system": system, "code": choice.loinc or choice.snomed or str(choice.value)})
    return _words(made, choice.label, words, "display")


def _ordinal(choice: Choice) -> Json:
    return {"url": ORDINAL, "valueDecimal": choice.value}


def _words(holder: Json, english: str, others: Mapping[str, str], key: str = "text") -> Json:
    """The element with its words in English, and in the other languages as translations beside them."""
    translations = [
        {
            "url": TRANSLATION,
            "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}],
        }
        for language, text in others.items()
        if text
    ]
    beside = {f"_{key}": {"extension": translations}} if translations else {}
    return {**holder, key: word(english) or "…", **beside}


def _computed(measure: Measure, scale: Scale) -> Json:
    code = measure.codes.get("loinc_total") if scale.id == "total" else scale.codes.get("loinc_total")
    formula = {"language": "text/fhirpath", "expression": formula_of(measure, scale)}
    return _present({
        "extension": [{"url": CALCULATED, "valueExpression": formula}],
        "linkId": _scale_link(measure, scale),
        "code": [{"system": LOINC, "code": code}] if code else [],
        "text": f"{scale.name} {'total' if scale.id == 'total' else 'number'}",
        "type": "decimal",
        "readOnly": True,
    })  # fmt: skip


def formula_of(measure: Measure, scale: Scale) -> str:
    """The scale as FHIRPath: nothing while an item is missing, so that a missing answer never counts as 0."""
    items = [measure.item(item) for item in scale.items]
    turned = [item for item in items if item.reverse]
    expression = _sum_of(measure, [item for item in items if not item.reverse])
    if turned:
        ends = sum(sum(measure.range_of(item)) for item in turned)
        expression = " + ".join(filter(None, (expression, str(ends)))) + f" - {_sum_of(measure, turned)}"
    if scale.rule is Rule.MEAN:
        expression = f"(({expression}) / {len(items)}).round({scale.decimals})"
    counted = " + ".join(f"{numbers}.count()" for numbers in _numbers_of(measure, items))
    return f"iif({counted} = {len(items)}, {expression}, {{}})"


def _sum_of(measure: Measure, items: list[Item]) -> str:
    return " + ".join(f"{numbers}.sum()" for numbers in _numbers_of(measure, items))


def _numbers_of(measure: Measure, items: list[Item]) -> list[str]:
    """The numbers typed and the numbers of answers chosen; an answer that is only a reason gives neither."""
    typed, chosen = [item for item in items if item.span], [item for item in items if not item.span]
    told = [f"{_all(measure, typed)}.answer.value.where(hasValue())"] if typed else []
    return [*told, *([f"{_all(measure, chosen)}.answer.value.ordinal()"] if chosen else [])]


def _all(measure: Measure, items: list[Item]) -> str:
    names = " | ".join(f"'{link_id(measure, item)}'" for item in items)
    return f"%resource.item.where(linkId in ({names}))"


def _scale_link(measure: Measure, scale: Scale) -> str:
    code = measure.codes.get("loinc_total") if scale.id == "total" else None
    return f"/{code}" if code else f"{measure.id}/{scale.id}"


def _answer(measure: Measure, item: Item, answer: Answer | None) -> Json:
    choices = measure.choices_of(item)
    if isinstance(answer, Absence):
        reason = {"extension": [{"url": ABSENT, "valueCode": REASONS[answer]}]}
        return {"valueCoding": reason} if choices else {"_valueInteger": reason}
    choice = measure.choice(item, answer or 0)
    if choice is None:
        return {"valueInteger": answer}
    return {"valueCoding": {"extension": [_ordinal(choice)], **_coding(choice, {})}}


def _plain(number: Number) -> int | float:
    return number if isinstance(number, int) else float(number)  # four places survive a float


def _machine_name(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return re.sub(r"^[^A-Z]", lambda first: "M" + first[0], "".join(each[:1].upper() + each[1:] for each in words))


def _present(elements: Json) -> Json:
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}
