"""A service's consoles and its one server, simulated second by second with the courier's own rules of waiting.

python benchmarks/evening.py                     the three evenings of docs/scaling.md
python benchmarks/evening.py --consoles 2000     a larger service

Each console holds records, sends up to four at a time, and waits as `Patience` says when it is refused. The server
takes so many bundles a second and answers 503 to the rest, as an account limit does.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from gsh_console.sync.outcomes import Patience

LANES = 6
PATIENCE = Patience()


@dataclass
class Console:
    """One console: what waits, from which second it may send, how often it was turned away in a row."""

    waiting: int
    free_at: float
    misses: int = 0
    done_at: float = 0.0


@dataclass(frozen=True)
class Evening:
    """What happened: the most bundles asked for in a second, refusals, and when consoles were done."""

    asked_most: int
    refused: int
    half_done_minutes: float
    all_done_minutes: float

    def told(self) -> dict[str, float]:
        """Rounded, for the table."""
        return {
            "most bundles asked for in a second": self.asked_most,
            "refused and sent again": self.refused,
            "half of the consoles done after minutes": round(self.half_done_minutes, 1),
            "all done after minutes": round(self.all_done_minutes, 1),
        }


def run(consoles: Sequence[Console], capacity: int) -> Evening:
    """Let the consoles send until nothing waits."""
    second = refused = asked_most = 0
    while any(each.waiting for each in consoles):
        eager = [each for each in consoles if each.waiting and each.free_at <= second]
        random.shuffle(eager)
        taken = asked = 0
        for console in eager:
            wanted = min(LANES, console.waiting)
            asked += wanted
            given = min(wanted, capacity - taken)
            taken += given
            console.waiting -= given
            if given < wanted:
                refused += wanted - given
                console.misses += 1
                console.free_at = second + 1 + PATIENCE.delay(console.misses)
            else:
                console.misses = 0
            if not console.waiting:
                console.done_at = second + 1
        asked_most = max(asked_most, asked)
        second += 1
    done = sorted(each.done_at for each in consoles)
    return Evening(asked_most, refused, statistics.median(done) / 60, done[-1] / 60)


def at_once(count: int, records: int) -> list[Console]:
    """Everybody presses send at five."""
    return [Console(records, 0.0) for _ in range(count)]


def after_outage(count: int, records: int) -> list[Console]:
    """The server comes back after hours: every console is somewhere in its longest wait."""
    return [Console(records, random.uniform(0.0, PATIENCE.cap)) for _ in range(count)]


def as_signed(count: int, records: int, hours: int = 8) -> list[Console]:
    """Each record goes when it is signed, at any moment of the day: a console a record."""
    return [Console(1, random.uniform(0.0, hours * 3600.0)) for _ in range(count * records)]


def main() -> None:
    """Run the evenings at three sizes of server and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=500)
    parser.add_argument("--records", type=int, default=8)
    given = parser.parse_args()
    random.seed(1)
    found = {}
    for capacity in (10, 20, 60):
        for name, make in (("as signed", as_signed), ("all at once", at_once), ("after an outage", after_outage)):
            evening = run(make(given.consoles, given.records), capacity)
            found[f"{name}, {capacity} bundles a second"] = evening.told()
    print(json.dumps({"consoles": given.consoles, "records each": given.records, **found}, indent=1))


if __name__ == "__main__":
    main()
