"""The state of a contact: a pure fold of its journal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from gsh_console.domain.entries import (
    ActionTaken,
    Amended,
    Answered,
    BegunByMistake,
    CallEvent,
    CallMarked,
    Entered,
    FieldValue,
    Filled,
    Jotted,
    MaterialUsed,
    Opened,
    Recorded,
    Signed,
    Skipped,
)
from gsh_console.domain.measures import Answer, Mode

_INTERPRETER_GONE = (
    CallEvent.INTERPRETER_LOST,
    CallEvent.INTERPRETER_NOT_ARRIVED,
    CallEvent.INTERPRETER_UNSUITABLE,
)
_INTERPRETER_HERE = (CallEvent.INTERPRETER_JOINED, CallEvent.ANOTHER_INTERPRETER)
_OFF_THE_LINE = (CallEvent.ENDED, CallEvent.NOT_ANSWERED, CallEvent.NOT_REACHED)
_ON_THE_LINE = (
    CallEvent.ANSWERED,
    CallEvent.BACK,
    CallEvent.CALLED_BACK,
    CallEvent.CALLED_SECOND_NUMBER,
    CallEvent.WRONG_PERSON,
)
_Gap = tuple[datetime, datetime]


@dataclass(frozen=True)
class Value:
    """What a field holds now, and the entry that said so; `typed`: words that were not understood as its value."""

    value: FieldValue
    seq: int
    at: datetime
    typed: str = ""


@dataclass(frozen=True)
class GivenAnswer:
    """What an item holds now, how it came, the entry that said so, the highest number it ever held, in which text."""

    answer: Answer
    mode: Mode
    seq: int
    at: datetime
    highest: int | None = None
    wording: str = ""


@dataclass(frozen=True)
class Spell:
    """One uninterrupted stay in a stage."""

    stage: str
    started: datetime


@dataclass(frozen=True)
class SessionState:
    """Everything known about a contact. `measure` and `item` name the last answered item."""

    opened: Opened | None = None
    opened_seq: int = 0
    opened_at: datetime | None = None
    entries: int = 0
    last_at: datetime | None = None
    stage: str = ""
    step: str = ""
    measure: str = ""
    item: str = ""
    last_field: str = ""
    spells: tuple[Spell, ...] = ()
    safety_entered_seq: int = 0
    answers: Mapping[str, Mapping[str, GivenAnswer]] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)
    skipped: Mapping[tuple[str, str], Value] = field(default_factory=dict)
    jots: tuple[Recorded, ...] = ()
    calls: tuple[Recorded, ...] = ()
    materials: tuple[Recorded, ...] = ()
    actions: Mapping[str, Recorded] = field(default_factory=dict)
    signed: Recorded | None = None
    amendments: tuple[Recorded, ...] = ()
    mistaken: Recorded | None = None

    def answers_of(self, measure: str) -> Mapping[str, Answer]:
        """The answers to one measure, by item id."""
        return {item: given.answer for item, given in self.answers.get(measure, {}).items()}

    def value(self, field_id: str) -> FieldValue | None:
        """What a field holds, None if nothing was ever given."""
        held = self.fields.get(field_id)
        return None if held is None else held.value

    def words(self, field_id: str) -> str:
        """What a text field holds, the empty string if nothing."""
        held = self.value(field_id)
        return held if isinstance(held, str) else ""

    def visited(self, stage: str) -> bool:
        """Whether the stage was ever entered."""
        return any(spell.stage == stage for spell in self.spells)

    def seconds_in(self, stage: str, now: datetime) -> float:
        """Seconds spent in a stage up to `now`, over all its spells, while the call went on with all it needs."""
        total = 0.0
        ends = [*(spell.started for spell in self.spells[1:]), now]
        gaps = _merged((*self.without_interpreter(now), *self.off_the_line(now)))
        for spell, end in zip(self.spells, ends, strict=True):
            if spell.stage == stage:
                waited = sum(_overlap(spell.started, end, *gap) for gap in gaps)
                total += max(0.0, (end - spell.started).total_seconds() - waited)
        return total

    def without_interpreter(self, now: datetime) -> tuple[_Gap, ...]:
        """The waits for an interpreter who was needed: each until one was there, the call ended, or now."""
        return self._gaps(_INTERPRETER_GONE, (*_INTERPRETER_HERE, CallEvent.ENDED), now)

    def off_the_line(self, now: datetime) -> tuple[_Gap, ...]:
        """The times no call went on: each from the end of one, or a try nobody answered, to the next, or to now."""
        return self._gaps(_OFF_THE_LINE, _ON_THE_LINE, now)

    def _gaps(self, begins: tuple[CallEvent, ...], ends: tuple[CallEvent, ...], now: datetime) -> tuple[_Gap, ...]:
        gaps: list[_Gap] = []
        since: datetime | None = None
        for mark in self.calls:
            event = _event(mark)
            if event in begins and since is None:
                since = mark.at
            elif since is not None and event in ends:
                gaps.append((since, mark.at))
                since = None
        return (*gaps, (since, max(since, now))) if since is not None else tuple(gaps)

    def seconds_of_call(self, now: datetime) -> float:
        """Seconds a call went on up to `now`, from the opening of the contact."""
        if self.opened_at is None:
            return 0.0
        off = sum(_overlap(self.opened_at, now, *gap) for gap in self.off_the_line(now))
        return max(0.0, (now - self.opened_at).total_seconds() - off)

    @property
    def on_the_line(self) -> bool:
        """Whether a call is going on, as far as the line was logged."""
        told = [event for mark in self.calls if (event := _event(mark)) in (*_OFF_THE_LINE, *_ON_THE_LINE)]
        return not told or told[-1] in _ON_THE_LINE

    def seconds_without_interpreter(self, now: datetime) -> float:
        """Seconds of the call spent waiting for an interpreter."""
        return sum((end - start).total_seconds() for start, end in self.without_interpreter(now))

    @property
    def interpreter_awaited(self) -> bool:
        """Whether the call stands without the interpreter it needs."""
        told = [mark for mark in self.calls if _event(mark) in (*_INTERPRETER_GONE, *_INTERPRETER_HERE)]
        return self.ended_at is None and bool(told) and _event(told[-1]) in _INTERPRETER_GONE

    @property
    def ended_at(self) -> datetime | None:
        """When the practitioner marked the call as ended, None while it goes on, or once it goes on again."""
        told = [mark for mark in self.calls if _event(mark) in (CallEvent.ENDED, *_ON_THE_LINE)]
        return told[-1].at if told and _event(told[-1]) is CallEvent.ENDED else None


def _overlap(start: datetime, end: datetime, from_: datetime, until: datetime) -> float:
    return max(0.0, (min(end, until) - max(start, from_)).total_seconds())


def _merged(gaps: Iterable[_Gap]) -> list[_Gap]:
    """The same times, none of them counted twice."""
    merged: list[_Gap] = []
    for start, end in sorted(gaps):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _event(mark: Recorded) -> object:
    return mark.entry.event if isinstance(mark.entry, CallMarked) else None


def replay(entries: Iterable[Recorded]) -> SessionState:
    """The state after these entries, in order."""
    state = SessionState()
    for recorded in entries:
        state = follow(state, recorded)
    return state


def follow(state: SessionState, recorded: Recorded) -> SessionState:
    """The state after one more entry."""
    state = dataclasses.replace(state, entries=state.entries + 1, last_at=recorded.at)
    match recorded.entry:
        case Opened() as entry:
            return _opened(state, entry, recorded)
        case Entered() as entry:
            return _entered(state, entry, recorded)
        case Answered() as entry:
            return _answered(state, entry, recorded)
        case Filled() as entry:
            fields = {**state.fields, entry.field: Value(entry.value, recorded.seq, recorded.at, entry.typed)}
            return dataclasses.replace(state, fields=fields, last_field=entry.field)
        case Skipped() as entry:
            return _skipped(state, entry, recorded)
        case Jotted():
            return dataclasses.replace(state, jots=(*state.jots, recorded))
        case CallMarked():
            return dataclasses.replace(state, calls=(*state.calls, recorded))
        case MaterialUsed():
            return dataclasses.replace(state, materials=(*state.materials, recorded))
        case ActionTaken() as entry:
            return dataclasses.replace(state, actions={**state.actions, entry.action: recorded})
        case Signed() | Amended() | BegunByMistake() as entry:
            return _closed(state, entry, recorded)
        case _ as never:
            assert_never(never)


def _closed(state: SessionState, entry: Signed | Amended | BegunByMistake, recorded: Recorded) -> SessionState:
    if isinstance(entry, Amended):
        return dataclasses.replace(state, amendments=(*state.amendments, recorded))
    if isinstance(entry, Signed):
        return dataclasses.replace(state, signed=recorded)
    return dataclasses.replace(state, mistaken=recorded)


def _opened(state: SessionState, entry: Opened, recorded: Recorded) -> SessionState:
    """A contact opened again under another protocol, before anything was said, began when it first was opened."""
    began = state.opened_at or recorded.at
    return dataclasses.replace(
        state, opened=entry, opened_seq=recorded.seq, opened_at=began, stage="", step="", spells=()
    )


def _entered(state: SessionState, entry: Entered, recorded: Recorded) -> SessionState:
    spells = state.spells
    if not spells or spells[-1].stage != entry.stage:
        spells = (*spells, Spell(entry.stage, recorded.at))
    safety_seq = recorded.seq if entry.stage == "safety" else state.safety_entered_seq
    return dataclasses.replace(
        state, stage=entry.stage, step=entry.step, spells=spells, safety_entered_seq=safety_seq, last_field=""
    )


def _answered(state: SessionState, entry: Answered, recorded: Recorded) -> SessionState:
    before = state.answers.get(entry.measure, {}).get(entry.item)
    numbers = [value for value in (entry.answer, before.highest if before else None) if isinstance(value, int)]
    highest = max(numbers, default=None)
    given = GivenAnswer(entry.answer, entry.mode, recorded.seq, recorded.at, highest, entry.wording)
    of_measure = {**state.answers.get(entry.measure, {}), entry.item: given}
    answers = {**state.answers, entry.measure: of_measure}
    return dataclasses.replace(state, answers=answers, measure=entry.measure, item=entry.item)


def _skipped(state: SessionState, entry: Skipped, recorded: Recorded) -> SessionState:
    skipped = dict(state.skipped)
    if entry.reason:
        skipped[(entry.stage, entry.step)] = Value(entry.reason, recorded.seq, recorded.at)
    else:
        skipped.pop((entry.stage, entry.step), None)
    return dataclasses.replace(state, skipped=skipped)
