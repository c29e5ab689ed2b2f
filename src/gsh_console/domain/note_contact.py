"""What a note says about the contact itself: how it was held, the line, the minutes, the interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gsh_console.domain.entries import CallMarked
from gsh_console.domain.moments import clock_time, day_and_time
from gsh_console.domain.protocols import Option
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState

MEDIUM = "means.medium"
WORTH_TELLING = 20  # seconds: less than this was passed through, not spent
UNDER_ONE = 30  # seconds: less than this is no minute yet
INTERPRETER_STEPS = frozenset({"booking", "prebrief", "interpreter", "read_by", "debrief"})
# National codes of the consultation mechanism in words (domain reference §8.3, ConsMechanism).
MEDIA = {
    "01": "face to face",
    "02": "by telephone",
    "04": "by talk type",
    "05": "by e-mail",
    "09": "by text message",
    "10": "by instant messaging",
    "11": "by video",
    "12": "on a message board",
    "13": "in a chat room",
    "98": "by other means",
}

Told = tuple[str, tuple[int, ...]]


def medium_code(book: Rulebook, state: SessionState) -> str:
    """The national code of how the contact was held: what was recorded, else the protocol's own; empty if unknown."""
    recorded = _recorded_medium(book, state)
    return recorded.code or "" if recorded else book.protocol.medium


def medium_words(book: Rulebook, state: SessionState) -> str:
    """How the contact was held, in words: those of the recorded answer, else of the protocol's code."""
    recorded = _recorded_medium(book, state)
    return recorded.label if recorded else MEDIA.get(book.protocol.medium, "")


def _recorded_medium(book: Rulebook, state: SessionState) -> Option | None:
    held = state.words(MEDIUM)
    fields = (
        field
        for stage in book.protocol.stages
        for step in stage.steps
        for field in step.fields
        if f"{step.id}.{field.id}" == MEDIUM
    )
    return next((option for field in fields if (option := field.option(held))), None) if held else None


def ended_at(state: SessionState) -> datetime | None:
    """When the contact ended as far as is known: the call marked as ended, else the last entry."""
    return state.ended_at or state.last_at or state.opened_at


def whole_minutes(seconds: float) -> int:
    """Minutes as people tell them: never none."""
    return max(1, round(seconds / 60))


def contact_facts(book: Rulebook, state: SessionState) -> Iterator[Told]:
    """The first sentences of a note, each with the entries it rests on."""
    ended = ended_at(state)
    if state.opened is None or state.opened_at is None or ended is None:
        return
    held = state.fields.get(MEDIUM)
    sources = (state.opened_seq, held.seq) if held and held.value else (state.opened_seq,)
    medium = medium_words(book, state)
    minutes = _minutes(state.seconds_of_call(ended))
    title = "Contact" if len(sources) > 1 else book.protocol.title
    how = title if medium == MEDIA["02"] and "telephone" in title.lower() else f"{title} {medium}".strip()
    yield f"{how} on {day_and_time(state.opened_at)}, {minutes}, with {state.opened.practitioner}.", sources
    for recorded in state.calls:
        if isinstance(recorded.entry, CallMarked):
            detail = f" ({recorded.entry.text})" if recorded.entry.text else ""
            yield f"{clock_time(recorded.at)} {recorded.entry.event}{detail}.", (recorded.seq,)
    visited = [stage for stage in book.protocol.stages if state.visited(stage.id)]
    spent = [(stage.title, state.seconds_in(stage.id, ended)) for stage in visited]
    told = ", ".join(f"{stage} {minutes_told(seconds)}" for stage, seconds in spent if seconds >= WORTH_TELLING)
    if told:
        yield f"Minutes by stage: {told}.", ()


def letter_facts(book: Rulebook, state: SessionState) -> dict[str, object]:
    """What a note template may say about the contact in words of its own, by name."""
    opened, at, ended = state.opened, state.opened_at, ended_at(state)
    return {
        "title": book.protocol.title,
        "number": opened.contact_number if opened else "",
        "date": day_and_time(at).partition(" at ")[0] if at else "",
        "time": clock_time(at) if at else "",
        "minutes": whole_minutes(state.seconds_of_call(ended)) if ended else "",
        "medium": medium_words(book, state),
        "practitioner": opened.practitioner if opened else "",
        "interpreted": bool(opened and opened.interpreted),
    }


def interpreter_facts(state: SessionState) -> Iterator[Told]:
    """Whether and how long an interpreter was needed and was not there."""
    ended = ended_at(state)
    if state.opened is None or ended is None:
        return
    if state.opened.interpreted:
        language = state.opened.language_name or f"language code {state.opened.language}"
        yield f"Through an interpreter ({language}).", ()
    waited = state.seconds_without_interpreter(ended)
    if waited >= WORTH_TELLING:
        yield f"Without an interpreter for {_minutes(waited)}, not counted in the stages.", ()


def minutes_told(seconds: float) -> str:
    """Minutes in a note: to the nearest whole one, "under 1" for less than half a minute."""
    return "under 1" if seconds < UNDER_ONE else str(whole_minutes(seconds))


def _minutes(seconds: float) -> str:
    minutes = minutes_told(seconds)
    return f"{minutes} minute{'s' if minutes.isdigit() and minutes != '1' else ''}"
