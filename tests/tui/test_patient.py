"""The patient's file, its notes, and amending them."""

from __future__ import annotations

import re

import pytest
from textual.widgets import Static

from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import sign
from gsh_console.domain.entries import Filled
from gsh_console.tui.screens.before_call import BeforeCallScreen
from gsh_console.tui.screens.note import AmendScreen, NoteScreen
from gsh_console.tui.screens.patient import PatientScreen
from gsh_console.tui.screens.patient_words import banner_lines
from gsh_console.tui.widgets.trend import Point, course_in_words
from tests.builders import (
    GAD7,
    OPENING,
    WSAS,
    SteadyClock,
    book,
    make_conduct,
    make_patient,
    put_appointment,
    put_patient,
    record_all,
    signed_contact,
    whole_contact,
)
from tests.tui.scenes import (
    HOSTILE,
    LARGE,
    SMALL,
    app_over,
    flat,
    hostile_patient,
    in_the_call,
    lines,
    second_reading,
    text,
    type_words,
    until,
    widths,
)

MAYA = make_patient(
    1,
    problem_statement="Low since the job ended",
    emergency_contact="sister, 01632 960009",
    voicemail="name and number only",
    communication_needs="hard of hearing",
)
PHQ9, GAD = book().measures["phq-9"], book().measures["gad-7"]


@pytest.fixture
def after_two(training_desk: Desk, clock: SteadyClock) -> Desk:
    """Maya after two signed contacts: PHQ-9 14, then 8."""
    put_patient(training_desk, MAYA)
    signed_contact(training_desk, MAYA, Filled("safety.action", "Tell the supervisor today"))
    clock.advance(days=7)
    second = make_conduct(training_desk, MAYA, *whole_contact((*(1,) * 8, 0), GAD7, WSAS))
    record_all(second, (Filled("review.1.done", "partly"),))
    sign(second)
    return training_desk


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_file_shows_who_it_is_and_how_the_scores_went(after_two: Desk, size: tuple[int, int]) -> None:
    async with app_over(after_two).run_test(size=size) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "PHQ-9: 14 → 8" in text(pilot.app))
        shown = text(pilot.app)
        assert "OKAFOR, Maya  14 Mar 1991 (35)  NHS 999 000" in shown
        assert "01632 960001 · voicemail: name and number only · needs: hard of hearing" in flat(pilot.app)
        caseness = PHQ9.caseness
        assert caseness is not None
        assert f"PHQ-9: 14 → 8 ({caseness.value} or more is caseness)" in shown
        assert "since the first  6 lower (14 to 8), a reliable change (6 or more)" in shown
        assert "Tell the supervisor today" in shown
        assert "2nd" in shown
        assert widths(pilot.app) == {size[0]}


async def test_page_down_reaches_problem_goals_plan_and_contacts_to_ring(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "PHQ-9: 14 → 8" in text(pilot.app))
        seen = text(pilot.app)
        for _ in range(5):
            await pilot.press("pagedown")
            seen += text(pilot.app)
        for words in ("Low since the job ended", "Walk with a friend", "walk to the library", "sister, 01632 960009"):
            assert words in seen


async def test_the_wide_file_shows_everything_at_once(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=LARGE) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "PHQ-9: 14 → 8" in text(pilot.app))
        shown = text(pilot.app)
        for words in ("Low since the job ended", "Walk with a friend", "walk to the library", "sister, 01632 960009"):
            assert words in shown


async def test_a_patient_without_contacts_says_how_to_start(training_desk: Desk) -> None:
    put_patient(training_desk, MAYA)
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "none signed yet" in text(pilot.app))
        assert "No contact yet. c starts the first one." in text(pilot.app)
        await pilot.press("c")
        assert isinstance(pilot.app.screen, BeforeCallScreen)
        await pilot.press("escape", "escape")
        assert second_reading(training_desk, "SELECT count(*) FROM contact") == [(0,)]


async def test_a_call_started_from_the_file_takes_todays_appointment(training_desk: Desk, clock: SteadyClock) -> None:
    put_patient(training_desk, MAYA)
    put_appointment(training_desk, MAYA, clock.moment)
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        await pilot.press("p", "c", "enter")
        await in_the_call(pilot)
        assert second_reading(training_desk, "SELECT contact_id IS NOT NULL FROM appointment") == [(1,)]


async def test_c_resumes_the_open_call(training_desk: Desk) -> None:
    put_patient(training_desk, MAYA)
    begun = make_conduct(training_desk, MAYA, *OPENING)
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "call open: Enter resumes" in text(pilot.app))
        await pilot.press("c")
        conduct = await in_the_call(pilot)
        assert conduct.contact.id == begun.contact.id


async def test_enter_reads_the_signed_note_under_its_banner(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "2nd" in text(pilot.app))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, NoteScreen)
        await until(pilot, lambda: "Support contact, contact 2" in text(pilot.app))
        assert "OKAFOR, Maya" in lines(pilot.app)[0]
        assert "Signed by Alex Lang, Friday 27 November 2026" in text(pilot.app)
        assert widths(pilot.app) == {80}


async def test_an_amendment_adds_and_leaves_the_signed_note_alone(after_two: Desk) -> None:
    before = second_reading(after_two, "SELECT id, text, sha256 FROM note ORDER BY id")
    async with app_over(after_two).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "2nd" in text(pilot.app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, AmendScreen))
        await type_words(pilot, "Wrong day")
        await pilot.press("enter")
        await pilot.pause()
        await type_words(pilot, "It was Saturday")
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, NoteScreen))
        await until(pilot, lambda: "It was Saturday" in text(pilot.app))
        assert "Reason: Wrong day" in text(pilot.app)
    after = second_reading(after_two, "SELECT id, text, sha256 FROM note WHERE amends IS NULL ORDER BY id")
    assert after == before
    added = second_reading(after_two, "SELECT text FROM note WHERE amends IS NOT NULL")
    assert len(added) == 1
    assert "It was Saturday" in added[0][0]


async def test_an_amendment_without_a_reason_is_refused_and_keeps_what_was_typed(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "2nd" in text(pilot.app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, AmendScreen))
        screen = pilot.app.screen
        assert isinstance(screen, AmendScreen)
        screen.words.text = "It was Saturday"
        await pilot.press("f8")
        assert "NOT SAVED – An amendment needs its text and its reason." in text(pilot.app)
        assert screen.words.text == "It was Saturday"
        await pilot.press("escape")
        assert "Esc again throws it away" in text(pilot.app)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, NoteScreen)


async def test_an_unsigned_contact_cannot_be_amended(training_desk: Desk) -> None:
    put_patient(training_desk, MAYA)
    make_conduct(training_desk, MAYA, *OPENING)
    async with app_over(training_desk).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "call open" in text(pilot.app))
        await pilot.press("m")
        assert isinstance(pilot.app.screen, PatientScreen)


async def test_hostile_words_stand_as_words_in_file_note_and_amendment(training_desk: Desk) -> None:
    person = put_patient(training_desk, hostile_patient())
    signed_contact(training_desk, person, Filled("ending.summary", HOSTILE))
    async with app_over(training_desk).run_test(size=LARGE) as pilot:
        pilot.app.push_screen(PatientScreen(person.id))
        await until(pilot, lambda: "1st" in text(pilot.app))
        assert text(pilot.app).count(HOSTILE) > 2
        await pilot.press("enter")
        await until(pilot, lambda: HOSTILE in flat(pilot.app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, AmendScreen))
        screen = pilot.app.screen
        assert isinstance(screen, AmendScreen)
        screen.reason.value = f"{HOSTILE}\x1b[31m"
        screen.words.text = f"{HOSTILE}\x1b]0;gone\x07"
        await pilot.press("f8")
        await until(pilot, lambda: "Reason: " in text(pilot.app))
        assert "\x1b" not in text(pilot.app)
        assert HOSTILE in second_reading(training_desk, "SELECT text FROM note WHERE amends IS NOT NULL")[0][0]


def test_a_long_name_gives_way_to_birth_date_and_nhs_number() -> None:
    person = make_patient(1, family_name="Featherstonehaugh-Chatterjee", given_name="Oluwaseun Bartholomew")
    first, _ = banner_lines(person, person.birth_date.replace(year=2026), 69)
    assert len(first) <= 69
    assert "14 Mar 1991 (35)" in first
    assert "NHS 999 000" in first


def test_the_course_is_told_in_one_line_with_the_line_of_caseness() -> None:
    caseness = PHQ9.caseness
    assert caseness is not None
    told = course_in_words(PHQ9, (Point(1, 17), Point(2, None), Point(3, 14)), 80)
    assert told == f"PHQ-9: 17 → – → 14 ({caseness.value} or more is caseness)"


def test_a_long_course_keeps_the_newest_totals() -> None:
    told = course_in_words(GAD, tuple(Point(number, number % 21) for number in range(1, 21)), 60)
    assert len(told) <= 60
    assert "19 → 20" in told
    assert told.startswith("GAD-7: … → ")


def drawn_course(points: tuple[Point, ...]) -> list[str]:
    """The chart of these points, line by line, without its escape sequences."""
    import plotext

    from gsh_console.tui.widgets.chart import draw_course

    draw_course(plotext, PHQ9, points)
    plotext.limit_size(False, False)
    plotext.plotsize(40, 9)
    drawn = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in plotext.build().split("\n")]
    return [line for line in drawn if line.strip()]


def test_the_chart_has_its_line_at_caseness_and_each_total_under_its_contact() -> None:
    drawn = drawn_course((Point(1, 20), Point(2, PHQ9.maximum), Point(3, None), Point(4, 4)))
    assert "10 or more is caseness" in drawn[0]
    assert sum("───" in line for line in drawn) == 1
    assert any(line.lstrip().startswith("10─") for line in drawn)
    assert sum(line.count("●") for line in drawn) == 3  # a contact without a total has no point
    assert drawn[-1].split() == ["20", str(PHQ9.maximum), "–", "4"]


def test_one_contact_alone_is_drawn_and_none_leaves_the_line(after_two: Desk) -> None:
    assert any("●" in line for line in drawn_course((Point(1, 0),)))
    assert not any("●" in line for line in drawn_course((Point(1, None),)))


async def test_the_file_draws_the_depression_and_the_anxiety_measure_beside_their_words(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=LARGE) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "●" in text(pilot.app))
        shown = text(pilot.app)
        assert "PHQ-9, 10 or more is caseness" in shown
        assert "GAD-7, 8 or more is caseness" in shown
        assert "since the first" in shown


async def test_a_static_is_never_given_markup(after_two: Desk) -> None:
    async with app_over(after_two).run_test(size=SMALL) as pilot:
        pilot.app.push_screen(PatientScreen(MAYA.id))
        await until(pilot, lambda: "2nd" in text(pilot.app))
        for static in pilot.app.screen.query(Static):
            assert static._render_markup is False
