"""Everything signed arrives exactly once, whatever the network does, and whoever is killed on the way."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.casework.reconciling import reconcile
from gsh_console.store import outbox
from tests.builders import make_desk
from tests.servers.fault_proxy import FaultProxy, Tempo
from tests.servers.medplum_server import Choices, MedplumServer

from .many import IMPATIENT, fill, rest_target, sender

CONTACTS, PATIENTS, KILLED, SERVER_KILLED, RATE = 300, 75, 5, 2, 0.3


def signed_resources(desk: Desk) -> Counter[str]:
    """How many resources of each type were signed; a patient counts once."""
    names = set()
    for row in desk.store.fetch("SELECT payload FROM outbox"):
        for entry in json.loads(row[0])["entry"]:
            names.add((entry["resource"]["resourceType"], entry["fullUrl"]))
    return Counter(kind for kind, _ in names)


def arrived(desk: Desk) -> int:
    return int(desk.store.fetch("SELECT count(*) FROM outbox WHERE state = 'sent'")[0][0])


@pytest.mark.parametrize("profile", ["open", "strict"])
def test_nothing_is_lost_doubled_or_changed_through_faults_and_kills(
    profile: str,
    tmp_path: Path,
    make_medplum: Callable[[Choices], MedplumServer],
    make_proxy: Callable[..., FaultProxy],
) -> None:
    server = make_medplum(Choices(profile=profile, validate=False))  # type: ignore[arg-type]
    desk = make_desk(tmp_path / "store")
    fill(desk, CONTACTS, PATIENTS)
    total = outbox.count_unsent(desk.store)
    expected = signed_resources(desk)
    desk.store._lock.close()  # type: ignore[union-attr]  # the sender is another process
    proxy = make_proxy(server.origin, seed=7, rate=RATE, tempo=Tempo(delay=0.1))
    killed = server_killed = 0
    process = sender(tmp_path / "store", proxy.base)
    ends = time.monotonic() + 150
    while process.poll() is None and time.monotonic() < ends:
        time.sleep(0.05)
        share = arrived(desk) / total
        if killed < KILLED and share > (killed + 0.5) / (KILLED + 1):
            process.kill()
            process.wait()
            killed += 1
            process = sender(tmp_path / "store", proxy.base)
        elif server_killed < SERVER_KILLED and share > (server_killed + 1) / (SERVER_KILLED + 1):
            server.kill()
            server.start()
            server_killed += 1
    errors = end_of(process)
    assert (process.returncode, errors) == (0, b"")
    assert (killed, server_killed, proxy.faulted > total * RATE / 2) == (KILLED, SERVER_KILLED, True)
    assert arrived(desk) == total
    held = {kind: (each["resources"], each["versions"]) for kind, each in server.counts().items() if each["resources"]}
    assert held == {kind: (count, count) for kind, count in expected.items()}
    report = reconcile(desk, rest_target(server.base))
    assert (report.equal, report.differing) == (total, ())
    assert desk.store.fetch("PRAGMA integrity_check") == [("ok",)]


def end_of(process: subprocess.Popen[bytes]) -> bytes:
    try:
        return process.communicate(timeout=5)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return b"did not end"


def test_replaying_the_whole_outbox_changes_nothing(desk: Desk, medplum: MedplumServer) -> None:
    medplum.set(validate=False)
    fill(desk, 30, 10)
    courier = Courier(desk, rest_target(medplum.base), IMPATIENT)
    assert courier.run(lambda: False, once=True).sent == 33
    before = medplum.digests()
    for attempts in (0, 1):
        desk.store.reading.execute(
            "UPDATE outbox SET state = 'waiting', head = 1, next_at = '', progress = '', attempts = ?", (attempts,)
        )
        again = Courier(desk, rest_target(medplum.base), IMPATIENT)
        assert again.run(lambda: False, once=True).sent == 33
        assert medplum.digests() == before
