"""The page of keys."""

from __future__ import annotations

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.tui import keys
from gsh_console.tui.screens import add_patient, caseload, note, patient
from gsh_console.tui.screens.caseload import CaseloadScreen
from gsh_console.tui.screens.help import PLACES, HelpScreen, key_table
from tests.tui.scenes import LARGE, SMALL, app_over, text, widths


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_help_opens_over_any_screen_and_escape_closes_it(training_desk: Desk, size: tuple[int, int]) -> None:
    async with app_over(training_desk).run_test(size=size) as pilot:
        await pilot.press("f1")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert "Everywhere" in text(pilot.app)
        assert widths(pilot.app) == {size[0]}
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, CaseloadScreen)


async def test_help_scrolls_to_its_last_line(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("f1")
        for _ in range(20):
            await pilot.press("pagedown")
        last = list(keys.KEYS.values())[-1][-1]
        assert f"{last.shown:<8}{last.label}" in text(pilot.app)


def test_every_place_of_the_table_has_a_plain_title() -> None:
    assert set(keys.KEYS) == set(PLACES)


def test_every_key_of_the_table_is_on_the_page() -> None:
    drawn = key_table().plain
    for held in keys.KEYS.values():
        for key in held:
            assert key.shown
            assert key.label in drawn


@pytest.mark.parametrize(
    ("bar", "place"),
    [
        (caseload.LIST_BAR, "caseload"),
        (caseload.OUTBOX_BAR, "caseload"),
        (patient.BAR, "patient"),
        (note.BAR, "note"),
        (add_patient.BAR, "add_patient"),
    ],
)
def test_the_bars_name_only_keys_of_the_table_and_fit(bar: str, place: str) -> None:
    known = {key.shown for held in (keys.KEYS[place], keys.KEYS["app"], keys.KEYS["list"]) for key in held}
    for told in bar.split("  "):
        if told.strip():
            *named, _ = told.split()
            assert set(named) <= known
    assert len(bar) <= 78
