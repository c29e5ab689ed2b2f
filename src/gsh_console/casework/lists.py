"""The lists a practitioner starts from: today, the caseload, the outbox; and what is due, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gsh_console.casework.desk import Desk
from gsh_console.domain.moments import UK, clock_time
from gsh_console.domain.people import Patient
from gsh_console.store import caseload, outbox, remote
from gsh_console.store.caseload import ContactSummary, ListRow
from gsh_console.store.outbox import OutboxItem

__all__ = ["ContactSummary", "ListRow", "OutboxItem", "Page"]


@dataclass(frozen=True)
class Page:
    """Some rows of a list and how many there are in all."""

    rows: tuple[ListRow, ...]
    total: int


def today(desk: Desk, typed: str, limit: int, offset: int) -> Page:
    """The day's appointments in time order."""
    start, end = day_bounds(desk.now())
    rows = caseload.today(desk.store, start, end, typed, limit, offset)
    return Page(tuple(rows), caseload.count_today(desk.store, start, end, typed))


def whole_caseload(desk: Desk, typed: str, limit: int, offset: int) -> Page:
    """The caseload by name."""
    rows = caseload.page(desk.store, desk.now(), typed, limit, offset)
    return Page(tuple(rows), caseload.count(desk.store, typed))


def day_bounds(now: datetime) -> tuple[datetime, datetime]:
    """The start and end of the UK day `now` falls in."""
    midnight = datetime.combine(now.astimezone(UK).date(), time(), tzinfo=UK)
    return midnight, midnight + timedelta(days=1)


def due(row: ListRow) -> str:
    """What waits for this patient, in words."""
    if row.done:
        return "signed"
    if row.open_contact:
        return "call open: Enter resumes it"
    parts = ["first contact"] if row.contacts == 0 else ["measures", "plan to review"]
    if row.ended:
        parts = ["ended"]
    if row.asked:
        parts.append("task from the service")
    if row.open_actions:
        parts.append(f"{row.open_actions} action{'s' if row.open_actions > 1 else ''} open")
    return " · ".join(parts)


def interrupted(desk: Desk) -> tuple[tuple[ContactSummary, Patient], ...]:
    """Contacts that were opened and not signed, newest first, with their patients."""
    return tuple(
        (found, caseload.patient(desk.store, found.patient_id)) for found in caseload.open_contacts(desk.store)
    )


def unsent(desk: Desk, limit: int, offset: int = 0) -> tuple[OutboxItem, ...]:
    """A page of what waits in the outbox."""
    return tuple(outbox.unsent(desk.store, limit, offset))


def count_unsent(desk: Desk) -> int:
    """How many items wait in the outbox."""
    return outbox.count_unsent(desk.store)


def ever_signed(desk: Desk) -> bool:
    """Whether anything was ever put into the outbox."""
    return outbox.is_used(desk.store)


def count_choices(desk: Desk, patient_id: str = "") -> int:
    """How many changes between here and the server wait for a choice; of one patient only where an id is given."""
    return remote.count_waiting(desk.store, patient_id)


def choices_in_words(count: int) -> str:
    """How many changes wait, as the beginning of a sentence; empty for none."""
    if not count:
        return ""
    return "1 change waits for your choice" if count == 1 else f"{count} changes wait for your choice"


def time_of(row: ListRow) -> str:
    """The row's time in UK time, empty without one."""
    return clock_time(row.starts_at) if row.starts_at else ""
