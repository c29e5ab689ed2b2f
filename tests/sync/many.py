"""A store with many signed contacts in its outbox, and the process that sends them, which tests kill."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.settings import Settings
from gsh_console.store import caseload, outbox
from gsh_console.store.store import open_store
from gsh_console.sync.asking import Server
from gsh_console.sync.capability import find_way
from gsh_console.sync.envelope import amendment_bundle, canonical_json, contact_bundle
from gsh_console.sync.link import Link, Timing
from gsh_console.sync.outcomes import Patience
from gsh_console.sync.rest import RestTarget
from tests.builders import PASSPHRASE, child_environment, nhs_number
from tests.servers.running import FhirServer

from .builders import ORIGIN, PATIENT, START, amendment, an_id, full, minimal, signed

IMPATIENT = Patience(base=0.05, cap=0.5, longest_asked=0.2)
QUICK = Timing(connect=2.0, read=5.0, whole=6.0)


def person(number: int) -> Patient:
    """A made-up patient; `number` tells patients apart."""
    return dataclasses.replace(PATIENT, id=an_id(1_000_000 + number), nhs_number=nhs_number(999_100_000 + number * 7))


def fill(desk: Desk, contacts: int, patients: int, *, amended_every: int = 10, first: int = 0) -> None:
    """Queue signed contacts, round the patients, now and then with an amendment, in one transaction."""
    whole, short = signed(full()), signed(minimal())
    with desk.store.unit() as session:
        for number in range(first, first + patients):
            caseload.add_patient(session, person(number), START)
        session.flush()
        for number in range(contacts):
            who = person(first + number % patients)
            base = 10_000_000 + (first + number) * 10
            contact_id, note_id = an_id(base), an_id(base + 1)
            summary = caseload.ContactSummary(contact_id, who.id, number // patients + 1, "p", "1.0.0", START, START)
            caseload.add_contact(session, summary, None)
            record = dataclasses.replace(
                whole if number % 6 == 0 else short,
                patient=who, bundle_id=an_id(base + 2), contact_id=contact_id, note_id=note_id,
            )  # fmt: skip
            queue(session, who.id, contact_id, record.bundle_id, canonical_json(contact_bundle(record, ORIGIN)))
            if number % amended_every == 0:
                addition = dataclasses.replace(
                    amendment("It was Wednesday.", "Wrong day.", who),
                    bundle_id=an_id(base + 3), contact_id=contact_id, note_id=an_id(base + 4), amends_note_id=note_id,
                )  # fmt: skip
                payload = canonical_json(amendment_bundle(addition, ORIGIN))
                queue(session, who.id, contact_id, addition.bundle_id, payload)


def queue(session: object, patient_id: str, contact_id: str, item_id: str, payload: str) -> None:
    """Put one payload into the outbox."""
    digest = hashlib.sha256(payload.encode()).hexdigest()
    item = outbox.OutboxItem(
        seq=0, id=item_id, patient_id=patient_id, contact_id=contact_id, what="Support contact", payload=payload,
        sha256=digest, state="waiting", attempts=0, queued_at=START, sent_at=None, last_error="",
    )  # fmt: skip
    outbox.put(session, item)  # type: ignore[arg-type]


def rest_target(base: str, ids: str = "auto", timing: Timing = QUICK) -> RestTarget:
    """The FHIR server at an address, asked with little patience."""
    return RestTarget(Server(Link(base, timing=timing)), lambda server: find_way(server, ids))


def sender(folder: Path, base: str) -> subprocess.Popen[bytes]:
    """A process of its own that sends until nothing waits."""
    command = [sys.executable, "-m", "tests.sync.many", str(folder), base]
    return subprocess.Popen(command, env=child_environment(), stderr=subprocess.PIPE)


def signed_resources(desk: Desk) -> Counter[str]:
    """How many resources of each type were signed; a patient counts once."""
    names: set[tuple[str, str]] = set()
    for line in outbox.unsent(desk.store, 999_999):
        for entry in json.loads(outbox.item(desk.store, line.id).payload)["entry"]:
            names.add((entry["resource"]["resourceType"], entry["fullUrl"]))
    return Counter(kind for kind, _ in names)


@dataclass(frozen=True)
class Kills:
    """How often the sender and the server are killed while they are at work."""

    sender: int
    server: int


def send_through_kills(desk: Desk, server: FhirServer, base: str, kills: Kills, seconds: float) -> Kills:
    """Send everything by a process of its own, killed and begun again on the way; how often that happened.

    AssertionError where the sender ended with a fault, or not in that many seconds.
    """
    assert desk.store._lock is not None
    desk.store._lock.close()  # the sender is another process
    total = outbox.count_unsent(desk.store)
    ends = time.monotonic() + seconds
    killed = server_killed = 0
    process = sender(desk.store.folder, base)
    try:
        while process.poll() is None:
            assert time.monotonic() < ends, "the sender did not end"
            time.sleep(0.05)
            share = 1 - outbox.count_unsent(desk.store) / total
            if killed < kills.sender and share > (killed + 0.5) / (kills.sender + 1):
                process.kill()
                process.communicate()
                killed += 1
                process = sender(desk.store.folder, base)
            elif server_killed < kills.server and share > (server_killed + 1) / (kills.server + 1):
                server.kill()
                server.start()
                server_killed += 1
        errors = process.communicate()[1]
        assert (process.returncode, errors) == (0, b"")
    finally:
        process.kill()
    return Kills(killed, server_killed)


def send_all(arguments: Sequence[str]) -> None:
    """Send what waits in a store until nothing does."""
    folder, base = arguments
    store = open_store(Path(folder), PASSPHRASE)
    desk = Desk(store, Settings())

    def finished() -> bool:
        return not store.fetch("SELECT 1 FROM outbox WHERE state IN ('waiting', 'sending') AND head = 1 LIMIT 1")

    Courier(desk, rest_target(base), IMPATIENT).run(finished)
    desk.close()


if __name__ == "__main__":
    send_all(sys.argv[1:])
