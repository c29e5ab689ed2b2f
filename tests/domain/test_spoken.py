"""The pieces an interpreter is given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.spoken import MOST_WORDS, pieces


@given(st.text(alphabet="abc ,.?!;:—\n", max_size=300))
def test_no_word_is_left_out_or_moved(words: str) -> None:
    assert " ".join(pieces(words)).split() == words.split()


def test_two_short_sentences_stay_together_and_a_third_begins_a_new_piece() -> None:
    told = pieces("I ask everyone this, every time. I will ask it straight. Have you had thoughts of ending your life?")
    assert told == (
        "I ask everyone this, every time. I will ask it straight.",
        "Have you had thoughts of ending your life?",
    )


def test_a_long_sentence_is_cut_at_its_clauses_only() -> None:
    long = (
        "What you say stays with the service and your GP, unless I am worried about someone's safety, "
        "or a court orders me to tell."
    )
    told = pieces(long)
    assert len(told) > 1
    assert all(piece[-1] in ",.?" for piece in told)
    assert " ".join(told) == long


def test_a_sentence_without_clauses_is_never_cut() -> None:
    long = " ".join(["word"] * (MOST_WORDS + 5)) + "."
    assert pieces(long) == (long,)
