"""Killed at any moment: nothing acknowledged is lost, and the call comes back on its question."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.settings import Settings
from gsh_console.store import journal
from tests.builders import ALEX, SteadyClock, child_environment, make_patient, put_patient
from tests.faults.recording import MEASURES, next_question

ROUNDS = 100
QUESTIONS = [
    (measure, str(item)) for measure, items in zip(MEASURES, (9, 7, 5), strict=True) for item in range(1, items + 1)
]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


class Server:
    """The forking process, spoken to by line."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.recording"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, env=child_environment(),
        )  # fmt: skip

    def killed_after(self, folder: Path, contact_id: str, lines: int, spin: int) -> list[int]:
        """Start a child, kill it `lines` lines and a moment later; what it had acknowledged."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder}\t{contact_id}\n")
        child = int(self._line().split()[1]) if lines else 0
        acknowledged: list[int] = []
        while lines > 0:
            line = self._line()
            if line.startswith("ack"):
                acknowledged.append(int(line.split()[1]))
            lines -= 1
            if line in ("done", "gone"):
                break
        if not child:
            child = int(self._line().split()[1])
        for _ in range(spin):
            pass
        with contextlib.suppress(ProcessLookupError):  # it may have finished by itself by now
            os.kill(child, signal.SIGKILL)
        while (line := self._line()) != "gone":
            if line.startswith("ack"):
                acknowledged.append(int(line.split()[1]))
        return acknowledged

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the forking process ended"
        return line.strip()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def a_call(access: Access, number: int) -> str:
    """A freshly opened contact with a patient of its own."""
    desk = access.unlock_training()
    contact = open_contact(desk, put_patient(desk, make_patient(number)).id).contact.id
    desk.close()
    return contact


def checked(desk: Desk, contact: str, acknowledged: list[int]) -> int:
    """The number of answers there, after checking that each acknowledged one is among them and the rest is whole."""
    journal.verify_chain(desk.store)
    kept = {row[0] for row in desk.store.fetch("SELECT seq FROM journal")}
    assert set(acknowledged) <= kept
    conduct = resume(desk, contact)
    answered = [(measure, item) for measure in MEASURES for item in conduct.state.answers_of(measure)]
    assert answered == QUESTIONS[: len(answered)]
    assert next_question(conduct) == (QUESTIONS[len(answered)] if len(answered) < len(QUESTIONS) else None)
    assert desk.store.fetch("PRAGMA integrity_check") == [("ok",)]
    return len(answered)


def test_a_hundred_kills_lose_no_acknowledged_answer_and_resume_on_the_next_question(folder: Path) -> None:
    access = Access(folder, Settings(), SteadyClock())
    access.set_up_training(ALEX).close()
    chance = random.Random(20261122)
    server, contact, patients, total, seen = Server(), a_call(access, 1), 1, 0, 0
    try:
        for _ in range(ROUNDS):
            acknowledged = server.killed_after(
                folder, contact, chance.choice((0, 1, 1, 2, 3, 4, 6, 9)), chance.randrange(60_000)
            )
            desk = access.unlock_training()
            answered = checked(desk, contact, acknowledged)
            desk.close()
            total += len(acknowledged)
            assert answered >= seen + len(acknowledged)
            assert answered <= seen + len(acknowledged) + 1  # at most the one being written
            seen = answered
            if answered == len(QUESTIONS):
                patients, seen = patients + 1, 0
                contact = a_call(access, patients)
    finally:
        server.close()
    assert total > ROUNDS  # the kills met calls that were going on
    assert patients > 3
