"""The caseload comes down: own patients, calls and tasks, page by page, from where the last time ended.

The server's clock decides what is new. What the server says of a patient wins; what the practitioner had changed is
kept as a proposal. A run may be stopped at any page and goes on there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.faults import InputRefused, SyncFault
from gsh_console.settings import ServerSettings
from gsh_console.store import caseload, facts, remote
from gsh_console.store.remote import Proposal, Remote
from gsh_console.sync.asking import Page, Server
from gsh_console.sync.incoming import appointment_of, details_of, reference_of, task_of, version_of
from gsh_console.sync.outcomes import RefusedForGood

if TYPE_CHECKING:
    from sqlmodel import Session

OVERLAP = timedelta(minutes=5)  # asked for again each time; a server may write late
PAGE = 50
BASE = "down.base"
KINDS = ("Patient", "Appointment", "Task")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Brought:
    """What a run brought down. `skipped` counts what could not be taken over; `finished`: it was not stopped."""

    new: int
    changed: int
    proposals: int
    appointments: int
    tasks: int
    skipped: int
    left: tuple[str, ...]
    finished: bool

    def lines(self) -> tuple[str, ...]:
        """The counts in words; no name in them."""
        told = [
            f"patients: {self.new} new, {self.changed} changed",
            f"appointments: {self.appointments}, tasks: {self.tasks}",
        ]
        if self.proposals:
            told.append(f"details you had changed and the server says otherwise: {self.proposals}")
        if self.skipped:
            told.append(f"not taken over (no date of birth, no name, or nobody of this caseload): {self.skipped}")
        if self.left:
            told.append(f"no longer on your caseload: {len(self.left)}")
        if not self.finished:
            told.append("stopped; the next run goes on from here")
        return tuple(told)


def bring_down(
    desk: Desk,
    server: Server,
    settings: ServerSettings,
    on_progress: Progress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Brought:
    """Bring down what is new since the last time. SyncFault where the server cannot be asked; what came is kept."""
    if desk.training:
        raise InputRefused("This is the training caseload; it has no server.")
    counted: Counter[str] = Counter()
    _forget_another_server(desk, server.link.base)
    for kind in KINDS:
        search = _search(kind, settings)
        if search and not _bring(desk, server, kind, search, counted, on_progress, stop):
            return _brought(counted, (), finished=False)
    on_progress("who is still on the caseload")
    return _brought(counted, _left(desk, server, settings), finished=True)


def came_from(desk: Desk) -> str:
    """The address of the server the caseload came down from, empty where it never did."""
    return facts.read(desk.store, BASE)


def _forget_another_server(desk: Desk, base: str) -> None:
    """Forget names and places of a server that is not the one asked now: there they mean somebody else."""
    if came_from(desk) != base:
        with desk.store.unit() as session:
            remote.forget_all(session)
            for kind in KINDS:
                facts.write(session, f"down.{kind}", "")
            facts.write(session, BASE, base)


def _brought(counted: Counter[str], left: tuple[str, ...], *, finished: bool) -> Brought:
    names = ("new", "changed", "proposals", "appointments", "tasks", "skipped")
    return Brought(**{name: counted[name] for name in names}, left=left, finished=finished)


def _search(kind: str, settings: ServerSettings) -> str:
    who = settings.practitioner
    if kind == "Patient" and settings.caseload:
        return settings.caseload
    if not who:
        if kind == "Patient":
            raise SyncFault("Whose caseload it is is not set.", "Set practitioner or caseload in server.toml.")
        return ""
    name = {"Patient": "general-practitioner", "Appointment": "practitioner", "Task": "owner"}[kind]
    return f"{name}:identifier={who}" if "|" in who else f"{name}={who}"


def _bring(
    desk: Desk,
    server: Server,
    kind: str,
    search: str,
    counted: Counter[str],
    on_progress: Progress,
    stop: Callable[[], bool],
) -> bool:
    """Bring one kind down; False where it was stopped. Each page is one transaction with the place it ended at."""
    fact = f"down.{kind}"
    at = {"search": "", "since": "", "began": "", "following": "", **json.loads(facts.read(desk.store, fact) or "{}")}
    if at["search"] != search:
        at = {"search": search, "since": "", "began": "", "following": ""}
    while not stop():
        since = f"&_lastUpdated=ge{at['since']}" if at["since"] else ""
        page = _page(server, kind, f"{search}{since}&_sort=_lastUpdated&_count={PAGE}", at["following"])
        at["began"] = at["began"] if at["following"] else _moment_of(page)
        at["following"] = page.following
        if not page.following:
            at["since"], at["began"] = at["began"], ""
        with desk.store.unit() as session:
            for resource in _once_each(page.resources):
                counted.update(_TAKE[kind](desk, session, resource))
            facts.write(session, fact, json.dumps(at))
        on_progress(f"{kind.lower()}s: {sum(counted.values())} so far")
        if not page.following:
            return True
    return False


def _once_each(resources: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """The last of each resource, and of each NHS number: two people with one number are not taken over."""
    last = {reference_of(each): each for each in resources}
    numbers = Counter((details_of(each) or {}).get("nhs_number") for each in last.values() if "birthDate" in each)
    twice = {number for number, count in numbers.items() if number and count > 1}
    return [each for each in last.values() if not twice or (details_of(each) or {}).get("nhs_number") not in twice]


def _page(server: Server, kind: str, search: str, following: str) -> Page:
    if following:
        with contextlib.suppress(RefusedForGood):
            return server.page(kind, following=following)
    return server.page(kind, search)  # the first, or the place we stopped at is gone: from the last finished run on


def _moment_of(page: Page) -> str:
    """The server's own time, a little earlier, as a search takes it; empty (so all comes again) where it tells none."""
    try:
        return (parsedate_to_datetime(page.date) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return ""


# ---------------------------------------------------------------------- taking over


def _take_patient(desk: Desk, session: Session, resource: dict[str, Any]) -> list[str]:
    details = details_of(resource)
    if details is None:
        return ["skipped"]
    reference = reference_of(resource)
    known = remote.by_reference(desk.store, reference)
    patient_id = known.local_id if known else _with_number(desk, details["nhs_number"])
    if known and known.version == version_of(resource) and known.version:
        return []
    linked = remote.by_local_id(desk.store, "Patient", patient_id) if patient_id else None
    if linked and linked.reference != reference:
        return ["skipped"]  # the server has two of this number; which one is ours was settled before
    counted: list[str]
    if not patient_id:
        patient_id = desk.new_id()
        person = Patient(id=patient_id, **_typed(details))
        caseload.add_patient(session, person, desk.now())
        session.flush()
        counted = ["new"]
    else:
        counted = _merge(desk, session, patient_id, details, known.content if known else {})
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


def _take_appointment(desk: Desk, session: Session, resource: dict[str, Any]) -> list[str]:
    found = appointment_of(resource)
    person = remote.by_reference(desk.store, found.patient) if found else None
    if found is None or person is None:
        return ["skipped"]
    known = remote.by_reference(desk.store, found.reference)
    if known and known.version == found.version and known.version:
        return []
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


def _take_task(desk: Desk, session: Session, resource: dict[str, Any]) -> list[str]:
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


_TAKE = {"Patient": _take_patient, "Appointment": _take_appointment, "Task": _take_task}


def _left(desk: Desk, server: Server, settings: ServerSettings) -> tuple[str, ...]:
    """Our patients who are not on the server's caseload any more, by local id."""
    ours = {held.reference: held.local_id for held in remote.of_kind(desk.store, "Patient")}
    if not ours:
        return ()
    there = {reference_of(each) for each in server.find("Patient", f"{_search('Patient', settings)}&_count={PAGE}")}
    if not there:
        return ()  # an empty answer is more likely a lost right than a caseload that is gone
    return tuple(local for reference, local in ours.items() if reference not in there)
