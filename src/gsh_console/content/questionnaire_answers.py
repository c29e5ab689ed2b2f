"""The answers of one question of a Questionnaire: their numbers, their codes, their words by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gsh_console.content.questionnaire_walk import CHOICES, Question
from gsh_console.content.questionnaires import (
    ANSWER_NUMBERS,
    LOINC,
    SNOMED,
    Found,
    Json,
    extensions,
    inner,
    objects,
    texts_of,
    two_letters,
    whole,
    word,
)
from gsh_console.content.reading import fault
from gsh_console.domain.measures import Choice, Item, Measure, Span


@dataclass(frozen=True)
class Answers:
    """What may be answered: choices, or a span of numbers. `lacking` is the first answer without a number.

    `borrowed`: the file names the answers and does not hold them; they are those of a shipped item with its code.
    """

    choices: tuple[Choice, ...] = ()
    span: Span | None = None
    lacking: str = ""
    words: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    borrowed: bool = False

    def labels(self, language: str) -> dict[str, str]:
        """The words of the answers in a language, by number; empty where the file has none."""
        return {str(choice.value): self.words.get(choice.value, {}).get(language, "") for choice in self.choices}


@dataclass(frozen=True)
class Known:
    """The measures the console carries, looked up by the LOINC codes of their items."""

    measures: Mapping[str, Measure]

    def item(self, loinc: str | None) -> Item | None:
        """The scored item of this code."""
        held = self._items.get(loinc or "")
        return held[1] if held else None

    def is_extra(self, loinc: str | None) -> bool:
        """Whether a shipped form asks this item and never counts it."""
        return loinc is not None and loinc in self._extras

    def choices(self, loinc: str | None) -> tuple[Choice, ...]:
        """The choices a shipped form has for this item, none where the code is not known."""
        held = self._items.get(loinc or "") or self._extras.get(loinc or "")
        return held[0].choices_of(held[1]) if held else ()

    def measure(self, codes: list[str | None]) -> Measure | None:
        """The measure whose scored items are exactly these."""
        wanted = {code for code in codes if not self.is_extra(code)}
        held = (measure for measure in self.measures.values() if {item.loinc for item in measure.items} == wanted)
        return None if None in wanted else next(held, None)

    @cached_property
    def _items(self) -> dict[str, tuple[Measure, Item]]:
        return {item.loinc: (each, item) for each in self.measures.values() for item in each.items if item.loinc}

    @cached_property
    def _extras(self) -> dict[str, tuple[Measure, Item]]:
        return {item.loinc: (each, item) for each in self.measures.values() for item in each.extras if item.loinc}


def answers_of(found: Found, question: Question, known: Known) -> Answers:
    """The answers of a question; DefinitionFault where the file does not say what may be answered."""
    if question.kind not in CHOICES:
        return Answers(span=_span(found, question))
    options = objects(question.source, "answerOption")
    language = two_letters(word(found.resource.get("language"))) or "en"
    told = [_option(found, question, option, language) for option in options] or _listed(found, question, language)
    if told:
        return _numbered(found, question, told)
    choices = known.choices(question.loinc)
    if not choices:
        wrong = "the file does not hold the answers"
        raise fault(found.path, question.id, wrong, "Put its value set into the file, under contained.")
    return Answers(choices, words={choice.value: {"en": choice.label} for choice in choices}, borrowed=True)


@dataclass(frozen=True)
class _Option:
    number: int | None
    texts: dict[str, str]
    system: str
    code: str


def _option(found: Found, question: Question, option: Json, language: str) -> _Option:
    coding = inner(option, "valueCoding")
    number = _number(found, question, option, coding)
    own = whole(option, "valueInteger")
    if own is not None:
        return _Option(own if number is None else number, {"en": str(own)}, "", "")
    texts = texts_of(coding, "display", language) or texts_of(option, "valueString", language)
    return _Option(number, texts, word(coding.get("system")), word(coding.get("code")))


def _listed(found: Found, question: Question, language: str) -> list[_Option]:
    """The answers of a value set that came with the file."""
    wanted = word(question.source.get("answerValueSet")).partition("|")[0]
    for value_set in found.value_sets:
        names = {word(value_set.get("url")), f"#{word(value_set.get('id'))}"}
        if wanted and wanted in names:
            concepts = _concepts(value_set)
            return [_concept(found, question, concept, system, language) for concept, system in concepts]
    return []


def _concepts(value_set: Json) -> list[tuple[Json, str]]:
    """The concepts of a value set with their system: as composed, or else as expanded."""
    composed = [
        (concept, word(group.get("system")))
        for group in objects(inner(value_set, "compose"), "include")
        for concept in objects(group, "concept")
    ]
    expanded = objects(inner(value_set, "expansion"), "contains")
    return composed or [(concept, word(concept.get("system"))) for concept in expanded]


def _concept(found: Found, question: Question, concept: Json, system: str, language: str) -> _Option:
    coding = {**concept, "system": system}
    texts = texts_of(concept, "display", language)
    for other in objects(concept, "designation"):
        texts.setdefault(two_letters(word(other.get("language"))), word(other.get("value")))
    return _Option(_number(found, question, concept, coding), texts, system, word(concept.get("code")))


def _number(found: Found, question: Question, option: Json, coding: Json) -> int | None:
    """The number of an answer: its ordinalValue or itemWeight, or that of its LOINC answer code."""
    for holder in (option, coding):
        for ending in ("/ordinalValue", "/itemWeight", "/questionnaire-ordinalValue"):
            for extension in extensions(holder, ending):
                value = whole(extension, "valueDecimal", "valueInteger")
                if value is None:
                    wrong = "an answer has a number that is not whole"
                    raise fault(found.path, question.id, wrong, "Only whole numbers can be scored here.")
                return value
    return ANSWER_NUMBERS.get(word(coding.get("code"))) if word(coding.get("system")) == LOINC else None


def _numbered(found: Found, question: Question, told: list[_Option]) -> Answers:
    lacking = next((_label(each) or each.code or "?" for each in told if each.number is None), "")
    numbers = list(range(len(told))) if lacking else [each.number or 0 for each in told]
    if len(set(numbers)) != len(numbers):
        raise fault(found.path, question.id, "two answers have the same number", "Only one answer can have it.")
    choices = tuple(
        Choice(
            number,
            _label(each) or str(number),
            loinc=each.code if each.system == LOINC and each.code else None,
            snomed=each.code if each.system == SNOMED and each.code else None,
        )
        for number, each in zip(numbers, told, strict=True)
    )
    words = {number: each.texts for number, each in zip(numbers, told, strict=True)}
    return Answers(choices, lacking=lacking, words=words)


def _label(option: _Option) -> str:
    return option.texts.get("en") or next(iter(option.texts.values()), "")


def _span(found: Found, question: Question) -> Span:
    ends = []
    for ending in ("/minValue", "/maxValue"):
        extension = next(extensions(question.source, ending), {})
        value = whole(extension, "valueInteger", "valueDecimal")
        if value is None:
            wrong = "the file does not say between which whole numbers the answer lies"
            raise fault(found.path, question.id, wrong, "Add minValue and maxValue to it.")
        ends.append(value)
    return Span(ends[0], ends[1])
