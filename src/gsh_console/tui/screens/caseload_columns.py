"""The columns of the three lists and the words in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len

from gsh_console.casework import lists
from gsh_console.casework.lists import ListRow, OutboxItem
from gsh_console.domain.moments import UK, clock_time
from gsh_console.tui.widgets.row_list import Column, fit

INTERPRETER_SIGN = ", int."
ORDINALS = {1: "st", 2: "nd", 3: "rd"}
# The languages spoken in England: a list drawn before Babel is loaded must not wait for it to know their names.
_NAMED = (
    "af Afrikaans|ak Akan|am Amharic|ar Arabic|az Azerbaijani|bg Bulgarian|bn Bengali|bs Bosnian|"
    "cs Czech|cy Welsh|da Danish|de German|el Greek|en English|es Spanish|et Estonian|fa Persian|"
    "fi Finnish|fr French|gu Gujarati|ha Hausa|he Hebrew|hi Hindi|hr Croatian|hu Hungarian|"
    "hy Armenian|id Indonesian|ig Igbo|it Italian|ja Japanese|ka Georgian|kk Kazakh|km Khmer|"
    "kn Kannada|ko Korean|ku Kurdish|lg Ganda|ln Lingala|lt Lithuanian|lv Latvian|mk Macedonian|"
    "ml Malayalam|mr Marathi|ms Malay|my Burmese|ne Nepali|nl Dutch|no Norwegian|om Oromo|pa Punjabi|"
    "pl Polish|ps Pashto|pt Portuguese|ro Romanian|ru Russian|rw Kinyarwanda|sd Sindhi|si Sinhala|"
    "sk Slovak|sl Slovenian|sn Shona|so Somali|sq Albanian|sr Serbian|sv Swedish|sw Swahili|ta Tamil|"
    "te Telugu|tg Tajik|th Thai|ti Tigrinya|tl Tagalog|tr Turkish|tw Twi|ug Uyghur|uk Ukrainian|"
    "ur Urdu|uz Uzbek|vi Vietnamese|wo Wolof|xh Xhosa|yo Yoruba|zh Chinese|zu Zulu|"
    "q4 British Sign Language"
)
LANGUAGES = {named[:2]: named[3:] for named in _NAMED.split("|")}


@dataclass(frozen=True)
class OpenCall:
    """A call that was left open, offered at the head of today's list."""

    open_contact: str
    patient_id: str
    name: str
    since: str
    place: str = ""

    def offer(self, width: int) -> str:
        """The offer in one line; a long name gives way to what Enter does."""
        does = f" · Enter resumes at {self.place}" if self.place else " · Enter resumes it"
        for begins in (f"Call open since {self.since}: ", f"Open since {self.since}: "):
            room = width - len(begins) - cell_len(does)
            if cell_len(self.name) <= room:
                return begins + self.name + does
        return begins + fit(self.name, max(12, room)) + does


def since_when(opened_at: datetime, now: datetime) -> str:
    """The clock time a call was opened, with its day where that is not today."""
    here = opened_at.astimezone(UK)
    day = "" if here.date() == now.astimezone(UK).date() else f"{here.day} {here:%b} "
    return f"{day}{clock_time(opened_at)}"


def offer(row: object, width: int) -> str:
    """The line that offers an open call, empty for any other row."""
    return row.offer(width) if isinstance(row, OpenCall) else ""


def is_done(row: object) -> bool:
    """Whether today's contact is signed."""
    return isinstance(row, ListRow) and row.done


def language_of(code: str) -> str:
    """The English name of a language code."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    from gsh_console.casework.new_patient import languages

    return languages().get(code, code)


def language_in_words(row: ListRow, width: int) -> str:
    """The language, with the interpreter as a word, shortened so that the interpreter is never cut away."""
    name = language_of(row.language)
    if not row.interpreted:
        return name
    for sign in (", interpreter", INTERPRETER_SIGN):
        if cell_len(name + sign) <= width:
            return name + sign
    return fit(name, width - len(INTERPRETER_SIGN)) + INTERPRETER_SIGN


def due_in_words(row: ListRow, width: int) -> str:
    """What is due; where it is too long, what every contact has goes first."""
    told = lists.due(row)
    for shorter in (_without_first, _without_open, _without_first, _before_colon):
        if cell_len(told) <= width:
            break
        told = shorter(told)
    return told


def _without_first(told: str) -> str:
    return told.partition(" · ")[2] or told


def _without_open(told: str) -> str:
    return told.removesuffix(" open")


def _before_colon(told: str) -> str:
    return told.partition(": ")[0]


def contact_number(row: ListRow) -> str:
    """Which contact this is: the one booked, open or signed today."""
    return ordinal(row.contacts if row.done or row.open_contact else row.contacts + 1)


def ordinal(number: int) -> str:
    """4 as 4th."""
    suffix = "th" if number % 100 in (11, 12, 13) else ORDINALS.get(number % 10, "th")
    return f"{number}{suffix}"


def day_and_hour(moment: datetime | None) -> str:
    """Thu 3 Dec 10:00 in UK time, empty without a moment."""
    if moment is None:
        return ""
    here = moment.astimezone(UK)
    return f"{here:%a} {here.day} {here:%b %H:%M}"


def state_in_words(item: OutboxItem) -> str:
    """What has become of an item so far."""
    if item.state == "training":
        return "training, never sent"
    if item.last_error:
        return f"refused: {item.last_error}" if item.state == "refused" else item.last_error
    return {"waiting": "waits to be sent", "sent": "sent"}.get(item.state, item.state)


COLUMNS: tuple[tuple[Column[Any], ...], ...] = (
    (
        Column("time", lambda row, _: lists.time_of(row), 5, 5),
        Column("patient", lambda row, _: row.name, 20, 34, strong=True),
        Column("no.", lambda row, _: contact_number(row), 4, 4),
        Column("language", language_in_words, 14, 24),
        Column("due", due_in_words, fills=True),
    ),
    (
        Column("patient", lambda row, _: row.name, 19, 34, strong=True),
        Column("next call", lambda row, _: day_and_hour(row.starts_at), 16, 18),
        Column("calls", lambda row, _: str(row.contacts), 5, 5),
        Column("language", language_in_words, 14, 24),
        Column("due", due_in_words, fills=True),
    ),
    (
        Column("patient", lambda item, _: item.patient, 16, 26, strong=True),
        Column("what", lambda item, width: item.what if width > 12 else item.what.rpartition(", ")[2], 12, 28),
        Column("waiting since", lambda item, _: day_and_hour(item.queued_at), 16, 18),
        Column("tries", lambda item, _: str(item.attempts), 5, 5),
        Column("state", lambda item, _: state_in_words(item), fills=True),
    ),
)
NEVER_SIGNED = "Nothing has been signed yet."
EMPTY = (
    "No calls are booked for today. Press 2 for the whole caseload.",
    "The caseload is empty. Press a to add a patient, or bring a list in: gsh-console patients import FILE.csv",
    "Nothing waits to be sent: everything signed has arrived.",
)
