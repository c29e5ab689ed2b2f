"""Ten real PHQ-9 forms (NHANES 2015-16) keyed into a call: prompts, prorating and refusals as the rules say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gsh_console.casework import contacts, signing
from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import Entered, Filled
from gsh_console.domain.measures import Absence
from tests.builders import make_patient, put_patient
from tests.domain.slow_scoring import slow_total
from tests.tui.scenes import SMALL, app_over, flat, until

FORMS = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "nhanes_dpq_sample.csv"
ITEMS = tuple(f"q{number}" for number in range(1, 10))
NOT_ANSWERED = ("", "7", "9")


def ten_forms() -> list[tuple[int | None, ...]]:
    """Real forms: four with item 9 above 0, a blank one, two whole, three with one, two and three answers withheld."""
    with FORMS.open(encoding="utf-8") as file:
        rows = [
            tuple(None if row[item] in NOT_ANSWERED else int(row[item]) for item in ITEMS)
            for row in csv.DictReader(file)
        ]
    positive = [row for row in rows if row[8] and None not in row][:4]
    blank = [row for row in rows if None in row][:1]
    whole = [row for row in rows if None not in row and row[8] == 0 and sum(v or 0 for v in row) > 5][:5]
    return [*positive, *blank, *whole[:2], *(withheld(row, count) for count, row in enumerate(whole[2:], 1))]


def withheld(form: tuple[int | None, ...], count: int) -> tuple[int | None, ...]:
    """A real form with its last `count` answers left out: the sample has only whole and wholly blank forms."""
    return form[: 9 - count] + (None,) * count


@pytest.mark.skipif(not FORMS.exists(), reason="the real forms are not beside this checkout")
@pytest.mark.parametrize("number", range(10))
async def test_a_real_form_keyed_into_a_call_scores_prompts_and_refuses_by_the_rules(
    training_desk: Desk, number: int
) -> None:
    form = ten_forms()[number]
    put_patient(training_desk, make_patient())
    conduct = contacts.open_contact(training_desk, make_patient().id)
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    conduct.record(Entered("measures", "phq-9"))
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        app.open_session(conduct)
        await until(pilot, lambda: "1 of 9" in flat(app))
        for value in form:
            await pilot.press("d" if value is None else str(value))
        await until(pilot, lambda: "Enter goes on" in flat(app))
        shown = flat(app)
    answers = conduct.state.answers_of("phq-9")
    assert [answers[str(at)] for at in range(1, 10)] == [Absence.DECLINED if v is None else v for v in form]
    total = slow_total("phq-9", form)
    assert ("PHQ-9: no total" if total is None else f"PHQ-9: {total} of 27") in shown
    assert ("prorated" in shown) == (total is not None and None in form)
    prompted = form[8] is None or form[8] > 0
    assert ("opens the safety conversation before" in shown) == prompted
    assert bool(conduct.blocks("recap")) == prompted
    assert any("safety record" in reason for reason in signing.draft(conduct).blocks)
