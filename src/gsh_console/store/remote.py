"""What the store holds of the server: names and versions of its resources, tasks, proposals, who left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True)
class Remote:
    """A row of ours and the server's resource it belongs to, as last seen."""

    kind: str
    local_id: str
    reference: str
    version: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """A detail the practitioner had changed and the server says otherwise."""

    id: str
    patient_id: str
    patient: str
    field: str
    ours: str
    theirs: str
    made_at: datetime


@dataclass(frozen=True)
class KeptTask:
    """A task the service gave the practitioner."""

    id: str
    patient_id: str
    patient: str
    what: str
    status: str
    due: str | None


@dataclass(frozen=True)
class Standing:
    """What came from the server as it stands here, by id: `calls` gives patient and start, `changes` are counted."""

    patients: frozenset[str]
    calls: dict[str, tuple[str, str]]
    tasks: frozenset[str]
    proposals: frozenset[str]
    changes: int


TASK_IS_OVER = "('completed', 'cancelled', 'failed', 'rejected', 'entered-in-error')"
_REMOTE = "SELECT kind, local_id, reference, version, content FROM remote"
_NAME = "(SELECT upper(p.family_name) || ', ' || p.given_name FROM patient p WHERE p.id = patient_id)"


def by_reference(store: Store, reference: str) -> Remote | None:
    """What the server calls so."""
    rows = store.fetch(f"{_REMOTE} WHERE reference = ?", (reference,))
    return _remote(rows[0]) if rows else None


def by_local_id(store: Store, kind: str, local_id: str) -> Remote | None:
    """What a row of ours is called on the server."""
    rows = store.fetch(f"{_REMOTE} WHERE kind = ? AND local_id = ?", (kind, local_id))
    return _remote(rows[0]) if rows else None


def of_kind(store: Store, kind: str) -> list[Remote]:
    """Everything of a kind that is known on the server."""
    return [_remote(row) for row in store.fetch(f"{_REMOTE} WHERE kind = ? ORDER BY local_id", (kind,))]


def appointments_of(store: Store, patient_id: str) -> list[Remote]:
    """The patient's calls that are known on the server, by when they begin."""
    query = f"{_REMOTE} JOIN appointment ON appointment.id = local_id WHERE kind = 'Appointment' AND patient_id = ?"
    return [_remote(row) for row in store.fetch(f"{query} ORDER BY starts_at", (patient_id,))]


def write(session: Session, held: Remote, seen_at: datetime) -> None:
    """Keep what the server calls a row, and what it said."""
    from gsh_console.store.tables import RemoteRow

    content = json.dumps(held.content, ensure_ascii=False)
    row = RemoteRow(
        kind=held.kind, local_id=held.local_id, reference=held.reference, version=held.version, content=content,
        seen_at=as_text(seen_at),
    )  # fmt: skip
    session.merge(row)


def standing(store: Store) -> Standing:
    """How it stands now, to be held against how it stood before."""

    def ids(query: str) -> frozenset[str]:
        return frozenset(str(row[0]) for row in store.fetch(query))

    calls = {call: (who, at) for call, who, at in store.fetch("SELECT id, patient_id, starts_at FROM appointment")}
    proposals = ids("SELECT id FROM proposal WHERE settled_at IS NULL")
    changes = len(ids("SELECT reference FROM pending_change"))
    return Standing(ids("SELECT id FROM patient"), calls, ids("SELECT id FROM task"), proposals, changes)


def count_waiting(store: Store, patient_id: str = "") -> int:
    """How many proposals and changes are not settled; of one patient only where an id is given."""
    whose = ("", ()) if not patient_id else ("AND patient_id = ?", (patient_id, patient_id))
    query = f"""SELECT (SELECT count(*) FROM proposal WHERE settled_at IS NULL {whose[0]})
                     + (SELECT count(*) FROM pending_change WHERE true {whose[0]})"""
    return int(store.fetch(query, whose[1])[0][0])


def forget(session: Session, kind: str, local_id: str) -> None:
    """Forget what the server calls a row of ours."""
    from gsh_console.store.tables import RemoteRow

    held = session.get(RemoteRow, (kind, local_id))
    if held is not None:
        session.delete(held)


def forget_all(session: Session) -> None:
    """Forget everything the server calls ours, its tasks and changes wanted there; patients and calls stay."""
    from sqlmodel import delete

    from gsh_console.store.tables import PendingChangeRow, RemoteRow, TaskRow

    for row in (RemoteRow, TaskRow, PendingChangeRow):
        session.exec(delete(row))


def update_patient(session: Session, patient_id: str, values: dict[str, Any]) -> None:
    """Write details of a patient."""
    from sqlmodel import update

    from gsh_console.store.tables import PatientRow

    if values:
        session.exec(update(PatientRow).where(PatientRow.id == patient_id).values(**values))  # type: ignore[arg-type]


def propose(session: Session, proposal: Proposal) -> None:
    """Keep a detail of ours that the server overruled."""
    from gsh_console.store.tables import ProposalRow

    row = ProposalRow(
        id=proposal.id, patient_id=proposal.patient_id, field=proposal.field, ours=proposal.ours,
        theirs=proposal.theirs, made_at=as_text(proposal.made_at),
    )  # fmt: skip
    session.add(row)


def settle_proposal(session: Session, proposal_id: str, at: datetime) -> bool:
    """Close a proposal; return whether it was open."""
    from sqlmodel import update

    from gsh_console.store.tables import ProposalRow

    open_one = update(ProposalRow).where(
        ProposalRow.id == proposal_id,  # type: ignore[arg-type]
        ProposalRow.settled_at.is_(None),  # type: ignore[union-attr]
    )
    return bool(session.exec(open_one.values(settled_at=as_text(at))).rowcount)


def open_proposals(store: Store) -> list[Proposal]:
    """Every open proposal, oldest first."""
    query = f"""SELECT id, patient_id, {_NAME}, field, ours, theirs, made_at FROM proposal
                WHERE settled_at IS NULL ORDER BY made_at, id"""
    found = store.fetch(query)
    return [
        Proposal(one, who, name, field, ours, theirs, as_moment(at))
        for one, who, name, field, ours, theirs, at in found
    ]


def put_task(session: Session, task_id: str, patient_id: str, values: dict[str, Any]) -> None:
    """Write a task, or bring the one with this id up to date."""
    from gsh_console.store.tables import TaskRow

    session.merge(TaskRow(id=task_id, patient_id=patient_id, **values))


def open_tasks(store: Store, patient_id: str = "") -> list[KeptTask]:
    """Every task that is not done, by when it is due; of one patient only where an id is given."""
    query = f"""SELECT id, patient_id, {_NAME}, what, status, due FROM task
                WHERE status NOT IN {TASK_IS_OVER} {"AND patient_id = ?" if patient_id else ""}
                ORDER BY due IS NULL, due, authored_at"""
    return [KeptTask(*row) for row in store.fetch(query, (patient_id,) if patient_id else ())]


def put_appointment(session: Session, appointment_id: str, patient_id: str, starts_at: datetime, minutes: int) -> None:
    """Write a booked call, or move the one with this id."""
    from gsh_console.store.tables import AppointmentRow

    held = session.get(AppointmentRow, appointment_id)
    if held is None:
        held = AppointmentRow(id=appointment_id, patient_id=patient_id, starts_at="", minutes=0, purpose="support")
    held.starts_at, held.minutes = as_text(starts_at), minutes
    session.add(held)


def drop_appointment(session: Session, appointment_id: str) -> None:
    """Take a call off the list unless a contact belongs to it."""
    from gsh_console.store.tables import AppointmentRow

    held = session.get(AppointmentRow, appointment_id)
    if held is not None and held.contact_id is None:
        session.delete(held)


def same_appointment(store: Store, patient_id: str, starts_at: datetime) -> str:
    """The id of a call of this patient at this very moment, empty where there is none."""
    query = "SELECT id FROM appointment WHERE patient_id = ? AND starts_at = ?"
    rows = store.fetch(query, (patient_id, as_text(starts_at)))
    return str(rows[0][0]) if rows else ""


def _remote(row: tuple[Any, ...]) -> Remote:
    return Remote(row[0], row[1], row[2], row[3], json.loads(row[4]))
