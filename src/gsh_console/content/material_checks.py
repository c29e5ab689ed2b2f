"""The gate of the booklets: what is wrong in the English, in each language, and in what was approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256

from gsh_console.content.booklets import Library
from gsh_console.content.catalogues import TranslationStatus
from gsh_console.content.english_checks import Complaint, english_faults, place_of
from gsh_console.content.extract import page_messages
from gsh_console.content.glossary import read_glossary
from gsh_console.content.inline import why_unusable
from gsh_console.content.languages import Language
from gsh_console.content.manuscripts import Message, Review
from gsh_console.content.page_words import DOMAIN, why_misformed
from gsh_console.content.review_sheets import Verdict, read_verdicts, rows_of
from gsh_console.content.wording_checks import Check, Level, wording_faults
from gsh_console.faults import GshFault

__all__ = ["Check", "Finding", "Level", "Standing", "approval_digest", "check_library", "standing"]


@dataclass(frozen=True)
class Finding:
    """One thing a person should look at."""

    level: Level
    check: Check
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
    words_left: int = 0
    safety_left: int = 0
    read_twice: int = 0


def check_library(library: Library, today: date | None = None) -> tuple[Finding, ...]:
    """Everything wrong in every booklet and language; a file that cannot be read is a finding too."""
    today = today or date.today()  # noqa: DTZ011  the day on the wall, for the age of links
    try:
        languages = [language for language in library.languages if not language.is_english]
    except GshFault as fault:
        return (Finding(Level.ERROR, Check.FILES, "", "", "language.toml", str(fault)),)
    findings: list[Finding] = []
    for booklet in library.booklets:
        findings += _run(booklet, "en", partial(_check_english, library, booklet, today))
        for language in languages:
            findings += _run(booklet, language.code, partial(_check_language, library, booklet, language))
    for language in languages:
        findings += _run(DOMAIN, language.code, partial(_check_page, library, language))
    return tuple(findings)


def standing(library: Library, booklet: str, language: Language) -> Standing:
    """Count finished, changed and missing messages; a translation unfit to show counts as missing."""
    messages = library.manuscript(booklet).messages
    statuses = [_look_up(library, booklet, language, each)[1] for each in messages]
    left = [each for each, status in zip(messages, statuses, strict=True) if status is not TranslationStatus.TRANSLATED]
    return Standing(
        booklet,
        language.code,
        finished=statuses.count(TranslationStatus.TRANSLATED),
        changed=statuses.count(TranslationStatus.STALE),
        missing=statuses.count(TranslationStatus.ENGLISH),
        status=library.manuscript(booklet).front.review_status(language.code),
        words_left=sum(len(each.text.split()) for each in left),
        safety_left=sum(each.safety for each in left),
        read_twice=sum(each.verdict == "right" for each in _verdicts(library, booklet, language)),
    )


def _verdicts(library: Library, booklet: str, language: Language) -> list[Verdict]:
    """The verdicts that hold for the wording as it stands."""
    if language.is_english or not (held := read_verdicts(library.translations, booklet, language.code)):
        return []
    return [held[row.message] for row in rows_of(library, booklet, language) if row.message in held]


def approval_digest(library: Library, booklet: str, language: Language) -> str:
    """A short fingerprint of the wording a reviewer read; any later change alters it."""
    lines = [
        f"{message.context}\x00{message.text}\x00{_look_up(library, booklet, language, message)[0]}"
        for message in library.manuscript(booklet).messages
    ]
    return sha256("\n".join(lines).encode("utf-8")).hexdigest()[:16]


def _run(booklet: str, language: str, check: Callable[[], Iterator[Complaint]]) -> list[Finding]:
    try:
        return [Finding(level, name, booklet, language, place, text) for level, name, place, text in check()]
    except GshFault as fault:
        return [Finding(Level.ERROR, Check.FILES, booklet, language, "", str(fault))]


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


def _check_english(library: Library, booklet: str, today: date) -> Iterator[Complaint]:
    yield from english_faults(library, booklet, today)
    english = next(language for language in library.languages if language.is_english)
    yield from _check_approval(library, booklet, english)


def _check_language(library: Library, booklet: str, language: Language) -> Iterator[Complaint]:
    if library.catalogue(booklet, language.code) is None:
        if language.code in library.manuscript(booklet).front.review:  # others stand in English on purpose
            yield Level.WARNING, Check.UNFINISHED, "", "not translated yet"
        return
    manuscript = library.manuscript(booklet)
    approved = manuscript.front.review.get(language.code, Review()).status == "approved"
    incomplete = Level.ERROR if approved else Level.WARNING
    terms = read_glossary(library.translations, language.code)
    counted = standing(library, booklet, language)
    begun = approved or counted.finished > 0
    for message in manuscript.messages:
        translated, status = _look_up(library, booklet, language, message)
        if translated:
            for level, name, text in wording_faults(message.text, translated, language, terms):
                yield level, name, place_of(message), text
        if begun and message.safety and status is not TranslationStatus.TRANSLATED:
            yield incomplete, Check.SAFETY, place_of(message), f"safety text is not translated ({status})"
    if counted.changed or counted.missing:
        unfinished = f"{counted.missing} missing, {counted.changed} changed since translation"
        yield incomplete, Check.UNFINISHED, "", f"{unfinished}, {counted.finished} finished"
    for verdict in _verdicts(library, booklet, language):
        if verdict.verdict == "wrong":
            yield (
                incomplete,
                Check.REVIEW,
                verdict.number,
                f"a second reader found it wrong: {verdict.note or 'no note'}",
            )
    yield from _check_approval(library, booklet, language)


def _check_approval(library: Library, booklet: str, language: Language) -> Iterator[Complaint]:
    front = library.manuscript(booklet).front
    review = front.review.get(language.code, Review())
    if review.status != "approved":
        return
    if front.review_status(language.code) != "approved":
        old = review.source_version or "no version"
        yield Level.ERROR, Check.APPROVAL, "booklet.toml", f"the approval is for {old}, the booklet is {front.version}"
    if not (review.clinical_reviewer and review.lay_reader):
        yield Level.ERROR, Check.APPROVAL, "booklet.toml", "approved without a clinical reviewer and a lay reader"
    digest = approval_digest(library, booklet, language)
    if review.digest != digest:
        yield (
            Level.ERROR,
            Check.APPROVAL,
            "booklet.toml",
            f"the approved wording is not this wording, whose digest is {digest}",
        )


def _check_page(library: Library, language: Language) -> Iterator[Complaint]:
    catalogue = library.catalogue(DOMAIN, language.code)
    if catalogue is None:
        yield Level.WARNING, Check.UNFINISHED, "", "the words round the booklet are not translated yet"
        return
    untranslated = 0
    for english in dict.fromkeys(text for text, _ in page_messages()):
        translated = catalogue.find(english).text
        untranslated += not translated
        if translated:
            if reason := why_misformed(english, translated):
                yield Level.ERROR, Check.PLACEHOLDERS, english, f"{reason}; readers will see the English"
            for level, name, text in wording_faults(english, translated, language):
                yield level, name, english, text
    if untranslated:
        yield Level.WARNING, Check.UNFINISHED, "", f"{untranslated} of the words round the booklet are not translated"
