"""Choosing a booklet on a call, and writing the patient's own copy, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts, handouts
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.booklet_list import BookletList
from gsh_console.tui.screens.reader import ReaderScreen
from gsh_console.tui.screens.session import SessionScreen
from tests.builders import make_patient, put_patient
from tests.tui.scenes import SMALL, app_over, text, until


@pytest.fixture
def conduct(training_desk: Desk) -> Conduct:
    """A contact with an Urdu-speaking patient who has low mood."""
    person = put_patient(training_desk, make_patient(language="ur", problem_descriptor="F32.1"))
    return contacts.open_contact(training_desk, person.id)


@pytest.fixture
def app(training_desk: Desk) -> GshApp:
    """The console over that desk."""
    return app_over(training_desk)


async def choosing(app: GshApp, pilot: Pilot[str], conduct: Conduct) -> None:
    """Go into the contact and ask for a booklet."""
    await until(pilot, lambda: app.screen.query("RowList"))
    app.open_session(conduct)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
    await pilot.press("f5")
    await until(pilot, lambda: isinstance(app.screen, BookletList))


async def test_the_list_can_be_narrowed_to_the_problem_and_to_the_language(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        screen = app.screen
        assert isinstance(screen, BookletList)
        every = screen.listed.option_count
        assert every == len(conduct.desk.library.booklets)
        await pilot.press("p")
        for_problem = screen.listed.option_count
        assert 0 < for_problem < every
        assert "for this problem" in text(app)
        await pilot.press("p", "l")
        assert 0 < screen.listed.option_count < every
        await pilot.press("l")
        assert screen.listed.option_count == every
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))


async def test_a_chosen_booklet_opens_in_the_patients_language_and_another_can_be_chosen(
    app: GshApp, conduct: Conduct
) -> None:
    offered = handouts.offers(conduct)
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        assert offered[0].entry.title in text(app)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BookletList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen) and offered[1].entry.title in text(app))


async def test_the_own_copy_is_written_only_after_a_warning_and_into_the_folder_named(
    app: GshApp, conduct: Conduct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("c")
        await until(pilot, lambda: "Delete it once" in text(app))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        assert list(folder.iterdir()) == []
        await pilot.press(*"out", "enter")
        await until(pilot, lambda: list(folder.iterdir()))
        (written,) = folder.iterdir()
        assert conduct.patient.given_name in written.read_text("utf-8")
        assert conduct.patient.given_name.lower() not in written.name.lower()
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press(*"none", "enter")
        await until(pilot, lambda: "no such folder" in text(app))
        assert len(list(folder.iterdir())) == 1
