"""Taking over what came down: one patient, one call, one task at a time, each as part of its page's transaction.

Each answers with what it counted as: a word of `caseload_down.Brought`, or of `WHY_NOT`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.store import caseload, remote
from gsh_console.store.remote import Proposal, Remote
from gsh_console.sync.asking import Server
from gsh_console.sync.incoming import (
    appointment_of,
    details_of,
    is_cared_for,
    is_in_use,
    reference_of,
    replaced_by,
    task_of,
    version_of,
)
from gsh_console.sync.outcomes import RefusedForGood
from gsh_console.sync.people import after_merges

if TYPE_CHECKING:
    from sqlmodel import Session

WHY_NOT = {
    "twice": "not taken over, since the server has their NHS number more than once",
    "clash": "not taken over: somebody with this NHS number is here, born on another day; check whose number it is",
    "retired": "no longer in use on the server, so nothing of them was taken over",
    "foreign": "sent by the server although not of your caseload, so left out",
    "joined": "joined with another record on the server, which was followed",
    "both here": "joined on the server while both are on your list: ask the service which one to go on with",
    "deleted": "deleted on the server and kept here: ask the service why",
}


@dataclass(frozen=True)
class Came:
    """A resource that came down. `was`: what we knew the person as, where the server has merged that into this."""

    resource: dict[str, Any]
    was: str = ""


def followed(desk: Desk, server: Server, resource: dict[str, Any]) -> Came:
    """A patient with the merge the server has made of somebody known here, if it has; asks the server only then."""
    reference = reference_of(resource)
    if replaced_by(resource):
        if remote.by_reference(desk.store, reference) is None:
            return Came(resource)
        standing = _standing(server, resource)
        return Came(standing, reference) if standing else Came(resource)
    details = details_of(resource)
    patient_id = _with_number(desk, details["nhs_number"]) if details else ""
    linked = remote.by_local_id(desk.store, "Patient", patient_id) if patient_id else None
    if linked is None or linked.reference == reference:
        return Came(resource)
    older = _standing_of(server, linked.reference)
    return Came(resource, linked.reference) if older and reference_of(older) == reference else Came(resource)


def _standing_of(server: Server, reference: str) -> dict[str, Any] | None:
    try:
        older = server.read(reference)
    except RefusedForGood:
        return None  # deleted, or not ours to read
    return _standing(server, older) if older else None


def _standing(server: Server, resource: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return after_merges(server, resource)
    except RefusedForGood:
        return None


def once_each(resources: Iterable[dict[str, Any]], counted: Counter[str]) -> list[dict[str, Any]]:
    """The last of each resource, and of each NHS number: two people with one number are not taken over."""
    last = {reference_of(each): each for each in resources}
    numbers = {name: (details_of(each) or {}).get("nhs_number") for name, each in last.items() if is_in_use(each)}
    often = Counter(number for number in numbers.values() if number)
    twice = {name for name, number in numbers.items() if often[number] > 1}
    counted["twice"] += len(twice)
    return [each for name, each in last.items() if name not in twice]


def take_patient(desk: Desk, session: Session, came: Came, practitioner: str) -> list[str]:
    """Take a patient over; `practitioner`: whose patients these have to be, empty where the search says it."""
    resource, reference = came.resource, reference_of(came.resource)
    known = remote.by_reference(desk.store, came.was or reference)
    if known and not came.was and known.version and known.version == version_of(resource):
        return []
    if came.was and remote.by_reference(desk.store, reference):
        return ["both here"]
    if practitioner and not is_cared_for(resource, practitioner):
        return ["foreign"]
    if not is_in_use(resource):
        return ["retired"]
    details = details_of(resource)
    if details is None:
        return ["skipped"]
    patient_id = known.local_id if known else _with_number(desk, details["nhs_number"])
    if patient_id and not known:
        if remote.by_local_id(desk.store, "Patient", patient_id):
            return ["twice"]  # which one is ours was settled before
        if caseload.patient(desk.store, patient_id).birth_date.isoformat() != details["birth_date"]:
            return ["clash"]
    counted = ["joined"] if came.was else []
    if patient_id:
        counted += _merge(desk, session, patient_id, details, known.content if known else {})
    else:
        patient_id = desk.new_id()
        caseload.add_patient(session, Patient(id=patient_id, **_typed(details)), desk.now())
        session.flush()
        counted.append("new")
    remote.write(session, Remote("Patient", patient_id, reference, version_of(resource), details), desk.now())
    return counted


def _merge(desk: Desk, session: Session, patient_id: str, theirs: dict[str, Any], base: dict[str, Any]) -> list[str]:
    """The server's details over ours; ours kept as a proposal where the practitioner had changed them."""
    held = caseload.patient(desk.store, patient_id)
    ours = {**dataclasses.asdict(held), "birth_date": held.birth_date.isoformat()}
    changed = {field: told for field, told in theirs.items() if told != ours[field] and told != base.get(field)}
    counted = ["changed"] if changed else []
    for field, told in changed.items():
        if ours[field] not in ("", None, base.get(field)):
            proposal = Proposal(desk.new_id(), patient_id, "", field, str(ours[field]), str(told or ""), desk.now())
            remote.propose(session, proposal)
            counted.append("proposals")
    if changed:
        merged = dataclasses.replace(held, **_typed({**{name: ours[name] for name in theirs}, **changed}))
        remote.update_patient(session, patient_id, {**changed, "search_key": caseload.search_key(merged)})
    return counted


def _typed(details: dict[str, Any]) -> dict[str, Any]:
    return {**details, "birth_date": date.fromisoformat(details["birth_date"])}


def _with_number(desk: Desk, number: str | None) -> str:
    rows = desk.store.fetch("SELECT id FROM patient WHERE nhs_number = ?", (number,)) if number else []
    return str(rows[0][0]) if rows else ""


def take_appointment(desk: Desk, session: Session, resource: dict[str, Any]) -> list[str]:
    """Take a call over; one that is somebody else's now goes from the one it was of."""
    found = appointment_of(resource)
    known = remote.by_reference(desk.store, reference_of(resource))
    people = (remote.by_reference(desk.store, each) for each in (found.patients if found else ()))
    person = next((each for each in people if each), None)
    if known and known.version == version_of(resource) and known.version:
        return []
    if known and (person is None or _whose(desk, known.local_id) not in ("", person.local_id)):
        remote.drop_appointment(session, known.local_id)
        remote.forget(session, "Appointment", known.local_id)
        session.flush()
        known = None
        if person is None:
            return ["appointments"]
    if found is None or person is None:
        return ["skipped"]
    local = known.local_id if known else ""
    if not local and found.starts_at:
        local = remote.same_appointment(desk.store, person.local_id, found.starts_at)
    if found.booked and found.starts_at:
        local = local or desk.new_id()
        remote.put_appointment(session, local, person.local_id, found.starts_at, found.minutes)
    elif local:
        remote.drop_appointment(session, local)
    if local:
        held = Remote("Appointment", local, found.reference, found.version, _plain(resource))
        remote.write(session, held, desk.now())
    return ["appointments"]


def _whose(desk: Desk, appointment_id: str) -> str:
    rows = desk.store.fetch("SELECT patient_id FROM appointment WHERE id = ?", (appointment_id,))
    return str(rows[0][0]) if rows else ""


def take_task(desk: Desk, session: Session, resource: dict[str, Any]) -> list[str]:
    """Take a task over."""
    found = task_of(resource)
    person = remote.by_reference(desk.store, found.patient) if found else None
    if found is None or person is None:
        return ["skipped"]
    known = remote.by_reference(desk.store, found.reference)
    local = known.local_id if known else desk.new_id()
    values = {"what": found.what, "status": found.status, "due": found.due, "authored_at": found.authored_at}
    remote.put_task(session, local, person.local_id, values)
    remote.write(session, Remote("Task", local, found.reference, found.version, {}), desk.now())
    return ["tasks"]


def _plain(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: resource[name] for name in ("start", "end", "minutesDuration", "status") if name in resource}
