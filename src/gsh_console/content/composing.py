"""A booklet in one language, for one person or for nobody, composed once: every writer draws the same blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from markupsafe import Markup, escape

from gsh_console.content.catalogues import Messages, TranslationStatus
from gsh_console.content.inline import (
    Span,
    Value,
    inline_html,
    inline_spans,
    inline_text,
    why_unusable,
    without_direction_controls,
)
from gsh_console.content.languages import ENGLISH, Language
from gsh_console.content.manuscripts import FrontMatter, Manuscript, Passage, Worksheet, example_cell, is_wording
from gsh_console.content.page_words import BLANKS, ENGLISH_WARNINGS, STATUS_WARNINGS, PageWords
from gsh_console.content.personal import Personal, appointment_words, clean
from gsh_console.content.segments import LISTS

LRI, FSI, PDI, NBSP = "\u2066", "\u2068", "\u2069", "\u00a0"

_NEUTRAL = {
    "first_name": "(first name)",
    "practitioner": "(practitioner)",
    "next_appointment": "(date and time of the next call)",
    "service_name": "(service)",
    "service_phone": "(phone number of the service)",
}


@dataclass(frozen=True)
class Piece:
    """One message as the reader meets it: in the language, or whole in English."""

    wording: str
    values: Mapping[str, Value]
    language: Language
    status: TranslationStatus

    @cached_property
    def html(self) -> Markup:
        """The message for a page."""
        return inline_html(self.wording, self.values)

    @cached_property
    def text(self) -> str:
        """The message as plain text."""
        return inline_text(self.wording, self.values)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The message for paper."""
        return inline_spans(self.wording, self.values)


@dataclass(frozen=True)
class Table:
    """A worksheet ready to draw: headings, the filled example, the person's own rows, and empty rows."""

    title: Piece
    intro: Piece | None
    headings: tuple[Piece, ...]
    example: tuple[tuple[Piece, ...], ...]
    worksheet: Worksheet
    filled: tuple[tuple[str, ...], ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every message of the worksheet."""
        intro = (self.intro,) if self.intro else ()
        cells = (cell for row in self.example for cell in row)
        return (self.title, *intro, *self.headings, *cells)

    @property
    def example_boxes(self) -> tuple[tuple[Piece, ...], ...]:
        """What the example of a form has in each box, a line for each of its rows."""
        return tuple(tuple(cell for cell in box if cell.wording) for box in zip(*self.example, strict=True))

    @property
    def boxes(self) -> tuple[tuple[str, ...], ...]:
        """What the person's own rows put into each box of a form, a line for each."""
        filled = self.filled or (("",) * len(self.headings),)
        return tuple(tuple(cell for cell in box if cell) for box in zip(*filled, strict=True))

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The person's own rows followed by empty ones, as many as the sheet has or the person filled."""
        empty = ("",) * len(self.headings)
        return (*self.filled, *(empty for _ in range(self.worksheet.rows - len(self.filled))))


@dataclass(frozen=True)
class Block:
    """One numbered block of the page."""

    number: str
    chapter: int
    kind: str
    piece: Piece
    table: Table | None = None

    @property
    def anchor(self) -> str:
        """The id of the block in the page."""
        return "p" + self.number.replace(".", "-")

    @property
    def status(self) -> TranslationStatus:
        """How the block stands; a worksheet stands as its worst part."""
        statuses = {each.status for each in self.table.pieces} if self.table else {self.piece.status}
        for worst in (TranslationStatus.ENGLISH, TranslationStatus.STALE):
            if worst in statuses:
                return worst
        return TranslationStatus.TRANSLATED


Group = tuple[str, list[Block]]


@dataclass(frozen=True)
class Edition:
    """A booklet in one language with the catalogues it is drawn from."""

    manuscript: Manuscript
    language: Language
    catalogue: Messages | None
    page_catalogue: Messages | None
    telephones: Mapping[str, str]

    @property
    def words(self) -> PageWords:
        """The page's own words in this language."""
        return PageWords(self.language, self.page_catalogue)

    @property
    def review_status(self) -> str:
        """How far this language of the booklet has been reviewed."""
        return self.manuscript.front.review_status(self.language.code)


@dataclass(frozen=True)
class Composition:
    """Everything a writer puts on a page, in the order a reader meets it."""

    language: Language
    words: PageWords
    front: FrontMatter
    title: Piece
    summary: Piece
    crisis: list[Group]
    chapters: list[list[Group]]
    fallbacks: int
    warnings: list[tuple[Language, str]]
    personal: Personal | None
    values: Mapping[str, Value]
    goals: list[Value] = field(default_factory=list)
    plan: list[Value] = field(default_factory=list)
    lines: list[tuple[Value, Value, Value]] = field(default_factory=list)

    @property
    def contents(self) -> list[Block]:
        """The title of each chapter."""
        return [chapter[0][1][0] for chapter in self.chapters]


def compose(edition: Edition, personal: Personal | None) -> Composition:
    """Set every message of an edition for one person, or for nobody."""
    words = edition.words
    values = _values(personal, edition.language, edition.telephones, words)
    english_words = PageWords(ENGLISH, None)
    setting = _Setting(edition, values, _values(personal, ENGLISH, edition.telephones, english_words), personal)
    front = edition.manuscript.front
    crisis = [setting.block(passage) for passage in edition.manuscript.crisis]
    chapters = [[setting.block(passage) for passage in chapter] for chapter in edition.manuscript.chapters]
    every = [*crisis, *(block for chapter in chapters for block in chapter)]
    return Composition(
        language=edition.language,
        words=words,
        front=front,
        title=setting.piece(front.title, "title"),
        summary=setting.piece(front.summary, "summary"),
        crisis=_grouped(crisis),
        chapters=[_grouped(chapter) for chapter in chapters],
        fallbacks=sum(block.status is not TranslationStatus.TRANSLATED for block in every),
        warnings=_warnings(edition),
        personal=personal,
        values=values,
        goals=[_isolated(goal) for goal in _cleaned(personal.goals if personal else ())],
        plan=[_isolated(step) for step in _cleaned(personal.plan if personal else ())],
        lines=[
            (_isolated(clean(line.name)), _telephone(clean(line.number)), _isolated(clean(line.when)))
            for line in (personal.lines if personal else ())
        ],
    )


def statuses(edition: Edition) -> Iterator[tuple[Passage, str, TranslationStatus]]:
    """Every block with its plain English and how it stands in the edition's language."""
    english = Edition(edition.manuscript, ENGLISH, None, None, edition.telephones)
    neutral = _neutral_values(edition.telephones)
    setting = _Setting(edition, neutral, neutral)
    plain = _Setting(english, neutral, neutral)
    for passage in edition.manuscript.passages:
        block = setting.block(passage)
        yield passage, _plain_words(plain.block(passage)), block.status


def _plain_words(block: Block) -> str:
    """The block's words for a reader who sees no table."""
    if block.table is None:
        return block.piece.text
    intro = [block.table.intro.text] if block.table.intro else []
    headings = " | ".join(heading.text for heading in block.table.headings)
    return " ".join([f"Worksheet: {block.piece.text}.", *intro, headings])


@dataclass(frozen=True)
class _Setting:
    """Sets messages into pieces: the values of the language, and the English ones for what falls back."""

    edition: Edition
    values: Mapping[str, Value]
    english_values: Mapping[str, Value]
    personal: Personal | None = None

    def piece(self, english: str, context: str = "") -> Piece:
        """The message in the edition's language, or whole in English."""
        wording, status = self._wording(english, context)
        if status is TranslationStatus.TRANSLATED:
            return Piece(wording, self.values, self.edition.language, status)
        return Piece(wording, self.english_values, ENGLISH, status)

    def block(self, passage: Passage) -> Block:
        """A block of a chapter."""
        segment = passage.segment
        if segment.kind != "worksheet":
            return Block(passage.number, passage.chapter, segment.kind, self.piece(segment.text))
        table = self._table(self.edition.manuscript.worksheets[segment.text])
        return Block(passage.number, passage.chapter, segment.kind, table.title, table)

    def _wording(self, english: str, context: str) -> tuple[str, TranslationStatus]:
        if self.edition.language.is_english or not is_wording(english):
            return english, TranslationStatus.TRANSLATED
        if self.edition.catalogue is None:
            return english, TranslationStatus.ENGLISH
        found = self.edition.catalogue.find(english, context)
        if found.status is TranslationStatus.TRANSLATED and why_unusable(english, found.text):
            return english, TranslationStatus.ENGLISH
        return without_direction_controls(found.text) or english, found.status

    def _table(self, worksheet: Worksheet) -> Table:
        sheets = self.personal.sheets if self.personal else ()
        typed = next((sheet.rows for sheet in sheets if sheet.worksheet == worksheet.id), ())
        return Table(
            title=self.piece(worksheet.title, "title"),
            intro=self.piece(worksheet.intro, "intro") if worksheet.intro else None,
            headings=tuple(self.piece(column.label, "columns.label") for column in worksheet.columns),
            example=tuple(
                tuple(self.piece(example_cell(row, column), "example") for column in worksheet.columns)
                for row in worksheet.example
            ),
            worksheet=worksheet,
            filled=tuple(tuple(map(clean, row)) for row in typed),
        )


def _warnings(edition: Edition) -> list[tuple[Language, str]]:
    """What stands at the top of a page that is not approved: in English, and in the language if it can."""
    status = edition.review_status
    if edition.language.is_english:
        return [(ENGLISH, ENGLISH_WARNINGS[status])] if status in ENGLISH_WARNINGS else []
    if status not in STATUS_WARNINGS:
        return []
    english = STATUS_WARNINGS[status]
    translated = edition.words.translated(english)
    own = [(edition.language, translated)] if translated else []
    return [(ENGLISH, english), *own]


def _grouped(blocks: list[Block]) -> list[Group]:
    """Neighbouring items of one list together, every other block alone."""
    groups: list[Group] = []
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        members = list(run)
        groups += [(kind, members)] if kind in LISTS else [(kind, [member]) for member in members]
    return groups


def _values(
    personal: Personal | None, language: Language, telephones: Mapping[str, str], words: PageWords
) -> dict[str, Value]:
    values = {f"tel.{name}": _telephone(number) for name, number in telephones.items()}
    for name in BLANKS:
        values[name] = _personal_value(personal, name, language) or _blank(words, BLANKS[name])
    return values


def _personal_value(personal: Personal | None, name: str, language: Language) -> Value | None:
    if personal is None:
        return None
    if name == "next_appointment":
        when = personal.next_appointment
        return _isolated(appointment_words(when, language)) if when else None
    typed = clean(getattr(personal, name))
    if not typed:
        return None
    return _left_to_right(typed) if name == "service_phone" else _isolated(typed)


def _blank(words: PageWords, english: str) -> Value:
    """A place to fill in by hand, named in brackets."""
    html_words = Markup('<span class="blank">({})</span>').format(words.html(english))
    return Value(html_words, f"({words.text(english)})", "" if words.translated(english) else "typed")


def _neutral_values(telephones: Mapping[str, str]) -> dict[str, Value]:
    plain = {f"tel.{name}": number for name, number in telephones.items()} | _NEUTRAL
    return {name: Value(escape(words), words) for name, words in plain.items()}


def _telephone(number: str) -> Value:
    """A number that is read left to right and never broken, whatever surrounds it."""
    dialled = "".join(each for each in number if each.isdigit() or each == "+")
    if not dialled:
        return _isolated(number)  # a nation without such a line has words in its place
    shown = _left_to_right(number)
    return Value(Markup('<a class="tel" href="tel:{}">{}</a>').format(dialled, shown.html), shown.text, "number")


def _left_to_right(number: str) -> Value:
    whole = number.replace(" ", NBSP)
    return Value(Markup('<bdi class="tel" dir="ltr">{}</bdi>').format(whole), f"{LRI}{whole}{PDI}", "number")


def _isolated(typed: str) -> Value:
    return Value(Markup("<bdi>{}</bdi>").format(typed), f"{FSI}{typed}{PDI}", "typed")


def _cleaned(lines: tuple[str, ...]) -> list[str]:
    return [cleaned for cleaned in map(clean, lines) if cleaned]
