"""A second, slow way to the same scores: fractions, one item at a time, written from the reference alone.

The tables hold the three measures of every contact. Any other is scored from its file as plain tables and lists,
without the classes and functions that are under test.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from gsh_console.locations import definitions_folder

ITEMS = {"phq-9": 9, "gad-7": 7, "wsas": 5}
HIGHEST = {"phq-9": 3, "gad-7": 3, "wsas": 8}
MOST_MISSING = {"phq-9": 2, "gad-7": 2, "wsas": 1}
CASE_FROM = {"phq-9": 10, "gad-7": 8, "wsas": None}
RANGES = {
    "phq-9": ((4, "none or minimal"), (9, "mild"), (14, "moderate"), (19, "moderately severe"), (27, "severe")),
    "gad-7": ((4, "minimal"), (9, "mild"), (14, "moderate"), (21, "severe")),
    "wsas": (),
}


def slow_total(measure: str, answers: Sequence[int | None]) -> int | None:
    """The total with each gap filled by the mean of what was answered, half rounded up."""
    numbers = [Fraction(answer) for answer in answers if answer is not None]
    gaps = len(answers) - len(numbers)
    if gaps > MOST_MISSING[measure] or not numbers:
        return None
    mean = sum(numbers, Fraction(0)) / len(numbers)
    total = Fraction(0)
    for answer in answers:
        total += mean if answer is None else answer
    whole = total.numerator // total.denominator
    return whole + 1 if total - whole >= Fraction(1, 2) else whole


def slow_band(measure: str, total: int | None) -> str | None:
    """The first range whose upper end the total does not pass."""
    if total is None:
        return None
    for highest, label in RANGES[measure]:
        if total <= highest:
            return label
    return None


@cache
def raw_file(measure: str) -> Mapping[str, Any]:
    """A measure file as TOML gives it, fractions exact."""
    text = (definitions_folder() / "measures" / f"{measure}.toml").read_text("utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def slow_scales(
    measure: str, answers: Sequence[int | None]
) -> dict[str, tuple[Fraction | None, str | None, bool | None]]:
    """Number, band and caseness of the total and of each subscale, by id; numbers as they are recorded."""
    file = raw_file(measure)
    found = {}
    if file.get("rule", "sum") != "none":
        every = [item["id"] for item in file["items"]]
        found["total"] = _slow_scale(file, {**file, "items": file.get("total_items") or every}, answers)
    for scale in file.get("subscales", ()):
        found[scale["id"]] = _slow_scale(file, scale, answers)
    return found


def _slow_scale(
    file: Mapping[str, Any], scale: Mapping[str, Any], answers: Sequence[int | None]
) -> tuple[Fraction | None, str | None, bool | None]:
    numbers: list[Fraction | None] = []
    for wanted in scale["items"]:
        for item, answer in zip(file["items"], answers, strict=True):
            if item["id"] == wanted:
                if answer is not None and item.get("reverse", False):
                    ends = sorted(choice["value"] for choice in item.get("choices") or file["choices"])
                    answer = ends[0] + ends[-1] - answer
                numbers.append(None if answer is None else Fraction(answer))
    answered = [number for number in numbers if number is not None]
    if len(numbers) - len(answered) > scale.get("prorate_limit", 0) or not answered:
        return None, None, None
    mean = sum(answered, Fraction(0)) / len(answered)
    if scale.get("rule", "sum") == "mean":
        number = _nearest(mean, Fraction(1, 10 ** scale.get("decimals", 0)))
    else:
        number = _nearest(sum((mean if each is None else each for each in numbers), Fraction(0)), Fraction(1))
    labels = [b["label"] for b in scale.get("bands", ()) if Fraction(b["low"]) <= number <= Fraction(b["high"])]
    assert len(labels) <= 1
    return number, labels[0] if labels else None, _slow_cut(scale.get("caseness"), number)


def _slow_cut(cut: Mapping[str, Any] | None, number: Fraction) -> bool | None:
    if cut is None:
        return None
    line = Fraction(cut["value"])
    return number > line or (number == line and cut.get("operator", ">=") == ">=")


def _nearest(number: Fraction, step: Fraction) -> Fraction:
    """The multiple of `step` nearest to a number, the upper one of two equally near."""
    below = number // step * step
    return below + step if number - below >= step / 2 else below
