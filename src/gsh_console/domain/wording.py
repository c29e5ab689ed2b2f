"""The words of a measure in another language: a whole set, whose they are, and what the record says of them.

A set changes what is read or heard and nothing else: answers are numbers, and scores come from the numbers alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gsh_console.domain.measures import Choice, Item, Measure, Span

AT_SIGHT = "interpreted at sight, not validated"


class Standing(StrEnum):
    """What is known of a translation. The list is closed: a draft or an own translation has no place in it."""

    VALIDATED = "official, validated"
    OFFICIAL = "official, validation not stated"
    OWN = "service's own, licensed"


@dataclass(frozen=True)
class Wording:
    """A whole set of the words of one version of a measure in one language.

    `items` and `extras` are keyed by item id, `choices` by the number of the answer. `item_choices` and
    `extra_choices` hold the words of items with answers of their own, "low" and "high" where a number is typed.
    `left_out` names extras, never scored, that are not asked in this language; no item can be left out.
    """

    measure: str
    version: str
    language: str
    language_name: str
    status: Standing
    source: str
    licence: str
    stem: str
    stem_again: str
    recall: str
    items: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)
    item_choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)
    extra_choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def record(self) -> str:
        """What an answer's entry keeps of the text it was taken with, as the note tells it."""
        return f"{self.language_name} ({self.status})"


def notice(measure: Measure, wording: Wording | None, language_name: str) -> str:
    """The line the screen shows in a contact in another language: whose text there is, or that there is none."""
    if wording is None:
        return f"{measure.name}: no validated text installed for {language_name}: {AT_SIGHT}"
    return f"{measure.name}: {wording.language_name} text, {wording.status}: read it, or have it read, word for word"


def notice_in_short(wording: Wording | None, language_name: str) -> str:
    """The same for a narrow screen, which names the measure elsewhere."""
    if wording is None:
        return f"no {language_name} text: {AT_SIGHT}"
    return f"{wording.language_name} text, {wording.status}"


def worded(measure: Measure, wording: Wording) -> Measure:
    """The measure in the words of a set, for showing; every number, code and rule stays as it was."""
    items = tuple(_item(item, wording.items, wording.item_choices) for item in measure.items)
    asked = [item for item in measure.extras if item.id not in wording.left_out]
    extras = tuple(_item(item, wording.extras, wording.extra_choices) for item in asked)
    return replace(
        measure, stem=wording.stem, stem_again=wording.stem_again, recall=wording.recall, items=items, extras=extras,
        choices=_choices(measure.choices, wording.choices),
    )  # fmt: skip


def slots(measure: Measure, left_out: Collection[str] = ()) -> dict[str, str]:
    """Every place a set must fill, such as "items.3" or "item_choices.5.low", with its English words."""
    extras = [item for item in measure.extras if item.id not in left_out]
    found = {"stem": measure.stem, "stem_again": measure.stem_again, "recall": measure.recall}
    found |= {f"choices.{choice.value}": choice.label for choice in measure.choices}
    for texts, answers, items in (
        ("items", "item_choices", measure.items),
        ("extras", "extra_choices", extras),
    ):
        for item in items:
            found[f"{texts}.{item.id}"] = item.text
            found |= {f"{answers}.{item.id}.{key}": label for key, label in _own_answers(item).items()}
    return {place: english for place, english in found.items() if english}


def filled(wording: Wording) -> dict[str, str]:
    """Every place a set fills, by the same names as `slots`; an empty text fills nothing."""
    found = {"stem": wording.stem, "stem_again": wording.stem_again, "recall": wording.recall}
    for name in ("items", "choices", "extras"):
        found |= {f"{name}.{key}": text for key, text in getattr(wording, name).items()}
    for name in ("item_choices", "extra_choices"):
        for item, answers in getattr(wording, name).items():
            found |= {f"{name}.{item}.{key}": text for key, text in answers.items()}
    return {place: text for place, text in found.items() if text.strip()}


def _own_answers(item: Item) -> dict[str, str]:
    if item.span:
        return {"low": item.span.low_label, "high": item.span.high_label}
    return {str(choice.value): choice.label for choice in item.choices}


def _item(item: Item, texts: Mapping[str, str], answers: Mapping[str, Mapping[str, str]]) -> Item:
    own = answers.get(item.id, {})
    span = item.span and _span(item.span, own)
    return replace(item, text=texts.get(item.id, item.text), choices=_choices(item.choices, own), span=span)


def _span(span: Span, words: Mapping[str, str]) -> Span:
    return replace(span, low_label=words.get("low", span.low_label), high_label=words.get("high", span.high_label))


def _choices(choices: tuple[Choice, ...], words: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(replace(choice, label=words.get(str(choice.value), choice.label)) for choice in choices)
