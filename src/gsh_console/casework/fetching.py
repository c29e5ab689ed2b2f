"""The caseload fetched from the server, on request or by itself, one fetch at a time, and what is new by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from gsh_console.casework.caseload_down import Brought, bring_down, came_from
from gsh_console.casework.lists import choices_in_words
from gsh_console.casework.target import fhir_server, needed_server, server_settings
from gsh_console.domain.moments import UK
from gsh_console.faults import GshFault, SyncFault
from gsh_console.store import facts, remote
from gsh_console.store.remote import Standing
from gsh_console.store.store import as_moment, as_text
from gsh_console.sync.asking import Server
from gsh_console.sync.outcomes import TryLater

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk
    from gsh_console.sync.link import Link, Reply
    from gsh_console.sync.sign_in import SignIn

RETRY_AFTER = 120.0  # seconds, where there was no network
LAST = "down.ended"  # a fact: when a fetch last ended well, and from which server
_ONE_AT_A_TIME = Lock()
_UNTIL = {
    "": "the next fetch",
    "a call is open": "the open call is signed",
    "a record is not acknowledged yet": "every record has arrived",
    "an action is open": "the action is closed",
    "a signed note was never put into the outbox": "the signed note is in the outbox",
    "a change wanted on the server is not settled": "the change wanted on the server is settled",
    "the newest entry of the audit chain is this patient's": "somebody else's record is written",
}

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


@dataclass(frozen=True)
class Came:
    """What a fetch brought that the practitioner wants to know, in one sentence or none; why it did not end well."""

    news: str
    fault: GshFault | None

    @property
    def soon_again(self) -> float | None:
        """The seconds after which trying again is worth it; None where somebody has to put something right first."""
        if not isinstance(self.fault, TryLater):
            return None
        return max(RETRY_AFTER, self.fault.after or 0.0)


@dataclass(frozen=True)
class LastFetched:
    """When the caseload was last fetched to its end from the server it comes from; None where it never was."""

    at: datetime | None

    @property
    def day_and_time(self) -> str:
        """22 Nov 09:10 in UK time, empty where there is none."""
        here = self.at.astimezone(UK) if self.at else None
        return f"{here.day} {here:%b %H:%M}" if here else ""

    @property
    def told(self) -> str:
        """What is said of the caseload."""
        return f"was last fetched {self.day_and_time}" if self.at else "has not been fetched yet"


def last_fetched(desk: Desk) -> LastFetched:
    """When a fetch last ended well."""
    at, _, base = facts.read(desk.store, LAST).partition(" ")
    return LastFetched(as_moment(at) if at and base == came_from(desk) else None)


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
            with desk.store.unit() as session:
                facts.write(session, LAST, f"{as_text(desk.now())} {server.link.base}")
        taken_out = leaving.purge_who_left(desk) if takes_out and not stop() else 0
        return Fetched(brought, taken_out, tuple(each.why for each in leaving.waiting_to_leave(desk)))
    finally:
        _ONE_AT_A_TIME.release()


def fetch_quietly(desk: Desk, stop: Stop, *, takes_out: bool) -> Came:
    """Fetch until `stop` says so; from then on nothing more is written, and what has come stays."""
    from gsh_console.casework import leaving

    before, fault, told = remote.standing(desk.store), None, ""
    waited = {each.patient_id for each in leaving.waiting_to_leave(desk)}
    try:
        server = fhir_server(desk, needed_server(desk), lambda *given: _Dropping(stop, *given))
        taken_out = fetch(desk, server, stop=stop, takes_out=takes_out).taken_out
        kept = [each.why for each in leaving.waiting_to_leave(desk) if each.patient_id not in waited]
        told = who_left(taken_out, kept)
    except GshFault as why:
        fault = why
    return Came(" ".join(filter(None, (news_between(before, remote.standing(desk.store)), told))), fault)


def who_left(taken_out: int, kept: Iterable[str]) -> str:
    """Who left, told by number: `kept` gives for each who left just now why nothing was taken out yet."""
    parts = [f"{_counted(taken_out, 'patient')} left your caseload; removed here."] if taken_out else []
    for why, count in Counter(kept).items():
        until = f"until {_UNTIL[why]}" if why in _UNTIL else f"here: {why}"
        parts.append(f"{_counted(count, 'patient')} left your caseload; kept {until}.")
    return " ".join(parts)


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
    """How many minutes lie between two fetches; 0 where none is made by itself. A fault where the file is wrong."""
    if desk.training:
        return 0
    settings = server_settings()
    if not settings.url:
        return 0
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
