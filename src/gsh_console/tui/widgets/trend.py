"""The course of one measure over the contacts: bars with the caseness line, and one line of words."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import set_cell_size
from textual.content import Content
from textual.widgets import Static

from gsh_console.domain.measures import Measure, Number, Operator

EIGHTHS = " ▁▂▃▄▅▆▇█"
BAR_ROWS = 5
BAR_CELLS = 2
STEP_CELLS = 4  # a bar, its number and the gap to the next one
AXIS_CELLS = 4
ARROW = " → "


@dataclass(frozen=True)
class Point:
    """One signed contact's total, None where the rules gave none."""

    number: int
    total: Number | None


def course_in_words(measure: Measure, points: tuple[Point, ...], width: int) -> str:
    """All totals in one line, newest kept where they do not fit: "PHQ-9: 17 → 16 → 14 (10 or more is caseness)"."""
    tail = f" ({caseness_in_words(measure)})" if measure.caseness else ""
    totals = ["–" if point.total is None else str(point.total) for point in points]
    told = f"{measure.name}: {ARROW.join(totals)}{tail}"
    while len(told) > width and len(totals) > 1:
        totals = totals[1:]
        told = f"{measure.name}: …{ARROW}{ARROW.join(totals)}{tail}"
    return told


def caseness_in_words(measure: Measure) -> str:
    """Where the line stands, empty for a measure without one."""
    if measure.caseness is None:
        return ""
    above = measure.caseness.operator is Operator.ABOVE
    return f"{'above ' if above else ''}{measure.caseness.value}{'' if above else ' or more'} is caseness"


def bars(measure: Measure, points: tuple[Point, ...], width: int) -> list[str]:
    """The rows of the chart, top first; the newest contacts where not all fit."""
    shown = points[-max(1, (width - AXIS_CELLS) // STEP_CELLS) :]
    rows = []
    line_row = _row_of_caseness(measure)
    for row in range(BAR_ROWS - 1, -1, -1):
        ground = "─" if row == line_row else " "
        label = _label(measure, row, line_row)
        cells = "".join(
            ground + bar if bar.strip() else ground * STEP_CELLS
            for bar in (_bar(measure, point.total, row, ground) for point in shown)
        )
        rows.append(f"{label:>{AXIS_CELLS - 1}}│{cells}"[:width].ljust(width, ground if row == line_row else " "))
    totals = "".join(f"{'–' if point.total is None else point.total:>{STEP_CELLS - 1}} " for point in shown)
    rows.append(set_cell_size(" " * AXIS_CELLS + totals, width))
    return rows


def _row_of_caseness(measure: Measure) -> int | None:
    if measure.caseness is None:
        return None
    return min(BAR_ROWS - 1, int(measure.caseness.value * BAR_ROWS // measure.maximum))


def _label(measure: Measure, row: int, line_row: int | None) -> str:
    if row == line_row and measure.caseness is not None:
        return str(measure.caseness.value)
    if row == BAR_ROWS - 1:
        return str(measure.maximum)
    return "0" if row == 0 else ""


def _bar(measure: Measure, total: Number | None, row: int, ground: str) -> str:
    if total is None:
        return ""
    eighths = round(total * BAR_ROWS * 8 / measure.maximum) - row * 8
    if eighths <= 0:
        return ""
    return EIGHTHS[min(8, eighths)] * BAR_CELLS + ground * (STEP_CELLS - 1 - BAR_CELLS)


class Trend(Static):
    """One measure's course: the bars over their totals."""

    DEFAULT_CSS = "Trend { height: auto; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._measure: Measure | None = None
        self._points: tuple[Point, ...] = ()

    def show(self, measure: Measure, points: tuple[Point, ...]) -> None:
        """Show another course."""
        self._measure, self._points = measure, points
        self._draw()

    def on_resize(self) -> None:
        """Draw for this width."""
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if self._measure is None or width <= AXIS_CELLS:
            return
        line = caseness_in_words(self._measure)
        title = f"{self._measure.name}, {line}" if line else self._measure.name
        if len(title) > width:
            title = self._measure.name
        self.update(
            Content.assemble(
                (set_cell_size(title, width), ""), "\n", "\n".join(bars(self._measure, self._points, width))
            )
        )
