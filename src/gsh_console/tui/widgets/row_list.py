"""A list that holds one page of rows at a time: thousands of rows cost no more than a screenful."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from gsh_console.domain.text import clean
from gsh_console.faults import GshFault
from gsh_console.tui import keys

Row = TypeVar("Row")
Provider = Callable[[int, int], tuple[Sequence[Row], int]]  # (offset, limit) -> (those rows, how many in all)

WIDE = 108  # cells from which the wide columns are drawn
MARK, NO_MARK = "▸ ", "  "
WHEEL_ROWS = 3


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its title, its text for a row in so many cells, its cells at 80 columns and on a wide screen.

    0 cells hides it at that width; the column that `fills` takes what the others leave.
    """

    title: str
    text: Callable[[Row, int], str]
    narrow: int = 0
    wide: int = 0
    fills: bool = False
    strong: bool = False


def fit(text: str, width: int) -> str:
    """The text on one line in exactly so many cells, with … where it was cut."""
    line = clean(text, one_line=True)
    if cell_len(line) > width:
        return set_cell_size(line, width - 1) + "…" if width > 0 else ""
    return set_cell_size(line, width)


class RowList(Widget, Generic[Row], can_focus=True):
    """A table of rows drawn by hand. Its data comes from a provider, one page at a time; its text is never markup."""

    BINDINGS = keys.bindings("list")
    COMPONENT_CLASSES = {"row-list--head", "row-list--cursor", "row-list--quiet", "row-list--strong"}
    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        & > .row-list--head { color: $text-muted; }
        & > .row-list--quiet { color: $text-muted; }
        & > .row-list--strong { text-style: bold; }
        & > .row-list--cursor { background: $panel; }
        &:focus > .row-list--cursor { background: $primary; color: $background; text-style: bold; }
    }
    """

    @dataclass
    class Chosen(Message):
        """A row was chosen with Enter or a double click."""

        list: Widget
        row: object

        @property
        def control(self) -> Widget:
            """The list it came from."""
            return self.list

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        provider: Provider[Row],
        *,
        empty: str = "",
        line: Callable[[Row, int], str] | None = None,
        quiet: Callable[[Row], bool] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._provider = provider
        self._empty = empty
        self._line = line
        self._quiet = quiet
        self._rows: tuple[Row, ...] = ()
        self._top = 0
        self._cursor = 0
        self._total = 0
        self._told = ""

    @property
    def row(self) -> Row | None:
        """The row the cursor stands on."""
        at = self._cursor - self._top
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return self._total

    @property
    def page_size(self) -> int:
        """How many rows fit under the head line."""
        return max(0, self.size.height - 1)

    def show(self, columns: Sequence[Column[Row]], provider: Provider[Row], empty: str) -> None:
        """Show another list from its beginning."""
        self._columns, self._provider, self._empty = tuple(columns), provider, empty
        self.restart()

    def restart(self) -> None:
        """Ask for the first page and stand on its first row."""
        self._top = self._cursor = 0
        self.reload()

    def stand_on(self, wanted: Callable[[Row], bool]) -> None:
        """Put the cursor on the first row of this page that is wanted, if one is."""
        found = next((at for at, row in enumerate(self._rows) if wanted(row)), None)
        if found is not None:
            self._go(self._top + found)

    def reload(self) -> None:
        """Ask for the page again; the cursor stays at its place in the list."""
        if self.page_size:
            self._load()
            if self._cursor > max(0, self._total - 1):
                self._go(self._cursor)
        self.refresh()

    def _load(self) -> None:
        try:
            rows, total = self._provider(self._top, self.page_size)
        except GshFault as fault:
            rows, total, self._told = (), 0, str(fault)
        else:
            self._told = self._empty
        self._rows, self._total = tuple(rows), total

    def _go(self, cursor: int) -> None:
        self._cursor = min(max(cursor, 0), max(0, self._total - 1))
        last_top = max(0, self._total - self.page_size)
        lowest = max(0, self._cursor - self.page_size + 1)
        self._move_page(min(max(self._top, lowest), self._cursor, last_top))

    def _move_page(self, top: int) -> None:
        if top != self._top:
            self._top = top
            self._load()
        self.refresh()

    def on_resize(self) -> None:
        """Take as many rows as now fit, with the cursor among them."""
        self._top = max(min(self._top, self._cursor), self._cursor - max(0, self.page_size - 1))
        self.reload()

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._go(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by some pages."""
        self._go(self._cursor + pages * max(1, self.page_size - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._go(self._total - 1)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self, self.row))

    def on_key(self, event: events.Key) -> None:
        """Open the screen's filter at once, so that what is typed next goes into it."""
        filter_action = getattr(self.screen, "action_filter", None)
        if event.character == "/" and filter_action is not None:
            event.stop()
            filter_action()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row; the second click of a double click chooses it."""
        at = self._top + event.y - 1
        if event.y < 1 or at >= self._top + len(self._rows):
            return
        self._go(at)
        if event.chain > 1:
            self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn the wheel down: the page moves, the cursor stays on it."""
        event.stop()
        self._wheel(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn the wheel up."""
        event.stop()
        self._wheel(-WHEEL_ROWS)

    def _wheel(self, rows: int) -> None:
        top = min(max(self._top + rows, 0), max(0, self._total - self.page_size))
        self._cursor = min(max(self._cursor, top), max(top, top + self.page_size - 1))
        self._move_page(top)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the head, a row, or the sentence for an empty list."""
        width = self.size.width
        plain = self.rich_style
        if y == 0:
            return Strip([Segment(self._head(width), self._style("head"))], width)
        if not self._rows:
            return Strip([Segment(self._told_line(y - 2, width), plain)], width)
        at = y - 1
        if at >= len(self._rows):
            return Strip.blank(width, plain)
        return Strip(self._segments(self._rows[at], width, on_cursor=self._top + at == self._cursor), width)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"row-list--{part}")

    def _told_line(self, at: int, width: int) -> str:
        lines = textwrap.wrap(clean(self._told, one_line=True), max(10, width - 4))
        return NO_MARK + fit(lines[at] if 0 <= at < len(lines) else "", width - len(NO_MARK))

    def _widths(self, width: int) -> list[tuple[Column[Row], int]]:
        wide = width >= WIDE
        sizes = [(column, column.wide if wide else column.narrow) for column in self._columns]
        shown = [(column, size) for column, size in sizes if size or column.fills]
        left = width - len(MARK) - sum(size + 2 for column, size in shown if not column.fills)
        return [(column, max(0, left) if column.fills else size) for column, size in shown]

    def _head(self, width: int) -> str:
        titles = "  ".join(fit(column.title, size) for column, size in self._widths(width))
        shown = len(self._rows)
        where = f" {self._top + 1}–{self._top + shown} of {self._total} " if 0 < shown < self._total else ""
        return NO_MARK + fit(titles, width - len(NO_MARK) - len(where)) + where

    def _segments(self, row: Row, width: int, *, on_cursor: bool) -> list[Segment]:
        mark = MARK if on_cursor else NO_MARK
        quiet = self._quiet is not None and self._quiet(row)
        style = self._style("cursor" if on_cursor else "quiet") if on_cursor or quiet else self.rich_style
        whole = self._line(row, width - len(mark)) if self._line else ""
        if whole:
            strong = style if on_cursor else self._style("strong")
            return [Segment(mark + fit(whole, width - len(mark)), strong)]
        segments = [Segment(mark, style)]
        used = len(mark)
        for column, size in self._widths(width):
            size = min(size, width - used)
            text = fit(column.text(row, size), size) + "  "[: max(0, width - used - size)]
            strong = self._style("strong") if column.strong and not on_cursor and not quiet else style
            segments.append(Segment(text, strong))
            used += cell_len(text)
        if used < width:
            segments.append(Segment(" " * (width - used), style))
        return segments
