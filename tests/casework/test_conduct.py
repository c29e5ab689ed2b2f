"""The one door: on disk first, then believed; nothing else changes the state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import draft, sign
from gsh_console.domain.entries import Answered, CallEvent, Entered, Entry, Filled, Jotted
from gsh_console.domain.measures import Mode
from gsh_console.domain.path import next_item, not_covered
from gsh_console.domain.people import Patient
from gsh_console.domain.refusals import refusal
from gsh_console.domain.session import replay
from gsh_console.faults import EntryRefused, StoreFault
from gsh_console.store import journal
from tests.builders import (
    IDENTITY,
    OPENING,
    PHQ9,
    SAFETY,
    SteadyClock,
    answers,
    book,
    make_conduct,
    make_patient,
    put_patient,
    raw_connection,
    record_all,
    whole_contact,
)
from tests.strategies import HOSTILE, contacts


def on_disk(desk: Desk) -> int:
    """The number of entries a second connection sees."""
    raw = raw_connection(desk)
    count = int(raw.execute("SELECT count(*) FROM journal").fetchone()[0])
    raw.close()
    return count


def test_every_entry_is_on_disk_for_a_second_connection_before_record_returns(desk: Desk, conduct: Conduct) -> None:
    for number, entry in enumerate(whole_contact(), 2):
        conduct.record(entry)
        assert on_disk(desk) == number


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contacts())
def test_the_state_is_what_the_journal_replays_to(conduct: Conduct, entries: list[Entry]) -> None:
    for entry in entries:
        if conduct.signed:
            break
        expected = refusal(conduct.book, conduct.state, entry)
        if expected is None:
            conduct.record(entry)
        else:
            with pytest.raises(EntryRefused):
                conduct.record(entry)
    assert conduct.state == replay(journal.entries_of(conduct.desk.store, conduct.contact.id))
    assert resume(conduct.desk, conduct.contact.id).state == conduct.state


def test_a_refused_entry_changes_neither_state_nor_disk(desk: Desk, conduct: Conduct) -> None:
    before = conduct.state
    for entry in (Entered("recap"), Filled("plan.1.confidence", 11), Answered("phq-9", "1", 9, Mode.READ_OUT)):
        with pytest.raises(EntryRefused):
            conduct.record(entry)
    assert conduct.state is before
    assert conduct.unsaved is None
    assert on_disk(desk) == 1


def failing(desk: Desk) -> None:
    """Make every write to the journal fail the way a full disk does."""
    desk.store.reading.execute(
        "CREATE TRIGGER no_room BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )


def working(desk: Desk) -> None:
    desk.store.reading.execute("DROP TRIGGER no_room")


def test_a_failed_write_keeps_the_entry_shuts_everything_and_is_saved_once_by_trying_again(
    desk: Desk, conduct: Conduct
) -> None:
    record_all(conduct, OPENING)
    before, count = conduct.state, on_disk(desk)
    failing(desk)
    with pytest.raises(StoreFault, match="disk is full"):
        conduct.record(Jotted("Birthday on Friday."))
    assert conduct.state is before
    assert conduct.unsaved == Jotted("Birthday on Friday.")
    assert "disk is full" in conduct.unsaved_why
    with pytest.raises(StoreFault, match="not saved yet"):
        conduct.record(Jotted("Something else."))
    with pytest.raises(StoreFault, match="signing is shut"):
        sign(conduct)
    assert draft(conduct).blocks[0].startswith("NOT SAVED")
    with pytest.raises(StoreFault, match="disk is full"):
        conduct.retry()
    working(desk)
    conduct.retry()
    assert conduct.unsaved is None
    assert conduct.unsaved_why == ""
    assert [mark.entry for mark in conduct.state.jots] == [Jotted("Birthday on Friday.")]
    assert on_disk(desk) == count + 1
    conduct.retry()
    assert on_disk(desk) == count + 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_typed_and_reads_back_the_same(desk: Desk, conduct: Conduct, text: str) -> None:
    conduct.record(Jotted(text))
    conduct.record(Filled("agenda.patient_items", f"<{text}>"))
    again = resume(desk, conduct.contact.id)
    assert again.state.jots[-1].entry == Jotted(text)
    assert again.state.words("agenda.patient_items") == f"<{text}>"


def test_escape_sequences_never_reach_the_disk(desk: Desk, conduct: Conduct) -> None:
    conduct.record(Jotted("\x1b]52;c;aGk=\x07 a\u202eb"))
    assert conduct.state.jots[-1].entry == Jotted("]52;c;aGk= ab")
    bodies = [row[0] for row in desk.store.fetch("SELECT body FROM journal WHERE kind = 'jotted'")]
    assert bodies == ['{"text":"]52;c;aGk= ab"}']


def test_a_call_that_was_killed_comes_back_at_question_seven(desk: Desk, conduct: Conduct) -> None:
    record_all(conduct, [*IDENTITY, Entered("measures", "phq-9"), *answers("phq-9", PHQ9[:6])])
    again = resume(desk, conduct.contact.id)
    assert again.state == conduct.state
    assert (again.stage.id, again.step.id) == ("measures", "phq-9")
    assert next_item(book(), again.state, "phq-9") == "7"


def test_a_clock_going_back_a_year_changes_no_order(desk: Desk, conduct: Conduct, clock: SteadyClock) -> None:
    record_all(conduct, answers("phq-9", [0]))
    clock.advance(days=-400)
    record_all(conduct, answers("phq-9", [3]))
    again = resume(desk, conduct.contact.id)
    assert again.state.answers_of("phq-9") == {"1": 3}
    assert again.saved_at is not None
    assert again.saved_at < again.contact.opened_at - timedelta(days=399)
    assert [r.seq for r in journal.entries_of(desk.store, conduct.contact.id)] == [1, 2, 3]
    assert journal.verify_chain(desk.store) == 3


def test_two_open_contacts_share_one_chain_and_keep_apart(desk: Desk, conduct: Conduct) -> None:
    other = make_conduct(desk, put_patient(desk, make_patient(2)))
    for value in (0, 1, 2):
        record_all(conduct, answers("phq-9", [value]))
        record_all(other, answers("gad-7", [value]))
    assert resume(desk, conduct.contact.id).state == conduct.state
    assert resume(desk, other.contact.id).state == other.state
    assert journal.verify_chain(desk.store) == 8


def test_ending_early_gives_one_reason_to_every_open_stage_but_safety(desk: Desk, conduct: Conduct) -> None:
    record_all(conduct, OPENING)
    conduct.mark_call(CallEvent.DROPPED)
    conduct.end_early("the line went")
    told = {stage.id: reason for stage, reason in not_covered(book(), conduct.state)}
    assert "skipped, the line went" in told["measures"]
    assert "opening" not in told
    assert "skipped" not in told["safety"]
    with pytest.raises(EntryRefused, match="safety record"):
        sign(conduct)
    record_all(conduct, [*SAFETY, Filled("ending.attendance", "on_time")])
    sign(conduct)


def test_moving_goes_to_the_first_step_that_lacks_something(desk: Desk, patient: Patient) -> None:
    conduct = make_conduct(desk, patient, *OPENING, Entered("measures", "phq-9"), *answers("phq-9", PHQ9))
    conduct.enter("measures")
    assert conduct.step.id == "gad-7"
    assert conduct.next_step() == "wsas"
    assert (conduct.neighbour(1), conduct.neighbour(-1)) == ("safety", "opening")
    conduct.enter("opening")
    assert conduct.neighbour(-1) is None


def test_the_step_where_the_identity_is_asked_is_not_left_onwards_on_one_identifier(
    desk: Desk, patient: Patient
) -> None:
    conduct = make_conduct(desk, patient, Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("date_of_birth",)))
    assert conduct.held_here() is not None
    conduct.record(Filled("identity.given", ("date_of_birth", "postcode")))
    assert conduct.held_here() is None
    conduct.record(Entered("opening", "privacy"))
    assert conduct.held_here() is None


def test_only_the_record_of_a_missed_contact_is_one_in_which_nobody_was_spoken_to(desk: Desk) -> None:
    told = {
        name: open_contact(desk, put_patient(desk, make_patient(number)).id, None, name).nobody_spoken_to
        for number, name in enumerate(desk.definitions.protocols, 1)
    }
    assert {name for name, nobody in told.items() if nobody} == {"missed_contact"}
