"""The first run of the training caseload, as a terminal of 80 columns shows it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")


def test_making_the_training_caseload_keeps_to_one_line_of_80_columns(tmp_path: Path) -> None:
    terminal = Terminal("demo", "--store", str(tmp_path / "store"), "--patients", "30", home=tmp_path)
    try:
        terminal.wait_for("TRAINING", seconds=60)
    finally:
        terminal.kill()
    told = bytes(terminal.raw).decode("utf-8", "replace").partition("\x1b[?1049h")[0]
    drawn = [re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", part).strip("\n") for part in re.split(r"[\r\n]", told)]
    bars = [part for part in drawn if "Making the training caseload" in part]
    assert bars
    assert max(map(len, bars)) < 80
