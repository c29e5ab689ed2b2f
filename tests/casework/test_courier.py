"""The courier: what each answer of a target leads to, and that it works beside the console without being felt."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gsh_console.casework.background import Background, Light
from gsh_console.casework.courier import Courier, light_of
from gsh_console.casework.desk import Desk
from gsh_console.faults import InputRefused, SettingsFault, SyncFault
from gsh_console.store import outbox
from gsh_console.store.lanes import Due, Lanes, Settled
from gsh_console.sync.outcomes import Ledger, Patience, RefusedForGood, TargetStopped, TryLater
from tests.builders import make_patient, put_patient, signed_contact, waiting
from tests.casework.test_sending import add_contact, queue
from tests.servers.fault_proxy import Fault
from tests.sync.many import IMPATIENT, fill, rest_target

AT_ONCE = Patience(base=0.0)


class Deciding:
    """A target that gives each record the next of its outcomes, then takes it."""

    parallel = 1
    skew: float | None = None

    def __init__(self, **outcomes: list[SyncFault | None]) -> None:
        self.outcomes = outcomes
        self.delivered: list[str] = []
        self.ledgers: list[Ledger] = []
        self.there = True

    def check(self) -> None:
        if not self.there:
            raise SyncFault("Nobody there.")

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        assert ledger is not None
        self.ledgers.append(ledger)
        left = self.outcomes.get(item_id.replace("-", "_"), [])
        fault = left.pop(0) if left else None
        if fault is not None:
            raise fault
        self.delivered.append(item_id)


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A desk with two notes of Ann and two of Ben waiting."""
    for patient in ("ann", "ben"):
        for number in (1, 2):
            add_contact(desk, patient, f"{patient}-{number}", number)
            queue(desk, f"{patient}-note-{number}", patient, f"{patient}-{number}")
    return desk


def run(desk: Desk, target: Deciding, patience: Patience = AT_ONCE) -> Courier:
    courier = Courier(desk, target, patience)
    courier.run(lambda: False, once=True)
    return courier


def states(desk: Desk) -> dict[str, str]:
    return dict(desk.store.fetch("SELECT id, state FROM outbox"))  # type: ignore[arg-type]


def test_one_bad_record_holds_back_its_patient_alone_and_says_so(two: Desk) -> None:
    target = Deciding(ann_note_1=[RefusedForGood("The server refused (400: no).")])
    courier = run(two, target)
    assert target.delivered == ["ben-note-1", "ben-note-2"]
    assert states(two) == {
        "ann-note-1": "refused", "ann-note-2": "waiting", "ben-note-1": "sent", "ben-note-2": "sent",
    }  # fmt: skip
    assert courier.light.word == "see Outbox"
    assert outbox.unsent(two.store, 9)[0].last_error == "The server refused (400: no)."


def test_a_fault_of_the_moment_is_tried_again_until_it_is_over(two: Desk) -> None:
    target = Deciding(ann_note_1=[TryLater("broke off"), TryLater("busy", after=0.01)])
    run(two, target)
    assert set(states(two).values()) == {"sent"}
    assert sum(ledger.tried for ledger in target.ledgers) == 2


def test_being_stopped_by_the_target_ends_the_run_and_keeps_everything(two: Desk) -> None:
    target = Deciding(ann_note_1=[TargetStopped("The server does not let this console write (403).")])
    courier = run(two, target, IMPATIENT)
    assert target.delivered == []
    assert set(states(two).values()) == {"waiting"}
    assert courier.failed


def test_a_mistake_in_the_settings_stops_the_target_and_refuses_no_record(two: Desk) -> None:
    class Mistaken(Deciding):
        def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
            raise SettingsFault("The sign-in key cannot be read.", "Correct its path.")

    courier = run(two, Mistaken(), IMPATIENT)
    assert set(states(two).values()) == {"waiting"}
    assert len(courier.failed) == 1
    assert outbox.unsent(two.store, 9)[0].last_error == "The sign-in key cannot be read. Correct its path."


def test_at_another_address_everything_unsent_is_due_at_once_and_at_the_same_one_nothing_changes(two: Desk) -> None:
    lanes = Lanes(two.store)
    lanes.go_to("https://a.example/R5")
    now = two.now()
    ann, ben = lanes.turn((), now, 9)
    later = Settled(ben.seq, "waiting", "busy (503)", next_at=now + timedelta(hours=1))
    lanes.turn([Settled(ann.seq, "refused", "no"), later], now, 0)
    held = "SELECT id, state, next_at, last_error FROM outbox ORDER BY seq"
    before = two.store.fetch(held)
    lanes.go_to("https://a.example/R5")
    assert two.store.fetch(held) == before
    lanes.go_to("https://a.example/R4")
    assert {row[1:] for row in map(tuple, two.store.fetch(held))} == {("waiting", "", "")}
    assert {each.seq for each in lanes.turn((), now, 9)} == {ann.seq, ben.seq}
    lanes.close()


def test_nobody_there_ends_a_run_on_request_after_one_try(two: Desk) -> None:
    target = Deciding(ann_note_1=[TryLater("offline", unreachable=True)])
    run(two, target, IMPATIENT)
    assert len(target.ledgers) == 1
    assert set(states(two).values()) == {"waiting"}


def test_a_target_that_asks_for_an_hour_is_left_alone(two: Desk) -> None:
    target = Deciding(ann_note_1=[TryLater("busy (503)", after=3600.0)])
    began = time.monotonic()
    run(two, target, Patience())
    assert time.monotonic() - began < 5
    assert len(target.ledgers) == 1


def test_a_failure_of_the_consoles_own_loses_nothing(two: Desk) -> None:
    class Broken(Deciding):
        def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
            if item_id == "ann-note-1" and not self.delivered:
                self.delivered.append("once")
                raise KeyError("Okafor")
            super().deliver(item_id, payload, sha256, ledger)

    run(two, Broken())
    assert set(states(two).values()) == {"sent"}
    assert "Okafor" not in str(two.store.fetch("SELECT last_error FROM outbox"))


def test_progress_of_a_record_in_parts_is_kept_and_given_back(two: Desk) -> None:
    class InParts(Deciding):
        def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
            assert ledger is not None
            if not ledger.known:
                ledger.acknowledge({"part": "Encounter/7"})
            super().deliver(item_id, payload, sha256, ledger)

    target = InParts(ann_note_1=[TryLater("broke off")])
    run(two, target)
    again = [ledger for ledger in target.ledgers if ledger.tried]
    assert [ledger.known for ledger in again] == [{"part": "Encounter/7"}]


def test_the_training_caseload_has_no_courier(training_desk: Desk) -> None:
    with pytest.raises(InputRefused, match="nothing in it is ever sent"):
        Courier(training_desk, Deciding())


def test_a_wrong_clock_is_told_with_the_light_before_it_ends_sign_in(two: Desk) -> None:
    target = Deciding()
    courier = Courier(two, target, AT_ONCE)
    target.skew = 540.0
    courier.run(lambda: False, once=True)
    assert courier.light.told == (
        "Everything signed has arrived. This machine's clock is 9 minutes behind the server's; sign-in fails from 5 "
        "minutes on. Set the clock."
    )


@pytest.mark.parametrize(
    ("counts", "why", "under_way", "word"),
    [
        ({}, None, 0, "sent"),
        ({"waiting": 3}, TryLater("x", unreachable=True), 0, "offline"),
        ({"waiting": 3}, None, 2, "sending"),
        ({"waiting": 3}, None, 0, "waiting"),
        ({"waiting": 3, "refused": 1}, TryLater("x"), 1, "see Outbox"),
        ({"waiting": 3, "refused": 1}, TargetStopped("x"), 0, "stopped"),
        ({}, TryLater("x", unreachable=True), 0, "sent"),
    ],
)
def test_the_light_is_one_word_with_a_sign_and_the_count(counts, why, under_way, word) -> None:
    light = light_of(counts, why, under_way)
    assert light.word == word
    assert light.waiting == sum(counts.values())
    assert (str(light), len(light.short)) == (f"queue {light.waiting} {word}", 2)


def until(reached: Callable[[], object], seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_the_background_sends_what_is_signed_while_it_runs(desk: Desk, medplum_open) -> None:
    background = Background(desk, lambda _: rest_target(medplum_open.base))
    background.start()
    try:
        signed_contact(desk, put_patient(desk, make_patient()))
        until(lambda: not outbox.count_unsent(desk.store))
        until(lambda: background.light == Light("sent", "✓", "Everything signed has arrived.", 0))
    finally:
        background.stop()
    assert medplum_open.counts()["Composition"] == {"resources": 1, "versions": 1}


def test_being_offline_is_no_error_and_ends_by_itself(desk: Desk, medplum_open, make_proxy) -> None:
    signed_contact(desk, put_patient(desk, make_patient()))
    proxy = make_proxy(medplum_open.origin)
    proxy.next(*[Fault.RESET_BEFORE] * 6)
    background = Background(desk, lambda _: rest_target(proxy.base), IMPATIENT)
    background.start()
    try:
        until(lambda: not outbox.count_unsent(desk.store))
    finally:
        background.stop()
    assert proxy.counts[Fault.RESET_BEFORE] == 6


def test_the_background_ends_within_a_second_in_the_middle_of_an_answer(desk: Desk, medplum_open, make_proxy) -> None:
    signed_contact(desk, put_patient(desk, make_patient()))
    proxy = make_proxy(medplum_open.origin)
    proxy.tempo.delay = 5.0
    background = Background(desk, lambda _: rest_target(proxy.base))
    proxy.next(Fault.DELAYED)
    background.start()
    until(lambda: outbox.unsent(desk.store, 9)[0].state == "sending")
    began = time.monotonic()
    background.stop()
    assert time.monotonic() - began < 1.0
    (line,) = outbox.unsent(desk.store, 9)
    assert line.state == "sending"
    assert Courier(desk, rest_target(medplum_open.base), IMPATIENT).run(lambda: False, once=True).sent == 1


def test_while_a_call_goes_on_records_go_one_by_one_with_a_rest(two: Desk, monkeypatch) -> None:
    monkeypatch.setattr("gsh_console.casework.courier.GENTLE_REST", 0.3)
    target = Deciding()
    target.parallel = 4
    courier = Courier(two, target, AT_ONCE, gently=lambda: len(target.delivered) < 3)
    began = time.monotonic()
    courier.run(lambda: len(target.delivered) == 4)
    assert time.monotonic() - began > 0.6
    assert target.delivered == ["ann-note-1", "ann-note-2", "ben-note-1", "ben-note-2"]


def test_what_came_back_meanwhile_is_settled_together_and_each_record_goes_once(desk: Desk, monkeypatch) -> None:
    settled: list[int] = []
    turn = Lanes.turn

    def counting(self: Lanes, back: Sequence[Settled], now: datetime, want: int) -> list[Due]:
        settled.append(len(back))
        return turn(self, back, now, want)

    monkeypatch.setattr(Lanes, "turn", counting)
    fill(desk, 24, 24, amended_every=100)
    target = Deciding()
    target.parallel = 4
    report = Courier(desk, target, AT_ONCE).run(lambda: False, once=True)
    assert (report.sent, report.failed, report.left) == (25, 0, 0)
    assert len(set(target.delivered)) == len(target.delivered) == sum(settled) == 25
    assert max(settled) > 1


def test_a_record_that_failed_first_and_went_then_counts_as_sent_alone(two: Desk) -> None:
    target = Deciding(ann_note_1=[TryLater("broke off")])
    told: list[tuple[int, int]] = []
    report = Courier(two, target, AT_ONCE).run(lambda: False, once=True, on_progress=lambda *far: told.append(far))
    assert (report.sent, report.failed, report.left) == (4, 0, 0)
    assert told[-1] == (4, 4)


def test_a_target_that_cannot_be_opened_is_told_and_nothing_is_lost(desk: Desk) -> None:
    signed_contact(desk, put_patient(desk, make_patient()))

    def nowhere(_: Desk) -> Deciding:
        raise SyncFault("No target is set.")

    background = Background(desk, nowhere)
    background.start()
    until(lambda: background.light.word == "stopped")
    background.stop()
    assert len(waiting(desk.store)) == 1


def test_poisoned_records_are_isolated_by_the_server_itself(desk: Desk, medplum, tmp_path: Path) -> None:
    fill(desk, 12, 6, amended_every=100)
    rows = desk.store.fetch("SELECT seq, id, patient_id FROM outbox WHERE seq IN (3, 4)")
    desk.store.reading.execute("DROP TRIGGER outbox_item_frozen")
    desk.store.reading.execute("DROP TRIGGER payload_frozen")
    for seq, item_id, _ in rows:
        poisoned = outbox.item(desk.store, item_id).payload.replace(
            '"resourceType":"Encounter"', '"resourceType":"Encounter","colour":"red"'
        )
        digest = hashlib.sha256(poisoned.encode()).hexdigest()
        desk.store.reading.execute("UPDATE payload SET content = ? WHERE seq = ?", (poisoned, seq))
        desk.store.reading.execute("UPDATE outbox SET sha256 = ? WHERE seq = ?", (digest, seq))
    report = Courier(desk, rest_target(medplum.base), IMPATIENT).run(lambda: False, once=True)
    assert (report.sent, report.failed, report.left) == (9, 2, 4)
    refused = [line for line in outbox.unsent(desk.store, 99) if line.state == "refused"]
    assert {line.id for line in refused} == {item_id for _, item_id, _ in rows}
    assert all("colour" in line.last_error for line in refused)
    assert {line.patient_id for line in outbox.unsent(desk.store, 99)} == {patient for *_, patient in rows}
