"""Moments as people say and read them. Stored in UTC, spoken in UK time."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"^(?:[a-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s/.-]+(\d{1,2}|[a-z]{3,9})(?:[\s/.-]+(\d{4}))?,?\s+(\d{1,2})[:.](\d{2})$"
)
_RELATIVE = re.compile(r"^\+(\d{1,3})\s+(\d{1,2})[:.](\d{2})$")
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})[ t](\d{1,2})[:.](\d{2})$")


def read_moment(text: str, now: datetime) -> datetime | None:
    """The moment a practitioner typed ("3 dec 10:00", "3/12 10:00", "+7 10:00"), None if it is not one.

    A day without a year is the next such day after `now`. The result is aware, in UK time.
    """
    typed = " ".join(text.lower().split())
    try:
        if match := _RELATIVE.match(typed):
            day = now.astimezone(UK) + timedelta(days=int(match[1]))
            return day.replace(hour=int(match[2]), minute=int(match[3]), second=0, microsecond=0)
        if match := _ISO.match(typed):
            year, month, day_of_month, hour, minute = (int(part) for part in match.groups())
            return datetime(year, month, day_of_month, hour, minute, tzinfo=UK)
        if match := _WRITTEN.match(typed):
            return _written(match, now)
    except ValueError:
        return None
    return None


def read_date(text: str, now: datetime, *, past: bool = False) -> date | None:
    """The day a practitioner typed ("3 dec", "3/12/2027", "+7", "today"), None if it is not one.

    A day without a year is the next such day, or where `past` is asked for the last one.
    """
    today = now.astimezone(UK).date()
    if text.strip().lower() == "today":
        return today
    moment = read_moment(f"{text} 23:59", now)
    if moment is None:
        return None
    if past and moment.date() > today and not re.search(r"\d{4}|\+", text):
        moment = read_moment(f"{text} {today.year} 23:59", now)
        if moment is not None and moment.date() > today:
            moment = read_moment(f"{text} {today.year - 1} 23:59", now)
    return moment.date() if moment else None


def _written(match: re.Match[str], now: datetime) -> datetime | None:
    name = match[2]
    if name.isdigit():
        month = int(name)
    elif name[:3] in _MONTHS:
        month = _MONTHS.index(name[:3]) + 1
    else:
        return None
    here = now.astimezone(UK)
    year = int(match[3]) if match[3] else here.year
    moment = datetime(year, month, int(match[1]), int(match[4]), int(match[5]), tzinfo=UK)
    if not match[3] and moment < here:
        moment = moment.replace(year=year + 1)
    return moment


def is_moment(text: str) -> bool:
    """Whether a stored text is an aware moment in ISO form."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_date(text: str) -> bool:
    """Whether a stored text is a day in ISO form."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def clock_time(moment: datetime) -> str:
    """14:03 in UK time."""
    return moment.astimezone(UK).strftime("%H:%M")


def day_and_time(moment: datetime) -> str:
    """Thursday 3 December 2026 at 10:00, UK time."""
    here = moment.astimezone(UK)
    return f"{here:%A} {here.day} {here:%B %Y} at {here:%H:%M}"


def short_date(day: str) -> str:
    """3 Dec 2026 from an ISO date; the text itself if it is not one."""
    try:
        here = datetime.fromisoformat(day)
    except ValueError:
        return day
    return f"{here.day} {here:%b %Y}"
