"""What is once written stays as it was: triggers, frozen payloads, and the chain that finds what got round them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.faults import StoreDamaged
from gsh_console.store import journal, outbox
from gsh_console.store.connection import DRIVER
from gsh_console.store.lanes import Lanes, Settled
from tests.builders import make_desk, make_patient, put_patient, raw_connection, signed_contact, waiting


@pytest.fixture
def signed(desk: Desk, patient: Patient) -> Desk:
    """A desk with one signed contact."""
    signed_contact(desk, patient)
    return desk


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE journal SET body = '{}'", "append-only"),
        ("UPDATE journal SET at = at WHERE seq = 1", "append-only"),
        ("DELETE FROM journal WHERE seq = 2", "append-only"),
        (
            "INSERT OR REPLACE INTO journal SELECT seq, contact_id, at, kind, '{}', mac FROM journal LIMIT 1",
            "append-only",
        ),
        ("UPDATE note SET text = 'nothing happened'", "never changed"),
        ("DELETE FROM note", "never deleted"),
        ("INSERT OR REPLACE INTO note SELECT * FROM note", "never deleted"),
        ("UPDATE payload SET content = '{}'", "never changed"),
        ("UPDATE outbox SET sha256 = ''", "never changed"),
        ("UPDATE outbox SET patient_id = patient_id", "never changed"),
        ("DELETE FROM outbox", "never deleted"),
        ("DELETE FROM payload", "stays as long as its item"),
        ("UPDATE outbox SET state = 'lost'", "CHECK"),
    ],
)
def test_the_file_itself_refuses_to_change_what_was_signed(signed: Desk, statement: str, why: str) -> None:
    before = signed.store.fetch("SELECT * FROM journal"), signed.store.fetch("SELECT * FROM note")
    with pytest.raises(DRIVER.DatabaseError, match=why):
        signed.store.reading.execute(statement)
    assert (signed.store.fetch("SELECT * FROM journal"), signed.store.fetch("SELECT * FROM note")) == before
    assert len(waiting(signed.store)) == 1


def test_sending_changes_the_state_and_leaves_the_payload(signed: Desk) -> None:
    item = waiting(signed.store)[0]
    lanes = Lanes(signed.store)
    (due,) = lanes.turn([], signed.now(), 1)
    lanes.turn([Settled(due.seq, "waiting", "no route")], signed.now(), 0)
    again = waiting(signed.store)[0]
    assert (again.attempts, again.last_error, again.payload) == (1, "no route", item.payload)
    lanes.turn([Settled(due.seq, "sent", sent_at=signed.now())], signed.now(), 0)
    lanes.close()
    assert (waiting(signed.store), outbox.count_unsent(signed.store)) == ([], 0)
    kept = signed.store.fetch("SELECT content, sha256, sent_at FROM outbox JOIN payload USING (seq)")[0]
    assert kept[:2] == (item.payload, hashlib.sha256(item.payload.encode()).hexdigest())
    assert kept[2]


def unguarded(desk: Desk) -> Any:
    """A raw connection to the file with the triggers of journal and note gone."""
    raw = raw_connection(desk)
    for trigger in ("journal_never_changed", "journal_never_shortened", "note_never_changed", "note_never_deleted"):
        raw.execute(f"DROP TRIGGER {trigger}")
    return raw


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE journal SET body = replace(body, 'kitchen', 'garden') WHERE body LIKE '%kitchen%'",
        "UPDATE journal SET at = '2026-11-20T09:00:00.000000+00:00' WHERE seq = 3",
        "UPDATE journal SET kind = 'jotted' WHERE seq = 3",
        "UPDATE journal SET mac = zeroblob(32) WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 5",
        "DELETE FROM journal WHERE seq = 1",
        "UPDATE journal SET seq = seq + 1000 WHERE seq > 10",
        "INSERT INTO journal SELECT max(seq) + 1, contact_id, at, kind, body, mac FROM journal",
        "INSERT INTO journal SELECT 0, contact_id, at, kind, body, mac FROM journal WHERE seq = 1",
    ],
)
def test_the_chain_finds_what_was_edited_deleted_or_slipped_in(signed: Desk, tamper: str) -> None:
    count = journal.verify_chain(signed.store)
    assert count == signed.store.fetch("SELECT count(*) FROM journal")[0][0]
    raw = unguarded(signed)
    raw.execute(tamper)
    assert raw.execute("SELECT changes()").fetchone()[0] > 0
    raw.close()
    with pytest.raises(StoreDamaged, match="audit chain breaks at entry") as told:
        journal.verify_chain(signed.store)
    assert told.value.exit_code == 6


def test_two_entries_swapped_break_the_chain(signed: Desk) -> None:
    raw = unguarded(signed)
    raw.execute("UPDATE journal SET seq = -1 WHERE seq = 4")
    raw.execute("UPDATE journal SET seq = 4 WHERE seq = 5")
    raw.execute("UPDATE journal SET seq = 5 WHERE seq = -1")
    raw.close()
    with pytest.raises(StoreDamaged):
        journal.verify_chain(signed.store)


def test_entries_of_another_store_do_not_fit_into_the_chain(signed: Desk, tmp_path: Path) -> None:
    other = make_desk(tmp_path / "other")
    signed_contact(other, put_patient(other, make_patient()))
    foreign = other.store.fetch("SELECT seq, at, kind, body, mac FROM journal WHERE seq = 2")[0]
    other.close()
    raw = unguarded(signed)
    raw.execute("UPDATE journal SET at = ?, kind = ?, body = ?, mac = ? WHERE seq = ?", (*foreign[1:], foreign[0]))
    raw.close()
    with pytest.raises(StoreDamaged, match="entry 2"):
        journal.verify_chain(signed.store)


def test_parts_of_an_entry_cannot_be_moved_into_one_another() -> None:
    key, start = b"k" * 32, journal.NO_MAC
    assert journal.chained(key, start, ("1", "ab", "c")) != journal.chained(key, start, ("1", "a", "bc"))
    assert journal.chained(key, start, ("1", "a", "")) != journal.chained(key, start, ("1", "", "a"))
