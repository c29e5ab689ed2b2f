"""The training caseload: synthetic people whose past contacts are real entries, passed through the rules and signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from random import Random
from typing import TYPE_CHECKING, Any

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import SUPPORT, hand_over, opening
from gsh_console.casework.desk import Desk
from gsh_console.casework.handouts import review_of
from gsh_console.casework.signing import NEXT_CALL_MINUTES, Draft, draft, note_digest, write_signature
from gsh_console.casework.training_people import PEOPLE, PRACTICES, STREETS, Course, Person
from gsh_console.casework.training_talk import FARIDA, MAYA, MEASURES, Script, scripts_of
from gsh_console.domain.carried import Carried, EarlierScore
from gsh_console.domain.entries import (
    ActionTaken,
    Answered,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
    MaterialEvent,
    MaterialUsed,
    Recorded,
    Signed,
)
from gsh_console.domain.identity import new_id
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient, nhs_number_is_valid
from gsh_console.domain.protocols import Stage, Step, StepKind
from gsh_console.domain.refusals import refusal
from gsh_console.domain.session import SessionState, follow
from gsh_console.faults import EntryRefused, InputRefused
from gsh_console.store import caseload, journal
from gsh_console.store.caseload import ContactSummary
from gsh_console.store.store import as_text

if TYPE_CHECKING:
    from sqlmodel import Session

LARGEST_REAL = len(PEOPLE) + 2
INTERPRETED_MINUTES = 60  # an interpreted call takes twice the time: domain reference §7
_SLOTS = tuple(time(h, m) for h, m in ((9, 0), (9, 45), (10, 45), (11, 30), (13, 0), (14, 0), (15, 15), (16, 15)))
_LONG_SLOTS = tuple(time(h, m) for h, m in ((9, 45), (13, 0), (14, 0), (15, 15)))
_BREAKS_OFF_AT = ("phq-9", "6")  # the last answer of the contact that is left open: question 7 is next
_TO_THE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A patient, the contacts to write, and the calls booked beside them (a moment and what it is for)."""

    patient: Patient
    scripts: tuple[Script, ...]
    calls: tuple[tuple[datetime, str], ...]


def make_training_caseload(
    desk: Desk, *, seed: int = 1, patients: int = LARGEST_REAL, on_progress: Callable[[], object] = lambda: None
) -> None:
    """Fill an empty training store; the same seed on the same day gives the same rows. `on_progress`: one patient on.

    Everything is one transaction. The first patients are those of the calls in the reference, due today at 10 and 14.
    """
    _refuse_real(desk)
    rng = Random(seed)
    today = desk.now().astimezone(UK).date()
    writer = _Writer(desk, rng)
    cases = cases_of(rng, today, patients, writer)
    with desk.store.unit() as session:
        for case in cases:
            writer.add_case(session, case)
        contacts = sorted(((script.starts, case.patient.id, script, case) for case in cases for script in case.scripts),
                          key=lambda each: each[:2])
        left = {case.patient.id: len(case.scripts) for case in cases}
        for _ in range(sum(not case.scripts for case in cases)):
            on_progress()
        for _, patient_id, script, case in contacts:
            writer.add_contact(session, case.patient, script)
            left[patient_id] -= 1
            if not left[patient_id]:
                on_progress()
        writer.lengthen_interpreted(session)
