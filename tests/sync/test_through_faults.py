"""Everything signed arrives exactly once, whatever the network does, and whoever is killed on the way."""

from __future__ import annotations

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

from .many import IMPATIENT, Kills, fill, rest_target, send_through_kills, signed_resources

CONTACTS, PATIENTS, RATE = 300, 75, 0.3
KILLS = Kills(sender=5, server=2)


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
    total, expected = outbox.count_unsent(desk.store), signed_resources(desk)
    proxy = make_proxy(server.origin, seed=7, rate=RATE, tempo=Tempo(delay=0.1))
    assert send_through_kills(desk, server, proxy.base, KILLS, 150) == KILLS
    assert proxy.faulted > total * RATE / 2
    assert outbox.count_unsent(desk.store) == 0
    held = {kind: (each["resources"], each["versions"]) for kind, each in server.counts().items() if each["resources"]}
    assert held == {kind: (count, count) for kind, count in expected.items()}
    report = reconcile(desk, rest_target(server.base))
    assert (report.equal, report.differing) == (total, ())
    assert desk.store.fetch("PRAGMA integrity_check") == [("ok",)]


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
