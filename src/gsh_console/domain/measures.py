"""What a measure is: items, choices, scoring rule, bands and thresholds, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Absence(StrEnum):
    """Why an item has no number. Each is a recorded value and never counts as 0."""

    DECLINED = "declined"
    UNCLEAR = "unclear"
    NOT_ASKED = "not asked"
    NOT_APPLICABLE = "not applicable"


Answer = int | Absence


class Mode(StrEnum):
    """How an answer came to the practitioner (domain reference §1.1, telephone administration)."""

    READ_OUT = "read_by_practitioner"
    SELF_COMPLETED = "self_completed"
    INTERPRETED = "via_interpreter"


@dataclass(frozen=True)
class Choice:
    """One answer a patient may give: its number and the words read out."""

    value: int
    label: str
    loinc: str | None = None


@dataclass(frozen=True)
class Item:
    """One question of a measure. `safety_prompt_from`: smallest value that opens the safety conversation."""

    id: str
    text: str
    loinc: str | None = None
    snomed: str | None = None
    may_not_apply: bool = False
    safety_prompt_from: int | None = None


@dataclass(frozen=True)
class Band:
    """A named range of totals. It describes a score, never a person and never risk."""

    low: int
    high: int
    label: str


@dataclass(frozen=True)
class Threshold:
    """A national figure with the place it was taken from and how sure we are of it."""

    value: int
    source: str
    confidence: str


@dataclass(frozen=True)
class Example:
    """A worked form inside the definition, -1 for a missing item: refused at load if the rules miss it."""

    answers: tuple[int, ...]
    total: int | None = None
    prorated: bool = False


@dataclass(frozen=True)
class Measure:
    """One questionnaire as data. Totals are points; `prorate_limit` is the most items that may be missing.

    `stem_again` is what is said before an item once the whole stem has been heard.
    """

    id: str
    name: str
    version: str
    effective_from: date
    stem: str
    stem_again: str
    recall: str
    items: tuple[Item, ...]
    choices: tuple[Choice, ...]
    prorate_limit: int
    prorate_source: str
    wording: str
    licence: str
    credit: str
    bands: tuple[Band, ...] = ()
    caseness: Threshold | None = None
    reliable_change: Threshold | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def minimum(self) -> int:
        """The lowest total a complete form can have, in points."""
        return len(self.items) * min(choice.value for choice in self.choices)

    @property
    def maximum(self) -> int:
        """The highest total a complete form can have, in points."""
        return len(self.items) * max(choice.value for choice in self.choices)

    @property
    def values(self) -> tuple[int, ...]:
        """The numbers an item may take."""
        return tuple(choice.value for choice in self.choices)

    def item(self, item_id: str) -> Item:
        """The item with this id; KeyError if there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def choice(self, value: int) -> Choice:
        """The choice with this number; KeyError if there is none."""
        for choice in self.choices:
            if choice.value == value:
                return choice
        raise KeyError(value)

    def position(self, item_id: str) -> int:
        """Where the item stands, counted from 0."""
        return [item.id for item in self.items].index(item_id)
