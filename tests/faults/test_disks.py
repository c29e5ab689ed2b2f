"""Disks that are full, read-only, or being written by somebody else."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.files import notes
from gsh_console.casework.signing import amend, sign
from gsh_console.domain.entries import Jotted
from gsh_console.domain.people import Patient
from gsh_console.faults import StoreLocked
from gsh_console.settings import Settings
from gsh_console.store import journal
from tests.builders import (
    OPENING,
    SteadyClock,
    child_environment,
    make_conduct,
    make_desk,
    make_patient,
    put_patient,
    raw_connection,
    record_all,
    signed_contact,
    whole_contact,
)

NOT_ALLOWED = 77


def in_own_mounts(mount: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where `mount` was done for it alone; skip where that is not allowed."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here, so nothing can be mounted for one process")
    script = f"{{ {mount}; }} 2>/dev/null || exit {NOT_ALLOWED}; exec {shlex.join(command)}"
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, env=child_environment(),
    )  # fmt: skip
    if done.returncode == NOT_ALLOWED or done.stderr.startswith("unshare:"):
        pytest.skip("this machine does not let a process mount anything for itself")
    return done


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes")
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_a_disk_that_fills_in_a_call_loses_nothing_and_the_call_goes_on_when_there_is_room(
    tmp_path: Path, kind: str
) -> None:
    command = [sys.executable, "-m", "tests.faults.full_disk", str(tmp_path), kind]
    if kind == "tmpfs":
        done = in_own_mounts(f"mount -t tmpfs -o size=3m tmpfs {shlex.quote(str(tmp_path))}", *command)
    else:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=child_environment())
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    sentence = "disk is full" if kind == "tmpfs" else "disk refused the write"
    assert sentence in told["refused"]
    assert "F8" in told["refused"]
    assert sentence in told["retry_while_full"]
    assert told["unsaved"] == "jot"
    assert "signing is shut" in told["sign_while_full"]
    assert told["blocks"][0].startswith("NOT SAVED")
    assert told["state_unchanged"]
    assert told["reopened_while_full"] == ""
    assert told["on_disk_while_full"]
    assert (told["retry_after"], told["sign_after"], told["unsaved_after"]) == ("", "", None)
    assert told["one_more"] == 1
    assert told["reopened_the_same"]
    assert told["chain"]
    assert told["integrity"] == "ok"


@pytest.mark.parametrize("command", [("patients", "list"), ("verify",)])
def test_a_read_only_folder_is_told_in_one_sentence(folder: Path, command: tuple[str, ...]) -> None:
    make_desk(folder, training=True).close()
    place = shlex.quote(str(folder))
    done = in_own_mounts(
        f"mount --bind {place} {place} && mount -o remount,bind,ro {place}",
        *(sys.executable, "-m", "gsh_console", "--store", str(folder), *command),
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written to" in done.stderr


def test_another_writer_is_waited_for_then_told_and_the_entry_is_kept(desk: Desk, conduct: Conduct) -> None:
    record_all(conduct, OPENING)
    with desk.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other = raw_connection(desk)
    other.execute("BEGIN IMMEDIATE")
    before = conduct.state
    with pytest.raises(StoreLocked, match="Another program is writing") as told:
        conduct.record(Jotted("while locked"))
    assert told.value.exit_code == 4
    assert conduct.state is before
    assert conduct.unsaved == Jotted("while locked")
    other.execute("COMMIT")
    other.close()
    conduct.retry()
    assert resume(desk, conduct.contact.id).state == conduct.state
    assert conduct.state.jots[-1].entry == Jotted("while locked")


def test_reading_goes_on_while_another_program_writes(desk: Desk, conduct: Conduct) -> None:
    other = raw_connection(desk)
    other.execute("BEGIN IMMEDIATE")
    assert resume(desk, conduct.contact.id).state == conduct.state
    other.execute("ROLLBACK")
    other.close()


def test_a_log_with_its_end_torn_off_opens_up_to_the_last_whole_entry(folder: Path, tmp_path: Path) -> None:
    desk = make_desk(folder, training=True)
    conduct = make_conduct(desk, put_patient(desk, make_patient()), *OPENING)
    count = conduct.state.entries
    crashed = tmp_path / "crashed"
    shutil.copytree(folder, crashed)
    desk.close()
    log = crashed / "store.db-wal"
    os.truncate(log, log.stat().st_size - 100)
    (crashed / "store.db-shm").unlink(missing_ok=True)
    again = Access(crashed, Settings(), SteadyClock()).unlock_training()
    assert journal.verify_chain(again.store) == count - 1
    again.close()


def test_a_log_full_of_rubbish_is_passed_over(folder: Path) -> None:
    desk = make_desk(folder, training=True)
    make_conduct(desk, put_patient(desk, make_patient()), *OPENING)
    count = journal.verify_chain(desk.store)
    desk.close()
    (folder / "store.db-wal").write_bytes(b"\xa5" * 50_000)
    again = Access(folder, Settings(), SteadyClock()).unlock_training()
    assert journal.verify_chain(again.store) == count
    again.close()


def test_a_clock_going_back_keeps_notes_and_amendments_in_the_order_they_were_written(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    conduct = signed_contact(desk, patient)
    clock.advance(days=-400)
    amend(conduct, "first", "why")
    clock.advance(days=-1)
    amend(conduct, "second", "why")
    original, first, second = notes(desk, conduct.contact.id)
    assert original.amends is None
    assert (first.amends, second.amends) == (original.id, first.id)
    assert "second" in second.text
    assert journal.verify_chain(desk.store) == conduct.state.entries


def test_a_contact_signed_after_the_clock_went_back_still_gives_a_whole_note(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    conduct = make_conduct(desk, patient)
    clock.advance(days=-400)
    note = sign(record_all(conduct, whole_contact()))
    assert "1 minute," in note.text
