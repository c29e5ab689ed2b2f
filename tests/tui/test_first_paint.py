"""What may be loaded before the list is on screen: nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.builders import child_environment

HEAVY = (
    "plotext",
    "textual_plotext",
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "jinja2",
    "babel",
    "cryptography",
    "argon2",
)
FIRST_LIST = """
import sys
from pathlib import Path
import gsh_console.commands.console
from gsh_console.casework import lists
from gsh_console.casework.access import Access
from gsh_console.settings import Settings
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.caseload import CaseloadScreen
desk = Access(Path(sys.argv[1]), Settings()).unlock_training()
asked = []
fetch = desk.store.fetch
desk.store.fetch = lambda *given: (asked.append(given), fetch(*given))[1]
page = lists.today(desk, "", 40, 0)
assert page.total >= 8, page.total
assert len(asked) <= 2, asked
print(" ".join(name for name in sys.argv[2:] if name in sys.modules))
"""


def test_the_first_list_needs_neither_sqlmodel_nor_any_other_heavy_library(training_store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_LIST, str(training_store), *HEAVY],
        capture_output=True, text=True, encoding="utf-8", check=False, env=child_environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
