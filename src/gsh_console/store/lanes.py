"""The outbox as the courier works it: one lane a patient, over a connection of its own.

The console's own connections are never waited for with a transaction open, and the courier opens one only to settle
what came back and take what is due, both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gsh_console.store.connection import connect, plain_faults
from gsh_console.store.store import DATABASE, Store, as_moment, as_text

ADDRESS = "sync.address"  # the fact that holds where records went to last
_DUE = """SELECT seq, id, patient_id, contact_id, what, sha256, attempts, progress, queued_at,
  (SELECT reference FROM remote WHERE kind = 'Patient' AND local_id = outbox.patient_id)
FROM outbox WHERE head = 1 AND state = 'waiting' AND goes_first = ? AND next_at <= ? ORDER BY next_at, seq LIMIT ?"""


@dataclass(frozen=True)
class Due:
    """An item whose turn it is. `attempts` counts this one; `patient_reference` is empty where none is known."""

    seq: int
    id: str
    patient_id: str
    contact_id: str
    what: str
    sha256: str
    attempts: int
    progress: str
    queued_at: datetime
    patient_reference: str


@dataclass(frozen=True)
class Settled:
    """What has become of an item: `state` waiting (again, from `next_at`), sent, or refused; and why."""

    seq: int
    state: str
    error: str = ""
    next_at: datetime | None = None
    sent_at: datetime | None = None


class Lanes:
    """The courier's hold on the outbox. To be used by one thread only."""

    def __init__(self, store: Store) -> None:
        self._db = connect(store.folder / DATABASE, store.keys.data_key)
        # What is lost with the power here is only that something had arrived: it is sent again, which changes nothing.
        # So nobody who types waits for the disk on the courier's behalf.
        self._db.execute("PRAGMA synchronous = NORMAL")

    def take_up_again(self) -> int:
        """Let items go on waiting that were being sent when the console last ended; return how many."""
        with plain_faults():
            again = "UPDATE outbox SET state = 'waiting', next_at = '' WHERE state = 'sending'"
            return int(self._db.execute(again).rowcount)

    def hurry(self) -> None:
        """Make everything that waits due at once."""
        with plain_faults():
            self._db.execute("UPDATE outbox SET next_at = '' WHERE state = 'waiting' AND next_at <> ''")

    def go_to(self, address: str) -> None:
        """Let everything unsent, refused or not, be due at once where the last address records went to was another."""
        with plain_faults(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            last = self._db.execute("SELECT value FROM fact WHERE name = ?", (ADDRESS,)).fetchone()
            if last and last[0] == address:
                return
            again = "UPDATE outbox SET state = 'waiting', next_at = '', last_error = '' "
            self._db.execute(again + "WHERE state IN ('waiting', 'refused')")
            self._db.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (ADDRESS, address))

    def retry(self, item_id: str) -> bool:
        """Let a refused or waiting item go at once; return whether there was one."""
        with plain_faults():
            again = "UPDATE outbox SET state = 'waiting', next_at = '' WHERE id = ? AND state IN ('waiting', 'refused')"
            return bool(self._db.execute(again, (item_id,)).rowcount)

    def turn(self, settled: Sequence[Settled], now: datetime, want: int) -> list[Due]:
        """Settle what came back and mark what is due as being sent, in one transaction."""
        if not settled and not (want > 0 and self._due(now, 1)):
            return []
        with plain_faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for each in settled:
                    self._settle(each)
                due = self._due(now, want)
                self._db.executemany(
                    "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE seq = ?",
                    [(each.seq,) for each in due],
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise
        return due

    def keep_progress(self, seq: int, progress: str) -> None:
        """Keep which parts of an item the target has acknowledged."""
        with plain_faults():
            self._db.execute("UPDATE outbox SET progress = ? WHERE seq = ?", (progress, seq))

    def payload(self, seq: int) -> str:
        """The frozen payload of one item."""
        with plain_faults():
            return str(self._db.execute("SELECT content FROM payload WHERE seq = ?", (seq,)).fetchone()[0])

    def next_due(self) -> datetime | None:
        """When the next waiting item is due, None where nothing waits."""
        query = "SELECT min(next_at) FROM outbox WHERE head = 1 AND state = 'waiting' AND next_at > ''"
        with plain_faults():
            found = self._db.execute(query).fetchone()[0]
        return as_moment(found) if found else None

    def counts(self) -> dict[str, int]:
        """How many items stand in each state that is not `sent`."""
        with plain_faults():
            rows = self._db.execute("SELECT state, count(*) FROM outbox WHERE state <> 'sent' GROUP BY state")
            return {str(state): int(count) for state, count in rows}

    def close(self) -> None:
        """Give the connection back."""
        self._db.close()

    def _due(self, now: datetime, want: int) -> list[Due]:
        found: list[Due] = []
        for first in (1, 0):
            left = want - len(found)
            if left > 0:
                with plain_faults():
                    found += [_due_item(row) for row in self._db.execute(_DUE, (first, as_text(now), left))]
        return found

    def _settle(self, each: Settled) -> None:
        values: tuple[Any, ...] = (
            each.state,
            each.error,
            as_text(each.next_at) if each.next_at else "",
            as_text(each.sent_at) if each.sent_at else None,
            each.seq,
        )
        self._db.execute("UPDATE outbox SET state = ?, last_error = ?, next_at = ?, sent_at = ? WHERE seq = ?", values)


def _due_item(row: tuple[Any, ...]) -> Due:
    seq, item_id, patient_id, contact_id, what, sha256, attempts, progress, queued_at, reference = row
    return Due(
        seq,
        item_id,
        patient_id,
        contact_id,
        what,
        sha256,
        attempts + 1,
        progress,
        as_moment(queued_at),
        reference or "",
    )
