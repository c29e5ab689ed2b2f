"""Sending the outbox of a real store into a real folder."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gsh_console.casework.desk import Desk
from gsh_console.casework.sending import SendReport, how_long, outbox_lines, send_waiting, target_of
from gsh_console.cli import cli
from gsh_console.domain.people import Patient
from gsh_console.faults import InputRefused, SyncFault
from gsh_console.settings import Settings
from gsh_console.store import caseload, outbox
from gsh_console.store.lanes import Lanes, Settled
from gsh_console.store.store import create_store, create_training_store
from gsh_console.sync.folder import FolderTarget
from gsh_console.sync.outcomes import Ledger
from tests.builders import waiting

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PASSPHRASE = "correct horse battery"


def a_patient(patient_id: str) -> Patient:
    return Patient(id=patient_id, family_name="Okafor", given_name="Maya", birth_date=date(1991, 3, 14))


def add_contact(desk: Desk, patient_id: str, contact_id: str, number: int) -> None:
    with desk.store.unit() as session:
        if number == 1:
            caseload.add_patient(session, a_patient(patient_id), NOW)
            session.flush()
        summary = caseload.ContactSummary(contact_id, patient_id, number, "support_contact", "1.0.0", NOW, NOW)
        caseload.add_contact(session, summary, None)


def queue(
    desk: Desk, item_id: str, patient_id: str, contact_id: str, *, digest: str = "", state: str = "waiting"
) -> None:
    payload = json.dumps({"id": item_id})
    item = outbox.OutboxItem(
        seq=0,
        id=item_id,
        patient_id=patient_id,
        contact_id=contact_id,
        what="Support contact, contact 1",
        payload=payload,
        sha256=digest or hashlib.sha256(payload.encode()).hexdigest(),
        state=state,
        attempts=0,
        queued_at=NOW,
        sent_at=None,
        last_error="",
    )
    with desk.store.unit() as session:
        outbox.put(session, item)


def two_patients_with_two_notes_each(folder: Path) -> Desk:
    store, _ = create_store(folder / "store", PASSPHRASE)
    desk = Desk(store, Settings(), lambda: NOW + timedelta(hours=2))
    for patient in ("ann", "ben"):
        for number in (1, 2):
            add_contact(desk, patient, f"{patient}-{number}", number)
            queue(desk, f"{patient}-note-{number}", patient, f"{patient}-{number}")
    return desk


@pytest.fixture
def desk(tmp_path):
    made = two_patients_with_two_notes_each(tmp_path)
    yield made
    made.close()


@pytest.fixture
def closed_store(tmp_path):
    two_patients_with_two_notes_each(tmp_path).close()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "target"
    made.mkdir()
    return made


def send(desk: Desk, folder: Path) -> SendReport:
    return send_waiting(desk, FolderTarget(folder), lambda done, total: None, lambda: False)


def delivered(folder: Path) -> list[str]:
    return sorted(path.name.partition("_")[0] for path in folder.glob("*.json"))


def occupy(folder: Path, item_id: str) -> None:
    (folder / f"{item_id}_000000000000.json").write_text("another record")


def test_everything_waiting_is_sent_and_leaves_the_outbox(desk, folder):
    assert send(desk, folder) == SendReport(4, 0, 0)
    assert delivered(folder) == ["ann-note-1", "ann-note-2", "ben-note-1", "ben-note-2"]
    assert outbox.count_unsent(desk.store) == 0
    assert send(desk, folder) == SendReport(0, 0, 0)


def test_items_go_oldest_first_and_progress_is_told(desk, folder):
    order: list[str] = []

    class Listening(FolderTarget):
        def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
            super().deliver(item_id, payload, sha256)
            order.append(item_id)

    told: list[tuple[int, int]] = []
    send_waiting(desk, Listening(folder), lambda done, total: told.append((done, total)), lambda: False)
    assert order == ["ann-note-1", "ann-note-2", "ben-note-1", "ben-note-2"]
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_failed_item_holds_back_only_later_items_of_its_patient(desk, folder):
    occupy(folder, "ann-note-1")
    assert send(desk, folder) == SendReport(2, 1, 2)
    assert {"ben-note-1", "ben-note-2"} <= set(delivered(folder))
    failed, held_back = outbox_lines(desk, NOW)
    assert (failed.id, failed.tries) == ("ann-note-1", 1)
    assert failed.last_error.startswith("The folder holds a different record under this id.")
    assert (held_back.id, held_back.tries, held_back.last_error) == ("ann-note-2", 0, "")


def test_a_later_run_goes_on_where_the_failure_was_put_right(desk, folder):
    occupy(folder, "ann-note-1")
    send(desk, folder)
    (folder / "ann-note-1_000000000000.json").unlink()
    assert send(desk, folder) == SendReport(2, 0, 0)


def test_a_payload_that_is_not_what_was_signed_is_never_sent(desk, folder):
    add_contact(desk, "cat", "cat-1", 1)
    queue(desk, "cat-note-1", "cat", "cat-1", digest="0" * 64)
    assert send(desk, folder) == SendReport(4, 1, 1)
    assert "cat-note-1" not in delivered(folder)
    (line,) = outbox_lines(desk, NOW)
    assert "not what was signed" in line.last_error


def test_nothing_is_marked_sent_when_the_folder_is_not_there(desk, tmp_path):
    with pytest.raises(SyncFault, match="The outbox folder is not there"):
        send(desk, tmp_path / "absent")
    assert [line.tries for line in outbox_lines(desk, NOW)] == [0, 0, 0, 0]


def test_a_folder_lost_on_the_way_ends_the_run_at_the_item_it_was_lost_at(desk, folder):
    def lose(done: int, total: int) -> None:
        if done == 1:
            folder.rename(folder.with_name("gone"))

    assert send_waiting(desk, FolderTarget(folder), lose, lambda: False) == SendReport(1, 1, 3)
    assert [line.tries for line in outbox_lines(desk, NOW)] == [1, 0, 0]


def test_a_run_killed_before_the_mark_is_harmless_to_repeat(desk, folder):
    item = waiting(desk.store)[0]
    FolderTarget(folder).deliver(item.id, item.payload, item.sha256)
    assert send(desk, folder) == SendReport(4, 0, 0)
    assert len(delivered(folder)) == 4


def test_the_run_can_be_stopped_between_items(desk, folder):
    report = send_waiting(desk, FolderTarget(folder), lambda done, total: None, lambda: bool(delivered(folder)))
    assert report == SendReport(1, 0, 3)


def test_nothing_of_the_training_caseload_is_ever_sent(tmp_path, folder):
    desk = Desk(create_training_store(tmp_path / "training"), Settings(), lambda: NOW)
    add_contact(desk, "ann", "ann-1", 1)
    queue(desk, "ann-note-1", "ann", "ann-1", state="training")
    with pytest.raises(InputRefused, match="This is the training caseload; nothing in it is ever sent"):
        send(desk, folder)
    assert delivered(folder) == []
    assert [line.state for line in outbox_lines(desk, NOW)] == ["training"]
    desk.close()


def test_without_a_target_the_setting_is_named(desk):
    with pytest.raises(SyncFault, match="outbox_folder"):
        target_of(desk)
    desk.settings = Settings(outbox_folder="~/out")
    target = target_of(desk)
    assert isinstance(target, FolderTarget)
    assert target.folder == Path.home() / "out"


@pytest.mark.parametrize(
    ("gone_by", "told"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_waiting_is_told_in_the_largest_whole_unit(gone_by, told):
    assert how_long(NOW, NOW + gone_by) == told


def run(tmp_path: Path, *arguments: str) -> Result:
    settings = tmp_path / "settings.toml"
    environment = {"GSH_CONSOLE_PASSPHRASE": PASSPHRASE, "GSH_CONSOLE_SETTINGS": str(settings)}
    return CliRunner().invoke(cli, ["--store", str(tmp_path / "store"), *arguments], env=environment)


def test_the_outbox_command_says_what_waits_and_names_no_patient(desk, tmp_path):
    lanes = Lanes(desk.store)
    (due,) = lanes.turn([], NOW, 1)
    lanes.turn([Settled(due.seq, "waiting", "The outbox folder is full.")], NOW, 0)
    lanes.close()
    shown = run(tmp_path, "outbox")
    assert shown.exit_code == 0
    assert "Support contact, contact 1" in shown.output
    assert "The outbox folder is full." in shown.output
    assert "kafor" not in shown.output
    lines = [json.loads(line) for line in run(tmp_path, "outbox", "--json").output.splitlines()]
    assert [line["id"] for line in lines] == ["ann-note-1", "ann-note-2", "ben-note-1", "ben-note-2"]
    assert lines[0]["tries"] == 1


def test_the_sync_command_sends_to_the_folder_it_is_given(closed_store, tmp_path, folder):
    shown = run(tmp_path, "sync", "--to", str(folder))
    assert shown.exit_code == 0
    assert shown.stdout == "sent: 4, failed: 0, left: 0\n"
    assert "4 of 4" in shown.stderr
    assert len(delivered(folder)) == 4
    assert run(tmp_path, "outbox").output == "Nothing waits to be sent.\n"


def test_the_sync_command_ends_with_seven_where_nothing_can_be_reached(closed_store, tmp_path, folder):
    for arguments in ((), ("--to", str(tmp_path / "absent"))):
        fault = run(tmp_path, "sync", *arguments).exception
        assert isinstance(fault, SyncFault)
        assert fault.exit_code == 7
    occupy(folder, "ann-note-1")
    shown = run(tmp_path, "sync", "--to", str(folder))
    assert isinstance(shown.exception, SyncFault)
    assert shown.stdout == "sent: 2, failed: 1, left: 2\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_interrupt_stops_the_sync_after_the_record_being_sent(desk, tmp_path, folder):
    from gsh_console.commands.outbox import until_interrupted

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with until_interrupted() as stop:
        report = send_waiting(desk, FolderTarget(folder), interrupt, stop)
    assert report == SendReport(2, 0, 2)
