"""The courier: hands what is due to a few sending threads, one patient a thread, and settles what comes back.

The thread that calls `run` is the only one that touches the store. Sending threads only talk to the target. When the
console ends they are left behind: what they were sending is marked so, and is taken up again at the next start.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from gsh_console.casework.background import STARTING, Light
from gsh_console.casework.desk import Desk
from gsh_console.faults import InputRefused, SettingsFault, SyncFault
from gsh_console.store.lanes import Due, Lanes, Settled
from gsh_console.sync.link import skew_in_words
from gsh_console.sync.outcomes import Ledger, Patience, RefusedForGood, TargetStopped, TryLater

LOOK = 0.2  # seconds between two looks at what is to be done, and at whether to stop
GENTLE_REST = 0.75  # seconds between two records while a call is going on
LAST_WAIT = 0.5  # seconds left at the end for what is under way
COUNTED_EVERY = 0.5  # seconds
SHARE = 0.0005  # seconds a thread computes before another may: keys do not wait for records, nor records for each other
TOGETHER = 0.015  # seconds more for others to come back, while every thread has its next record at hand
AHEAD = 4  # records handed out for each sending thread, so that none idles while others are settled
MISSES_BEFORE_A_PAUSE = 8  # in a row, of any patients: then it is the target, not the records
LONGEST_PAUSE_OF_A_RUN = 10.0  # seconds a run on request waits for the target
FOR_EVER = float("inf")
DEFAULT_PATIENCE = Patience()


class Target(Protocol):
    """Where records are sent. `deliver` returns only when the target holds the record, and may be repeated."""

    @property
    def parallel(self) -> int:
        """How many records may be on their way at once."""

    @property
    def skew(self) -> float | None:
        """How many seconds this machine's clock is behind the target's; None where that is not known."""

    def check(self) -> None:
        """Raise SyncFault unless the target can be reached now."""

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        """Hand one record over; SyncFault says why it was not taken."""


@dataclass(frozen=True)
class SendReport:
    """How a run went. `left` counts what still waits, failed items included."""

    sent: int
    failed: int
    left: int


@dataclass(frozen=True)
class _Back:
    """An item that came back from a sending thread, held by the target where there is no fault."""

    due: Due
    fault: SyncFault | None


@dataclass(frozen=True)
class _Progress:
    """Parts of an item the target has acknowledged."""

    due: Due
    known: Mapping[str, str]


_Given = tuple[Due, str]  # an item with its payload


class Courier:
    """Sends from one desk to one target, at most `target.parallel` records at once.

    While `gently` says so, one record goes after the other with a rest between: somebody is typing.
    """

    def __init__(
        self,
        desk: Desk,
        target: Target,
        patience: Patience = DEFAULT_PATIENCE,
        gently: Callable[[], bool] = lambda: False,
    ) -> None:
        if desk.training:
            raise InputRefused("This is the training caseload; nothing in it is ever sent.")
        self.desk = desk
        self.target = target
        self.patience = patience
        self.light = STARTING
        self.sent: set[int] = set()
        self.failed: set[int] = set()
        self._gently = gently
        self._handed = 0.0  # time.monotonic() of the last record handed out
        self._hurried = False
        self._back: SimpleQueue[_Back | _Progress] = SimpleQueue()
        self._given: SimpleQueue[_Given | None] = SimpleQueue()
        self._threads = self._under_way = self._misses = 0
        self._settled: list[Settled] = []
        self._until = 0.0  # time.monotonic() before which the target is left alone
        self._why: SyncFault | None = None
        self._unreachable = False
        self._counted = 0.0

    def hurry(self) -> None:
        """Send everything that waits now, whatever delay it had. Any thread may ask."""
        self._hurried = True

    def run(
        self,
        stop: Callable[[], bool],
        *,
        once: bool = False,
        on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> SendReport:
        """Send until stopped, or, `once`, until nothing is due or the target cannot be reached."""
        sys.setswitchinterval(SHARE)
        lanes = Lanes(self.desk.store)
        self._back, self._given, self._settled = SimpleQueue(), SimpleQueue(), []
        self._threads = self._under_way = 0  # an earlier run's threads are left to themselves
        try:
            lanes.take_up_again()
            total = sum(lanes.counts().values())
            told = 0
            on_progress(0, total)
            while not stop() and not (once and self._unreachable) and self._round(lanes, once=once):
                done = min(total, len(self.sent) + len(self.failed))
                if done != told:
                    on_progress(done, total)
                    told = done
            self._wind_up(lanes)
            return SendReport(len(self.sent), len(self.failed), sum(lanes.counts().values()))
        finally:
            for _ in range(self._threads):
                self._given.put(None)
            lanes.close()

    @property
    def _room(self) -> int:
        """How many more may be handed out: each thread finds its next one ready, unless they go one by one."""
        if self._gently():
            return 0 if self._under_way or time.monotonic() - self._handed < GENTLE_REST else 1
        most = self.target.parallel
        return (AHEAD * most if most > 1 else most) - self._under_way

    def _round(self, lanes: Lanes, *, once: bool) -> bool:
        """Settle, take, hand out and wait a little; False once nothing is left to do in this run."""
        if self._hurried:
            self._hurried, self._until, self._why, self._unreachable, self._misses = False, 0.0, None, False, 0
            lanes.hurry()
        paused = time.monotonic() < self._until
        due = lanes.turn(self._settled, self.desk.now(), 0 if paused else self._room)
        settled, self._settled = self._settled, []
        for each in due:
            self._hand_out(each, lanes.payload(each.seq))
        self._show(lanes)
        if self._under_way:
            self._collect(lanes, LOOK)
            return True
        if settled:
            return True  # that may have been all
        if once and (not paused or self._until - time.monotonic() > LONGEST_PAUSE_OF_A_RUN):
            return False
        time.sleep(max(0.01, min(LOOK, self._until - time.monotonic())) if paused else LOOK)
        return True

    def _hand_out(self, due: Due, payload: str) -> None:
        if self._threads < min(self.target.parallel, self._under_way + 1):
            self._threads += 1
            queues = (self._given, self._back)
            Thread(target=self._send_for_ever, args=queues, name=f"courier-{self._threads}", daemon=True).start()
        self._under_way += 1
        self._handed = time.monotonic()
        self._given.put((due, payload))

    def _send_for_ever(self, given: SimpleQueue[_Given | None], back: SimpleQueue[_Back | _Progress]) -> None:
        while (one := given.get()) is not None:
            due, payload = one
            fault: SyncFault | None = None
            try:
                self._deliver(due, payload, back)
            except SyncFault as told:
                fault = told
            except SettingsFault as wrong:  # of server.toml: no record goes before that is put right
                fault = TargetStopped(wrong.message, wrong.remedy)
            except Exception as error:  # a fault of the console's own must not lose the item
                fault = TryLater(f"The console failed at this record ({type(error).__name__}).", "Please report this.")
            back.put(_Back(due, fault))

    def _deliver(self, due: Due, payload: str, back: SimpleQueue[_Back | _Progress]) -> None:
        if hashlib.sha256(payload.encode()).hexdigest() != due.sha256:
            raise RefusedForGood(
                "What is kept of this record is not what was signed, so it is not sent.", "Run gsh-console verify."
            )

        def acknowledged(known: Mapping[str, str]) -> None:
            back.put(_Progress(due, known))

        known = json.loads(due.progress) if due.progress else {}
        ledger = Ledger(due.attempts > 1, known, due.patient_reference, acknowledged)
        self.target.deliver(due.id, payload, due.sha256, ledger)

    def _collect(self, lanes: Lanes, wait: float) -> None:
        """Wait for something to come back; take in what comes with it, so that one transaction settles several."""
        with contextlib.suppress(Empty):
            back = self._back.get(timeout=wait)
            if self._under_way > 2 * self.target.parallel:
                time.sleep(TOGETHER)
            while True:
                if isinstance(back, _Progress):
                    lanes.keep_progress(back.due.seq, json.dumps(back.known))
                else:
                    self._under_way -= 1
                    self._settled.append(self._settle(back.due, back.fault))
                back = self._back.get_nowait()

    def _settle(self, due: Due, fault: SyncFault | None) -> Settled:
        now = self.desk.now()
        if fault is None:
            self._misses, self._unreachable, self._why = 0, False, None
            self.sent.add(due.seq)
            self.failed.discard(due.seq)
            return Settled(due.seq, "sent", sent_at=now)
        self.failed.add(due.seq)
        if isinstance(fault, RefusedForGood):
            self._misses = 0
            return Settled(due.seq, "refused", str(fault))
        self._leave_alone(fault)
        wait = timedelta(seconds=self.patience.delay(due.attempts))
        return Settled(due.seq, "waiting", str(fault), next_at=now + wait)

    def _leave_alone(self, fault: SyncFault) -> None:
        """Leave the target alone for a while where the fault is about it and not about one record."""
        self._misses += 1
        wait = 0.0
        match fault:
            case TargetStopped():
                wait, self._unreachable = FOR_EVER, True
            case TryLater(unreachable=True):
                wait, self._unreachable = self.patience.delay(self._misses), True
            case TryLater(after=float(seconds)):
                wait = self.patience.asked(seconds)
            case TryLater():
                more = self._misses - MISSES_BEFORE_A_PAUSE
                wait = self.patience.delay(more) if more >= 0 else 0.0
            case _ if not _reachable(self.target):
                wait, self._unreachable = self.patience.delay(self._misses), True
        if wait:
            self._why = fault
            self._until = max(self._until, time.monotonic() + wait)

    def _wind_up(self, lanes: Lanes) -> None:
        ends = time.monotonic() + LAST_WAIT
        while self._settled or (self._under_way and time.monotonic() < ends):
            lanes.turn(self._settled, self.desk.now(), 0)
            self._settled = []
            self._collect(lanes, max(0.0, ends - time.monotonic()) if self._under_way else 0.0)

    def _show(self, lanes: Lanes) -> None:
        if self._under_way and time.monotonic() - self._counted < COUNTED_EVERY:
            return
        self._counted = time.monotonic()
        counts = lanes.counts()
        light = light_of(counts, self._why if time.monotonic() < self._until else None, self._under_way)
        clock = skew_in_words(self.target.skew)
        self.light = dataclasses.replace(light, told=f"{light.told} {clock}") if clock else light


def light_of(counts: Mapping[str, int], why: SyncFault | None, under_way: int) -> Light:
    """What is going on, in a word and a sentence; being offline is no error."""
    waiting = sum(counts.values())
    refused = counts.get("refused", 0)
    if isinstance(why, TargetStopped):
        return Light("stopped", "!", str(why), waiting)
    if refused:
        return Light("see Outbox", "!", f"{refused} record{'s' if refused > 1 else ''} refused by the server.", waiting)
    if why is not None and waiting:
        return Light("offline", "–", str(why), waiting)
    if under_way:
        return Light("sending", "↑", "Records are on their way.", waiting)
    if waiting:
        return Light("waiting", "…", "Records wait for their next try.", waiting)
    return Light("sent", "✓", "Everything signed has arrived.", 0)


def _reachable(target: Target) -> bool:
    try:
        target.check()
    except SyncFault:
        return False
    return True
