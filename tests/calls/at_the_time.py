"""Starts the console on a clock that stands where a file says, so that a played call always tells the same times."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from gsh_console.casework.access import Access
from gsh_console.cli import main

CLOCK = "GSH_TEST_CLOCK"


def told_time() -> datetime:
    """The moment the file holds, aware."""
    return datetime.fromisoformat(Path(os.environ[CLOCK]).read_text("ascii"))


if __name__ == "__main__":
    Access.__init__.__defaults__ = (told_time,)  # the clock every store of this process is opened with
    main()
