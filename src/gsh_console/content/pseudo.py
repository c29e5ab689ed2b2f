"""A language nobody speaks: every message marked and stretched, to show whatever no translator could reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from gsh_console.content import rendering
from gsh_console.content.catalogues import Found, TranslationStatus
from gsh_console.content.composing import Edition
from gsh_console.content.languages import Language
from gsh_console.content.manuscripts import Manuscript
from gsh_console.content.page_words import STATUS_WARNINGS

OPENING, CLOSING = "⟦", "⟧"
PSEUDO = Language("fr", "Pseudo", "⟦Ƥšéûđö⟧", "ltr")  # a real locale, so that dates can be written

_KEPT = re.compile(r"(\{\{.*?\}\}|%\(\w+\)[sd]|\*\*|\]\([^)]*\))")
_ACCENTED = str.maketrans("aceiounyzACEIOUNYZ", "áçéíôúñýžÁÇÉÍÔÚÑÝŽ")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def stretched(english: str) -> str:
    """The message with accents and a third longer, its placeholders and marks left alone."""
    parts = _KEPT.split(english)
    accented = "".join(part if place % 2 else part.translate(_ACCENTED) for place, part in enumerate(parts))
    return f"{OPENING}{accented}{'~' * (len(english) // 3)}{CLOSING}"


class PseudoCatalogue:
    """Answers every message there is with its stretched form, and everything else with nothing."""

    def __init__(self, messages: frozenset[tuple[str, str]]) -> None:
        self._messages = messages

    def find(self, text: str, context: str = "") -> Found:
        """The stretched message if a translator would be asked for it."""
        if (context, text) in self._messages:
            return Found(stretched(text), TranslationStatus.TRANSLATED)
        return Found("", TranslationStatus.ENGLISH)


def bare_words(manuscript: Manuscript, telephones: dict[str, str], page_words: frozenset[str]) -> tuple[str, ...]:
    """Every text of the page that stands outside the marks, so that no translator could reach it."""
    catalogue = PseudoCatalogue(frozenset((message.context, message.text) for message in manuscript.messages))
    page_catalogue = PseudoCatalogue(frozenset(("", text) for text in page_words))
    edition = Edition(manuscript, PSEUDO, catalogue, page_catalogue, telephones)
    page = rendering.html(edition, None)
    known = {PSEUDO.own_name, manuscript.front.licence, *STATUS_WARNINGS.values()}  # the warning is for both sides
    return tuple(dict.fromkeys(text for text in _texts(page) if text not in known))


def _texts(page: str) -> Iterator[str]:
    reader = _Reader()
    reader.feed(page)
    depth = 0
    for text in reader.texts:
        outside = ""
        for character in text:
            depth += (character == OPENING) - (character == CLOSING)
            outside += character if depth == 0 else ""
        if _LATIN.search(outside):
            yield " ".join(outside.replace(CLOSING, "").split())


class _Reader(HTMLParser):
    """Gathers the words of a page that people see."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._quiet += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)
