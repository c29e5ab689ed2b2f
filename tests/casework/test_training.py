"""The training caseload: real contacts, the same every time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gsh_console.casework import contacts, lists
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.training import LARGEST_REAL, make_large_caseload, make_training_caseload, nhs_numbers
from gsh_console.casework.training_people import PEOPLE, THEMES, Course
from gsh_console.casework.training_talk import FARIDA, MAYA
from gsh_console.domain.carried import Carried, carried_as_json, carried_of
from gsh_console.domain.entries import Opened, Recorded, Signed
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.moments import UK
from gsh_console.domain.path import next_item, sign_blocks
from gsh_console.domain.people import Patient, Practitioner, nhs_number_is_valid
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.scoring import score
from gsh_console.domain.session import SessionState, follow, replay
from gsh_console.faults import InputRefused
from gsh_console.settings import Settings
from gsh_console.store import caseload, journal, records
from gsh_console.store.caseload import ContactSummary

NOW = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
LEVELS = re.compile(
    r"risk[ _-]?(level|score|rating)|\b(low|medium|moderate|high)[ -]risk\b|\brisk (is )?(low|high)\b", re.I
)


def made(folder: Path, seed: int = 1, now: datetime = NOW, patients: int = LARGEST_REAL) -> Desk:
    desk = Access(folder, Settings(), lambda: now).set_up_training(Practitioner("A. Lang"))
    make_training_caseload(desk, seed=seed, patients=patients)
    return desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = made(tmp_path_factory.mktemp("training") / "store")
    yield desk
    desk.close()


def people(desk: Desk) -> dict[str, Patient]:
    return {person.family_name: person for person in caseload.patients(desk.store)}


def every_contact(desk: Desk) -> list[tuple[Patient, list[ContactSummary]]]:
    return [(person, caseload.contacts_of(desk.store, person.id)) for person in caseload.patients(desk.store)]


def totals(desk: Desk, family: str) -> dict[str, list[int | None]]:
    taken = records.scores_of(desk.store, people(desk)[family].id)
    return {name: [each.total for each in taken if each.measure == name] for name in ("phq-9", "gad-7", "wsas")}


def rows(desk: Desk, table: str, columns: str) -> list[tuple[object, ...]]:
    return desk.store.fetch(f"SELECT {columns} FROM {table} ORDER BY 1")


def test_the_chain_holds_and_every_signed_note_is_the_one_its_entries_write(desk: Desk):
    assert journal.verify_chain(desk.store) > 5000
    for _, held in every_contact(desk):
        for contact in held:
            if contact.signed_at is None:
                continue
            (note,) = records.notes_of(desk.store, contact.id)
            *_, last = journal.entries_of(desk.store, contact.id)
            assert isinstance(last.entry, Signed)
            digest = hashlib.sha256(note.text.encode()).hexdigest()
            assert digest == note.sha256 == last.entry.note_sha256
            assert last.at == contact.signed_at == note.signed_at


def test_every_entry_passes_the_rules_in_its_place(desk: Desk):
    for _, held in every_contact(desk):
        for contact in held:
            state, book = SessionState(), contacts.resume(desk, contact.id).book
            for recorded in journal.entries_of(desk.store, contact.id):
                assert refusal(book, state, recorded.entry) is None
                assert cleaned(recorded.entry) == recorded.entry
                if isinstance(recorded.entry, Signed):
                    assert sign_blocks(book, state) == ()
                state = follow(state, recorded)


def test_the_kept_scores_are_what_the_entries_give(desk: Desk):
    book = desk.definitions.rulebook(contacts.SUPPORT)
    for person, held in every_contact(desk):
        kept = {(each.contact_id, each.measure): each.total for each in records.scores_of(desk.store, person.id)}
        for contact in held:
            state = replay(journal.entries_of(desk.store, contact.id))
            for measure in state.answers if state.signed else ():
                assert kept.pop((contact.id, measure)) == score(book.measures[measure], state.answers_of(measure)).total
        assert kept == {}


def test_every_contact_was_handed_what_the_one_before_it_left(desk: Desk):
    book = desk.definitions.rulebook(contacts.SUPPORT)
    for person, held in every_contact(desk):
        before: list[Recorded] = []
        for number, contact in enumerate(held, 1):
            entries = journal.entries_of(desk.store, contact.id)
            opened = entries[0].entry
            assert isinstance(opened, Opened)
            assert contact.number == opened.contact_number == number
            carried = carried_of(replay(entries))
            if number == 1:
                assert carried == Carried()
            else:
                last = replay(before)
                assert carried.plan == contacts.plan_of(last)
                assert carried.goals == contacts.goals_to_carry(last)
                assert carried.materials == contacts.materials_to_carry(last)
                assert carried.safety is not None
                assert carried.safety.lines == contacts.safety_lines(book, last)
            before = list(entries)
        if held and held[-1].signed_at:
            assert carried_as_json(contacts.handed_over(desk, book, person.id))["plan"]


def test_the_contact_left_open_was_handed_what_the_store_hands_over(desk: Desk):
    book = desk.definitions.rulebook(contacts.SUPPORT)
    ((contact, person),) = lists.interrupted(desk)
    state = replay(journal.entries_of(desk.store, contact.id))
    assert carried_of(state) == contacts.handed_over(desk, book, person.id)


def test_the_contact_left_open_resumes_at_question_7(desk: Desk):
    ((contact, _),) = lists.interrupted(desk)
    conduct = contacts.resume(desk, contact.id)
    assert (conduct.state.stage, conduct.state.step) == ("measures", "phq-9")
    assert next_item(conduct.book, conduct.state, "phq-9") == "7"
    assert contact.opened_at < NOW


def test_the_same_seed_on_the_same_day_gives_the_same_rows(desk: Desk, tmp_path: Path):
    other = made(tmp_path / "again", now=NOW.replace(hour=20, minute=1))
    columns = {
        "journal": "seq, contact_id, at, kind, body",
        "patient": "id, family_name, nhs_number, referral_received, added_at, problem_statement, phone",
        "appointment": "id, patient_id, starts_at, minutes, purpose, contact_id",
        "note": "id, contact_id, sha256, signed_at",
        "score": "contact_id, measure, total",
        "action": "id, what, opened_at",
        "outbox": "seq, id, contact_id, state",
    }
    for table, named in columns.items():
        assert rows(desk, table, named) == rows(other, table, named), table
    other.close()


def test_another_seed_gives_other_rows_and_progress_hears_of_every_patient(desk: Desk, tmp_path: Path):
    other = Access(tmp_path / "other", Settings(), lambda: NOW).set_up_training(Practitioner("A. Lang"))
    heard: list[int] = []
    make_training_caseload(other, seed=2, patients=30, on_progress=lambda: heard.append(1))
    assert len(heard) == 30
    assert len(caseload.patients(other.store)) == 30
    assert rows(desk, "score", "total") != rows(other, "score", "total")
    assert totals(other, "Okafor") == totals(desk, "Okafor")
    other.close()


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2027, 3, 29)])
def test_any_day_makes_a_caseload_weekends_and_clock_changes_too(tmp_path: Path, day: date):
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    desk = made(tmp_path / "store", now=now, patients=30)
    assert [lists.time_of(row) for row in lists.today(desk, "", 50, 0).rows][1] == "10:00"
    assert not desk.store.fetch("SELECT 1 FROM contact WHERE opened_at >= ?", (day.isoformat(),))
    desk.close()


def test_today_has_eight_calls_with_maya_at_10_and_farida_at_14(desk: Desk):
    today = {lists.time_of(row): row for row in lists.today(desk, "", 50, 0).rows}
    assert list(today) == ["09:00", "10:00", "10:45", "11:30", "13:00", "14:00", "15:15", "16:30"]
    assert (today["10:00"].name, today["10:00"].contacts) == ("OKAFOR, Maya", 3)
    assert (today["14:00"].name, today["14:00"].contacts, today["14:00"].minutes) == ("BEGUM, Farida", 2, 60)
    assert today["09:00"].open_contact


def test_maya_stands_where_the_reference_call_begins(desk: Desk):
    maya = people(desk)["Okafor"]
    assert (maya.birth_date, maya.nhs_number, maya.voicemail) == (
        date(1991, 3, 14),
        "9990000018",
        "name and number only",
    )
    assert maya.problem_descriptor == "F32"
    assert totals(desk, "Okafor") == {"phq-9": [17, 16, 14], "gad-7": [12, 12, 11], "wsas": [24, 23, 22]}
    states = [replay(journal.entries_of(desk.store, each.id)) for each in caseload.contacts_of(desk.store, maya.id)]
    assert [state.answers_of("phq-9")["9"] for state in states] == [0, 0, 1]
    assert "not waking up" in states[2].words("safety.thoughts_now.words")
    book = desk.definitions.rulebook(contacts.SUPPORT)
    carried = contacts.handed_over(desk, book, maya.id)
    assert [(item.what, item.when, item.confidence) for item in carried.plan] == [
        ("swim", "Tuesday 10:00", 6),
        ("open one letter a day with a cup of tea", "every day at 16:00", 6),
    ]
    assert [(goal.text, goal.rating) for goal in carried.goals] == [
        ("swim twice a week again", 3),
        ("sort the post", 1),
    ]
    assert [used.booklet for used in carried.materials] == ["getting-active"]


def test_farida_stands_where_the_interpreted_call_begins(desk: Desk):
    farida = people(desk)["Begum"]
    assert (farida.birth_date, farida.language, farida.interpreter_required) == (date(1968, 11, 2), "bn", True)
    assert "woman" in farida.interpreter_wishes
    assert {name: taken[-1] for name, taken in totals(desk, "Begum").items() if name != "wsas"} == {
        "phq-9": 11,
        "gad-7": 16,
    }
    last = caseload.contacts_of(desk.store, farida.id)[-1]
    given = replay(journal.entries_of(desk.store, last.id)).answers["phq-9"]
    assert given["9"].answer == 0
    assert {each.mode for each in given.values()} == {Mode.INTERPRETED}
    carried = contacts.handed_over(desk, desk.definitions.rulebook(contacts.SUPPORT), farida.id)
    assert [(item.what, item.when) for item in carried.plan] == [("worry diary", "each evening")]
    assert [goal.rating for goal in carried.goals] == [2]


def test_one_practitioner_holds_one_call_at_a_time(desk: Desk):
    spans = desk.store.fetch("SELECT opened_at, signed_at FROM contact WHERE signed_at IS NOT NULL ORDER BY opened_at")
    for (_, ended), (started, _) in pairwise(spans):
        assert ended < started
    assert len({row[0] for row in desk.store.fetch("SELECT starts_at FROM appointment")}) == len(
        desk.store.fetch("SELECT id FROM appointment")
    )


def test_every_past_contact_was_a_booked_weekday_call_of_20_to_70_minutes(desk: Desk):
    query = """SELECT c.opened_at, c.signed_at, a.starts_at FROM contact c LEFT JOIN appointment a ON a.contact_id = c.id
               WHERE c.signed_at IS NOT NULL"""
    for opened, signed, starts in desk.store.fetch(query):
        assert opened == starts
        at = datetime.fromisoformat(opened).astimezone(UK)
        assert at.weekday() < 5
        assert (
            timedelta(minutes=20)
            < datetime.fromisoformat(signed) - datetime.fromisoformat(opened)
            < timedelta(minutes=70)
        )


def test_the_courses_go_where_they_are_named_for(desk: Desk):
    for person in PEOPLE:
        taken = totals(desk, person.family)
        if person.contacts < 2:
            continue
        phq, gad = taken["phq-9"], taken["gad-7"]
        if "declined" in person.marks:
            continue
        assert phq[0] is not None
        assert gad[0] is not None
        match person.course:
            case Course.RECOVERING:
                assert (phq[-1] < 10, gad[-1] < 8, phq[0] - phq[-1] >= 6) == (True, True, True), person.family
            case Course.IMPROVING:
                assert phq[0] - phq[-1] >= 6 or gad[0] - gad[-1] >= 4, person.family
            case Course.WORSE:
                assert phq[-1] - phq[0] >= 6, person.family
            case Course.NO_CHANGE | Course.ABSENT:
                assert (abs(phq[-1] - phq[0]) < 6, abs(gad[-1] - gad[0]) < 4) == (True, True), person.family
            case Course.NEW:
                assert not phq


def test_a_declined_item_9_and_work_that_does_not_apply_are_values_of_their_own(desk: Desk):
    last = caseload.contacts_of(desk.store, people(desk)["Pescăruș"].id)[-1]
    assert replay(journal.entries_of(desk.store, last.id)).answers_of("phq-9")["9"] is Absence.DECLINED
    last = caseload.contacts_of(desk.store, people(desk)["Plover"].id)[-1]
    assert replay(journal.entries_of(desk.store, last.id)).answers_of("wsas")["1"] is Absence.NOT_APPLICABLE


def test_some_actions_wait_for_practitioner_and_supervisor(desk: Desk):
    opened = [action for person in people(desk).values() for action in records.open_actions(desk.store, person.id)]
    keys = {action.id.rsplit("/", 1)[1] for action in opened}
    assert keys == {"safety", "supervision", "gp_letter"}
    assert records.open_actions(desk.store, people(desk)["Okafor"].id) == []


def test_everybody_is_plainly_made_up_and_can_be_told_apart(desk: Desk):
    found = caseload.patients(desk.store)
    assert len(found) == LARGEST_REAL >= 30
    assert len({person.name for person in found}) == len({person.nhs_number for person in found}) == len(found)
    for person in found:
        assert person.nhs_number is not None
        assert person.nhs_number.startswith("999")
        assert nhs_number_is_valid(person.nhs_number)
        for phone in filter(None, (person.phone, person.second_phone)):
            assert re.fullmatch(r"07700 900\d{3}|01632 960\d{3}", phone)
        assert person.postcode.startswith("QX")
    assert {"ur", "bn", "pl", "ro", "ar"} <= {person.language for person in found}
    assert sum(person.interpreter_required for person in found) >= 5


def test_nothing_waits_to_be_sent(desk: Desk):
    assert {row[0] for row in desk.store.fetch("SELECT DISTINCT state FROM outbox")} == {"training"}


def test_no_level_of_risk_is_named_anywhere(desk: Desk):
    said = [row[0] for row in desk.store.fetch("SELECT body FROM journal")]
    said += [row[0] for row in desk.store.fetch("SELECT text FROM note")]
    said += [person.problem for person in (*PEOPLE, MAYA, FARIDA)]
    assert not [text for text in said if LEVELS.search(text)]
    assert not [text for text in said if "denie" in text.lower()]


def test_no_note_stumbles_over_its_own_words(desk: Desk):
    assert not desk.store.fetch("SELECT id FROM note WHERE text LIKE '%..%' OR text LIKE '%with with%'")


def test_every_theme_has_words_for_a_whole_course():
    for theme in THEMES.values():
        assert len(theme.reviews) >= 3
        assert len(theme.plans) >= 2
        assert all(review.done in ("done", "partly", "not") for review in theme.reviews)


def test_synthetic_patients_never_go_into_a_real_store(tmp_path: Path):
    desk, _ = Access(tmp_path / "store", Settings(), lambda: NOW).set_up(
        "a long enough passphrase", Practitioner("A. Lang")
    )
    for fill in (lambda: make_training_caseload(desk), lambda: make_large_caseload(desk, 100, 1)):
        with pytest.raises(InputRefused, match="real store"):
            fill()
    assert caseload.count(desk.store, "") == 0
    desk.close()


def test_a_filled_training_store_is_left_alone(desk: Desk):
    with pytest.raises(InputRefused, match="already patients"):
        make_training_caseload(desk)


def test_a_large_caseload_has_forty_calls_today_and_scores_for_a_tenth(tmp_path: Path):
    desk = Access(tmp_path / "store", Settings(), lambda: NOW).set_up_training(Practitioner("A. Lang"))
    make_large_caseload(desk, 2500, 1)
    assert caseload.count(desk.store, "") == 2500
    assert lists.today(desk, "", 100, 0).total == 40
    assert len(records.all_scores(desk.store)) == 250 * 3 * 3
    found = caseload.patients(desk.store)
    assert len({(person.name, person.birth_date) for person in found}) == 2500
    assert not desk.store.fetch("SELECT 1 FROM score WHERE total < 0 OR json_valid(missing) = 0")
    assert json.loads(desk.store.fetch("SELECT missing FROM score LIMIT 1")[0][0]) == []
    desk.close()


def test_the_test_range_gives_only_valid_numbers():
    numbers = [number for number, _ in zip(nhs_numbers(), range(2000), strict=False)]
    assert numbers[0] == "9990000018"
    assert all(map(nhs_number_is_valid, numbers))
    assert len(set(numbers)) == 2000
