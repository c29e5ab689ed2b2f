"""Scores from answers. Missing is never zero; a prorated total says so; no total where the rules give none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gsh_console.domain.measures import Absence, Answer, Item, Measure


@dataclass(frozen=True)
class Score:
    """The outcome of one form. `total` is None where the rules give none; `missing` holds item ids."""

    measure: str
    total: int | None
    complete: bool
    prorated: bool
    missing: tuple[str, ...]
    band: str | None
    caseness: bool | None
    prompts: tuple[str, ...]


class AnswerRefused(ValueError):
    """A form holds an unknown item or a value outside the scale."""


def score(measure: Measure, answers: Mapping[str, Answer | None]) -> Score:
    """Score one form by the measure's own rule.

    Prorating replaces each missing item by the mean of the answered ones, up to `measure.prorate_limit`
    missing items, and rounds half up (NHS Data Dictionary for PHQ-9 and WSAS; domain reference §1.1).
    """
    refuse_foreign_answers(measure, answers)
    values = [value for value in answers.values() if isinstance(value, int)]
    missing = tuple(item.id for item in measure.items if not isinstance(answers.get(item.id), int))
    total = _total(measure, values)
    return Score(
        measure=measure.id,
        total=total,
        complete=not missing,
        prorated=total is not None and bool(missing),
        missing=missing,
        band=band(measure, total),
        caseness=caseness(measure, total),
        prompts=prompts(measure, answers),
    )


def refuse_foreign_answers(measure: Measure, answers: Mapping[str, Answer | None]) -> None:
    """Raise AnswerRefused for an item the measure does not have or a value off its scale."""
    known = {item.id: item for item in measure.items}
    for item_id, value in answers.items():
        if item_id not in known:
            raise AnswerRefused(f"{measure.name} has no item {item_id}")
        if value is None or isinstance(value, Absence):
            if value is Absence.NOT_APPLICABLE and not known[item_id].may_not_apply:
                raise AnswerRefused(f"{measure.name} item {item_id} always applies")
            continue
        if isinstance(value, bool) or value not in measure.values:
            low, high = min(measure.values), max(measure.values)
            raise AnswerRefused(f"{measure.name} item {item_id} takes {low} to {high}")


def _total(measure: Measure, values: list[int]) -> int | None:
    absent = len(measure.items) - len(values)
    if absent == 0:
        return sum(values)
    if absent > measure.prorate_limit or not values:
        return None
    answered = len(values)
    return (2 * sum(values) * len(measure.items) + answered) // (2 * answered)


def band(measure: Measure, total: int | None) -> str | None:
    """The name of the range the total falls in, if the measure has ranges."""
    if total is None:
        return None
    return next((b.label for b in measure.bands if b.low <= total <= b.high), None)


def caseness(measure: Measure, total: int | None) -> bool | None:
    """Whether the total is at or above the clinical cut-off; None without a total or a cut-off."""
    if total is None or measure.caseness is None:
        return None
    return total >= measure.caseness.value


def prompts(measure: Measure, answers: Mapping[str, Answer | None]) -> tuple[str, ...]:
    """The items that open the safety conversation: answered above the line, or not answered at all."""
    return tuple(item.id for item in measure.items if opens_safety(item, answers.get(item.id)))


def opens_safety(item: Item, answer: Answer | None) -> bool:
    """Whether this answer opens the safety conversation (domain reference §1.1, risk item)."""
    if item.safety_prompt_from is None:
        return False
    return not isinstance(answer, int) or answer >= item.safety_prompt_from
