"""The call clock, the stage clock and the word that says what is on disk."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.moments import UK

LONGEST_CALL = 4 * 3600.0  # seconds; an older contact was left open, and its clock says nothing any more


class ClockLine(Static):
    """One line: minutes of the call and the stage against their budgets; saved, or NOT SAVED and why."""

    DEFAULT_CSS = """
    ClockLine { height: 1; padding: 0 1; }
    ClockLine.-unsaved { background: $error; color: $background; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._told = ""

    def show(self, conduct: Conduct, now: datetime, waiting: int, light: str = "") -> None:
        """Draw the line for this moment; `light` is what sending is at, where records go by themselves."""
        self.set_class(conduct.unsaved is not None, "-unsaved")
        if conduct.unsaved is not None:
            self._tell(f"NOT SAVED – {conduct.unsaved_why}")
            return
        state, protocol = conduct.state, conduct.book.protocol
        if conduct.signed and state.last_at:
            now = state.last_at
        call = state.seconds_of_call(now)
        call -= sum(state.seconds_in(stage.id, now) for stage in protocol.stages if stage.outside_the_call)
        interpreted = state.opened is not None and state.opened.interpreted
        lead = "Call" if state.on_the_line else "No call now,"
        told = f"{lead} {spoken(max(0.0, call))} of {protocol.call_budget(interpreted=interpreted)}"
        if call > LONGEST_CALL and state.opened_at:
            here = state.opened_at.astimezone(UK)
            told = f"Call opened {here.day} {here:%b at %H:%M}, not signed"
        elif state.stage:
            stage = protocol.stage(state.stage)
            spent, budget = state.seconds_in(state.stage, now), stage.budget(interpreted=interpreted)
            over = int(spent // 60) - budget
            left = f", {over} over" if over > 0 else f", {-over} left" if over < 0 else ", time"
            told += f"   Stage {spoken(spent)} of {budget}{left if state.on_the_line else ''}"
        if state.interpreter_awaited:
            told += f"   no interpreter {spoken(state.seconds_without_interpreter(now))}"
        saved = f"saved {state.last_at.astimezone(UK):%H:%M:%S}" if state.last_at else ""
        queue = "never sent" if conduct.desk.training else light or f"queue {waiting}"
        right = f"{saved}   {queue}"
        if len(told) + len(right) + 4 > self.app.size.width:
            right = saved
        room = max(2, self.app.size.width - 2 - len(told) - len(right))
        self._tell(f"{told}{' ' * room}{right}")

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            self.update(Content(line), layout=False)


def spoken(seconds: float) -> str:
    """06:41 from seconds."""
    return f"{int(seconds // 60):02}:{int(seconds % 60):02}"
