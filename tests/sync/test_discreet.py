"""The server's words are shown, short and on one line, without what the record says of a person."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gsh_console.sync.discreet import HIDDEN, LONGEST, shown
from gsh_console.sync.link import Reply
from gsh_console.sync.replies import words_of

from .test_rest import a_contact

BUNDLE = json.loads(a_contact())


def test_what_the_server_says_of_the_fault_is_kept() -> None:
    words = 'Invalid additional property "colour" (Encounter.colour)'
    assert shown(words, BUNDLE) == words


def test_names_numbers_and_addresses_of_the_patient_are_hidden_in_any_case() -> None:
    told = shown("Patient OKAFOR, Maya (9990000018), born 1991-03-14, ZZ99 3AA, 01632 960001 exists", BUNDLE)
    for part in ("okafor", "maya", "9990000018", "1991-03-14", "zz99", "960001"):
        assert part not in told.lower()
    assert HIDDEN in told
    assert told.endswith("exists")


def test_what_the_patient_said_is_hidden_where_the_server_repeats_it() -> None:
    told = shown("Cannot parse: Her sister lives close by and more; at valueString", BUNDLE)
    assert "sister lives" not in told
    assert told.startswith("Cannot parse")


def test_escape_sequences_and_line_breaks_do_not_get_through() -> None:
    assert "\x1b" not in shown("a\x1b[31mb\nc\x00d\u202ee")
    assert "\n" not in shown("a\nb")


@given(st.text(max_size=5_000))
def test_whatever_a_server_says_it_is_one_short_clean_line(words: str) -> None:
    told = shown(words, BUNDLE)
    assert len(told) <= LONGEST
    assert len(told.splitlines()) <= 1
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in told)


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda c: st.lists(c) | st.dictionaries(st.sampled_from(["resourceType", "issue", "details", "text", "x"]), c),
    ).map(lambda v: json.dumps(v).encode())
)
def test_no_answer_is_odd_enough_to_break_the_reading(body: bytes) -> None:
    assert isinstance(words_of(Reply(400, "application/fhir+json", {}, body), BUNDLE), str)
