"""A contact begun by mistake: kept with its reason, counted nowhere, sent nowhere; never where care was begun."""

from __future__ import annotations

import pytest

from gsh_console.casework import contacts, files, lists, preparing
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.leaving import purge_who_left
from gsh_console.casework.mistaken import close_as_mistaken
from gsh_console.casework.signing import sign
from gsh_console.casework.verifying import verify
from gsh_console.domain.entries import (
    ActionTaken,
    Answered,
    BegunByMistake,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
)
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.people import Patient
from gsh_console.faults import EntryRefused, StoreDamaged
from gsh_console.store import journal
from tests.builders import (
    REVIEW_OF_ONE,
    START,
    SteadyClock,
    put_appointment,
    raw_connection,
    record_all,
    signed_contact,
    waiting,
    whole_contact,
)


def test_it_is_kept_with_its_reason_and_nothing_of_it_waits_counts_or_is_sent(desk: Desk, patient: Patient) -> None:
    booked = put_appointment(desk, patient, START)
    conduct = open_contact(desk, patient.id, booked)
    conduct.record(Filled("identity.given", ("full_name",)))
    close_as_mistaken(conduct, " wrong patient ")
    assert lists.interrupted(desk) == ()
    assert waiting(desk.store) == []
    row = lists.today(desk, "", 5, 0).rows[0]
    assert (row.open_contact, row.contacts, row.done) == (None, 0, False)
    file = files.patient_file(desk, patient.id)
    assert file.open_contact is None
    assert file.mistakes == {conduct.contact.id: "wrong patient"}
    kept = [each.entry for each in journal.entries_of(desk.store, conduct.contact.id)]
    assert kept[1:] == [
        Filled("identity.given", ("full_name",)),
        BegunByMistake("wrong patient", desk.practitioner.name),
    ]
    assert verify(desk).contacts == 0


def test_the_next_contact_takes_its_number_and_its_appointment(desk: Desk, patient: Patient) -> None:
    booked = put_appointment(desk, patient, START)
    close_as_mistaken(open_contact(desk, patient.id, booked, "assessment"), "wrong kind")
    ready = preparing.preparation(desk, patient.id)
    assert ready.number == 1
    again = open_contact(desk, patient.id, booked)
    assert again.contact.number == 1
    assert again.state.opened is not None
    assert again.state.opened.contact_number == 1


def test_it_hands_nothing_to_the_next_contact(desk: Desk, patient: Patient, clock: SteadyClock) -> None:
    signed_contact(desk, patient)
    clock.advance(days=7)
    close_as_mistaken(open_contact(desk, patient.id), "wrong patient")
    following = open_contact(desk, patient.id)
    assert following.contact.number == 2
    assert following.carried.plan
    sign(record_all(following, (*whole_contact(), *REVIEW_OF_ONE)))
    assert [contact.number for contact in files.patient_file(desk, patient.id).contacts] == [1, 2, 2]


TOUCHED: dict[str, Entry] = {
    "an answer": Answered("phq-9", "1", 0, Mode.READ_OUT),
    "an answer that was declined": Answered("phq-9", "1", Absence.DECLINED, Mode.READ_OUT),
    "safety opened": Entered("safety", "safety"),
    "something said about safety": Filled("safety.thoughts_now", "no"),
    "a safety plan": Filled("safety_plan.signs", "pacing"),
    "an action": ActionTaken("a", "tell the GP", "Alex", False),
    "a welfare check": CallMarked(CallEvent.WELFARE_CHECK, "101"),
    "somebody told": CallMarked(CallEvent.SUPERVISOR_TOLD, "the duty lead"),
}


@pytest.mark.parametrize("touched", TOUCHED)
def test_once_safety_or_a_questionnaire_is_begun_it_stays_in_the_record(
    desk: Desk, patient: Patient, touched: str
) -> None:
    conduct = open_contact(desk, patient.id)
    conduct.record(TOUCHED[touched])
    with pytest.raises(EntryRefused, match="sign it as what it was"):
        close_as_mistaken(conduct, "wrong patient")
    assert [found.id for found, _ in lists.interrupted(desk)] == [conduct.contact.id]


def test_it_needs_a_reason_and_is_never_gone_on_with(desk: Desk, patient: Patient) -> None:
    conduct = open_contact(desk, patient.id)
    with pytest.raises(EntryRefused, match="Say why"):
        close_as_mistaken(conduct, "  ")
    close_as_mistaken(conduct, "wrong patient")
    for again in (conduct, resume(desk, conduct.contact.id)):
        with pytest.raises(EntryRefused, match="begun by mistake"):
            again.record(Jotted("more"))
        with pytest.raises(EntryRefused, match="begun by mistake"):
            close_as_mistaken(again, "again")


def test_a_signed_contact_is_never_begun_by_mistake(desk: Desk, patient: Patient) -> None:
    conduct = signed_contact(desk, patient)
    with pytest.raises(EntryRefused, match="signed"):
        close_as_mistaken(conduct, "wrong patient")


def test_a_contact_somebody_hid_by_its_mark_alone_is_found(desk: Desk, patient: Patient) -> None:
    open_contact(desk, patient.id)
    raw = raw_connection(desk)
    raw.execute("UPDATE contact SET mistaken_at = '2026-11-20T10:00:00Z'")
    raw.close()
    with pytest.raises(StoreDamaged, match="begun by mistake without its entry"):
        verify(desk)


def test_it_does_not_hold_back_the_tidying_after_those_who_left(desk: Desk, patient: Patient) -> None:
    close_as_mistaken(contacts.open_contact(desk, patient.id), "wrong patient")
    held = desk.store.fetch("SELECT count(*) FROM contact WHERE signed_at IS NULL AND mistaken_at IS NULL")
    assert held == [(0,)]
    assert purge_who_left(desk) == 0
