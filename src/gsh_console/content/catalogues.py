"""Catalogues: what a translator wrote for each message, from the .po of a checkout or the .mo of a wheel."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gsh_console.faults import MaterialFault

if TYPE_CHECKING:  # an installed console reads compiled catalogues and never needs Babel's readers
    from babel.messages.catalog import Catalog, Message

_STALE = "changed since translation"  # context of the marks that tell a compiled catalogue what changed


class TranslationStatus(StrEnum):
    """How a paragraph stands in a language."""

    TRANSLATED = "translated"
    ENGLISH = "english"
    STALE = "changed"


@dataclass(frozen=True)
class Found:
    """A message as the catalogue has it; no text unless it is translated and up to date."""

    text: str
    status: TranslationStatus


class Messages(Protocol):
    """Whatever answers with the translation of a message."""

    def find(self, text: str, context: str = "") -> Found:
        """The translation of a message, or why there is none."""


class Catalogue:
    """The messages of one domain in one language; a message it lacks is never quietly English."""

    def __init__(self, compiled: bytes) -> None:
        self._messages = gettext.GNUTranslations(BytesIO(compiled))
        self._messages.add_fallback(_Absent())

    def find(self, text: str, context: str = "") -> Found:
        """The translation of a message, or why there is none."""
        translated = self._lookup(text, context)
        if translated:
            return Found(translated, TranslationStatus.TRANSLATED)
        stale = self._lookup(text, f"{_STALE}|{context}")
        return Found("", TranslationStatus.STALE if stale else TranslationStatus.ENGLISH)

    def _lookup(self, text: str, context: str) -> str:
        return self._messages.pgettext(context, text) if context else self._messages.gettext(text)


class _Absent(gettext.NullTranslations):
    """Answers every lookup with nothing."""

    def gettext(self, message: str) -> str:  # noqa: ARG002  gettext gives the signature
        return ""

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002  gettext gives the signature
        return ""


def has_catalogue(translations: Path, language: str, domain: str) -> bool:
    """Whether a domain has a catalogue in a language, be it source or compiled."""
    folder = translations / language / "LC_MESSAGES"
    return any((folder / f"{domain}.{ending}").is_file() for ending in ("po", "mo"))


def read_catalogue(translations: Path, language: str, domain: str) -> Catalogue | None:
    """The catalogue of a domain: the .po if there is one, else the .mo, else none."""
    folder = translations / language / "LC_MESSAGES"
    source, compiled = folder / f"{domain}.po", folder / f"{domain}.mo"
    if source.is_file():
        return Catalogue(compile_po(source, language))
    return Catalogue(compiled.read_bytes()) if compiled.is_file() else None


def compile_po(path: Path, language: str) -> bytes:
    """The .mo bytes of a .po: finished messages, and a mark for each that changed since its translation."""
    from babel.messages.mofile import write_mo

    catalog = read_po_file(path, language)
    for message in [each for each in catalog if isinstance(each.id, str) and each.id and is_stale(each)]:
        context = f"{_STALE}|{message.context or ''}"
        catalog.add(message.id, "1", context=context)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def read_po_file(path: Path, language: str | None = None) -> Catalog:
    """Read a .po with the previous wording of each changed message, which Babel takes for a comment."""
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as stream:
            catalog = read_po(stream, locale=language, domain=path.stem, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as fault:
        raise MaterialFault(
            f"{path.parts[-3]}/{path.name} is not a readable catalogue: {fault}.",
            "Please correct the file with a .po editor.",
        ) from fault
    for message in catalog:
        _take_previous(message)
    return catalog


def is_stale(message: Message) -> bool:
    """Whether the English of a translated message changed since it was translated."""
    return message.fuzzy and bool(message.previous_id)


def _take_previous(message: Message) -> None:
    from babel.messages.pofile import unescape

    previous = [line for line in message.user_comments if line.startswith("|")]
    if not previous:
        return
    message.user_comments = [line for line in message.user_comments if line not in previous]
    texts: list[str] = []
    for line in previous:
        keyword, _, quoted = line.removeprefix("|").strip().partition('"')
        if keyword.startswith("msgid"):
            texts.append("")
        if texts and not keyword.startswith("msgctxt"):
            texts[-1] += unescape(f'"{quoted}')
    message.previous_id = texts
