"""A process that records answers until it is killed: one parent that has everything loaded, forking a child a line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import resume
from gsh_console.domain.entries import Answered
from gsh_console.domain.measures import Mode
from gsh_console.domain.path import next_item
from gsh_console.settings import Settings
from tests.builders import SteadyClock

MEASURES = ("phq-9", "gad-7", "wsas")


def next_question(conduct: Conduct) -> tuple[str, str] | None:
    """The measure and item a practitioner is asked next."""
    for measure in MEASURES:
        item = next_item(conduct.book, conduct.state, measure)
        if item is not None:
            return measure, item
    return None


def record_until_killed(folder: Path, contact_id: str) -> None:
    """Answer one question after another, saying each entry's number only once it is acknowledged."""
    desk = Access(folder, Settings(), SteadyClock()).unlock_training()
    conduct = resume(desk, contact_id)
    os.write(1, b"open\n")
    while question := next_question(conduct):
        measure, item = question
        state = conduct.record(Answered(measure, item, (int(item) * 7) % 4, Mode.READ_OUT))
        os.write(1, f"ack {state.answers[measure][item].seq}\n".encode())
    os.write(1, b"done\n")


def main() -> None:
    """Fork a recording child for each line "FOLDER CONTACT"; say its number, and "gone" when it has ended."""
    import gsh_console.casework.signing
    import gsh_console.store.engine
    import gsh_console.store.tables  # noqa: F401 - loaded once, before any child

    for line in sys.stdin:
        folder, contact_id = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            try:
                record_until_killed(Path(folder), contact_id)
            finally:
                os._exit(1)
        os.write(1, f"child {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
