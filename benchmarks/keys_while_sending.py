"""A digit to the next question while records are being sent, over the same at rest, interleaved, as ratios.

python benchmarks/keys_while_sending.py --rounds 6 --count 60
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from run import PYTHON, SOURCE, summary  # noqa: E402
from terminal_timing import Program  # noqa: E402
from tests.builders import PASSPHRASE, make_desk, make_patient, put_patient  # noqa: E402
from tests.servers.medplum_server import Choices, MedplumServer  # noqa: E402
from tests.sync.many import fill  # noqa: E402

from gsh_console.store import outbox  # noqa: E402
from gsh_console.store.store import open_store  # noqa: E402

QUEUED = 400
BETWEEN = 0.2  # seconds from one answer to the next question read out: quicker than anybody


def digits(count: int, url: str) -> tuple[list[float], int]:
    """Milliseconds for digits that answer a question, and how many records went to the server, if any, meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="gsh-console-keys-"))
    desk = make_desk(folder / "store")
    fill(desk, QUEUED, QUEUED // 4, first=random.randrange(100_000))
    put_patient(desk, make_patient(1))
    waiting = outbox.count_unsent(desk.store)
    desk.close()
    if url:
        (folder / "server.toml").write_text(f'url = "{url}"\n')
    settings = {"GSH_CONSOLE_SETTINGS": str(folder / "settings.toml")}
    program = Program(
        f"{PYTHON} {HERE / 'question_app.py'} {folder / 'store'} '{PASSPHRASE}'", environment=SOURCE | settings
    )
    program.run_until(b"Not at all")
    program.settle()
    times: list[float | None] = []
    for _ in range(count):
        times.append(program.key(b"1"))
        time.sleep(BETWEEN)
        program.key(b"\x7f")
        time.sleep(BETWEEN)
    program.end()
    store = open_store(folder / "store", PASSPHRASE)
    sent = waiting - outbox.count_unsent(store)
    store.close()
    return [value for value in times if value is not None], sent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--count", type=int, default=60)
    given = parser.parse_args()
    taken: dict[str, list[tuple[float, ...]]] = {"at rest": [], "sending": []}
    sent = {"at rest": 0, "sending": 0}
    with MedplumServer(Path(tempfile.mkdtemp()), Choices(validate=False)) as server:
        for _ in range(given.rounds):
            for name in random.sample(list(taken), 2):
                times, went = digits(given.count, server.base if name == "sending" else "")
                taken[name] += [(value,) for value in times]
                sent[name] += went
    found = summary(taken, ("ms",), floor="at rest")
    print(json.dumps({"suite": "keys while sending", "load": os.getloadavg()[0], **found, "sent": sent}, indent=1))


if __name__ == "__main__":
    main()
