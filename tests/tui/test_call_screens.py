"""The screens of a call without a terminal: hostile words, a disk that refuses, safety from everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts, signing
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import Entered, Filled
from gsh_console.faults import StoreFault
from gsh_console.store.connection import connect
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.booklet_list import BookletList
from gsh_console.tui.screens.reader import ReaderScreen
from gsh_console.tui.screens.safety import CrisisScreen, SafetyScreen
from gsh_console.tui.screens.session import SessionScreen
from gsh_console.tui.screens.summary import SummaryScreen, left_open
from gsh_console.tui.screens.too_small import TooSmallScreen
from gsh_console.tui.widgets.line_input import LineInput
from tests.builders import make_patient, put_patient
from tests.tui.scenes import ESCAPES, HOSTILE, SMALL, app_over, flat, lines, text, until, widths


@pytest.fixture
def conduct(training_desk: Desk) -> Conduct:
    """A contact just opened."""
    put_patient(training_desk, make_patient())
    return contacts.open_contact(training_desk, make_patient().id)


@pytest.fixture
def app(training_desk: Desk) -> GshApp:
    """The console over that desk."""
    return app_over(training_desk)


async def in_call(app: GshApp, pilot: Pilot[str], conduct: Conduct) -> SessionScreen:
    """Go into the contact."""
    await until(pilot, lambda: app.screen.query("RowList"))
    app.open_session(conduct)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
    await pilot.pause()
    assert isinstance(app.screen, SessionScreen)
    return app.screen


async def test_hostile_words_in_every_text_field_are_shown_as_words(app: GshApp, conduct: Conduct) -> None:
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    async with app.run_test(size=SMALL) as pilot:
        screen = await in_call(app, pilot, conduct)
        for stage in ("opening", "recap", "review", "next_step", "plan", "ending"):
            for step in conduct.book.protocol.stage(stage).steps:
                conduct.record(Entered(stage, step.id))
                screen.redraw()
                for row in [row for row in screen.form.scene.rows if row.field.kind.value == "text"]:
                    screen.form.begin(screen.form.scene, row.field.id)
                    screen.form.editor.load_text("")
                    screen.form.editor.insert(HOSTILE)
                    assert screen.form.flush()
                    assert conduct.state.words(row.field.id) == HOSTILE
                    await pilot.pause()
                    assert "[/low]" in text(app)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
        assert HOSTILE in signing.draft(conduct).note.text
        assert "[/low]" in flat(app)


async def test_an_escape_sequence_pasted_into_a_field_never_reaches_the_record(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        screen = await in_call(app, pilot, conduct)
        conduct.record(Entered("opening", "privacy"))
        screen.redraw()
        screen.form.begin(screen.form.scene, "privacy.where")
        screen.form.editor.insert(f"car{ESCAPES}park\u202e")
        assert screen.form.flush()
        assert conduct.state.words("privacy.where") == "car]0;gone[31mpark"


async def test_a_refused_write_says_not_saved_shuts_signing_and_is_kept_until_f8(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        screen = await in_call(app, pilot, conduct)
        conduct.record(Entered("opening", "privacy"))
        screen.redraw()
        with refusing_disk(conduct):
            screen.form.begin(screen.form.scene, "privacy.where")
            screen.form.editor.insert("in the garden")
            assert not screen.form.flush()
            await pilot.pause()
            assert "NOT SAVED" in text(app)
            assert "in the garden" in text(app)
            assert conduct.state.value("privacy.where") is None
            assert signing.draft(conduct).blocks[0].startswith("NOT SAVED")
            with pytest.raises(StoreFault):
                signing.sign(conduct)
        await pilot.press("f8")
        await until(pilot, lambda: "NOT SAVED" not in text(app))
        assert conduct.state.words("privacy.where") == "in the garden"


async def test_a_digit_that_could_not_be_saved_leaves_the_question_standing(app: GshApp, conduct: Conduct) -> None:
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    conduct.record(Entered("measures", "phq-9"))
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        with refusing_disk(conduct):
            await pilot.press("2", "3")
            assert "NOT SAVED" in text(app)
            assert "1 of 9" in text(app)
            assert conduct.state.answers_of("phq-9") == {}
        await pilot.press("f8")
        await until(pilot, lambda: "2 of 9" in text(app))
        assert conduct.state.answers_of("phq-9") == {"1": 2}


async def test_safety_opens_over_a_dialog_the_booklet_and_the_summary_and_gives_each_back(
    app: GshApp, conduct: Conduct
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        await pilot.press("h", "i", "f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        assert "hi" in text(app)
        await pilot.press("escape", "f5")
        await until(pilot, lambda: isinstance(app.screen, BookletList))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("escape", "f10")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))


async def test_two_digits_in_one_burst_choose_once_and_close_nothing_under_the_dialog(
    app: GshApp, conduct: Conduct
) -> None:
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    conduct.record(Entered("opening", "identity"))
    conduct.record(Entered("measures", "phq-9"))
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("minus")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1", "2", "3")
        await until(pilot, lambda: isinstance(app.screen, AskWords))
        assert isinstance(app.screen_stack[-2], SessionScreen)
        assert not conduct.state.answers


async def test_outside_a_call_f4_shows_the_crisis_contacts_and_when_they_were_checked(app: GshApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, CrisisScreen))
        assert "116 123" in text(app)
        assert "last checked" in text(app)
        assert "TRAINING" in text(app)


async def test_nothing_of_safety_is_filled_in_before_it_is_asked(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        assert "✓" not in text(app)
        assert not any(field.startswith("safety.") for field in conduct.state.fields)


async def test_a_number_for_the_strength_of_thoughts_is_taken_in_the_patients_own_scale(
    app: GshApp, conduct: Conduct
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("1", *"bad", "enter", "1", "0", "enter")
        assert conduct.state.value("safety.thoughts_now.strength") == 10
        assert conduct.state.words("safety.thoughts_now.words") == "bad"


async def test_a_window_smaller_than_80_by_24_says_so_and_gives_the_call_back(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.resize_terminal(70, 20)
        await until(pilot, lambda: isinstance(app.screen, TooSmallScreen))
        assert "80 by 24" in text(app)
        await pilot.resize_terminal(*SMALL)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_no_line_of_a_call_is_wider_than_the_window(app: GshApp, conduct: Conduct, size: tuple[int, int]) -> None:
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    async with app.run_test(size=size) as pilot:
        screen = await in_call(app, pilot, conduct)
        for stage in conduct.book.protocol.stages:
            if stage.id == "safety":
                continue
            for step in stage.steps:
                conduct.record(Entered("safety", "safety"))
                conduct.record(Entered(stage.id, step.id))
                screen.redraw()
                await pilot.pause()
                assert widths(app) == {size[0]}
                assert "F4 SAFETY" in text(app)
                assert "F10 note" in text(app)


class refusing_disk:
    """A store whose journal refuses every row while the block lasts, as a full disk does."""

    def __init__(self, conduct: Conduct) -> None:
        store = conduct.desk.store
        self._database, self._key = Path(store.folder) / "store.db", store.keys.data_key

    def __enter__(self) -> None:
        self._run("CREATE TRIGGER no_room BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk is full'); END")

    def __exit__(self, *_: object) -> None:
        self._run("DROP TRIGGER no_room")

    def _run(self, statement: str) -> None:
        connection = connect(self._database, self._key)
        connection.execute(statement)
        connection.close()


async def test_a_patient_who_does_not_answer_is_signed_from_the_summary_with_reason_code_and_action(
    app: GshApp, conduct: Conduct
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f9", "2", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
        for words in ("nobody answered", None, "called twice, text sent", "nobody: no known concern"):
            await pilot.press("e") if words == "nobody answered" else None
            if words is None:
                await until(pilot, lambda: isinstance(app.screen, Choose))
                await pilot.press("4")
                continue
            await until(pilot, lambda: isinstance(app.screen, AskWords))
            app.screen.query_one("#words", LineInput).value = words
            await pilot.press("enter")
            await pilot.pause()
        await until(pilot, lambda: "Ready to sign" in text(app))
        assert "; 1 action stays open." in flat(app)
        await pilot.press("s", "s")
        await until(pilot, lambda: "Signed and locked" in text(app))
        await pilot.pause(1.1)
        stands = lines(app)[1]
        await pilot.pause(1.1)
        assert lines(app)[1] == stands  # the clocks stand with the signature
        note = signing.draft(conduct).note.text
        assert "did not attend" in note
        assert "Safety conversation incomplete because: nobody answered" in note
        assert "called twice, text sent" in note


def test_actions_left_open_are_told_in_the_number_they_have() -> None:
    assert [left_open(count) for count in (0, 1, 2)] == ["", "; 1 action stays open", "; 2 actions stay open"]


async def test_a_number_is_asked_for_only_where_the_patient_said_yes(app: GshApp, conduct: Conduct) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, SafetyScreen))
        await pilot.press("4", *"cut", "enter", "4", *"cut", "enter", "4", *"cut", "enter")
        assert conduct.state.value("safety.thoughts_now.strength") is None
        assert conduct.state.value("safety.thoughts_now") == "not_asked"
        assert conduct.state.value("safety.actions_now") == "not_asked"


async def test_back_to_the_opening_is_open_until_item_nine_has_been_answered(app: GshApp, conduct: Conduct) -> None:
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    conduct.record(Entered("measures", "phq-9"))
    async with app.run_test(size=SMALL) as pilot:
        await in_call(app, pilot, conduct)
        await pilot.press("f6")
        await until(pilot, lambda: conduct.state.stage == "opening")
        await pilot.press("f7")
        await until(pilot, lambda: conduct.state.stage == "measures")
        for digit in "000000002":
            await pilot.press(digit)
        await pilot.press("f6")
        await pilot.pause()
        assert conduct.state.stage == "measures"
        assert "opens the safety conversation" in flat(app)


@pytest.mark.parametrize("measure", ["phq-9", "gad-7", "wsas"])
async def test_every_question_stands_whole_at_80_by_24_with_the_answers_so_far_under_it(
    app: GshApp, conduct: Conduct, measure: str
) -> None:
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    conduct.record(Entered("measures", measure))
    items = conduct.book.measures[measure].items
    async with app.run_test(size=SMALL) as pilot:
        screen = await in_call(app, pilot, conduct)
        for item in items:
            await until(pilot, lambda at=item: screen.question.scene and screen.question.scene.item is at)
            await pilot.pause()
            shown = flat(app)
            assert "▁" in shown
            assert "not asked" in shown
            assert conduct.book.measures[measure].choices[-1].label in shown
            await pilot.press("1")
