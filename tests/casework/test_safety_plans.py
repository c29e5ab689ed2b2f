"""Safety plans: written together, one version a signed contact, never filled in beforehand."""

from __future__ import annotations

import tomllib

import pytest

from gsh_console.casework.contacts import open_contact
from gsh_console.casework.desk import Desk
from gsh_console.casework.safety_plans import BOOKLET, SHEET, lines_of, safety_plans, sheet_in, sheet_of
from gsh_console.casework.signing import draft, note_of
from gsh_console.domain.entries import Entry, Filled
from gsh_console.domain.people import Patient
from gsh_console.domain.safety_plans import HEADINGS, SafetyPlan, plan_in
from gsh_console.faults import EntryRefused
from gsh_console.locations import materials_folder
from tests.builders import REVIEW_OF_ONE, SteadyClock, make_conduct, signed_contact, state_after

PLAN: tuple[Entry, ...] = (
    Filled("safety_plan.signs", "I do not answer messages\nI lie awake"),
    Filled("safety_plan.tell", "my sister, at any hour"),
    Filled("safety_plan.matters", "the dog"),
    Filled("safety_plan.made_together", "together"),
    Filled("safety_plan.copy_given", "post"),
    Filled("safety_plan.review_date", "2026-12-04"),
)


def test_a_plan_stands_in_the_note_once_and_its_newest_version_is_in_force(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    first = signed_contact(desk, patient, *PLAN)
    section = next(each for each in note_of(first.book, first.state).sections if each.name == "safety_plan")
    assert section.sentences[0].text == "• Warning signs: “I do not answer messages\nI lie awake”."
    assert section.sentences[-1].text == "• To look at it again on 4 Dec 2026."
    clock.advance(days=7)
    signed_contact(desk, patient, *REVIEW_OF_ONE, Filled("safety_plan.still_right", "right"))
    clock.advance(days=7)
    signed_contact(
        desk, patient, *REVIEW_OF_ONE, Filled("safety_plan.matters", "my sister"),
        Filled("safety_plan.still_right", "changed"),
    )  # fmt: skip
    held = safety_plans(desk, patient.id)
    assert held.current == SafetyPlan("2026-12-04", 3, {"matters": "my sister"}, {"still_right": "changed"})
    assert [plan.contact_number for plan in held.versions] == [3, 1]
    assert [plan.looked_through for plan in held.spoken_of] == [False, True, False]
    assert held.last_looked_at == "2026-12-04"
    assert dict(lines_of(desk.definitions.safety_plan, held.versions[1]))["Copy for the patient"] == "by post"


def test_nothing_of_an_earlier_plan_is_filled_in(desk: Desk, patient: Patient, clock: SteadyClock) -> None:
    signed_contact(desk, patient, *PLAN)
    clock.advance(days=7)
    conduct = open_contact(desk, patient.id)
    assert conduct.state.fields == {}
    assert plan_in(conduct.state) is None
    assert safety_plans(desk, patient.id).current is not None


def test_what_an_open_contact_has_so_far_is_no_version_yet_but_can_be_printed(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *PLAN)
    assert safety_plans(desk, patient.id).current is None
    sheet = sheet_in(conduct.state)
    assert sheet is not None
    assert sheet.rows[0] == ("I do not answer messages", "", "", "my sister, at any hour", "", "", "the dog")
    assert sheet.rows[1][0] == "I lie awake"
    assert sheet_in(state_after()) is None


def test_the_headings_are_those_of_the_printed_sheet_and_fit_it() -> None:
    sheet = tomllib.loads((materials_folder() / BOOKLET / "w1-safety-plan.toml").read_text("utf-8"))
    assert sheet["id"] == SHEET
    assert tuple(column["id"] for column in sheet["columns"]) == HEADINGS
    many = SafetyPlan("2026-12-04", 1, {"signs": "\n".join("abcdefgh")}, {})
    filled = sheet_of(many, 6)
    assert len(filled.rows) == 6
    assert [row[0] for row in filled.rows] == ["a", "b", "c", "d", "e", "f · g · h"]


def test_a_plan_is_never_asked_for_and_never_in_the_way_of_signing(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient)
    before = draft(conduct).blocks
    conduct.record(PLAN[0])
    assert draft(conduct).blocks == before


@pytest.mark.parametrize("field", ["safety_plan.level", "safety_plan.", "safety_plan.signs.words"])
def test_a_plan_takes_no_other_field(desk: Desk, patient: Patient, field: str) -> None:
    with pytest.raises(EntryRefused, match="no such field"):
        make_conduct(desk, patient, Filled(field, "x"))
