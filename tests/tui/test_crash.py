"""A crash in the middle of a call: nothing of the patient on the screen, in what was drawn, or in any file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gsh_console.tui.app import crash_report
from tests.terminal import Terminal
from tests.tui.real_terminal import copy_of

CANARIES = ("SWALLOWTAIL", "OKAFOR", "Maya", "9990000018", "999 000 0018")
CRASHING = """
import sys
from pathlib import Path
from gsh_console.casework.access import Access
from gsh_console.settings import Settings
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.session import SessionScreen
def fail(self):
    secret = "SWALLOWTAIL " + self.conduct.patient.name
    raise RuntimeError(secret)
SessionScreen.next_stage = fail
from gsh_console.commands.console import show
access = Access(Path(sys.argv[1]), Settings())
show(access, access.unlock_training())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")
def test_a_crash_tells_where_it_failed_and_nothing_of_the_patient(training_store: Path, tmp_path: Path) -> None:
    store = copy_of(training_store, tmp_path / "store")
    script = tmp_path / "crashing.py"
    script.write_text(CRASHING, "utf-8")
    terminal = Terminal(str(script), str(store), home=tmp_path, module=False)
    terminal.wait_for("OKAFOR, Maya")
    terminal.do("/", "part of a name")
    terminal.do("okafor", "Filter +okafor")
    terminal.do("<enter>", r"NHS \d{3} \d{3} \d{4}")
    terminal.do("<enter>", "Who is on the line")
    before = len(terminal.raw)
    terminal.press("<f7>")
    assert terminal.close() == 1
    told = bytes(terminal.raw[before:]).decode("utf-8", "replace")
    left_alternate_screen = told.rpartition("\x1b[?1049l")[2]
    assert "The console stopped because of a fault of its own" in left_alternate_screen
    assert "RuntimeError" in left_alternate_screen
    for canary in CANARIES:
        assert canary not in left_alternate_screen
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != script:
            assert b"SWALLOWTAIL" not in path.read_bytes()


def test_a_crash_report_names_places_and_types_only() -> None:
    try:
        raise ValueError("SWALLOWTAIL")
    except ValueError as error:
        report = crash_report(error)
    assert "SWALLOWTAIL" not in report
    assert "ValueError at test_crash.py" in report
