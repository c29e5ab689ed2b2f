"""Change between two scores, in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.measures import Operator, Threshold
from gsh_console.domain.outcomes import Direction, change, change_for_the_patient, change_in_words
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


@pytest.mark.parametrize(
    ("name", "before", "now", "words"),
    [
        ("phq-9", 20, 14, "6 lower (20 to 14). That is more than the small ups and downs everybody has."),
        (
            "gad-7",
            12,
            9,
            "3 lower (12 to 9). So small a change can be the usual ups and downs; a change of 4 or more would be more "
            "than that.",
        ),
        ("gad-7", 9, 9, "the same (9)."),
        ("wsas", 30, 10, "20 lower (30 to 10)."),
    ],
)
def test_the_person_whose_scores_they_are_is_told_in_plain_words(name: str, before: int, now: int, words: str) -> None:
    assert change_for_the_patient(definitions().measures[name], before, now) == words


@pytest.mark.parametrize("name", sorted(definitions().measures))
def test_no_plain_words_hold_a_term_of_the_trade(name: str) -> None:
    measure = definitions().measures[name]
    for before, now in ((measure.minimum, measure.maximum), (measure.maximum, measure.minimum), (1, 2), (2, 2)):
        assert "reliable" not in change_for_the_patient(measure, before, now)


@given(st.integers(0, 27), st.integers(0, 27))
def test_a_change_and_its_mirror_agree_in_points_and_in_being_reliable(before: int, now: int) -> None:
    phq9 = definitions().measures["phq-9"]
    there, back = change(phq9, before, now), change(phq9, now, before)
    assert (there.points, there.reliable) == (back.points, back.reliable) == (abs(before - now), abs(before - now) >= 6)
    assert (there.direction is Direction.LOWER) == (back.direction is Direction.HIGHER)


def test_a_measure_without_a_national_figure_calls_no_change_reliable() -> None:
    assert change(definitions().measures["wsas"], 40, 0).reliable is None


def test_a_change_of_a_mean_is_exact_and_said_with_its_own_decimals() -> None:
    mi = definitions().measures["mi"]
    moved = change(mi, Decimal("3.03"), Decimal("2.30"))
    assert (moved.points, moved.reliable, moved.better) == (Decimal("0.73"), True, True)
    words = change_in_words(mi, Decimal("3.03"), Decimal("2.30"))
    assert words == "0.73 lower (3.03 to 2.30), a reliable change (0.73 or more)"
    assert change_in_words(mi, Decimal("2.30"), Decimal("2.30")) == "the same (2.30)"


def test_where_a_higher_score_is_the_better_one_the_words_say_so() -> None:
    goals = definitions().measures["gbo"]
    first = goals.subscales[0]
    assert not goals.higher_is_worse
    up = change(first, 3, 8, higher_is_worse=False)
    down = change(first, 8, 3, higher_is_worse=False)
    assert (up.better, down.better, change(first, 3, 3, higher_is_worse=False).better) == (True, False, None)
    assert "5 higher (3 to 8), which is the better way" in change_in_words(first, 3, 8, higher_is_worse=False)
    assert "5 lower (8 to 3), which is the worse way" in change_in_words(first, 8, 3, higher_is_worse=False)
    turned = replace(definitions().measures["wsas"], higher_is_worse=False)
    assert change_in_words(turned, 10, 12) == "2 higher (10 to 12), which is the better way"


def test_a_reliable_change_that_must_be_passed_is_not_met_at_the_figure() -> None:
    figure = Threshold(6, "made up for a test", "L", Operator.ABOVE)
    strict = replace(definitions().measures["phq-9"], reliable_change=figure)
    assert (change(strict, 12, 6).reliable, change(strict, 13, 6).reliable) == (False, True)
    assert change_in_words(strict, 13, 6) == "7 lower (13 to 6), a reliable change (more than 6)"
    assert change_in_words(strict, 12, 6) == "6 lower (12 to 6), not more than the 6 of a reliable change"
