"""One open contact: the only door between a front end and the record. Durable first, then believed."""

from __future__ import annotations

from datetime import datetime

from gsh_console.casework.desk import Desk
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain import gates, path, telephone
from gsh_console.domain.carried import Carried, carried_of
from gsh_console.domain.entries import CallEvent, CallMarked, Entered, Entry, Filled, Skipped
from gsh_console.domain.interventions import CHOSEN
from gsh_console.domain.people import Patient
from gsh_console.domain.protocols import Stage, Step
from gsh_console.domain.refusals import cleaned, find_field, refusal
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.safety import INCOMPLETE_ACTION, INCOMPLETE_INFORMED, INCOMPLETE_REASON
from gsh_console.domain.safety import STAGE as SAFETY
from gsh_console.domain.session import SessionState, follow
from gsh_console.faults import EntryRefused, StoreFault
from gsh_console.store import journal
from gsh_console.store.caseload import ContactSummary

IDENTITY = "identity"
TRIES = "attempts.numbers"


class Conduct:
    """A contact being conducted. `state` holds what is on disk and nothing else."""

    def __init__(
        self, desk: Desk, book: Rulebook, patient: Patient, contact: ContactSummary, state: SessionState
    ) -> None:
        self.desk = desk
        self.book = book
        self.patient = patient
        self.contact = contact
        self.state = state
        self.unsaved: Entry | None = None
        self.unsaved_why = ""

    def record(self, entry: Entry) -> SessionState:
        """Write the entry durably, then take it into the state.

        EntryRefused if the protocol forbids it; StoreFault if the disk does, with the entry kept for `retry`.
        """
        if self.unsaved is not None and entry is not self.unsaved:
            raise StoreFault("The last entry is not saved yet.", "Press F8 to try again before going on.")
        entry = cleaned(entry) if self.unsaved is None else entry
        reason = refusal(self.book, self.state, entry)
        if reason:
            raise EntryRefused(reason)
        try:
            recorded = journal.append(self.desk.store, self.contact.id, entry, self.desk.now())
        except StoreFault as fault:
            self.unsaved, self.unsaved_why = entry, str(fault)
            raise
        self.unsaved, self.unsaved_why = None, ""
        self.state = follow(self.state, recorded)
        if isinstance(entry, Filled) and entry.field == CHOSEN and self.state.opened:
            opened = self.state.opened
            self.book = rulebook_of(self.desk.definitions_of(opened.definitions), opened, self.state)
        return self.state

    def retry(self) -> SessionState:
        """Try the unsaved entry again."""
        return self.state if self.unsaved is None else self.record(self.unsaved)

    @property
    def saved_at(self) -> datetime | None:
        """When the newest entry reached the disk."""
        return self.state.last_at

    @property
    def signed(self) -> bool:
        """Whether the contact is signed."""
        return self.state.signed is not None

    @property
    def carried(self) -> Carried:
        """What earlier contacts handed over."""
        return carried_of(self.state)

    @property
    def stage(self) -> Stage:
        """The stage the contact is in."""
        return self.book.protocol.stage(self.state.stage)

    @property
    def step(self) -> Step:
        """The step the contact is in."""
        return self.stage.step(self.state.step or self.stage.steps[0].id)

    @property
    def nobody_spoken_to(self) -> bool:
        """Whether this is the record of a contact in which the patient was not reached."""
        return any(gate.rule == gates.nobody_spoken_to.__name__ for gate in self.book.protocol.sign)

    def held_here(self) -> str | None:
        """Why the step in hand may not be left onwards: nothing of the service is said before the identity is known."""
        return gates.identity_confirmed(self.book, self.state) if self.step.id == IDENTITY else None

    def blocks(self, stage_id: str) -> tuple[str, ...]:
        """Why a stage may not be entered now."""
        return path.blocks(self.book, self.state, stage_id)

    def enter(self, stage_id: str, step_id: str = "") -> SessionState:
        """Move to a stage: at the given step, at its beginning the first time, later where something is lacking."""
        if not step_id:
            stage = self.book.protocol.stage(stage_id)
            begun = self.state.visited(stage_id)
            step_id = path.first_step(stage, self.book, self.state) if begun else stage.steps[0].id
        return self.record(Entered(stage_id, step_id))

    def neighbour(self, direction: int) -> str | None:
        """The id of the next (1) or previous (-1) stage, None at either end."""
        stages = self.book.protocol.stages
        at = self.book.protocol.index(self.state.stage) + direction
        return stages[at].id if 0 <= at < len(stages) else None

    def next_step(self) -> str | None:
        """The id of the step after this one in the stage, None at its end."""
        steps = [step.id for step in self.stage.steps]
        at = steps.index(self.step.id) + 1
        return steps[at] if at < len(steps) else None

    def mark_call(self, event: CallEvent, text: str = "") -> SessionState:
        """Log something that happened to the line; a try of a missed contact is told in its field too."""
        before = max((mark.seq for mark in self.state.calls), default=0)
        self.record(CallMarked(event, text))
        tried = telephone.tries(self.state, before)
        if tried and find_field(self.book, self.state, TRIES) is not None:
            held = self.state.words(TRIES)
            self.record(Filled(TRIES, f"{held}; {tried}" if held else tried))
        return self.state

    def skip(self, stage_id: str, reason: str, step_id: str = "") -> SessionState:
        """Leave a stage (or one step of it) uncovered, with a reason."""
        return self.record(Skipped(stage_id, step_id, reason))

    def safety_broke_off(self, reason: str, action: str, informed: str) -> SessionState:
        """Record the safety conversation as incomplete: why, what was done about it, who was told."""
        self.record(Filled(INCOMPLETE_REASON, reason))
        self.record(Filled(INCOMPLETE_ACTION, action))
        return self.record(Filled(INCOMPLETE_INFORMED, informed))

    def end_early(self, reason: str) -> SessionState:
        """Give one reason for every stage not covered; safety needs its own record and is left alone."""
        for stage in self.book.protocol.stages:
            if stage.id != SAFETY and not path.covered(self.book, self.state, stage):
                self.skip(stage.id, reason)
        return self.state
