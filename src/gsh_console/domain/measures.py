"""What a measure is: items, choices, scoring rule, bands and thresholds, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any


class Absence(StrEnum):
    """Why an item has no number. Each is a recorded value and never counts as 0."""

    DECLINED = "declined"
    UNCLEAR = "unclear"
    NOT_ASKED = "not asked"
    NOT_APPLICABLE = "not applicable"


Answer = int | Absence
Number = int | Decimal


def number_from(text: str) -> Number:
    """The number a text written by `str` stands for: whole without a point, Decimal with one."""
    return Decimal(text) if "." in text else int(text)


class Mode(StrEnum):
    """How an answer came to the practitioner (domain reference §1.1, telephone administration)."""

    READ_OUT = "read_by_practitioner"
    SELF_COMPLETED = "self_completed"
    INTERPRETED = "via_interpreter"
    ONLINE = "online"


class Rule(StrEnum):
    """How the items of a scale become one number. The list is closed: nothing in a file is ever computed as code."""

    SUM = "sum"
    MEAN = "mean"
    NONE = "none"


class Administration(StrEnum):
    """How a measure reaches the patient: read out, filled in beforehand, or sent and never asked by the PWP."""

    READ_OUT = "read_out"
    FORM = "form"
    SENT = "sent"


@dataclass(frozen=True)
class Choice:
    """One answer a patient may give: its number and the words read out."""

    value: int
    label: str
    loinc: str | None = None
    snomed: str | None = None


@dataclass(frozen=True)
class Span:
    """Any whole number from `low` to `high`, both included, typed in full; the ends may be named."""

    low: int
    high: int
    low_label: str = ""
    high_label: str = ""


@dataclass(frozen=True)
class Item:
    """One question of a measure. `safety_prompt_from`: smallest value that opens the safety conversation.

    `discloses`: whether such an answer tells of thoughts of self-harm itself, so that every area is then asked; false
    where it only calls for the conversation that every contact has (PCL-5 item 16, risky behaviour).

    Its own `choices` or `span` stand in for the measure's. A `reverse` item counts lowest + highest - answer.
    """

    id: str
    text: str
    choices: tuple[Choice, ...] = ()
    span: Span | None = None
    reverse: bool = False
    loinc: str | None = None
    snomed: str | None = None
    may_not_apply: bool = False
    safety_prompt_from: int | None = None
    discloses: bool = True


@dataclass(frozen=True)
class Band:
    """A named range of totals. It describes a score, never a person and never risk."""

    low: Number
    high: Number
    label: str


class Operator(StrEnum):
    """How a score is held against a cut-off."""

    AT_LEAST = ">="
    ABOVE = ">"


@dataclass(frozen=True)
class Threshold:
    """A figure with the place it was taken from and how sure we are of it (H, M, K or L)."""

    value: Number
    source: str
    confidence: str
    operator: Operator = Operator.AT_LEAST

    def met_by(self, number: Number) -> bool:
        """Whether a score, or the size of a change, reaches this figure."""
        return number > self.value if self.operator is Operator.ABOVE else number >= self.value


@dataclass(frozen=True)
class Scale:
    """A number made of some or all items of a measure: the total, or a subscale.

    Up to `prorate_limit` missing items each take the mean of the answered ones. A sum is rounded half up to a
    whole point, a mean to `decimals` places.
    """

    id: str
    name: str
    rule: Rule
    items: tuple[str, ...]
    prorate_limit: int = 0
    decimals: int = 0
    bands: tuple[Band, ...] = ()
    bands_source: str = ""
    bands_confidence: str = ""
    caseness: Threshold | None = None
    reliable_change: Threshold | None = None
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A worked form inside the definition, -1 for a missing item: refused at load if the rules miss it.

    What is left out is not compared, except for total and prorated. `subscales` holds the numbers of those named,
    -1 where the rules give none; `prompts` the items that open the safety conversation. A `refused` form is one
    that no patient can give, so that the ends of a scale are held too.
    """

    answers: tuple[int, ...]
    total: Number | None = None
    prorated: bool = False
    band: str | None = None
    caseness: bool | None = None
    prompts: tuple[str, ...] | None = None
    subscales: Mapping[str, Number] = field(default_factory=dict)
    subscale_bands: Mapping[str, str] = field(default_factory=dict)
    subscale_caseness: Mapping[str, bool] = field(default_factory=dict)
    refused: bool = False


@dataclass(frozen=True)
class ChangeExample:
    """A worked change from one total to the next, of the total or of a subscale: refused at load like a form."""

    before: Number
    now: Number
    reliable: bool | None = None
    better: bool | None = None
    scale: str = "total"


@dataclass(frozen=True)
class Measure:
    """One questionnaire as data. Totals are points; `prorate_limit` is the most items that may be missing.

    `stem_again` is what is said before an item once the whole stem has been heard. `total_items` names the items
    the total is made of, empty for all. `extras` are asked on a form but never scored.
    """

    id: str
    name: str
    version: str
    effective_from: date
    stem: str
    stem_again: str
    recall: str
    items: tuple[Item, ...]
    prorate_limit: int
    prorate_source: str
    wording: str
    licence: str
    credit: str
    choices: tuple[Choice, ...] = ()
    title: str = ""
    administration: Administration = Administration.READ_OUT
    in_data_set: bool = False
    rule: Rule = Rule.SUM
    decimals: int = 0
    total_items: tuple[str, ...] = ()
    subscales: tuple[Scale, ...] = ()
    extras: tuple[Item, ...] = ()
    higher_is_worse: bool = True
    notes: str = ""
    bands: tuple[Band, ...] = ()
    bands_source: str = ""
    bands_confidence: str = ""
    caseness: Threshold | None = None
    reliable_change: Threshold | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    changes: tuple[ChangeExample, ...] = ()

    @cached_property
    def total(self) -> Scale | None:
        """The scale of the total; None where the items are never made into one number."""
        if self.rule is Rule.NONE:
            return None
        items = self.total_items or tuple(item.id for item in self.items)
        return Scale(
            id="total", name=self.name, rule=self.rule, items=items, prorate_limit=self.prorate_limit,
            decimals=self.decimals, bands=self.bands, bands_source=self.bands_source,
            bands_confidence=self.bands_confidence, caseness=self.caseness, reliable_change=self.reliable_change,
            codes=self.codes,
        )  # fmt: skip

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """Every number the measure gives: the total, where there is one, then the subscales."""
        return ((self.total,) if self.total else ()) + self.subscales

    @property
    def minimum(self) -> Number:
        """The lowest total a complete form can have; 0 where there is no total."""
        return self.ends(self.total)[0] if self.total else 0

    @property
    def maximum(self) -> Number:
        """The highest total a complete form can have; 0 where there is no total."""
        return self.ends(self.total)[1] if self.total else 0

    def ends(self, scale: Scale) -> tuple[Number, Number]:
        """The lowest and highest number a complete form gives on a scale."""
        ends = [self.range_of(self.item(item)) for item in scale.items]
        low, high = sum(low for low, _ in ends), sum(high for _, high in ends)
        if scale.rule is Rule.MEAN:
            return Decimal(low) / len(ends), Decimal(high) / len(ends)
        return low, high

    def choices_of(self, item: Item) -> tuple[Choice, ...]:
        """The choices of an item, its own or the measure's; empty where a number is typed."""
        return () if item.span else item.choices or self.choices

    def range_of(self, item: Item) -> tuple[int, int]:
        """The smallest and largest number an item may take."""
        if item.span:
            return item.span.low, item.span.high
        values = [choice.value for choice in self.choices_of(item)]
        return min(values), max(values)

    def takes(self, item: Item, value: int) -> bool:
        """Whether a number is an answer to this item."""
        if item.span:
            return item.span.low <= value <= item.span.high
        return any(choice.value == value for choice in self.choices_of(item))

    def item(self, item_id: str) -> Item:
        """The item with this id; KeyError if there is none."""
        return self._by_id[item_id]

    def choice(self, item: Item, value: int) -> Choice | None:
        """The choice of an item with this number; None where the number has no words."""
        return next((choice for choice in self.choices_of(item) if choice.value == value), None)

    def position(self, item_id: str) -> int:
        """Where the item stands, counted from 0."""
        return self._positions[item_id]

    @cached_property
    def made_ready(self) -> dict[str, Any]:
        """What has been worked out once for this measure and is used again; no part of what it says."""
        return {}

    @cached_property
    def _by_id(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {item.id: at for at, item in enumerate(self.items)}
