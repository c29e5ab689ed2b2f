"""The outbox's lanes: one patient at a time in order, safety actions first, quick with ten thousand queued."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gsh_console.casework.desk import Desk
from gsh_console.faults import InputRefused
from gsh_console.store import caseload, migrate, outbox
from gsh_console.store.lanes import Lanes, Settled
from gsh_console.store.store import as_text
from tests.builders import START, make_desk, make_patient, put_patient, raw_connection


def enqueue(desk: Desk, patient: int, *, goes_first: bool = False) -> int:
    """Queue a record of patient number `patient`; its seq."""
    person = make_patient(patient)
    with desk.store.unit() as session:
        if not desk.store.fetch("SELECT 1 FROM patient WHERE id = ?", (person.id,)):
            caseload.add_patient(session, person, START)
            summary = caseload.ContactSummary(person.id, person.id, 1, "p", "1", START, START)
            session.flush()
            caseload.add_contact(session, summary, None)
            session.flush()
        made = desk.new_id()
        item = outbox.OutboxItem(
            0, made, person.id, person.id, "a record", "{}", "-", "waiting", 0, START, None, "", goes_first
        )
        outbox.put(session, item)
    return int(desk.store.fetch("SELECT seq FROM outbox WHERE id = ?", (made,))[0][0])


@pytest.fixture
def lanes(desk: Desk):
    made = Lanes(desk.store)
    yield made
    made.close()


def test_one_record_of_a_patient_is_under_way_at_a_time_and_in_order(desk: Desk, lanes: Lanes) -> None:
    first, second, other = enqueue(desk, 1), enqueue(desk, 1), enqueue(desk, 2)
    due = lanes.turn([], START, 9)
    assert [each.seq for each in due] == [first, other]
    assert lanes.turn([], START, 9) == []
    assert [each.seq for each in lanes.turn([Settled(first, "sent", sent_at=START)], START, 9)] == [second]


def test_a_refused_record_holds_back_its_patient_alone_and_says_so(desk: Desk, lanes: Lanes) -> None:
    first, second, other = enqueue(desk, 1), enqueue(desk, 1), enqueue(desk, 2)
    lanes.turn([], START, 9)
    lanes.turn([Settled(first, "refused", "The server refused.")], START, 0)
    assert lanes.turn([Settled(other, "sent", sent_at=START)], START, 9) == []
    later = outbox.item(desk.store, outbox.unsent(desk.store, 9)[1].id)
    assert later.seq == second
    before = outbox.held_up_by(desk.store, later)
    assert before is not None
    assert before.seq == first
    assert lanes.retry(before.id)
    assert [each.seq for each in lanes.turn([], START, 9)] == [first]


def test_a_safety_action_goes_before_everything_and_takes_its_patients_earlier_records_along(
    desk: Desk, lanes: Lanes
) -> None:
    plain, early, action = enqueue(desk, 1), enqueue(desk, 2), enqueue(desk, 2, goes_first=True)
    assert [each.seq for each in lanes.turn([], START, 1)] == [early]
    assert [each.seq for each in lanes.turn([Settled(early, "sent", sent_at=START)], START, 1)] == [action]
    assert [each.seq for each in lanes.turn([Settled(action, "sent", sent_at=START)], START, 1)] == [plain]


def test_a_record_waits_until_its_next_try_is_due(desk: Desk, lanes: Lanes) -> None:
    seq = enqueue(desk, 1)
    lanes.turn([], START, 1)
    later = START + timedelta(seconds=30)
    assert lanes.turn([Settled(seq, "waiting", "busy", next_at=later)], START, 9) == []
    assert lanes.next_due() == later
    assert lanes.turn([], later - timedelta(microseconds=1), 9) == []
    (due,) = lanes.turn([], later, 9)
    assert due.attempts == 2


def test_hurrying_makes_everything_due_at_once(desk: Desk, lanes: Lanes) -> None:
    seq = enqueue(desk, 1)
    lanes.turn([], START, 1)
    lanes.turn([Settled(seq, "waiting", "busy", next_at=START + timedelta(days=1))], START, 0)
    lanes.hurry()
    assert len(lanes.turn([], START, 9)) == 1


def test_what_was_being_sent_when_the_console_was_killed_is_taken_up_again(desk: Desk, lanes: Lanes) -> None:
    seq = enqueue(desk, 1)
    lanes.turn([], START, 1)
    lanes.keep_progress(seq, '{"a":"b"}')
    again = Lanes(desk.store)  # the console after the kill
    assert again.take_up_again() == 1
    (due,) = again.turn([], START, 1)
    assert (due.seq, due.attempts, due.progress) == (seq, 2, '{"a":"b"}')
    again.close()


def test_an_unknown_id_is_told_in_one_sentence(desk: Desk, lanes: Lanes) -> None:
    assert not lanes.retry("nobody")
    with pytest.raises(InputRefused, match="no such record"):
        outbox.item(desk.store, "nobody")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    queued=st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=14),
    want=st.integers(1, 4),
    ends=st.lists(st.sampled_from(["sent", "waiting", "refused"]), min_size=1, max_size=10),
)
def test_whatever_happens_each_patients_records_go_in_order_and_none_is_forgotten(tmp_path_factory, queued, want, ends):
    desk = make_desk(tmp_path_factory.mktemp("lanes") / "store")
    lanes = Lanes(desk.store)
    order: dict[int, list[int]] = {}
    owner = {}
    for patient, first in queued:
        seq = enqueue(desk, patient, goes_first=first)
        order.setdefault(patient, []).append(seq)
        owner[seq] = patient
    sent: dict[int, list[int]] = {patient: [] for patient in order}
    settled: list[Settled] = []
    for step in range(200):
        due = lanes.turn(settled, START, want)
        assert len({owner[each.seq] for each in due}) == len(due)
        settled = []
        for number, each in enumerate(due):
            state = ends[(step + number) % len(ends)] if step < 60 else "sent"
            if state == "sent":
                sent[owner[each.seq]].append(each.seq)
            settled.append(Settled(each.seq, state, sent_at=START if state == "sent" else None))
        if not due:
            for line in outbox.unsent(desk.store, 99):
                lanes.retry(line.id)
            if not outbox.count_unsent(desk.store):
                break
    assert sent == order
    lanes.close()
    desk.close()


def test_a_store_of_the_first_version_keeps_its_queue_in_order(tmp_path, monkeypatch) -> None:
    both = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: both[:1])
    desk = make_desk(tmp_path / "store")
    put_patient(desk, make_patient(1))
    raw = raw_connection(desk)
    person = make_patient(1).id
    raw.execute(
        "INSERT INTO contact VALUES (?, ?, 1, 'p', '1', ?, ?)", (person, person, as_text(START), as_text(START))
    )
    for number, state in enumerate(("sent", "waiting", "waiting"), 1):
        raw.execute(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, 'w', '{}', 'd', ?, 0, ?, NULL, '')",
            (number, f"i{number}", person, person, state, as_text(START)),
        )
    raw.close()
    monkeypatch.setattr(migrate, "migrations", lambda: both)
    migrate.migrate(desk.store.reading)
    assert desk.store.fetch("SELECT seq, state, head FROM outbox ORDER BY seq") == [
        (1, "sent", 1), (2, "waiting", 1), (3, "waiting", 0),
    ]  # fmt: skip
    lanes = Lanes(desk.store)
    assert [each.seq for each in lanes.turn([], START, 9)] == [2]
    lanes.close()
    desk.close()


@pytest.mark.parametrize("tried", [False, True], ids=["fresh", "all waiting for their next try"])
def test_taking_is_quick_with_ten_thousand_queued(desk: Desk, lanes: Lanes, tried: bool) -> None:
    enqueue(desk, 1)
    raw = raw_connection(desk)
    raw.execute("BEGIN")
    person = make_patient(1).id
    names = [row[1] for row in desk.store.fetch("PRAGMA table_info(patient)")]
    columns = ", ".join(name for name in names if name not in ("id", "nhs_number"))
    next_at = as_text(START + timedelta(hours=1)) if tried else ""
    for number in range(2_000):
        other = f"p{number}"
        raw.execute(
            f"INSERT INTO patient (id, {columns}) SELECT ?, {columns} FROM patient WHERE id = ?", (other, person)
        )
        rows = [(f"{other}-{turn}", other, person, as_text(START), next_at) for turn in range(5)]
        raw.executemany(
            "INSERT INTO outbox VALUES (NULL, ?, ?, ?, 'a record', '-', 'waiting', 0, ?, NULL, '', 0, 1, ?, '')",
            rows,
        )
    raw.execute("COMMIT")
    raw.close()
    plan = desk.store.fetch(
        "EXPLAIN QUERY PLAN SELECT seq, id FROM outbox WHERE head = 1 AND state = 'waiting' AND goes_first = 0"
        " AND next_at <= '2' ORDER BY next_at, seq LIMIT 4"
    )
    assert [row[3] for row in plan] == ["SEARCH outbox USING INDEX outbox_due (goes_first=? AND next_at<?)"]
    spent = []
    for _ in range(40):
        began = time.perf_counter()
        lanes._due(START, 4)
        spent.append(time.perf_counter() - began)
    assert statistics.median(spent) < 0.002
