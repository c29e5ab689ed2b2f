"""What the one door lets through: gates, skips, signing, against an account of the rules written a second time."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.entries import (
    Amended,
    Answered,
    Entered,
    Entry,
    FieldValue,
    Filled,
    Jotted,
    Signed,
    Skipped,
)
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.path import next_item, not_covered, sign_blocks
from gsh_console.domain.protocols import Field, FieldKind, Step
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.session import SessionState, follow, replay
from tests.builders import (
    IDENTITY,
    INCOMPLETE,
    PHQ9,
    SAFETY,
    answers,
    book,
    opening_entry,
    recorded,
    state_after,
    whole_contact,
    with_steps,
)
from tests.strategies import REASONS, all_fields, contacts

ASKED_ALWAYS = (
    *("thoughts_now", "actions_now", "changed", "to_others", "from_others", "neglect", "children", "adults"),
)
ASKED_AFTER_DISCLOSURE = (
    *("thoughts_past", "intent", "plans", "actions_past", "means", "keeps_going", "has_stopped", "makes_worse"),
    "help_in_place",
)
SIGNED = Signed("Alex Lang", "0" * 64)
ELSEWHERE = [stage.id for stage in book().protocol.stages if stage.id not in ("safety", "measures")]


def words(state: SessionState, field: str) -> bool:
    value = state.value(field)
    return isinstance(value, str) and value.strip() != ""


def safety_is_on_record(state: SessionState) -> bool:
    """Complete, or incomplete with reason, action and who was informed: told without the product's own rules."""
    if all(words(state, f"safety.incomplete.{part}") for part in ("reason", "action", "informed")):
        return True
    item9 = state.answers_of("phq-9").get("9")
    disclosed = (isinstance(item9, int) and item9 >= 1) or any(
        state.value(f"safety.{area}") in ("yes", "declined") for area in ("thoughts_now", "actions_now")
    )
    for area in (*ASKED_ALWAYS, *(ASKED_AFTER_DISCLOSURE if disclosed else ())):
        reply = state.value(f"safety.{area}")
        if reply not in ("yes", "no", "declined", "not_asked"):
            return False
        needed = reply in ("yes", "not_asked") or (area == "thoughts_now" and reply == "no")
        if needed and not words(state, f"safety.{area}.words"):
            return False
    return words(state, "safety.understanding") and words(state, "safety.agreed")


def walked(entries: list[Entry]) -> list[tuple[SessionState, Entry, bool]]:
    """Each entry with the state before it and whether the door let it in."""
    state, trail = replay(recorded(opening_entry())), []
    for raw in entries:
        entry = cleaned(raw)
        let_in = refusal(book(), state, entry) is None
        trail.append((state, entry, let_in))
        if let_in:
            state = follow(state, recorded(entry, first=state.entries + 1)[0])
    return [*trail, (state, Jotted("end"), False)]


@given(contacts())
def test_no_course_of_a_contact_is_signed_without_a_safety_record(entries: list[Entry]) -> None:
    for state, entry, let_in in walked([*entries, SIGNED]):
        if isinstance(entry, Signed) and let_in:
            assert safety_is_on_record(state)
            given_by_patient = state.value("identity.given") or ()
            nobody_was_asked = ("opening", "") in state.skipped and not state.answers
            assert len(set(given_by_patient)) >= 2 or nobody_was_asked  # type: ignore[arg-type]


@given(contacts())
def test_safety_can_be_entered_at_every_moment_before_signing(entries: list[Entry]) -> None:
    for state, _, _ in walked([*IDENTITY, Entered("measures"), *entries]):
        if state.signed is None:
            assert refusal(book(), state, Entered("safety")) is None
            assert refusal(book(), state, Entered("safety", "safety")) is None


@given(contacts(), st.text(max_size=5), st.sampled_from(["", "safety"]))
def test_safety_can_never_be_skipped(entries: list[Entry], reason: str, step: str) -> None:
    for state, entry, let_in in walked(entries):
        assert refusal(book(), state, Skipped("safety", step, reason)) is not None
        assert not (isinstance(entry, Skipped) and entry.stage == "safety" and let_in)
        assert not [key for key in state.skipped if key[0] == "safety"]


@given(contacts())
def test_measures_are_left_only_through_safety_unless_item_nine_is_a_plain_zero(entries: list[Entry]) -> None:
    for state, _, _ in walked([*IDENTITY, Entered("measures"), *entries]):
        held = state.answers.get("phq-9", {}).get("9")
        zero = held is not None and type(held.answer) is int and held.answer == 0
        gone_through = state.safety_entered_seq > (held.seq if held else 0)
        if state.stage != "measures" or state.signed:
            continue
        for stage in ELSEWHERE:
            if not zero and not gone_through and not (held is None and stage == "opening"):
                assert refusal(book(), state, Entered(stage)) is not None


@given(contacts(), st.data())
def test_taking_something_back_never_opens_a_gate(entries: list[Entry], data: st.DataObject) -> None:
    state = walked(entries)[-1][0]
    if state.signed or not (state.fields or state.answers):
        return
    takes: list[Entry] = [Filled(field, "") for field in state.fields if not field.startswith("safety.incomplete")]
    takes += [Answered("phq-9", item, Absence.UNCLEAR, Mode.READ_OUT) for item in state.answers.get("phq-9", {})]
    if not takes:
        return
    taken = data.draw(st.sampled_from(takes))
    after = follow(state, recorded(taken, first=state.entries + 1)[0])
    for stage in (s.id for s in book().protocol.stages):
        if refusal(book(), state, Entered(stage)) is not None:
            assert refusal(book(), after, Entered(stage)) is not None
    if isinstance(taken, Filled) and sign_blocks(book(), state):
        assert sign_blocks(book(), after)


@pytest.mark.parametrize("answer", [1, 2, 3, *REASONS, None])
def test_item_nine_above_zero_declined_or_missing_holds_the_contact_in_measures(answer: int | Absence | None) -> None:
    given_answers = answers("phq-9", PHQ9[:8] if answer is None else (*PHQ9[:8], answer))
    state = state_after(*IDENTITY, Entered("measures"), *given_answers)
    for stage in ELSEWHERE:
        if answer is None and stage == "opening":  # not reached yet: going back a stage is open, going on is not
            assert refusal(book(), state, Entered(stage)) is None
            continue
        assert "item 9" in (refusal(book(), state, Entered(stage)) or "")
    assert refusal(book(), state, Entered("safety")) is None
    after = state_after(*IDENTITY, Entered("measures"), *given_answers, Entered("safety"), Entered("measures"))
    assert refusal(book(), after, Entered("recap")) is None


def test_safety_visited_before_item_nine_does_not_count() -> None:
    state = state_after(*IDENTITY, *SAFETY, Entered("measures"), *answers("phq-9", (*PHQ9[:8], 2)))
    assert refusal(book(), state, Entered("recap")) is not None


def test_item_nine_answered_again_after_safety_closes_the_way_out_again() -> None:
    state = state_after(
        *IDENTITY, Entered("measures"), *answers("phq-9", (*PHQ9[:8], 2)), Entered("safety"), Entered("measures"),
        Answered("phq-9", "9", 3, Mode.READ_OUT),
    )  # fmt: skip
    assert refusal(book(), state, Entered("recap")) is not None


def test_a_zero_on_item_nine_lets_the_measures_go_and_leaves_safety_to_be_done() -> None:
    everything = [e for e in whole_contact() if e not in SAFETY]
    state = state_after(*everything)
    assert (
        refusal(book(), state_after(*IDENTITY, Entered("measures"), *answers("phq-9", PHQ9)), Entered("recap")) is None
    )
    assert {stage.id for stage, _ in not_covered(book(), state)} == {"safety"}
    assert "safety record still lacks" in (refusal(book(), state, SIGNED) or "")


def test_a_zero_everywhere_still_needs_every_area_that_is_asked_at_every_contact() -> None:
    for left_out in SAFETY[1:]:
        entries = [e for e in whole_contact(phq9=[0] * 9) if e is not left_out]
        assert refusal(book(), state_after(*entries), SIGNED) is not None
    assert refusal(book(), state_after(*whole_contact(phq9=[0] * 9)), SIGNED) is None


@pytest.mark.parametrize("item9", [1, 2, 3])
def test_an_item_nine_above_zero_asks_for_every_area(item9: int) -> None:
    entries = whole_contact(phq9=(*PHQ9[:8], item9))
    assert refusal(book(), state_after(*entries), SIGNED) is not None
    rest = [Filled(f"safety.{area}", "no") for area in ASKED_AFTER_DISCLOSURE]
    assert refusal(book(), state_after(*entries, *rest), SIGNED) is None
    assert refusal(book(), state_after(*entries, *rest[1:]), SIGNED) is not None


@pytest.mark.parametrize("reply", ["yes", "declined"])
@pytest.mark.parametrize("area", ["thoughts_now", "actions_now"])
def test_something_disclosed_or_declined_asks_for_every_area(area: str, reply: str) -> None:
    told = (Filled(f"safety.{area}", reply), Filled(f"safety.{area}.words", "“Some mornings.”"))
    assert refusal(book(), state_after(*whole_contact(), *told), SIGNED) is not None
    rest = [Filled(f"safety.{other}", "no") for other in ASKED_AFTER_DISCLOSURE]
    assert refusal(book(), state_after(*whole_contact(), *told, *rest), SIGNED) is None


@pytest.mark.parametrize("left_out", range(3))
def test_an_incomplete_safety_record_needs_reason_action_and_who_was_informed(left_out: int) -> None:
    without_safety = [e for e in whole_contact() if e not in SAFETY]
    some = [entry for at, entry in enumerate(INCOMPLETE) if at != left_out]
    assert refusal(book(), state_after(*without_safety, *some), SIGNED) is not None
    assert refusal(book(), state_after(*without_safety, *INCOMPLETE), SIGNED) is None


def test_blanks_are_no_words() -> None:
    entries = [e for e in whole_contact() if e not in SAFETY]
    blank = [cleaned(Filled(e.field, " \n ")) for e in INCOMPLETE if isinstance(e, Filled)]
    assert refusal(book(), state_after(*entries, *blank), SIGNED) is not None
    teach_back = cleaned(Filled("material.teach_back", "\u202e  "))
    assert refusal(book(), state_after(*whole_contact(), teach_back), SIGNED) is not None


@pytest.mark.parametrize(
    "identifiers", [(), ("full_name",), ("full_name", "full_name")], ids=["none", "one", "the same twice"]
)
def test_nothing_clinical_is_entered_before_two_identifiers(identifiers: tuple[str, ...]) -> None:
    state = state_after(Entered("opening"), Filled("identity.given", identifiers))
    for stage in (s.id for s in book().protocol.stages if s.id not in ("opening", "safety")):
        assert "identifiers" in (refusal(book(), state, Entered(stage)) or "")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entered("nowhere"), "no such stage"),
        (Entered("opening", "phq-9"), "no such stage or step"),
        (Answered("phq-15", "1", 0, Mode.READ_OUT), "does not ask this measure"),
        (Answered("phq-9", "1", 4, Mode.READ_OUT), "takes 0 to 3"),
        (Answered("phq-9", "10", 0, Mode.READ_OUT), "no item 10"),
        (Answered("wsas", "2", Absence.NOT_APPLICABLE, Mode.READ_OUT), "always applies"),
        (Filled("nothing.here", "x"), "no such field"),
        (Filled("safety.level", "x"), "no such field"),
        (Filled("privacy.private", "perhaps"), "does not take that"),
        (Filled("privacy.where", ("a",)), "does not take that"),
        (Filled("plan.1.confidence", 11), "does not take that"),
        (Filled("plan.1.confidence", "8"), "does not take that"),
        (Filled("plan.4.what", "x"), "no such field"),
        (Filled("review.1.done", "done"), "no such field"),
        (Filled("identity.given", ("full_name", "shoe_size")), "does not take that"),
        (Filled("ending.next_contact", "tomorrow"), "does not take that"),
        (Filled("ending.next_contact", "2026-11-27T10:00:00"), "does not take that"),
        (Amended("x", "y", "z"), "not signed yet"),
        (opening_entry(), "once"),
    ],
)
def test_what_does_not_belong_is_refused_with_its_reason(entry: Entry, why: str) -> None:
    assert why in (refusal(book(), state_after(), entry) or "")


FITTING: dict[FieldKind, FieldValue] = {
    FieldKind.TEXT: "some words",
    FieldKind.SCALE: 5,
    FieldKind.DATE: "2026-12-04",
    FieldKind.DATE_TIME: "2026-11-27T10:00:00+00:00",
}


@pytest.mark.parametrize("field", all_fields(), ids=lambda field: str(field.id))
def test_every_field_that_is_asked_can_be_recorded(field: Field) -> None:
    values = tuple(option.value for option in field.options)
    value = values if field.kind is FieldKind.CHOICES else FITTING.get(field.kind) or values[0]
    assert refusal(book(), state_after(), Filled(field.id, value)) is None


@pytest.mark.parametrize("value", ["", ()])
def test_any_field_can_be_taken_back(value: FieldValue) -> None:
    assert refusal(book(), state_after(), Filled("plan.1.confidence", value)) is None


def test_nothing_but_an_opening_begins_a_contact() -> None:
    assert refusal(book(), SessionState(), Jotted("x")) is not None
    assert refusal(book(), SessionState(), opening_entry()) is None


def test_a_signed_contact_takes_an_amendment_and_nothing_else() -> None:
    state = state_after(*whole_contact(), SIGNED)
    others: list[Entry] = [*whole_contact(), SIGNED, Skipped("recap", "", "x"), Jotted("x"), Filled("plan.1.what", "")]
    assert all(refusal(book(), state, entry) for entry in others)
    assert refusal(book(), state, Amended("more", "found later", "Alex Lang")) is None


def test_any_stage_but_safety_may_be_left_out_with_a_reason_and_the_summary_lists_it() -> None:
    skips = [Skipped(s.id, "", f"reason {s.id}") for s in book().protocol.stages if s.id != "safety"]
    assert "attended" in (refusal(book(), state_after(*IDENTITY, *skips, *SAFETY), SIGNED) or "")
    state = state_after(*IDENTITY, *skips, *SAFETY, Filled("ending.attendance", "on_time"))
    assert refusal(book(), state, SIGNED) is None
    told = {reason for _, reason in not_covered(book(), state)}
    for stage in book().protocol.stages:
        mine = [line for line in told if line.startswith(f"{stage.title}: skipped")]
        assert [line.endswith(f", reason {stage.id}") for line in mine] == ([] if stage.id == "safety" else [True])


def test_a_call_nobody_could_be_identified_in_is_signed_with_its_reason_unless_something_was_asked() -> None:
    skips: list[Entry] = [Skipped(s.id, "", "nobody answered") for s in book().protocol.stages if s.id != "safety"]
    skips.append(Filled("ending.attendance", "did_not_attend"))
    assert refusal(book(), state_after(*skips, *INCOMPLETE), SIGNED) is None
    assert "identifiers" in (refusal(book(), state_after(*skips[1:], *INCOMPLETE), SIGNED) or "")
    asked = state_after(*answers("phq-9", [0]), *skips, *INCOMPLETE)
    assert "identifiers" in (refusal(book(), asked, SIGNED) or "")
    assert refusal(book(), state_after(*skips), SIGNED) is not None  # safety is never left out


def test_questions_come_in_order_and_gaps_come_last() -> None:
    assert next_item(book(), state_after(), "phq-9") == "1"
    assert next_item(book(), state_after(*answers("phq-9", [0] * 6)), "phq-9") == "7"
    jumped = state_after(*answers("phq-9", [0, 0]), Answered("phq-9", "5", 0, Mode.READ_OUT))
    assert next_item(book(), jumped, "phq-9") == "6"
    assert next_item(book(), state_after(*answers("phq-9", [0] * 9)), "phq-9") is None
    to_the_end = state_after(Answered("phq-9", "9", 0, Mode.READ_OUT))
    assert next_item(book(), to_the_end, "phq-9") == "1"


def test_signing_waits_for_a_day_only_where_the_day_is_required() -> None:
    unread = Filled("ending.next_contact", "", "thursday week")
    free = state_after(*whole_contact(), unread)
    assert refusal(book(), free, unread) is None
    assert sign_blocks(book(), free) == ()

    def strictly(step: Step) -> Step:
        fields = (dataclasses.replace(f, required=f.required or f.id == "next_contact") for f in step.fields)
        return dataclasses.replace(step, fields=tuple(fields))

    strict = with_steps(book(), strictly)
    assert sign_blocks(strict, free) == ("Ending: Next contact",)


@pytest.mark.parametrize(
    "entry", [Filled("ending.next_contact", "2026-12-01T10:00:00+00:00", "then"), Filled("ending.summary", "", "soon")]
)
def test_words_not_understood_stand_alone_and_only_for_a_day(entry: Filled) -> None:
    assert refusal(book(), state_after(), entry) is not None
