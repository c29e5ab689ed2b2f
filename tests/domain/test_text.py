"""Human text: what is taken out, and what spelling needs left in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.entries import Filled, Jotted
from gsh_console.domain.refusals import cleaned
from gsh_console.domain.text import clean


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("\x1b]0;owned\x07hello", "]0;ownedhello"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b31mred", "31mred"),
        ("a\x00b\x7fc\x85d", "abcd"),
        ("abc\u202edef\u202c", "abcdef"),
        ("\u2066x\u2069\u200e\u200f\u061c", "x"),
        ("\u2028line\u2029par", "linepar"),
        ("\ufeffbom\u00adsoft", "bomsoft"),
        ("\U000e0041tag", "tag"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("tab\there", "tab here"),
        ("cafe\u0301", "café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("پنجابی اردو ਪੰਜਾਬੀ বাংলা", "پنجابی اردو ਪੰਜਾਬੀ বাংলা"),
    ],
)
def test_controls_and_overrides_go_and_letters_and_joiners_stay(raw: str, kept: str) -> None:
    assert clean(raw) == kept


def test_one_line_turns_line_ends_into_spaces() -> None:
    assert clean("\na\nb\tc\n", one_line=True) == "a b c"


@given(st.text())
def test_cleaned_text_holds_no_control_and_cleaning_again_changes_nothing(raw: str) -> None:
    once = clean(raw)
    assert all(c == "\n" or c in "\u200c\u200d" or unicodedata.category(c)[0] != "C" for c in once)
    assert clean(once) == once


@given(st.text(st.characters(codec="utf-8")))
def test_every_text_of_an_entry_is_cleaned_before_it_is_kept(raw: str) -> None:
    jotted = cleaned(Jotted(raw))
    assert isinstance(jotted, Jotted)
    assert jotted.text == clean(raw)
    filled = cleaned(Filled("safety.contacts", (raw, "x")))
    assert isinstance(filled, Filled)
    assert filled.value == (clean(raw), "x")
