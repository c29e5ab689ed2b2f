"""The fields of a form, one a line with its value, and the keys that answer or leave the one in hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import TextArea

from gsh_console.domain.entries import FieldValue
from gsh_console.domain.note import value_in_words
from gsh_console.domain.protocols import Field
from gsh_console.domain.text import clean
from gsh_console.tui.widgets.row_list import fit

PAGES = {"pageup": -1, "pagedown": 1}
PIECES = {"tab": 1, "shift+tab": -1}
END = "end"  # where a choice leads that leaves the rest of the step with nothing to ask
LEAST_CELL = 9  # a narrower cell cannot be read
CELL_GAP = " │ "


@dataclass(frozen=True)
class FormRow:
    """A field with its group, whether it is needed now, and where a choice leads if not to the next.

    `ends_if_empty`: left empty, the rest of the form is not asked (a further plan item or goal nobody has).
    """

    field: Field
    group: str = ""
    needed: bool = False
    leads: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ends_if_empty: bool = False


@dataclass(frozen=True)
class FormScene:
    """Everything the form shows. `values` holds what is on disk.

    `columns`: the fields are the cells of a worksheet with so many in a row. `pieces`: said through an interpreter.
    `typed`: words for a day that were not understood as one, by field.
    """

    title: str
    rows: tuple[FormRow, ...]
    values: dict[str, FieldValue] = dataclasses.field(default_factory=dict)
    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    columns: int = 0
    pieces: bool = False
    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)


class FormKeys(Protocol):
    """The form these parts belong to: told of every key at once, in order."""

    index: int
    scene: FormScene

    def go(self, direction: int) -> None:
        """Go some fields on or back."""

    def go_row(self, direction: int) -> None:
        """Go a whole row of a worksheet on or back."""

    def turn_piece(self, direction: int) -> bool:
        """Show another piece of what is said through an interpreter."""

    def choose(self, key: str) -> bool:
        """Answer the field in hand with a digit or letter."""

    def skip(self) -> bool:
        """Leave the step out with a reason, where that can be asked for here."""

    def take_back(self) -> None:
        """Take the value of the field in hand back."""

    def say_digit_wanted(self) -> None:
        """Say that the field in hand takes a digit."""


class Editor(TextArea):
    """Words typed into a field; Enter goes on, the arrows leave at the edges."""

    def __init__(self, form: FormKeys) -> None:
        super().__init__(tab_behavior="focus", show_line_numbers=False, soft_wrap=True)
        self._form = form

    async def _on_key(self, event: events.Key) -> None:
        direction = {"enter": 1, "up": -1, "down": 1}.get(event.key, 0)
        at_edge = (
            event.key == "enter"
            or (event.key == "up" and self.cursor_at_first_line)
            or (event.key == "down" and self.cursor_at_last_line)
        )
        if direction and at_edge:
            event.stop()
            event.prevent_default()
            self._form.go(direction)
        elif self._is_the_forms(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "ctrl+j":
            event.stop()
            event.prevent_default()
            self.insert("\n")
        else:
            await super()._on_key(event)

    def _is_the_forms(self, key: str) -> bool:
        """Whether the key was one for the whole form: another row, another piece, a step left out."""
        if key in PAGES and self._form.scene.columns:
            self._form.go_row(PAGES[key])
            return True
        if key in PIECES:
            return self._form.turn_piece(PIECES[key])
        return key == "minus" and self._form.skip()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert(clean(event.text))


class FieldList(Widget, can_focus=True):
    """The fields with their values; takes digits for the field in hand when it is not a text."""

    DEFAULT_CSS = "FieldList { height: 1fr; }"

    def __init__(self, form: FormKeys) -> None:
        super().__init__()
        self._form = form
        self._lines: list[tuple[int | None, str, bool]] = []
        self._top = 0

    def show(self, scene: FormScene, index: int) -> None:
        """Lay the fields out in lines, the one in hand marked."""
        lines: list[tuple[int | None, str, bool]] = []
        if scene.columns:
            self._lines = sheet_lines(scene, index, max(20, self.size.width - 2))
            self.refresh()
            return
        group = ""
        for at, row in enumerate(scene.rows):
            if row.group != group:
                group = row.group
                if group and group != row.field.label:
                    lines.append((None, group, False))
            typed = scene.typed.get(row.field.id, "")
            unread = f": “{clean(typed, one_line=True)}” is not understood" if typed else ""
            lines.append((at, f"{_line(row, scene.values.get(row.field.id))}{unread}", at == index))
        self._lines = lines
        self.refresh()

    def render(self) -> Content:
        """Draw the lines around the field in hand."""
        height, width = max(1, self.size.height), max(10, self.size.width)
        active = next((at for at, line in enumerate(self._lines) if line[2]), 0)
        self._top = max(0, min(self._top, active - 1 if active else 0, len(self._lines) - 1))
        if active >= self._top + height:
            self._top = active - height + 1
        if self._top > max(0, len(self._lines) - height):
            self._top = max(0, len(self._lines) - height)
        parts: list[tuple[str, str]] = []
        for at, text, marked in self._lines[self._top : self._top + height]:
            shown = Content(text).truncate(width - 2, ellipsis=True).plain
            style = "bold reverse" if marked else "dim" if at is None else ""
            parts += [(f"{shown}", style), ("\n", "")]
        return Content.assemble(*parts[:-1])

    def on_key(self, event: events.Key) -> None:
        """Take one key, whole, before the next."""
        if event.key in PAGES and self._form.scene.columns:
            self._form.go_row(PAGES[event.key])
        elif event.key in PIECES:
            if not self._form.turn_piece(PIECES[event.key]):
                return
        elif event.key in ("enter", "down"):
            self._form.go(1)
        elif event.key in ("up", "backspace"):
            self._form.go(-1)
        elif event.key == "delete":
            self._form.take_back()
        elif event.key == "minus":
            self._form.skip()
        elif event.is_printable:
            if not self._form.choose(event.character or ""):
                self._form.say_digit_wanted()
        else:
            return
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """Go to the field clicked on."""
        at = self._top + event.y
        if 0 <= at < len(self._lines) and (index := self._lines[at][0]) is not None:
            self._form.go(index - self._form.index)


def _line(row: FormRow, value: FieldValue | None, *, numbered: bool = True) -> str:
    given = value not in (None, "", ())
    mark = "✓" if given else "•" if row.needed else " "
    told = clean(value_in_words(row.field, value), one_line=True).replace("\n", " / ") if given else ""
    inset = "  " if row.group and row.group != row.field.label else ""
    label = row.field.label if numbered else row.field.label.partition(". ")[2] or row.field.label
    return f"{inset}{mark} {label}{': ' + told if told else ''}"


def sheet_lines(scene: FormScene, index: int, width: int) -> list[tuple[int | None, str, bool]]:
    """A worksheet as a table: its heads, each row that holds something, and the row in hand."""
    columns, rows = scene.columns, scene.rows
    room = (width - 3 - len(CELL_GAP) * (columns - 1)) // columns
    if room < LEAST_CELL:
        return _tall_lines(scene, index, width)
    heads = [fit(row.field.label.partition(". ")[2] or row.field.label, room) for row in rows[:columns]]
    lines: list[tuple[int | None, str, bool]] = [(None, "   " + CELL_GAP.join(heads), False)]
    for start in range(0, len(rows), columns):
        cells = rows[start : start + columns]
        given = [scene.values.get(cell.field.id) for cell in cells]
        in_hand = start <= index < start + columns
        if in_hand or any(value not in (None, "", ()) for value in given):
            told = [_cell(row, value, room) for row, value in zip(cells, given, strict=True)]
            if in_hand:
                told[index - start] = fit(f"▸{told[index - start]}", room)
            lines.append((start, f"{start // columns + 1:>2} {CELL_GAP.join(told)}", in_hand))
    return lines


def _tall_lines(scene: FormScene, index: int, width: int) -> list[tuple[int | None, str, bool]]:
    """A worksheet of too many columns for a table: a line for each row, and the row in hand cell by cell."""
    columns, lines = scene.columns, list[tuple[int | None, str, bool]]()
    for start in range(0, len(scene.rows), columns):
        cells, number = scene.rows[start : start + columns], start // columns + 1
        if start <= index < start + columns:
            lines.append((None, f"{number:>2}", False))
            lines += [
                (at, "   " + _line(row, scene.values.get(row.field.id), numbered=False), at == index)
                for at, row in enumerate(cells, start)
            ]
            continue
        told = [_cell(row, scene.values.get(row.field.id), 0) for row in cells]
        if any(told):
            lines.append((start, fit(f"{number:>2} {' · '.join(filter(None, told))}", width), False))
    return lines


def _cell(row: FormRow, value: FieldValue | None, room: int) -> str:
    given = value not in (None, "", ())
    told = clean(value_in_words(row.field, value), one_line=True) if given else ""
    return fit(told, room) if room else told
