"""Today's list and the rest, in the practitioner's day and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gsh_console.casework import files, lists
from gsh_console.casework.contacts import open_contact
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import sign
from gsh_console.domain.entries import ActionTaken
from gsh_console.domain.people import Patient
from tests.builders import (
    START,
    SteadyClock,
    make_conduct,
    make_patient,
    put_appointment,
    put_patient,
    record_all,
    signed_contact,
    whole_contact,
)


def booked(desk: Desk, *times: datetime) -> list[Patient]:
    people = [put_patient(desk, make_patient(n, family_name=f"Person{n}")) for n in range(1, len(times) + 1)]
    for person, moment in zip(people, times, strict=True):
        put_appointment(desk, person, moment)
    return people


def test_today_is_in_time_order_and_holds_neither_yesterday_nor_tomorrow(desk: Desk) -> None:
    booked(
        desk,
        START + timedelta(hours=4),
        START - timedelta(hours=1),
        START - timedelta(days=1),
        START + timedelta(days=1),
        START + timedelta(hours=1),
    )
    page = lists.today(desk, "", 50, 0)
    assert [row.name for row in page.rows] == ["PERSON2, Maya", "PERSON5, Maya", "PERSON1, Maya"]
    assert [lists.time_of(row) for row in page.rows] == ["09:00", "11:00", "14:00"]
    assert page.total == 3


def test_today_is_the_uk_day_in_summer(desk: Desk, clock: SteadyClock) -> None:
    clock.moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    booked(desk, datetime(2026, 6, 30, 23, 30, tzinfo=UTC), datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert [lists.time_of(row) for row in lists.today(desk, "", 50, 0).rows] == ["00:30"]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (datetime(2026, 3, 29, 12, tzinfo=UTC), 23),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), 25),
        (datetime(2026, 11, 20, 12, tzinfo=UTC), 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(day: datetime, hours: int) -> None:
    start, end = (moment.astimezone(UTC) for moment in lists.day_bounds(day))
    assert end - start == timedelta(hours=hours)
    assert start <= day < end


def test_what_is_due_follows_the_contact_from_booked_to_signed(desk: Desk, clock: SteadyClock) -> None:
    person = booked(desk, START)[0]

    def due() -> str:
        return lists.due(lists.today(desk, "", 50, 0).rows[0])

    assert due() == "first contact"
    appointment = lists.today(desk, "", 50, 0).rows[0].appointment_id
    conduct = open_contact(desk, person.id, appointment)
    assert due() == "call open: Enter resumes it"
    assert [found.id for found, _ in lists.interrupted(desk)] == [conduct.contact.id]
    sign(record_all(conduct, whole_contact()))
    assert due() == "signed"
    assert lists.interrupted(desk) == ()


def test_open_actions_are_counted_in_words(desk: Desk, patient: Patient, clock: SteadyClock) -> None:
    left = [ActionTaken(f"a{n}", f"Thing {n}", "Alex", False) for n in (1, 2)]
    signed_contact(desk, patient, *left)
    clock.advance(hours=1)
    put_appointment(desk, patient, clock.moment)
    row = lists.today(desk, "", 50, 0).rows[0]
    assert lists.due(row) == "measures · plan to review · 2 actions open"


def test_the_patient_file_holds_contacts_scores_and_the_open_contact(desk: Desk, patient: Patient) -> None:
    first = signed_contact(desk, patient)
    second = make_conduct(desk, patient)
    file = files.patient_file(desk, patient.id)
    assert [contact.number for contact in file.contacts] == [1, 2]
    assert file.open_contact == second.contact.id
    assert [(score.measure, score.total) for score in file.scores] == [("gad-7", 11), ("phq-9", 14), ("wsas", 23)]
    assert {score.contact_id for score in file.scores} == {first.contact.id}
    assert file.patient == patient


def test_the_outbox_counts_what_is_not_acknowledged(desk: Desk, patient: Patient) -> None:
    assert lists.count_unsent(desk) == 0
    signed_contact(desk, patient)
    assert lists.count_unsent(desk) == len(lists.unsent(desk, 9)) == 1
