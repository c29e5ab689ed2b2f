"""The lists: what they show, how they filter and page, and what Enter does on a row."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import sign
from gsh_console.domain.entries import Entered
from gsh_console.faults import StoreFault
from gsh_console.settings import Settings
from gsh_console.tui.screens.before_call import BeforeCallScreen
from gsh_console.tui.screens.caseload import CASELOAD, OUTBOX, CaseloadScreen
from gsh_console.tui.screens.caseload_columns import COLUMNS, OpenCall, ordinal, since_when
from gsh_console.tui.screens.patient import PatientScreen
from gsh_console.tui.widgets.row_list import RowList, fit
from tests.builders import (
    OPENING,
    START,
    SteadyClock,
    answers,
    make_conduct,
    make_desk,
    make_patient,
    put_appointment,
    put_patient,
    signed_contact,
    whole_contact,
)
from tests.tui.scenes import (
    HOSTILE,
    LARGE,
    SMALL,
    app_over,
    counted,
    hostile_patient,
    in_the_call,
    lines,
    put_many,
    second_reading,
    text,
    type_words,
    until,
    widths,
)

MAYA = make_patient(1)
BILAL = make_patient(
    2, family_name="Bulbul", given_name="Bilal", language="ur", interpreter_required=True, phone="01632 960002"
)


@pytest.fixture
def two_today(training_desk: Desk) -> Desk:
    """A training caseload with Maya at 10:30 and Bilal at 11:15."""
    for person, minutes in ((MAYA, 30), (BILAL, 75)):
        put_patient(training_desk, person)
        put_appointment(training_desk, person, START + timedelta(minutes=minutes))
    return training_desk


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_today_shows_time_patient_contact_language_and_what_is_due(
    two_today: Desk, size: tuple[int, int]
) -> None:
    async with app_over(two_today).run_test(size=size) as pilot:
        shown = text(pilot.app)
        assert "TRAINING" in shown
        assert "Friday 20 November 2026" in shown
        maya = next(line for line in lines(pilot.app) if "OKAFOR, Maya" in line)
        assert all(word in maya for word in ("10:30", "1st", "English", "first contact"))
        bilal = next(line for line in lines(pilot.app) if "BULBUL, Bilal" in line)
        assert "Urdu, int" in bilal
        assert widths(pilot.app) == {size[0]}


async def test_the_bars_fit_into_eighty_columns(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        assert lines(pilot.app)[-1].rstrip().endswith("q quit")
        await pilot.press("3")
        assert lines(pilot.app)[-1].rstrip().endswith("q quit")


async def test_tabs_move_with_arrows_and_digits_and_say_where_one_is(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("right")
        assert "▸ 2 Caseload" in text(pilot.app)
        await pilot.press("right")
        assert "▸ 3 Outbox" in text(pilot.app)
        await pilot.press("right")
        assert "▸ 1 Today" in text(pilot.app)
        await pilot.press("left")
        assert "Nothing has been signed yet." in text(pilot.app)
        await pilot.click("TabLine", offset=(20, 0))
        assert "▸ 2 Caseload" in text(pilot.app)


async def test_typing_in_the_filter_narrows_the_list_and_escape_brings_everyone_back(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("slash")
        await type_words(pilot, "bul")
        await until(pilot, lambda: "OKAFOR" not in text(pilot.app))
        assert "BULBUL, Bilal" in text(pilot.app)
        await type_words(pilot, "zz")
        await until(pilot, lambda: "Nobody on this list matches “bulzz”" in text(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: "OKAFOR, Maya" in text(pilot.app))
        assert isinstance(pilot.app.focused, RowList)


async def test_enter_in_the_filter_goes_to_the_list(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("slash")
        await type_words(pilot, "999")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, RowList))
        await pilot.press("p")
        assert isinstance(pilot.app.screen, PatientScreen)


async def test_enter_in_the_filter_goes_straight_to_the_one_patient_left(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("slash")
        await type_words(pilot, "okafor")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BeforeCallScreen))
        assert "OKAFOR, Maya" in text(pilot.app)


@pytest.mark.parametrize("key", ["pagedown", "end", "down"])
async def test_ten_thousand_patients_cost_one_page_of_rows_and_two_statements(desk: Desk, key: str) -> None:
    put_many(desk, 10_000)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, CaseloadScreen)
        screen.action_tab(CASELOAD)
        await pilot.pause()
        handed: list[int] = []
        provider = screen.rows._provider

        def counting(offset: int, limit: int) -> object:
            rows, total = provider(offset, limit)
            handed.append(len(rows))
            return rows, total

        screen.rows._provider = counting  # type: ignore[assignment]
        screen.rows.action_page(1)
        handed.clear()
        with counted(desk.store) as seen:
            await pilot.press(key)
        assert len(seen) == 2
        assert handed == [screen.rows.page_size]
        assert screen.rows.total == 10_000
        assert screen.rows.row is not None


async def test_the_end_of_a_long_list_stands_on_its_last_row(desk: Desk) -> None:
    put_many(desk, 300)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("2", "end")
        assert any(line.startswith("▸ FAMILY00299") for line in lines(pilot.app))
        assert "of 300" in text(pilot.app)
        await pilot.press("home")
        assert any(line.startswith("▸ FAMILY00000") for line in lines(pilot.app))


async def test_the_wheel_and_a_double_click_work_like_the_keys(desk: Desk) -> None:
    put_many(desk, 100)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("2")
        screen = pilot.app.screen
        assert isinstance(screen, CaseloadScreen)
        screen.rows._wheel(3)
        assert screen.rows.row is not None
        assert screen.rows.row.name == "FAMILY00003, Given"
        await pilot.click(RowList, offset=(5, 3), times=2)
        await pilot.pause()
        assert isinstance(pilot.app.screen, BeforeCallScreen)
        assert "FAMILY00005" in text(pilot.app)


async def test_an_empty_day_says_what_to_press(training_desk: Desk) -> None:
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        assert "No calls are booked for today. Press 2" in text(pilot.app)
        await pilot.press("2")
        assert "Press a to add a patient" in text(pilot.app)


async def test_enter_asks_with_the_full_banner_before_a_call_is_opened(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("down", "enter")
        assert isinstance(pilot.app.screen, BeforeCallScreen)
        shown = text(pilot.app)
        assert "BULBUL, Bilal" in shown
        assert "14 Mar 1991 (35)" in shown
        assert "Urdu, interpreter needed" in shown
        assert "01632 960002 · no voicemail" in shown
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, CaseloadScreen)
        assert second_reading(two_today, "SELECT count(*) FROM contact") == [(0,)]


async def test_yes_opens_the_contact_and_ties_it_to_its_appointment(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await pilot.press("enter")
        conduct = await in_the_call(pilot)
        assert conduct.patient.id == MAYA.id
        read = second_reading(
            two_today, "SELECT patient_id, contact_id IS NOT NULL FROM appointment ORDER BY starts_at"
        )
        assert read == [(MAYA.id, 1), (BILAL.id, 0)]


async def test_a_call_left_open_is_offered_first_with_the_very_question(two_today: Desk) -> None:
    make_conduct(two_today, MAYA, *OPENING, Entered("measures", "phq-9"), *answers("phq-9", (2, 2, 3, 2, 1, 2)))
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "PHQ-9, question 7" in text(pilot.app))
        offer = next(line for line in lines(pilot.app) if line.startswith("▸"))
        assert "OKAFOR, Maya" in offer
        assert "Enter resumes at PHQ-9, question 7" in offer
        assert "call open: Enter resumes it" in text(pilot.app)
        await pilot.press("enter")
        conduct = await in_the_call(pilot)
        assert conduct.state.item == "6"


async def test_a_long_name_never_cuts_what_enter_resumes(training_desk: Desk) -> None:
    person = put_patient(training_desk, make_patient(3, family_name="Featherstonehaugh-Chatterjee-Oyelaran"))
    make_conduct(training_desk, person, *OPENING, Entered("measures", "gad-7"))
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "Enter resumes at GAD-7, question 1" in text(pilot.app))
        assert widths(pilot.app) == {80}


async def test_the_list_is_read_again_when_one_comes_back_to_it(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("p")
        signed_contact(two_today, MAYA)
        await pilot.press("escape")
        await until(pilot, lambda: "signed" in text(pilot.app) or "measures" in text(pilot.app))
        maya = next(line for line in lines(pilot.app) if "OKAFOR, Maya" in line)
        assert "2nd" in maya


async def test_a_signed_call_of_today_opens_the_file_and_not_another_call(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "1", "enter")  # a support contact
        conduct = await in_the_call(pilot)
        for entry in whole_contact():
            conduct.record(entry)
        sign(conduct)
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        maya = next(line for line in lines(pilot.app) if "OKAFOR, Maya" in line)
        assert "signed" in maya
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, PatientScreen)


async def test_hostile_names_stand_in_the_list_as_they_were_typed(training_desk: Desk) -> None:
    person = put_patient(training_desk, hostile_patient())
    put_appointment(training_desk, person, START + timedelta(minutes=5))
    async with app_over(training_desk).run_test(size=LARGE) as pilot:
        assert HOSTILE.upper()[:12] in text(pilot.app)
        assert "\x1b" not in text(pilot.app)
        await pilot.press("enter")
        assert HOSTILE in text(pilot.app)
        assert widths(pilot.app) == {120}


async def test_hostile_words_in_the_filter_are_only_words(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("slash")
        screen = pilot.app.screen
        assert isinstance(screen, CaseloadScreen)
        screen.typed.value = HOSTILE + "\x1b[31m"
        await until(pilot, lambda: f"matches “{HOSTILE}" in text(pilot.app).replace("\n", ""))
        assert "\x1b" not in screen.typed.value


async def test_a_store_that_cannot_be_read_is_told_where_the_rows_would_stand(two_today: Desk) -> None:
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, CaseloadScreen)

        def failing(offset: int, limit: int) -> object:
            raise StoreFault("The disk refused.", "Check the disk.")

        screen.rows.show(COLUMNS[CASELOAD], failing, "")  # type: ignore[arg-type]
        await pilot.pause()
        assert "The disk refused. Check the disk." in text(pilot.app)


async def test_the_training_caseload_refuses_to_send_in_words(two_today: Desk) -> None:
    signed_contact(two_today, MAYA)
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        assert "training, never sent" in text(pilot.app)
        await pilot.press("s")
        assert "nothing in it is ever sent" in text(pilot.app)


async def test_the_outbox_says_what_waits_since_when_and_sends_it(desk: Desk) -> None:
    put_patient(desk, MAYA)
    signed_contact(desk, MAYA)
    target = desk.store.folder.parent / "target"
    target.mkdir()
    desk.settings = Settings(outbox_folder=str(target))
    async with app_over(desk).run_test(size=SMALL) as pilot:
        assert "3 Outbox (1)" in text(pilot.app)
        await pilot.press("3")
        waiting = next(line for line in lines(pilot.app) if "contact 1" in line)
        assert "Fri 20 Nov" in waiting
        assert "waits to be sent" in waiting
        await pilot.press("s")
        await until(pilot, lambda: "Sent 1, 0 left." in text(pilot.app))
        assert "Nothing waits to be sent" in text(pilot.app)
        assert second_reading(desk, "SELECT state FROM outbox") == [("sent",)]
        assert list(target.iterdir())


async def palette_finds(pilot: Pilot[str], words: str) -> bool:
    """Whether the command palette offers a command beginning with these words."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: pilot.app.screen.query("CommandInput"))
    await type_words(pilot, words)
    await pilot.pause(0.5)
    found = [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]
    await pilot.press("escape")
    await until(pilot, lambda: not pilot.app.screen.query("CommandInput"))
    return any(words in option for option in found)


async def test_the_palette_finds_where_records_go_and_the_fetch_on_the_lists_and_the_file(
    desk: Desk, server_file: Path
) -> None:
    put_patient(desk, MAYA)
    server_file.write_text('url = "http://127.0.0.1:9/fhir"\n')
    async with app_over(desk).run_test(size=SMALL) as pilot:
        for keys in (("1",), ("2", "p")):
            await pilot.press(*keys)
            assert await palette_finds(pilot, "Where records are sent")
            assert await palette_finds(pilot, "Bring the caseload down")


async def test_the_palette_of_the_training_caseload_offers_nothing_of_a_server(
    two_today: Desk, server_file: Path
) -> None:
    server_file.write_text('url = "http://127.0.0.1:9/fhir"\n')
    async with app_over(two_today).run_test(size=SMALL) as pilot:
        assert await palette_finds(pilot, "Help")
        assert not await palette_finds(pilot, "Where records are sent")
        assert not await palette_finds(pilot, "Bring the caseload down")


async def test_without_a_target_sending_says_what_to_set(desk: Desk) -> None:
    put_patient(desk, MAYA)
    signed_contact(desk, MAYA)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, CaseloadScreen)
        screen.action_tab(OUTBOX)
        await pilot.press("s")
        await until(pilot, lambda: "No target is set" in text(pilot.app))


FIRST_PAINT = """
import asyncio, sys
from pathlib import Path
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.settings import Settings
Desk.warm_up = lambda self: None
from gsh_console.tui.app import GshApp
access = Access(Path(sys.argv[1]), Settings())
app = GshApp(access, access.unlock_training())
async def main():
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert any("OKAFOR" in strip.text for strip in app.screen._compositor.render_strips())
asyncio.run(main())
app.desk.close()
print(*(name for name in ("sqlmodel", "sqlalchemy", "pydantic", "babel", "jinja2", "argon2") if name in sys.modules))
"""


def test_the_first_list_is_painted_without_the_slow_libraries(folder: Path) -> None:
    desk = make_desk(folder, SteadyClock(datetime.now(UTC)), training=True)
    put_patient(desk, MAYA)
    put_appointment(desk, MAYA, datetime.now(UTC))
    desk.close()
    ran = subprocess.run([sys.executable, "-c", FIRST_PAINT, str(folder)], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


@pytest.mark.parametrize(
    ("number", "told"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_contact_numbers_are_said_as_ordinals(number: int, told: str) -> None:
    assert ordinal(number) == told


@pytest.mark.parametrize(
    ("words", "width", "cells"), [("short", 8, "short   "), ("too long", 5, "too …"), ("日本語", 4, "日 …")]
)
def test_text_is_cut_by_cells_with_a_sign(words: str, width: int, cells: str) -> None:
    assert fit(words, width) == cells


def test_a_call_left_open_on_another_day_names_the_day() -> None:
    assert since_when(START, START + timedelta(minutes=5)) == "10:00"
    assert since_when(START, START + timedelta(days=2)) == "20 Nov 10:00"


def test_the_offer_of_a_call_keeps_name_and_place_at_eighty_columns() -> None:
    call = OpenCall("c", "p", "KINGFISHER, Owen", "20 Nov 10:00", "PHQ-9, question 7")
    assert call.offer(78) == "Open since 20 Nov 10:00: KINGFISHER, Owen · Enter resumes at PHQ-9, question 7"
