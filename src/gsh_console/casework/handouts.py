"""Booklets in the patient's hands: rendered for the patient, opened, and recorded as given or talked through."""

from __future__ import annotations

import os
from pathlib import Path

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.content.booklets import BookletEntry, LanguageReview
from gsh_console.domain.entries import MaterialEvent, MaterialUsed
from gsh_console.faults import MaterialFault

FOLDER = "handouts"


def review_of(entry: BookletEntry, language: str) -> LanguageReview:
    """How far a booklet's text in a language was reviewed; English stands in where there is no translation."""
    found = [review for review in entry.reviews if review.language == language]
    return found[0] if found else next(review for review in entry.reviews if review.language == "en")


def write_html(desk: Desk, booklet: str, language: str) -> Path:
    """Write the booklet as one HTML file without anything personal, ready for the browser."""
    entry = desk.library.entry(booklet)
    page = desk.library.html(booklet, language, None)
    folder = desk.store.folder / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{entry.id}_{language}_v{entry.version}.html"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise MaterialFault(f"The booklet could not be written: {error.strerror}.", "Check space and folder.") from None
    return path


def give(conduct: Conduct, booklet: str, language: str, channel: str) -> None:
    """Record that a booklet was given, in which language, version and review status, and how."""
    conduct.record(_used(conduct, MaterialEvent.GIVEN, booklet, language, channel=channel))


def discuss(conduct: Conduct, booklet: str, language: str, paragraph: str) -> None:
    """Record that a numbered paragraph was talked through."""
    conduct.record(_used(conduct, MaterialEvent.DISCUSSED, booklet, language, paragraph=paragraph))


def _used(
    conduct: Conduct, event: MaterialEvent, booklet: str, language: str, *, channel: str = "", paragraph: str = ""
) -> MaterialUsed:
    entry = conduct.desk.library.entry(booklet)
    review = review_of(entry, language)
    return MaterialUsed(
        event=event,
        booklet=entry.id,
        title=entry.title,
        version=entry.version,
        language=review.language,
        language_name=review.name,
        review_status=review.status,
        channel=channel,
        paragraph=paragraph,
    )
