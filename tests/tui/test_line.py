"""The telephone menu on the screen: paths walked by key, each turn logged, the way back to the question."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.casework.missed import as_missed
from gsh_console.domain.entries import CallEvent, CallMarked, Entered, Filled
from gsh_console.domain.telephone import Next
from gsh_console.faults import InputRefused
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords
from gsh_console.tui.screens.line import LineScreen
from gsh_console.tui.screens.session import SessionScreen
from gsh_console.tui.screens.summary import SummaryScreen
from tests.builders import make_patient, put_patient
from tests.tui.scenes import SMALL, app_over, flat, in_the_call, text, type_words, until, widths


def opened(desk: Desk, *, interpreted: bool = False) -> Conduct:
    """A contact just opened with a patient who has a second number and an emergency contact."""
    person = make_patient(
        phone="07700 900100", second_phone="0117 496 0000", emergency_contact="sister, 07700 900500",
        interpreter_required=interpreted, language="bn" if interpreted else "en",
    )  # fmt: skip
    put_patient(desk, person)
    return contacts.open_contact(desk, person.id)


async def in_call(app: GshApp, pilot: Pilot[str], conduct: Conduct) -> None:
    """Go into the contact."""
    await until(pilot, lambda: app.screen.query("RowList"))
    app.open_session(conduct)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
    await pilot.pause()


def logged(conduct: Conduct) -> list[tuple[CallEvent, str]]:
    """What is logged of the line, in order."""
    return [(m.entry.event, m.entry.text) for m in conduct.state.calls if isinstance(m.entry, CallMarked)]


@pytest.mark.parametrize("path", [*"123456", *("9", "92", "93", "94")])
async def test_every_path_stands_whole_at_80_by_24(training_desk: Desk, path: str) -> None:
    conduct = opened(training_desk, interpreted=True)
    conduct.record(Entered("safety", "safety"))  # the longest words stand in the stricter forms
    conduct.record(Entered("before", "booking"))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", *path)
        await pilot.pause()
        assert widths(app) == {SMALL[0]}
        assert "Esc back to the call" in text(app)
        shown = app.screen
        assert isinstance(shown, LineScreen)
        for turn in shown._situation.turns:
            assert turn.label.split(":")[0] in flat(app)


async def test_a_dropped_line_is_walked_back_by_key_and_left_open_until_somebody_is_back(training_desk: Desk) -> None:
    conduct = opened(training_desk)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "1", "1", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("f9")
        await until(pilot, lambda: "The line is down" in text(app))
        await pilot.press("2", "3")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert logged(conduct) == [
            (CallEvent.DROPPED, ""),
            (CallEvent.CALLED_BACK, "07700 900100"),
            (CallEvent.CALLED_SECOND_NUMBER, "0117 496 0000"),
            (CallEvent.BACK, ""),
        ]


async def test_who_was_told_must_be_written_and_a_welfare_check_names_its_policy(training_desk: Desk) -> None:
    conduct = opened(training_desk)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "1", "6")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, AskWords)
        await type_words(pilot, "police 101, our policy 7")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        assert logged(conduct)[-1] == (CallEvent.WELFARE_CHECK, "police 101, our policy 7")


async def test_not_reached_again_ends_the_contact_with_its_reason_and_asks_for_the_safety_record(
    training_desk: Desk,
) -> None:
    conduct = opened(training_desk)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "1", "7")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await type_words(pilot, "supervisor knows")
        await pilot.press("enter")
        await until(pilot, lambda: any(isinstance(screen, SummaryScreen) for screen in app.screen_stack))
        await until(pilot, lambda: bool(conduct.state.skipped))
        assert logged(conduct)[-1] == (CallEvent.NOT_REACHED, "supervisor knows")
        await until(pilot, lambda: "Attendance" in text(app))


async def test_a_call_nobody_answers_goes_on_as_the_record_of_a_missed_contact(training_desk: Desk) -> None:
    conduct = opened(training_desk)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "2", "1")
        await until(pilot, lambda: "Nobody answers" in text(app))
        shown = app.screen
        assert isinstance(shown, LineScreen)
        leads = [turn.then for turn in shown._situation.turns]
        await pilot.press(str(leads.index(Next.MISSED) + 1))
        await until(pilot, lambda: "What was tried" in text(app))
        missed = await in_the_call(pilot)
        assert missed.book.protocol.id == "missed_contact"
        assert missed.contact.id == conduct.contact.id
        assert [event for event, _ in logged(missed)] == [CallEvent.NOT_ANSWERED, CallEvent.NOT_ANSWERED]
        tried = "07700 900100 10:00; 07700 900100 10:00"
        assert missed.state.words("attempts.numbers") == tried
        screen = app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: "Message left" in flat(app))
        assert screen.form.row is not None
        assert screen.form.row.field.id == "attempts.left"  # nothing to type again
        await pilot.press("up")
        assert screen.form.editor.text == tried
        await type_words(pilot, "; her sister")
        await pilot.press("f9", "2", "2", "escape")  # nobody answers, and not on the second number either
        both = re.compile(r"her sister; 07700 900100 10:0\d; second number 10:0\d$")  # each look at the clock moves it
        await until(pilot, lambda: both.search(screen.form.editor.text))
        await pilot.press("enter")
        await pilot.pause()
        assert missed.state.words("attempts.numbers").startswith(f"{tried}; her sister; 07700")
    kept = contacts.resume(training_desk, conduct.contact.id)
    assert kept.book.protocol.id == "missed_contact"
    assert kept.contact.protocol == "missed_contact"
    assert kept.state.opened_at == conduct.state.opened_at


def test_a_contact_in_which_anything_was_said_never_becomes_a_missed_one(training_desk: Desk) -> None:
    conduct = opened(training_desk)
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name",)))
    with pytest.raises(InputRefused, match="already recorded"):
        as_missed(conduct)
    assert contacts.resume(training_desk, conduct.contact.id).book.protocol.id == "support_contact"


async def test_a_lost_interpreter_is_on_the_clock_until_another_one_gives_a_reference(training_desk: Desk) -> None:
    conduct = opened(training_desk, interpreted=True)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "9", "2", "escape")
        await until(pilot, lambda: "no interpreter" in text(app))
        await pilot.press("f9")
        await until(pilot, lambda: "The interpreter is lost" in text(app))
        assert "Keep the patient on the line" in flat(app)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await type_words(pilot, "4478")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await until(pilot, lambda: "no interpreter" not in text(app))
        assert logged(conduct)[-1] == (CallEvent.ANOTHER_INTERPRETER, "4478")
