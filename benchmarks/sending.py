"""Sending, measured against the bare server and against the console at rest, interleaved, as ratios.

python benchmarks/sending.py throughput --rounds 12    courier over bare server, without and with faults
python benchmarks/sending.py signing --count 40        signing with 10,000 queued over signing with none
python benchmarks/sending.py answers --rounds 4        an answer on disk while sending over one at rest
python benchmarks/sending.py soak --count 10000        faults and kills; nothing lost, doubled or changed
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.builders import child_environment, make_conduct, make_desk, make_patient, put_patient, whole_contact  # noqa: E402
from tests.servers.fault_proxy import FaultProxy, Tempo  # noqa: E402
from tests.servers.medplum_server import Choices, MedplumServer  # noqa: E402
from tests.sync.many import (  # noqa: E402
    IMPATIENT,
    Kills,
    fill,
    rest_target,
    send_through_kills,
    signed_resources,
)

from gsh_console.casework.background import Background  # noqa: E402
from gsh_console.casework.courier import Courier  # noqa: E402
from gsh_console.casework.desk import Desk  # noqa: E402
from gsh_console.casework.reconciling import reconcile  # noqa: E402
from gsh_console.casework.signing import sign  # noqa: E402
from gsh_console.domain.entries import Entered, Filled  # noqa: E402
from gsh_console.store import outbox  # noqa: E402
from gsh_console.sync.asking import Server  # noqa: E402
from gsh_console.sync.link import Link  # noqa: E402
from gsh_console.sync.parcel import Parcel, as_json, parcel_of, put_body  # noqa: E402
from gsh_console.sync.rest import LANES  # noqa: E402

KILLS = Kills(sender=5, server=2)


def place() -> Path:
    """A folder of its own."""
    return Path(tempfile.mkdtemp(prefix="gsh-console-sending-"))


def server_of(profile: str) -> MedplumServer:
    """A server that does not validate: validation would be most of what is measured."""
    return MedplumServer(place(), Choices(profile=profile, validate=False))  # type: ignore[arg-type]


class Bare:
    """The same requests from as many threads with nothing around them; with the making of each patient, where asked."""

    def __init__(self, base: str, payloads: Sequence[str], *, makes_people: bool = False) -> None:
        self._link = Link(base)
        self._pool = ThreadPoolExecutor(LANES)
        self._bodies: list[list[bytes]] = []
        made: set[str] = set()
        for parcel in map(parcel_of, payloads):
            new = makes_people and parcel.patient_id not in made
            made.add(parcel.patient_id)
            person = [as_json(people_bundle([parcel])).encode()] if new else []
            self._bodies.append([*person, put_body(parcel, "Patient/bare")])

    def send(self, count: int) -> float:
        """Records a second of some more."""
        bodies, self._bodies = self._bodies[:count], self._bodies[count:]
        began = time.perf_counter()
        list(self._pool.map(self._post, bodies))
        return len(bodies) / (time.perf_counter() - began)

    def _post(self, bodies: Sequence[bytes]) -> None:
        headers = {"content-type": "application/fhir+json", "prefer": "return=minimal"}
        for body in bodies:
            if self._link.ask("POST", body=body, headers=headers).status != 200:
                raise SystemExit("The bare server refused.")


class Couriers:
    """A courier with a full outbox."""

    def __init__(self, base: str, desk: Desk) -> None:
        self._courier = Courier(desk, rest_target(base), IMPATIENT)

    def send(self, count: int) -> float:
        """Records a second of some more."""
        before = len(self._courier.sent)
        began = time.perf_counter()
        self._courier.run(lambda: len(self._courier.sent) >= before + count)
        return (len(self._courier.sent) - before) / (time.perf_counter() - began)


def payloads_of(desk: Desk) -> list[str]:
    """Everything that waits, in order."""
    return [outbox.item(desk.store, each.id).payload for each in outbox.unsent(desk.store, 99_999)]


def people_bundle(parcels: Sequence[Parcel]) -> dict[str, Any]:
    """One transaction that makes these patients."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{each.patient_id}",
            "resource": each.patient,
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": each.patient_search},
        }
        for each in parcels
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def make_people(base: str, payloads: list[str]) -> None:
    """Have the server hold the patients already, as it does wherever they were referred through it."""
    people = {parcel.patient_id: parcel for parcel in map(parcel_of, payloads)}
    Server(Link(base)).keep(people_bundle([*people.values()]))


@contextmanager
def proxy_of(server: MedplumServer, rate: float) -> Iterator[str]:
    """The address of a server behind a faulty network that has a process of its own."""
    options = ["--rate", str(rate), "--seed", "3", "--delay", "0.1"]
    command = [sys.executable, "-m", "tests.servers.fault_proxy", server.origin, *options]
    process = subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        yield server.base.replace(server.origin, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.communicate()


def full_outbox(first: int, rounds: int, count: int) -> Desk:
    """A desk with records for so many turns; in each turn come new patients, with four records each."""
    desk = make_desk(place() / "store")
    for turn in range(rounds):
        fill(desk, count, count // 4, first=first + turn * count)
    return desk


def throughput(rounds: int, count: int) -> dict[str, Any]:
    """Bare, courier with patients the server holds and with new ones, and through a network that is fine or faulty.

    All take turns of about `count` records each, from a full outbox of their own.
    """
    ways = ("bare", "bare with new people", "people there", "people new", "through a proxy", "through faults")
    rates: dict[str, list[float]] = {name: [] for name in ways}
    desks = {name: full_outbox(at * 20_000, rounds + 2, count) for at, name in enumerate(ways)}
    with server_of("open") as server, proxy_of(server, 0.0) as fine, proxy_of(server, 0.3) as faulty:
        bases = {"through a proxy": fine, "through faults": faulty}
        senders: dict[str, Bare | Couriers] = {
            name: Couriers(bases.get(name, server.base), desks[name]) for name in ways[2:]
        }
        for name in ways[:2]:
            senders[name] = Bare(server.base, payloads_of(desks[name]), makes_people=name != "bare")
        make_people(server.base, payloads_of(desks["people there"]))
        for turn in range(rounds + 1):
            for name in random.sample(ways, len(ways)):
                rate = senders[name].send(count)
                if turn:  # the first only warms up
                    rates[name].append(rate)

    def ratio(one: str, other: str) -> float:
        return round(statistics.median(a / b for a, b in zip(rates[one], rates[other], strict=True)), 2)

    return {
        "records_per_second": {name: [round(each, 1) for each in found] for name, found in rates.items()},
        "people_there_over_bare": ratio("people there", "bare"),
        "people_new_over_bare": ratio("people new", "bare"),
        "people_new_over_bare_that_makes_them": ratio("people new", "bare with new people"),
        "faults_over_the_same_proxy_without": ratio("through faults", "through a proxy"),
        "faults_over_people_new": ratio("through faults", "people new"),
    }


def signing(count: int) -> dict[str, Any]:
    """Milliseconds of signing with nothing and with 10,000 queued, in turn."""
    desks = {"none": make_desk(place() / "store"), "ten thousand": make_desk(place() / "store")}
    fill(desks["ten thousand"], 10_000, 2_000, first=50_000)
    taken: dict[str, list[float]] = {name: [] for name in desks}
    for turn in range(count):
        for name in random.sample(list(desks), 2):
            desk = desks[name]
            conduct = make_conduct(desk, put_patient(desk, make_patient(turn + 1)), *whole_contact())
            began = time.perf_counter()
            sign(conduct)
            taken[name].append((time.perf_counter() - began) * 1000)
    found = {name: percentiles(values) for name, values in taken.items()}
    return {**found, "p95_more_ms": round(found["ten thousand"]["p95"] - found["none"]["p95"], 2)}


def percentiles(values: list[float]) -> dict[str, float]:
    """Count, median and 95th percentile."""
    ordered = sorted(values)
    late = ordered[int(0.95 * (len(ordered) - 1))]
    return {"n": len(ordered), "median": round(statistics.median(ordered), 2), "p95": round(late, 2)}


def answers(rounds: int, count: int) -> dict[str, Any]:
    """Milliseconds from an answer to its being on disk and in the state, at rest and while the courier sends, in turn.

    Between two answers the thread sleeps as an event loop does, so waiting for the other threads is part of it.
    """
    taken: dict[str, list[float]] = {"at rest": [], "sending": []}
    sent = 0
    with server_of("open") as server:
        for turn in range(rounds):
            desk = make_desk(place() / "store")
            fill(desk, 12 * count, 3 * count, first=turn * 5_000)
            conduct = make_conduct(desk, put_patient(desk, make_patient(1)), Entered("opening", "identity"))
            for name in random.sample(list(taken), 2):
                background = Background(desk, lambda _: rest_target(server.base), IMPATIENT, gently=lambda: True)
                before = outbox.count_unsent(desk.store)
                if name == "sending":
                    background.start()
                    while outbox.count_unsent(desk.store) == before:
                        time.sleep(0.02)
                for number in range(count):
                    time.sleep(0.05)
                    began = time.perf_counter()
                    conduct.record(Filled("agenda.patient_items", f"answer {number}"))
                    taken[name].append((time.perf_counter() - began) * 1000)
                if name == "sending":
                    sent += before - outbox.count_unsent(desk.store)
                    background.stop()
            desk.close()
    found = {name: percentiles(values) for name, values in taken.items()}
    ratio = {at: round(found["sending"][at] / found["at rest"][at], 2) for at in ("median", "p95")}
    return {**found, "ratio": ratio, "sent meanwhile": sent}


def soak(count: int, profile: str) -> dict[str, Any]:
    """A full outbox through 30 % faults, with five kills of the sender and two of the server; then all is read back."""
    folder = place()
    desk = make_desk(folder / "store")
    for first in range(0, count, 500):
        fill(desk, min(500, count - first), min(125, count), first=first)
    total, expected = outbox.count_unsent(desk.store), signed_resources(desk)
    began = time.perf_counter()
    with server_of(profile) as server, FaultProxy(server.origin, seed=5, rate=0.3, tempo=Tempo(delay=0.3)) as proxy:
        killed = send_through_kills(desk, server, proxy.base, KILLS, 7_200.0)
        seconds = time.perf_counter() - began
        held = {kind: found for kind, found in server.counts().items() if found["resources"]}
        report = reconcile(desk, rest_target(server.base))
        tries = desk.store.fetch("SELECT max(attempts), avg(attempts) FROM outbox")[0]
        return {
            "profile": profile, "records": total, "seconds": round(seconds), "faults": proxy.faulted,
            "requests": sum(proxy.counts.values()), "sender_killed": killed.sender, "server_killed": killed.server,
            "lost": sum((Counter(expected) - Counter({k: v["resources"] for k, v in held.items()})).values()),
            "doubled": sum((Counter({k: v["resources"] for k, v in held.items()}) - Counter(expected)).values()),
            "extra_versions": sum(found["versions"] - found["resources"] for found in held.values()),
            "equal_by_hash": report.equal, "differing": len(report.differing),
            "tries": {"most": tries[0], "mean": round(tries[1], 2)},
        }  # fmt: skip


def main() -> None:
    """Run one suite and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=("throughput", "signing", "answers", "soak"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--profile", choices=("open", "strict"), default="open")
    given = parser.parse_args()
    suites: dict[str, Callable[[], dict[str, Any]]] = {
        "throughput": lambda: throughput(given.rounds, given.count or 300),
        "signing": lambda: signing(given.count or 40),
        "answers": lambda: answers(given.rounds, given.count or 40),
        "soak": lambda: soak(given.count or 10_000, given.profile),
    }
    found = suites[given.suite]()
    print(json.dumps({"suite": given.suite, "load": os.getloadavg()[0], **found}, indent=1))


if __name__ == "__main__":
    main()
