"""Changing an appointment or a goal on the server: only in place of the version that was seen, else a choice of three.

The three are what was seen, what the practitioner wants, and what somebody else has made of it meanwhile. A change of
one of our patients is kept here before it is sent, until the server has taken it or the practitioner has chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gsh_console.casework.desk import Desk
from gsh_console.faults import InputRefused, nearest
from gsh_console.store import changes, remote
from gsh_console.store.changes import PendingChange
from gsh_console.store.remote import Remote
from gsh_console.sync.asking import Server
from gsh_console.sync.datatypes import TERMINOLOGY, Json, coding, concept
from gsh_console.sync.incoming import appointment_of, reference_of, version_of
from gsh_console.sync.replies import Conflict

CHANGEABLE = {"Appointment": ("start", "end", "status"), "Goal": ("lifecycleStatus", "achievementStatus")}
STATUSES = {
    ("Appointment", "status"): ("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow"),
    ("Goal", "lifecycleStatus"): ("active", "on-hold", "completed", "cancelled"),
    ("Goal", "achievementStatus"): ("in-progress", "improving", "worsening", "no-change", "achieved", "not-achieved"),
}


@dataclass(frozen=True)
class Seen:
    """A resource as it was read: what a change starts from."""

    resource: Json

    @property
    def kind(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    @property
    def reference(self) -> str:
        """Type and id."""
        return reference_of(self.resource)

    def value(self, element: str) -> str:
        """What one element says, in words."""
        return _in_words(self.resource.get(element))


@dataclass(frozen=True)
class ThreeWay:
    """Somebody changed it meanwhile: each element that was to be changed, as it was, as wanted, as it is now."""

    seen: Seen
    wanted: dict[str, str]
    now: Seen

    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """Element, as it was, as wanted, as it is now."""
        return tuple((name, self.seen.value(name), told, self.now.value(name)) for name, told in self.wanted.items())


def look(server: Server, reference: str) -> Seen:
    """The resource as it is now; InputRefused where it is none that may be changed."""
    kind, _, own_id = reference.partition("/")
    if kind not in CHANGEABLE or not own_id or "/" in own_id:
        raise InputRefused(f"{kind} cannot be changed from here.", "Give an Appointment/… or a Goal/….")
    found = server.read(reference)
    if found is None:
        raise InputRefused("The server has no such record.", "Check its id.")
    return Seen(found)


def change(desk: Desk, server: Server, seen: Seen, wanted: dict[str, str]) -> Seen | ThreeWay:
    """Put the wanted values in place of the version seen; a three-way choice where it changed meanwhile.

    SyncFault where the server could not be asked or refuses; the change is kept.
    """
    values = {name: _value(seen.kind, name, told) for name, told in wanted.items()}
    if not any((each.reference, each.wanted) == (seen.reference, wanted) for each in changes.pending(desk.store)):
        _keep_wanted(desk, seen, wanted, None)
    try:
        now = Seen(server.put({**seen.resource, **values}, version_of(seen.resource)))
    except Conflict:
        now = look(server, seen.reference)
        if not all(same_value(now.value(name), told) for name, told in wanted.items()):
            _keep_wanted(desk, seen, wanted, now)
            _keep_here(desk, now)
            return ThreeWay(seen, wanted, now)
    let_go(desk, now.reference)
    _keep_here(desk, now)
    return now


def choose(desk: Desk, server: Server, choice: ThreeWay, *, ours: bool) -> Seen | ThreeWay:
    """Take what is wanted, over what is there now, or leave what is there."""
    if ours:
        return change(desk, server, choice.now, choice.wanted)
    let_go(desk, choice.now.reference)
    return choice.now


def let_go(desk: Desk, reference: str) -> None:
    """Want no change of this resource any more."""
    with desk.store.unit() as session:
        changes.settle(session, reference)


def patient_of(desk: Desk, resource: Json) -> str:
    """The id here of the patient a goal or an appointment is about, empty where it is nobody's who came down."""
    subject = resource.get("subject")
    told = str(subject.get("reference") or "") if isinstance(subject, dict) else ""
    if resource["resourceType"] == "Appointment":
        found = appointment_of(resource)
        told = found.patient if found else ""
    known = remote.by_reference(desk.store, "/".join(told.rsplit("/", 2)[-2:]))
    return known.local_id if known else ""


def same_value(one: str, other: str) -> bool:
    """Whether two values say the same; a moment may be written in another zone."""
    try:
        return one == other or datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return False


def _keep_wanted(desk: Desk, seen: Seen, wanted: dict[str, str], now: Seen | None) -> None:
    patient_id = patient_of(desk, seen.resource)
    if patient_id:
        found = now.resource if now else None
        kept = PendingChange(seen.reference, patient_id, wanted, seen.resource, found, desk.now())
        with desk.store.unit() as session:
            changes.keep(session, kept)


def _value(kind: str, name: str, told: str) -> Any:
    if name not in CHANGEABLE[kind]:
        raise InputRefused(f"{name} of {kind} cannot be changed from here.", nearest(name, CHANGEABLE[kind]))
    allowed = STATUSES.get((kind, name))
    if allowed is not None and told not in allowed:
        raise InputRefused(f"{name} cannot be {told!r}.", nearest(told, allowed))
    if name == "achievementStatus":
        return concept(coding(f"{TERMINOLOGY}/goal-achievement", told))
    if allowed is None:
        _moment(told)
    return told


def _moment(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise InputRefused("A moment is written like 2026-11-27T10:00:00+00:00.", "Give it so.") from None
    if found.tzinfo is None:
        raise InputRefused("The moment says no time zone.", "Write it like 2026-11-27T10:00:00+00:00.")
    return found


def _keep_here(desk: Desk, now: Seen) -> None:
    """Bring our own row of it up to date, where there is one."""
    known = remote.by_reference(desk.store, now.reference)
    if known is None or known.kind != "Appointment":
        return
    found = appointment_of(now.resource)
    person = remote.by_reference(desk.store, found.patient) if found else None
    with desk.store.unit() as session:
        if found and person and found.booked and found.starts_at:
            remote.put_appointment(session, known.local_id, person.local_id, found.starts_at, found.minutes)
        else:
            remote.drop_appointment(session, known.local_id)
        held = Remote("Appointment", known.local_id, now.reference, version_of(now.resource), known.content)
        remote.write(session, held, desk.now())


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        codes = [str(each.get("code")) for each in value.get("coding") or () if isinstance(each, dict)]
        return ", ".join(codes) or str(value.get("text") or "")
    return "" if value is None else str(value)
