"""Change between two scores, in words a practitioner can say to the patient."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gsh_console.domain.measures import Measure


class Direction(StrEnum):
    """Which way a score moved."""

    LOWER = "lower"
    HIGHER = "higher"
    SAME = "the same"


@dataclass(frozen=True)
class Change:
    """How far a total moved, in points; `reliable` is None where the measure has no national figure."""

    before: int
    now: int
    direction: Direction
    points: int
    reliable: bool | None


def change(measure: Measure, before: int, now: int) -> Change:
    """The change from `before` to `now` against the measure's reliable-change figure."""
    points = abs(now - before)
    direction = Direction.SAME if points == 0 else Direction.LOWER if now < before else Direction.HIGHER
    figure = measure.reliable_change
    return Change(before, now, direction, points, None if figure is None else points >= figure.value)


def change_in_words(measure: Measure, before: int, now: int) -> str:
    """One phrase: "5 lower (19 to 14), less than a reliable change of 6"."""
    moved = change(measure, before, now)
    if moved.direction is Direction.SAME:
        return f"the same ({now})"
    phrase = f"{moved.points} {moved.direction} ({before} to {now})"
    if moved.reliable is None or measure.reliable_change is None:
        return phrase
    figure = measure.reliable_change.value
    if moved.reliable:
        return f"{phrase}, a reliable change ({figure} or more)"
    return f"{phrase}, less than a reliable change of {figure}"
