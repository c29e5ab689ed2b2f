"""The outcome of a course of treatment by the national rules, with the reason in one sentence.

Everything is judged on recorded scores in whole numbers or Decimal. What cannot be judged is None, never "no".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import chain

from gsh_console.domain.measures import Measure, Number, Operator


class Reliable(StrEnum):
    """Which way a course moved, taking both measures together. "none" is judged; None is not judged at all."""

    IMPROVEMENT = "improvement"
    DETERIORATION = "deterioration"
    NONE = "none"


@dataclass(frozen=True)
class Clause:
    """One sentence of the rules and where it comes from. `inferred`: read out of other rules, not found in words."""

    id: str
    says: str
    source: str
    confidence: str
    inferred: bool = False


@dataclass(frozen=True)
class Pairing:
    """The measure that stands beside PHQ-9 for a problem descriptor.

    `begins` are beginnings of ICD-10 codes without the dot; `concepts` whole SNOMED CT ids.
    """

    problem: str
    measure: str
    national_field: str
    source: str
    confidence: str
    begins: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutcomeRules:
    """The national outcome rules of one version. `least_attended` is in treatment contacts."""

    id: str
    version: str
    effective_from: date
    depression: str
    fallback: str
    least_attended: int
    clauses: tuple[Clause, ...]
    pairings: tuple[Pairing, ...]

    def paired_with(self, descriptor: str) -> str:
        """The measure for a problem descriptor; the fallback for one that is empty or names nothing here."""
        code = descriptor.strip().upper().replace(".", "").replace(" ", "")
        whole = [pairing.measure for pairing in self.pairings if code in pairing.concepts]
        begun = [
            (len(start), pairing.measure)
            for pairing in self.pairings
            if code.startswith(pairing.begins)
            for start in pairing.begins
            if code.startswith(start)
        ]
        return whole[0] if whole else max(begun)[1] if begun else self.fallback


@dataclass(frozen=True)
class Course:
    """One referral: the latest primary problem descriptor, attended treatment contacts, recorded scores in time order.

    None in `scores` is a contact at which the measure was not taken or gave no total.
    """

    descriptor: str
    attended: int
    ended: bool
    scores: Mapping[str, Sequence[Number | None]]


@dataclass(frozen=True)
class Outcome:
    """What a course came to. `cohort`: it is a finished course of treatment and counts nationally.

    `recovery` and `reliable_recovery` are None while treatment goes on, and where caseness was not met at the start.
    """

    cohort: bool
    measure: str
    caseness: bool | None
    recovery: bool | None
    reliable_change: Reliable | None
    reliable_recovery: bool | None
    why: str


@dataclass(frozen=True)
class _Pair:
    """First and last score of one measure, and what they mean by its own figures."""

    measure: Measure
    first: Number
    last: Number

    def case(self, number: Number) -> bool | None:
        return None if self.measure.caseness is None else self.measure.caseness.met_by(number)

    @property
    def moved(self) -> Reliable | None:
        figure = self.measure.reliable_change
        if figure is None:
            return None
        if figure.met_by(self.first - self.last):
            return Reliable.IMPROVEMENT
        return Reliable.DETERIORATION if figure.met_by(self.last - self.first) else Reliable.NONE


def outcome(rules: OutcomeRules, measures: Mapping[str, Measure], course: Course) -> Outcome:
    """Judge one course, step by step (domain reference §2.3)."""
    specific = rules.paired_with(course.descriptor)
    chosen = specific if first_and_last(course.scores.get(specific, ())) else rules.fallback
    if course.ended and course.attended < rules.least_attended:
        return _nothing(chosen, cohort=False, why=_too_few(rules, course))
    pairs, lacking = [], []
    for name in (rules.depression, chosen):
        ends = first_and_last(course.scores.get(name, ()))
        if ends is None:
            lacking.append(_unpaired(measures[name], course.scores.get(name, ())))
        else:
            pairs.append(_Pair(measures[name], *ends))
    if lacking:
        why = f"{_so_far(course)}no outcome, because {' and '.join(lacking)}"
        return _nothing(chosen, cohort=course.ended, why=_sentence(why))
    fallen_back = "" if chosen == specific else f"{measures[specific].name} has no pair of scores, so {{}} is used: "
    return _judged(course, pairs[0], pairs[1], fallen_back.format(measures[chosen].name))


def first_and_last(scores: Sequence[Number | None]) -> tuple[Number, Number] | None:
    """First and last recorded score; None with fewer than two, because a pair needs two contacts."""
    taken = [score for score in scores if score is not None]
    return (taken[0], taken[-1]) if len(taken) > 1 else None


def _judged(course: Course, low_mood: _Pair, other: _Pair, fallen_back: str) -> Outcome:
    pairs = (low_mood, other)
    caseness = _any(pair.case(pair.first) for pair in pairs)
    change = _together([pair.moved for pair in pairs])
    recovery = reliable_recovery = None
    if course.ended and caseness:
        recovery = _none_of(pair.case(pair.last) for pair in pairs)
        improved = None if change is None else change is Reliable.IMPROVEMENT
        reliable_recovery = _both(recovery, improved)
    told = [_start(pairs, caseness)]
    if course.ended and caseness:
        told.append(_end(pairs, recovery))
    told.append(_movement(pairs, change))
    why = _sentence(f"{_so_far(course)}{fallen_back}{'; '.join(told)}")
    return Outcome(course.ended, other.measure.id, caseness, recovery, change, reliable_recovery, why)


def _together(moved: list[Reliable | None]) -> Reliable | None:
    """Both measures as one: a move counts where the other did not move the other way; one unknown leaves it open."""
    if None in moved:
        return None
    ways = set(moved) - {Reliable.NONE}
    return ways.pop() if len(ways) == 1 else Reliable.NONE


def _any(facts: Iterable[bool | None]) -> bool | None:
    held = list(facts)
    return True if True in held else None if None in held else False


def _none_of(facts: Iterable[bool | None]) -> bool | None:
    some = _any(facts)
    return None if some is None else not some


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _nothing(measure: str, *, cohort: bool, why: str) -> Outcome:
    return Outcome(cohort, measure, None, None, None, None, why)


# ------------------------------------------------------------- the reason in words


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _so_far(course: Course) -> str:
    return "" if course.ended else "so far, while treatment goes on: "


def _too_few(rules: OutcomeRules, course: Course) -> str:
    contacts = "contact" if course.attended == 1 else "contacts"
    return (
        f"Not a finished course: {course.attended or 'no'} attended treatment {contacts}, "
        f"and {rules.least_attended} are needed."
    )


def _unpaired(measure: Measure, scores: Sequence[Number | None]) -> str:
    taken = sum(score is not None for score in scores)
    return f"{measure.name} has {'only one score' if taken else 'no score'} and two are needed"


def _start(pairs: Sequence[_Pair], caseness: bool | None) -> str:
    if caseness:
        over = [f"{p.measure.name} {p.first} ({_line(p.measure)})" for p in pairs if p.case(p.first)]
        return f"at caseness at the start by {' and '.join(over)}"
    at = " and ".join(f"{pair.measure.name} {pair.first}" for pair in pairs)
    if caseness is None:
        unknown = " and ".join(pair.measure.name for pair in pairs if pair.measure.caseness is None)
        return f"caseness at the start is not known, since {unknown} has no confirmed cut-off ({at})"
    return f"not at caseness at the start ({at}), so recovery does not apply"


def _end(pairs: Sequence[_Pair], recovery: bool | None) -> str:
    at = " and ".join(f"{pair.measure.name} {pair.last}" for pair in pairs)
    if recovery:
        return f"no longer at caseness at the end ({at}), so recovered"
    if recovery is None:
        unknown = " and ".join(pair.measure.name for pair in pairs if pair.measure.caseness is None)
        return f"recovery is not known, since {unknown} has no confirmed cut-off ({at})"
    still = [f"{p.measure.name} {p.last} ({_line(p.measure)})" for p in pairs if p.case(p.last)]
    return f"still at caseness at the end by {' and '.join(still)}, so not recovered"


def _line(measure: Measure) -> str:
    figure = measure.caseness
    if figure is None:
        return "no cut-off"
    return f"above {figure.value}" if figure.operator is Operator.ABOVE else f"{figure.value} or more"


def _movement(pairs: Sequence[_Pair], change: Reliable | None) -> str:
    told = " and ".join(_moved(pair) for pair in pairs)
    if change is None:
        unknown = " and ".join(pair.measure.name for pair in pairs if pair.moved is None)
        return f"{told}: reliable change is not known, since {unknown} has no confirmed figure"
    if change is not Reliable.NONE:
        deciding = " and ".join(pair.measure.name for pair in pairs if pair.moved is change)
        return f"{told}: reliable {change} by {deciding}"
    mixed = {pair.moved for pair in pairs} >= {Reliable.IMPROVEMENT, Reliable.DETERIORATION}
    return f"{told}: {'one each way, which counts as ' if mixed else ''}no reliable change"


def _moved(pair: _Pair) -> str:
    by = pair.first - pair.last
    figure = pair.measure.reliable_change
    needed = f" ({figure.value} {'is' if figure.value == 1 else 'are'} needed)" if figure else ""
    if by == 0:
        return f"{pair.measure.name} stayed at {pair.last}{needed}"
    return f"{pair.measure.name} {'fell' if by > 0 else 'rose'} by {abs(by)}{needed}"


# ------------------------------------------------------------- many courses


@dataclass(frozen=True)
class Tally:
    """Counts over finished courses. `unjudged` have no outcome; they stay in the denominator, as nationally."""

    finished: int = 0
    not_at_caseness: int = 0
    recovered: int = 0
    improved: int = 0
    deteriorated: int = 0
    reliably_recovered: int = 0
    unjudged: int = 0

    @property
    def recovery_rate(self) -> Decimal | None:
        """Per cent of finished courses that began at caseness, to one place."""
        return percent(self.recovered, self.finished - self.not_at_caseness)

    @property
    def reliable_recovery_rate(self) -> Decimal | None:
        """Per cent of finished courses that began at caseness, to one place."""
        return percent(self.reliably_recovered, self.finished - self.not_at_caseness)

    @property
    def reliable_improvement_rate(self) -> Decimal | None:
        """Per cent of all finished courses, to one place."""
        return percent(self.improved, self.finished)


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count finished courses as the national publication does (domain reference §2.5), one pass."""
    counts = [0] * 7
    for each in outcomes:
        if each.cohort:
            facts = (
                True,
                each.caseness is False,
                each.recovery is True,
                each.reliable_change is Reliable.IMPROVEMENT,
                each.reliable_change is Reliable.DETERIORATION,
                each.reliable_recovery is True,
                each.reliable_change is None,
            )
            counts = [count + fact for count, fact in zip(counts, facts, strict=True)]
    return Tally(*counts)


def percent(part: int, whole: int) -> Decimal | None:
    """A percentage to one place, half up; None of nothing."""
    return (Decimal(part * 100) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def measures_named(rules: OutcomeRules) -> frozenset[str]:
    """Every measure the rules speak of; the histories of all are kept, as the descriptor may change."""
    return frozenset(chain((rules.depression, rules.fallback), (pairing.measure for pairing in rules.pairings)))
