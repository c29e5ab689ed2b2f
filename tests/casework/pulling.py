"""A process that brings a caseload down and is killed after so many pages."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gsh_console.casework import caseload_down
from gsh_console.casework.desk import Desk
from gsh_console.settings import ServerSettings, Settings
from gsh_console.store.store import open_store
from gsh_console.sync.asking import Server
from gsh_console.sync.link import Link
from tests.builders import PASSPHRASE


def main(folder: str, base: str, practitioner: str, pages: str) -> None:
    """Pull with four to a page; SIGKILL once so many pages are kept."""
    caseload_down.PAGE = 4
    left = int(pages)

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    desk = Desk(open_store(Path(folder), PASSPHRASE), Settings())
    caseload_down.bring_down(desk, Server(Link(base)), ServerSettings(practitioner=practitioner), count)


if __name__ == "__main__":
    main(*sys.argv[1:])
