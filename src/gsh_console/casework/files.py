"""The patient's file: contacts, signed scores and notes, open actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import BegunByMistake
from gsh_console.domain.people import Patient
from gsh_console.domain.session import replay
from gsh_console.store import caseload, journal, records, remote
from gsh_console.store.caseload import ContactSummary
from gsh_console.store.records import KeptAction, KeptNote, KeptScore
from gsh_console.store.remote import KeptTask

__all__ = ["ContactSummary", "KeptAction", "KeptNote", "KeptScore", "KeptTask", "PatientFile"]


@dataclass(frozen=True)
class PatientFile:
    """Everything the patient screen shows. `mistakes`: why a contact was begun by mistake, by its id.

    `tasks`: what the service asked the practitioner to do for this patient and is not done.
    """

    patient: Patient
    contacts: tuple[ContactSummary, ...]
    scores: tuple[KeptScore, ...]
    actions: tuple[KeptAction, ...]
    open_contact: str | None
    mistakes: Mapping[str, str]
    tasks: tuple[KeptTask, ...]

    @property
    def next_number(self) -> int:
        """The number the next contact will have."""
        return caseload.next_number(self.contacts)


def patient_file(desk: Desk, patient_id: str) -> PatientFile:
    """A patient with contacts, signed scores and open actions."""
    contacts = tuple(caseload.contacts_of(desk.store, patient_id))
    open_one = next((contact.id for contact in contacts if contact.is_open), None)
    return PatientFile(
        patient=caseload.patient(desk.store, patient_id),
        contacts=contacts,
        scores=tuple(records.scores_of(desk.store, patient_id)),
        actions=tuple(records.open_actions(desk.store, patient_id)),
        open_contact=open_one,
        mistakes={contact.id: _mistake(desk, contact.id) for contact in contacts if contact.mistaken_at},
        tasks=tuple(remote.open_tasks(desk.store, patient_id)),
    )


def _mistake(desk: Desk, contact_id: str) -> str:
    mistaken = replay(journal.entries_of(desk.store, contact_id)).mistaken
    return mistaken.entry.reason if mistaken and isinstance(mistaken.entry, BegunByMistake) else ""


def notes(desk: Desk, contact_id: str) -> tuple[KeptNote, ...]:
    """A contact's signed note and its amendments."""
    return tuple(records.notes_of(desk.store, contact_id))
