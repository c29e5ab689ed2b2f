"""The house style of Markdown, cut into blocks: one block is one translatable message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gsh_console.faults import DefinitionFault

LISTS = ("ul", "ol")
EXPRESSION = re.compile(r"\{\{\s*(.*?)\s*\}\}")

_COMMENT = re.compile(r"\{#\s*(.*?)\s*#\}", re.DOTALL)
_HEADING = re.compile(r"^(#{1,2}) +(\S.*)$")
_BULLET = re.compile(r"^[-*] +(\S.*)$")
_ORDERED = re.compile(r"^\d+[.)] +(\S.*)$")
_QUOTE = re.compile(r"^> ?(.*)$")
_WORKSHEET = re.compile(r"^\{\{\s*worksheet\(\s*[\"']([\w-]+)[\"']\s*\)\s*\}\}$")
_REFUSED = (
    (re.compile(r"\{%"), "a Jinja statement", "use only {{ names }}"),
    (re.compile(r"^#{3,}"), "a heading deeper than ##", "use # for the title and ## for parts"),
    (re.compile(r"^\s+([-*]|\d+[.)]) +\S"), "a list inside a list", "make it one list, or two"),
    (re.compile(r"<[a-zA-Z/!]"), "an HTML tag", "write plain Markdown"),
    (re.compile(r"!\["), "a picture", "describe it in words"),
    (re.compile(r"^\s*(```|~~~|\|)"), "a code block or a table", "use a worksheet for a table"),
)


@dataclass(frozen=True)
class Segment:
    """One block of a chapter; a worksheet block holds the worksheet's id as its text."""

    kind: str
    text: str
    line: int
    comment: str = ""
    safety: bool = False


def split(source: str, name: str) -> tuple[Segment, ...]:
    """Cut a chapter into its blocks, refusing what the house style does not know."""
    reader = _Reader(name)
    for number, line in enumerate(_without_comments(source, reader), 1):
        reader.take(number, line)
    reader.close()
    return tuple(reader.segments)


def names_in(text: str) -> tuple[str, ...]:
    """The placeholders of a message in their order, such as `first_name` or `tel.nhs`."""
    return tuple(EXPRESSION.findall(text))


def _without_comments(source: str, reader: _Reader) -> list[str]:
    """The lines of the source with every comment taken out and kept for the block that follows it."""

    def keep(found: re.Match[str]) -> str:
        body, first = " ".join(found[1].split()), source.count("\n", 0, found.start()) + 1
        last = first + found[0].count("\n")
        if body.startswith("SAFETY"):
            reader.marks[last] = (True, body.removeprefix("SAFETY").lstrip(" :"))
        elif body.startswith("TRANSLATORS:"):
            reader.marks[last] = (False, body)
        return "\n" * found[0].count("\n")

    return _COMMENT.sub(keep, source).splitlines()


class _Reader:
    """Gathers lines into blocks."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.segments: list[Segment] = []
        self.marks: dict[int, tuple[bool, str]] = {}
        self._open: Segment | None = None
        self._safety = False
        self._comments: list[str] = []
        self._list_is_safety = False

    def take(self, number: int, line: str) -> None:
        """Take the next line of the chapter."""
        if number in self.marks:
            self.close()
            safety, comment = self.marks[number]
            self._safety = self._safety or safety
            self._comments += [comment] if comment else []
        stripped = line.strip()
        self._refuse(number, line)
        if not stripped:
            if number not in self.marks:
                self.close()
                self._list_is_safety = False
        elif found := _WORKSHEET.match(stripped):
            self._start("worksheet", found[1], number)
            self.close()
        elif found := _HEADING.match(stripped):
            self._start(f"h{len(found[1])}", found[2], number)
            self.close()
        else:
            self._take_text(number, stripped)

    def close(self) -> None:
        """End the open block."""
        if self._open is not None:
            folded = " ".join(self._open.text.split())
            if folded:
                self.segments.append(replace(self._open, text=folded))
        self._open = None

    def _take_text(self, number: int, stripped: str) -> None:
        if found := _BULLET.match(stripped):
            self._start("ul", found[1], number)
        elif found := _ORDERED.match(stripped):
            self._start("ol", found[1], number)
        elif (found := _QUOTE.match(stripped)) and not found[1]:
            self.close()
        elif found:
            self._append_or_start("quote", found[1], number)
        elif self._open is not None and self._open.kind in (*LISTS, "p"):
            self._append_or_start(self._open.kind, stripped, number)
        else:
            self._append_or_start("p", stripped, number)

    def _append_or_start(self, kind: str, text: str, number: int) -> None:
        if self._open is not None and self._open.kind == kind:
            self._open = replace(self._open, text=f"{self._open.text} {text}")
        else:
            self._start(kind, text, number)

    def _start(self, kind: str, text: str, number: int) -> None:
        self.close()
        self._list_is_safety = kind in LISTS and (self._safety or self._list_is_safety)
        safety = self._safety or self._list_is_safety
        self._open = Segment(kind, text, number, " ".join(self._comments), safety)
        self._safety, self._comments = False, []

    def _refuse(self, number: int, line: str) -> None:
        for pattern, what, remedy in _REFUSED:
            if pattern.search(line):
                raise DefinitionFault(
                    f"{self.name}, line {number}: {what} is not part of the house style.",
                    f"Please {remedy}.",
                )
