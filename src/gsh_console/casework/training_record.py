"""Writing a training contact as the console would have: every entry through the rules, then the signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import hand_over, opening
from gsh_console.casework.desk import Desk
from gsh_console.casework.handouts import review_of
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.casework.signing import draft, note_digest, write_signature
from gsh_console.casework.training_talk import ASSESSMENT, Script, through_interpreter
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
    Signed,
)
from gsh_console.domain.identity import new_id
from gsh_console.domain.measures import Mode
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient
from gsh_console.domain.protocols import Step, StepKind
from gsh_console.domain.refusals import refusal
from gsh_console.domain.session import SessionState, follow
from gsh_console.faults import EntryRefused
from gsh_console.store import caseload, journal
from gsh_console.store.caseload import ContactSummary
from gsh_console.store.store import as_text

if TYPE_CHECKING:
    from sqlmodel import Session

_MINUTES, _ASSESSMENT_MINUTES, _INTERPRETED_MINUTES = (
    (24, 33),
    (33, 42),
    (44, 54),
)  # an interpreted call says everything twice: domain reference §7
_WEIGHTS = {"answer": (7, 12), "words": (20, 50), "key": (4, 12)}  # how long things take beside each other
_LONG_TEXT = 12  # characters from which a field counts as words typed and not as a key pressed
_BREAKS_OFF_AFTER = ("phq-9", "6")  # so that the contact left open resumes at question 7


class SeededDesk(Desk):
    """The desk at a moment of its own choosing, with ids that repeat."""

    def __init__(self, desk: Desk, rng: Random) -> None:
        super().__init__(desk.store, desk.settings, lambda: self.moment)
        self._definitions = desk.definitions
        self._library = desk.library
        self.moment = desk.now()
        self._rng = rng

    def new_id(self) -> str:
        """An identifier of this moment that is the same for the same seed."""
        return new_id(self.moment, self._rng.randbytes(10))


@dataclass
class _History:
    """What one patient's written contacts leave to the next."""

    contacts: int = 0
    last: SessionState | None = None
    scores: list[EarlierScore] = field(default_factory=list)
    open_actions: list[str] = field(default_factory=list)


class Recorder:
    """Writes contacts in the order they happened, as parts of one transaction."""

    def __init__(self, desk: Desk, rng: Random) -> None:
        self.desk = SeededDesk(desk, rng)
        self.book = desk.definitions.rulebook(ASSESSMENT)
        self._rng = rng
        self._histories: dict[str, _History] = {}
        self._paragraphs = cache(self._read_paragraphs)

    def add_patient(self, session: Session, patient: Patient, added_at: datetime) -> None:
        """Write a patient who has no contacts yet."""
        caseload.add_patient(session, patient, added_at)
        self._histories[patient.id] = _History()

    def add_call(self, session: Session, patient: Patient, starts: datetime, purpose: str, minutes: int) -> None:
        """Write a booked call."""
        self.desk.moment = starts
        caseload.add_appointment(session, self.desk.new_id(), patient.id, starts, minutes, purpose)

    def add_contact(self, session: Session, patient: Patient, script: Script) -> None:
        """Write a contact, signed unless it broke off."""
        self.desk.moment = script.starts
        history = self._histories[patient.id]
        number = history.contacts + 1
        protocol = self.desk.definitions.rulebook(script.protocol).protocol
        contact = ContactSummary(
            self.desk.new_id(), patient.id, number, protocol.id, protocol.version, script.starts, None
        )
        caseload.add_contact(session, contact, self._appointment_at(session, patient.id, script.starts))
        name = self.desk.practitioner.name
        self.book = self.desk.definitions.rulebook(script.protocol)
        first = opening(self.desk.definitions, script.protocol, patient, number, name, self._carried(history))
        self.book = rulebook_of(self.desk.definitions, first, chosen=script.chosen)
        said = self._timed(script, [first, *self._entries(patient, script, number)])
        state = self._record(session, contact.id, SessionState(), said)
        if not script.unfinished:
            self._sign(session, Conduct(self.desk, self.book, patient, contact, state), history)

    def _record(
        self, session: Session, contact_id: str, state: SessionState, said: list[tuple[Entry, datetime]]
    ) -> SessionState:
        audit_key = self.desk.store.audit_key
        for recorded in journal.append_all_within(session.connection(), audit_key, contact_id, said):
            reason = refusal(self.book, state, recorded.entry)
            if reason:
                raise EntryRefused(f"A training contact breaks the protocol: {reason}", "Please report this sentence.")
            state = follow(state, recorded)
        return state

    def _sign(self, session: Session, conduct: Conduct, history: _History) -> None:
        ready = draft(conduct)
        digest = note_digest(ready.note)
        assert conduct.state.last_at is not None
        self.desk.moment = conduct.state.last_at + timedelta(seconds=self._rng.randint(90, 240))
        signed = Signed(self.desk.practitioner.name, digest)
        self._record(session, conduct.contact.id, conduct.state, [(signed, self.desk.moment)])
        write_signature(session, conduct, ready, digest, self.desk.moment)
        taken_on = conduct.contact.opened_at.astimezone(UK).date().isoformat()
        history.contacts += 1
        history.last = conduct.state
        history.scores += [
            EarlierScore(taken.measure, taken.total, taken.prorated, taken_on)
            for taken in ready.scores
            if taken.total is not None
        ]
        history.open_actions += [action.what for action in sorted(ready.actions, key=lambda each: each.opened_at)]

    def _carried(self, history: _History) -> Carried:
        if history.last is None:
            return Carried()
        taken = [[each for each in history.scores if each.measure == measure] for measure in self.book.measures]
        return hand_over(
            self.book,
            history.last,
            self.desk.definitions.interventions,
            first=tuple(scores[0] for scores in taken if scores),
            latest=tuple(scores[-1] for scores in taken if scores),
            open_actions=tuple(history.open_actions),
        )

    def _appointment_at(self, session: Session, patient_id: str, starts: datetime) -> str:
        session.flush()
        query = "SELECT id FROM appointment WHERE patient_id = ? AND starts_at = ?"
        return str(session.connection().exec_driver_sql(query, (patient_id, as_text(starts))).scalar_one())

    def _entries(self, patient: Patient, script: Script, number: int) -> Iterator[Entry]:
        yield CallMarked(CallEvent.ANSWERED)
        for stage in self.book.protocol.stages:
            for step in stage.steps:
                yield Entered(stage.id, step.id)
                yield from self._step(patient, script, step, number)
            if stage.id == "review" and script.dropped:
                yield from map(CallMarked, (CallEvent.DROPPED, CallEvent.CALLED_BACK, CallEvent.BACK))
        if script.supervision:
            yield ActionTaken("supervision", script.supervision, "practitioner", done=False)
        if script.jot:
            yield Jotted(script.jot)
        yield CallMarked(CallEvent.ENDED)

    def _step(self, patient: Patient, script: Script, step: Step, number: int) -> Iterator[Entry]:
        if step.kind is StepKind.MEASURE:
            items = self.book.measures[step.measure].items
            for item, answer in zip(items, script.answers[step.measure], strict=True):
                yield Answered(step.measure, item.id, answer, script.mode)
        elif step.kind is StepKind.MATERIAL:
            yield self._material(patient, script, number)
        interpreting = through_interpreter(patient, number) if script.mode is Mode.INTERPRETED else {}
        for name, value in (script.fields | interpreting).items():
            if name.startswith(f"{step.id}."):
                yield Filled(name, value)

    def _material(self, patient: Patient, script: Script, number: int) -> MaterialUsed:
        library = self.desk.library
        wanted = script.booklet if script.booklet in library.booklets else library.booklets[0]
        entry = library.entry(wanted)
        review = review_of(entry, patient.language)
        paragraphs = self._paragraphs(wanted)
        chapter = min(number, len(paragraphs))
        given = bool(script.channel)
        return MaterialUsed(
            event=MaterialEvent.GIVEN if given else MaterialEvent.DISCUSSED,
            booklet=wanted,
            title=entry.title,
            version=entry.version,
            language=review.language,
            language_name=review.name,
            review_status=review.status,
            channel=script.channel,
            paragraph="" if given else self._rng.choice(paragraphs[chapter]),
        )

    def _read_paragraphs(self, booklet: str) -> dict[int, list[str]]:
        """The numbered plain paragraphs of each chapter."""
        found: dict[int, list[str]] = {}
        for paragraph in self.desk.library.paragraphs(booklet, "en"):
            if paragraph.number and paragraph.kind == "p":
                found.setdefault(paragraph.chapter, []).append(paragraph.number)
        return found

    def _timed(self, script: Script, entries: list[Entry]) -> list[tuple[Entry, datetime]]:
        """Each entry with the moment a person would have reached it; cut short where the contact broke off."""
        weights = [self._rng.uniform(*_WEIGHTS[_weight(entry)]) for entry in entries]
        spoken = _ASSESSMENT_MINUTES if script.protocol == ASSESSMENT else _MINUTES
        minutes = self._rng.uniform(*(_INTERPRETED_MINUTES if script.mode is Mode.INTERPRETED else spoken))
        second = 60 * minutes / sum(weights)
        at, timed = script.starts, []
        for entry, weight in zip(entries, weights, strict=True):
            timed.append((entry, at))
            at += timedelta(milliseconds=round(1000 * second * weight))
            if script.unfinished and isinstance(entry, Answered) and (entry.measure, entry.item) == _BREAKS_OFF_AFTER:
                break
        return timed


def _weight(entry: Entry) -> str:
    if isinstance(entry, Filled) and isinstance(entry.value, str) and len(entry.value) > _LONG_TEXT:
        return "words"
    return "answer" if isinstance(entry, Answered) else "key"
