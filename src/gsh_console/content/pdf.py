"""A composed booklet on paper: a tagged PDF (PDF/UA-1) drawn by typst, which is an optional part of the console."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsh_console.content import fonts
from gsh_console.content.cards import card_of
from gsh_console.content.catalogues import TranslationStatus
from gsh_console.content.composing import FSI, LRI, PDI, Block, Composition, Edition, Group, Piece, Table, compose
from gsh_console.content.inline import Span, Value
from gsh_console.content.languages import ENGLISH, Language
from gsh_console.content.personal import Personal, clean
from gsh_console.faults import MaterialFault

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parent / "templates" / "booklet.typ"
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)  # the same booklet gives the same bytes on any day
_MARKS = {
    TranslationStatus.STALE: "In English: this part has changed since it was translated",
    TranslationStatus.ENGLISH: "In English: this part is not translated yet",
}
_ROOM = {"portrait": 440.0, "landscape": 690.0}  # points between the margins of A4
_LETTER, _PADDING = 0.68, 14  # a bold letter in units of its size; what a cell keeps free, in points
_ISOLATES = str.maketrans("", "", LRI + FSI + PDI)

Words = dict[str, Any]  # lang, dir and spans, as the template reads them


def pdf(edition: Edition, personal: Personal | None, *, large_print: bool = False, card: bool = False) -> bytes:
    """The booklet, or its card, as PDF/UA-1.

    A fault if typst or a font is missing, for boxes must never stand for letters.
    """
    fonts.installed()
    composition = compose(edition, personal)
    data = _Paper(card_of(composition) if card else composition, large_print).data | {"card": card}
    faces = fonts.faces_for(edition.language, _characters(data))
    data["fonts"] = [{"name": face.family, "covers": face.script.covers} for face in faces]
    data["fonts"].append({"name": fonts.SYMBOLS, "covers": ""})
    data["latin"] = next(face.family for face in faces if face.script is fonts.LATIN)
    data["tall"] = [edition.language.tag] if faces[0].family.startswith(("Noto Nastaliq", "Jameel", "Urdu")) else []
    data["thickened"] = not fonts.has_bold(faces[0])
    return _compiled(json.dumps(data, ensure_ascii=False))


def _compiled(data: str) -> bytes:
    import typst

    try:
        made = _compiler().compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": data}, timestamp=_MOMENT)
    except typst.TypstError as fault:
        raise MaterialFault(
            f"The booklet could not be set on paper: {fault.message}.", "Please open the HTML copy and print it."
        ) from None
    if not isinstance(made, bytes):
        raise MaterialFault("The booklet could not be set on paper.", "Please open the HTML copy and print it.")
    return made


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    import typst

    return typst.Compiler(input=TEMPLATE, font_paths=fonts.installed(), ignore_system_fonts=True)


def _characters(data: object) -> Iterator[str]:
    """Every character that will be drawn."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in ("lang", "dir", "a", "anchor", "author"):
                yield from _characters(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _characters(value)
    elif isinstance(data, str):
        yield from data


class _Paper:
    """Lays a composition out as the plain values that the template draws."""

    def __init__(self, composition: Composition, large_print: bool) -> None:
        self._of = composition
        self._language = composition.language
        front = composition.front
        draft = composition.warnings[-1] if composition.warnings else None
        running = f"{front.version} · {composition.language.own_name}"
        self.data: dict[str, Any] = {"large": large_print}
        self.data |= {
            "lang": self._language.tag,
            "dir": self._language.direction,
            "author": list(front.authors),
            "title": self._piece(composition.title),
            "running": _joined(self._piece(composition.title), f" · {running}"),
            "draft": _plain(draft[1], draft[0]) if draft else None,
            "warnings": [_plain(said, language) for language, said in composition.warnings],
            "summary": self._piece(composition.summary),
            "fallbacks": self._fallbacks(),
            "labels": {
                "contents": self._word("What is inside"),
                "example": self._word("An example, filled in"),
                "yours": self._word("For you to fill in"),
            },
            "crisis": [self._group(group) for group in composition.crisis],
            "person": self._person(),
            "chapters": [[self._group(group) for group in chapter] for chapter in composition.chapters],
            "colophon": _plain(f"{running} · {front.licence}", self._language),
        }

    def _fallbacks(self) -> Words | None:
        if not self._of.fallbacks:
            return None
        word = self._of.words.translated("Parts shown in English: %(count)s")
        language = self._language if word else ENGLISH
        return _plain((word or "Parts shown in English: %(count)s") % {"count": self._of.fallbacks}, language)

    def _word(self, english: str) -> Words:
        translated = self._of.words.translated(english)
        return _plain(translated or english, self._language if translated else ENGLISH)

    def _piece(self, piece: Piece) -> Words:
        return _words(piece.spans, piece.language)

    def _value(self, value: Value) -> Words:
        return _words((Span(value.text, apart=value.apart),), self._language)

    def _line(self, typed: str) -> Words:
        """Typed words that stand alone, in their own direction."""
        return _words((Span(typed, apart="typed"),), self._language)

    def _group(self, group: Group) -> dict[str, Any]:
        kind, blocks = group
        return {"kind": kind, "items": [self._block(block) for block in blocks]}

    def _block(self, block: Block) -> dict[str, Any]:
        mark = _MARKS.get(block.status)
        drawn: dict[str, Any] = {
            "number": block.number,
            "anchor": block.anchor,
            "mark": self._word(mark) if mark else None,
            "words": self._piece(block.piece),
        }
        return drawn | self._sheet(block.table) if block.table else drawn

    def _sheet(self, table: Table) -> dict[str, Any]:
        columns = table.worksheet.columns
        return {
            "title": self._piece(table.title),
            "intro": self._piece(table.intro) if table.intro else None,
            "headings": [self._piece(heading) for heading in table.headings],
            "widths": self._widths(table),
            "ticks": [column.type == "tick" for column in columns],
            "form": table.worksheet.layout == "form",
            "example_boxes": [[self._piece(cell) for cell in box] for box in table.example_boxes],
            "boxes": [[self._line(cell) for cell in box] for box in table.boxes],
            "landscape": table.worksheet.page == "landscape",
            "example": [[self._piece(cell) for cell in row] for row in table.example],
            "rows": [[self._line(cell) for cell in row] for row in table.rows],
        }

    def _widths(self, table: Table) -> list[float]:
        """The share of each column in points, at least as wide as the longest word of its heading."""
        columns = table.worksheet.columns
        room = _ROOM[table.worksheet.page]
        letter = _LETTER * (18 if self.data["large"] else 12) * (0.78 if len(columns) > 5 else 0.88)
        asked = sum(column.width for column in columns)
        return [
            max(room * column.width / asked, letter * max(map(len, heading.text.split()), default=0) + _PADDING)
            for column, heading in zip(columns, table.headings, strict=True)
        ]

    def _person(self) -> dict[str, Any] | None:
        person, values = self._of.personal, self._of.values
        if person is None:
            return None
        named = (
            ("Name", "first_name", bool(clean(person.first_name))),
            ("Your next call (UK time)", "next_appointment", person.next_appointment is not None),
            ("Who will call you", "practitioner", bool(clean(person.practitioner))),
            ("To reach your service", "service_phone", bool(clean(person.service_phone))),
        )
        lines = [[self._value(name), _beside(number, when, self._language)] for name, number, when in self._of.lines]
        lists = (("Your goals", self._of.goals), ("Your plan until the next call", self._of.plan))
        return {
            "service": self._value(values["service_name"]) if clean(person.service_name) else None,
            "heading": self._word("For you"),
            "rows": [[self._word(label), self._value(values[name])] for label, name, there in named if there] + lines,
            "lines": [[self._word(label), self._value(values[name])] for label, name, there in named[-1:] if there]
            + lines,
            "lists": [
                {"heading": self._word(label), "items": [self._line(item.text) for item in items]}
                for label, items in lists
                if items
            ],
        }


def _beside(number: Value, when: Value, language: Language) -> Words:
    return _words((Span(number.text, apart="number"), Span(" "), Span(when.text, apart="typed")), language)


def _joined(words: Words, more: str) -> Words:
    return words | {"spans": [*words["spans"], _span(Span(more))]}


def _plain(text: str, language: Language) -> Words:
    return _words((Span(text),), language)


def _words(spans: tuple[Span, ...], language: Language) -> Words:
    return {"lang": language.tag, "dir": language.direction, "spans": [_span(span) for span in spans]}


def _span(span: Span) -> dict[str, Any]:
    text = span.text.translate(_ISOLATES)
    return {
        "t": text,
        "b": span.bold,
        "a": span.address,
        "n": _direction(text) if span.apart == "typed" else span.apart,
    }


def _direction(text: str) -> str:
    """The direction of the first letter that has one, as a browser finds it."""
    for character in text:
        if (kind := unicodedata.bidirectional(character)) in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"
