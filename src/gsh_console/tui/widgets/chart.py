"""The course of one measure over the contacts as a chart, with the caseness line; the words for it are in `trend`.

Loaded only when a patient's file is opened: plotting takes a moment to import.
"""

from __future__ import annotations

from typing import Any

from textual_plotext import PlotextPlot

from gsh_console.domain.measures import Measure
from gsh_console.tui.widgets.trend import Point, caseness_in_words

CELLS_A_CONTACT = 5


class ScoreChart(PlotextPlot):
    """Totals joined by a line, each written under its contact; a level line where caseness begins."""

    DEFAULT_CSS = "ScoreChart { height: 9; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.theme = "clear"  # no colour: position and number say all there is to say
        self._measure: Measure | None = None
        self._points: tuple[Point, ...] = ()

    def show(self, measure: Measure, points: tuple[Point, ...]) -> None:
        """Show another course."""
        self._measure, self._points = measure, points
        self._draw()

    def on_resize(self) -> None:
        """The newest contacts are kept where not all fit."""
        self._draw()

    def _draw(self) -> None:
        if self._measure is None or not self.size.width:
            return
        draw_course(self.plt, self._measure, self._points[-max(2, self.size.width // CELLS_A_CONTACT) :])
        self.refresh()


def draw_course(plt: Any, measure: Measure, points: tuple[Point, ...]) -> None:
    """Put the course on a figure: a contact without a total leaves a gap in the line, and says so under it."""
    plt.clear_figure()
    plt.theme("clear")
    plt.frame(False)
    line = caseness_in_words(measure)
    plt.title(f"{measure.name}, {line}" if line else measure.name)
    places = list(range(1, len(points) + 1))
    taken = [(at, float(point.total)) for at, point in zip(places, points, strict=True) if point.total is not None]
    if taken:
        across, up = [at for at, _ in taken], [total for _, total in taken]
        plt.plot(across, up, marker="braille")
        plt.scatter(across, up, marker="●")
    ends = [0.0, float(measure.maximum)]
    if measure.caseness is not None:
        plt.hline(float(measure.caseness.value))
        ends.insert(1, float(measure.caseness.value))
    plt.ylim(0, float(measure.maximum))
    plt.yticks(ends, [f"{end:g}" for end in ends])
    plt.xlim(0.5, len(points) + 0.5)
    plt.xticks(places, ["–" if point.total is None else str(point.total) for point in points])
