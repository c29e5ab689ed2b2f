"""Every table of the store, columns only. Moments are ISO texts in UTC, days ISO dates; JSON is text."""

from sqlalchemy import LargeBinary
from sqlmodel import Column, Field, SQLModel


class FactRow(SQLModel, table=True):
    """One fact about the store itself."""

    __tablename__ = "fact"
    name: str = Field(primary_key=True)
    value: str


class PractitionerRow(SQLModel, table=True):
    """The practitioner whose store this is."""

    __tablename__ = "practitioner"
    id: int = Field(primary_key=True)
    name: str
    role: str
    sds_id: str | None = None


class PatientRow(SQLModel, table=True):
    """A person on the caseload."""

    __tablename__ = "patient"
    id: str = Field(primary_key=True)
    family_name: str
    given_name: str
    birth_date: str
    nhs_number: str | None = None
    gender: str
    language: str
    interpreter_required: bool
    interpreter_wishes: str
    communication_needs: str
    phone: str
    second_phone: str
    voicemail: str
    emergency_contact: str
    address_line: str
    postcode: str
    gp_practice: str
    problem_descriptor: str
    problem_statement: str
    referral_received: str | None = None
    search_key: str
    added_at: str


class ContactRow(SQLModel, table=True):
    """A contact with a patient, open until signed or, as `mistaken_at` says, closed as begun by mistake.

    `end_code`: the national code, where the referral ended with it.
    """

    __tablename__ = "contact"
    id: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    number: int
    protocol: str
    protocol_version: str
    opened_at: str
    signed_at: str | None = None
    end_code: str | None = None
    mistaken_at: str | None = None


class AppointmentRow(SQLModel, table=True):
    """A booked call."""

    __tablename__ = "appointment"
    id: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    starts_at: str
    minutes: int
    purpose: str
    contact_id: str | None = Field(default=None, foreign_key="contact.id")


class JournalRow(SQLModel, table=True):
    """One entry of a contact; `mac` chains it to the entry before."""

    __tablename__ = "journal"
    seq: int = Field(primary_key=True)
    contact_id: str = Field(foreign_key="contact.id")
    at: str
    kind: str
    body: str
    mac: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JournalGapRow(SQLModel, table=True):
    """Entries of a purged patient: what their chain came to, and the seal that nobody without the key can make."""

    __tablename__ = "journal_gap"
    first_seq: int = Field(primary_key=True)
    last_seq: int
    mac: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seal: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ScoreRow(SQLModel, table=True):
    """A signed contact's score, a cache of what the journal says. `total` is the exact number as text."""

    __tablename__ = "score"
    contact_id: str = Field(primary_key=True, foreign_key="contact.id")
    measure: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    number: int
    taken_on: str
    total: str | None = None
    complete: bool
    prorated: bool
    missing: str


class NoteRow(SQLModel, table=True):
    """A signed note or its amendment."""

    __tablename__ = "note"
    id: str = Field(primary_key=True)
    contact_id: str = Field(foreign_key="contact.id")
    amends: str | None = Field(default=None, foreign_key="note.id")
    text: str
    body: str
    sha256: str
    practitioner: str
    signed_at: str


class ActionRow(SQLModel, table=True):
    """A safety or supervision action, open until closed."""

    __tablename__ = "action"
    id: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    contact_id: str = Field(foreign_key="contact.id")
    what: str
    who: str
    opened_at: str
    closed_at: str | None = None
    outcome: str


class OutboxRow(SQLModel, table=True):
    """A signed record on its way to the service; what is in it has a table of its own and is read only to be sent."""

    __tablename__ = "outbox"
    seq: int | None = Field(default=None, primary_key=True)
    id: str
    patient_id: str = Field(foreign_key="patient.id")
    contact_id: str = Field(foreign_key="contact.id")
    what: str
    sha256: str
    state: str
    attempts: int
    queued_at: str
    sent_at: str | None = None
    last_error: str
    goes_first: bool
    head: bool
    next_at: str
    progress: str


class PayloadRow(SQLModel, table=True):
    """What an outbox item holds, frozen when it was signed."""

    __tablename__ = "payload"
    seq: int = Field(primary_key=True, foreign_key="outbox.seq")
    content: str


class RemoteRow(SQLModel, table=True):
    """What a row is called on the server, which version was last seen, and what that version said."""

    __tablename__ = "remote"
    kind: str = Field(primary_key=True)
    local_id: str = Field(primary_key=True)
    reference: str
    version: str
    content: str
    seen_at: str


class ProposalRow(SQLModel, table=True):
    """A patient's detail that differs here from what the server says; open until the practitioner settles it."""

    __tablename__ = "proposal"
    id: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    field: str
    ours: str
    theirs: str
    made_at: str
    settled_at: str | None = None


class TaskRow(SQLModel, table=True):
    """A task the service gave the practitioner."""

    __tablename__ = "task"
    id: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    what: str
    status: str
    due: str | None = None
    authored_at: str | None = None


class PendingChangeRow(SQLModel, table=True):
    """A change of a server's resource that is not settled: what was seen, what is wanted, what was found instead."""

    __tablename__ = "pending_change"
    reference: str = Field(primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    wanted: str
    seen: str
    found: str
    made_at: str


class TombstoneRow(SQLModel, table=True):
    """A patient who left the caseload; `purged_at` is set once nothing of the person is kept here."""

    __tablename__ = "tombstone"
    patient_id: str = Field(primary_key=True)
    left_at: str
    purged_at: str | None = None
    contacts: int
    records: int


class DefinitionSetRow(SQLModel, table=True):
    """The whole set of definition files some contact is held to, as a zip archive, under its digest."""

    __tablename__ = "definition_set"
    sha256: str = Field(primary_key=True)
    archive: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    kept_at: str
