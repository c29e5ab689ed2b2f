"""The kinds of entry a contact's journal is made of. Never renamed, meaning never changed; new fields are optional."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gsh_console.domain.measures import Absence, Answer, Mode

FieldValue = str | int | tuple[str, ...]


@dataclass(frozen=True)
class Opened:
    """The contact was opened. `carried` is what earlier contacts hand over, as it was known then.

    `due` names the measures asked beyond those of the protocol; `definitions` is the SHA-256 of the whole set of files
    the contact is held to, empty in contacts older than that.
    """

    protocol: str
    protocol_version: str
    contact_number: int
    practitioner: str
    language: str
    interpreted: bool
    carried: Mapping[str, Any]
    measure_versions: Mapping[str, str]
    descriptor: str = ""
    due: tuple[str, ...] = ()
    definitions: str = ""
    language_name: str = ""


@dataclass(frozen=True)
class Entered:
    """The practitioner moved to a stage, and within it to a step."""

    stage: str
    step: str = ""


@dataclass(frozen=True)
class Answered:
    """An item of a measure was answered, or the reason it was not.

    `wording` is the record of the installed text it was taken with (`Wording.record`); empty for the English text,
    and for an interpretation at sight.
    """

    measure: str
    item: str
    answer: Answer
    mode: Mode
    wording: str = ""


@dataclass(frozen=True)
class Filled:
    """A field of the protocol or the safety conversation was given a value; an empty string takes it back.

    `typed`: words meant as a day that were not understood as one; the value is empty then.
    """

    field: str
    value: FieldValue
    typed: str = ""


@dataclass(frozen=True)
class Skipped:
    """A stage (or one step of it) will not be covered, and why; an empty reason takes the skip back."""

    stage: str
    step: str
    reason: str


@dataclass(frozen=True)
class Jotted:
    """A note taken down in passing."""

    text: str


class CallEvent(StrEnum):
    """What happened to the telephone line."""

    ANSWERED = "answered"
    WRONG_PERSON = "someone else answered"
    NOT_ANSWERED = "not answered"
    DROPPED = "line dropped"
    CALLED_BACK = "called back"
    BACK = "back on the line"
    NOT_REACHED = "not reached again"
    ENDED = "call ended"
    UNSAFE_TO_TALK = "not able to talk safely"
    NOT_SOBER = "unwell from drink or drugs"
    CALLED_SECOND_NUMBER = "called the second number"
    CALLED_EMERGENCY_CONTACT = "called the emergency contact"
    EMERGENCY_SERVICES = "emergency services called"
    INTERPRETER_JOINED = "interpreter joined"
    INTERPRETER_LOST = "interpreter lost"
    INTERPRETER_NOT_ARRIVED = "interpreter did not arrive"
    INTERPRETER_UNSUITABLE = "interpreter not suitable"
    ANOTHER_INTERPRETER = "another interpreter joined"
    VOICEMAIL = "voicemail left, first name and number only"
    SUPERVISOR_TOLD = "supervisor or duty told"
    WELFARE_CHECK = "welfare check asked for"
    MOVED = "able to talk now"
    REBOOKED = "booked again"


@dataclass(frozen=True)
class CallMarked:
    """Something happened to the line, at the entry's own time."""

    event: CallEvent
    text: str = ""


class MaterialEvent(StrEnum):
    """What was done with a booklet."""

    GIVEN = "given"
    DISCUSSED = "discussed"


@dataclass(frozen=True)
class MaterialUsed:
    """A booklet was given, or a numbered paragraph of it talked through; `language` is its code."""

    event: MaterialEvent
    booklet: str
    title: str
    version: str
    language: str
    review_status: str
    channel: str = ""
    paragraph: str = ""
    language_name: str = ""


@dataclass(frozen=True)
class ActionTaken:
    """A safety or supervision action: who is to do what, and when it is done, with what outcome."""

    action: str
    what: str
    who: str
    done: bool
    outcome: str = ""


@dataclass(frozen=True)
class Signed:
    """The practitioner signed the note with this SHA-256; nothing but an amendment may follow."""

    practitioner: str
    note_sha256: str


@dataclass(frozen=True)
class Amended:
    """An addition to a signed note, with its reason."""

    text: str
    reason: str
    practitioner: str


@dataclass(frozen=True)
class BegunByMistake:
    """The contact was begun by mistake, and why: it counts as no contact, and nothing may follow."""

    reason: str
    practitioner: str


Entry = (
    Opened
    | Entered
    | Answered
    | Filled
    | Skipped
    | Jotted
    | CallMarked
    | MaterialUsed
    | ActionTaken
    | Signed
    | Amended
    | BegunByMistake
)

KINDS: dict[str, type[Entry]] = {
    "opened": Opened,
    "entered": Entered,
    "answered": Answered,
    "filled": Filled,
    "skipped": Skipped,
    "jotted": Jotted,
    "call_marked": CallMarked,
    "material_used": MaterialUsed,
    "action_taken": ActionTaken,
    "signed": Signed,
    "amended": Amended,
    "begun_by_mistake": BegunByMistake,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Recorded:
    """An entry as the journal holds it: its order, its moment (aware UTC) and what happened."""

    seq: int
    at: datetime
    entry: Entry


def kind_of(entry: Entry) -> str:
    """The name the journal stores for this kind of entry."""
    return _NAMES[type(entry)]


def as_json(entry: Entry) -> dict[str, Any]:
    """The entry's fields as plain JSON values."""
    values = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def from_json(kind: str, values: Mapping[str, Any]) -> Entry:
    """The entry a stored row stands for; fields this version does not know are passed over."""
    cls = KINDS[kind]
    known = {f.name for f in dataclasses.fields(cls)}
    kept = {name: value for name, value in values.items() if name in known}
    if cls is Answered:
        answer = kept["answer"]
        kept["answer"] = answer if isinstance(answer, int) else Absence(answer)
        kept["mode"] = Mode(kept["mode"])
    elif cls is CallMarked:
        kept["event"] = CallEvent(kept["event"])
    elif cls is MaterialUsed:
        kept["event"] = MaterialEvent(kept["event"])
    elif cls is Opened:
        kept["due"] = tuple(kept.get("due", ()))
    elif cls is Filled and isinstance(kept["value"], list):
        kept["value"] = tuple(kept["value"])
    return cls(**kept)
