"""After a contact that ends treatment: nothing is due, and the next appointment is as long as what it is for."""

from __future__ import annotations

import dataclasses

import pytest

from gsh_console.casework import lists
from gsh_console.casework.contacts import open_contact
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import next_minutes, sign
from gsh_console.domain.entries import Entered, Filled, Skipped
from gsh_console.domain.people import Patient
from tests.builders import (
    ENDING,
    OPENING,
    SAFETY,
    SteadyClock,
    answers,
    make_conduct,
    make_patient,
    put_patient,
    record_all,
    signed_contact,
)

LAST_WORDS = [
    Entered("review"),
    Skipped("review", "", "talked through in the measures"),
    Entered("staying_well"),
    Filled("staying_well.signs", "I cancel things"),
    Filled("staying_well.first_steps", "back to the list"),
    Filled("staying_well.keep", "walking"),
    Entered("next_care"),
    Filled("next_care.decision", "end"),
    Filled("next_care.why", "goals met, agreed with the supervisor"),
    Filled("end_code.code", "agreed"),
    Filled("experience.sent", "link"),
    Skipped("ending", "plan", "calls end here"),
]


def end_of_treatment(desk: Desk, patient: Patient) -> None:
    conduct = open_contact(desk, patient.id, protocol="review")
    record_all(conduct, [*OPENING, Entered("measures")])
    record_all(conduct, [*answers("phq-9", [0] * 9), *answers("gad-7", [1] * 7), *answers("wsas", [1] * 5)])
    record_all(conduct, [*SAFETY, *LAST_WORDS])
    record_all(conduct, [entry for entry in ENDING if entry != Filled("ending.next_contact", NEXT)])
    sign(conduct)


NEXT = "2026-11-27T10:00:00+00:00"


def due_of(desk: Desk) -> str:
    (row,) = lists.whole_caseload(desk, "", 10, 0).rows
    return lists.due(row)


def test_an_ended_patient_has_nothing_due_until_a_new_contact(desk: Desk, patient: Patient, clock: SteadyClock) -> None:
    signed_contact(desk, patient)
    assert "measures" in due_of(desk)
    clock.advance(days=7)
    end_of_treatment(desk, patient)
    assert due_of(desk) == "ended"
    assert desk.store.fetch("SELECT end_code FROM contact ORDER BY number") == [(None,), ("46",)]
    assert len(desk.store.fetch("SELECT id FROM appointment")) == 1
    clock.advance(days=100)
    open_contact(desk, patient.id)
    assert "call open" in due_of(desk)


@pytest.mark.parametrize(("interpreted", "minutes"), [(False, 30), (True, 60)])
def test_the_next_appointment_is_as_long_as_the_next_contact_twice_that_through_an_interpreter(
    desk: Desk, interpreted: bool, minutes: int
) -> None:
    person = put_patient(desk, make_patient(3, interpreter_required=interpreted))
    conduct = make_conduct(desk, person, Filled("ending.attendance", "on_time"))
    assert next_minutes(conduct) == minutes


def test_a_first_contact_that_was_missed_is_booked_again_as_a_first_contact(desk: Desk, patient: Patient) -> None:
    conduct = open_contact(desk, patient.id, protocol="missed_contact")
    conduct.record(Filled("ending.attendance", "did_not_attend"))
    assert next_minutes(conduct) == desk.definitions.protocols["assessment"].slot_minutes
    conduct.contact = dataclasses.replace(conduct.contact, number=4)
    assert next_minutes(conduct) == desk.definitions.protocols["support_contact"].slot_minutes
