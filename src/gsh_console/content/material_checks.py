"""The gate of the booklets: what is wrong in the English, in each language, and in what was approved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from gsh_console.content.booklets import Library
from gsh_console.content.catalogues import TranslationStatus
from gsh_console.content.extract import page_messages
from gsh_console.content.inline import inline_text, why_unusable
from gsh_console.content.languages import Language
from gsh_console.content.manuscripts import Manuscript, Message, Review, Worksheet, example_cell, is_wording
from gsh_console.content.page_words import DOMAIN, why_misformed
from gsh_console.content.readability import readability
from gsh_console.content.segments import EXPRESSION
from gsh_console.content.wording_checks import Level, wording_faults
from gsh_console.faults import GshFault

__all__ = ["Finding", "Level", "Standing", "approval_digest", "check_library", "standing"]

LONGEST_SENTENCE, MEAN_SENTENCE = 20, 12

_Complaint = tuple[Level, str, str]  # level, place, message


@dataclass(frozen=True)
class Finding:
    """One thing a person should look at."""

    level: Level
    booklet: str
    language: str
    place: str
    message: str


@dataclass(frozen=True)
class Standing:
    """How far one language of a booklet is translated and reviewed."""

    booklet: str
    language: str
    finished: int
    changed: int
    missing: int
    status: str


def check_library(library: Library) -> tuple[Finding, ...]:
    """Everything wrong in every booklet and language; a file that cannot be read is a finding too."""
    try:
        languages = [language for language in library.languages if not language.is_english]
    except GshFault as fault:
        return (Finding(Level.ERROR, "", "", "language.toml", str(fault)),)
    findings: list[Finding] = []
    for booklet in library.booklets:
        findings += _run(booklet, "en", partial(_check_english, library, booklet))
        for language in languages:
            findings += _run(booklet, language.code, partial(_check_language, library, booklet, language))
    for language in languages:
        findings += _run(DOMAIN, language.code, partial(_check_page, library, language))
    return tuple(findings)


def standing(library: Library, booklet: str, language: Language) -> Standing:
    """Count finished, changed and missing messages; a translation unfit to show counts as missing."""
    statuses = [_look_up(library, booklet, language, each)[1] for each in library.manuscript(booklet).messages]
    return Standing(
        booklet,
        language.code,
        finished=statuses.count(TranslationStatus.TRANSLATED),
        changed=statuses.count(TranslationStatus.STALE),
        missing=statuses.count(TranslationStatus.ENGLISH),
        status=library.manuscript(booklet).front.review_status(language.code),
    )


def approval_digest(library: Library, booklet: str, language: Language) -> str:
    """A short fingerprint of the wording a reviewer read; any later change alters it."""
    lines = [
        f"{message.context}\x00{message.text}\x00{_look_up(library, booklet, language, message)[0]}"
        for message in library.manuscript(booklet).messages
    ]
    return sha256("\n".join(lines).encode("utf-8")).hexdigest()[:16]


def _run(booklet: str, language: str, check: Callable[[], Iterator[_Complaint]]) -> list[Finding]:
    try:
        return [Finding(level, booklet, language, place, text) for level, place, text in check()]
    except GshFault as fault:
        return [Finding(Level.ERROR, booklet, language, "", str(fault))]


def _look_up(library: Library, booklet: str, language: Language, message: Message) -> tuple[str, TranslationStatus]:
    if language.is_english:
        return message.text, TranslationStatus.TRANSLATED
    catalogue = library.catalogue(booklet, language.code)
    if catalogue is None:
        return "", TranslationStatus.ENGLISH
    found = catalogue.find(message.text, message.context)
    if found.text and why_unusable(message.text, found.text):
        return found.text, TranslationStatus.ENGLISH
    return found.text, found.status


def _place(message: Message) -> str:
    number = f" {message.number}" if message.number else ""
    return f"{message.file}{number}"


def _check_english(library: Library, booklet: str) -> Iterator[_Complaint]:
    manuscript = library.manuscript(booklet)
    yield from _check_reading(manuscript)
    yield from _check_telephones(manuscript, library.telephones.values())
    yield from _check_worksheets(manuscript)
    english = next(language for language in library.languages if language.is_english)
    yield from _check_approval(library, booklet, english)
    for code in manuscript.front.review:
        if code not in [language.code for language in library.languages]:
            yield Level.WARNING, "booklet.toml", f'a review names "{code}", which is not an installed language'


def _check_reading(manuscript: Manuscript) -> Iterator[_Complaint]:
    names = ("crisis.md", *manuscript.front.chapters)
    for name, passages in zip(names, (manuscript.crisis, *manuscript.chapters), strict=True):
        texts = [passage.segment.text for passage in passages if passage.segment.kind != "worksheet"]
        found = readability(inline_text(EXPRESSION.sub("Amina", text), {}) for text in texts)
        if found.reading_age > manuscript.front.reading_age_max:
            limit = f"{manuscript.front.reading_age_max:g}"
            yield Level.ERROR, name, f"the reading age is {found.reading_age}, above {limit}"
        if found.mean_sentence > MEAN_SENTENCE:
            average = f"{found.mean_sentence} words, above {MEAN_SENTENCE}"
            yield Level.ERROR, name, f"a sentence has on average {average}"
        if found.longest_sentence > LONGEST_SENTENCE:
            longest = f'{found.longest_sentence} words, above {LONGEST_SENTENCE}: "{found.longest_words} …"'
            yield Level.ERROR, name, f"the longest sentence has {longest}"


def _check_telephones(manuscript: Manuscript, numbers: Iterable[str]) -> Iterator[_Complaint]:
    for message in manuscript.messages:
        words = EXPRESSION.sub("", message.text)
        for number in numbers:
            if re.search(rf"(?<!\d){re.escape(number)}(?!\d)", words):
                yield Level.ERROR, _place(message), f"{number} is typed by hand; use {{{{ tel.… }}}}"


def _check_worksheets(manuscript: Manuscript) -> Iterator[_Complaint]:
    placed = {each.segment.text for each in manuscript.passages if each.segment.kind == "worksheet"}
    offered = {(message.context, message.text) for message in manuscript.messages}
    for worksheet in manuscript.worksheets.values():
        name = f"worksheet {worksheet.id}"
        if worksheet.id not in placed:
            yield Level.WARNING, name, "no chapter places it, so no reader will see it"
        for key in _shown(worksheet):
            if is_wording(key[1]) and key not in offered:
                yield Level.ERROR, name, f'"{key[1]}" is not listed in i18n, so nobody can translate it'


def _shown(worksheet: Worksheet) -> Iterator[tuple[str, str]]:
    yield "title", worksheet.title
    yield "intro", worksheet.intro
    for column in worksheet.columns:
        yield "columns.label", column.label
        for row in worksheet.example:
            yield "example", example_cell(row, column)


def _check_language(library: Library, booklet: str, language: Language) -> Iterator[_Complaint]:
    if library.catalogue(booklet, language.code) is None:
        yield Level.WARNING, "", "not translated yet"
        return
    manuscript = library.manuscript(booklet)
    approved = manuscript.front.review.get(language.code, Review()).status == "approved"
    incomplete = Level.ERROR if approved else Level.WARNING
    for message in manuscript.messages:
        translated, status = _look_up(library, booklet, language, message)
        if translated:
            for level, text in wording_faults(message.text, translated, language):
                yield level, _place(message), text
        if message.safety and status is not TranslationStatus.TRANSLATED:
            yield incomplete, _place(message), f"safety text is not translated ({status})"
    counted = standing(library, booklet, language)
    if counted.changed or counted.missing:
        unfinished = f"{counted.missing} missing, {counted.changed} changed since translation"
        yield incomplete, "", f"{unfinished}, {counted.finished} finished"
    yield from _check_approval(library, booklet, language)


def _check_approval(library: Library, booklet: str, language: Language) -> Iterator[_Complaint]:
    front = library.manuscript(booklet).front
    review = front.review.get(language.code, Review())
    if review.status != "approved":
        return
    if front.review_status(language.code) != "approved":
        old = review.source_version or "no version"
        yield Level.ERROR, "booklet.toml", f"the approval is for {old}, the booklet is {front.version}"
    if not (review.clinical_reviewer and review.lay_reader):
        yield Level.ERROR, "booklet.toml", "approved without a clinical reviewer and a lay reader"
    digest = approval_digest(library, booklet, language)
    if review.digest != digest:
        yield Level.ERROR, "booklet.toml", f"the approved wording is not this wording, whose digest is {digest}"


def _check_page(library: Library, language: Language) -> Iterator[_Complaint]:
    catalogue = library.catalogue(DOMAIN, language.code)
    if catalogue is None:
        yield Level.WARNING, "", "the words round the booklet are not translated yet"
        return
    untranslated = 0
    for english in dict.fromkeys(text for text, _ in page_messages()):
        translated = catalogue.find(english).text
        untranslated += not translated
        if translated:
            if reason := why_misformed(english, translated):
                yield Level.ERROR, english, f"{reason}; readers will see the English"
            for level, text in wording_faults(english, translated, language):
                yield level, english, text
    if untranslated:
        yield Level.WARNING, "", f"{untranslated} of the words round the booklet are not translated"
