"""The library of booklets: what there is, how it stands in each language, and its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gsh_console.content import composing, rendering
from gsh_console.content.cards import has_card
from gsh_console.content.catalogues import Catalogue, TranslationStatus, has_catalogue, read_catalogue
from gsh_console.content.languages import Language, read_languages
from gsh_console.content.manuscripts import Manuscript, Worksheet, read_manuscript
from gsh_console.content.page_words import DOMAIN
from gsh_console.content.personal import Personal
from gsh_console.faults import MaterialFault, nearest

__all__ = [
    "BookletEntry",
    "LanguageReview",
    "Library",
    "Paragraph",
    "TranslationStatus",
    "WorksheetEntry",
]

TELEPHONES: Mapping[str, str] = MappingProxyType({"emergency": "999", "nhs": "111", "samaritans": "116 123"})


@dataclass(frozen=True)
class Paragraph:
    """One numbered block in plain English, and how it stands in the patient's language."""

    number: str
    chapter: int
    kind: str
    text: str
    status: TranslationStatus


@dataclass(frozen=True)
class LanguageReview:
    """How far one language of a booklet has been reviewed."""

    language: str
    name: str
    direction: str
    status: str
    reviewer: str


@dataclass(frozen=True)
class WorksheetEntry:
    """A worksheet of a booklet: what it is, and the columns a practitioner can fill in."""

    id: str
    kind: str
    title: str
    columns: tuple[str, ...]
    rows: int
    column_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class BookletEntry:
    """A booklet as the catalogue lists it."""

    id: str
    title: str
    summary: str
    version: str
    problem_descriptors: tuple[str, ...]
    chapters: tuple[str, ...]
    worksheets: tuple[WorksheetEntry, ...]
    reviews: tuple[LanguageReview, ...]


class Library:
    """The booklets of one folder with the catalogues of another, each file read once."""

    def __init__(self, materials: Path, translations: Path, *, telephones: Mapping[str, str] = TELEPHONES) -> None:
        self.materials = materials
        self.translations = translations
        self.telephones = dict(telephones)
        self._manuscripts: dict[str, Manuscript] = {}
        self._catalogues: dict[tuple[str, str], Catalogue | None] = {}
        self._languages: dict[str, Language] = {}

    @property
    def booklets(self) -> tuple[str, ...]:
        """The id of every booklet."""
        return tuple(sorted(path.parent.name for path in self.materials.glob("*/booklet.toml")))

    @property
    def languages(self) -> tuple[Language, ...]:
        """English and every installed language."""
        if not self._languages:
            self._languages = read_languages(self.translations)
        return tuple(self._languages.values())

    def entries(self) -> tuple[BookletEntry, ...]:
        """Every booklet."""
        return tuple(self.entry(booklet) for booklet in self.booklets)

    def entry(self, booklet: str) -> BookletEntry:
        """One booklet as the catalogue lists it."""
        manuscript = self.manuscript(booklet)
        front = manuscript.front
        return BookletEntry(
            id=front.id,
            title=front.title,
            summary=front.summary,
            version=front.version,
            problem_descriptors=front.problem_descriptors,
            chapters=manuscript.chapter_titles,
            worksheets=tuple(_worksheet_entry(each) for each in manuscript.worksheets.values()),
            reviews=tuple(_review(manuscript, language) for language in self.languages_of(booklet)),
        )

    def paragraphs(self, booklet: str, language: str) -> tuple[Paragraph, ...]:
        """Every block in plain English with its number and how it stands in the language."""
        edition = self.edition(booklet, language)
        return tuple(
            Paragraph(passage.number, passage.chapter, passage.segment.kind, words, status)
            for passage, words, status in composing.statuses(edition)
        )

    def html(self, booklet: str, language: str, personal: Personal | None, *, large_print: bool = False) -> str:
        """The booklet as one page to open, print or send."""
        return rendering.html(self._released(booklet, language), personal, large_print=large_print)

    def text(self, booklet: str, language: str, personal: Personal | None) -> str:
        """The booklet as plain text."""
        return rendering.text(self._released(booklet, language), personal)

    def pdf(self, booklet: str, language: str, personal: Personal | None, *, large_print: bool = False) -> bytes:
        """The booklet on paper, tagged; a fault if typst or a font for the script is not installed."""
        from gsh_console.content.pdf import pdf

        return pdf(self._released(booklet, language), personal, large_print=large_print)

    def has_card(self, booklet: str) -> bool:
        """Whether the booklet has a card: one sheet with who to ring and its safety form."""
        return has_card(self.manuscript(booklet))

    def card_html(self, booklet: str, language: str, personal: Personal | None, *, large_print: bool = False) -> str:
        """The card as one page; a fault if the booklet has none."""
        return rendering.card(self._released(booklet, language), personal, large_print=large_print)

    def card_pdf(self, booklet: str, language: str, personal: Personal | None, *, large_print: bool = False) -> bytes:
        """The card on one sheet of A4; a fault if the booklet has none, or as `pdf`."""
        from gsh_console.content.pdf import pdf

        return pdf(self._released(booklet, language), personal, large_print=large_print, card=True)

    def languages_of(self, booklet: str) -> tuple[Language, ...]:
        """English and the languages that have a catalogue of this booklet, none of which is opened for that."""
        return tuple(
            each for each in self.languages if each.is_english or has_catalogue(self.translations, each.code, booklet)
        )

    def manuscript(self, booklet: str) -> Manuscript:
        """The booklet as its author wrote it."""
        if booklet not in self._manuscripts:
            if booklet not in self.booklets:
                raise MaterialFault(f'There is no booklet "{booklet}".', nearest(booklet, self.booklets))
            folder = self.materials / booklet
            self._manuscripts[booklet] = read_manuscript(folder, frozenset(self.telephones))
        return self._manuscripts[booklet]

    def catalogue(self, domain: str, language: str) -> Catalogue | None:
        """The catalogue of a booklet, or of the page's own words, in a language."""
        key = (domain, language)
        if key not in self._catalogues:
            self._catalogues[key] = read_catalogue(self.translations, language, domain)
        return self._catalogues[key]

    def edition(self, booklet: str, language: str) -> composing.Edition:
        """The booklet in a language, refusing one it has not been translated into."""
        manuscript = self.manuscript(booklet)
        installed = {each.code: each for each in self.languages_of(booklet)}
        if language not in installed:
            raise MaterialFault(
                f'"{manuscript.front.title}" has no translation "{language}".', nearest(language, installed)
            )
        return composing.Edition(
            manuscript,
            installed[language],
            self.catalogue(booklet, language),
            self.catalogue(DOMAIN, language),
            self.telephones,
        )

    def _released(self, booklet: str, language: str) -> composing.Edition:
        edition = self.edition(booklet, language)
        if edition.review_status == "withdrawn":
            raise MaterialFault(
                f'"{edition.manuscript.front.title}" in {edition.language.name} has been withdrawn.',
                "Please use another language or another booklet.",
            )
        return edition


def _worksheet_entry(worksheet: Worksheet) -> WorksheetEntry:
    columns = tuple(column.label for column in worksheet.columns)
    ids = tuple(column.id for column in worksheet.columns)
    return WorksheetEntry(worksheet.id, worksheet.kind, worksheet.title, columns, worksheet.rows, ids)


def _review(manuscript: Manuscript, language: Language) -> LanguageReview:
    review = manuscript.front.review.get(language.code)
    return LanguageReview(
        language=language.code,
        name=language.name,
        direction=language.direction,
        status=manuscript.front.review_status(language.code),
        reviewer=review.clinical_reviewer if review else "",
    )
