"""Sending and fetching while the console is used, each in a thread of its own, and the light that tells of sending.

Nothing heavy is imported here; the threads load what they need, after the first list has been drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from gsh_console import locations
from gsh_console.domain.moments import clock_time
from gsh_console.faults import GshFault, StoreFault
from gsh_console.loading import LOADING
from gsh_console.store import outbox

if TYPE_CHECKING:
    from gsh_console.casework.courier import Courier, Target
    from gsh_console.casework.desk import Desk
    from gsh_console.sync.outcomes import Patience

RESTART_AFTER = 10.0  # seconds, where the store could not be written
FIRST_WITHIN = 5.0  # seconds after the console began until the first fetch: a whole service does not begin at once
EARLIEST, LATEST = 0.9, 1.1  # of the minutes between two fetches, for the same reason
LOOK_AGAIN = 1.0  # seconds, while a call goes on


@dataclass(frozen=True)
class Light:
    """What sending is at, for the head of every screen: a word, a sign, a sentence, and how many items wait."""

    word: str
    sign: str
    told: str
    waiting: int

    @property
    def short(self) -> str:
        """The light where there is little room."""
        return f"{self.waiting}{self.sign}"

    def __str__(self) -> str:
        return f"queue {self.waiting} {self.word}"

    def or_not_fetched(self, late: str) -> Light:
        """This light, or where nothing waits to be sent, `late`: the sentence on a caseload that was not fetched."""
        return Light("not fetched", "–", late, 0) if late and self.word in ("", "sent") else self


STARTING = Light("", "", "Sending is about to begin.", 0)


class Background:
    """A courier in a thread, from when it is started to when the console ends; `gently` while a call goes on."""

    def __init__(
        self,
        desk: Desk,
        open_target: Callable[[Desk], Target] | None = None,
        patience: Patience | None = None,
        gently: Callable[[], bool] = lambda: False,
    ) -> None:
        self._desk = desk
        self._open_target = open_target
        self._patience = patience
        self._gently = gently
        self._asked_to_stop = Event()
        self._courier: Courier | None = None
        self._fault: GshFault | None = None
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    @property
    def light(self) -> Light:
        """What is going on."""
        if self._fault is not None:
            waiting = self._courier.light.waiting if self._courier else outbox.count_unsent(self._desk.store)
            return Light("stopped", "!", str(self._fault), waiting)
        return self._courier.light if self._courier else STARTING

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def hurry(self) -> None:
        """Send everything that waits now, also where sending had stopped."""
        self._fault = None
        if self._courier:
            self._courier.hurry()
        if not self._thread.is_alive():
            self._thread = Thread(target=self._run, name="courier", daemon=True)
            self._thread.start()

    def stop(self, wait: float = 1.0) -> None:
        """End sending; what is under way is taken up again at the next start."""
        self._asked_to_stop.set()
        if self._thread.is_alive():
            self._thread.join(wait)

    def _run(self) -> None:
        while not self._asked_to_stop.is_set():
            try:
                self._courier = self._courier or self._make()
                self._fault = None
                self._courier.run(self._asked_to_stop.is_set)
            except StoreFault as fault:  # a full disk, a busy store: what is not settled is taken up again
                self._fault = fault
                self._asked_to_stop.wait(RESTART_AFTER)
            except GshFault as fault:
                self._fault = fault
                return

    def _make(self) -> Courier:
        from gsh_console.casework.courier import DEFAULT_PATIENCE, Courier
        from gsh_console.casework.target import target_of

        target = (self._open_target or target_of)(self._desk)
        return Courier(self._desk, target, self._patience or DEFAULT_PATIENCE, self._gently)


class Fetching:
    """Fetches the caseload every so many minutes, from when it is started to when the console ends.

    `busy`: a call goes on, so that no fetch begins and one under way ends. `at_rest`: nobody's file is open, so that
    who left may be taken out. `runs` counts the fetches. `late` is a sentence where the caseload is behind:
    the last fetch failed, or none has succeeded yet; empty where all is well or none is made by itself.
    """

    def __init__(
        self, desk: Desk, busy: Callable[[], bool] = lambda: False, at_rest: Callable[[], bool] = bool
    ) -> None:
        self.runs = 0
        self.told = "about to be fetched"
        self.late = ""
        self._desk = desk
        self._busy = busy
        self._at_rest = at_rest
        self._asked_to_stop = Event()
        self._news = ""
        self._thread = Thread(target=self._run, name="fetching", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def news(self) -> str:
        """What is new since this was last asked, in one sentence; empty where nothing is."""
        news, self._news = self._news, ""
        return news

    def stop(self, wait: float = 1.0) -> None:
        """End it, and wait so long for its end; what has come stays, the rest comes next time."""
        self._asked_to_stop.set()
        if wait and self._thread.is_alive():
            self._thread.join(wait)

    def ended(self, fault: GshFault | None) -> None:
        """Take note of how a fetch ended, this one's or one on request."""
        self.late = self._sentence(str(fault)) if fault else ""

    def _sentence(self, why: str) -> str:
        with LOADING:
            from gsh_console.casework.fetching import last_fetched

        return f"The caseload {last_fetched(self._desk).told}: {why}"

    def _run(self) -> None:
        try:
            self._fetch_for_ever()
        except GshFault as fault:
            self.told = str(fault)
            self.ended(fault)
        except Exception as error:  # a fault of the console's own must not end it; its words may hold a value
            self.told = f"the console failed at fetching it ({type(error).__name__}); please report this"
            if not self._asked_to_stop.is_set():  # the store may be closed by now
                self.late = self._sentence(f"{self.told}.")

    def _fetch_for_ever(self) -> None:
        with LOADING:
            from gsh_console.casework.fetching import fetch_quietly, fetches_every, last_fetched

        every = fetches_every(self._desk)
        often = f"fetched every {every} minutes" if every > 1 else "fetched every minute"
        self.told = often if every else "fetched on request only"
        if every and last_fetched(self._desk).at is None:
            self.late = self._sentence("it is about to be fetched.")
        wait = random.uniform(0.0, FIRST_WITHIN)
        while every and not self._asked_to_stop.wait(wait):
            wait = LOOK_AGAIN
            if self._busy():
                continue
            came = fetch_quietly(self._desk, self._stopped, takes_out=self._at_rest())
            self._news = came.news or self._news
            self.runs += 1
            if not self._stopped():
                self.ended(came.fault)
                at = clock_time(self._desk.now())
                self.told = f"{often}; " + (f"last tried at {at}: {came.fault}" if came.fault else f"last at {at}")
                wait = min(came.soon_again or every * 60.0, every * 60.0) * random.uniform(EARLIEST, LATEST)

    def _stopped(self) -> bool:
        return self._asked_to_stop.is_set() or self._busy()


def sends_by_itself(desk: Desk) -> bool:
    """Whether records go by themselves: to a server, yes; a folder is sent to on request, when it is plugged in."""
    return not desk.training and locations.server_file().exists()
