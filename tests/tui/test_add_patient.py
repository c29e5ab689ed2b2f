"""The form for a new patient."""

from __future__ import annotations

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.casework.new_patient import FIELDS
from gsh_console.tui.screens.add_patient import WORDS, AddPatientScreen, SaveRow
from gsh_console.tui.screens.caseload import CaseloadScreen
from gsh_console.tui.widgets.line_input import LineInput
from tests.builders import make_patient, nhs_number, put_patient
from tests.tui.scenes import HOSTILE, LARGE, SMALL, app_over, lines, second_reading, text, type_words, until, widths


def _fill(screen: AddPatientScreen, **values: str) -> None:
    for name, value in values.items():
        screen.query_one(f"#{name}", LineInput).value = value


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_every_field_and_the_save_row_fit_on_the_screen(training_desk: Desk, size: tuple[int, int]) -> None:
    async with app_over(training_desk).run_test(size=size) as pilot:
        await pilot.press("a")
        shown = text(pilot.app)
        for label, _ in WORDS.values():
            assert label in shown
        assert "[ Save ]" in shown
        assert widths(pilot.app) == {size[0]}


def test_every_field_of_a_draft_has_its_words() -> None:
    assert tuple(WORDS) == FIELDS


async def test_a_patient_is_added_with_the_keyboard_alone_and_found_in_the_caseload(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("a")
        for words in ("Okafor", "Maya", "14/03/1991"):
            await type_words(pilot, words)
            await pilot.press("enter")
            await pilot.pause()
        for _ in range(len(FIELDS) - 3):
            await pilot.press("down")
        assert isinstance(pilot.app.focused, SaveRow)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CaseloadScreen))
        await until(pilot, lambda: any(line.startswith("▸ OKAFOR, Maya") for line in lines(pilot.app)))
        assert "▸ 2 Caseload" in text(pilot.app)
    read = second_reading(training_desk, "SELECT family_name, given_name, birth_date FROM patient")
    assert read == [("Okafor", "Maya", "1991-03-14")]


async def test_each_fault_stands_under_its_field_and_nothing_typed_is_lost(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, AddPatientScreen)
        _fill(screen, family_name="Okafor", given_name="Maya", birth_date="31/02/1991", nhs_number="123")
        await pilot.pause()
        await pilot.press("f8")
        await until(pilot, lambda: "2 fields need another look" in text(pilot.app))
        shown = lines(pilot.app)
        born = next(number for number, line in enumerate(shown) if "31/02/1991" in line)
        assert "is not a date" in shown[born + 1]
        assert pilot.app.focused is screen.query_one("#birth_date")
        assert screen.draft.family_name == "Okafor"
        _fill(screen, birth_date="14/03/1991", nhs_number="")
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, CaseloadScreen))


async def test_a_number_already_on_the_caseload_is_told(training_desk: Desk) -> None:
    put_patient(training_desk, make_patient(1, nhs_number=nhs_number(999_000_001)))
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, AddPatientScreen)
        _fill(
            screen, family_name="Else", given_name="Some", birth_date="1980-01-01", nhs_number=nhs_number(999_000_001)
        )
        await pilot.press("f8")
        await until(pilot, lambda: "already on the caseload" in text(pilot.app))
        assert isinstance(pilot.app.screen, AddPatientScreen)


async def test_leaving_a_filled_form_asks_once(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("a")
        await type_words(pilot, "Oka")
        await pilot.press("escape")
        assert "Esc again throws away what you typed" in text(pilot.app)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, CaseloadScreen)
    assert second_reading(training_desk, "SELECT count(*) FROM patient") == [(0,)]


async def test_hostile_words_are_kept_as_words(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=LARGE) as pilot:
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, AddPatientScreen)
        _fill(screen, family_name=f"O{HOSTILE}", given_name=f"{HOSTILE}\x1b[2J", birth_date="1980-01-01")
        assert "\x1b" not in screen.draft.given_name
        await pilot.pause()
        assert HOSTILE in text(pilot.app)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, CaseloadScreen))
    assert second_reading(training_desk, "SELECT given_name FROM patient") == [(f"{HOSTILE}[2J",)]
