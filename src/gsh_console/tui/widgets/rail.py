"""The stages of the contact with ticks and minutes, what is not covered, and the patient's own agenda."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.path import covered
from gsh_console.domain.protocols import Stage
from gsh_console.tui.widgets.clock import LONGEST_CALL
from gsh_console.tui.widgets.row_list import fit

AGENDA_LINES = 5
TITLE_CELLS = 12
TIME_CELLS = 6


class Rail(Static):
    """Stages down the left side; a click goes to one."""

    DEFAULT_CSS = "Rail { width: 24; height: 1fr; border-right: solid $primary;  }"

    class Picked(Message):
        """A stage was clicked."""

        def __init__(self, stage: str) -> None:
            super().__init__()
            self.stage = stage

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._stages: list[str] = []
        self._shown = ""
        self._counted = -1
        self._covered: frozenset[str] = frozenset()

    def show(self, conduct: Conduct, now: datetime) -> None:
        """Draw the stages as they stand; repaint only what changed."""
        state, book = conduct.state, conduct.book
        if self._counted != state.entries:
            self._counted = state.entries
            self._covered = frozenset(stage.id for stage in book.protocol.stages if covered(book, state, stage))
        parts: list[tuple[str, str]] = []
        self._stages = [stage.id for stage in book.protocol.stages]
        for number, stage in enumerate(book.protocol.stages, 1):
            here = stage.id == state.stage
            mark = "▶" if here else "✓" if stage.id in self._covered else " "
            style = "bold" if here else ""
            title = fit(stage.title, TITLE_CELLS)
            parts.append((f"{mark}{number:>2} {title}{self._minutes(conduct, stage, now):>{TIME_CELLS}}\n", style))
        left = len(book.protocol.stages) - len(self._covered)
        parts.append((f"\nstill open: {left} of {len(book.protocol.stages)}\n", "dim"))
        room = self.size.height - len(self._stages) - 4 if self.size.height else AGENDA_LINES
        parts += self._agenda(conduct, min(AGENDA_LINES, room))
        drawn = Content.assemble(*parts)
        if drawn.plain + str(drawn.spans) != self._shown:
            self._shown = drawn.plain + str(drawn.spans)
            self.update(drawn, layout=False)

    def _minutes(self, conduct: Conduct, stage: Stage, now: datetime) -> str:
        """Minutes spent of the minutes planned; + where it is over."""
        state = conduct.state
        if (stage.id, "") in state.skipped:
            return "skip"
        seconds = state.seconds_in(stage.id, now)
        interpreted = state.opened is not None and state.opened.interpreted
        budget = stage.budget(interpreted=interpreted)
        if not state.visited(stage.id) or seconds >= LONGEST_CALL:
            return f"{budget}m"
        spent = int(seconds // 60)
        return f"{spent}/{budget}{'+' if spent >= budget else 'm'}"

    def _agenda(self, conduct: Conduct, lines: int) -> list[tuple[str, str]]:
        state = conduct.state
        agenda = state.words("agenda.patient_items").splitlines()
        if not agenda or lines < 1:
            return []
        box = "☑" if state.words("ending.agenda_done") == "all" else "☐"
        told = [(f"{box} {fit(item, 19)}\n", "") for item in agenda[:lines]]
        return [("\nagenda\n", "dim"), *told]

    def on_click(self, event: object) -> None:
        """Go to the stage clicked on."""
        at = getattr(event, "y", -1)
        if 0 <= at < len(self._stages):
            self.post_message(self.Picked(self._stages[at]))
