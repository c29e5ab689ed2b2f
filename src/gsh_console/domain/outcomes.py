"""Change between two scores, in words a practitioner can say to the patient."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gsh_console.domain.measures import Measure, Number, Operator, Scale


class Direction(StrEnum):
    """Which way a score moved."""

    LOWER = "lower"
    HIGHER = "higher"
    SAME = "the same"


@dataclass(frozen=True)
class Change:
    """How far a total moved, in points; `reliable` is None where there is no reliable-change figure."""

    before: Number
    now: Number
    direction: Direction
    points: Number
    reliable: bool | None
    better: bool | None


def change(measure: Measure | Scale, before: Number, now: Number, *, higher_is_worse: bool = True) -> Change:
    """The change from `before` to `now` against the reliable-change figure of a measure or one of its scales.

    `better` is None when nothing moved. A measure says itself which way is worse; for a scale the caller does.
    """
    if isinstance(measure, Measure):
        higher_is_worse = measure.higher_is_worse
    points: Number = max(before, now) - min(before, now)
    direction = Direction.SAME if points == 0 else Direction.LOWER if now < before else Direction.HIGHER
    figure = measure.reliable_change
    better = None if direction is Direction.SAME else (direction is Direction.LOWER) == higher_is_worse
    return Change(before, now, direction, points, None if figure is None else figure.met_by(points), better)


def change_for_the_patient(measure: Measure, before: Number, now: Number) -> str:
    """The same in plain words for the person whose scores they are: "5 lower (19 to 14). …"."""
    moved = change(measure, before, now)
    phrase, figure = _moved(moved), measure.reliable_change
    if figure is None or moved.reliable is None or moved.direction is Direction.SAME:
        return f"{phrase}."
    if moved.reliable:
        return f"{phrase}. That is more than the small ups and downs everybody has."
    enough = f"more than {figure.value}" if figure.operator is Operator.ABOVE else f"{figure.value} or more"
    return f"{phrase}. So small a change can be the usual ups and downs; a change of {enough} would be more than that."


def _moved(moved: Change) -> str:
    if moved.direction is Direction.SAME:
        return f"the same ({moved.now})"
    phrase = f"{moved.points} {moved.direction} ({moved.before} to {moved.now})"
    if moved.better is (moved.direction is Direction.HIGHER):
        phrase += f", which is the {'better' if moved.better else 'worse'} way"
    return phrase


def change_in_words(measure: Measure | Scale, before: Number, now: Number, *, higher_is_worse: bool = True) -> str:
    """One phrase: "5 lower (19 to 14), less than a reliable change of 6".

    Where a higher score is the better one, the phrase says so: "2 higher (3 to 5), which is the better way".
    """
    moved = change(measure, before, now, higher_is_worse=higher_is_worse)
    phrase = _moved(moved)
    if moved.reliable is None or measure.reliable_change is None or moved.direction is Direction.SAME:
        return phrase
    figure = measure.reliable_change
    strict = figure.operator is Operator.ABOVE
    if moved.reliable:
        return f"{phrase}, a reliable change ({f'more than {figure.value}' if strict else f'{figure.value} or more'})"
    if strict:
        return f"{phrase}, not more than the {figure.value} of a reliable change"
    return f"{phrase}, less than a reliable change of {figure.value}"
