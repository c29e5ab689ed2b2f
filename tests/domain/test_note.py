"""The note: every sentence from an entry, every entry once, nothing invented."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.carried import Carried, EarlierScore, Goal, PlanItem
from gsh_console.domain.entries import (
    ActionTaken,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
    Recorded,
    Skipped,
)
from gsh_console.domain.measures import Absence
from gsh_console.domain.note import BULLET, compose_note
from gsh_console.domain.protocols import FieldKind
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.session import SessionState, follow, replay
from gsh_console.domain.text import clean
from tests.builders import (
    IDENTITY,
    INCOMPLETE,
    OPENING,
    PHQ9,
    REVIEW_OF_ONE,
    SAFETY,
    START,
    answers,
    book,
    opening_entry,
    recorded,
    state_after,
    whole_contact,
)
from tests.strategies import HOSTILE, all_fields, contacts

CARRIED = Carried(
    on="2026-11-13",
    plan=(PlanItem("walk to the shop", "daily"),),
    goals=(Goal(1, "Back to the choir", 3),),
    first_scores=(EarlierScore("phq-9", 21, False, "2026-10-30"),),
    last_scores=(EarlierScore("phq-9", 19, False, "2026-11-13"),),
)


def seqs_to_tell(state: SessionState) -> list[int]:
    """Every answer and filled field as it stands, and every jot, call mark, booklet, action and skip."""
    told = [given.seq for items in state.answers.values() for given in items.values()]
    told += [held.seq for held in state.fields.values() if held.value not in ("", ())]
    told += [mark.seq for marks in (state.jots, state.calls, state.materials, state.actions.values()) for mark in marks]
    told += [skip.seq for skip in state.skipped.values()]
    return sorted([*told, state.opened_seq])


def let_in(entries: list[Entry]) -> SessionState:
    state = replay(recorded(opening_entry(CARRIED), first=41))
    for raw in entries:
        entry = cleaned(raw)
        if refusal(book(), state, entry) is None:
            state = follow(state, recorded(entry, first=41 + state.entries)[0])
    return state


@given(contacts())
def test_every_answer_and_field_is_told_exactly_once(entries: list[Entry]) -> None:
    state = let_in([*entries, *REVIEW_OF_ONE, ActionTaken("duty", "Tell duty", "Alex", True, "told")])
    assert sorted(compose_note(book(), state).sources) == seqs_to_tell(state)


def test_a_whole_contact_is_told_exactly_once_too() -> None:
    state = let_in([*whole_contact(), *REVIEW_OF_ONE, Jotted("Birthday on Friday.")])
    assert sorted(compose_note(book(), state).sources) == seqs_to_tell(state)


def test_the_first_sentence_rests_on_the_opening_wherever_it_stands_in_the_journal() -> None:
    rows = [Recorded(4711 + n, START + timedelta(minutes=n), e) for n, e in enumerate((opening_entry(), *OPENING))]
    assert compose_note(book(), replay(rows)).sections[0].sentences[0].sources == (4711,)


@given(contacts())
def test_a_sentence_without_an_entry_only_says_what_is_missing(entries: list[Entry]) -> None:
    for section in compose_note(book(), let_in(entries)).sections:
        for sentence in section.sentences:
            if not sentence.sources:
                assert section.title == "Not covered" or sentence.text.startswith(WORKED_OUT)


# What follows from entries that are told beside it, or says what is not there.
WORKED_OUT = (
    "The safety conversation was not completed in this contact.",
    "Minutes by stage: ",
    "Through an interpreter ",
    "Without an interpreter for ",
    f"{BULLET} Time asleep of time in bed, worked out over ",
)


def minutes_by_stage(*events: tuple[float, Entry]) -> str:
    """What a note says of the minutes, for entries at these seconds after the opening."""
    timed = [(0.0, opening_entry()), *events]
    rows = [Recorded(n, START + timedelta(seconds=s), entry) for n, (s, entry) in enumerate(timed, 1)]
    told = [s.text for s in compose_note(book(), replay(rows)).sections[0].sentences]
    return next((text for text in told if text.startswith("Minutes by stage")), "")


def test_a_stage_that_was_only_passed_through_is_not_given_a_minute() -> None:
    passed = [(0.0, Entered("opening")), (150.0, Entered("measures")), (151.0, Entered("safety"))]
    ended = (451.0, CallMarked(CallEvent.ENDED))
    assert minutes_by_stage(*passed, ended) == "Minutes by stage: Opening 2, Safety 5."
    assert minutes_by_stage((0.0, Entered("opening")), (19.9, CallMarked(CallEvent.ENDED))) == ""


@pytest.mark.parametrize(("seconds", "told"), [(20, "under 1"), (29.9, "under 1"), (30, "1"), (89, "1"), (91, "2")])
def test_less_than_half_a_minute_is_told_as_under_1(seconds: float, told: str) -> None:
    spent = minutes_by_stage((0.0, Entered("opening")), (seconds, CallMarked(CallEvent.ENDED)))
    assert spent == f"Minutes by stage: Opening {told}."


@pytest.mark.parametrize(("seconds", "told"), [(5, ""), (25, "under 1 minute"), (50, "1 minute"), (420, "7 minutes")])
def test_a_wait_for_an_interpreter_of_a_few_seconds_is_not_told_as_a_minute(seconds: int, told: str) -> None:
    lost, here = CallMarked(CallEvent.INTERPRETER_LOST), CallMarked(CallEvent.ANOTHER_INTERPRETER, "4478")
    timed = [(0, opening_entry(interpreted=True)), (60, lost), (60 + seconds, here)]
    rows = [Recorded(n, START + timedelta(seconds=s), entry) for n, (s, entry) in enumerate(timed, 1)]
    text = compose_note(book(), replay(rows)).text
    assert (f"Without an interpreter for {told}," in text) if told else ("Without an interpreter" not in text)


TEXT_FIELDS = [field for field in all_fields() if field.kind is FieldKind.TEXT]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_stands_in_the_note_as_it_was_typed(text: str) -> None:
    for field in TEXT_FIELDS:
        entry = cleaned(Filled(field.id, f"<<{text}>>"))
        note = compose_note(book(), state_after(entry))
        assert f"<<{clean(text)}>>" in note.text


@given(st.sampled_from(TEXT_FIELDS), st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_text_stands_in_the_note_as_it_was_kept(field: object, text: str) -> None:
    entry = cleaned(Filled(field.id, text))  # type: ignore[attr-defined]
    assert isinstance(entry, Filled)
    note = compose_note(book(), state_after(entry))
    assert str(entry.value).strip() in note.text


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def test_no_number_in_the_note_comes_from_nowhere() -> None:
    state = let_in([*whole_contact(), *REVIEW_OF_ONE])
    known = " ".join(str(e) for e in (*whole_contact(), *REVIEW_OF_ONE, opening_entry(CARRIED)))
    # totals and what follows from them: PHQ-9 14 of 27, GAD-7 11 of 21, WSAS 23 of 40, changes, thresholds, the time
    derived = {"14", "27", "11", "21", "23", "40", "3", "5", "6", "7", "20", "2026", "10", "00", "1", "19", "13"}
    labels = {"9", "7"} | numbers_in(" ".join(option.label for field in all_fields() for option in field.options))
    clock = {f"{n:02d}" for n in range(60)} | {str(n) for n in range(60)}
    assert numbers_in(compose_note(book(), state).text) <= numbers_in(known) | derived | labels | clock


def test_scores_are_told_with_band_change_and_the_answers_as_given() -> None:
    state = state_after(*answers("phq-9", PHQ9), carried=CARRIED)
    text = compose_note(book(), state).text
    assert "PHQ-9: 14 of 27, moderate" in text
    assert "ince last time (13 Nov 2026): 5 lower (19 to 14), less than a reliable change of 6" in text
    assert "since the first (30 Oct 2026): 7 lower (21 to 14), a reliable change (6 or more)" in text
    assert "Answers in order: 2 2 3 2 1 2 2 0 0 (read out by the practitioner)" in text


def test_a_prorated_total_names_the_item_and_why() -> None:
    text = compose_note(book(), state_after(*answers("phq-9", (*PHQ9[:8], Absence.DECLINED)))).text
    assert "PHQ-9: 16 of 27, moderately severe, prorated: item 9 declined" in text


def test_too_many_gaps_are_told_without_a_total() -> None:
    text = compose_note(book(), state_after(*answers("phq-9", PHQ9[:6]))).text
    assert "PHQ-9: no total, item 7 not answered, item 8 not answered, item 9 not answered" in text


def test_what_was_skipped_is_listed_with_its_reason() -> None:
    note = compose_note(
        book(), state_after(Skipped("recap", "", "the line was bad"), Skipped("measures", "wsas", "no time"))
    )
    gaps = next(section for section in note.sections if section.title == "Not covered")
    told = [sentence.text for sentence in gaps.sentences]
    assert "Recap: skipped, the line was bad." in told
    assert "WSAS: skipped, no time." in told


def test_a_skip_taken_back_is_not_told() -> None:
    note = compose_note(book(), state_after(Skipped("recap", "", "bad line"), Skipped("recap", "", "")))
    assert "bad line" not in note.text


def test_an_incomplete_safety_conversation_says_so_with_reason_action_and_who_was_told() -> None:
    text = compose_note(book(), state_after(*IDENTITY, *INCOMPLETE)).text
    for entry in INCOMPLETE:
        assert isinstance(entry, Filled)
        assert str(entry.value) in text
    assert "The safety conversation was not completed in this contact." in text


def test_nothing_is_said_about_safety_that_was_not_recorded() -> None:
    note = compose_note(book(), state_after(*IDENTITY, Entered("safety")))
    titles = [section.title for section in note.sections]
    assert "Safety" not in titles
    asked = compose_note(book(), state_after(*IDENTITY, *SAFETY))
    section = next(section for section in asked.sections if section.title == "Safety")
    assert "Thoughts now: no. “No, nothing like that.”" in section.sentences[0].text


def test_a_carried_plan_is_reviewed_under_its_own_words() -> None:
    note = compose_note(book(), let_in([*REVIEW_OF_ONE]))
    assert "“walk to the shop, daily”: partly done; in the way: opportunity (time, place, people, money)." in note.text
