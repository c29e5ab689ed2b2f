"""Every path of the telephone: what is shown, what is logged, where it leads."""

from __future__ import annotations

import dataclasses

import pytest

from gsh_console.domain import telephone
from gsh_console.domain.entries import CallEvent, CallMarked, Entered, Entry, Filled
from gsh_console.domain.telephone import PATHS, Line, Next, begins_at, call_back_order, line_of, path
from tests.builders import make_patient, opening_entry, state_after

PATIENT = dataclasses.replace(
    make_patient(), phone="07700 900100", second_phone="0117 496 0000", emergency_contact="sister, 07700 900500"
)


def line(**changes: bool) -> Line:
    """The line of this patient."""
    return Line(PATIENT, "07700 900100", **{"in_safety": False, "interpreted": True, **changes})


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("in_safety", [False, True])
def test_every_turn_of_every_path_leads_somewhere_that_is_there(name: str, in_safety: bool) -> None:
    shown = path(name, line(in_safety=in_safety))
    assert shown.title
    assert shown.do
    assert 1 <= len(shown.turns) <= 9
    for turn in shown.turns:
        assert turn.then in PATHS or turn.then in list(Next)
        assert not turn.needs or turn.ask


def test_the_order_after_a_dropped_line_is_stricter_once_safety_is_open() -> None:
    calm, strict = call_back_order(line()), call_back_order(line(in_safety=True))
    assert "straight back: 07700 900100" in calm[0]
    assert "straight back: 07700 900100" in strict[0]
    assert "5 minutes" in " ".join(calm)
    assert "minutes" not in " ".join(strict)
    assert [word in step for word, step in zip(("second", "supervisor", "welfare"), strict[1:], strict=True)] == [
        True
    ] * 3


def test_the_safety_record_or_an_open_prompt_makes_the_order_strict() -> None:
    untouched = state_after(Entered("opening", "identity"))
    begun = state_after(Entered("opening", "identity"), Entered("safety", "safety"))
    assert not line_of(untouched, PATIENT, prompted=False).in_safety
    assert line_of(untouched, PATIENT, prompted=True).in_safety
    assert line_of(begun, PATIENT, prompted=False).in_safety


def test_the_number_agreed_in_this_call_is_the_one_called_back() -> None:
    agreed = state_after(Filled("privacy.call_back", "her sister's phone, 0117 496 0111"))
    assert line_of(agreed, PATIENT, prompted=False).number == "her sister's phone, 0117 496 0111"
    assert line_of(state_after(), PATIENT, prompted=False).number == "07700 900100"


@pytest.mark.parametrize(
    ("events", "at"),
    [
        ((), telephone.MENU),
        ((CallEvent.DROPPED,), telephone.DOWN),
        ((CallEvent.DROPPED, CallEvent.CALLED_BACK, CallEvent.SUPERVISOR_TOLD), telephone.DOWN),
        ((CallEvent.DROPPED, CallEvent.CALLED_BACK, CallEvent.BACK), telephone.MENU),
        ((CallEvent.DROPPED, CallEvent.NOT_REACHED), telephone.MENU),
        ((CallEvent.INTERPRETER_LOST,), telephone.LOST),
        ((CallEvent.INTERPRETER_LOST, CallEvent.DROPPED), telephone.DOWN),
        ((CallEvent.INTERPRETER_NOT_ARRIVED,), telephone.NOT_ARRIVED),
        ((CallEvent.INTERPRETER_UNSUITABLE,), telephone.UNSUITABLE),
        ((CallEvent.INTERPRETER_LOST, CallEvent.ANOTHER_INTERPRETER), telephone.MENU),
    ],
)
def test_the_menu_opens_where_the_call_stands(events: tuple[CallEvent, ...], at: str) -> None:
    marks: list[Entry] = [CallMarked(event) for event in events]
    assert begins_at(state_after(*marks)) == at


def test_nobody_but_the_patient_hears_a_word_of_the_service() -> None:
    told = path(telephone.SOMEONE_ELSE, line())
    words = " ".join(told.say).lower()
    for named in ("service", "nhs", "talking", "therap", "psycholog", "wellbeing", PATIENT.family_name.lower()):
        assert named not in words


def test_voicemail_is_offered_only_where_the_file_allows_it() -> None:
    def events(voicemail: str) -> set[CallEvent | None]:
        patient = dataclasses.replace(PATIENT, voicemail=voicemail)
        return {turn.event for turn in path(telephone.NO_ANSWER, Line(patient, "1", False, False)).turns}

    assert CallEvent.VOICEMAIL not in events("no")
    assert CallEvent.VOICEMAIL in events("yes")
    assert CallEvent.VOICEMAIL in events("name and number only")


@pytest.mark.parametrize("name", [telephone.LOST, telephone.NOT_ARRIVED, telephone.UNSUITABLE])
def test_without_an_interpreter_safety_is_never_shortened_nor_left_to_the_family(name: str) -> None:
    strict = " ".join(path(name, line(in_safety=True)).do)
    assert "on-demand line at once" in strict
    assert "Never shortened, never with a family member" in strict
    another = [turn for turn in path(name, line()).turns if turn.event is CallEvent.ANOTHER_INTERPRETER]
    assert another
    assert another[0].needs
    assert "reference" in another[0].ask


def test_who_was_told_and_on_whose_policy_cannot_be_left_out() -> None:
    needed = {turn.event for name in PATHS for turn in path(name, line()).turns if turn.needs}
    assert {CallEvent.SUPERVISOR_TOLD, CallEvent.WELFARE_CHECK, CallEvent.EMERGENCY_SERVICES} <= needed


def test_a_contact_without_an_interpreter_is_offered_none() -> None:
    plain = path(telephone.MENU, line(interpreted=False))
    assert all(turn.then != telephone.INTERPRETER for turn in plain.turns)
    assert not line_of(state_after(opening_entry()), PATIENT, prompted=False).interpreted
