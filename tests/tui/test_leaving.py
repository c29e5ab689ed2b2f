"""Leaving an open call: what its clock counts afterwards, and how one begun by mistake is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts, lists
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import Answered, BegunByMistake, CallEvent, CallMarked
from gsh_console.domain.measures import Mode
from gsh_console.store import journal
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.caseload import CaseloadScreen
from gsh_console.tui.screens.patient import PatientScreen
from gsh_console.tui.screens.session import SessionScreen
from tests.builders import SteadyClock, make_patient, put_patient
from tests.tui.scenes import SMALL, app_over, flat, text, type_words, until, widths


@pytest.fixture
def conduct(training_desk: Desk) -> Conduct:
    """A contact just opened."""
    put_patient(training_desk, make_patient())
    return contacts.open_contact(training_desk, make_patient().id)


async def in_call(app: GshApp, pilot: Pilot[str], conduct: Conduct) -> None:
    """Go into the contact."""
    await until(pilot, lambda: app.screen.query("RowList"))
    app.open_session(conduct)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
    await pilot.pause()


async def test_a_call_said_to_have_ended_stops_its_clock_and_a_resume_shows_the_true_figure(
    training_desk: Desk, clock: SteadyClock, conduct: Conduct
) -> None:
    clock.advance(minutes=5)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert widths(app) == {SMALL[0]}
        ended = training_desk.now()
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        kept = contacts.resume(training_desk, conduct.contact.id)
        assert kept.state.ended_at is not None
        assert kept.state.ended_at - ended < timedelta(minutes=1)
        clock.advance(minutes=90)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await until(pilot, lambda: "No call now, 05:" in text(app))
        await pilot.press("escape")  # nothing goes on, so nothing is asked
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))


async def test_a_call_still_on_goes_on_counting_and_escape_stays_in_it(
    training_desk: Desk, clock: SteadyClock, conduct: Conduct
) -> None:
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("escape", "2")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        clock.advance(minutes=7)
        await pilot.press("enter")
        await until(pilot, lambda: "Call 07:" in text(app))
        assert not contacts.resume(training_desk, conduct.contact.id).state.calls


async def test_a_contact_begun_by_mistake_is_closed_with_its_reason_and_the_file_says_so(
    training_desk: Desk, conduct: Conduct
) -> None:
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("escape", "3")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await type_words(pilot, "wrong patient")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        assert app.conduct is None
        assert lists.interrupted(training_desk) == ()
        kept = [each.entry for each in journal.entries_of(training_desk.store, conduct.contact.id)]
        assert kept[-1] == BegunByMistake("wrong patient", training_desk.practitioner.name)
        app.push_screen(PatientScreen(conduct.patient.id))
        await until(pilot, lambda: "begun by mistake, " in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "It counts as no contact and was not sent" in flat(app))
        assert isinstance(app.screen, PatientScreen)
        await pilot.press("c")
        await until(pilot, lambda: "Before the 1st contact" in flat(app))
        assert "no contact yet" in flat(app)


async def test_once_an_answer_is_recorded_it_is_not_offered_and_the_palette_says_why(
    training_desk: Desk, conduct: Conduct
) -> None:
    conduct.record(Answered("phq-9", "1", 0, Mode.READ_OUT))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "by mistake" not in flat(app)
        await pilot.press("3", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.query("CommandInput"))
        await type_words(pilot, "begun by")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: "sign it as what it was" in flat(app))


async def test_a_call_nobody_answered_is_left_without_a_question(training_desk: Desk, conduct: Conduct) -> None:
    conduct.record(CallMarked(CallEvent.NOT_ANSWERED))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
