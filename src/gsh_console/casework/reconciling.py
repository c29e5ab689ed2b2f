"""Reconciliation: what was signed, what was acknowledged, and what the server really holds, compared by hash."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gsh_console.casework.desk import Desk
from gsh_console.store import outbox
from gsh_console.store.outbox import OutboxItem
from gsh_console.sync.outcomes import RefusedForGood
from gsh_console.sync.rest import LANES, Difference


class ReadsBack(Protocol):
    """A target that can be asked what it holds."""

    def differences(self, payload: str) -> list[Difference]:
        """What it has not as it was signed."""


@dataclass(frozen=True)
class Differing:
    """A record that is not on the server as it was signed. Names no patient."""

    id: str
    what: str
    why: str


@dataclass(frozen=True)
class Reconciled:
    """How signed and acknowledged records stand to what the server holds."""

    signed: int
    queued: int
    acknowledged: int
    equal: int
    differing: tuple[Differing, ...]

    @property
    def is_even(self) -> bool:
        """Whether everything signed was queued, and everything acknowledged is there as it was signed."""
        return self.signed == self.queued and not self.differing and self.equal == self.acknowledged

    def lines(self) -> tuple[str, ...]:
        """The counts in words."""
        missing = self.signed - self.queued
        return (
            f"signed notes and amendments: {self.signed}"
            + (f", {missing} without a record to send" if missing else ""),
            f"acknowledged by the server: {self.acknowledged}, waiting or refused: {self.queued - self.acknowledged}",
            f"read back and equal by hash: {self.equal}",
            *(f"{each.what} ({each.id}): {each.why}" for each in self.differing),
        )


def reconcile(
    desk: Desk,
    target: ReadsBack,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    stop: Callable[[], bool] = lambda: False,
) -> Reconciled:
    """Read everything acknowledged back from the server and compare it with what was signed.

    SyncFault where the server cannot be asked.
    """
    signed, queued, sent = (
        int(desk.store.fetch(query)[0][0])
        for query in (
            "SELECT count(*) FROM note",
            "SELECT count(*) FROM outbox WHERE state <> 'training'",
            "SELECT count(*) FROM outbox WHERE state = 'sent'",
        )
    )
    equal, differing = 0, []
    items = outbox.acknowledged(desk.store)
    with ThreadPoolExecutor(max_workers=LANES) as pool:
        while not stop() and (some := list(islice(items, 2 * LANES))):
            for item, why in pool.map(lambda item: (item, _why(target, item)), some):
                if why:
                    differing.append(Differing(item.id, item.what, why))
                else:
                    equal += 1
            on_progress(equal + len(differing), sent)
    return Reconciled(signed, queued, sent, equal, tuple(differing))


def _why(target: ReadsBack, item: OutboxItem) -> str:
    try:
        found = target.differences(item.payload)
    except RefusedForGood as fault:
        return str(fault)
    return ", ".join(f"{each.name.partition('/')[0]} {each.what}" for each in found)
