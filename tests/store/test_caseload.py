"""The lists: what typing finds, and that no list reads the whole caseload to draw a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gsh_console.casework import files, lists
from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.store import caseload, journal, outbox, records
from gsh_console.store.store import Store, as_moment, as_text
from tests.builders import START, make_patient, put_appointment, put_patient, signed_contact
from tests.strategies import MOMENTS, texts

PEOPLE = ("O'Brien", "Łukasz", "Çelik", "100% Sure", "under_score", "bang!bang", "Smith", "Smythe", "Ünal", "اردو")


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    """A desk with people whose names hold every character that means something to LIKE."""
    for number, name in enumerate(PEOPLE, 1):
        put_patient(desk, make_patient(number, family_name=name, given_name="Sam", language="en"))
    return desk


def names(desk: Desk, typed: str) -> list[str]:
    page = lists.whole_caseload(desk, typed, 50, 0)
    assert page.total == len(page.rows)
    return sorted(row.name.split(",")[0].casefold() for row in page.rows)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("%", ["100% sure"]),
        ("_", ["under_score"]),
        ("!", ["bang!bang"]),
        ("!b", ["bang!bang"]),
        ("%%", []),
        ("'", ["o'brien"]),
        ("sm", ["smith", "smythe"]),
        ("SMY", ["smythe"]),
        ("celik", ["çelik"]),
        ("unal", ["ünal"]),
        ("اردو", ["اردو"]),
        ("smith sam", ["smith"]),
        ("zzz", []),
        ("' OR 1=1 --", []),
    ],
)
def test_typing_finds_what_was_typed_and_nothing_by_wildcard(crowd: Desk, typed: str, found: list[str]) -> None:
    assert names(crowd, typed) == found


def test_an_nhs_number_finds_its_patient(crowd: Desk) -> None:
    number = make_patient(7).nhs_number
    assert number is not None
    assert names(crowd, number) == ["smith"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.one_of(texts(10), st.text("!%_ \\'\"", max_size=5)))
def test_the_filter_finds_exactly_the_keys_that_contain_what_was_typed(crowd: Desk, typed: str) -> None:
    expected = [p for p in caseload.patients(crowd.store) if caseload.folded(typed) in caseload.search_key(p)]
    rows = lists.whole_caseload(crowd, typed, 50, 0).rows
    assert {row.patient_id for row in rows} == {person.id for person in expected}


@given(MOMENTS, MOMENTS)
def test_the_order_of_stored_moments_is_the_order_of_time(one: object, other: object) -> None:
    first, second = as_text(one), as_text(other)  # type: ignore[arg-type]
    assert (first < second) == (one < other)  # type: ignore[operator]
    assert as_moment(first) == one


def statements_of(store: Store, action: Callable[[], object]) -> list[str]:
    seen: list[str] = []
    store.reading.set_trace_callback(seen.append)
    try:
        action()
    finally:
        store.reading.set_trace_callback(None)
    return [statement for statement in seen if statement.lstrip().upper().startswith(("SELECT", "WITH"))]


def plan(store: Store, statement: str) -> list[str]:
    return [str(row[3]) for row in store.fetch(f"EXPLAIN QUERY PLAN {statement}")]


def readings(desk: Desk, patient: Patient, contact_id: str) -> dict[str, Callable[[], object]]:
    return {
        "today": lambda: lists.today(desk, "oka", 50, 0),
        "today, all": lambda: lists.today(desk, "", 50, 0),
        "patient": lambda: files.patient_file(desk, patient.id),
        "notes": lambda: records.notes_of(desk.store, contact_id),
        "journal": lambda: journal.entries_of(desk.store, contact_id),
        "interrupted": lambda: caseload.open_contacts(desk.store),
        "outbox": lambda: (
            outbox.unsent(desk.store, 9),
            outbox.oldest_waiting(desk.store),
            outbox.count_unsent(desk.store),
        ),
    }


@pytest.mark.parametrize("name", ["today", "today, all", "patient", "notes", "journal", "interrupted", "outbox"])
def test_no_reading_of_the_day_goes_through_a_whole_table(desk: Desk, patient: Patient, name: str) -> None:
    contact = signed_contact(desk, patient)
    put_appointment(desk, patient, START + timedelta(hours=1))
    statements = statements_of(desk.store, readings(desk, patient, contact.contact.id)[name])
    assert statements
    for statement in statements:
        steps = plan(desk.store, statement)
        whole = [step for step in steps if step.startswith("SCAN") and "USING" not in step]
        assert whole == [], f"{statement}\n{steps}"


def test_a_page_of_the_caseload_walks_the_index_of_names_and_sorts_nothing(desk: Desk, patient: Patient) -> None:
    for typed in ("", "oka"):
        for statement in statements_of(desk.store, lambda typed=typed: lists.whole_caseload(desk, typed, 50, 0)):  # type: ignore[misc]
            steps = plan(desk.store, statement)
            assert not [s for s in steps if s.startswith("SCAN") and "INDEX" not in s], f"{statement}\n{steps}"
            assert not [s for s in steps if "TEMP B-TREE" in s]


def test_pages_meet_without_gap_or_overlap(crowd: Desk) -> None:
    whole = [row.patient_id for row in lists.whole_caseload(crowd, "", 50, 0).rows]
    pages = [row.patient_id for at in range(0, 12, 3) for row in lists.whole_caseload(crowd, "", 3, at).rows]
    assert pages == whole
    assert len(whole) == len(PEOPLE)


def test_a_patient_reads_back_as_written(desk: Desk) -> None:
    person = make_patient(3, interpreter_required=True, language="ur", nhs_number=None, problem_statement="a\nb")
    put_patient(desk, person)
    assert caseload.patient(desk.store, person.id) == person
    assert caseload.known_nhs_numbers(desk.store) == frozenset()
