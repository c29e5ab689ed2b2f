"""A call on a disk that fills up, told as JSON: run by the tests in a process whose disk or file size is limited."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.signing import draft, sign
from gsh_console.domain.entries import Jotted
from gsh_console.faults import GshFault
from gsh_console.settings import Settings
from gsh_console.store import journal
from tests.builders import ALEX, SteadyClock, make_patient, put_patient, record_all, whole_contact


class FullDisk:
    """A real file system with no room left."""

    def __init__(self, folder: Path) -> None:
        self.filler = folder / "filler"

    def fill(self) -> None:
        """Write until there is no byte left."""
        with contextlib.suppress(OSError), self.filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 1024):
                pass

    def free(self) -> None:
        """Give the room back."""
        self.filler.unlink()


class FileLimit:
    """A limit on how long any file may grow, where no file system can be mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Stop every file at the length the log has now."""
        length = (self.folder / "store" / "store.db-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (length, resource.RLIM_INFINITY))

    def free(self) -> None:
        """Lift the limit."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def jot_until_refused(conduct: Conduct) -> str:
    """Record jots until the disk refuses one; the sentence it was refused with."""
    for number in range(5000):
        try:
            conduct.record(Jotted(f"jot {number} " + "x" * 300))
        except GshFault as fault:
            return str(fault)
    return "never refused"


def refused(action: Any, *arguments: Any) -> str:
    """The sentence an action is refused with, empty if it was not."""
    try:
        action(*arguments)
    except GshFault as fault:
        return str(fault)
    return ""


def read_beside(access: Access) -> None:
    """Open the store a second time, only to read, as a list on the command line does."""
    beside = access.unlock_training(locked=False)
    beside.store.fetch("SELECT count(*) FROM journal")
    beside.store.reading.close()


def main(folder: Path, kind: str) -> dict[str, Any]:
    """Conduct a call over a disk that fills and is freed again."""
    disk = FullDisk(folder) if kind == "tmpfs" else FileLimit(folder)
    access = Access(folder / "store", Settings(), SteadyClock())
    desk = access.set_up_training(ALEX)
    conduct = record_all(open_contact(desk, put_patient(desk, make_patient()).id), whole_contact())
    told: dict[str, Any] = {}
    disk.fill()
    told["refused"] = jot_until_refused(conduct)
    before = conduct.state
    told["unsaved"] = conduct.unsaved is not None and conduct.unsaved.text[:3]  # type: ignore[union-attr]
    told["retry_while_full"] = refused(conduct.retry)
    told["sign_while_full"] = refused(sign, conduct)
    told["blocks"] = draft(conduct).blocks[:1]
    told["state_unchanged"] = conduct.state is before
    told["reopened_while_full"] = refused(read_beside, access)
    told["on_disk_while_full"] = resume(desk, conduct.contact.id).state == before
    disk.free()
    told["retry_after"] = refused(conduct.retry)
    told["unsaved_after"] = conduct.unsaved
    told["one_more"] = len(conduct.state.jots) - len(before.jots)
    told["sign_after"] = refused(sign, conduct)
    state, count = conduct.state, journal.verify_chain(desk.store)
    desk.close()
    again = access.unlock_training()
    told["reopened_the_same"] = resume(again, conduct.contact.id).state == state
    told["chain"] = journal.verify_chain(again.store) == count == state.entries
    told["integrity"] = again.store.fetch("PRAGMA integrity_check")[0][0]
    again.close()
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
