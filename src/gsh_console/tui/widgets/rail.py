"""The stages of the contact with ticks and minutes, what is not covered, and the patient's own agenda."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.path import covered
from gsh_console.tui.widgets.clock import LONGEST_CALL

AGENDA_LINES = 5


class Rail(Static):
    """Stages down the left side; a click goes to one."""

    DEFAULT_CSS = "Rail { width: 22; height: 1fr; border-right: solid $primary; padding: 0 1 0 0; }"

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
            seconds = state.seconds_in(stage.id, now)
            minutes = f"{int(seconds // 60)}m" if state.visited(stage.id) and seconds < LONGEST_CALL else ""
            skipped = "skip" if (stage.id, "") in state.skipped else minutes
            style = "bold" if here else ""
            parts.append((f"{mark} {number} {stage.title:<11}{skipped:>5}\n", style))
        left = len(book.protocol.stages) - len(self._covered)
        parts.append((f"\nstill open: {left} of {len(book.protocol.stages)}\n", "dim"))
        agenda = state.words("agenda.patient_items").splitlines()
        box = "☑" if state.words("ending.agenda_done") == "all" else "☐"
        if agenda:
            parts.append(("\nagenda\n", "dim"))
            for item in agenda[:AGENDA_LINES]:
                parts.append((f"{box} {Content(item).truncate(18, ellipsis=True).plain}\n", ""))
        drawn = Content.assemble(*parts)
        if drawn.plain + str(drawn.spans) != self._shown:
            self._shown = drawn.plain + str(drawn.spans)
            self.update(drawn, layout=False)

    def on_click(self, event: object) -> None:
        """Go to the stage clicked on."""
        at = getattr(event, "y", -1)
        if 0 <= at < len(self._stages):
            self.post_message(self.Picked(self._stages[at]))
