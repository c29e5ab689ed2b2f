"""The rules of the add-patient form."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.new_patient import FIELDS, PatientDraft, Problem, add_patient, check, languages
from gsh_console.casework.training import nhs_numbers
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.faults import InputRefused
from gsh_console.settings import Settings
from gsh_console.store import caseload

TODAY = date(2026, 11, 22)
GOOD = PatientDraft(family_name="Wren", given_name="Jenny", birth_date="1991-03-14")
NOBODY: frozenset[str] = frozenset()


def accepted(draft: PatientDraft) -> Patient:
    found = check(draft, NOBODY, TODAY)
    assert isinstance(found, Patient), found
    return found


def refused(**values: str) -> tuple[Problem, ...]:
    found = check(dataclasses.replace(GOOD, **values), NOBODY, TODAY)
    assert not isinstance(found, Patient)
    return found


def reason(**values: str) -> str:
    (problem,) = refused(**values)
    assert problem.field in values
    return problem.sentence


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    clock = lambda: datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # noqa: E731 - a clock that stands still
    return Access(tmp_path / "store", Settings(), clock).set_up_training(Practitioner("A. Lang"))


def test_a_name_and_a_birth_date_are_enough():
    person = accepted(GOOD)
    assert (person.family_name, person.given_name, person.birth_date) == ("Wren", "Jenny", date(1991, 3, 14))
    assert (person.language, person.gender, person.voicemail, person.nhs_number) == ("en", "X", "no", None)


def test_an_empty_form_names_every_field_that_is_needed():
    found = check(PatientDraft(), NOBODY, TODAY)
    assert isinstance(found, tuple)
    assert [problem.field for problem in found] == ["family_name", "given_name", "birth_date"]


@pytest.mark.parametrize(
    "typed",
    [
        "1991-03-14",
        "14/03/1991",
        "14/3/1991",
        "14 Mar 1991",
        "14 March 1991",
        " 14  mar 1991 ",
        "14.03.1991",
        "14-Mar-1991",
    ],
)
def test_the_birth_date_is_read_as_people_write_it(typed: str):
    assert accepted(dataclasses.replace(GOOD, birth_date=typed)).birth_date == date(1991, 3, 14)


@pytest.mark.parametrize(
    "typed", ["14/03/91", "31/02/1991", "03/14/1991", "yesterday", "1991", "14 Foo 1991", "١٤/٠٣/١٩٩١"]
)
def test_what_is_not_a_date_is_refused(typed: str):
    assert "not a date" in reason(birth_date=typed)


def test_the_birth_date_cannot_lie_in_the_future():
    assert "future" in reason(birth_date="2026-11-23")


@pytest.mark.parametrize(
    ("typed", "fits"), [("2010-11-22", True), ("2010-11-23", False), ("1906-11-22", True), ("1905-11-22", False)]
)
def test_the_service_takes_people_from_16_to_120(typed: str, fits: bool):
    found = check(dataclasses.replace(GOOD, birth_date=typed), NOBODY, TODAY)
    assert isinstance(found, Patient) is fits


def test_names_are_one_clean_line_without_escape_sequences():
    person = accepted(
        dataclasses.replace(GOOD, family_name=" O'\x1b]0;x\x07Neill\r\n ", given_name="Zo\u200be\u0301  M")
    )
    assert person.family_name == "O']0;xNeill"
    assert person.given_name == "Zoé M"


@pytest.mark.parametrize("typed", ["", "   ", "\x1b\x00", "123", "—"])
def test_a_name_needs_a_letter(typed: str):
    assert "family" in reason(family_name=typed).lower()


@pytest.mark.parametrize("field", ["family_name", "address_line", "problem_statement", "gp_practice", "postcode"])
def test_what_is_too_long_is_refused_and_not_cut(field: str):
    assert "longer than" in reason(**{field: "x" * 2001})


def test_a_problem_statement_keeps_its_lines():
    assert accepted(dataclasses.replace(GOOD, problem_statement="one\r\ntwo\n")).problem_statement == "one\ntwo"


def slow_check_digit(nine: str) -> int | None:
    total = 0
    for position in range(9):
        total += int(nine[position]) * (10 - position)
    digit = 11 - total % 11
    return None if digit == 10 else 0 if digit == 11 else digit


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 9))
def test_an_nhs_number_is_taken_only_with_its_check_digit(nine: str, last: int):
    found = check(dataclasses.replace(GOOD, nhs_number=f"{nine}{last}"), NOBODY, TODAY)
    assert isinstance(found, Patient) == (slow_check_digit(nine) == last)


@given(st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_never_passes(place: int, change: int):
    digits = [int(digit) for digit in "9990000018"]
    digits[place] = (digits[place] + change) % 10
    assert "check digit" in reason(nhs_number="".join(map(str, digits)))


@pytest.mark.parametrize(
    "typed", ["999 000 0018", "999-000-0018", "9990000018", "999\u00a0000\u20110018", " 999 000 0018 "]
)
def test_spaces_and_dashes_in_an_nhs_number_do_not_matter(typed: str):
    assert accepted(dataclasses.replace(GOOD, nhs_number=typed)).nhs_number == "9990000018"


@pytest.mark.parametrize("typed", ["999000001", "99900000181", "999000001A", "9.99E+09", "٩٩٩٠٠٠٠٠١٨"])
def test_what_is_not_ten_digits_is_not_an_nhs_number(typed: str):
    assert "ten digits" in reason(nhs_number=typed)


def test_an_nhs_number_on_the_caseload_is_refused():
    found = check(dataclasses.replace(GOOD, nhs_number="999 000 0018"), frozenset(["9990000018"]), TODAY)
    assert isinstance(found, tuple)
    assert [problem.field for problem in found] == ["nhs_number"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *[
            ("ur", "ur"),
            ("UR", "ur"),
            ("Urdu", "ur"),
            ("bengali", "bn"),
            ("Bangla", "bn"),
            ("Panjabi", "pa"),
            ("q4", "q4"),
        ],
        *[("Farsi", "fa"), ("English", "en"), ("", "en"), ("BSL", "q4"), ("Tigrinya", "ti"), ("Polish", "pl")],
    ],
)
def test_a_language_is_its_code_or_its_english_name(typed: str, code: str):
    assert accepted(dataclasses.replace(GOOD, language=typed)).language == code


@pytest.mark.parametrize("typed", ["xx", "urd", "q6", "Klingon", "en-GB"])
def test_an_unknown_language_is_refused(typed: str):
    assert "two-letter code" in reason(language=typed)


def test_every_language_the_reference_names_is_known():
    wanted = {
        "pl",
        "ro",
        "ur",
        "pa",
        "bn",
        "ar",
        "pt",
        "es",
        "gu",
        "so",
        "fa",
        "tr",
        "uk",
        "en",
        "ps",
        "ku",
        "ti",
        "ta",
        "sq",
        "zh",
    }
    assert wanted <= languages().keys()


@pytest.mark.parametrize(
    ("typed", "kept"), [("1", "1"), ("2", "2"), ("9", "9"), ("x", "X"), ("Female", "2"), ("", "X")]
)
def test_gender_is_the_national_code(typed: str, kept: str):
    assert accepted(dataclasses.replace(GOOD, gender=typed)).gender == kept


@pytest.mark.parametrize("typed", ["3", "W", "f"])
def test_an_unknown_gender_code_is_refused(typed: str):
    assert "known code" in reason(gender=typed)


@pytest.mark.parametrize(("typed", "kept"), [("yes", True), ("Y", True), ("no", False), ("", False), ("1", True)])
def test_the_interpreter_is_yes_or_no(typed: str, kept: bool):
    assert accepted(dataclasses.replace(GOOD, interpreter_required=typed)).interpreter_required is kept


def test_the_interpreter_is_not_maybe():
    assert "neither yes nor no" in reason(interpreter_required="maybe")


@pytest.mark.parametrize(
    ("typed", "kept"), [("", "no"), ("No", "no"), ("Name and number only", "name and number only"), ("yes", "yes")]
)
def test_voicemail_permission_is_one_of_three(typed: str, kept: str):
    assert accepted(dataclasses.replace(GOOD, voicemail=typed)).voicemail == kept


@pytest.mark.parametrize("typed", ["07700 900001", "+44 7700 900001", "(01632) 960-001"])
def test_a_telephone_number_is_kept_as_typed(typed: str):
    assert accepted(dataclasses.replace(GOOD, phone=typed)).phone == typed


@pytest.mark.parametrize("typed", ["ring my sister", "=1+1", "12345", "0" * 16, "٠٧٧٠٠٩٠٠٠٠١"])
def test_what_cannot_be_dialled_is_not_a_telephone_number(typed: str):
    assert "telephone number" in reason(phone=typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("F41.1", "F411"), ("f32", "F32"), ("F43.8", "F438"), ("83482000", "83482000"), ("K58", "K58"), ("", "")],
)
def test_a_problem_descriptor_is_kept_without_its_dot(typed: str, kept: str):
    assert accepted(dataclasses.replace(GOOD, problem_descriptor=typed)).problem_descriptor == kept


@pytest.mark.parametrize("typed", ["F20", "F999", "low mood", "Z73"])
def test_an_unknown_problem_descriptor_is_refused_with_the_known_ones(typed: str):
    assert "F411" in reason(problem_descriptor=typed)


def test_a_referral_lies_between_birth_and_today():
    assert accepted(dataclasses.replace(GOOD, referral_received="01/11/2026")).referral_received == date(2026, 11, 1)
    assert "future" in reason(referral_received="2026-11-23")
    assert "before the birth date" in reason(referral_received="1990-01-01")


@given(st.fixed_dictionaries({name: st.text(max_size=60) for name in FIELDS}))
def test_whatever_is_typed_ends_as_a_patient_or_as_problems_with_known_fields(values: dict[str, str]):
    found = check(PatientDraft(**values), NOBODY, TODAY)
    if not isinstance(found, Patient):
        assert found
        assert {problem.field for problem in found} <= set(FIELDS)


@given(st.sampled_from(FIELDS), st.text("ΩЖ☂", min_size=4, max_size=2100))
def test_a_problem_never_repeats_what_was_typed(field: str, typed: str):
    found = check(dataclasses.replace(GOOD, **{field: typed}), NOBODY, TODAY)
    if not isinstance(found, Patient):
        assert not any(set(problem.sentence) & set("ΩЖ☂") for problem in found)


def test_an_added_patient_is_on_the_caseload_with_an_id(desk: Desk):
    person = add_patient(desk, dataclasses.replace(GOOD, nhs_number=next(nhs_numbers())))
    assert person.id
    assert caseload.patient(desk.store, person.id) == person
    desk.close()


def test_a_form_with_problems_adds_nobody(desk: Desk):
    with pytest.raises(InputRefused, match="not a date"):
        add_patient(desk, dataclasses.replace(GOOD, birth_date="soon"))
    assert caseload.count(desk.store, "") == 0
    desk.close()


def test_the_same_person_is_not_added_twice(desk: Desk):
    first, second, *_ = (number for number, _ in zip(nhs_numbers(), range(3), strict=False))
    add_patient(desk, dataclasses.replace(GOOD, nhs_number=first))
    with pytest.raises(InputRefused, match="already on the caseload"):
        add_patient(desk, dataclasses.replace(GOOD, given_name="Other", nhs_number=first))
    with pytest.raises(InputRefused, match="name and birth date"):
        add_patient(desk, dataclasses.replace(GOOD, family_name="WREN"))
    add_patient(desk, dataclasses.replace(GOOD, nhs_number=second))
    assert caseload.count(desk.store, "") == 2
    desk.close()
