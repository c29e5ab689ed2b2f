"""Choosing a booklet on a call, and writing the patient's own copy, by keys alone."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts, handouts
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.booklet_list import BookletList, row_of
from gsh_console.tui.screens.reader import FileAt, ReaderScreen
from gsh_console.tui.screens.safety import SafetyScreen
from gsh_console.tui.screens.session import SessionScreen
from gsh_console.tui.widgets.choosing import OPTION_KEYS
from tests.builders import make_patient, put_patient
from tests.tui.scenes import SMALL, app_over, flat, lines, text, unbroken, until


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
        await until(pilot, lambda: isinstance(app.screen, FileAt) and app.screen.is_mounted)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press(*"none", "enter")
        await until(pilot, lambda: "no such folder" in text(app))
        assert len(list(folder.iterdir())) == 1


async def in_the_booklet(app: GshApp, pilot: Pilot[str], conduct: Conduct, place: int = 0) -> None:
    """Open the booklet offered at that place."""
    await choosing(app, pilot, conduct)
    await pilot.press(OPTION_KEYS[place])
    await until(pilot, lambda: isinstance(app.screen, ReaderScreen) and "The patient's copy is in" in text(app))


async def test_where_the_own_copy_was_written_stays_readable_in_full_until_a_key_closes_it(
    app: GshApp, conduct: Conduct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("a-folder-with-a-long-name-" * 4) / "out"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    async with app.run_test(size=SMALL) as pilot:
        await in_the_booklet(app, pilot, conduct)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press(*"out", "enter")
        await until(pilot, lambda: isinstance(app.screen, FileAt) and "Esc closes" in text(app))
        (written,) = folder.iterdir()
        assert written.name in text(app)
        assert str(folder) in unbroken(app)
        assert "Delete it once it is printed or sent." in flat(app)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FileAt))
        assert written.name in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))


@pytest.mark.parametrize("opens", [True, False])
async def test_the_place_of_the_opened_copy_is_shown_in_full_whether_or_not_a_browser_opens(
    app: GshApp, conduct: Conduct, monkeypatch: pytest.MonkeyPatch, opens: bool
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: opens)
    async with app.run_test(size=SMALL) as pilot:
        await in_the_booklet(app, pilot, conduct)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, FileAt) and "Esc closes" in text(app))
        (written,) = (conduct.desk.store.folder / handouts.FOLDER).glob("*.html")
        assert written.name in text(app)
        assert str(written.parent) in unbroken(app)
        assert ("There is no browser here" in text(app)) is not opens
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))


async def test_the_title_says_in_which_language_the_copy_is_how_far_it_was_reviewed_and_whose_language_it_is_not(
    app: GshApp, training_desk: Desk
) -> None:
    person = put_patient(training_desk, make_patient(language="en", problem_descriptor="F32.1"))
    conduct = contacts.open_contact(training_desk, person.id)
    known = [[review.language for review in offer.entry.reviews] for offer in handouts.offers(conduct)]
    place = next(place for place, languages in enumerate(known) if "ur" in languages)
    async with app.run_test(size=SMALL) as pilot:
        await in_the_booklet(app, pilot, conduct, place)
        assert "language is English" not in flat(app)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(OPTION_KEYS[known[place].index("ur")])
        await until(pilot, lambda: "The patient's copy is in Urdu (a draft, not yet reviewed)" in text(app))
        assert "the patient's language is English: l changes it" in flat(app)
        assert "✓ translated" in text(app)
        assert "no English translation" not in flat(app)


async def test_a_booklet_without_the_patients_language_says_that_it_is_not_translated(
    app: GshApp, training_desk: Desk
) -> None:
    person = put_patient(training_desk, make_patient(language="so", problem_descriptor="F32.1"))
    conduct = contacts.open_contact(training_desk, person.id)
    async with app.run_test(size=SMALL) as pilot:
        await in_the_booklet(app, pilot, conduct)
        assert "this booklet is not translated into Somali" in flat(app)


async def test_a_digit_opens_its_row_and_a_letter_the_tenth(app: GshApp, conduct: Conduct) -> None:
    offered = handouts.offers(conduct)
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen) and offered[2].entry.title in text(app))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BookletList))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen) and offered[9].entry.title in text(app))


async def test_a_key_without_a_row_chooses_nothing(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        screen = app.screen
        assert isinstance(screen, BookletList)
        await pilot.press(OPTION_KEYS[screen.listed.option_count])
        await pilot.pause(0.05)
        assert app.screen is screen


async def test_the_chosen_row_of_the_list_is_marked_by_a_sign(app: GshApp, conduct: Conduct) -> None:
    offered = handouts.offers(conduct)
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        for place in (0, 1, 2):
            wanted = f"▸ {place + 1}  {offered[place].entry.title}"
            await until(pilot, lambda wanted=wanted: wanted in text(app))
            assert sum("│" in line and "▸" in line.split("│")[1] for line in lines(app)) == 1
            await pilot.press("down")


@pytest.mark.parametrize("language", ["en", "ur", "so"])
def test_no_row_of_the_list_breaks_within_what_it_says_of_a_language(training_desk: Desk, language: str) -> None:
    person = put_patient(training_desk, make_patient(language=language, problem_descriptor="F32.1"))
    offered = handouts.offers(contacts.open_contact(training_desk, person.id))
    reviewed = replace(offered[0].entry.reviews[0], status="clinically-reviewed")
    long = tuple(replace(offer, review=reviewed) for offer in offered)
    for each in (offered, long):
        rows = [row_of(each, place, here=place == 0).plain for place in range(len(each))]
        assert max(len(line) for row in rows for line in row.splitlines()) <= 68
        for offer, row in zip(each, rows, strict=True):
            stands = f"{offer.review.name}: {offer.review.status}" if offer.review else "English only"
            assert row.splitlines()[-1].endswith(stands)


async def test_the_rows_are_drawn_whole_on_the_smallest_screen(app: GshApp, training_desk: Desk) -> None:
    person = put_patient(training_desk, make_patient(language="en", problem_descriptor="F32.1"))
    conduct = contacts.open_contact(training_desk, person.id)
    async with app.run_test(size=SMALL) as pilot:
        await choosing(app, pilot, conduct)
        await until(pilot, lambda: "▸ 1" in text(app))
        assert text(app).count("English: draft") == len(handouts.offers(conduct))


async def test_a_card_written_beside_the_own_copy_is_named_among_what_to_delete(
    app: GshApp, conduct: Conduct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    place = next(at for at, offer in enumerate(handouts.offers(conduct)) if offer.entry.id == "safety-card")
    async with app.run_test(size=SMALL) as pilot:
        await in_the_booklet(app, pilot, conduct, place)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press(*"out", "enter")
        await until(pilot, lambda: isinstance(app.screen, FileAt) and "Esc closes" in text(app))
        assert len(list((tmp_path / "out").iterdir())) == 2
        assert "A card was written beside it (“_card” in its name): delete it too." in flat(app)
