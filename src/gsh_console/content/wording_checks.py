"""What can be wrong with one translated message, told from its English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from gsh_console.content.fonts import missing_letters
from gsh_console.content.glossary import Term, missing_terms
from gsh_console.content.inline import DIRECTION_CONTROLS, bold_parts, links_in, why_unusable
from gsh_console.content.languages import Language
from gsh_console.content.segments import EXPRESSION, names_in

# A word and a colon are everyday wording ("Data: …" is Polish for a date); an address goes on after it.
_HOSTILE = re.compile(
    r"<\s*/?[a-z!?]|javascript:|data:\w+/|&#|\{%|%\}|\{#|[\ue000-\uf8ff]|[\x00-\x08\x0b-\x1f\x7f]", re.I
)
_SPLIT_NUMBER = re.compile(r"\d[^\S\u00a0\u202f]+\d")
_DASHED_NUMBER = re.compile(r"\d[-‐‑–—/]\d")
_LATIN_NAMES = re.compile(r"\b(NHS|GP|TV|UK|CBT|PDF|Samaritans|SHOUT)\b|\(https?:[^)]*\)|%\(\w+\)s")
_LATIN_LETTER = re.compile(r"[A-Za-z]")
_MOST_LATIN_LETTERS = 12
_SHORTEST_COMPARED, _SMALLEST_RATIO, _LARGEST_RATIO = 40, 0.35, 2.2
_COMPACT_SCRIPTS = ("zh", "ja", "ko")


class Level(StrEnum):
    """Whether a finding stops a release."""

    ERROR = "error"
    WARNING = "warning"


class Check(StrEnum):
    """The name of every check, as `materials check` prints it."""

    FILES = "files"
    PLACEHOLDERS = "placeholders"
    NUMBERS = "numbers"
    BOLD = "bold"
    LINKS = "links"
    LINK_DATES = "link dates"
    DIRECTION = "direction controls"
    RTL_DIGITS = "digits in right-to-left text"
    HOSTILE = "hostile"
    LETTERS = "letters"
    FONTS = "fonts"
    GLOSSARY = "glossary"
    LENGTH = "length"
    ENGLISH_LEFT = "English left in"
    UNFINISHED = "unfinished"
    SAFETY = "safety text"
    APPROVAL = "approval"
    REVIEW = "second reading"
    READING_AGE = "reading age"
    SENTENCES = "sentence length"
    SPELLING = "spelling"
    TELEPHONES = "telephones"
    WORKSHEETS = "worksheets"
    BARE = "bare words"


Fault = tuple[Level, Check, str]


def wording_faults(english: str, translated: str, language: Language, terms: tuple[Term, ...] = ()) -> Iterator[Fault]:
    """Everything wrong with a translation of one message."""
    if reason := why_unusable(english, translated):
        yield Level.ERROR, _kind_of(english, translated), f"{reason}; readers will see the English"
    elif bold_parts(english) != bold_parts(translated):
        yield Level.ERROR, Check.BOLD, "the number of **bold** parts differs once rendered"
    yield from _numbers(english, translated)
    yield from _characters(translated, language)
    if language.direction == "rtl":
        yield from _right_to_left(translated)
    yield from _doubtful(english, translated, language)
    for term in missing_terms(english, translated, terms):
        forms = " or ".join(f"“{form}”" for form in term.forms)
        yield Level.WARNING, Check.GLOSSARY, f'"{term.english}" is {forms} in the glossary, and not in this message'


def _kind_of(english: str, translated: str) -> Check:
    """Which of the faults that make a message unusable it is."""
    if _HOSTILE.search(EXPRESSION.sub("", translated)):
        return Check.HOSTILE
    same_names = sorted(names_in(english)) == sorted(names_in(translated))
    return Check.LINKS if same_names and links_in(english) != links_in(translated) else Check.PLACEHOLDERS


def _numbers(english: str, translated: str) -> Iterator[Fault]:
    expected, given = _numbers_in(english), _numbers_in(translated)
    if expected != given:
        shown = f"{', '.join(given) or 'none'}, the English has {', '.join(expected) or 'none'}"
        yield Level.ERROR, Check.NUMBERS, f"the numbers are {shown}"
    if any(unicodedata.category(each) == "Nd" and not each.isascii() for each in translated):
        yield Level.WARNING, Check.NUMBERS, "native digits; the house rule is 0 to 9"


def _numbers_in(text: str) -> list[str]:
    plain = "".join(
        str(unicodedata.digit(each)) if unicodedata.category(each) == "Nd" else each
        for each in EXPRESSION.sub(" ", text)
    )
    return sorted(re.findall(r"\d+", plain))


def _characters(translated: str, language: Language) -> Iterator[Fault]:
    if _HOSTILE.search(translated):
        yield Level.ERROR, Check.HOSTILE, "HTML, script, template or control characters"
    if DIRECTION_CONTROLS.search(translated):
        yield Level.ERROR, Check.DIRECTION, "direction controls typed by hand; the page sets direction itself"
    if not unicodedata.is_normalized("NFC", translated):
        yield Level.WARNING, Check.LETTERS, "letters are not in composed form (NFC)"
    if lacking := missing_letters(language, DIRECTION_CONTROLS.sub("", translated)):
        shown = ", ".join(f"U+{ord(each):04X}" for each in lacking[:3])
        yield Level.ERROR, Check.FONTS, f"the fonts of {language.name} lack {shown}; paper would show boxes"


def _right_to_left(translated: str) -> Iterator[Fault]:
    bare = EXPRESSION.sub("x", translated)
    if _SPLIT_NUMBER.search(bare):
        yield Level.ERROR, Check.RTL_DIGITS, "digits, space, digits will be read in reverse; use {{ tel.… }}"
    if _DASHED_NUMBER.search(bare):
        yield Level.WARNING, Check.RTL_DIGITS, "digits joined by a dash or slash may be read in reverse"
    latin = _LATIN_LETTER.findall(_LATIN_NAMES.sub("", EXPRESSION.sub("", translated)))
    if len(latin) > _MOST_LATIN_LETTERS:
        yield Level.WARNING, Check.ENGLISH_LEFT, "English words seem to be left in"


def _doubtful(english: str, translated: str, language: Language) -> Iterator[Fault]:
    ratio = len(translated) / max(1, len(english))
    compact = language.code.startswith(_COMPACT_SCRIPTS)
    if len(english) > _SHORTEST_COMPARED and not compact and not _SMALLEST_RATIO < ratio < _LARGEST_RATIO:
        yield Level.WARNING, Check.LENGTH, f"{ratio:.1f} times as long as the English"
    if translated == english and len(english) > _SHORTEST_COMPARED:
        yield Level.WARNING, Check.ENGLISH_LEFT, "the same as the English"
