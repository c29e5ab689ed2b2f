"""The training caseload in a real terminal, and what a second connection reads of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gsh_console.casework import contacts, files, lists
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.domain.session import SessionState
from gsh_console.settings import Settings
from tests.terminal import Terminal

CALLS = Path(__file__).parent.parent / "calls"
DAY = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)  # a Thursday; in November the UK keeps this time
_AT = re.compile(r"# (\d{1,2}):(\d{2})\b")


class ToldClock:
    """A clock that stands until somebody moves it; the console of another process reads it from its file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(DAY.hour, DAY.minute)

    def set(self, hour: int, minute: int) -> None:
        """Move it to a time of the day."""
        beside = self.file.with_suffix(".next")
        beside.write_text(DAY.replace(hour=hour, minute=minute).isoformat(), "ascii")
        beside.replace(self.file)


def copy_of(store: Path, folder: Path) -> Path:
    """A copy of the training store for one test."""
    shutil.copytree(store, folder)
    return folder


@contextmanager
def console(
    store: Path, home: Path, size: tuple[int, int] = (80, 24), clock: ToldClock | None = None
) -> Iterator[Terminal]:
    """The console open on the training caseload, on its own clock or a told one."""
    shown = ("demo", "--store", str(store))
    if clock is None:
        terminal = Terminal(*shown, size=size, home=home)
    else:
        runner, extra = str(CALLS / "at_the_time.py"), {"GSH_TEST_CLOCK": str(clock.file)}
        terminal = Terminal(runner, *shown, size=size, home=home, extra=extra, module=False)
    try:
        yield terminal
    finally:
        if terminal.status is None:
            terminal.kill()


def play(terminal: Terminal, script: str, clock: ToldClock | None = None) -> list[str]:
    """Press the keys of a call file line by line, waiting each time for what they lead to; the keys pressed.

    A comment that begins with a time sets the told clock to it.
    """
    pressed = []
    for line in (CALLS / script).read_text("utf-8").splitlines():
        if (told := _AT.match(line)) and clock is not None:
            terminal.settle(0.3)  # what was pressed before belongs to the time before
            clock.set(int(told[1]), int(told[2]))
        if not line.strip() or line.startswith("#"):
            continue
        keys, _, pattern = line.partition("=> ")
        terminal.press(keys.strip())
        terminal.wait_for(pattern)
        pressed.append(keys.strip())
    return pressed


def to_maya(terminal: Terminal) -> None:
    """From the list into a new call with Maya Okafor."""
    terminal.wait_for("OKAFOR, Maya")
    terminal.do("/", "part of a name")
    terminal.do("okafor", "Filter +okafor")
    terminal.do("<enter>", r"NHS \d{3} \d{3} \d{4}")
    terminal.do("<enter>", "Who is on the line")


def to_measures(terminal: Terminal) -> None:
    """Through the opening of a call with Maya Okafor to the first question."""
    to_maya(terminal)
    terminal.do("23", "date of bi")
    terminal.do("<enter>", "Private, safe, and where")
    terminal.do("1", "Where the patient is")
    terminal.do("car<enter>", "Number to call back on")
    terminal.do("same<enter>", "Safe phrase agreed")
    terminal.do("<enter>", "Confidentiality and its limits reminded")
    terminal.do("1", "What the patient wants to talk about")
    terminal.do("<enter>", "1 of 9")


@contextmanager
def second_connection(store: Path) -> Iterator[Desk]:
    """Another reader of the same store, while the console may still hold it."""
    desk = Access(store, Settings()).unlock_training(locked=False)
    try:
        yield desk
    finally:
        desk.store.reading.close()


def newest_contact(desk: Desk, name: str) -> tuple[str, SessionState]:
    """The id and the state on disk of the newest contact with a patient."""
    row = lists.whole_caseload(desk, name, 1, 0).rows[0]
    contact = files.patient_file(desk, row.patient_id).contacts[-1]
    return contact.id, contacts.resume(desk, contact.id).state
