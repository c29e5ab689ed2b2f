"""What stands one way here and another way on the server, for the practitioner to choose; nothing is chosen unasked.

Details of a patient go by the server: what was here before is kept beside them until it is withdrawn, or the server
says the same. Goals and appointments are chosen: ours, put in place of the version last seen, or the server's.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from gsh_console.casework import changing
from gsh_console.casework.changing import CHANGEABLE, Seen, ThreeWay
from gsh_console.casework.desk import Desk
from gsh_console.casework.target import fhir_server, needed_server
from gsh_console.domain.people import Patient
from gsh_console.domain.text import clean
from gsh_console.faults import InputRefused
from gsh_console.store import caseload, changes, remote
from gsh_console.store.changes import PendingChange
from gsh_console.store.remote import Proposal
from gsh_console.sync.asking import Server
from gsh_console.sync.incoming import appointment_of
from gsh_console.sync.outcomes import RefusedForGood

DETAIL, CALL, GOAL = "Patient", "Appointment", "Goal"
_STATE = {CALL: "status", GOAL: "lifecycleStatus"}
_GOING_ON = ("booked", "pending", "proposed", "active", "on-hold")


@dataclass(frozen=True)
class Part:
    """One element: as it was (empty for a detail: not kept), here, and on the server (None: not known)."""

    name: str
    was: str
    here: str
    there: str | None


@dataclass(frozen=True)
class Difference:
    """One thing to choose. `id` names it among those of its `kind`; `since` is when it was wanted or overruled.

    `about` is the detail's name, the goal in words, or the call's start as it was, ISO.
    """

    kind: str
    id: str
    patient: Patient
    about: str
    parts: tuple[Part, ...]
    since: datetime

    @property
    def sent(self) -> bool:
        """Whether the server was asked: a change it was not asked for yet waits to be sent."""
        return all(part.there is not None for part in self.parts)


@dataclass(frozen=True)
class Offer:
    """A call or a goal of a patient that may be changed on the server, as it was just read."""

    patient: Patient
    kind: str
    about: str
    seen: Seen


def differences(desk: Desk, patient_id: str = "") -> tuple[Difference, ...]:
    """Everything that waits for a choice, the oldest first; of one patient only where an id is given."""
    details = [each for each in remote.open_proposals(desk.store) if patient_id in ("", each.patient_id)]
    wanted = [each for each in changes.pending(desk.store) if patient_id in ("", each.patient_id)]
    ids = {each.patient_id for each in details} | {each.patient_id for each in wanted}
    people = {each: caseload.patient(desk.store, each) for each in ids}
    found = [_of_detail(desk, each, people) for each in details] + [_of_change(each, people) for each in wanted]
    return tuple(sorted(found, key=lambda each: each.since))


def settle_what_came_true(desk: Desk) -> int:
    """Close every proposal of a detail the server meanwhile says the same of; return how many."""
    true = [each for each in remote.open_proposals(desk.store) if _there(desk, each) == each.ours]
    for each in true:
        with desk.store.unit() as session:
            remote.settle_proposal(session, each.id, desk.now())
    return len(true)


def withdraw(desk: Desk, difference: Difference) -> None:
    """Take the server's: the proposal, or the change wanted, is given up."""
    if difference.kind != DETAIL:
        changing.let_go(desk, difference.id)
        return
    with desk.store.unit() as session:
        if not remote.settle_proposal(session, difference.id, desk.now()):
            raise InputRefused("This proposal is settled already.")


def keep_ours(desk: Desk, difference: Difference) -> Difference | None:
    """Send ours in place of the version last seen; the difference as it is now where somebody came before once more.

    SyncFault where the server cannot be asked or refuses; then everything stays as it is. InputRefused where it is
    settled.
    """
    kept = next((each for each in changes.pending(desk.store) if each.reference == difference.id), None)
    if kept is None:
        raise InputRefused("This change is settled already.")
    return _met(desk, changing.change(desk, _server(desk), Seen(kept.found or kept.seen), kept.wanted))


def offers(desk: Desk, patient: Patient) -> tuple[Offer, ...]:
    """The patient's calls and goals on the server, read now, less those that wait for a choice already.

    InputRefused where the patient did not come from there.
    """
    person = remote.by_local_id(desk.store, DETAIL, patient.id)
    if person is None:
        raise InputRefused(
            "This patient did not come from the service's server, so nothing can be changed there from here.",
            "Use your service's own system.",
        )
    server = _server(desk)
    found: list[Seen] = []
    for each in remote.appointments_of(desk.store, patient.id):
        with contextlib.suppress(InputRefused, RefusedForGood):  # it is gone there; the next pull takes it out here
            found.append(changing.look(server, each.reference))
    found += [Seen(each) for each in server.find(GOAL, f"subject={person.reference}")]
    waiting = {each.reference for each in changes.pending(desk.store)}
    offered = [each for each in found if each.value(_STATE[each.kind]) in _GOING_ON and each.reference not in waiting]
    return tuple(Offer(patient, each.kind, _about(each), each) for each in offered)


def moved(desk: Desk, offer: Offer, starts: datetime) -> dict[str, str]:
    """What is wanted where a call is to begin at another time and be as long as before."""
    if starts <= desk.now():
        raise InputRefused("A call cannot be moved to a time that is over.", "Give the day and the time again.")
    held = appointment_of(offer.seen.resource)
    assert held is not None, "an offered call has a patient"
    ends = starts + timedelta(minutes=held.minutes)
    return {"start": starts.isoformat(), "end": ends.isoformat()}


def want(desk: Desk, offer: Offer, wanted: dict[str, str]) -> Difference | None:
    """Change a call or a goal; what somebody else made of it meanwhile, where they came before.

    SyncFault where the server cannot be asked; the change is kept and waits to be sent.
    """
    return _met(desk, changing.change(desk, _server(desk), offer.seen, wanted))


def _met(desk: Desk, done: Seen | ThreeWay) -> Difference | None:
    if isinstance(done, Seen):
        return None
    return next((each for each in differences(desk) if each.id == done.now.reference), None)


def _server(desk: Desk) -> Server:
    return fhir_server(desk, needed_server(desk))


def _of_detail(desk: Desk, kept: Proposal, people: dict[str, Patient]) -> Difference:
    part = Part(kept.field, "", kept.ours, _there(desk, kept))
    return Difference(DETAIL, kept.id, people[kept.patient_id], kept.field, (part,), kept.made_at)


def _there(desk: Desk, kept: Proposal) -> str:
    """What the server said of the detail when it was last seen."""
    person = remote.by_local_id(desk.store, DETAIL, kept.patient_id)
    told = person.content.get(kept.field, kept.theirs) if person else kept.theirs
    return "" if told is None else str(told)


def _of_change(kept: PendingChange, people: dict[str, Patient]) -> Difference:
    seen, found = Seen(kept.seen), Seen(kept.found) if kept.found else None
    names = [name for name in CHANGEABLE[seen.kind] if name in kept.wanted]
    parts = tuple(
        Part(name, seen.value(name), kept.wanted[name], found.value(name) if found else None) for name in names
    )
    return Difference(seen.kind, kept.reference, people[kept.patient_id], _about(seen), parts, kept.made_at)


def _about(seen: Seen) -> str:
    if seen.kind == CALL:
        return seen.value("start")
    return clean(seen.value("description"), one_line=True)
