"""The caseload fetched: on request, or by itself in a thread of its own while the console is used.

By itself it never begins while a call goes on, ends as soon as one begins, and tells only what is new.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from gsh_console.casework.caseload_down import Brought, bring_down
from gsh_console.casework.lists import choices_in_words
from gsh_console.casework.target import fhir_server, needed_server
from gsh_console.domain.moments import clock_time
from gsh_console.faults import GshFault, SyncFault
from gsh_console.loading import LOADING
from gsh_console.store import remote
from gsh_console.store.remote import Standing
from gsh_console.sync.asking import Server
from gsh_console.sync.outcomes import TryLater

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk
    from gsh_console.sync.link import Link, Reply
    from gsh_console.sync.sign_in import SignIn

FIRST_WITHIN = 5.0  # seconds after the console began; never all consoles of a service at once
EARLIEST, LATEST = 0.9, 1.1  # of the minutes between two fetches, for the same reason
RETRY_AFTER = 120.0  # seconds, where there was no network
LOOK_AGAIN = 1.0  # seconds, while a call goes on
_ONE_AT_A_TIME = Lock()

Stop = Callable[[], bool]


@dataclass(frozen=True)
class Fetched:
    """What came, how many who left were taken out, and why others who left are still here. Names nobody."""

    brought: Brought
    taken_out: int
    still_here: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """All of it in words."""
        gone = f"taken out, since they left and everything of theirs has arrived: {self.taken_out}"
        here = tuple(f"left, but still here: {why}" for why in self.still_here)
        return (*self.brought.lines(), *((gone,) if self.taken_out else ()), *here)


def pull(desk: Desk, on_progress: Callable[[str], None], stop: Stop) -> tuple[str, ...]:
    """Bring the caseload down, keep who left, take out who may go; what came, in words without a name."""
    settings = needed_server(desk)
    return fetch(desk, fhir_server(desk, settings), on_progress, stop).lines()


def fetch(
    desk: Desk,
    server: Server,
    on_progress: Callable[[str], None] = lambda _: None,
    stop: Stop = lambda: False,
    *,
    takes_out: bool = True,
) -> Fetched:
    """The same as values. One fetch goes on at a time: another one waits for its end, or for `stop`."""
    from gsh_console.casework import choices, leaving

    while not _ONE_AT_A_TIME.acquire(timeout=0.1):
        if stop():
            raise SyncFault("The caseload is being fetched already.", "Wait for it, then try again.")
    try:
        brought = bring_down(desk, server, needed_server(desk), on_progress, stop)
        choices.settle_what_came_true(desk)
        if brought.finished:
            leaving.note_who_left(desk, brought.left)
        taken_out = leaving.purge_who_left(desk) if takes_out and not stop() else 0
        return Fetched(brought, taken_out, tuple(each.why for each in leaving.waiting_to_leave(desk)))
    finally:
        _ONE_AT_A_TIME.release()


class Fetching:
    """A thread that fetches every so many minutes, from when it is started to when the console ends.

    `busy`: a call goes on. `at_rest`: nobody's file is open, so that who left may be taken out.
    """

    def __init__(self, desk: Desk, every: int, busy: Stop = lambda: False, at_rest: Stop = lambda: True) -> None:
        self.runs = 0
        self._desk = desk
        self._every = every
        self._busy = busy
        self._at_rest = at_rest
        self._asked_to_stop = Event()
        self._news = ""
        self._last = "not yet"
        self._thread = Thread(target=self._run, name="fetching", daemon=True)

    @property
    def told(self) -> str:
        """How often it fetches and how the last time went."""
        return f"fetched every {_counted(self._every, 'minute')}; {self._last}"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def news(self) -> str:
        """What is new since this was last asked, empty where nothing is."""
        news, self._news = self._news, ""
        return news

    def stop(self, wait: float = 1.0) -> None:
        """End it; what has come stays, the rest comes next time. Called with 0 it is only asked to."""
        self._asked_to_stop.set()
        if wait and self._thread.is_alive():
            self._thread.join(wait)

    def _run(self) -> None:
        wait = random.uniform(0.0, FIRST_WITHIN)
        while not self._asked_to_stop.wait(wait):
            wait = LOOK_AGAIN if self._busy() else self._fetch()

    def _stopped(self) -> bool:
        return self._asked_to_stop.is_set() or self._busy()

    def _fetch(self) -> float:
        """Fetch once; return the seconds until the next time, few where a call or no network came between."""
        wait = self._every * 60 * random.uniform(EARLIEST, LATEST)
        try:
            last = self._once()
        except GshFault as fault:
            last = f"last tried at {clock_time(self._desk.now())}: {fault}"
            if isinstance(fault, TryLater):
                wait = min(wait, max(RETRY_AFTER, fault.after or 0.0))
        except Exception as error:  # a fault of the console's own must not end the console; its words may hold a value
            last = f"the console failed at it ({type(error).__name__}); please report this"
        if self._stopped():
            return LOOK_AGAIN
        self._last = last
        return wait

    def _once(self) -> str:
        desk = self._desk
        settings = needed_server(desk)
        before = remote.standing(desk.store)
        try:
            with LOADING:
                server = fhir_server(desk, settings, lambda *given: _Dropping(self._stopped, *given))
            fetch(desk, server, stop=self._stopped, takes_out=self._at_rest())
        finally:
            self._news = news_between(before, remote.standing(desk.store)) or self._news
            self.runs += 1
        return f"last at {clock_time(desk.now())}"


class _Dropping(Server):
    """A server whose answers are dropped once `stop` says so: nothing is written from then on."""

    def __init__(self, stop: Stop, link: Link, sign_in: SignIn | None) -> None:
        super().__init__(link, sign_in)
        self._stop = stop

    def ask(self, *given: Any, **more: Any) -> Reply:
        """One question; TryLater where nobody wants the answer any more."""
        reply = super().ask(*given, **more)
        if self._stop():
            raise TryLater("The fetch was broken off.")
        return reply


def fetches_every(desk: Desk) -> int:
    """How many minutes lie between two fetches; 0 where none is made by itself."""
    try:
        settings = needed_server(desk)
    except GshFault:
        return 0  # sending says what is wrong with the file
    return int(settings.pull_every) if settings.practitioner or settings.caseload else 0


def news_between(before: Standing, after: Standing) -> str:
    """What a fetch brought that the practitioner wants to know, in one sentence; empty where there is nothing."""
    moved = sum(before.calls.get(call) != at for call, at in after.calls.items())
    cancelled = sum(call not in after.calls and at[0] in after.patients for call, at in before.calls.items())
    told = [
        _counted(len(after.patients - before.patients), "new referral"),
        _counted(moved + cancelled, "call booked, moved or cancelled", "calls booked, moved or cancelled"),
        _counted(len(after.tasks - before.tasks), "new task"),
    ]
    if after.proposals - before.proposals:
        told.append(choices_in_words(len(after.proposals) + after.changes))
    words = ", ".join(part for part in told if part)
    return f"From the server: {words}." if words else ""


def _counted(count: int, one: str, several: str = "") -> str:
    if not count:
        return ""
    return f"{count} {one if count == 1 else several or one + 's'}"
