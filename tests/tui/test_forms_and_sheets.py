"""Forms, worksheets and questionnaires of every kind, by key: letters, days, tables, grids, pieces, numbers."""

from __future__ import annotations

import dataclasses

import pytest
from textual.pilot import Pilot

from gsh_console.casework import contacts
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import draft
from gsh_console.domain.entries import Entered, Filled
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.people import Patient
from gsh_console.domain.protocols import Field, FieldKind, Option
from gsh_console.domain.spoken import pieces
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.before_call import BeforeCallScreen
from gsh_console.tui.screens.session import SessionScreen
from gsh_console.tui.widgets.choosing import chosen, keys_in_words, may_grow
from tests.builders import SteadyClock, make_patient, put_patient
from tests.tui.scenes import LARGE, SMALL, app_over, flat, lines, text, type_words, until, widths


def at_step(desk: Desk, stage: str, step: str, protocol: str = contacts.SUPPORT, **patient: object) -> Conduct:
    """A contact standing at a step, identity confirmed."""
    person: Patient = dataclasses.replace(make_patient(), **patient)  # type: ignore[arg-type]
    put_patient(desk, person)
    conduct = contacts.open_contact(desk, person.id, None, protocol)
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    if step:
        conduct.record(Entered(stage, step))
    return conduct


async def shown(app: GshApp, pilot: Pilot[str], conduct: Conduct) -> SessionScreen:
    """The screen of the call."""
    await until(pilot, lambda: app.screen.query("RowList"))
    app.open_session(conduct)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
    await pilot.pause(0.05)
    assert isinstance(app.screen, SessionScreen)
    return app.screen


def a_field(options: int, kind: FieldKind = FieldKind.CHOICE) -> Field:
    """A field of so many choices."""
    return Field("x", kind, "x", options=tuple(Option(f"v{at}", f"choice {at}") for at in range(1, options + 1)))


def test_the_tenth_choice_is_on_the_letter_a_and_no_key_means_two_choices() -> None:
    field = a_field(12)
    taken = [chosen(field, None, key) for key in "123456789abc"]
    assert taken == [f"v{at}" for at in range(1, 13)]
    assert chosen(field, None, "d") is None
    assert chosen(field, None, "0") is None
    assert keys_in_words(field) == "1-9 a-c"
    assert chosen(a_field(12, FieldKind.CHOICES), ("v10",), "a") == ()


def test_a_number_typed_again_is_a_new_number_and_not_more_digits_of_the_old_one() -> None:
    field = Field("x", FieldKind.SCALE, "x", low=0, high=100)
    assert chosen(field, 8, "7") == 7
    assert chosen(field, 8, "7", typed="8") == 87
    assert chosen(field, 90, "5", typed="90") == 5
    assert chosen(field, None, "z") is None


@pytest.mark.parametrize(("digits", "high", "grows"), [("1", 10, True), ("2", 10, False), ("10", 100, True),
                                                       ("11", 100, False), ("0", 100, False), ("7", 8, False)])  # fmt: skip
def test_a_number_waits_only_while_a_longer_one_is_possible(digits: str, high: int, grows: bool) -> None:
    assert may_grow(digits, high) is grows


async def test_letters_choose_among_more_than_nine_ways_of_working_and_all_are_in_sight(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "next_step", "intervention", problem_descriptor="F411")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        field = screen.form.scene.rows[0].field
        assert len(field.options) > 9
        for option in field.options:
            assert option.label[:20] in flat(app)
        await pilot.press("a", "1")
        assert conduct.state.value(field.id) == (field.options[0].value, field.options[9].value)
        await pilot.press("z")
        await pilot.pause()
        assert "1-9 a-" in flat(app)


async def test_a_day_is_typed_as_it_is_said_and_anything_else_is_refused_in_words(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "staying_well", "staying_well", "review")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        screen.form.begin(screen.form.scene, "staying_well.check_day")
        screen.form.take_focus()
        await type_words(pilot, "soon")
        await pilot.press("enter")
        await pilot.pause()
        assert "That is not a day" in flat(app)
        screen.form.editor.load_text("")
        await type_words(pilot, "15 jan")
        await pilot.press("enter")
        await until(pilot, lambda: conduct.state.value("staying_well.check_day") == "2027-01-15")


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_worksheet_is_a_table_that_is_typed_mended_and_ended_by_key(
    training_desk: Desk, size: tuple[int, int]
) -> None:
    conduct = at_step(training_desk, "", "", problem_descriptor="F42")
    conduct.record(Filled("intervention.chosen", ("ocd-erp",)))
    conduct.record(Entered("next_step", "ocd-erp-ladder"))
    app = app_over(training_desk)
    async with app.run_test(size=size) as pilot:
        screen = await shown(app, pilot, conduct)
        assert screen.form.scene.columns == 2
        await type_words(pilot, "tap")
        await pilot.press("enter", "6", "0", "enter")
        await type_words(pilot, "door")
        await pilot.press("enter", "1", "0", "0", "enter")
        await pilot.pause()
        assert any("tap" in line and "60 of 100" in line for line in lines(app))
        assert any("door" in line and "100 of 100" in line for line in lines(app))
        assert widths(app) == {size[0]}
        await pilot.press("pageup", "pageup", "enter", "4", "5", "enter")
        assert conduct.state.value("ocd-erp-ladder.1.distress") == 45
        await pilot.press("pagedown")
        await pilot.press("enter")
        await until(pilot, lambda: conduct.step.id == "ocd-erp-log")
        assert conduct.state.words("ocd-erp-ladder.3.situation") == ""


async def test_an_empty_sheet_ends_at_its_first_cell(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "", "")
    conduct.record(Filled("intervention.chosen", ("ocd-erp",)))
    conduct.record(Entered("next_step", "ocd-erp-ladder"))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: conduct.step.id == "material")


async def test_the_say_lines_carry_the_minutes_and_the_numbers_in_force(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "ending", "ending")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        assert "Samaritans on 116 123" in flat(app)
        conduct.record(Entered("opening", "agenda"))
        app.screen.redraw()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "We have about 35 minutes" in flat(app)
        assert "{" not in flat(app)


@pytest.mark.parametrize(("code", "measure", "count"), [("F42", "oci", 42), ("F400", "mi", 52)])
async def test_a_long_form_is_typed_at_one_key_an_answer_and_mended_by_arrows(
    training_desk: Desk, code: str, measure: str, count: int
) -> None:
    conduct = at_step(training_desk, "measures", measure, problem_descriptor=code)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        assert "key from the patient's licensed form" in flat(app)
        items = conduct.book.measures[measure].items
        for item in items:
            assert item.id in flat(app)
        await pilot.press(*"1" * count)
        await until(pilot, lambda: "Enter goes on" in flat(app))
        assert len(conduct.state.answers_of(measure)) == count
        assert {given.mode for given in conduct.state.answers[measure].values()} == {Mode.SELF_COMPLETED}
        await pilot.press("backspace", "left", "left", "3")
        await until(pilot, lambda: "Enter goes on" in flat(app))
        assert conduct.state.answers_of(measure)[items[-3].id] == 3
        assert screen.question.scene is not None


async def test_a_mark_of_0_to_100_is_taken_when_no_longer_one_is_possible_or_with_enter(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "measures", "ibs-sss", problem_descriptor="K58")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press("7")
        await pilot.pause()
        assert "7▁" in text(app)
        assert not conduct.state.answers_of("ibs-sss")
        await pilot.press("5", "8", "backspace", "9", "0", "0", "4", "enter", "d", "1", "0", "0")
        await until(pilot, lambda: "Enter goes on" in flat(app))
        assert list(conduct.state.answers_of("ibs-sss").values()) == [75, 90, 0, 4, Absence.DECLINED]


async def test_a_declined_questionnaire_keeps_who_declined_and_why(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "measures", "gad-7")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press("minus", "1")
        await type_words(pilot, "too tired")
        await pilot.press("enter")
        await until(pilot, lambda: conduct.step.id == "wsas")
        assert conduct.state.skipped["measures", "gad-7"].value == "declined by the patient: too tired"


async def test_the_words_for_an_interpreter_come_in_pieces_one_at_a_time_or_all(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "measures", "phq-9", interpreter_required=True, language="bn")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        measure = conduct.book.measures["phq-9"]
        told = pieces(measure.stem)
        assert len(told) > 1
        assert "‖" in text(app)
        assert "no Bengali text: interpreted at sight, not validated" in flat(app)
        await pilot.press("tab")
        await pilot.pause()
        assert f"1/{len(told) + 1 + len(measure.choices)}" in flat(app)
        assert told[-1] not in flat(app)
        await pilot.press("tab")
        await pilot.pause()
        assert told[1].split()[0] in flat(app)
        await pilot.press("0")
        await until(pilot, lambda: "2 of 9" in flat(app))
        assert conduct.state.answers["phq-9"]["1"].mode is Mode.INTERPRETED


async def test_before_the_call_all_kinds_of_contact_stand_at_80_by_24_and_a_digit_changes_the_kind(
    training_desk: Desk,
) -> None:
    person = dataclasses.replace(make_patient(), problem_descriptor="F400", second_phone="0117 496 0000")
    put_patient(training_desk, person)
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        from gsh_console.tui.screens.patient import offer_call

        offer_call(app, person.id, None)
        await until(pilot, lambda: isinstance(app.screen, BeforeCallScreen) and "1st contact" in flat(app))
        shown_now = flat(app)
        assert widths(app) == {80}
        for protocol in training_desk.definitions.protocols.values():
            assert protocol.title in shown_now
        for told in ("0117 496 0000", "MI", "sent, never asked: A-PEQ", "Assessment, about"):
            assert told in shown_now
        kinds = app.screen._ready.protocols
        await pilot.press(str(1 + [protocol.id for protocol in kinds].index("check_in")))
        await until(pilot, lambda: "Telephone check-in, about" in flat(app))
        assert "no questionnaire in this kind of contact" in flat(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.conduct is not None)
        assert app.conduct is not None
        assert app.conduct.book.protocol.id == "check_in"


async def test_every_stage_of_the_longest_contact_stands_in_the_rail_with_its_doubled_minutes(
    training_desk: Desk,
) -> None:
    conduct = at_step(training_desk, "", "", "assessment", interpreter_required=True, language="bn")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        stages = conduct.book.protocol.stages
        assert len(stages) == 13
        for stage in stages:
            line = next(line for line in lines(app) if stage.title[:11] in line[:24])
            assert f"{stage.budget(interpreted=True)}m" in line[:24]
        assert "still open" in text(app)


async def test_a_stage_over_its_minutes_says_so_quietly(training_desk: Desk, clock: SteadyClock) -> None:
    conduct = at_step(training_desk, "opening", "privacy")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        assert ", 3 left" in flat(app)
        clock.advance(minutes=6)
        screen.tick()
        await pilot.pause()
        assert ", 3 over" in flat(app)
        assert "6/3+" in text(app)
        assert not screen.clock.has_class("-unsaved")


async def test_after_going_back_every_later_item_is_asked_again_so_no_digit_falls_on_another(
    training_desk: Desk,
) -> None:
    conduct = at_step(training_desk, "measures", "phq-9")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press(*"220010", "backspace", "backspace", "backspace", *"101000", *"00")
        await until(pilot, lambda: len(conduct.state.answers_of("phq-9")) == 9)
        given = [conduct.state.answers_of("phq-9")[str(item)] for item in range(1, 10)]
        assert given == [2, 2, 0, 1, 0, 1, 0, 0, 0]


async def test_enter_keeps_an_answer_that_was_given_before(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "measures", "phq-9")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press(*"220010", "backspace", "backspace", "1", "enter", "3")
        await until(pilot, lambda: len(conduct.state.answers_of("phq-9")) == 7)
        given = [conduct.state.answers_of("phq-9")[str(item)] for item in range(1, 8)]
        assert given == [2, 2, 0, 0, 1, 0, 3]


async def test_a_missed_contact_asks_the_patient_nothing_but_what_was_done_and_who_was_told(
    training_desk: Desk,
) -> None:
    person = put_patient(training_desk, make_patient())
    conduct = contacts.open_contact(training_desk, person.id, None, "missed_contact")
    conduct.record(Entered("attempts", "attempts"))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await shown(app, pilot, conduct)
        await pilot.press("f7")
        await until(pilot, lambda: "Nobody was reached" in flat(app))
        await pilot.press(*"rang", "enter")
        await until(pilot, lambda: "Who was informed" in flat(app))
        await pilot.press(*"lee", "enter")
        await until(pilot, lambda: conduct.state.stage == "ending")
        assert conduct.state.words("safety.incomplete.action") == "rang"
        assert conduct.state.words("safety.incomplete.informed") == "lee"
        assert conduct.state.safety_entered_seq == 0


@pytest.mark.parametrize("key", ["f7", "f10", "f6"])
async def test_words_that_are_no_day_are_kept_and_hold_nobody_back(training_desk: Desk, key: str) -> None:
    conduct = at_step(training_desk, "staying_well", "staying_well", "review")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        screen.form.begin(screen.form.scene, "staying_well.check_day")
        screen.form.take_focus()
        await type_words(pilot, "thursday week or so")
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not screen or conduct.state.stage != "staying_well")
        told = "thursday week or so” is not understood as a day" if key == "f10" else "That is not a day"
        await until(pilot, lambda: told in flat(app))
        held = conduct.state.fields["staying_well.check_day"]
        assert (held.value, held.typed) == ("", "thursday week or so")
        assert "“thursday week or so” is not understood as a day" in " ".join(draft(conduct).note.text.split())
        conduct.record(Entered("staying_well", "staying_well"))
    kept = contacts.resume(training_desk, conduct.contact.id)
    again = app_over(training_desk)
    async with again.run_test(size=SMALL) as pilot:
        screen = await shown(again, pilot, kept)
        screen.form.begin(screen.form.scene, "staying_well.check_day")
        screen.form.take_focus()
        assert screen.form.editor.text == "thursday week or so"
        screen.form.editor.load_text("")
        await type_words(pilot, "15 jan")
        await pilot.press("enter")
        await until(pilot, lambda: kept.state.value("staying_well.check_day") == "2027-01-15")
        assert kept.state.fields["staying_well.check_day"].typed == ""


async def test_enter_says_once_that_words_are_no_day_and_then_goes_on(training_desk: Desk) -> None:
    conduct = at_step(training_desk, "staying_well", "staying_well", "review")
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        screen = await shown(app, pilot, conduct)
        screen.form.begin(screen.form.scene, "staying_well.check_day")
        screen.form.take_focus()
        at = screen.form.index
        await type_words(pilot, "soon")
        await pilot.press("enter")
        await until(pilot, lambda: "That is not a day" in flat(app))
        assert screen.form.index == at
        await pilot.press("enter")
        await until(pilot, lambda: screen.form.index != at or conduct.state.step != "staying_well")
        assert conduct.state.fields["staying_well.check_day"].typed == "soon"
