"""A booklet as its author wrote it: front matter, chapters, worksheets, and every message to translate."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gsh_console.content.languages import first_line
from gsh_console.content.personal import PERSONAL_NAMES
from gsh_console.content.segments import LISTS, Segment, names_in, split
from gsh_console.faults import DefinitionFault, nearest

ReviewStatus = Literal["draft", "clinically-reviewed", "approved", "withdrawn"]
CellValue = str | int | float | bool


def folded(text: str) -> str:
    """A text on one line, as its message is looked up."""
    return " ".join(text.split())


Line = Annotated[str, AfterValidator(folded)]

_STRICT = ConfigDict(extra="forbid", frozen=True)
_VERSION = r"^\d+\.\d+\.\d+$"
_LETTER = re.compile(r"[^\W\d_]")
_Shape = TypeVar("_Shape", bound=BaseModel)


class Review(BaseModel):
    """How far one language of a booklet has been reviewed, and by whom."""

    model_config = _STRICT

    status: ReviewStatus = "draft"
    translator: str = ""
    clinical_reviewer: str = ""
    lay_reader: str = ""
    date: datetime.date | str = ""
    source_version: str = ""
    digest: str = ""


class FrontMatter(BaseModel):
    """The shape of booklet.toml."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    version: str = Field(pattern=_VERSION)
    source_language: Literal["en"]
    title: Line
    summary: Line
    i18n: tuple[str, ...] = ("title", "summary")
    problem_descriptors: tuple[str, ...]
    intervention: str
    step: int = 2
    reading_age_max: float = 11
    chapters: tuple[str, ...] = Field(min_length=1)
    worksheets: tuple[str, ...] = ()
    licence: str
    authors: tuple[str, ...]
    review_due: datetime.date
    review: dict[str, Review] = {}

    def review_status(self, language: str) -> ReviewStatus:
        """The status that counts: an approval lapses when the clinical meaning changed since."""
        review = self.review.get(language, Review())
        same_meaning = review.source_version.partition(".")[0] == self.version.partition(".")[0]
        if review.status in ("approved", "clinically-reviewed") and not same_meaning:
            return "draft"
        return review.status


class Column(BaseModel):
    """One column of a worksheet."""

    model_config = _STRICT

    id: str
    type: Literal["text", "multiline", "scale", "date", "tick"] = "text"
    min: int | None = None
    max: int | None = None
    width: float = 1
    label: Line


class Worksheet(BaseModel):
    """The shape of a worksheet file."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: Literal["diary", "plan", "record", "ladder", "checklist"]
    title: Line
    intro: Line = ""
    rows: int = Field(ge=1, le=60)
    page: Literal["portrait", "landscape"] = "portrait"
    layout: Literal["table", "form"] = "table"  # a form is one record, a box for each heading
    safety: bool = False  # its headings are safety text
    i18n: tuple[str, ...]
    columns: tuple[Column, ...] = Field(min_length=1)
    example: tuple[dict[str, CellValue], ...] = ()


@dataclass(frozen=True)
class Passage:
    """A block in its place: the chapter (0 is the crisis box) and the number everybody calls it by."""

    number: str
    chapter: int
    segment: Segment


@dataclass(frozen=True)
class Message:
    """One message to translate, with what a translator and a checker want to know of it."""

    text: str
    context: str
    kind: str
    file: str
    line: int
    comment: str = ""
    safety: bool = False
    number: str = ""


@dataclass(frozen=True)
class Manuscript:
    """A whole booklet in English."""

    front: FrontMatter
    crisis: tuple[Passage, ...]
    chapters: tuple[tuple[Passage, ...], ...]
    worksheets: dict[str, Worksheet]
    messages: tuple[Message, ...]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every block in reading order, the crisis box first."""
        return (*self.crisis, *(passage for chapter in self.chapters for passage in chapter))

    @property
    def chapter_titles(self) -> tuple[str, ...]:
        """The title of each chapter."""
        return tuple(chapter[0].segment.text for chapter in self.chapters)


def read_manuscript(folder: Path, telephones: frozenset[str]) -> Manuscript:
    """Read a booklet's folder; a fault names the file, what is wrong and what to do."""
    front = _read_toml(folder / "booklet.toml", FrontMatter)
    if front.id != folder.name:
        raise DefinitionFault(
            f'{folder.name}/booklet.toml says its id is "{front.id}".',
            "Please give id and folder the same name.",
        )
    worksheets = {name: _read_toml(folder / name, Worksheet) for name in front.worksheets}
    for name, worksheet in worksheets.items():
        _check_worksheet(f"{folder.name}/{name}", worksheet)
    known = {worksheet.id: worksheet for worksheet in worksheets.values()}
    crisis = tuple(Passage("", 0, each) for each in _read_chapter(folder, "crisis.md", known, telephones))
    chapters = tuple(
        _numbered(index, _read_chapter(folder, name, known, telephones)) for index, name in enumerate(front.chapters, 1)
    )
    sources = [("crisis.md", crisis), *zip(front.chapters, chapters, strict=True)]
    messages = [
        *_toml_messages(folder / "booklet.toml", front.i18n, "booklet"),
        *(message for name, passages in sources for message in _chapter_messages(name, passages)),
        *(
            message
            for name, worksheet in worksheets.items()
            for message in _worksheet_messages(folder / name, worksheet)
        ),
    ]
    return Manuscript(front, crisis, chapters, known, tuple(messages))


def example_cell(row: dict[str, CellValue], column: Column) -> str:
    """What the running story's example has in one cell."""
    value = row.get(column.id, "")
    return ("✓" if value else "") if isinstance(value, bool) else folded(str(value))


def is_wording(text: str) -> bool:
    """Whether a value holds words; a bare number or sign is the same in every language."""
    return bool(_LETTER.search(text))


def _numbered(chapter: int, segments: tuple[Segment, ...]) -> tuple[Passage, ...]:
    """Number a chapter: its title is "4", every block after it "4.1", "4.2" and so on."""
    return tuple(
        Passage(f"{chapter}.{place}" if place else f"{chapter}", chapter, segment)
        for place, segment in enumerate(segments)
    )


def _read_chapter(
    folder: Path, name: str, worksheets: dict[str, Worksheet], telephones: frozenset[str]
) -> tuple[Segment, ...]:
    place = f"{folder.name}/{name}"
    segments = split(_text_of(folder / name), place)
    if not segments or segments[0].kind != "h1" or any(each.kind == "h1" for each in segments[1:]):
        raise DefinitionFault(f"{place} has not exactly one title.", "Please begin with one line: # Title.")
    known = {*PERSONAL_NAMES, *(f"tel.{each}" for each in telephones)}
    for segment in segments:
        where = f"{place}, line {segment.line}"
        if segment.kind == "worksheet" and segment.text not in worksheets:
            raise DefinitionFault(
                f'{where}: there is no worksheet "{segment.text}".', nearest(segment.text, worksheets)
            )
        for used in names_in(segment.text):
            if used not in known:
                raise DefinitionFault(f'{where}: there is no placeholder "{used}".', nearest(used, known))
        if name == "crisis.md" and segment.kind == "worksheet":
            raise DefinitionFault(f"{where}: the crisis box holds no worksheet.", "Please move it.")
    return segments


def _check_worksheet(place: str, worksheet: Worksheet) -> None:
    if worksheet.layout == "form" and worksheet.rows != 1:
        raise DefinitionFault(f"{place}: a form is one record.", "Please write rows = 1, or make it a table.")
    columns = {column.id for column in worksheet.columns}
    for row in worksheet.example:
        for used in row:
            if used not in columns:
                raise DefinitionFault(f'{place}: the example names a column "{used}".', nearest(used, columns))


def _chapter_messages(name: str, passages: tuple[Passage, ...]) -> Iterator[Message]:
    for passage in passages:
        segment = passage.segment
        if segment.kind != "worksheet":
            yield Message(
                text=segment.text,
                context="",
                kind="list item" if segment.kind in LISTS else _KINDS[segment.kind],
                file=name,
                line=segment.line,
                comment=segment.comment,
                safety=segment.safety or name == "crisis.md",
                number=passage.number,
            )


_KINDS = {"h1": "chapter title", "h2": "heading", "p": "paragraph", "quote": "quotation"}


def _toml_messages(path: Path, listed: tuple[str, ...], kind: str) -> Iterator[Message]:
    """The messages of a TOML file: the values its `i18n` names; their path is their context."""
    source = _text_of(path)
    for route in listed:
        for text in _values_at(tomllib.loads(source), route.split(".")):
            if is_wording(text):
                yield Message(folded(text), context_of(route), kind, path.name, _line_of(source, text))


def _worksheet_messages(path: Path, worksheet: Worksheet) -> Iterator[Message]:
    """The messages of a worksheet; its headings are safety text if it says so."""
    for message in _toml_messages(path, worksheet.i18n, f"worksheet {worksheet.id}"):
        yield replace(message, safety=worksheet.safety and message.context == "columns.label")


def context_of(route: str) -> str:
    """The gettext context of a TOML path: `example.*` and `example.day` are both `example`."""
    return "example" if route.split(".")[0] == "example" else route


def _values_at(node: Any, route: list[str]) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _values_at(each, route)
    elif not route:
        yield from [node] if isinstance(node, str) else _values_at(list(_children(node)), [])
    elif isinstance(node, dict):
        step, *rest = route
        for each in node.values() if step == "*" else [node[step]] if step in node else []:
            yield from _values_at(each, rest)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()


def _line_of(source: str, text: str) -> int:
    first_words = text.strip().splitlines()[0]
    return next((number for number, line in enumerate(source.splitlines(), 1) if first_words in line), 1)


def _read_toml(path: Path, shape: type[_Shape]) -> _Shape:
    place = f"{path.parent.name}/{path.name}"
    try:
        return shape.model_validate(tomllib.loads(_text_of(path)))
    except (tomllib.TOMLDecodeError, ValidationError) as fault:
        raise DefinitionFault(f"{place}: {first_line(fault)}.", "Please correct the file.") from fault


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise DefinitionFault(
            f"{path.parent.name}/{path.name} cannot be read.", "Please check the name and that it is UTF-8."
        ) from fault
