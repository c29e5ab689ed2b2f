"""Sleep efficiency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.sleep import efficiency_of_nights, minutes, sleep_efficiency


def test_six_hours_asleep_of_eight_in_bed_is_75_per_cent() -> None:
    assert sleep_efficiency(360, 480) == 75


def test_half_a_per_cent_is_rounded_up() -> None:
    assert sleep_efficiency(169, 200) == 85


def test_more_sleep_than_time_in_bed_gives_no_figure() -> None:
    assert sleep_efficiency(500, 480) is None
    assert sleep_efficiency(10, 0) is None


def test_a_night_without_both_times_is_left_out_and_not_counted_as_zero() -> None:
    assert efficiency_of_nights([(360, 480), (None, 480), (300, None)]) == (75, 1)


def test_no_whole_night_gives_no_figure() -> None:
    assert efficiency_of_nights([(None, 480)]) == (None, 0)


@given(st.integers(0, 900), st.integers(1, 900))
def test_the_figure_lies_between_0_and_100(asleep: int, in_bed: int) -> None:
    told = sleep_efficiency(asleep, in_bed)
    assert told is None or 0 <= told <= 100


@pytest.mark.parametrize(("told", "found"), [("7", 420), ("7.5", 450), ("7,5", 450), ("7:30", 450), ("7 h 30", 450)])
def test_hours_are_read_as_they_are_told(told: str, found: int) -> None:
    assert minutes(told) == found


@pytest.mark.parametrize("told", ["", "a lot", "7:75", "-3", "about 6"])
def test_what_is_no_number_of_hours_gives_none(told: str) -> None:
    assert minutes(told) is None
