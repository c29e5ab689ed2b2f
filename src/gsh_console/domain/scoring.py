"""Scores from answers. Missing is never zero; a prorated total says so; no total where the rules give none.

All numbers are exact: integers, or Decimal for a mean. A mean is rounded half up to the scale's `decimals`, and bands,
caseness and change are judged on that recorded number, because it is the one the national fields carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from types import MappingProxyType, NoneType
from typing import Any

from gsh_console.domain.measures import Absence, Answer, Item, Measure, Number, Rule, Scale

_KEPT = 4096  # results remembered a scale: every total of a complete form, and the commoner gaps
_TYPES = frozenset({int, Absence, NoneType})
_REASONS: frozenset[Answer | None] = frozenset({None, Absence.DECLINED, Absence.UNCLEAR, Absence.NOT_ASKED})


@dataclass(frozen=True)
class Subscore:
    """What one scale came to. `missing` holds the ids of its own items that have no number."""

    total: Number | None
    complete: bool
    prorated: bool
    missing: tuple[str, ...]
    band: str | None
    caseness: bool | None


@dataclass(frozen=True)
class Score:
    """The outcome of one form. `total` is None where the rules give none; `missing` holds ids of the whole form.

    `prorated` speaks of the total alone; each of the `subscales` says its own.
    """

    measure: str
    total: Number | None
    complete: bool
    prorated: bool
    missing: tuple[str, ...]
    band: str | None
    caseness: bool | None
    prompts: tuple[str, ...]
    subscales: Mapping[str, Subscore] = field(default_factory=dict)


_NO_PARTS: Mapping[str, Subscore] = MappingProxyType({})
_NO_TOTAL = Subscore(None, complete=True, prorated=False, missing=(), band=None, caseness=None)


class AnswerRefused(ValueError):
    """A form holds an unknown item or a value outside the scale."""


def score(measure: Measure, answers: Mapping[str, Answer | None]) -> Score:
    """Score one form by the measure's own rules.

    Prorating gives each missing item the mean of the answered ones, up to the scale's `prorate_limit`, and rounds
    half up (NHS Data Dictionary for PHQ-9 and WSAS; domain reference §1.1). Not applicable counts as missing.
    """
    scorer: Scorer = measure.made_ready.get("scorer") or scorer_of(measure)
    try:
        values = scorer.pick(answers) if len(answers) == len(scorer.ids) else None
    except KeyError:
        values = None
    if values is None:
        if not answers.keys() <= scorer.known:
            refuse_foreign_answers(measure, answers)
        values = tuple(map(answers.get, scorer.ids))
    return scorer.score(values)


def scorer_of(measure: Measure) -> Scorer:
    """The measure made ready for many forms, once in the life of the measure."""
    ready: Scorer = measure.made_ready.setdefault("scorer", measure.made_ready.get("scorer") or Scorer(measure))
    return ready


class Scorer:
    """One measure made ready: positions, permitted answers, and the results already met."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.ids = tuple(item.id for item in measure.items)
        self.known = frozenset(self.ids)
        self.pick = _picker(self.ids)
        self._permitted = [_permitted(measure, item) for item in measure.items]
        self._anywhere = frozenset.intersection(*self._permitted)
        self._prompting = [(at, item) for at, item in enumerate(measure.items) if item.safety_prompt_from is not None]
        self._asked = itemgetter(*(at for at, _ in self._prompting)) if self._prompting else None
        self._total = _Part(measure, measure.total) if measure.total else None
        self._parts = tuple((scale.id, _Part(measure, scale)) for scale in measure.subscales)
        self._alone = self._total if self._total and self._total.is_whole_form and not self._parts else None
        self._met: dict[tuple[int, tuple[int, ...], Any], Score] = {}

    def score(self, values: Sequence[Answer | None]) -> Score:
        """The score of one form given in item order, one value an item; AnswerRefused if a value does not belong."""
        if not (_TYPES.issuperset(map(type, values)) and self._anywhere.issuperset(values)):
            for item, value in zip(self.measure.items, values, strict=True):
                _refuse_value(self.measure, item, value)
        if self._alone is None:
            total = self._total.read(values) if self._total else _NO_TOTAL
            missing = tuple([i for i, value in zip(self.ids, values, strict=True) if type(value) is not int])
            return self._put_together(values, total, missing)
        # One number made of the whole form is settled by its sum, its gaps and what the prompting items say.
        raw, gaps = self._alone.add_up(values)
        key = (raw, gaps, self._asked(values) if self._asked else None)
        found = self._met.get(key)
        if found is None:
            total = self._alone.come_to(raw, gaps)
            found = self._put_together(values, total, total.missing)
            if len(self._met) < _KEPT:
                self._met[key] = found
        return found

    def _put_together(self, values: Sequence[Answer | None], total: Subscore, missing: tuple[str, ...]) -> Score:
        parts = {name: part.read(values) for name, part in self._parts}
        return Score(
            measure=self.measure.id,
            total=total.total,
            complete=not missing,
            prorated=total.prorated,
            missing=missing,
            band=total.band,
            caseness=total.caseness,
            prompts=tuple([item.id for at, item in self._prompting if opens_safety(item, values[at])]),
            subscales=MappingProxyType(parts) if parts else _NO_PARTS,
        )


class _Part:
    """One scale made ready: which places of the form it reads, and the results already met."""

    def __init__(self, measure: Measure, scale: Scale) -> None:
        places = tuple(measure.position(item) for item in scale.items)
        self.is_whole_form = places == tuple(range(len(measure.items)))
        self._scale = scale
        self._pick = None if self.is_whole_form else _picker(places)
        turned = [(at, measure.item(item)) for at, item in enumerate(scale.items)]
        self._turned = [(at, sum(measure.range_of(item))) for at, item in turned if item.reverse]
        self._met: dict[tuple[int, tuple[int, ...]], Subscore] = {}

    def add_up(self, values: Sequence[Answer | None]) -> tuple[int, tuple[int, ...]]:
        """The sum of what was answered, reversed items turned, and which of the scale's own items were not."""
        chosen = self._pick(values) if self._pick else values
        gaps: tuple[int, ...] = ()
        try:
            raw: int = sum(chosen)  # type: ignore[arg-type]
        except TypeError:  # a missing answer cannot be added and says so
            raw, gaps = _with_gaps(chosen)
        for at, ends in self._turned:
            value = chosen[at]
            if type(value) is int:
                raw += ends - 2 * value
        return raw, gaps

    def read(self, values: Sequence[Answer | None]) -> Subscore:
        """What this scale comes to on one form."""
        return self.come_to(*self.add_up(values))

    def come_to(self, raw: int, gaps: tuple[int, ...]) -> Subscore:
        """What a sum with these gaps comes to."""
        found = self._met.get((raw, gaps))
        if found is None:
            found = self._judge(raw, gaps)
            if len(self._met) < _KEPT:
                self._met[raw, gaps] = found
        return found

    def _judge(self, raw: int, gaps: tuple[int, ...]) -> Subscore:
        total = rounded(self._scale, raw, len(self._scale.items) - len(gaps))
        return Subscore(
            total=total,
            complete=not gaps,
            prorated=total is not None and bool(gaps),
            missing=tuple([self._scale.items[at] for at in gaps]),
            band=band(self._scale, total),
            caseness=caseness(self._scale, total),
        )


def _with_gaps(values: Sequence[Answer | None]) -> tuple[int, tuple[int, ...]]:
    """The sum of the numbers, and the places that hold none."""
    try:
        raw: int = sum(filter(None, values))  # type: ignore[arg-type]
    except TypeError:  # a reason in words is among them
        absent = tuple([at for at, value in enumerate(values) if type(value) is not int])
        return sum([value for value in values if type(value) is int]), absent
    gaps, at = [], -1
    for _ in range(values.count(None)):
        at = values.index(None, at + 1)
        gaps.append(at)
    return raw, tuple(gaps)


def rounded(scale: Scale, raw: int, answered: int) -> Number | None:
    """The number of a scale from the sum of its answered items; None where too many are missing.

    Half up: a sum to whole points, a mean to `scale.decimals` places.
    """
    absent = len(scale.items) - answered
    if answered == 0 or absent > scale.prorate_limit:
        return None
    if scale.rule is Rule.SUM:
        return _half_up(raw * len(scale.items), answered)
    shifted = _half_up(raw * 10**scale.decimals, answered)
    return Decimal(shifted).scaleb(-scale.decimals) if scale.decimals else shifted


def _half_up(above: int, below: int) -> int:
    return (2 * above + below) // (2 * below)


def _picker(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes these keys or places out of a form, in order, always as a tuple."""
    if len(keys) == 1:
        return lambda form: (form[keys[0]],)
    return itemgetter(*keys)


def _permitted(measure: Measure, item: Item) -> frozenset[Answer | None]:
    if item.span:
        numbers: frozenset[Answer | None] = frozenset(range(item.span.low, item.span.high + 1))
    else:
        numbers = frozenset(choice.value for choice in measure.choices_of(item))
    return numbers | _REASONS | ({Absence.NOT_APPLICABLE} if item.may_not_apply else frozenset())


def refuse_foreign_answers(measure: Measure, answers: Mapping[str, Answer | None]) -> None:
    """Raise AnswerRefused for an item the measure does not have or a value off its scale."""
    known = scorer_of(measure).known
    for item_id, value in answers.items():
        if item_id not in known:
            raise AnswerRefused(f"{measure.name} has no item {item_id}")
        _refuse_value(measure, measure.item(item_id), value)


def _refuse_value(measure: Measure, item: Item, value: object) -> None:
    if value is None or isinstance(value, Absence):
        if value is Absence.NOT_APPLICABLE and not item.may_not_apply:
            raise AnswerRefused(f"{measure.name} item {item.id} always applies")
        return
    if not isinstance(value, int) or isinstance(value, bool) or not measure.takes(item, value):
        low, high = measure.range_of(item)
        raise AnswerRefused(f"{measure.name} item {item.id} takes {low} to {high}")


def band(scale: Measure | Scale, total: Number | None) -> str | None:
    """The name of the range the total falls in, if there are ranges."""
    if total is None:
        return None
    return next((b.label for b in scale.bands if b.low <= total <= b.high), None)


def caseness(scale: Measure | Scale, total: Number | None) -> bool | None:
    """Whether the total meets the clinical cut-off; None without a total or a cut-off."""
    if total is None or scale.caseness is None:
        return None
    return scale.caseness.met_by(total)


def prompts(measure: Measure, answers: Mapping[str, Answer | None]) -> tuple[str, ...]:
    """The items that open the safety conversation: answered above the line, or not answered at all."""
    return tuple(item.id for item in measure.items if opens_safety(item, answers.get(item.id)))


def opens_safety(item: Item, answer: Answer | None) -> bool:
    """Whether this answer opens the safety conversation (domain reference §1.1, risk item)."""
    if item.safety_prompt_from is None:
        return False
    return not isinstance(answer, int) or answer >= item.safety_prompt_from
