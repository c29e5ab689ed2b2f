"""What is sent: a signed contact or an amendment to one, and who sends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gsh_console.domain.actions import OpenedAction
from gsh_console.domain.note import Note
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import Score
from gsh_console.domain.session import SessionState


@dataclass(frozen=True)
class Origin:
    """Who sends: the service, the root of its own identifiers, and the console that made the record."""

    service_name: str
    ods_code: str
    identifier_root: str
    install_id: str
    version: str
    training: bool


@dataclass(frozen=True)
class SignedContact:
    """A contact as it was signed. `bundle_id`, `contact_id`, `note_id` and the patient's id are UUIDs."""

    bundle_id: str
    contact_id: str
    patient: Patient
    practitioner: Practitioner
    book: Rulebook
    state: SessionState
    scores: tuple[Score, ...]
    note: Note
    note_id: str
    note_sha256: str
    signed_at: datetime
    actions: tuple[OpenedAction, ...]
    next_minutes: int = 30


@dataclass(frozen=True)
class Amendment:
    """An addition to a signed note. `amends_note_id` is the note, or the earlier amendment, it adds to."""

    bundle_id: str
    contact_id: str
    patient: Patient
    practitioner: Practitioner
    text: str
    reason: str
    note_id: str
    amends_note_id: str
    note_sha256: str
    amended_at: datetime
    book: Rulebook
