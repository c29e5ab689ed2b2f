"""NHS numbers and ages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.people import age_on, nhs_number_as_shown, nhs_number_is_valid


@pytest.mark.parametrize("number", ["9434765919", "9990000018", "9990000026", "4010232137"])
def test_published_and_made_up_numbers_with_a_right_check_digit_are_valid(number: str) -> None:
    assert nhs_number_is_valid(number)


@pytest.mark.parametrize(
    "number",
    ["9434765918", "943476591", "94347659190", "943 476 5919", "", "943476591X", "٩٤٣٤٧٦٥٩١٩", "²434765919"],
)
def test_anything_else_is_not(number: str) -> None:
    assert not nhs_number_is_valid(number)


@given(st.integers(0, 999_999_999))
def test_nine_digits_have_one_check_digit_or_none_when_it_would_be_ten(nine: int) -> None:
    digits = f"{nine:09d}"
    valid = [digit for digit in "0123456789" if nhs_number_is_valid(digits + digit)]
    weighted = sum((10 - place) * int(digit) for place, digit in enumerate(digits))
    expected = [check for check in range(10) if (weighted + check) % 11 == 0]
    assert valid == [str(check) for check in expected]


@given(st.integers(0, 999_999_999), st.integers(0, 8))
def test_two_neighbouring_digits_swapped_are_noticed(nine: int, at: int) -> None:
    digits = f"{nine:09d}"
    valid = next((digits + d for d in "0123456789" if nhs_number_is_valid(digits + d)), None)
    if valid is None or valid[at] == valid[at + 1]:
        return
    swapped = valid[:at] + valid[at + 1] + valid[at] + valid[at + 2 :]
    assert not nhs_number_is_valid(swapped)


def test_a_number_is_shown_three_three_four_and_its_lack_in_words() -> None:
    assert nhs_number_as_shown("9990000018") == "999 000 0018"
    assert nhs_number_as_shown(None) == nhs_number_as_shown("") == "not known"


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(1991, 3, 14), date(2026, 3, 13), 34),
        (date(1991, 3, 14), date(2026, 3, 14), 35),
        (date(2000, 2, 29), date(2026, 2, 28), 25),
        (date(2000, 2, 29), date(2026, 3, 1), 26),
    ],
)
def test_age_changes_on_the_birthday(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
