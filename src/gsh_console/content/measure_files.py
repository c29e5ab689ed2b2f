"""Measures from their files: every figure sourced, every total covered, every worked example passed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain.measures import (
    Band,
    ChangeExample,
    Choice,
    Example,
    Item,
    Measure,
    Number,
    Operator,
    Rule,
    Scale,
    Span,
    Threshold,
)
from gsh_console.domain.outcomes import change
from gsh_console.domain.scoring import AnswerRefused, Subscore, score
from gsh_console.faults import nearest

MISSING_IN_EXAMPLE = -1
CONFIDENCES = ("H", "M", "K", "L")
WIDEST_SPAN = 1000
MOST_DECIMALS = 4
_NUMBERS = frozenset({"value", "low", "high", "total", "before", "now"})

closed(Band, ChangeExample, Choice, Example, Item, Measure, Scale, Span, Threshold)


def read_measure(path: Path) -> Measure:
    """One measure file, its own worked examples passed."""
    measure: Measure = read_toml(path, Measure, _NUMBERS)
    check_measure(path, measure)
    return measure


def check_measure(path: Path, measure: Measure) -> None:
    """Raise DefinitionFault for the first thing that is wrong with a measure; `path` is only named."""
    refuse_repeated(path, "items", [item.id for item in (*measure.items, *measure.extras)])
    for key in ("items", "extras"):
        for at, item in enumerate(getattr(measure, key)):
            _check_item(path, f"{key}[{at}]", measure, item)
    if measure.choices:
        refuse_repeated(path, "choices", [str(choice.value) for choice in measure.choices])
    _check_total(path, measure)
    if measure.subscales:
        refuse_repeated(path, "subscales", [scale.id for scale in measure.subscales])
    for at, scale in enumerate(measure.subscales):
        if scale.id == "total":
            raise fault(path, f"subscales[{at}].id", '"total" is the name of the total', "Give it another.")
        _check_scale(path, f"subscales[{at}].", measure, scale)
    _check_examples(path, measure)


def _check_item(path: Path, place: str, measure: Measure, item: Item) -> None:
    if item.span and item.choices:
        raise fault(path, place, "it has both choices and a span", "Keep one of them.")
    if item.span and not 0 < item.span.high - item.span.low <= WIDEST_SPAN:
        raise fault(path, f"{place}.span", f"it does not run upwards by 1 to {WIDEST_SPAN}", "Correct it.")
    if not item.span and not measure.choices_of(item):
        raise fault(path, place, "it has nothing to choose from", "Add choices or a span.")
    if item.choices:
        refuse_repeated(path, f"{place}.choices", [str(choice.value) for choice in item.choices])
    if item.safety_prompt_from is not None and not measure.takes(item, item.safety_prompt_from):
        raise fault(path, f"{place}.safety_prompt_from", "no choice has this value", "Correct it.")
    if measure.takes(item, MISSING_IN_EXAMPLE):
        raise fault(path, place, f"{MISSING_IN_EXAMPLE} stands for a missing answer", "Use other numbers.")


def _check_total(path: Path, measure: Measure) -> None:
    if measure.total is not None:
        _check_scale(path, "", measure, measure.total)
        return
    for key in ("total_items", "bands", "caseness", "reliable_change", "prorate_limit", "decimals"):
        if getattr(measure, key):
            raise fault(path, key, 'the rule is "none", so there is no total', "Take it out or give a rule.")


def _check_scale(path: Path, at: str, measure: Measure, scale: Scale) -> None:
    items = f"{at}items" if at else "total_items"
    if scale.rule is Rule.NONE:
        raise fault(path, f"{at}rule", "a scale is a sum or a mean", "Give one of them.")
    refuse_repeated(path, items, list(scale.items))
    known = [item.id for item in measure.items]
    for item in scale.items:
        if item not in known:
            raise fault(path, items, f'there is no item "{item}"', nearest(item, known))
    most = MOST_DECIMALS if scale.rule is Rule.MEAN else 0
    if not 0 <= scale.decimals <= most:
        wrong = f"a mean has 0 to {most}" if most else "a sum is in whole points"
        raise fault(path, f"{at}decimals", wrong, "Correct it.")
    if not 0 <= scale.prorate_limit < len(scale.items):
        wrong = f"it lies outside 0 to {len(scale.items) - 1}"
        raise fault(path, f"{at}prorate_limit", wrong, "Correct it.")
    if scale.prorate_limit and not measure.prorate_source:
        raise fault(path, "prorate_source", "prorating needs the place the rule was taken from", "Please add it.")
    for name in ("caseness", "reliable_change"):
        _check_threshold(path, f"{at}{name}", measure, scale, getattr(scale, name), moved=name == "reliable_change")
    _check_bands(path, at, measure, scale)


def _check_threshold(
    path: Path, place: str, measure: Measure, scale: Scale, held: Threshold | None, *, moved: bool
) -> None:
    if held is None:
        return
    low, high = measure.ends(scale)
    if moved:
        low, high = 0, high - low
    step = step_of(scale)
    first, last = (low, high - step) if held.operator is Operator.ABOVE else (low + step, high)
    if not first <= held.value <= last:
        raise fault(path, f"{place}.value", f"it lies outside {first} to {last}", "Correct it.")
    if held.value % step:
        raise fault(path, f"{place}.value", f"a score moves in steps of {step}", "Correct it or the decimals.")
    if not held.source:
        raise fault(path, f"{place}.source", "a figure needs the place it was taken from", "Please add it.")
    if held.confidence not in CONFIDENCES:
        raise fault(path, f"{place}.confidence", "it is none of H, M, K, L", "Say how sure the source is.")


def step_of(scale: Scale) -> Number:
    """The smallest difference between two recorded numbers of a scale."""
    return Decimal(1).scaleb(-scale.decimals) if scale.decimals else 1


def _check_bands(path: Path, at: str, measure: Measure, scale: Scale) -> None:
    if not scale.bands:
        return
    low, high = measure.ends(scale)
    step = step_of(scale)
    bands = sorted(scale.bands, key=lambda band: band.low)
    edges = [low - step, *(edge for band in bands for edge in (band.low, band.high)), high + step]
    joined = all(after - before == step for before, after in zip(edges[::2], edges[1::2], strict=True))
    if not joined or any(band.low > band.high for band in bands):
        raise fault(path, f"{at}bands", f"the bands do not cover {low} to {high} once each", "Correct them.")
    refuse_repeated(path, f"{at}bands", [band.label for band in bands])
    if not scale.bands_source:
        raise fault(path, f"{at}bands_source", "bands need the place they were taken from", "Please add it.")
    if scale.bands_confidence not in CONFIDENCES:
        raise fault(path, f"{at}bands_confidence", "it is none of H, M, K, L", "Say how sure the source is.")


def _check_examples(path: Path, measure: Measure) -> None:
    if not measure.examples:
        raise fault(path, "examples", "there is no worked example", "Add at least one form with its total.")
    if not any(MISSING_IN_EXAMPLE in example.answers for example in measure.examples):
        raise fault(path, "examples", "none has a missing item", f"Add one, {MISSING_IN_EXAMPLE} for the gap.")
    for number, example in enumerate(measure.examples):
        _check_example(path, measure, f"examples[{number}]", example)
    for number, moved in enumerate(measure.changes):
        _check_change(path, measure, f"changes[{number}]", moved)


def _check_example(path: Path, measure: Measure, place: str, example: Example) -> None:
    if len(example.answers) != len(measure.items):
        raise fault(path, place, f"{len(example.answers)} answers for {len(measure.items)} items", "Give one each.")
    answers = {
        item.id: None if value == MISSING_IN_EXAMPLE else value
        for item, value in zip(measure.items, example.answers, strict=True)
    }
    try:
        found = score(measure, answers)
    except AnswerRefused as refused:
        if example.refused:
            return
        raise fault(path, place, str(refused), "Correct the answers.") from None
    if example.refused:
        raise fault(path, place, "the rules take a form that is to be refused", "Correct one of them.")
    if (found.total, found.prorated) != (example.total, example.prorated):
        expected = _told(example.total, example.prorated)
        raise _differs(path, place, _told(found.total, found.prorated), expected)
    for name, rules, said in (
        ("band", found.band, example.band),
        ("caseness", found.caseness, example.caseness),
        ("prompts", found.prompts, example.prompts),
    ):
        if said is not None and rules != said:
            raise _differs(path, f"{place}.{name}", _word(rules), _word(said))
    _check_subscales(path, f"{place}.", example, dict(found.subscales))


def _check_subscales(path: Path, at: str, example: Example, found: dict[str, Subscore]) -> None:
    for key in ("subscales", "subscale_bands", "subscale_caseness"):
        for name, said in getattr(example, key).items():
            place = f"{at}{key}.{name}"
            if name not in found:
                raise fault(path, place, "there is no such subscale", nearest(name, found))
            part = found[name]
            rules = {"subscales": part.total, "subscale_bands": part.band, "subscale_caseness": part.caseness}[key]
            if key == "subscales" and rules is None:
                rules = MISSING_IN_EXAMPLE
            if rules != said:
                raise _differs(path, place, _word(rules), _word(said))


def _check_change(path: Path, measure: Measure, place: str, example: ChangeExample) -> None:
    scales = {scale.id: scale for scale in measure.scales}
    if example.scale not in scales:
        raise fault(path, f"{place}.scale", f'there is no scale "{example.scale}"', nearest(example.scale, scales))
    found = change(scales[example.scale], example.before, example.now, higher_is_worse=measure.higher_is_worse)
    for name, rules, said in (("reliable", found.reliable, example.reliable), ("better", found.better, example.better)):
        if said is not None and rules != said:
            raise _differs(path, f"{place}.{name}", _word(rules), _word(said))


def _differs(path: Path, place: str, rules: str, said: str) -> Exception:
    return fault(path, place, f"the rules give {rules}, the example says {said}", "Correct one of them.")


def _told(total: Number | None, prorated: bool) -> str:
    return "no total" if total is None else f"{total}{' prorated' if prorated else ''}"


def _word(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "no item" if not value else "items " + ", ".join(map(str, value))
    return "no number" if value == MISSING_IN_EXAMPLE else str(value)
