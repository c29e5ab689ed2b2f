"""Opening a contact: what it is handed, what it is not, and that there is only one at a time."""

from __future__ import annotations

import pytest

from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import sign
from gsh_console.domain.carried import GOAL_SLOTS, Goal, PlanItem
from gsh_console.domain.entries import ActionTaken, Filled
from gsh_console.domain.measures import Absence
from gsh_console.domain.path import next_item, slots
from gsh_console.domain.people import Patient
from gsh_console.domain.safety import missing
from gsh_console.faults import DefinitionFault, InputRefused
from gsh_console.store import records
from tests.builders import (
    REVIEW_OF_ONE,
    START,
    SteadyClock,
    book,
    make_conduct,
    make_patient,
    put_appointment,
    put_patient,
    signed_contact,
    whole_contact,
)


def next_week(clock: SteadyClock) -> None:
    clock.advance(days=7)


def test_a_first_contact_is_handed_nothing(desk: Desk, patient: Patient) -> None:
    conduct = open_contact(desk, patient.id)
    assert conduct.contact.number == 1
    assert [conduct.carried.plan, conduct.carried.goals, conduct.carried.first_scores] == [(), (), ()]
    assert conduct.carried.safety is None
    assert conduct.state.entries == 1


def test_the_last_plan_opens_the_next_review(desk: Desk, patient: Patient, clock: SteadyClock) -> None:
    signed_contact(desk, patient)
    next_week(clock)
    conduct = open_contact(desk, patient.id)
    plan = PlanItem("walk to the library", "Tuesday 9:30", "Library Road", confidence=8)
    assert conduct.contact.number == 2
    assert conduct.carried.plan == (plan,)
    assert conduct.carried.on == "2026-11-20"
    review = book().protocol.stage("review").step("review")
    assert slots(review, conduct.state) == ((1, "walk to the library, Tuesday 9:30, Library Road"),)
    conduct.record(Filled("review.1.done", "partly"))


def test_goals_carry_their_words_and_last_rating_over_a_contact_that_did_not_rate_them(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    signed_contact(desk, patient)
    next_week(clock)
    without_goals = [e for e in whole_contact() if not (isinstance(e, Filled) and e.field.startswith("goals."))]
    second = make_conduct(desk, patient, *without_goals, *REVIEW_OF_ONE)
    assert second.carried.goals == (Goal(1, "Walk with a friend twice a week", 4),)
    sign(second)
    next_week(clock)
    third = open_contact(desk, patient.id)
    assert third.carried.goals == (Goal(1, "Walk with a friend twice a week", 4),)
    assert third.state.value("goals.1.rating") is None
    assert len(slots(book().protocol.stage("plan").step("goals"), third.state)) == GOAL_SLOTS


def test_first_and_last_totals_are_handed_over_and_a_form_without_a_total_is_not(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    signed_contact(desk, patient)
    next_week(clock)
    gaps = [Absence.DECLINED] * 3
    sign(make_conduct(desk, patient, *whole_contact(phq9=[*[1] * 8, 0], gad7=[*gaps, 1, 1, 1, 1]), *REVIEW_OF_ONE))
    next_week(clock)
    carried = open_contact(desk, patient.id).carried
    first, last = carried.first("phq-9"), carried.last("phq-9")
    assert first is not None
    assert last is not None
    assert (first.total, first.on, last.total, last.on) == (14, "2026-11-20", 8, "2026-11-27")
    gad7 = carried.last("gad-7")
    assert gad7 is not None
    assert (gad7.total, gad7.on) == (11, "2026-11-20")


def test_last_safety_words_are_there_to_read_and_nothing_of_them_is_filled_in(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    signed_contact(desk, patient, Filled("safety.action", "Call on Monday"))
    next_week(clock)
    conduct = open_contact(desk, patient.id)
    assert conduct.carried.safety is not None
    lines = dict(conduct.carried.safety.lines)
    assert lines["Thoughts now"] == "no"
    assert lines["Thoughts now, in the patient's words"] == "No, nothing like that."
    assert lines["Action that stays open (what, who, by when)"] == "Call on Monday"
    assert conduct.state.fields == {}
    assert conduct.state.safety_entered_seq == 0
    fresh = missing(book().safety, {}, prompted=False)
    assert missing(book().safety, conduct.state.fields, prompted=False) == fresh
    assert len(fresh) == 10
    assert conduct.carried.open_actions == ("Call on Monday",)


def test_what_is_handed_over_is_what_was_known_when_the_contact_was_opened(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    signed_contact(desk, patient)
    conduct = open_contact(desk, patient.id)
    with desk.store.unit() as session:
        session.connection().exec_driver_sql("UPDATE score SET total = 0")
    assert resume(desk, conduct.contact.id).carried == conduct.carried


def test_a_second_contact_with_the_same_patient_is_refused_until_the_first_is_signed(
    desk: Desk, patient: Patient
) -> None:
    first = make_conduct(desk, patient, *whole_contact())
    with pytest.raises(InputRefused, match="still open"):
        open_contact(desk, patient.id)
    open_contact(desk, put_patient(desk, make_patient(2)).id)
    sign(first)
    assert open_contact(desk, patient.id).contact.number == 2


def test_opening_from_an_appointment_ties_them_together(desk: Desk, patient: Patient) -> None:
    appointment = put_appointment(desk, patient, START)
    conduct = open_contact(desk, patient.id, appointment)
    assert desk.store.fetch("SELECT contact_id FROM appointment") == [(conduct.contact.id,)]


@pytest.mark.parametrize("patient_id", ["", "nobody", "' OR 1=1 --"])
def test_an_unknown_patient_or_contact_is_refused(desk: Desk, patient_id: str) -> None:
    with pytest.raises(InputRefused, match="no such patient"):
        open_contact(desk, patient_id)
    with pytest.raises(InputRefused, match="no such contact"):
        resume(desk, patient_id)


def test_an_unknown_protocol_is_refused_with_the_nearest_name_and_nothing_is_written(
    desk: Desk, patient: Patient
) -> None:
    with pytest.raises(DefinitionFault, match="support_contact"):
        open_contact(desk, patient.id, protocol="suport_contact")
    assert desk.store.fetch("SELECT count(*) FROM contact") == [(0,)]


def test_a_contact_keeps_the_versions_it_began_with(desk: Desk, patient: Patient) -> None:
    opened = open_contact(desk, patient.id).state.opened
    assert opened is not None
    assert opened.protocol_version == book().protocol.version
    asked = book().protocol.measures
    assert opened.measure_versions == {name: book().measures[name].version for name in asked}


def test_a_resumed_contact_goes_on_at_question_seven(desk: Desk, patient: Patient) -> None:
    stop = next(n for n, e in enumerate(whole_contact()) if getattr(e, "item", "") == "7")
    conduct = make_conduct(desk, patient, *whole_contact()[:stop])
    again = resume(desk, conduct.contact.id)
    assert next_item(book(), again.state, "phq-9") == "7"
    again.record(whole_contact()[stop])
    assert next_item(book(), again.state, "phq-9") == "8"


def test_an_action_left_open_is_handed_on_and_one_done_in_the_call_is_not(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    done = ActionTaken("duty", "Tell duty", "Alex", True, "told")
    left = ActionTaken("letter", "Write to the school", "Alex", False)
    signed_contact(desk, patient, done, left)
    next_week(clock)
    assert open_contact(desk, patient.id).carried.open_actions == ("Write to the school",)
    assert [action.what for action in records.open_actions(desk.store, patient.id)] == ["Write to the school"]
