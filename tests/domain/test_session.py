"""State is nothing but its entries, followed one by one."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.entries import CallEvent, CallMarked, Entered, Entry, Filled, Recorded, Skipped
from gsh_console.domain.path import not_covered
from gsh_console.domain.safety import areas_to_ask
from gsh_console.domain.session import SessionState, follow, replay
from tests.builders import START, answers, book, opening_entry, recorded, state_after, whole_contact
from tests.strategies import any_entries


@given(st.lists(any_entries(), max_size=30), st.integers(0, 30))
def test_replaying_a_beginning_and_following_the_rest_gives_the_same_state(entries: list[Entry], cut: int) -> None:
    rows = recorded(*entries)
    state = replay(rows[:cut])
    for row in rows[cut:]:
        state = follow(state, row)
    assert state == replay(rows)


@given(st.lists(any_entries(), max_size=20))
def test_following_an_entry_leaves_the_state_before_it_untouched(entries: list[Entry]) -> None:
    rows = recorded(*entries)
    kept: list[tuple[SessionState, str]] = []
    state = SessionState()
    for row in rows:
        kept.append((state, repr(state)))
        state = follow(state, row)
    assert all(repr(earlier) == text for earlier, text in kept)


def test_the_latest_answer_counts_and_carries_the_entry_that_gave_it() -> None:
    state = state_after(*answers("phq-9", [3]), *answers("phq-9", [1]))
    held = state.answers["phq-9"]["1"]
    assert (held.answer, held.seq) == (1, 3)


def test_an_empty_value_takes_a_field_back_and_an_empty_reason_a_skip() -> None:
    state = state_after(
        Filled("privacy.where", "at home"), Filled("privacy.where", ""),
        Skipped("recap", "", "short"), Skipped("recap", "", ""),
    )  # fmt: skip
    assert state.words("privacy.where") == ""
    assert not state.skipped


def at_seconds(*events: tuple[float, Entry]) -> SessionState:
    rows = [Recorded(n, START + timedelta(seconds=s), entry) for n, (s, entry) in enumerate(events, 1)]
    return replay(rows)


def test_time_in_a_stage_is_added_over_all_its_spells() -> None:
    state = at_seconds(
        (0, Entered("opening")), (60, Entered("measures")), (90, Entered("safety")), (100, Entered("measures"))
    )
    now = START + timedelta(seconds=130)
    assert (state.seconds_in("opening", now), state.seconds_in("measures", now)) == (60, 60)
    assert (state.seconds_in("safety", now), state.seconds_in("ending", now)) == (10, 0)


def test_moving_between_steps_of_one_stage_opens_no_new_spell() -> None:
    state = at_seconds((0, Entered("opening", "identity")), (5, Entered("opening", "privacy")))
    assert len(state.spells) == 1
    assert state.step == "privacy"


def test_the_clock_stops_when_the_call_is_marked_as_ended() -> None:
    state = at_seconds((0, Entered("ending")), (30, CallMarked(CallEvent.ENDED)))
    assert state.seconds_in("ending", START + timedelta(hours=2)) == 30


def test_a_clock_going_back_gives_no_negative_time_and_order_stays() -> None:
    state = at_seconds((0, Entered("opening")), (-400, Entered("measures")), (-390, Entered("safety")))
    assert state.seconds_in("opening", START) == 0
    assert [spell.stage for spell in state.spells] == ["opening", "measures", "safety"]


def test_a_fresh_contact_has_nothing_about_safety_in_it() -> None:
    state = replay(recorded(opening_entry()))
    assert not [field for field in state.fields if field.startswith("safety")]
    assert state.safety_entered_seq == 0
    assert all(area.always for area in areas_to_ask(book().safety, state.fields, prompted=False))
    assert any(stage.id == "safety" for stage, _ in not_covered(book(), state))


def test_a_whole_contact_leaves_nothing_uncovered() -> None:
    assert not_covered(book(), state_after(*whole_contact())) == ()


def test_a_state_is_a_value_that_compares_equal_to_its_twin() -> None:
    assert state_after(*whole_contact()) == state_after(*whole_contact())
    assert dataclasses.replace(state_after(), stage="x") != state_after()


def test_waiting_for_an_interpreter_is_time_of_its_own_and_not_of_the_stage() -> None:
    state = at_seconds(
        (0, Entered("measures")),
        (30, CallMarked(CallEvent.INTERPRETER_LOST)),
        (40, Entered("safety")),
        (100, CallMarked(CallEvent.ANOTHER_INTERPRETER, "4478")),
        (160, Entered("recap")),
    )
    now = START + timedelta(seconds=170)
    assert state.seconds_without_interpreter(now) == 70
    assert (state.seconds_in("measures", now), state.seconds_in("safety", now)) == (30, 60)
    assert state.seconds_in("recap", now) == 10
    assert not state.interpreter_awaited


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(list(CallEvent))), max_size=12), st.integers(0, 900))
def test_stage_time_and_waiting_time_never_exceed_the_call(marks: list[tuple[int, CallEvent]], until: int) -> None:
    events = [(float(at), CallMarked(event)) for at, event in sorted(marks, key=lambda mark: mark[0])]
    state = at_seconds((0, Entered("opening")), *events)
    now = START + timedelta(seconds=max(until, 500))
    whole = ((state.ended_at or now) - START).total_seconds()
    spent, waited = state.seconds_in("opening", now), state.seconds_without_interpreter(now)
    assert spent >= 0
    assert waited >= 0
    assert spent <= whole


def test_a_second_wait_counts_and_a_call_that_ends_closes_the_wait() -> None:
    state = at_seconds(
        (0, Entered("opening")),
        (10, CallMarked(CallEvent.INTERPRETER_NOT_ARRIVED)),
        (20, CallMarked(CallEvent.INTERPRETER_JOINED)),
        (30, CallMarked(CallEvent.INTERPRETER_LOST)),
        (45, CallMarked(CallEvent.ENDED)),
    )
    assert state.seconds_without_interpreter(START + timedelta(hours=1)) == 25
    assert not state.interpreter_awaited


def test_the_call_counts_only_while_it_goes_on() -> None:
    state = at_seconds(
        (0, opening_entry()),
        (0, Entered("opening")),
        (60, CallMarked(CallEvent.ENDED)),
        (4000, CallMarked(CallEvent.ANSWERED)),
        (4030, Entered("measures")),
    )
    now = START + timedelta(seconds=4040)
    assert state.seconds_of_call(now) == 100
    assert (state.seconds_in("opening", now), state.seconds_in("measures", now)) == (90, 10)
    assert state.on_the_line
    assert state.ended_at is None


def test_a_try_nobody_answers_is_no_call_until_somebody_does() -> None:
    state = at_seconds((0, opening_entry()), (0, Entered("opening")), (20, CallMarked(CallEvent.NOT_ANSWERED)))
    assert not state.on_the_line
    assert state.seconds_of_call(START + timedelta(hours=1)) == 20
    assert state.seconds_in("opening", START + timedelta(hours=1)) == 20


def test_a_contact_nothing_is_logged_of_is_a_call_that_goes_on() -> None:
    state = at_seconds((0, opening_entry()), (0, Entered("opening")))
    assert state.on_the_line
    assert state.seconds_of_call(START + timedelta(seconds=90)) == 90


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(list(CallEvent))), max_size=12))
def test_the_stages_come_to_the_call_without_its_waits_for_an_interpreter(marks: list[tuple[int, CallEvent]]) -> None:
    events = [(float(at), CallMarked(event)) for at, event in sorted(marks, key=lambda mark: mark[0])]
    state = at_seconds((0, opening_entry()), (0, Entered("opening")), *events)
    now = START + timedelta(seconds=600)
    waited, whole = state.seconds_without_interpreter(now), state.seconds_of_call(now)
    assert whole - waited <= state.seconds_in("opening", now) <= whole
