"""Change between two scores, in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.outcomes import Direction, change, change_in_words
from tests.builders import definitions


@pytest.mark.parametrize(
    ("name", "before", "now", "words"),
    [
        ("phq-9", 19, 14, "5 lower (19 to 14), less than a reliable change of 6"),
        ("phq-9", 20, 14, "6 lower (20 to 14), a reliable change (6 or more)"),
        ("phq-9", 14, 20, "6 higher (14 to 20), a reliable change (6 or more)"),
        ("gad-7", 12, 9, "3 lower (12 to 9), less than a reliable change of 4"),
        ("gad-7", 9, 13, "4 higher (9 to 13), a reliable change (4 or more)"),
        ("gad-7", 9, 9, "the same (9)"),
        ("wsas", 30, 10, "20 lower (30 to 10)"),
    ],
)
def test_a_change_is_said_with_both_totals_and_the_national_figure(
    name: str, before: int, now: int, words: str
) -> None:
    assert change_in_words(definitions().measures[name], before, now) == words


@given(st.integers(0, 27), st.integers(0, 27))
def test_a_change_and_its_mirror_agree_in_points_and_in_being_reliable(before: int, now: int) -> None:
    phq9 = definitions().measures["phq-9"]
    there, back = change(phq9, before, now), change(phq9, now, before)
    assert (there.points, there.reliable) == (back.points, back.reliable) == (abs(before - now), abs(before - now) >= 6)
    assert (there.direction is Direction.LOWER) == (back.direction is Direction.HIGHER)


def test_a_measure_without_a_national_figure_calls_no_change_reliable() -> None:
    assert change(definitions().measures["wsas"], 40, 0).reliable is None
