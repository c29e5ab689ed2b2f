"""Stores, people and whole contacts for tests, made through the product's own doors."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import gsh_console
from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import open_contact
from gsh_console.casework.desk import Desk
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.casework.signing import sign
from gsh_console.content.definitions import Definitions
from gsh_console.domain.carried import Carried, carried_as_json
from gsh_console.domain.entries import (
    Answered,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    MaterialEvent,
    MaterialUsed,
    Opened,
    Recorded,
)
from gsh_console.domain.measures import Absence, Answer, Mode
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.domain.protocols import Step
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, replay
from gsh_console.settings import Settings
from gsh_console.store import caseload, outbox
from gsh_console.store.connection import DRIVER
from gsh_console.store.store import Store

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PASSPHRASE = "correct horse battery"
ALEX = Practitioner("Alex Lang")
PROTOCOL = "support_contact"
SOURCE = Path(gsh_console.__file__).parent


class SteadyClock:
    """A clock that moves by `step` at every look and by hand otherwise."""

    def __init__(self, start: datetime = START, step: float = 1.0) -> None:
        self.moment = start
        self.step = timedelta(seconds=step)

    def __call__(self) -> datetime:
        """The moment, which then moves on by one step."""
        shown = self.moment
        self.moment += self.step
        return shown

    def advance(self, **parts: float) -> None:
        """Move the clock by days, hours, minutes or seconds, backwards too."""
        self.moment += timedelta(**parts)


@cache
def definitions() -> Definitions:
    """The shipped definitions, read once for all tests."""
    return Definitions()


def book() -> Rulebook:
    """The shipped support contact, without an interpreter, with its measures and safety conversation."""
    return rulebook_of(definitions(), opening_entry())


def with_steps(book: Rulebook, change: Callable[[Step], Step]) -> Rulebook:
    """The same definitions with every step of the protocol changed."""
    stages = tuple(
        dataclasses.replace(stage, steps=tuple(change(step) for step in stage.steps)) for stage in book.protocol.stages
    )
    return dataclasses.replace(book, protocol=dataclasses.replace(book.protocol, stages=stages))


def nhs_number(nine: int) -> str:
    """A valid NHS number from nine digits, or the next one that has a check digit."""
    while True:
        digits = f"{nine:09d}"
        check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return digits + str(check % 11)
        nine += 1


def make_patient(number: int = 1, **changes: Any) -> Patient:
    """A made-up patient; `number` tells patients apart."""
    values: dict[str, Any] = {
        "id": f"00000000-0000-7000-8000-{number:012d}",
        "family_name": "Okafor",
        "given_name": "Maya",
        "birth_date": date(1991, 3, 14),
        "nhs_number": nhs_number(999_000_000 + number * 7),
        "gender": "2",
        "phone": "01632 960001",
        "address_line": "1 High Street",
        "postcode": "ZZ99 3AA",
    }
    return Patient(**{**values, **changes})


def make_desk(folder: Path, clock: SteadyClock | None = None, *, training: bool = False) -> Desk:
    """A desk over a new store in `folder`."""
    access = Access(folder, Settings(), clock or SteadyClock())
    if training:
        return access.set_up_training(ALEX)
    return access.set_up(PASSPHRASE, ALEX)[0]


def put_patient(desk: Desk, person: Patient) -> Patient:
    """Write a patient to the caseload."""
    with desk.store.unit() as session:
        caseload.add_patient(session, person, desk.now())
    return person


def put_appointment(desk: Desk, person: Patient, starts_at: datetime, appointment_id: str = "") -> str:
    """Book a call with a patient."""
    made = appointment_id or desk.new_id()
    with desk.store.unit() as session:
        caseload.add_appointment(session, made, person.id, starts_at, 30, "support")
    return made


def make_conduct(desk: Desk, person: Patient, *entries: Entry) -> Conduct:
    """Open a contact with a patient and record some entries in it."""
    conduct = open_contact(desk, person.id)
    return record_all(conduct, entries)


def record_all(conduct: Conduct, entries: Iterable[Entry]) -> Conduct:
    """Record entries in order through the one door."""
    for entry in entries:
        conduct.record(entry)
    return conduct


def signed_contact(desk: Desk, person: Patient, *more: Entry) -> Conduct:
    """A whole contact, signed; `more` is recorded just before signing."""
    conduct = make_conduct(desk, person, *whole_contact(), *more)
    sign(conduct)
    return conduct


def answers(measure: str, values: Iterable[Answer], mode: Mode = Mode.READ_OUT) -> list[Entry]:
    """Answers to a measure's first items, in order."""
    items = book().measures[measure].items
    return [Answered(measure, item.id, value, mode) for item, value in zip(items, values, strict=False)]


IDENTITY: tuple[Entry, ...] = (
    Entered("opening", "identity"),
    Filled("identity.given", ("full_name", "date_of_birth")),
)
OPENING: tuple[Entry, ...] = (
    CallMarked(CallEvent.ANSWERED),
    *IDENTITY,
    Filled("privacy.private", "yes"),
    Filled("privacy.where", "at home, kitchen"),
    Filled("privacy.call_back", "the same number"),
    Filled("agenda.confidentiality", "yes"),
    Filled("agenda.patient_items", "my tablets"),
)
PHQ9 = (2, 2, 3, 2, 1, 2, 2, 0, 0)
GAD7 = (2, 1, 1, 2, 1, 3, 1)
WSAS: tuple[Answer, ...] = (Absence.NOT_APPLICABLE, 4, 5, 3, 6)
SAFETY: tuple[Entry, ...] = (
    Entered("safety", "safety"),
    *(
        Filled(f"safety.{area}", "no")
        for area in ("actions_now", "changed", "to_others", "from_others", "neglect", "children", "adults")
    ),
    Filled("safety.thoughts_now", "no"),
    Filled("safety.thoughts_now.words", "No, nothing like that."),
    Filled("safety.understanding", "No thoughts reported; her sister lives close by."),
    Filled("safety.agreed", "Contacts reminded, nothing else needed."),
)
INCOMPLETE: tuple[Entry, ...] = (
    Filled("safety.incomplete.reason", "The line dropped and nobody answered again."),
    Filled("safety.incomplete.action", "Two calls, then duty."),
    Filled("safety.incomplete.informed", "Duty worker, 10:50"),
)
BOOKLET = MaterialUsed(
    MaterialEvent.GIVEN, "getting-active", "Getting active again", "1.0.0", "English", "original", channel="by post"
)
PLAN: tuple[Entry, ...] = (
    Entered("plan", "plan"),
    Filled("plan.1.what", "walk to the library"),
    Filled("plan.1.when", "Tuesday 9:30"),
    Filled("plan.1.where", "Library Road"),
    Filled("plan.1.confidence", 8),
    Filled("goals.1.text", "Walk with a friend twice a week"),
    Filled("goals.1.rating", 4),
)
ENDING: tuple[Entry, ...] = (
    Entered("ending", "ending"),
    Filled("ending.summary", "I walk on Tuesday."),
    Filled("ending.agenda_done", "all"),
    Filled("ending.crisis_reminder", "yes"),
    Filled("ending.next_contact", "2026-11-27T10:00:00+00:00"),
    Filled("ending.attendance", "on_time"),
    CallMarked(CallEvent.ENDED),
)


def whole_contact(
    phq9: Iterable[Answer] = PHQ9, gad7: Iterable[Answer] = GAD7, wsas: Iterable[Answer] = WSAS
) -> tuple[Entry, ...]:
    """Everything a first contact needs before it can be signed."""
    return (
        *OPENING,
        Entered("measures", "phq-9"),
        *answers("phq-9", phq9),
        *answers("gad-7", gad7),
        *answers("wsas", wsas),
        *SAFETY,
        Entered("recap", "recap"),
        Filled("recap.problem", "same"),
        Entered("review", "review"),
        Filled("medication.psych_med", "prescribed_taking"),
        Entered("next_step", "material"),
        BOOKLET,
        Filled("material.teach_back", "Doing comes first, the mood follows."),
        *PLAN,
        *ENDING,
    )


REVIEW_OF_ONE: tuple[Entry, ...] = (
    Filled("review.1.done", "partly"),
    Filled("review.1.barrier", ("opportunity",)),
)


def opening_entry(carried: Carried | None = None, **changes: Any) -> Opened:
    """The first entry of a contact outside any store."""
    values: dict[str, Any] = {
        "protocol": PROTOCOL,
        "protocol_version": definitions().rulebook(PROTOCOL).protocol.version,
        "contact_number": 1,
        "practitioner": ALEX.name,
        "language": "en",
        "interpreted": False,
        "carried": carried_as_json(carried or Carried()),
        "measure_versions": {},
    }
    return Opened(**{**values, **changes})


def recorded(*entries: Entry, first: int = 1) -> list[Recorded]:
    """Entries as a journal would hold them, twenty seconds apart."""
    return [Recorded(seq, START + timedelta(seconds=20 * seq), entry) for seq, entry in enumerate(entries, first)]


def state_after(*entries: Entry, carried: Carried | None = None) -> SessionState:
    """The state of a contact after its opening and these entries."""
    return replay(recorded(opening_entry(carried), *entries))


def waiting(store: Store) -> list[outbox.OutboxItem]:
    """Everything that waits to be sent, oldest first, whole."""
    return [outbox.item(store, line.id) for line in outbox.unsent(store, 10_000) if line.state == "waiting"]


def raw_connection(desk: Desk) -> Any:
    """A second connection that knows the key and nothing of the product's rules."""
    connection = DRIVER.connect(str(desk.store.folder / "store.db"), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{desk.store.keys.data_key.hex()}'\"")
    return connection


def console(
    *arguments: str, given: str = "", folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own; `folder` is the store."""
    store = ("--store", str(folder)) if folder else ()
    return subprocess.run(
        [sys.executable, "-m", "gsh_console", *store, *arguments],
        input=given, text=True, encoding="utf-8", capture_output=True, timeout=60, check=False,
        env=child_environment(**environment),
    )  # fmt: skip


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a child process: the source under test, UTF-8, and what is asked for."""
    return {**os.environ, "PYTHONPATH": f"{SOURCE.parent}{os.pathsep}{SOURCE.parent.parent}", "PYTHONUTF8": "1", **more}
