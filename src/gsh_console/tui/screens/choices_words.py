"""The words of what stands one way here and another way on the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from rich.cells import cell_len
from textual.content import Content

from gsh_console.casework.choices import CALL, DETAIL, GOAL, Difference, Offer, Part
from gsh_console.casework.lists import choices_in_words
from gsh_console.domain.moments import is_moment, short_date
from gsh_console.domain.people import nhs_number_as_shown
from gsh_console.domain.text import clean
from gsh_console.tui.screens.caseload_columns import day_and_hour, language_of
from gsh_console.tui.screens.patient_words import banner_lines
from gsh_console.tui.widgets.row_list import fit

OURS = "here"
WIDE = 108  # cells from which the three stand beside each other
NAMES = {
    **{"family_name": "family name", "given_name": "given name", "birth_date": "birth date"},
    **{"nhs_number": "NHS number", "interpreter_required": "interpreter", "phone": "telephone"},
    **{"second_phone": "second number", "address_line": "address"},
    **{"start": "begins", "end": "ends", "status": "the call is"},
    **{"lifecycleStatus": "the goal is", "achievementStatus": "how it goes"},
}
CODES = {
    **{"noshow": "not attended", "fulfilled": "held", "in-progress": "in progress", "no-change": "no change"},
    **{"not-achieved": "not achieved", "on-hold": "on hold", "cancelled": "cancelled"},
}
GENDERS = {"1": "male", "2": "female", "9": "indeterminate", "X": "not known"}
YES_AND_NO = {"True": "needed", "False": "not needed"}
CHANGES: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    CALL: (("Cancel it", {"status": "cancelled"}),),
    GOAL: (
        *((CODES.get(code, code), {"achievementStatus": code}) for code in ("in-progress", "improving", "no-change")),
        *((CODES.get(code, code), {"achievementStatus": code}) for code in ("worsening", "achieved", "not-achieved")),
        ("on hold for now", {"lifecycleStatus": "on-hold"}),
        ("active again", {"lifecycleStatus": "active"}),
        ("completed", {"lifecycleStatus": "completed"}),
        ("cancelled", {"lifecycleStatus": "cancelled"}),
    ),
}
_SAID: dict[str, Callable[[str], str]] = {
    "birth_date": short_date,
    "nhs_number": nhs_number_as_shown,
    "language": language_of,
    "gender": lambda code: GENDERS.get(code, code),
    "interpreter_required": lambda code: YES_AND_NO.get(code, code),
}
_ABOUT = {
    "detail": (
        "The server's is in force here. t withdraws yours. To have yours taken over, tell the service: this goes by "
        "itself once the server says the same."
    ),
    "met": "k puts yours in the server's place, t takes the server's, Esc decides later.",
    "unsent": "The server has not taken yours yet: k sends it, t gives it up, Esc decides later.",
}


def name_of(kind: str, about: str) -> str:
    """What it is about: "telephone", "call of Fri 20 Nov 14:00", "goal: walk to the library"."""
    if kind == DETAIL:
        return NAMES.get(about, about.replace("_", " "))
    if kind == CALL:
        return f"call of {in_words('start', about)}"
    return f"goal: {clean(about, one_line=True) or 'without words'}"


def title(difference: Difference) -> str:
    """What a difference is about."""
    return name_of(difference.kind, difference.about)


def offered(offer: Offer) -> str:
    """What may be changed, on one line of a dialog."""
    return fit(name_of(offer.kind, offer.about), 60).rstrip()


def state(difference: Difference) -> str:
    """How it stands, for the list."""
    if difference.kind == DETAIL:
        return "the server says otherwise"
    return "changed there too" if difference.sent else "not sent yet"


def waiting_line(found: Sequence[Difference]) -> str:
    """ "1 change waits for your choice: telephone", for the patient's file."""
    return f"{choices_in_words(len(found))}: {', '.join(title(each) for each in found)}"


def in_words(name: str, value: str | None) -> str:
    """One element's value as people say it."""
    if value is None:
        return "not asked yet"
    if not value:
        return "nothing"
    if name in ("start", "end"):
        return day_and_hour(datetime.fromisoformat(value)) if is_moment(value) else value
    said = _SAID.get(name)
    return clean(said(value) if said else CODES.get(value, value), one_line=True)


def told(difference: Difference, day: date, width: int) -> Content:
    """The whole of a difference: whose, since when, the ways it stands, and what each key does about it."""
    is_detail = difference.kind == DETAIL
    began = "The server said otherwise on" if is_detail else "Wanted here since"
    meanwhile = "; changed on the server meanwhile" if difference.sent and not is_detail else ""
    name = title(difference)
    about = _ABOUT["detail" if is_detail else "met" if difference.sent else "unsent"]
    parts: list[tuple[str, str]] = [
        (banner_lines(difference.patient, day, width)[0], "bold"),
        (f"\n{name[:1].upper()}{name[1:]}. {began} {day_and_hour(difference.since)}{meanwhile}.\n", ""),
        *(_beside(difference.parts, width, is_detail) if width >= WIDE else _under(difference.parts, is_detail)),
        (f"\n\n{about}", "dim"),
    ]
    return Content.assemble(*((clean(text), style) for text, style in parts))


def _ways(part: Part, is_detail: bool) -> list[tuple[str, str]]:
    ours, theirs = (OURS, part.here), ("on the server", part.there)
    ways = [("as you had it", part.here), theirs] if is_detail else [("as it was", part.was), ours, theirs]
    return [(way, in_words(part.name, value)) for way, value in ways]


def _under(found: Sequence[Part], is_detail: bool) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for part in found:
        for at, (way, words) in enumerate(_ways(part, is_detail)):
            name = NAMES.get(part.name, part.name) if at == 0 else ""
            parts += [(f"\n{name:14}", "bold"), (f"{way:14}  ", "dim"), (words, "bold" if way == OURS else "")]
    return parts


def _beside(found: Sequence[Part], width: int, is_detail: bool) -> list[tuple[str, str]]:
    heads = [way for way, _ in _ways(found[0], is_detail)]
    cells = (width - 16) // len(heads) - 2
    parts = [(f"\n{'':14}", ""), *((f"  {fit(head, cells)}", "dim") for head in heads)]
    for part in found:
        parts.append((f"\n{NAMES.get(part.name, part.name):14}", "bold"))
        for way, words in _ways(part, is_detail):
            shown = fit(words, cells) if cell_len(words) > cells else words + " " * (cells - cell_len(words))
            parts.append((f"  {shown}", "bold" if way == OURS else ""))
    return parts
