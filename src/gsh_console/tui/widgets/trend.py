"""The course of one measure over the contacts in one line of words."""

from __future__ import annotations

from dataclasses import dataclass

from gsh_console.domain.measures import Measure, Number, Operator

ARROW = " → "


@dataclass(frozen=True)
class Point:
    """One signed contact's total, None where the rules gave none."""

    number: int
    total: Number | None


def course_in_words(measure: Measure, points: tuple[Point, ...], width: int) -> str:
    """All totals in one line, newest kept where they do not fit: "PHQ-9: 17 → 16 → 14 (10 or more is caseness)"."""
    tail = f" ({caseness_in_words(measure)})" if measure.caseness else ""
    totals = ["–" if point.total is None else str(point.total) for point in points]
    told = f"{measure.name}: {ARROW.join(totals)}{tail}"
    while len(told) > width and len(totals) > 1:
        totals = totals[1:]
        told = f"{measure.name}: …{ARROW}{ARROW.join(totals)}{tail}"
    return told


def caseness_in_words(measure: Measure) -> str:
    """Where the line stands, empty for a measure without one."""
    if measure.caseness is None:
        return ""
    above = measure.caseness.operator is Operator.ABOVE
    return f"{'above ' if above else ''}{measure.caseness.value}{'' if above else ' or more'} is caseness"
