"""A process that sends while its disk fills: the server has taken a record that can no longer be marked as sent."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gsh_console.casework.courier import Courier
from gsh_console.faults import StoreFault
from gsh_console.store import keys
from gsh_console.sync.outcomes import Ledger
from gsh_console.sync.rest import RestTarget
from tests.builders import make_desk
from tests.conftest import CHEAP_ARGON2
from tests.faults.full_disk import FileLimit

from .many import IMPATIENT, fill, rest_target


class Filling(RestTarget):
    """A target that fills the disk as soon as the server has proved that it holds the first record."""

    parallel = 1
    skew = None
    disk: FileLimit

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        """Deliver, then let no file grow."""
        super().deliver(item_id, payload, sha256, ledger)
        self.disk.fill()


def main(folder: Path, base: str) -> dict[str, Any]:
    """Send over a disk that fills and is freed again; what was said, and the states before and after."""
    keys.ARGON2 = CHEAP_ARGON2
    desk = make_desk(folder / "store")
    fill(desk, 6, 3, amended_every=100)
    real = rest_target(base)
    target = Filling(real.server, real._find_way)
    target.disk = FileLimit(folder)
    told: dict[str, Any] = {"refused": ""}
    try:
        Courier(desk, target, IMPATIENT).run(lambda: False, once=True)
    except StoreFault as fault:
        told["refused"] = str(fault)
    told["states_while_full"] = sorted(row[0] for row in desk.store.fetch("SELECT state FROM outbox"))
    target.disk.free()
    told["sent"] = Courier(desk, rest_target(base), IMPATIENT).run(lambda: False, once=True).sent
    told["states_after"] = sorted(row[0] for row in desk.store.fetch("SELECT state FROM outbox"))
    told["integrity"] = desk.store.fetch("PRAGMA integrity_check")[0][0]
    desk.close()
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
