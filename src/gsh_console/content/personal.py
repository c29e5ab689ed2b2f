"""What a booklet may say about the person it is for, and how typed text is made harmless."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_datetime_format

from gsh_console.content.languages import Language
from gsh_console.faults import MaterialFault

PERSONAL_NAMES = ("first_name", "practitioner", "next_appointment", "service_name", "service_phone")
LONDON = ZoneInfo("Europe/London")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class CrisisLine:
    """A number of the service's own area that a person in crisis can ring or text."""

    name: str
    number: str
    when: str


@dataclass(frozen=True)
class FilledSheet:
    """A worksheet as it was filled in on a call: its id, and its rows, each with one cell a column."""

    worksheet: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Personal:
    """The personal part of a booklet; nothing else about a patient can reach its page."""

    first_name: str
    practitioner: str
    next_appointment: datetime | None
    goals: tuple[str, ...]
    plan: tuple[str, ...]
    service_name: str
    service_phone: str
    lines: tuple[CrisisLine, ...] = ()
    sheets: tuple[FilledSheet, ...] = ()


def clean(text: str) -> str:
    """Typed text on one line without control, direction or private-use characters."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(" " if _breaks_line(each) else each for each in composed if not _is_hidden(each))
    return " ".join(kept.split())


def appointment_words(when: datetime, language: Language) -> str:
    """An appointment as the clock in London shows it: the language's full date, then the 24-hour time."""
    if when.tzinfo is None:
        raise MaterialFault(
            "The next appointment has no time zone, so its local time is not known.",
            "Please enter the appointment again.",
        )
    local = when.astimezone(LONDON)
    day = format_date(local, "full", locale=language.locale)
    order = str(get_datetime_format("medium", locale=language.locale)).replace("'", "")
    if language.direction == "rtl":
        order = order.replace("} {", f"}}{_comma_of(day)} {{")
    return order.format(f"{local:%H:%M}", day)


def _comma_of(words: str) -> str:
    """The comma of the words' script; without one, a right-to-left line shows year and time as one run of digits."""
    return "،" if any(unicodedata.bidirectional(each) == "AL" for each in words) else ","


def _breaks_line(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Zl", "Zp")


def _is_hidden(character: str) -> bool:
    if character in _JOINERS or character.isspace():
        return False
    category = unicodedata.category(character)
    arabic_number_sign = unicodedata.bidirectional(character) == "AN"
    return category in ("Cc", "Co", "Cs", "Cn") or (category == "Cf" and not arabic_number_sign)
