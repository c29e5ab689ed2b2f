"""A second, slow way to the same scores: fractions, one item at a time, written from the reference alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

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


def slow_case(measure: str, total: int | None) -> bool | None:
    """Whether the total reaches the cut-off."""
    cut = CASE_FROM[measure]
    return None if total is None or cut is None else not total < cut
