"""What can be wrong with a booklet in English, before anybody translates it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from gsh_console.content.booklets import Library
from gsh_console.content.extract import page_messages
from gsh_console.content.inline import inline_text, links_in
from gsh_console.content.manuscripts import Manuscript, Message, Worksheet, example_cell, is_wording
from gsh_console.content.pseudo import bare_words
from gsh_console.content.readability import readability
from gsh_console.content.segments import EXPRESSION, names_in
from gsh_console.content.wording_checks import Check, Level
from gsh_console.faults import DefinitionFault

LONGEST_SENTENCE, MEAN_SENTENCE = 20, 12
LINK_LIFE_DAYS = 365
CRISIS_NUMBERS = ("emergency", "nhs", "samaritans")

Complaint = tuple[Level, Check, str, str]  # level, check, place, message


def english_faults(library: Library, booklet: str, today: date) -> Iterator[Complaint]:
    """Everything wrong in the English of a booklet."""
    manuscript = library.manuscript(booklet)
    yield from _check_reading(manuscript)
    yield from _check_telephones(manuscript, library.telephones)
    yield from _check_safety(manuscript)
    yield from _check_worksheets(manuscript)
    yield from _check_links(manuscript, library.materials / "links.toml", today)
    page = frozenset(text for text, _ in page_messages())
    for words in bare_words(manuscript, library.telephones, page):
        yield Level.ERROR, Check.BARE, "", f'no translator can reach "{words[:60]}"'
    for code in manuscript.front.review:
        if code not in [language.code for language in library.languages]:
            told = f'a review names "{code}", which is not an installed language'
            yield Level.WARNING, Check.APPROVAL, "booklet.toml", told


def place_of(message: Message) -> str:
    """Where a message stands: its file, and its number if it has one."""
    number = f" {message.number}" if message.number else ""
    return f"{message.file}{number}"


def english_text(message: str) -> str:
    """A message as it is read: without Markdown, with a name in the place of each placeholder."""
    return inline_text(EXPRESSION.sub("Amina", message), {})


def _check_reading(manuscript: Manuscript) -> Iterator[Complaint]:
    names = ("crisis.md", *manuscript.front.chapters)
    for name, passages in zip(names, (manuscript.crisis, *manuscript.chapters), strict=True):
        texts = [passage.segment.text for passage in passages if passage.segment.kind != "worksheet"]
        found = readability(map(english_text, texts))
        if found.reading_age > manuscript.front.reading_age_max:
            limit = f"{manuscript.front.reading_age_max:g}"
            yield Level.ERROR, Check.READING_AGE, name, f"the reading age is {found.reading_age}, above {limit}"
        if found.mean_sentence > MEAN_SENTENCE:
            average = f"{found.mean_sentence} words, above {MEAN_SENTENCE}"
            yield Level.ERROR, Check.SENTENCES, name, f"a sentence has on average {average}"
        if found.longest_sentence > LONGEST_SENTENCE:
            longest = f'{found.longest_sentence} words, above {LONGEST_SENTENCE}: "{found.longest_words} …"'
            yield Level.ERROR, Check.SENTENCES, name, f"the longest sentence has {longest}"


def _check_telephones(manuscript: Manuscript, telephones: dict[str, str]) -> Iterator[Complaint]:
    for message in manuscript.messages:
        words = EXPRESSION.sub("", message.text)
        for number in telephones.values():
            if re.search(rf"(?<!\d){re.escape(number)}(?!\d)", words):
                told = f"{number} is typed by hand; use {{{{ tel.… }}}}"
                yield Level.ERROR, Check.TELEPHONES, place_of(message), told


def _check_safety(manuscript: Manuscript) -> Iterator[Complaint]:
    said = {name for passage in manuscript.crisis for name in names_in(passage.segment.text)}
    for name in CRISIS_NUMBERS:
        if f"tel.{name}" not in said:
            yield Level.ERROR, Check.SAFETY, "crisis.md", f"the crisis box does not give {{{{ tel.{name} }}}}"


def _check_worksheets(manuscript: Manuscript) -> Iterator[Complaint]:
    placed = {each.segment.text for each in manuscript.passages if each.segment.kind == "worksheet"}
    offered = {(message.context, message.text) for message in manuscript.messages}
    for worksheet in manuscript.worksheets.values():
        name = f"worksheet {worksheet.id}"
        if worksheet.id not in placed:
            yield Level.WARNING, Check.WORKSHEETS, name, "no chapter places it, so no reader will see it"
        for key in _shown(worksheet):
            if is_wording(key[1]) and key not in offered:
                told = f'"{key[1]}" is not listed in i18n, so nobody can translate it'
                yield Level.ERROR, Check.WORKSHEETS, name, told


def _shown(worksheet: Worksheet) -> Iterator[tuple[str, str]]:
    yield "title", worksheet.title
    yield "intro", worksheet.intro
    for column in worksheet.columns:
        yield "columns.label", column.label
        for row in worksheet.example:
            yield "example", example_cell(row, column)


def _check_links(manuscript: Manuscript, path: Path, today: date) -> Iterator[Complaint]:
    used = {address: place_of(message) for message in manuscript.messages for address in links_in(message.text)}
    if not used:
        return
    checked = read_link_dates(path)
    for address, place in used.items():
        if urlsplit(address).scheme != "https":
            yield Level.ERROR, Check.LINK_DATES, place, f"{address} is not an https address"
        elif address not in checked:
            yield (
                Level.ERROR,
                Check.LINK_DATES,
                place,
                f"{address} is not listed in links.toml with the day it was checked",
            )
        elif not 0 <= (today - checked[address]).days <= LINK_LIFE_DAYS:
            told = f"{address} was last checked on {checked[address]}; please open it and renew the date"
            yield Level.WARNING, Check.LINK_DATES, place, told


def read_link_dates(path: Path) -> dict[str, date]:
    """Every address with the day somebody last opened it; nothing if there is no such file."""
    if not path.is_file():
        return {}
    try:
        entries: Iterable[dict[str, object]] = tomllib.loads(path.read_text("utf-8")).get("link", [])
        return {str(entry["address"]): _day(entry["last_checked"]) for entry in entries}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise DefinitionFault(
            f"links.toml cannot be read: {fault}.", "Give each [[link]] an address and a last_checked date."
        ) from None


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError("last_checked is not a date")
    return value
