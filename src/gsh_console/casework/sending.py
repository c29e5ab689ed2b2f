"""Sending the outbox on request, and what stands in it: oldest first, nothing marked sent without proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gsh_console.casework.background import sends_by_itself
from gsh_console.casework.courier import Courier, SendReport, Target
from gsh_console.casework.desk import Desk
from gsh_console.casework.target import target_of
from gsh_console.faults import InputRefused
from gsh_console.store import outbox
from gsh_console.store.lanes import Lanes
from gsh_console.store.outbox import OutboxItem
from gsh_console.sync.folder import FolderTarget

__all__ = ["OutboxItem", "SendReport", "Target", "target_of"]

MOST_LINES = 1000
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True)
class OutboxLine:
    """One item as a list shows it: what it is, never who it is about."""

    id: str
    what: str
    state: str
    queued_at: datetime
    waiting: str
    tries: int
    last_error: str


def send_waiting(
    desk: Desk, target: Target, on_progress: Callable[[int, int], None], stop: Callable[[], bool]
) -> SendReport:
    """Send what waits. A failed item holds back only the later items of the same patient.

    SyncFault if the target cannot be reached at the start; if it is lost on the way, the run ends with the item it
    was lost at as failed.
    """
    courier = Courier(desk, target)
    target.check()
    courier.hurry()
    return courier.run(stop, once=True, on_progress=on_progress)


def outbox_lines(desk: Desk, now: datetime) -> tuple[OutboxLine, ...]:
    """The oldest unsent items, oldest first, with how long each has waited."""
    return tuple(_line(item, now) for item in outbox.unsent(desk.store, MOST_LINES))


def retry(desk: Desk, item_id: str) -> None:
    """Let a refused or waiting item go again at the next occasion; InputRefused if it is not there to be sent."""
    lanes = Lanes(desk.store)
    try:
        again = lanes.retry(item_id)
    finally:
        lanes.close()
    if not again:
        raise InputRefused("There is no such record waiting or refused.", "gsh-console outbox lists what waits.")


def export(desk: Desk, item_id: str, folder: Path) -> Path:
    """Write one item's payload, as it was signed, into a folder; return the file. It stays in the outbox."""
    if desk.training:
        raise InputRefused("This is the training caseload; nothing in it ever leaves it.")
    item = outbox.item(desk.store, item_id)
    target = FolderTarget(folder)
    target.deliver(item.id, item.payload, item.sha256)
    return target.place_of(item.id, item.sha256)


def what_to_do(desk: Desk, item: OutboxItem) -> str:
    """What stands in an item's way, and what the practitioner can do about it."""
    before = outbox.held_up_by(desk.store, item)
    if before is not None:
        return f"An earlier record of this patient ({before.what}) has to go first."
    if item.state == "refused":
        return (
            "The service's server will not take it as it is. Try again once the service has put it right, save a copy "
            "for the service, or amend the note."
        )
    if item.state == "training":
        return "This is the training caseload: nothing in it is ever sent."
    if sends_by_itself(desk):
        return "It is sent again by itself; nothing is lost while it waits."
    if desk.settings.outbox_folder.strip():
        return "It goes to the folder when you ask with s; nothing is lost while it waits."
    return "No server and no folder is named to send it to, so it stays here, safe. The service's IT names one."


def how_long(since: datetime, now: datetime) -> str:
    """The time gone by, in the largest whole unit: "3 days", "1 hour", "less than a minute"."""
    seconds = int((now - since).total_seconds())
    for unit, length in _UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def _line(item: OutboxItem, now: datetime) -> OutboxLine:
    return OutboxLine(
        id=item.id,
        what=item.what,
        state=item.state,
        queued_at=item.queued_at,
        waiting=how_long(item.queued_at, now),
        tries=item.attempts,
        last_error=item.last_error,
    )
