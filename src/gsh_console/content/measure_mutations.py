"""Which single changes of a measure's figures its own worked examples would let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gsh_console.content.measure_files import check_measure, step_of
from gsh_console.domain.measures import Band, Choice, Item, Measure, Number, Operator, Rule, Scale, Threshold
from gsh_console.faults import DefinitionFault

Mutant = tuple[str, Measure]
_Whole = TypeVar("_Whole")
_OTHER = {Operator.AT_LEAST: Operator.ABOVE, Operator.ABOVE: Operator.AT_LEAST}


def survivors(measure: Measure) -> tuple[str, ...]:
    """What could be changed in a measure without any of its worked examples, or any other check, noticing."""
    unnoticed = []
    for name, changed in mutants(measure):
        try:
            check_measure(Path(f"{measure.id}.toml"), changed)
        except DefinitionFault:
            continue
        unnoticed.append(name)
    return tuple(unnoticed)


def mutants(measure: Measure) -> Iterator[Mutant]:
    """The measure with one figure that bears on scores changed at a time, each under its place in the file."""
    yield from _items(measure)
    yield from _choices("choices", measure.choices, lambda changed: replace(measure, choices=changed))
    if measure.scales:  # else nothing ever has a direction
        yield "higher_is_worse turned", replace(measure, higher_is_worse=not measure.higher_is_worse)
    for rule in Rule:
        if rule is not measure.rule:
            yield f"rule {rule}", replace(measure, rule=rule)
    if measure.total is not None:
        yield from _total(measure, measure.total)
    for at, scale in enumerate(measure.subscales):
        yield from _subscale(measure, at, scale)


def _items(measure: Measure) -> Iterator[Mutant]:
    for at, item in enumerate(measure.items):
        scored = any(item.id in scale.items for scale in measure.scales)
        for name, changed in _item(f"items[{at}]", item, scored=scored):
            items = (*measure.items[:at], changed, *measure.items[at + 1 :])
            yield name, replace(measure, items=items)
    for at, (before, after) in enumerate(zip(measure.items, measure.items[1:], strict=False)):
        if _role(measure, before) != _role(measure, after):
            items = (*measure.items[:at], after, before, *measure.items[at + 2 :])
            yield f"items[{at}] and items[{at + 1}] change places", replace(measure, items=items)


def _role(measure: Measure, item: Item) -> tuple[object, ...]:
    scales = [scale.id for scale in measure.scales if item.id in scale.items]
    return item.reverse, item.safety_prompt_from, measure.range_of(item), *scales


def _item(place: str, item: Item, *, scored: bool) -> Iterator[tuple[str, Item]]:
    if scored:
        yield f"{place}.reverse turned", replace(item, reverse=not item.reverse)
    if item.span:
        for moved in (-1, 1):
            yield f"{place}.span.low {moved:+}", replace(item, span=replace(item.span, low=item.span.low + moved))
            yield f"{place}.span.high {moved:+}", replace(item, span=replace(item.span, high=item.span.high + moved))
    yield from _choices(f"{place}.choices", item.choices, lambda changed: replace(item, choices=changed))
    if item.safety_prompt_from is not None:
        yield f"{place}.safety_prompt_from left out", replace(item, safety_prompt_from=None)
        for moved in (-1, 1):
            prompt = item.safety_prompt_from + moved
            yield f"{place}.safety_prompt_from {moved:+}", replace(item, safety_prompt_from=prompt)


def _choices(
    place: str, choices: tuple[Choice, ...], put: Callable[[tuple[Choice, ...]], _Whole]
) -> Iterator[tuple[str, _Whole]]:
    for at, choice in enumerate(choices):
        for moved in (-1, 1):
            changed = replace(choice, value=choice.value + moved)
            yield f"{place}[{at}].value {moved:+}", put((*choices[:at], changed, *choices[at + 1 :]))


def _total(measure: Measure, total: Scale) -> Iterator[Mutant]:
    for name, scale in _scale(measure, total):
        changed = replace(
            measure,
            prorate_limit=scale.prorate_limit,
            decimals=scale.decimals,
            bands=scale.bands,
            caseness=scale.caseness,
            reliable_change=scale.reliable_change,
            total_items=scale.items if scale.items != total.items else measure.total_items,
        )
        yield name, changed


def _subscale(measure: Measure, at: int, scale: Scale) -> Iterator[Mutant]:
    def put(changed: Scale) -> Measure:
        return replace(measure, subscales=(*measure.subscales[:at], changed, *measure.subscales[at + 1 :]))

    for rule in (Rule.SUM, Rule.MEAN):
        # With one item, nothing rounded and nothing prorated a sum and a mean are the same thing.
        if rule is not scale.rule and len(scale.items) > 1:
            yield f"subscales[{at}].rule {rule}", put(replace(scale, rule=rule))
    for name, changed in _scale(measure, scale):
        yield f"subscales[{at}].{name}", put(changed)


def _scale(measure: Measure, scale: Scale) -> Iterator[tuple[str, Scale]]:
    for moved in (-1, 1):
        yield f"prorate_limit {moved:+}", replace(scale, prorate_limit=scale.prorate_limit + moved)
        if scale.rule is Rule.MEAN:
            yield f"decimals {moved:+}", replace(scale, decimals=scale.decimals + moved)
    step = step_of(scale)
    for name, changed in _figure("caseness", scale.caseness, step):
        yield name, replace(scale, caseness=changed)
    for name, changed in _figure("reliable_change", scale.reliable_change, step):
        yield name, replace(scale, reliable_change=changed)
    yield from _bands(scale, step)
    yield from _membership(measure, scale)


def _figure(name: str, held: Threshold | None, step: Number) -> Iterator[tuple[str, Threshold]]:
    if held is not None:
        yield f"{name}.operator turned", replace(held, operator=_OTHER[held.operator])
        yield f"{name}.value down", replace(held, value=held.value - step)
        yield f"{name}.value up", replace(held, value=held.value + step)


def _bands(scale: Scale, step: Number) -> Iterator[tuple[str, Scale]]:
    for at, (lower, upper) in enumerate(zip(scale.bands, scale.bands[1:], strict=False)):
        for moved in (-step, step):
            pair = (replace(lower, high=lower.high + moved), replace(upper, low=upper.low + moved))
            yield f"bands[{at}].high {moved:+}", _with_bands(scale, at, pair)
        pair = (replace(lower, label=upper.label), replace(upper, label=lower.label))
        yield f"bands[{at}] and bands[{at + 1}] change labels", _with_bands(scale, at, pair)


def _with_bands(scale: Scale, at: int, pair: tuple[Band, Band]) -> Scale:
    return replace(scale, bands=(*scale.bands[:at], *pair, *scale.bands[at + 2 :]))


def _membership(measure: Measure, scale: Scale) -> Iterator[tuple[str, Scale]]:
    others = [item.id for item in measure.items if item.id not in scale.items]
    for at, item in enumerate(scale.items):
        without = (*scale.items[:at], *scale.items[at + 1 :])
        yield f"item {item} left out", replace(scale, items=without)
        for other in others:
            yield f"item {other} for item {item}", replace(scale, items=(*scale.items[:at], other, *without[at:]))
    for other in others:
        yield f"item {other} added", replace(scale, items=(*scale.items, other))
