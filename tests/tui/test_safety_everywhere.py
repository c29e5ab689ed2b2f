"""F4 from every screen and dialog: one key there, Esc back to the same place with nothing lost."""

from __future__ import annotations

import webbrowser
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from gsh_console.casework import contacts, files, handouts, lists
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.casework.safety_history import safety_history
from gsh_console.casework.signing import sign
from gsh_console.domain.entries import Entered, Filled
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import Choose
from gsh_console.tui.screens.add_patient import AddPatientScreen
from gsh_console.tui.screens.before_call import BeforeCallScreen
from gsh_console.tui.screens.note import AmendScreen, NoteScreen
from gsh_console.tui.screens.patient import PatientScreen
from gsh_console.tui.screens.reader import FileAt
from gsh_console.tui.screens.safety import CrisisScreen, SafetyScreen
from gsh_console.tui.screens.safety_plan import KeptPlanScreen, SafetyPlanScreen
from gsh_console.tui.screens.session import SessionScreen
from tests.builders import (
    REVIEW_OF_ONE,
    START,
    make_conduct,
    make_patient,
    put_appointment,
    put_patient,
    signed_contact,
    whole_contact,
)
from tests.tui.scenes import LARGE, SMALL, app_over, flat, text, unbroken, until, widths

Way = Callable[[Pilot[str]], Awaitable[None]]


def pressing(*keys: str) -> Way:
    """A way to a screen by keys."""

    async def go(pilot: Pilot[str]) -> None:
        await pilot.press(*keys)
        await pilot.pause(0.05)

    return go


IN_A_CALL: dict[str, Way] = {
    "a question": pressing(),
    "typed digits": pressing("f6"),
    "help": pressing("f1"),
    "a jotted note, half typed": pressing("f3", "h", "i"),
    "the telephone": pressing("f9"),
    "a path of the telephone": pressing("f9", "1"),
    "words asked on that path": pressing("f9", "1", "4", "x"),
    "why a measure is left out": pressing("minus"),
    "the booklets": pressing("f5"),
    "a booklet": pressing("f5", "enter"),
    "the summary": pressing("f10"),
    "why it ended early": pressing("f10", "e", "n", "o"),
    "the command palette": pressing("ctrl+p"),
}


@pytest.fixture
def conduct(training_desk: Desk) -> Conduct:
    """A contact at its first question."""
    put_patient(training_desk, make_patient())
    opened = contacts.open_contact(training_desk, make_patient().id)
    opened.record(Entered("opening", "identity"))
    opened.record(Filled("identity.given", ("full_name", "date_of_birth")))
    opened.record(Entered("measures", "phq-9"))
    return opened


@pytest.mark.parametrize("way", IN_A_CALL)
async def test_one_key_opens_safety_over_anything_in_a_call_and_escape_gives_it_back(
    training_desk: Desk, conduct: Conduct, way: str
) -> None:
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.open_session(conduct)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "1 of 9" in flat(app))
        await IN_A_CALL[way](pilot)
        under, place = app.screen, (conduct.state.stage, conduct.state.step)
        typed = [field.value for field in under.query("Input")]
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        assert "Thoughts now" in flat(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is under)
        assert (conduct.state.stage, conduct.state.step) == place
        assert [field.value for field in under.query("Input")] == typed


async def test_words_half_typed_in_a_field_are_kept_and_the_same_field_is_in_hand_again(
    training_desk: Desk, conduct: Conduct
) -> None:
    conduct.record(Entered("opening", "privacy"))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.open_session(conduct)
        await until(pilot, lambda: "Private now" in flat(app))
        await pilot.press("1", *"in the car"[:6].replace(" ", "_"), "f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("2", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        screen = app.screen
        assert isinstance(screen, SessionScreen)
        assert screen.form.row is not None
        assert screen.form.row.field.id == "privacy.where"
        assert screen.form.editor.text == "in_the"
        assert conduct.state.words("privacy.where") == "in_the"
        assert conduct.state.value("safety.thoughts_now") == "no"


OUTSIDE: dict[str, Callable[[GshApp, Desk], object]] = {
    "the list": lambda app, desk: None,
    "help": lambda app, desk: app.action_help(),
    "a new patient": lambda app, desk: app.push_screen(AddPatientScreen()),
    "another patient's file": lambda app, desk: app.push_screen(PatientScreen(make_patient(2).id)),
    "a note": lambda app, desk: app.push_screen(NoteScreen(make_patient(2), newest(desk))),
    "an amendment": lambda app, desk: app.push_screen(AmendScreen(contacts.resume(desk, newest(desk).id))),
    "a kept safety plan": lambda app, desk: app.push_screen(KeptPlanScreen(make_patient(2))),
}


OVER_AN_OPEN_CALL: dict[str, Callable[[GshApp, Desk], object]] = {
    "the file of the patient on the line": lambda app, desk: app.push_screen(PatientScreen(make_patient().id)),
}


def newest(desk: Desk) -> files.ContactSummary:
    """The newest contact of the second patient."""
    return files.patient_file(desk, make_patient(2).id).contacts[-1]


async def f4_over(app: GshApp, pilot: Pilot[str], desk: Desk, where: str) -> Screen[Any]:
    """Go to a screen outside a call and press F4; the screen it was pressed over."""
    await until(pilot, lambda: app.screen.query("RowList"))
    {**OUTSIDE, **OVER_AN_OPEN_CALL}[where](app, desk)
    await pilot.pause(0.05)
    under = app.screen
    await pilot.press("f4")
    return under


@pytest.mark.parametrize("where", OUTSIDE)
async def test_outside_a_call_one_key_shows_the_numbers_and_escape_gives_the_screen_back(
    training_desk: Desk, where: str
) -> None:
    signed_contact(training_desk, put_patient(training_desk, make_patient(2)))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        under = await f4_over(app, pilot, training_desk, where)
        await until(pilot, lambda: isinstance(app.screen, CrisisScreen))
        assert "116 123" in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is under)


@pytest.mark.parametrize("where", ["the list", "help", "the file of the patient on the line"])
async def test_outside_a_call_it_is_asked_whom_it_is_about_and_nothing_is_written_before(
    training_desk: Desk, conduct: Conduct, where: str
) -> None:
    app = app_over(training_desk)
    entries = conduct.state.entries
    async with app.run_test(size=SMALL) as pilot:
        under = await f4_over(app, pilot, training_desk, where)
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "the open call with OKAFOR, Maya, opened 10:00" in flat(app)
        assert widths(app) == {SMALL[0]}
        await pilot.press("f4", "escape")
        await until(pilot, lambda: app.screen is under)
        await pilot.press("f4", "2")
        await until(pilot, lambda: isinstance(app.screen, CrisisScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is under)
    assert contacts.resume(training_desk, conduct.contact.id).state.entries == entries


async def test_a_call_with_the_patient_in_hand_is_begun_at_its_safety_conversation(
    training_desk: Desk, conduct: Conduct
) -> None:
    person = put_patient(training_desk, make_patient(2))
    put_appointment(training_desk, person, START)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: person.family_name.upper() in text(app))
        await pilot.press("end", "f4")
        await until(pilot, lambda: f"a call with {person.name}, begun now" in flat(app))
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, BeforeCallScreen))
        assert len(lists.interrupted(training_desk)) == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen) and person.name in text(app))
        await pilot.press("2", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        begun = lists.interrupted(training_desk)[0]
        assert begun[1].id == person.id
        kept = contacts.resume(training_desk, begun[0].id).state
        assert (kept.value("safety.thoughts_now"), kept.stage) == ("no", "opening")
    assert contacts.resume(training_desk, conduct.contact.id).state.safety_entered_seq == 0


@pytest.mark.parametrize("where", ["the list", "help"])
async def test_on_the_list_two_keys_open_the_safety_conversation_of_the_call_left_open(
    training_desk: Desk, conduct: Conduct, where: str
) -> None:
    signed_contact(training_desk, put_patient(training_desk, make_patient(2)))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        under = await f4_over(app, pilot, training_desk, where)
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        assert "OKAFOR" in text(app)
        await pilot.press("2")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is under)
        assert app.conduct is None
    kept = contacts.resume(training_desk, conduct.contact.id)
    assert kept.state.value("safety.thoughts_now") == "no"
    assert (kept.state.stage, kept.state.step) == ("measures", "phq-9")


async def test_the_file_of_somebody_else_never_opens_the_record_of_the_patient_on_the_line(
    training_desk: Desk, conduct: Conduct
) -> None:
    signed_contact(training_desk, put_patient(training_desk, make_patient(2)))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.push_screen(PatientScreen(make_patient(2).id))
        await pilot.pause(0.05)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, CrisisScreen))
    assert contacts.resume(training_desk, conduct.contact.id).state.safety_entered_seq == 0


@pytest.mark.parametrize("opens", [True, False])
async def test_the_card_to_print_is_named_with_its_whole_path_whether_or_not_a_browser_opens(
    training_desk: Desk, monkeypatch: pytest.MonkeyPatch, opens: bool
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: opens)
    person = put_patient(training_desk, make_patient())
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.push_screen(KeptPlanScreen(person))
        await pilot.pause(0.05)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, FileAt) and "Esc closes" in text(app))
        (written,) = (training_desk.store.folder / handouts.FOLDER).glob("*.html")
        assert written.name in unbroken(app)
        assert str(written.parent) in unbroken(app)
        assert "made in a call" in flat(app)
        assert widths(app) == {SMALL[0]}


async def test_every_earlier_record_stands_beside_todays_read_only_newest_first(training_desk: Desk) -> None:
    person = put_patient(training_desk, make_patient(3))
    signed_contact(training_desk, person)
    sign(make_conduct(training_desk, person, *whole_contact(), *REVIEW_OF_ONE))
    assert len(safety_history(training_desk, person.id)) == 2
    today = contacts.open_contact(training_desk, person.id)
    app = app_over(training_desk)
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.open_session(today)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("f4")
        await until(pilot, lambda: "Last contact" in text(app))
        screen = app.screen
        assert isinstance(screen, SafetyScreen)
        drawn = screen._last_time().plain
        assert drawn.index("Last contact") < drawn.index("Before that")
        assert "read only, not today" in drawn
        assert not [field for field in today.state.fields if field.startswith("safety")]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_safety_plan_is_written_heading_by_heading_and_never_filled_from_an_earlier_one(
    training_desk: Desk, conduct: Conduct, size: tuple[int, int]
) -> None:
    app = app_over(training_desk)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.open_session(conduct)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, SafetyPlanScreen) and "My warning signs" in flat(app))
        assert widths(app) == {size[0]}
        assert not [field for field in conduct.state.fields if field.startswith("safety_plan")]
        await pilot.press(*"pacing", "enter", *"tea", "escape")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        assert conduct.state.words("safety_plan.signs") == "pacing"
        assert conduct.state.words("safety_plan.own_steps") == "tea"
