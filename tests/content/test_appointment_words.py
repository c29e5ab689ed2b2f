"""An appointment in words: the language's own order, and no two numbers side by side where lines run leftwards."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from babel import Locale
from bidi import get_display

from gsh_console.content.languages import Language
from gsh_console.content.personal import appointment_words

CALL = datetime(2026, 7, 2, 13, 30, tzinfo=UTC)


def words(code: str) -> str:
    """The appointment in the language."""
    return appointment_words(CALL, Language(code, code, code, Locale.parse(code).text_direction))


def test_urdu_puts_its_comma_between_year_and_time() -> None:
    assert words("ur") == "جمعرات، 2 جولائی، 2026، 14:30"


@pytest.mark.parametrize("code", ["ar", "ckb", "fa", "fa_AF", "he", "ps", "sd", "ur"])
def test_no_two_numbers_stand_side_by_side_from_right_to_left(code: str) -> None:
    appointment = words(code)
    assert not re.search(r"\d\s+\d", appointment)
    assert "14:30" in appointment
    shown = get_display(appointment, base_dir="R")
    assert "14:30" in shown
    assert "2026" in shown


@pytest.mark.parametrize(
    ("code", "expected"),
    [("en", "Thursday, 2 July 2026, 14:30"), ("pl", "czwartek, 2 lipca 2026, 14:30")],
)
def test_a_language_from_left_to_right_keeps_its_own_order(code: str, expected: str) -> None:
    assert words(code) == expected
