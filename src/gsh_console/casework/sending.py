"""Sending the outbox: oldest first, one patient's records in their order, nothing marked sent without proof."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gsh_console.casework.desk import Desk
from gsh_console.faults import InputRefused, SyncFault
from gsh_console.settings import Settings
from gsh_console.store import outbox
from gsh_console.store.outbox import OutboxItem
from gsh_console.sync.folder import FolderTarget

MOST_LINES = 1000
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


class Target(Protocol):
    """Where records are sent. `deliver` returns only when the target holds the record, and may be repeated."""

    def check(self) -> None:
        """Raise SyncFault unless the target can be reached now."""

    def deliver(self, item_id: str, payload: str, sha256: str) -> None:
        """Hand one record over; SyncFault says why it was not taken."""


@dataclass(frozen=True)
class SendReport:
    """How a run went. `left` counts what still waits, failed items included."""

    sent: int
    failed: int
    left: int


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


def target_of(settings: Settings) -> FolderTarget:
    """The target the settings name."""
    if not settings.outbox_folder.strip():
        raise SyncFault("No target is set, so nothing can be sent.", "Set outbox_folder in the settings file.")
    return FolderTarget(Path(settings.outbox_folder.strip()))


def send_waiting(
    desk: Desk, target: Target, on_progress: Callable[[int, int], None], stop: Callable[[], bool]
) -> SendReport:
    """Send what waits. A failed item holds back only the later items of the same patient.

    SyncFault if the target cannot be reached at the start; if it is lost on the way, the run ends with the item it
    was lost at as failed.
    """
    if desk.training:
        raise InputRefused("This is the training caseload; nothing in it is ever sent.")
    target.check()
    items = outbox.waiting(desk.store)
    held_back: set[str] = set()
    sent = failed = 0
    on_progress(0, len(items))
    for number, item in enumerate(items, 1):
        if stop():
            break
        if item.patient_id not in held_back:
            if _send(desk, target, item):
                sent += 1
            else:
                failed += 1
                held_back.add(item.patient_id)
                if not _reachable(target):
                    break
        on_progress(number, len(items))
    return SendReport(sent, failed, len(items) - sent)


def outbox_lines(desk: Desk, now: datetime) -> tuple[OutboxLine, ...]:
    """The oldest unsent items, oldest first, with how long each has waited."""
    return tuple(_line(item, now) for item in outbox.unsent(desk.store, MOST_LINES))


def how_long(since: datetime, now: datetime) -> str:
    """The time gone by, in the largest whole unit: "3 days", "1 hour", "less than a minute"."""
    seconds = int((now - since).total_seconds())
    for unit, length in _UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def _send(desk: Desk, target: Target, item: OutboxItem) -> bool:
    try:
        _refuse_changed(item)
        target.deliver(item.id, item.payload, item.sha256)
    except SyncFault as fault:
        outbox.mark_failed(desk.store, item.id, str(fault))
        return False
    outbox.mark_sent(desk.store, item.id, desk.now())
    return True


def _refuse_changed(item: OutboxItem) -> None:
    if hashlib.sha256(item.payload.encode()).hexdigest() != item.sha256:
        raise SyncFault("What is kept of this record is not what was signed, so it is not sent.", "Run verify.")


def _reachable(target: Target) -> bool:
    try:
        target.check()
    except SyncFault:
        return False
    return True


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
