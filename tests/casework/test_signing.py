"""Signing: all of it or none of it; an amendment adds; nothing else follows."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.files import notes, patient_file
from gsh_console.casework.signing import amend, close_action, draft, note_of, sign
from gsh_console.domain.entries import Entered, Filled, Jotted, Signed, Skipped
from gsh_console.domain.measures import Absence
from gsh_console.domain.people import Patient
from gsh_console.domain.scoring import score
from gsh_console.faults import EntryRefused, InputRefused, StoreFault
from gsh_console.store import caseload, journal, outbox, records
from tests.builders import (
    ENDING,
    GAD7,
    INCOMPLETE,
    OPENING,
    PHQ9,
    SAFETY,
    WSAS,
    SteadyClock,
    answers,
    book,
    make_conduct,
    make_patient,
    put_patient,
    record_all,
    signed_contact,
    waiting,
    whole_contact,
)

LEFT_BEHIND = ("score", "note", "action", "outbox")


def rows(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    tables = ("journal", "contact", "appointment", *LEFT_BEHIND)
    return {table: desk.store.fetch(f"SELECT * FROM {table} ORDER BY rowid") for table in tables}


def test_signing_leaves_note_scores_actions_appointment_and_one_item_in_the_outbox(
    desk: Desk, patient: Patient
) -> None:
    conduct = signed_contact(desk, patient, Filled("safety.action", "Call on Monday"))
    kept = notes(desk, conduct.contact.id)
    assert len(kept) == 1
    assert kept[0].sha256 == hashlib.sha256(kept[0].text.encode()).hexdigest()
    assert conduct.state.signed is not None
    assert conduct.state.signed.entry == Signed("Alex Lang", kept[0].sha256)
    assert {s.measure: s.total for s in records.scores_of(desk.store, patient.id)} == {
        "phq-9": 14,
        "gad-7": 11,
        "wsas": 23,
    }
    assert [action.what for action in records.open_actions(desk.store, patient.id)] == ["Call on Monday"]
    assert desk.store.fetch("SELECT starts_at FROM appointment") == [("2026-11-27T10:00:00.000000+00:00",)]
    items = waiting(desk.store)
    assert [(item.state, item.attempts, item.contact_id) for item in items] == [("waiting", 0, conduct.contact.id)]
    assert items[0].sha256 == hashlib.sha256(items[0].payload.encode()).hexdigest()
    assert json.loads(items[0].payload)["resourceType"] == "Bundle"
    assert conduct.contact.signed_at is not None


@pytest.mark.parametrize("table", ["outbox", "note", "score", "action", "appointment"])
def test_signing_that_fails_anywhere_leaves_nothing_and_works_when_tried_again(
    desk: Desk, patient: Patient, table: str
) -> None:
    conduct = make_conduct(desk, patient, *whole_contact(), Filled("safety.action", "Call on Monday"))
    before, state = rows(desk), conduct.state
    desk.store.reading.execute(
        f"CREATE TRIGGER no_room BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    with pytest.raises(StoreFault, match="disk is full"):
        sign(conduct)
    assert rows(desk) == before
    assert conduct.state is state
    assert not conduct.signed
    assert resume(desk, conduct.contact.id).state == state
    desk.store.reading.execute("DROP TRIGGER no_room")
    sign(conduct)
    assert len(waiting(desk.store)) == len(notes(desk, conduct.contact.id)) == 1
    assert journal.verify_chain(desk.store) == len(before["journal"]) + 1


def test_a_contact_marked_signed_only_together_with_its_entry(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *whole_contact())
    desk.store.reading.execute(
        "CREATE TRIGGER no BEFORE UPDATE OF signed_at ON contact BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
    )
    with pytest.raises(StoreFault):
        sign(conduct)
    assert desk.store.fetch("SELECT count(*) FROM journal WHERE kind = 'signed'") == [(0,)]


def test_nothing_is_signed_while_safety_or_identity_is_open(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *(e for e in whole_contact() if e not in SAFETY))
    assert draft(conduct).blocks
    before = rows(desk)
    with pytest.raises(EntryRefused, match="safety record"):
        sign(conduct)
    assert rows(desk) == before
    for entry in INCOMPLETE:
        conduct.record(entry)
    assert draft(conduct).blocks == ()
    assert "was not completed" in sign(conduct).text


def assessed(desk: Desk, patient: Patient, agreed: str) -> Conduct:
    """An assessment ready to be signed, whose problem statement was or was not agreed."""
    conduct = open_contact(desk, patient.id, protocol="assessment")
    consent = [Filled("consent.confidentiality", "yes"), Filled("consent.agreed", "yes")]
    asked = [*answers("phq-9", PHQ9), *answers("gad-7", GAD7), *answers("wsas", WSAS)]
    statement = [Filled("statement.text", STATEMENT), Filled("statement.agreed", agreed)]
    left_out = ("problem", "impact", "background", "goals", "information", "decision")
    skipped = [Skipped(stage, "", "enough for today") for stage in left_out]
    record_all(conduct, [*OPENING[:-2], *consent, Entered("measures"), *asked, *SAFETY])
    record_all(conduct, [*skipped, Entered("statement"), *statement])
    return record_all(conduct, [Skipped("ending", "plan", "agreed next time"), *ENDING])


STATEMENT = "Since the move I sleep badly.\nI stay in; and so I see nobody."


def test_an_agreed_problem_statement_becomes_the_patients_own_when_the_assessment_is_signed(
    desk: Desk, patient: Patient
) -> None:
    conduct = assessed(desk, patient, "yes")
    earlier = caseload.patient(desk.store, patient.id)
    assert earlier.problem_statement != STATEMENT
    sign(conduct)
    held = caseload.patient(desk.store, patient.id)
    assert held == dataclasses.replace(earlier, problem_statement=STATEMENT)
    assert conduct.patient == patient_file(desk, patient.id).patient == open_contact(desk, patient.id).patient == held


def test_a_problem_statement_that_is_not_agreed_yet_changes_nothing(desk: Desk, patient: Patient) -> None:
    earlier = caseload.patient(desk.store, patient.id)
    sign(assessed(desk, patient, "not_yet"))
    assert caseload.patient(desk.store, patient.id) == earlier


def test_a_signature_that_fails_leaves_the_earlier_problem_statement(desk: Desk, patient: Patient) -> None:
    conduct = assessed(desk, patient, "yes")
    earlier = caseload.patient(desk.store, patient.id)
    desk.store.reading.execute(
        "CREATE TRIGGER no_room BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    with pytest.raises(StoreFault, match="disk is full"):
        sign(conduct)
    assert caseload.patient(desk.store, patient.id) == conduct.patient == earlier


def test_an_assessment_with_an_end_code_and_a_decision_to_go_on_is_not_signed(desk: Desk, patient: Patient) -> None:
    conduct = assessed(desk, patient, "yes")
    record_all(conduct, [Filled("decision.choice", "guided"), Filled("not_taken_on.code", "declined")])
    with pytest.raises(EntryRefused, match="change one of the two"):
        sign(conduct)
    conduct.record(Filled("decision.choice", "not_taken_on"))
    sign(conduct)
    assert desk.store.fetch("SELECT end_code FROM contact") == [("14",)]


def test_the_note_that_is_signed_is_the_note_of_the_entries(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *whole_contact())
    expected = note_of(book(), conduct.state)
    sign(conduct)
    kept = notes(desk, conduct.contact.id)[0]
    assert kept.text == expected.text
    assert json.loads(kept.body)["title"] == expected.title


def test_an_amendment_adds_and_leaves_the_original_byte_for_byte(
    desk: Desk, patient: Patient, clock: SteadyClock
) -> None:
    conduct = signed_contact(desk, patient)
    before = rows(desk)
    clock.advance(days=1)
    amend(conduct, "She rang back: the walk was on Wednesday.", "Found out afterwards")
    after = rows(desk)
    for table in ("note", "outbox", "journal"):
        assert after[table][: len(before[table])] == before[table]
        assert len(after[table]) == len(before[table]) + 1
    assert after["score"] == before["score"]
    original, added = notes(desk, conduct.contact.id)
    assert added.amends == original.id
    assert "the walk was on Wednesday" in added.text
    assert "Found out afterwards" in added.text
    assert added.sha256 == hashlib.sha256(added.text.encode()).hexdigest()
    amend(conduct, "And again.", "Second thought")
    assert notes(desk, conduct.contact.id)[2].amends == added.id
    assert len(waiting(desk.store)) == 3


@pytest.mark.parametrize(("text", "reason"), [("", "why"), ("what", ""), ("  ", "why"), ("what", " \n")])
def test_an_amendment_needs_its_text_and_its_reason(desk: Desk, patient: Patient, text: str, reason: str) -> None:
    conduct = signed_contact(desk, patient)
    with pytest.raises(InputRefused, match="text and its reason"):
        amend(conduct, text, reason)
    assert len(notes(desk, conduct.contact.id)) == 1


def test_an_unsigned_contact_cannot_be_amended(desk: Desk, conduct: Conduct) -> None:
    with pytest.raises(EntryRefused, match="not signed yet"):
        amend(conduct, "what", "why")


def test_a_signed_contact_refuses_every_other_entry(desk: Desk, patient: Patient) -> None:
    conduct = signed_contact(desk, patient)
    before = rows(desk)
    for entry in (*whole_contact(), Jotted("x"), Skipped("recap", "", "x"), Signed("Alex Lang", "0" * 64)):
        with pytest.raises(EntryRefused, match="signed"):
            conduct.record(entry)
    with pytest.raises(EntryRefused, match="signed"):
        sign(conduct)
    assert rows(desk) == before


def test_what_is_signed_in_training_can_never_be_sent(training_desk: Desk) -> None:
    signed_contact(training_desk, put_patient(training_desk, make_patient()))
    assert waiting(training_desk.store) == []
    assert [item.state for item in outbox.unsent(training_desk.store, 9)] == ["training"]
    assert "HTEST" in outbox.item(training_desk.store, outbox.unsent(training_desk.store, 9)[0].id).payload


def test_the_score_cache_is_what_the_journal_scores_to(desk: Desk, patient: Patient) -> None:
    gaps = (*PHQ9[:7], Absence.DECLINED, Absence.UNCLEAR)
    sign(make_conduct(desk, patient, *whole_contact(phq9=gaps, gad7=[Absence.NOT_ASKED] * 7), *SAFETY))
    for kept in records.all_scores(desk.store):
        state = resume(desk, kept.contact_id).state
        again = score(book().measures[kept.measure], state.answers_of(kept.measure))
        assert (kept.total, kept.complete, kept.prorated, kept.missing) == (
            again.total, again.complete, again.prorated, again.missing,
        )  # fmt: skip
    totals = {kept.measure: kept.total for kept in records.all_scores(desk.store)}
    assert totals == {"phq-9": 18, "gad-7": None, "wsas": 23}


def test_an_answer_of_any_kind_to_item_nine_is_never_turned_into_a_zero(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *whole_contact(phq9=(*PHQ9[:8], Absence.DECLINED)), *SAFETY)
    note = sign(conduct)
    assert "item 9 declined" in note.text
    stored = json.loads(records.scores_of(desk.store, patient.id)[1].missing[0])
    assert stored == 9


def test_an_action_is_closed_with_its_outcome_and_the_note_is_amended_with_it(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient)
    record_all(conduct, whole_contact())
    conduct.record(Filled("safety.action", "Tell the supervisor by 17:00"))
    sign(conduct)
    action = records.open_actions(desk.store, patient.id)[0]
    close_action(desk, action, "told at 16:40, agreed weekly calls")
    assert records.open_actions(desk.store, patient.id) == []
    assert "told at 16:40" in records.notes_of(desk.store, conduct.contact.id)[-1].text
    with pytest.raises(InputRefused):
        close_action(desk, action, " ")
