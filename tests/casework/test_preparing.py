"""What is known before a call."""

from __future__ import annotations

import dataclasses

from gsh_console.casework.desk import Desk
from gsh_console.casework.preparing import fitting, offered, preparation
from gsh_console.domain.measures import Administration
from gsh_console.domain.people import Patient
from gsh_console.domain.protocols import Offered
from tests.builders import SteadyClock, make_patient, put_patient, signed_contact


def test_the_kind_of_contact_that_fits_is_marked_and_every_kind_keeps_its_digit(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    first = preparation(desk, patient.id)
    signed_contact(desk, patient)
    clock.advance(days=7)
    later = preparation(desk, patient.id)
    marked = [ready.protocols[ready.fitting].id for ready in (first, later)]
    assert marked == ["assessment", "support_contact"]
    assert [protocol.id for protocol in first.protocols] == [protocol.id for protocol in later.protocols]
    assert {protocol.id for protocol in first.protocols} == set(desk.definitions.protocols)


def test_a_service_without_a_kind_for_first_contacts_is_offered_its_first_one(desk: Desk) -> None:
    later = tuple(
        protocol for protocol in desk.definitions.protocols.values() if protocol.offered is not Offered.FIRST_CONTACT
    )
    assert fitting(offered(later), 1) == 0


def test_measures_are_told_by_how_they_reach_the_patient(desk: Desk) -> None:
    person = put_patient(desk, dataclasses.replace(make_patient(), problem_descriptor="F400"))
    ready = preparation(desk, person.id)
    assessment = ready.protocols[ready.fitting]
    told = {how: [measure.id for measure in ready.due(assessment, how)] for how in Administration}
    assert told[Administration.READ_OUT] == ["phq-9", "gad-7", "wsas"]
    assert told[Administration.FORM] == ["mi"]
    assert told[Administration.SENT] == ["peq-assessment"]


def test_a_first_call_has_nothing_to_look_back_on(desk: Desk, patient: Patient) -> None:
    ready = preparation(desk, patient.id)
    assert (ready.number, ready.last_words, ready.last_scores) == (1, (), ())


def test_the_last_note_is_told_in_its_own_words(desk: Desk, patient: Patient) -> None:
    conduct = signed_contact(desk, patient)
    ready = preparation(desk, patient.id)
    assert ready.number == 2
    assert ready.carried.plan
    for words in ready.last_words:
        assert words
    assert any(conduct.state.words("ending.summary") in words for words in ready.last_words)
    assert [score.measure for score in ready.last_scores] == ["gad-7", "phq-9", "wsas"]


def test_no_kind_is_offered_twice(desk: Desk) -> None:
    kinds = [protocol.id for protocol in offered(tuple(desk.definitions.protocols.values()))]
    assert len(kinds) == len(set(kinds)) == 6
