"""The caseload comes down: own patients, calls and tasks, page by page, from where the last time ended.

The server's clock decides what is new. What the server says of a patient wins; what the practitioner had changed is
kept as a proposal. A run may be stopped at any page and goes on there.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from gsh_console.casework.desk import Desk
from gsh_console.casework.taking_over import (
    WHY_NOT,
    Came,
    followed,
    once_each,
    take_appointment,
    take_patient,
    take_task,
)
from gsh_console.faults import InputRefused, SyncFault
from gsh_console.settings import ServerSettings
from gsh_console.store import facts, remote
from gsh_console.sync.asking import Page, Server
from gsh_console.sync.incoming import is_cared_for, reference_of, replaced_by
from gsh_console.sync.link import skew_in_words
from gsh_console.sync.outcomes import RefusedForGood, TryLater
from gsh_console.sync.replies import refuse_failed, resource_in
from gsh_console.sync.searching import GoesInCircles, found_in_all, practitioner_of, walk

if TYPE_CHECKING:
    from sqlmodel import Session

OVERLAP = timedelta(minutes=5)  # asked for again each time; a server may write late
PAGE = 50
BASE = "down.base"
KINDS = ("Patient", "Appointment", "Task")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Brought:
    """What a run brought down. `skipped` counts what could not be taken over; `finished`: it was not stopped.

    `told`: in words, what else was met: why others were not taken over, what the server said.
    """

    new: int
    changed: int
    proposals: int
    appointments: int
    tasks: int
    skipped: int
    left: tuple[str, ...]
    finished: bool
    told: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """The counts in words; no name in them."""
        told = [
            f"patients: {self.new} new, {self.changed} changed",
            f"appointments: {self.appointments}, tasks: {self.tasks}",
        ]
        if self.proposals:
            told.append(f"details you had changed and the server says otherwise: {self.proposals}")
        if self.skipped:
            told.append(f"not taken over (no date of birth, no name, or nobody of this caseload): {self.skipped}")
        told += self.told
        if self.left:
            told.append(f"no longer on your caseload: {len(self.left)}")
        if not self.finished:
            told.append("stopped; the next run goes on from here")
        return tuple(told)


def bring_down(
    desk: Desk,
    server: Server,
    settings: ServerSettings,
    on_progress: Progress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Brought:
    """Bring down what is new since the last time. SyncFault where the server cannot be asked; what came is kept."""
    if desk.training:
        raise InputRefused("This is the training caseload; it has no server.")
    run = _Run(desk, server, settings, on_progress, stop)  # it asks first: a mistyped address makes nothing forgotten
    _forget_another_server(desk, server.link.base)
    if not all(run.bring(kind) for kind in KINDS):
        return run.brought((), finished=False)
    on_progress("who is still on the caseload")
    return run.brought(run.left(), finished=True)


def came_from(desk: Desk) -> str:
    """The address of the server the caseload came down from, empty where it never did."""
    return facts.read(desk.store, BASE)


def _forget_another_server(desk: Desk, base: str) -> None:
    """Forget names and places of a server that is not the one asked now: there they mean somebody else."""
    if came_from(desk) != base:
        with desk.store.unit() as session:
            remote.forget_all(session)
            for kind in KINDS:
                facts.write(session, f"down.{kind}", "")
            facts.write(session, BASE, base)


class _Run:
    """One run: what is asked for, and what was counted so far."""

    def __init__(
        self, desk: Desk, server: Server, settings: ServerSettings, on_progress: Progress, stop: Callable[[], bool]
    ) -> None:
        self.desk, self.server, self.settings = desk, server, settings
        self.on_progress, self.stop = on_progress, stop
        self.counted: Counter[str] = Counter()
        self.said: list[str] = []
        if not (settings.practitioner or settings.caseload):
            raise SyncFault("Whose caseload it is is not set.", "Set practitioner or caseload in server.toml.")
        self.practitioner = practitioner_of(server, settings.practitioner)
        self.whose = "" if settings.caseload else self.practitioner  # of whom every patient has to be

    def brought(self, left: tuple[str, ...], *, finished: bool) -> Brought:
        """The counts, and the rest in words."""
        names = ("new", "changed", "proposals", "appointments", "tasks", "skipped")
        told = [f"{words}: {self.counted[why]}" for why, words in WHY_NOT.items() if self.counted[why]]
        told += [f"the server said: {each}" for each in self.said]
        clock = skew_in_words(self.server.link.skew)
        told += [clock] if clock else []
        return Brought(**{name: self.counted[name] for name in names}, left=left, finished=finished, told=tuple(told))

    def search(self, kind: str) -> str:
        """The search that finds what is ours of a kind, empty where there is none."""
        if kind == "Patient" and self.settings.caseload:
            return self.settings.caseload
        if not self.settings.practitioner:
            return ""
        name = {"Patient": "general-practitioner", "Appointment": "practitioner", "Task": "owner"}[kind]
        who = self.practitioner
        return f"{name}={who}" if who else f"{name}:identifier={self.settings.practitioner}"

    def bring(self, kind: str) -> bool:
        """Bring one kind down; False where it was stopped. Each page is one transaction with the place it ended at."""
        search = self.search(kind)
        if not search:
            return True
        at = _Place(**json.loads(facts.read(self.desk.store, f"down.{kind}") or "{}"))
        at = at if at.search == search else _Place(search)
        try:
            return self._bring(kind, at)
        except GoesInCircles:
            self._forget_place(kind, at)
            raise

    def _bring(self, kind: str, at: _Place) -> bool:
        since = f"&_lastUpdated=ge{at.since}" if at.since else ""
        pages = self._pages(kind, f"{at.search}{since}&_sort=_lastUpdated&_count={PAGE}", at)
        while not self.stop():
            page = next(pages)
            at.began = at.began if at.following else _moment_of(page)
            at.following, at.whole = page.following, at.whole and page.whole
            self._hear(page)
            came = self._prepared(kind, page)
            if not page.following:
                at.since, at.began, at.whole = at.began if at.whole else at.since, "", True
            with self.desk.store.unit() as session:
                for each in came:
                    self.counted.update(self._take(kind, session, each))
                facts.write(session, f"down.{kind}", json.dumps(dataclasses.asdict(at)))
            self.on_progress(f"{kind.lower()}s: {sum(self.counted.values())} so far")
            if not page.following:
                return True
        return False

    def _pages(self, kind: str, search: str, at: _Place) -> Iterator[Page]:
        """From the place we stopped at, or, where that is gone, from the last finished run on."""
        if at.following:
            pages = walk(self.server, kind, search, at.following)
            try:
                first = next(pages)
            except RefusedForGood:
                pass
            except TryLater as fault:
                if not (fault.unreachable or self.stop()):
                    self._forget_place(kind, at)  # perhaps it is gone too: next time from the last finished run on
                raise
            else:
                yield first
                yield from pages
                return
        yield from walk(self.server, kind, search)

    def _prepared(self, kind: str, page: Page) -> list[Came]:
        """What is to be taken over of a page; who was merged is asked for now, while nobody waits for the store."""
        resources = once_each(page.resources, self.counted)
        if kind != "Patient":
            return [Came(each) for each in resources]
        came = [followed(self.desk, self.server, each) for each in resources]
        merged = {reference_of(each.resource) for each in came if each.was}
        once = {(reference_of(each.resource), each.was): each for each in came}
        return [each for (name, was), each in once.items() if was or name not in merged]

    def _take(self, kind: str, session: Session, came: Came) -> list[str]:
        if kind == "Patient":
            return take_patient(self.desk, session, came, self.whose)
        return (take_appointment if kind == "Appointment" else take_task)(self.desk, session, came.resource)

    def _hear(self, page: Page) -> None:
        if page.told and page.told not in self.said:
            self.said.append(page.told)

    def _forget_place(self, kind: str, at: _Place) -> None:
        with self.desk.store.unit() as session:
            facts.write(session, f"down.{kind}", json.dumps(dataclasses.asdict(_Place(at.search, at.since))))

    def left(self) -> tuple[str, ...]:
        """Our patients who are not on the server's caseload any more, by local id."""
        ours = {held.reference: held.local_id for held in remote.of_kind(self.desk.store, "Patient")}
        if not ours:
            return ()
        found, whole = found_in_all(self.server, "Patient", f"{self.search('Patient')}&_count={PAGE}")
        there = {reference_of(each): each for each in found if not self.whose or is_cared_for(each, self.whose)}
        if not there or not whole:
            return ()  # more likely a lost right, or half an answer, than a caseload that is gone
        return tuple(local for name, local in ours.items() if name not in there and self._has_left(name, there))

    def _has_left(self, reference: str, there: dict[str, dict[str, Any]]) -> bool:
        """Whether a patient who is not found is somebody else's now, and not deleted, merged or passed over."""
        reply = self.server.ask("GET", reference)
        if reply.status == 410:
            self.counted["deleted"] += 1
            return False
        if reply.status in (403, 404):
            resource_in(reply)  # the server's own word, not that of something between
            return True
        refuse_failed(reply)
        found = resource_in(reply)
        if not replaced_by(found):
            return not (self.whose and is_cared_for(found, self.whose))
        came = followed(self.desk, self.server, found)
        if reference_of(came.resource) not in there:
            return True
        with self.desk.store.unit() as session:
            self.counted.update(take_patient(self.desk, session, came, self.whose))
        return False


@dataclass
class _Place:
    """How far a kind came down: its search, since when, and, in the middle of a run, when it began and what follows."""

    search: str = ""
    since: str = ""
    began: str = ""
    following: str = ""
    whole: bool = True


def _moment_of(page: Page) -> str:
    """The server's own time, a little earlier, as a search takes it; empty (so all comes again) where it tells none."""
    try:
        return (parsedate_to_datetime(page.date) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return ""
