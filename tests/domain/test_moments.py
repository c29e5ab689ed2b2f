"""Moments as they are typed, across the ends of the year and of summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.moments import clock_time, day_and_time, read_date, read_moment, short_date

NOW = datetime(2026, 11, 20, 10, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("3 dec 10:00", "2026-12-03T10:00"),
        ("3/12 10:00", "2026-12-03T10:00"),
        ("3.12 9.30", "2026-12-03T09:30"),
        ("Thu 3 Dec 10:00", "2026-12-03T10:00"),
        ("thursday, 3rd december, 10:00", "2026-12-03T10:00"),
        ("2026-12-03 10:00", "2026-12-03T10:00"),
        ("2026-12-03T10:00", "2026-12-03T10:00"),
        ("3 dec 2027 10:00", "2027-12-03T10:00"),
        ("+7 10:00", "2026-11-27T10:00"),
        ("+0 23:59", "2026-11-20T23:59"),
        ("20 nov 10:00", "2027-11-20T10:00"),  # six minutes ago: the next such day
        ("20 nov 10:07", "2026-11-20T10:07"),
        ("1 jan 08:00", "2027-01-01T08:00"),
        ("29 mar 09:00", "2027-03-29T08:00"),  # summer time by then
        ("1 june 14:00", "2027-06-01T13:00"),
    ],
)
def test_what_a_practitioner_types_is_the_moment_meant(typed: str, utc: str) -> None:
    moment = read_moment(typed, NOW)
    assert moment is not None
    assert moment.astimezone(UTC) == datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "32 dec 10:00", "30 feb 10:00", "3 dec", "3 dec 25:00", "3 foo 10:00", "10:00", "+7", "3/13 10:00"],
)
def test_what_is_not_a_moment_is_none(typed: str) -> None:
    assert read_moment(typed, NOW) is None


def test_days_from_today_keep_the_wall_clock_over_the_end_of_summer_time() -> None:
    before = datetime(2026, 10, 24, 9, 0, tzinfo=UTC)  # 10:00 in summer; the clocks go back that night
    moment = read_moment("+1 10:00", before)
    assert moment is not None
    assert moment.astimezone(UTC) == datetime(2026, 10, 25, 10, 0, tzinfo=UTC)
    assert clock_time(moment) == "10:00"


def test_a_leap_day_typed_in_a_year_without_one_is_not_a_moment() -> None:
    assert read_moment("29 feb 10:00", NOW) is None


def test_a_leap_day_just_gone_is_not_a_moment_and_does_not_fail() -> None:
    assert read_moment("29 feb 10:00", datetime(2028, 3, 1, 12, 0, tzinfo=UTC)) is None


@given(st.text(max_size=25))
def test_no_text_makes_reading_a_moment_fail(typed: str) -> None:
    moment = read_moment(typed, NOW)
    assert moment is None or moment.tzinfo is not None


@given(
    st.integers(0, 999), st.integers(0, 30), st.integers(0, 99), st.sampled_from(["dec", "feb", "2", "12", "0", "13"])
)
def test_numbers_out_of_any_range_never_fail(days: int, hour: int, minute: int, month: str) -> None:
    for typed in (
        f"+{days} {hour}:{minute:02d}",
        f"{days} {month} {hour}:{minute:02d}",
        f"{days} {month} 0000 {hour}:{minute:02d}",
    ):
        moment = read_moment(typed, NOW)
        assert moment is None or (hour < 24 and minute < 60)


def test_moments_are_told_in_uk_time_in_summer_and_winter() -> None:
    assert clock_time(datetime(2026, 7, 1, 13, 3, tzinfo=UTC)) == "14:03"
    assert clock_time(datetime(2026, 12, 1, 14, 3, tzinfo=UTC)) == "14:03"
    assert day_and_time(datetime(2026, 12, 3, 10, 0, tzinfo=UTC)) == "Thursday 3 December 2026 at 10:00"


def test_short_dates_leave_what_is_not_a_date_as_it_is() -> None:
    assert short_date("2026-12-03") == "3 Dec 2026"
    assert short_date("soon") == "soon"


def test_a_day_that_is_past_is_the_last_such_day_and_never_next_year() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert read_date("3 nov", now, past=True) == date(2026, 11, 3)
    assert read_date("3 dec", now, past=True) == date(2025, 12, 3)
    assert read_date("today", now, past=True) == date(2026, 11, 22)
    assert read_date("3 nov", now) == date(2027, 11, 3)
