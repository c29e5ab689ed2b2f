"""Patients, appointments and contacts: rows in, values out, and the pages the lists are drawn from."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gsh_console.domain.people import Patient, Practitioner
from gsh_console.domain.text import clean
from gsh_console.faults import InputRefused
from gsh_console.store.remote import TASK_IS_OVER
from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session

_PATIENT_COLUMNS = tuple(field.name for field in dataclasses.fields(Patient))
_SELECT_PATIENT = f"SELECT {', '.join(_PATIENT_COLUMNS)} FROM patient"
_SELECT_CONTACT = (
    "SELECT id, patient_id, number, protocol, protocol_version, opened_at, signed_at, mistaken_at FROM contact"
)

# One row of a list: everything a tired person needs, each fact by an indexed look-up of its own.
_FACTS = f"""
  (SELECT count(*) FROM contact c WHERE c.patient_id = p.id AND c.mistaken_at IS NULL) AS contacts,
  (SELECT c.id FROM contact c WHERE c.patient_id = p.id AND c.signed_at IS NULL AND c.mistaken_at IS NULL
    ORDER BY c.number DESC LIMIT 1),
  (SELECT max(c.signed_at) FROM contact c WHERE c.patient_id = p.id),
  (SELECT count(*) FROM action a WHERE a.patient_id = p.id AND a.closed_at IS NULL),
  (SELECT c.end_code FROM contact c WHERE c.patient_id = p.id AND c.mistaken_at IS NULL ORDER BY c.number DESC LIMIT 1),
  EXISTS (SELECT 1 FROM task t WHERE t.patient_id = p.id AND t.status NOT IN {TASK_IS_OVER})
"""
_TODAY = f"""
SELECT a.id, a.starts_at, a.minutes, p.id, p.family_name, p.given_name, p.language, p.interpreter_required, {_FACTS},
  a.contact_id, (SELECT c.signed_at FROM contact c WHERE c.id = a.contact_id)
FROM appointment a JOIN patient p ON p.id = a.patient_id
WHERE a.starts_at >= ? AND a.starts_at < ? AND p.search_key LIKE ? ESCAPE '!'
ORDER BY a.starts_at, p.search_key LIMIT ? OFFSET ?
"""
_CASELOAD = f"""
SELECT '', (SELECT min(a.starts_at) FROM appointment a WHERE a.patient_id = p.id AND a.starts_at >= ?), 0,
  p.id, p.family_name, p.given_name, p.language, p.interpreter_required, {_FACTS}, NULL, NULL
FROM patient p WHERE p.search_key LIKE ? ESCAPE '!' ORDER BY p.search_key, p.id LIMIT ? OFFSET ?
"""


@dataclass(frozen=True)
class ListRow:
    """One line of the today or caseload list. `starts_at` is aware UTC or None; `open_contact` an id or None.

    `ended`: the newest contact carries an end code, so nothing is due. `asked`: a task of the service is not done.
    """

    appointment_id: str
    starts_at: datetime | None
    minutes: int
    patient_id: str
    name: str
    language: str
    interpreted: bool
    contacts: int
    open_contact: str | None
    last_signed: datetime | None
    open_actions: int
    done: bool
    ended: bool = False
    asked: bool = False


@dataclass(frozen=True)
class ContactSummary:
    """A contact as the lists know it. `mistaken_at`: when it was closed as begun by mistake, None where it was not."""

    id: str
    patient_id: str
    number: int
    protocol: str
    protocol_version: str
    opened_at: datetime
    signed_at: datetime | None
    mistaken_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the contact waits to be gone on with."""
        return self.signed_at is None and self.mistaken_at is None


def today(store: Store, start: datetime, end: datetime, typed: str, limit: int, offset: int) -> list[ListRow]:
    """The appointments from `start` to before `end`, in time order."""
    parameters = (as_text(start), as_text(end), _pattern(typed), limit, offset)
    return [_list_row(row) for row in store.fetch(_TODAY, parameters)]


def page(store: Store, now: datetime, typed: str, limit: int, offset: int) -> list[ListRow]:
    """A page of the whole caseload, by name, each with its next appointment."""
    return [_list_row(row) for row in store.fetch(_CASELOAD, (as_text(now), _pattern(typed), limit, offset))]


def count_today(store: Store, start: datetime, end: datetime, typed: str) -> int:
    """How many appointments the list has."""
    query = """SELECT count(*) FROM appointment a JOIN patient p ON p.id = a.patient_id
               WHERE a.starts_at >= ? AND a.starts_at < ? AND p.search_key LIKE ? ESCAPE '!'"""
    return int(store.fetch(query, (as_text(start), as_text(end), _pattern(typed)))[0][0])


def count(store: Store, typed: str) -> int:
    """How many patients match what was typed."""
    if not typed.strip():
        return int(store.fetch("SELECT count(*) FROM patient")[0][0])
    query = "SELECT count(*) FROM patient WHERE search_key LIKE ? ESCAPE '!'"
    return int(store.fetch(query, (_pattern(typed),))[0][0])


def patient(store: Store, patient_id: str) -> Patient:
    """One patient; InputRefused if the id is unknown."""
    rows = store.fetch(f"{_SELECT_PATIENT} WHERE id = ?", (patient_id,))
    if not rows:
        raise InputRefused("There is no such patient in this store.", "Choose one from the caseload.")
    return _patient(rows[0])


def patients(store: Store) -> list[Patient]:
    """Every patient, by name."""
    return [_patient(row) for row in store.fetch(f"{_SELECT_PATIENT} ORDER BY search_key, id")]


def known_nhs_numbers(store: Store) -> frozenset[str]:
    """The NHS numbers already on the caseload."""
    return frozenset(row[0] for row in store.fetch("SELECT nhs_number FROM patient WHERE nhs_number IS NOT NULL"))


def contacts_of(store: Store, patient_id: str) -> list[ContactSummary]:
    """A patient's contacts, first to last, those begun by mistake among them."""
    query = f"{_SELECT_CONTACT} WHERE patient_id = ? ORDER BY number, opened_at"
    return [_contact(row) for row in store.fetch(query, (patient_id,))]


def next_number(contacts: Sequence[ContactSummary]) -> int:
    """The number the next contact will have: one begun by mistake is none."""
    return sum(contact.mistaken_at is None for contact in contacts) + 1


def contact(store: Store, contact_id: str) -> ContactSummary:
    """One contact; InputRefused if the id is unknown."""
    rows = store.fetch(f"{_SELECT_CONTACT} WHERE id = ?", (contact_id,))
    if not rows:
        raise InputRefused("There is no such contact in this store.", "Choose one from the patient's contacts.")
    return _contact(rows[0])


def open_contacts(store: Store) -> list[ContactSummary]:
    """Contacts that were opened and not closed, newest first."""
    query = f"{_SELECT_CONTACT} WHERE signed_at IS NULL AND mistaken_at IS NULL ORDER BY opened_at DESC"
    return [_contact(row) for row in store.fetch(query)]


def practitioner(store: Store) -> Practitioner | None:
    """Whose store this is."""
    rows = store.fetch("SELECT name, role, sds_id FROM practitioner WHERE id = 1")
    return Practitioner(*rows[0]) if rows else None


def add_practitioner(session: Session, person: Practitioner) -> None:
    """Write whose store this is."""
    from gsh_console.store.tables import PractitionerRow

    session.add(PractitionerRow(id=1, name=person.name, role=person.role, sds_id=person.sds_id))


def add_patient(session: Session, person: Patient, added_at: datetime) -> None:
    """Write a new patient."""
    from gsh_console.store.tables import PatientRow

    session.add(PatientRow(**patient_columns(person, added_at)))


def patient_columns(person: Patient, added_at: datetime) -> dict[str, Any]:
    """A patient as a row's values."""
    values = dataclasses.asdict(person)
    values["birth_date"] = person.birth_date.isoformat()
    values["referral_received"] = person.referral_received.isoformat() if person.referral_received else None
    return {**values, "search_key": search_key(person), "added_at": as_text(added_at)}


def add_appointment(
    session: Session, appointment_id: str, patient_id: str, starts_at: datetime, minutes: int, purpose: str
) -> None:
    """Write a booked call."""
    from gsh_console.store.tables import AppointmentRow

    session.add(
        AppointmentRow(
            id=appointment_id, patient_id=patient_id, starts_at=as_text(starts_at), minutes=minutes, purpose=purpose
        )
    )


def add_contact(session: Session, summary: ContactSummary, appointment_id: str | None) -> None:
    """Write a newly opened contact and tie it to its appointment."""
    from sqlmodel import update

    from gsh_console.store.tables import AppointmentRow, ContactRow

    session.add(
        ContactRow(
            id=summary.id,
            patient_id=summary.patient_id,
            number=summary.number,
            protocol=summary.protocol,
            protocol_version=summary.protocol_version,
            opened_at=as_text(summary.opened_at),
            signed_at=as_text(summary.signed_at) if summary.signed_at else None,
        )
    )
    session.flush()
    if appointment_id:
        tied = update(AppointmentRow).where(AppointmentRow.id == appointment_id)  # type: ignore[arg-type]
        session.exec(tied.values(contact_id=summary.id))


def change_protocol(session: Session, contact_id: str, protocol: str, version: str) -> None:
    """Note that an open contact goes on under another protocol."""
    from sqlmodel import update

    from gsh_console.store.tables import ContactRow

    changed = update(ContactRow).where(ContactRow.id == contact_id)  # type: ignore[arg-type]
    session.exec(changed.values(protocol=protocol, protocol_version=version))


def mark_mistaken(session: Session, contact_id: str, at: datetime) -> None:
    """Mark a contact as begun by mistake; its appointment is there to be called again."""
    from sqlmodel import update

    from gsh_console.store.tables import AppointmentRow, ContactRow

    mistaken = update(ContactRow).where(ContactRow.id == contact_id)  # type: ignore[arg-type]
    session.exec(mistaken.values(mistaken_at=as_text(at)))
    tied = update(AppointmentRow).where(AppointmentRow.contact_id == contact_id)  # type: ignore[arg-type]
    session.exec(tied.values(contact_id=None))


def state_problem(session: Session, patient_id: str, statement: str) -> None:
    """Put a newly agreed problem statement in the place of the patient's earlier one."""
    from sqlmodel import update

    from gsh_console.store.tables import PatientRow

    changed = update(PatientRow).where(PatientRow.id == patient_id)  # type: ignore[arg-type]
    session.exec(changed.values(problem_statement=statement))


def search_key(person: Patient) -> str:
    """What typing in the filter is matched against: name, NHS number and language, folded."""
    return folded(f"{person.family_name} {person.given_name} {person.nhs_number or ''} {person.language}")


def folded(text: str) -> str:
    """Lower case without accents or control characters, single spaces."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", clean(text, one_line=True)) if not unicodedata.combining(c)
    )
    return " ".join(plain.casefold().split())


def _pattern(typed: str) -> str:
    escaped = folded(typed)
    for special in "!%_":
        escaped = escaped.replace(special, f"!{special}")
    return f"%{escaped}%"


def _patient(row: tuple[Any, ...]) -> Patient:
    values = dict(zip(_PATIENT_COLUMNS, row, strict=True))
    values["birth_date"] = date.fromisoformat(values["birth_date"])
    received = values["referral_received"]
    values["referral_received"] = date.fromisoformat(received) if received else None
    values["interpreter_required"] = bool(values["interpreter_required"])
    return Patient(**values)


def _contact(row: tuple[Any, ...]) -> ContactSummary:
    contact_id, patient_id, number, protocol, version, opened_at, *closed = row
    signed, mistaken = (as_moment(at) if at else None for at in closed)
    return ContactSummary(contact_id, patient_id, number, protocol, version, as_moment(opened_at), signed, mistaken)


def _list_row(row: tuple[Any, ...]) -> ListRow:
    (appointment, starts, minutes, patient_id, family, given, language, interpreted) = row[:8]
    (contacts, open_contact, last_signed, actions, end_code, asked, contact_id, signed) = row[8:]
    return ListRow(
        appointment_id=appointment,
        starts_at=as_moment(starts) if starts else None,
        minutes=minutes,
        patient_id=patient_id,
        name=f"{family.upper()}, {given}",
        language=language,
        interpreted=bool(interpreted),
        contacts=contacts,
        open_contact=open_contact,
        last_signed=as_moment(last_signed) if last_signed else None,
        open_actions=actions,
        done=bool(contact_id and signed),
        ended=bool(end_code),
        asked=bool(asked),
    )
