"""The items of a Questionnaire in form order: groups flattened, questions, totals, and the words before them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gsh_console.content.questionnaire_sums import Place
from gsh_console.content.questionnaires import (
    LOINC,
    SNOMED,
    Found,
    Json,
    codes_of,
    expression_of,
    extensions,
    inner,
    objects,
    texts_of,
    word,
)
from gsh_console.content.reading import fault

CHOICES = ("choice", "open-choice", "coding")
_NUMBERS = ("integer", "decimal", "quantity")
_TOTAL = re.compile(r"\b(total|score|sum|gesamt\w*|summe\w*|punkt\w*)\b", re.I)
_CALCULATED = ("calculatedExpression", "calculated-expression")
_DEEPEST = 20


@dataclass(frozen=True)
class Question:
    """One question: its linkId, its type, its words by language, its codes, and the item as it stood in the file."""

    id: str
    kind: str
    texts: dict[str, str]
    loinc: str | None
    snomed: str | None
    source: Json


@dataclass(frozen=True)
class Total:
    """An item the form computes by itself: `expression` is empty where the file does not say how."""

    id: str
    texts: dict[str, str]
    loinc: str
    expression: str


@dataclass
class Walked:
    """A Questionnaire laid out flat. `stem` is what is said before the first question, by language."""

    questions: list[Question] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    stem: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


def walk(found: Found, language: str) -> Walked:
    """Lay a Questionnaire out; DefinitionFault for a question that could not be asked as it stands."""
    walked = Walked()
    _variables(found.resource, walked)
    _items(found, found.resource, (), language, walked)
    if not walked.questions:
        raise fault(found.path, "item", "there is no question", "Give a Questionnaire with questions.")
    return walked


def _items(found: Found, holder: Json, inside: tuple[str, ...], language: str, walked: Walked) -> None:
    if len(inside) > _DEEPEST:
        raise fault(found.path, "item", f"groups stand more than {_DEEPEST} deep", "Flatten it first.")
    for item in objects(holder, "item"):
        link_id = _link_id(found, item, walked)
        _variables(item, walked)
        texts = texts_of(item, "text", language)
        kind = word(item.get("type")) or ("group" if item.get("item") else "display")
        if kind in ("group", "display"):
            walked.places.setdefault(link_id, Place(link_id, inside))
            _words_before(found, link_id, texts, walked)
        else:
            _refuse_a_second(found, link_id, walked)
            walked.places[link_id] = Place(link_id, inside)
            _answerable(found, item, link_id, kind, texts, walked)
        _items(found, item, (*inside, link_id), language, walked)


def _link_id(found: Found, item: Json, walked: Walked) -> str:
    link_id = word(item.get("linkId"))
    if not link_id:
        link_id = next(iter(codes_of(item, LOINC)), "") or f"item-{len(walked.places) + 1}"
        found.remarks.append(f"An item without linkId is called “{link_id}” here.")
    elif link_id in walked.places:
        found.remarks.append(f"The linkId “{link_id}” stands there twice.")
    return link_id


def _refuse_a_second(found: Found, link_id: str, walked: Walked) -> None:
    if link_id in walked.places and link_id in {
        *(question.id for question in walked.questions),
        *(total.id for total in walked.totals),
        *walked.left_out,
    }:
        raise fault(
            found.path, link_id, "two questions have this linkId", "Give each its own, or answers get mixed up."
        )


def _words_before(found: Found, link_id: str, texts: dict[str, str], walked: Walked) -> None:
    if walked.questions:
        if texts:
            found.remarks.append(f"The words of “{link_id}” stand between questions and are left out.")
        return
    for language, text in texts.items():
        walked.stem[language] = " ".join(filter(None, (walked.stem.get(language, ""), text)))


def _answerable(found: Found, item: Json, link_id: str, kind: str, texts: dict[str, str], walked: Walked) -> None:
    expression = next((expression_of(each) for end in _CALCULATED for each in extensions(item, end)), "")
    if expression and kind not in _NUMBERS:
        walked.left_out.add(link_id)
        found.remarks.append(f"“{link_id}” is worked out by the form and is no number; it is left out.")
    elif expression or _looks_like_a_total(item, kind, texts):
        loinc = next(iter(codes_of(item, LOINC)), "")
        walked.totals.append(Total(link_id, texts, loinc, expression))
    elif kind in (*CHOICES, *_NUMBERS):
        walked.questions.append(_question(found, item, link_id, kind, texts))
    else:
        walked.left_out.add(link_id)
        found.remarks.append(f"“{link_id}” is a {kind} question, which has no number; it is left out.")


def _looks_like_a_total(item: Json, kind: str, texts: dict[str, str]) -> bool:
    if kind not in _NUMBERS or any(extensions(item, "/maxValue")):
        return False
    return item.get("readOnly") is True or any(_TOTAL.search(text) for text in texts.values())


def _question(found: Found, item: Json, link_id: str, kind: str, texts: dict[str, str]) -> Question:
    if not texts:
        raise fault(found.path, link_id, "the question has no words", "Please add its text.")
    if item.get("repeats") is True:
        raise fault(found.path, link_id, "it takes several answers at once", "Only one answer can be scored.")
    if item.get("enableWhen"):
        found.remarks.append(f"“{link_id}” is asked only sometimes in the file; here it is always asked.")
    codes = {system: next(iter(codes_of(item, system)), None) for system in (LOINC, SNOMED)}
    return Question(link_id, kind, texts, codes[LOINC], codes[SNOMED], item)


def _variables(holder: Json, walked: Walked) -> None:
    for extension in extensions(holder, "/variable"):
        expression = inner(extension, "valueExpression")
        walked.variables[word(expression.get("name"))] = expression_of(extension)
