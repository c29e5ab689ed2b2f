"""Sending while the store itself is in trouble: a full disk, a backup, another writer; each record still goes once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gsh_console.casework import keeping
from gsh_console.casework.background import Background
from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.store import outbox
from gsh_console.store.connection import DRIVER
from gsh_console.sync.capability import find_way
from gsh_console.sync.outcomes import Ledger
from gsh_console.sync.rest import RestTarget
from tests.builders import child_environment, raw_connection
from tests.servers.medplum_server import Choices, MedplumServer

from .many import IMPATIENT, fill, rest_target
from .test_rest import a_contact, counts, expected_counts
from .test_sign_in import CLIENT, kept_key, key_pem, public, signing_in


def each_once(server: MedplumServer, records: int) -> bool:
    """Whether so many notes arrived, and no resource has a second version."""
    held = server.counts()
    return held["Composition"]["resources"] == records and all(
        found["resources"] == found["versions"] for found in held.values()
    )


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes")
def test_a_disk_that_fills_while_a_record_is_marked_as_sent_loses_and_doubles_nothing(
    tmp_path: Path, medplum_open: MedplumServer
) -> None:
    command = [sys.executable, "-m", "tests.sync.full_disk", str(tmp_path), medplum_open.base]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=child_environment())
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "disk" in told["refused"]
    assert "sent" not in told["states_while_full"]
    assert (told["states_after"], told["sent"], told["integrity"]) == (["sent"] * 7, 7, "ok")
    assert each_once(medplum_open, 7)


def test_a_backup_made_while_records_go_is_whole_and_stops_none_of_them(
    desk: Desk, medplum_open: MedplumServer, tmp_path: Path
) -> None:
    medplum_open.set(validate=False)
    fill(desk, 40, 10, amended_every=100)
    background = Background(desk, lambda _: rest_target(medplum_open.base), IMPATIENT)
    background.start()
    made = []
    try:
        while outbox.count_unsent(desk.store):
            made.append(keeping.back_up(desk, tmp_path / str(len(made))))
    finally:
        background.stop()
    assert len(made) > 1
    assert each_once(medplum_open, 41)
    copy = DRIVER.connect(str(made[0]), isolation_level=None)
    copy.execute(f"PRAGMA key = \"x'{desk.store.keys.data_key.hex()}'\"")
    assert copy.execute("SELECT count(*) FROM outbox").fetchone() == (41,)
    assert copy.execute("PRAGMA cipher_integrity_check").fetchall() == []
    copy.close()


def test_another_program_holding_the_store_is_waited_for(desk: Desk, medplum_open: MedplumServer) -> None:
    fill(desk, 4, 2, amended_every=100)
    held = threading.Event()

    def hold() -> None:
        other = raw_connection(desk)
        other.execute("BEGIN IMMEDIATE")
        held.set()
        time.sleep(1.0)
        other.execute("ROLLBACK")
        other.close()

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait()
    courier = Courier(desk, rest_target(medplum_open.base), IMPATIENT)
    began = time.monotonic()
    assert courier.run(lambda: False, once=True).sent == 5
    assert time.monotonic() - began > 0.5
    holding.join()
    assert each_once(medplum_open, 5)


def test_a_token_taken_back_between_two_parts_of_a_record_is_renewed_and_the_record_goes_on(
    tmp_path: Path, make_medplum
) -> None:
    pem = key_pem("ES384")
    server = make_medplum(Choices(profile="strict", client_id=CLIENT, jwks=public("ES384", pem)))
    asked = signing_in(server.base, kept_key(tmp_path, pem))
    told: list[int] = []

    def taken_back(_: object) -> None:
        told.append(server.tokens_issued())
        server.revoke_tokens()

    RestTarget(asked, find_way).deliver("", a_contact(), "", Ledger(on_progress=taken_back))
    assert told == list(range(1, len(told) + 1))  # one more for each part after the first
    assert len(told) > 2
    assert counts(server) == expected_counts(a_contact())
