"""What happens to a telephone line, what to do and say then, and what comes next (domain reference §3.0, §4.3, §7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gsh_console.domain.entries import CallEvent, CallMarked
from gsh_console.domain.moments import clock_time
from gsh_console.domain.people import Patient
from gsh_console.domain.session import SessionState

MENU, DOWN, NO_ANSWER, SOMEONE_ELSE, UNSAFE, UNSOBER, EMERGENCY = (
    "menu", "down", "no_answer", "someone_else", "unsafe", "unsober", "emergency",
)  # fmt: skip
INTERPRETER, LOST, NOT_ARRIVED, UNSUITABLE = "interpreter", "lost", "not_arrived", "unsuitable"


class Next(StrEnum):
    """Where a turn of a path leads: on with the call, to the end of it, or to the record of a missed contact."""

    CALL = "call"
    END_EARLY = "end_early"
    MISSED = "missed"


DIGITS_OF_A_NUMBER = 6  # fewer, such as "the same", name no number that could be dialled


@dataclass(frozen=True)
class Turn:
    """One thing that happens on a path. `ask` is the question whose answer is kept with it; `then` a path or a Next.

    `needs`: without words it is not recorded. `known` are the words kept where none are asked for.
    """

    label: str
    event: CallEvent | None = None
    ask: str = ""
    then: str = Next.CALL
    known: str = ""
    needs: bool = False


@dataclass(frozen=True)
class Path:
    """A situation on the telephone: what to do, what to say, and its turns in the order of their keys."""

    title: str
    do: tuple[str, ...]
    turns: tuple[Turn, ...]
    say: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """What the paths are made of: who is called and where, and whether safety is being talked about."""

    patient: Patient
    number: str
    in_safety: bool
    interpreted: bool

    @property
    def second(self) -> str:
        """The second number, in words where there is none."""
        return self.patient.second_phone or "none on file"

    @property
    def emergency_contact(self) -> str:
        """The emergency contact, in words where there is none."""
        return self.patient.emergency_contact or "none on file"


def line_of(state: SessionState, patient: Patient, *, prompted: bool) -> Line:
    """The line as this contact knows it; `prompted`: an answer has opened the safety conversation."""
    agreed, on_file = state.words("privacy.call_back"), patient.phone or "the number dialled"
    named = sum(character.isdigit() for character in agreed) >= DIGITS_OF_A_NUMBER
    number = agreed if named else f"{on_file} ({agreed})" if agreed else on_file
    interpreted = state.opened is not None and state.opened.interpreted
    return Line(patient, number, prompted or safety_begun(state), interpreted)


def safety_begun(state: SessionState) -> bool:
    """Whether the safety conversation has begun in this contact."""
    return state.safety_entered_seq > 0


def tries(state: SessionState, since: int = 0) -> str:
    """The tries to reach the patient logged after entry `since`, in words: the number and when; empty without any."""
    return "; ".join(
        f"{mark.entry.text or _TRIES[mark.entry.event]} {clock_time(mark.at)}"
        for mark in state.calls
        if isinstance(mark.entry, CallMarked) and mark.entry.event in _TRIES and mark.seq > since
    )


_TRIES = {
    CallEvent.NOT_ANSWERED: "the number on file",
    CallEvent.WRONG_PERSON: "someone else answered",
    CallEvent.CALLED_BACK: "called back",
    CallEvent.CALLED_SECOND_NUMBER: "second number",
}


def call_back_order(line: Line) -> tuple[str, ...]:
    """Whom to call in which order after the line drops; stricter once safety is being talked about."""
    if line.in_safety:
        return (
            f"1  straight back: {line.number}",
            f"2  second number at once: {line.second}",
            "3  duty or supervisor now",
            f"4  a welfare check as your service has agreed (999 or 101); emergency contact {line.emergency_contact}",
        )
    return (
        f"1  straight back: {line.number}",
        f"2  second number: {line.second}",
        "3  both again in 5 minutes",
        f"4  emergency contact, only as agreed: {line.emergency_contact}",
    )


def begins_at(state: SessionState) -> str:
    """The path a call stands on now: a line that is down, an interpreter who is missed, else the whole menu."""
    events = [mark.entry.event for mark in state.calls if isinstance(mark.entry, CallMarked)]
    if _open(events, _DOWN, _UP):
        return DOWN
    if state.interpreter_awaited:
        last = next(event for event in reversed(events) if event in _MISSED_BY)
        return _MISSED_BY[last]
    return MENU


_DOWN = (CallEvent.DROPPED,)
_UP = (CallEvent.BACK, CallEvent.NOT_REACHED, CallEvent.ENDED, CallEvent.ANSWERED)
_MISSED_BY = {
    CallEvent.INTERPRETER_LOST: LOST,
    CallEvent.INTERPRETER_NOT_ARRIVED: NOT_ARRIVED,
    CallEvent.INTERPRETER_UNSUITABLE: UNSUITABLE,
}


def _open(events: list[CallEvent], begins: tuple[CallEvent, ...], ends: tuple[CallEvent, ...]) -> bool:
    last = [event for event in events if event in (*begins, *ends)]
    return bool(last) and last[-1] in begins


def path(name: str, line: Line) -> Path:
    """A path by its name; KeyError if there is none."""
    return PATHS[name](line)


def _menu(line: Line) -> Path:
    turns = [
        Turn("the line dropped", CallEvent.DROPPED, then=DOWN),
        Turn("nobody answers", CallEvent.NOT_ANSWERED, then=NO_ANSWER, known=line.number),
        Turn("someone else answered", CallEvent.WRONG_PERSON, then=SOMEONE_ELSE),
        Turn("not able to talk safely: driving, not alone, in public", then=UNSAFE),
        Turn("unwell from drink or drugs", then=UNSOBER),
        Turn("emergency services", then=EMERGENCY),
        Turn("the patient is on the line", CallEvent.ANSWERED),
        Turn("call ended", CallEvent.ENDED),
    ]
    if line.interpreted:
        turns.append(Turn("the interpreter: joined, lost, not arrived, not suitable", then=INTERPRETER))
    return Path("What happened on the line", ("If it drops:", *call_back_order(line)), tuple(turns))


def _down(line: Line) -> Path:
    turns = [
        Turn("calling the same number back", CallEvent.CALLED_BACK, then=DOWN, known=line.number),
        Turn("calling the second number", CallEvent.CALLED_SECOND_NUMBER, then=DOWN, known=line.patient.second_phone),
        Turn("back on the line", CallEvent.BACK),
        Turn(
            "duty or supervisor told", CallEvent.SUPERVISOR_TOLD, "Who was told, and what was agreed?", DOWN, needs=True
        ),
        Turn(
            "emergency contact called, as agreed", CallEvent.CALLED_EMERGENCY_CONTACT, "Who, and what was said?", DOWN
        ),
        Turn("welfare check asked for", CallEvent.WELFARE_CHECK, "Of whom, and under which policy?", DOWN, needs=True),
        Turn(
            "not reached again", CallEvent.NOT_REACHED, "What happens now, and who knows?", Next.END_EARLY, needs=True
        ),
    ]
    title = "The line is down, in the safety conversation" if line.in_safety else "The line is down"
    return Path(title, call_back_order(line), tuple(turns))


def _no_answer(line: Line) -> Path:
    voicemail = line.patient.voicemail
    allowed = (
        "No voicemail: the file does not allow it."
        if voicemail == "no"
        else f"Voicemail on file: {voicemail}. Your first name and a number, nothing of the service."
    )
    turns = [
        Turn("tried again, no answer", CallEvent.NOT_ANSWERED, then=NO_ANSWER, known=line.number),
        Turn("tried the second number, no answer", CallEvent.NOT_ANSWERED, then=NO_ANSWER, known="second number"),
        Turn("the patient answered", CallEvent.ANSWERED),
        Turn("someone else answered", CallEvent.WRONG_PERSON, then=SOMEONE_ELSE),
        Turn("not reached: write the record of a missed contact", then=Next.MISSED),
    ]
    if voicemail != "no":
        turns.append(Turn("voicemail left", CallEvent.VOICEMAIL, then=NO_ANSWER))
    do = (f"Twice, five to ten minutes apart: {line.number}; second number: {line.second}.", allowed)
    return Path("Nobody answers", do, tuple(turns))


def _someone_else(line: Line) -> Path:
    given = line.patient.given_name
    turns = (
        Turn("the patient came to the phone", CallEvent.ANSWERED),
        Turn("not there: another try later", CallEvent.NOT_REACHED, "When, and did they say anything?", NO_ANSWER),
        Turn("hung up", CallEvent.NOT_REACHED, then=NO_ANSWER, known="the other person hung up"),
    )
    do = ("Nothing of the service, not even its name. No message.", "Identity is still to be given by the patient.")
    say = (f"It's a personal call for {given}. Is {given} there?", "Thank you, I'll try later.")
    return Path("Someone else answered", do, turns, say)


def _unsafe(_line: Line) -> Path:
    why, to = "What did the patient say?", "moved"
    turns = (
        Turn("driving", CallEvent.UNSAFE_TO_TALK, then=to, known="driving"),
        Turn("not alone, can be overheard", CallEvent.UNSAFE_TO_TALK, then=to, known="not alone"),
        Turn("somewhere public", CallEvent.UNSAFE_TO_TALK, then=to, known="in public"),
        Turn("another reason", CallEvent.UNSAFE_TO_TALK, why, to, needs=True),
    )
    do = (
        "Driving: ask nothing more until the car is parked.",
        "Someone may be listening: questions with yes or no only; nothing about safety at home.",
    )
    return Path("Not able to talk safely", do, turns, ("Is there somewhere you can be on your own?",))


def _unsober(_line: Line) -> Path:
    why = "What did you hear, or did the patient say?"
    turns = (Turn("write down what was noticed", CallEvent.NOT_SOBER, why, "moved", needs=True),)
    do = ("Ask whether they are safe now, and who is with them; F4 if there is any doubt.", "Nothing else today.")
    return Path("Unwell from drink or drugs", do, turns, ("I'd rather we talk when you feel well. Are you safe now?",))


def _moved(_line: Line) -> Path:
    turns = (
        Turn("able to talk now", CallEvent.MOVED, "Where are they now?"),
        Turn(
            "book again",
            CallEvent.REBOOKED,
            "When, and what was agreed? (Such as: Friday 10:00)",
            Next.END_EARLY,
            needs=True,
        ),
    )
    return Path("Move, or book again", ("The reason is recorded. Privacy is recorded only once it is so.",), turns)


def _emergency(_line: Line) -> Path:
    who = "Who called, for which address, what did they say?"
    turns = (
        Turn("emergency services called", CallEvent.EMERGENCY_SERVICES, who, EMERGENCY, needs=True),
        Turn(
            "duty or supervisor told",
            CallEvent.SUPERVISOR_TOLD,
            "Who was told, and what was agreed?",
            EMERGENCY,
            needs=True,
        ),
        Turn("go on with the call"),
        Turn("call ended", CallEvent.ENDED, "Who is with the patient now?"),
    )
    do = (
        "999. Stay on the line with the patient: do not end the call first. A second person calls, if there is one.",
        "Confirm the address; door open, lights on; who is with them; what was taken, how much, when.",
    )
    return Path("Emergency services", do, turns, ("I'm getting help to you now. Stay on the line with me.",))


def _interpreter(_line: Line) -> Path:
    turns = (
        Turn("joined", CallEvent.INTERPRETER_JOINED, "Booking reference, if it is a new one"),
        Turn("lost in mid-call", CallEvent.INTERPRETER_LOST, then=LOST),
        Turn("not arrived", CallEvent.INTERPRETER_NOT_ARRIVED, then=NOT_ARRIVED),
        Turn("not suitable: family, friend, known to the patient, wrong dialect", then=UNSUITABLE),
        Turn("another interpreter joined", CallEvent.ANOTHER_INTERPRETER, "Booking reference of this one", needs=True),
    )
    do = (
        "The interpreter is bridged in before the patient.",
        "Time without an interpreter is kept apart from the call.",
    )
    return Path("The interpreter", do, turns)


_AGAIN = (
    Turn("the same interpreter is back", CallEvent.INTERPRETER_JOINED, then=Next.CALL),
    Turn("another interpreter joined", CallEvent.ANOTHER_INTERPRETER, "Booking reference of this one", needs=True),
    Turn(
        "none to be had: book again",
        CallEvent.REBOOKED,
        "When, and how was the patient told?",
        Next.END_EARLY,
        needs=True,
    ),
)
_STAY = ("Please stay on the line. I am getting an interpreter. One moment.",)


def _in_safety(line: Line, *do: str) -> tuple[str, ...]:
    if not line.in_safety:
        return do
    strict = "Safety is open: the on-demand line at once. Never shortened, never with a family member, never guessed."
    return (strict, *do)


def _lost(line: Line) -> Path:
    do = (
        "Keep the patient on the line. The agency first, then the on-demand line.",
        "No content until somebody interprets.",
    )
    return Path("The interpreter is lost", _in_safety(line, *do), _AGAIN, _STAY)


def _not_arrived(line: Line) -> Path:
    do = (
        "Call the agency, then the on-demand line; wait ten minutes.",
        "Nobody comes: book again, the same interpreter if it can be.",
    )
    return Path("The interpreter did not arrive", _in_safety(line, *do), _AGAIN, _STAY)


def _unsuitable(line: Line) -> Path:
    first = Turn(
        "write down who, and why not", CallEvent.INTERPRETER_UNSUITABLE, "Who, and why not?", UNSUITABLE, needs=True
    )
    declined = Turn("family declined; the booked interpreter goes on", CallEvent.INTERPRETER_JOINED)
    do = (
        "Family, friends and children do not interpret; nor does anyone the patient knows, or does not want.",
        "Thank them, decline, say that the service provides an interpreter. Nothing of safety until then.",
    )
    return Path("Not suitable to interpret", _in_safety(line, *do), (first, declined, *_AGAIN[1:]), (
        "Thank you for offering. We always work with our own interpreter, so that everyone can speak freely.",
    ))  # fmt: skip


PATHS: Mapping[str, Callable[[Line], Path]] = {
    MENU: _menu,
    DOWN: _down,
    NO_ANSWER: _no_answer,
    SOMEONE_ELSE: _someone_else,
    UNSAFE: _unsafe,
    UNSOBER: _unsober,
    "moved": _moved,
    EMERGENCY: _emergency,
    INTERPRETER: _interpreter,
    LOST: _lost,
    NOT_ARRIVED: _not_arrived,
    UNSUITABLE: _unsuitable,
}
