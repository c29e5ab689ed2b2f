"""Taking people out: nothing of them stays, nothing of anybody else goes or hides, and a kill leaves all or nothing."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gsh_console.casework import keeping, leaving
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.keeping import Secret
from gsh_console.casework.signing import amend
from gsh_console.casework.verifying import verify
from gsh_console.domain.entries import Jotted
from gsh_console.domain.people import Patient
from gsh_console.faults import StoreDamaged, StoreFault
from gsh_console.settings import Settings
from gsh_console.store import caseload, journal, purge
from gsh_console.store.store import Store
from tests.builders import (
    PASSPHRASE,
    START,
    SteadyClock,
    child_environment,
    make_conduct,
    make_desk,
    make_patient,
    put_appointment,
    put_patient,
    raw_connection,
    signed_contact,
)

from .purging import plain_pages

MARK = "Zebrawood"


def acknowledged(desk: Desk) -> None:
    """Let everything signed have arrived, and every action be closed."""
    raw = raw_connection(desk)
    raw.execute("UPDATE outbox SET state = 'sent'")
    raw.execute("UPDATE action SET closed_at = '2026-11-21'")
    raw.close()


def a_leaver(desk: Desk) -> Patient:
    """Three patients with signed contacts, of whom the second, whose text is marked, has left and may go."""
    people = [put_patient(desk, make_patient(number)) for number in (1, 3)]
    gone = put_patient(desk, make_patient(2, family_name=MARK, phone=f"{MARK} 2"))
    jots = [Jotted(f"{MARK} {number} " + "x" * 90 * number) for number in range(12)]
    for person in (people[0], gone, people[1]):
        conduct = signed_contact(desk, person, *(jots if person is gone else jots[:0]))
        amend(conduct, f"{MARK} more" if person is gone else "More.", "Found later")
    put_appointment(desk, gone, START)
    acknowledged(desk)
    leaving.note_who_left(desk, [gone.id])
    return gone


def everywhere(desk: Desk, wanted: str) -> list[str]:
    """The tables in which a text is found."""
    tables = [str(row[0]) for row in desk.store.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [name for name in tables if wanted in str(desk.store.fetch(f'SELECT * FROM "{name}"'))]


def test_no_table_and_no_byte_of_the_file_or_its_log_tells_of_who_was_taken_out(desk: Desk) -> None:
    gone = a_leaver(desk)
    assert MARK.encode() in plain_pages(desk.store.folder, desk.store.keys.data_key)
    assert leaving.purge_who_left(desk) == 1
    assert everywhere(desk, gone.id) == ["tombstone"]
    assert everywhere(desk, MARK) == []
    held = plain_pages(desk.store.folder, desk.store.keys.data_key)
    assert MARK.encode() not in held
    assert MARK.upper().encode() not in held
    assert str(gone.nhs_number).encode() not in held
    assert b"kitchen" in held  # the others' words are there, so the pages were read rightly


def test_what_the_database_left_in_its_pages_when_it_moved_rows_about_goes_too(desk: Desk) -> None:
    ids = interleaved(desk, 8, 1500, seed=5, words=MARK)
    newest = desk.store.fetch("SELECT contact_id FROM journal ORDER BY seq DESC LIMIT 1")[0][0]
    gone = [each for each in ids if f"c-{each}" != newest]
    leaving.note_who_left(desk, gone)
    held = count_of(desk, MARK)
    assert leaving.purge_who_left(desk) == len(gone)
    stays = desk.store.fetch("SELECT count(*) FROM journal")[0][0]
    assert count_of(desk, MARK) == stays < held


def count_of(desk: Desk, words: str) -> int:
    """How often words stand in the pages of the file and its log."""
    return plain_pages(desk.store.folder, desk.store.keys.data_key).count(words.encode())


def test_while_a_call_goes_on_the_file_is_written_anew_at_a_later_time(desk: Desk, clock: SteadyClock) -> None:
    a_leaver(desk)
    make_conduct(desk, caseload.patients(desk.store)[0])
    assert leaving.purge_who_left(desk) == 1
    assert MARK.encode() in plain_pages(desk.store.folder, desk.store.keys.data_key)
    clock.advance(hours=13)
    assert leaving.purge_who_left(desk) == 0
    assert MARK.encode() not in plain_pages(desk.store.folder, desk.store.keys.data_key)


def test_what_is_in_the_way_of_writing_the_file_anew_leaves_it_to_be_done(desk: Desk) -> None:
    a_leaver(desk)
    reader = raw_connection(desk)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM journal").fetchone()
    assert leaving.purge_who_left(desk) == 1
    assert not purge.tidy(desk.store)
    reader.execute("COMMIT")
    reader.close()
    assert purge.tidy(desk.store)
    assert MARK.encode() not in plain_pages(desk.store.folder, desk.store.keys.data_key)


# ---------------------------------------------------------------------- what may stand in the way


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("UPDATE outbox SET state = 'refused' WHERE patient_id = :who", "not acknowledged"),
        (
            "INSERT INTO action SELECT 'a', :who, id, 'Ring', 'Alex', '2026-11-20', NULL, '' FROM contact LIMIT 1",
            "an action is open",
        ),
        ("DELETE FROM outbox WHERE patient_id = :who AND what LIKE '%mend%'", "never put into the outbox"),
        (
            "INSERT INTO pending_change VALUES ('Goal/1', :who, '{}', '{}', 'null', '2026-11-20')",
            "a change wanted on the server is not settled",
        ),
    ],
)
def test_nobody_is_taken_out_while_something_of_theirs_is_only_here(desk: Desk, harm: str, why: str) -> None:
    gone = a_leaver(desk)
    raw = raw_connection(desk)
    raw.execute(harm, {"who": gone.id})
    raw.close()
    assert why in leaving.waiting_to_leave(desk)[0].why
    assert leaving.purge_who_left(desk) == 0
    with pytest.raises(StoreFault, match="nobody was taken out"), desk.store.unit() as session:
        purge.take_out(session, desk.store, [gone.id], desk.now())
    assert everywhere(desk, MARK) != []


def test_the_newest_entry_of_the_chain_stays_so_that_its_number_is_never_given_again(desk: Desk) -> None:
    person = put_patient(desk, make_patient())
    signed_contact(desk, person)
    acknowledged(desk)
    leaving.note_who_left(desk, [person.id])
    assert "newest entry" in leaving.waiting_to_leave(desk)[0].why
    make_conduct(desk, put_patient(desk, make_patient(2)))
    assert leaving.purge_who_left(desk) == 1
    assert journal.verify_chain(desk.store) == 1


# ---------------------------------------------------------------------- what could hide in a gap


def harmed(desk: Desk, *statements: str) -> None:
    """Change the file past its triggers."""
    raw = raw_connection(desk)
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    for _, text in triggers:
        raw.execute(text)
    raw.close()


OF_LEAVER = f"""(SELECT {{}}(seq) FROM journal WHERE contact_id IN (
  SELECT contact.id FROM contact JOIN patient ON patient.id = patient_id WHERE family_name = '{MARK}'))"""
FIRST, LAST = OF_LEAVER.format("min"), OF_LEAVER.format("max")


@pytest.mark.parametrize(
    "harm",
    [
        (f"DELETE FROM journal WHERE seq = {FIRST} - 1",),
        (f"DELETE FROM journal WHERE seq = {LAST} + 1",),
        (f"DELETE FROM journal WHERE seq = {FIRST} + 2",),
        (f"UPDATE journal SET body = body || ' ' WHERE seq = {LAST} - 1",),
        (
            f"INSERT INTO journal_gap SELECT seq, seq, mac, zeroblob(32) FROM journal WHERE seq = {LAST} + 1",
            f"DELETE FROM journal WHERE seq = {LAST} + 1",
        ),
        ("INSERT INTO journal_gap SELECT 1, 1, mac, zeroblob(32) FROM journal WHERE seq = 1",),
    ],
    ids=["before", "after", "within", "changed", "with a gap of its own", "a gap over what is there"],
)
def test_what_was_tampered_with_is_never_sealed_over_and_nobody_is_taken_out(desk: Desk, harm: tuple[str, ...]) -> None:
    a_leaver(desk)
    harmed(desk, *harm)
    before = desk.store.fetch("SELECT count(*) FROM journal")
    with pytest.raises(StoreDamaged, match="audit chain breaks"):
        leaving.purge_who_left(desk)
    assert desk.store.fetch("SELECT count(*) FROM journal") == before
    assert everywhere(desk, MARK) != []
    with pytest.raises(StoreDamaged, match="audit chain breaks"):
        journal.verify_chain(desk.store)


def interleaved(desk: Desk, people: int, turns: int, seed: int, words: str = "") -> list[str]:
    """Patients whose entries, with `words` in each, stand between one another's, everything signed; their ids."""
    chance = random.Random(seed)
    ids = [put_patient(desk, make_patient(number)).id for number in range(1, people + 1)]
    with desk.store.unit() as session:
        for patient_id in ids:
            contact = caseload.ContactSummary(f"c-{patient_id}", patient_id, 1, "p", "1.0.0", START, START)
            caseload.add_contact(session, contact, None)
    with desk.store.unit() as session:
        for turn in range(turns):
            who = f"c-{chance.choice(ids)}"
            jot = Jotted(f"{turn} {words}".ljust(chance.randrange(600)))
            journal.append_within(session.connection(), desk.store.audit_key, who, jot, START)
    return ids


HARMS = (
    "DELETE FROM journal WHERE seq = {seq}",
    "UPDATE journal SET at = at || ' ' WHERE seq = {seq}",
    "UPDATE journal SET contact_id = 'c' WHERE seq = {seq}",
    "UPDATE journal SET mac = zeroblob(32) WHERE seq = {seq}",
    "DELETE FROM journal_gap WHERE first_seq = {gap}",
    "UPDATE journal_gap SET seal = zeroblob(32) WHERE first_seq = {gap}",
    "UPDATE journal_gap SET last_seq = last_seq - 1 WHERE first_seq = {gap}",
    "UPDATE journal_gap SET first_seq = first_seq + 1 WHERE first_seq = {gap}",
    "INSERT INTO journal_gap SELECT {top} + 1, {top} + 2, mac, seal FROM journal_gap WHERE first_seq = {gap}",
)


@pytest.mark.parametrize("seed", [1, 2])
def test_in_whatever_order_people_leave_the_chain_holds_and_every_harm_to_it_shows(desk: Desk, seed: int) -> None:
    ids = interleaved(desk, 6, 60, seed)
    raw = desk.store.reading
    raw.execute("PRAGMA foreign_keys = OFF")
    for trigger in ("journal_never_changed", "journal_never_shortened"):
        raw.execute(f"DROP TRIGGER {trigger}")
    newest = desk.store.fetch("SELECT contact_id FROM journal ORDER BY seq DESC LIMIT 1")[0][0]
    leavers = [each for each in ids if f"c-{each}" != newest]
    random.Random(seed).shuffle(leavers)
    for gone in (leavers[:2], leavers[2:3], leavers[3:4]):
        leaving.note_who_left(desk, gone)
        assert leaving.purge_who_left(desk) == len(gone)
        kept = [seq for (seq,) in desk.store.fetch("SELECT seq FROM journal ORDER BY seq")]
        assert journal.verify_chain(desk.store) == len(kept)
        gaps = [first for (first,) in desk.store.fetch("SELECT first_seq FROM journal_gap")]
        for harm in HARMS:
            raw.execute("BEGIN")
            raw.execute(harm.format(seq=kept[len(kept) // 2], gap=gaps[len(gaps) // 2], top=kept[-1]))
            with pytest.raises(StoreDamaged, match="audit chain breaks"):
                journal.verify_chain(desk.store)
            raw.execute("ROLLBACK")


# ---------------------------------------------------------------------- checking, backing up and restoring after it


def test_after_a_purge_everything_is_verified_backed_up_drilled_and_restored(desk: Desk, tmp_path: Path) -> None:
    a_leaver(desk)
    access = Access(desk.store.folder, Settings(), SteadyClock())
    older = keeping.back_up(desk, tmp_path / "older")
    leaving.purge_who_left(desk)
    checked = verify(desk)
    copy = keeping.back_up(desk, tmp_path / "newer")
    proved = keeping.drill(access, copy, Secret(PASSPHRASE))
    assert (proved.verified, proved.compared) == (checked, "it holds everything the store holds")
    assert keeping.drill(access, older, Secret(PASSPHRASE)).compared == "it holds everything the store holds"
    make_conduct(desk, caseload.patients(desk.store)[0])
    assert keeping.drill(access, older, Secret(PASSPHRASE)).compared == "the store has 1 newer entries"
    desk.close()
    assert MARK.encode() not in plain_pages_of_a_copy(copy, desk.store, tmp_path / "looked at")
    elsewhere = Access(tmp_path / "restored", Settings(), SteadyClock())
    restored, _ = keeping.restore(elsewhere, copy, Secret(PASSPHRASE), move_aside=False)
    assert restored.verified == checked


def plain_pages_of_a_copy(copy: Path, store: Store, folder: Path) -> bytes:
    folder.mkdir()
    shutil.copyfile(copy, folder / "store.db")
    return plain_pages(folder, store.keys.data_key)


def test_a_backup_whose_newest_entry_was_purged_here_meanwhile_is_still_known_for_ours(
    desk: Desk, tmp_path: Path
) -> None:
    people = [put_patient(desk, make_patient(number)) for number in (1, 2, 3)]
    signed_contact(desk, people[0])
    signed_contact(desk, people[1])
    older = keeping.back_up(desk, tmp_path / "backups")
    before = journal.verify_chain(desk.store)
    signed_contact(desk, people[2])
    newer = journal.verify_chain(desk.store) - before
    acknowledged(desk)
    leaving.note_who_left(desk, [people[1].id])
    assert leaving.purge_who_left(desk) == 1
    access = Access(desk.store.folder, Settings(), SteadyClock())
    drilled = keeping.drill(access, older, Secret(PASSPHRASE))
    assert (drilled.newer_here, drilled.verified.entries) == (newer, before)
    harmed(desk, "UPDATE journal SET mac = zeroblob(32) WHERE seq = 3", "UPDATE journal_gap SET mac = zeroblob(32)")
    with pytest.raises(StoreDamaged, match="different entries"):
        keeping.drill(access, older, Secret(PASSPHRASE))


# ---------------------------------------------------------------------- killed on the way


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_any_point_a_purge_is_whole_or_did_not_happen_and_is_done_at_the_next_time(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "store")
    gone = a_leaver(desk)
    whole, keys = verify(desk), desk.store.keys
    desk.close()
    for number in range(30):
        shutil.copytree(desk.store.folder, tmp_path / "copies" / str(number))
    command = [sys.executable, "-m", "tests.store.purging", str(tmp_path / "copies")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=child_environment())
    ended = [line.split() for line in done.stdout.splitlines()]
    assert [how for _, how in ended[:3]] == ["killed"] * 3  # while the file was written anew
    assert ended[-1][1] == "done"
    assert len(ended) > 8
    outcomes = set()
    for number, _ in ended:
        again = Desk(Store(tmp_path / "copies" / number, keys), Settings(), SteadyClock())
        here = bool(again.store.fetch("SELECT 1 FROM patient WHERE id = ?", (gone.id,)))
        outcomes.add(here)
        found = verify(again)
        assert (found == whole) is here
        assert everywhere(again, gone.id) != ["tombstone"] if here else everywhere(again, MARK) == []
        assert leaving.purge_who_left(again) == int(here)
        assert MARK.encode() not in plain_pages(again.store.folder, keys.data_key)
        assert journal.verify_chain(again.store) < whole.entries
        again.close()
    assert outcomes == {True, False}
