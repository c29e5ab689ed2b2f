"""The telephone: what happened on the line, what to do and say then, each turn logged with its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from gsh_console.domain import telephone
from gsh_console.domain.entries import CallMarked
from gsh_console.domain.gates import answered_prompt_followed_up
from gsh_console.domain.moments import UK
from gsh_console.domain.telephone import Next, Turn
from gsh_console.tui.modals.ask import AskWords
from gsh_console.tui.widgets.choosing import OPTION_KEYS

if TYPE_CHECKING:
    from gsh_console.tui.screens.in_call import CallScreen

LOGGED = 2  # marks of the line kept in view


class LineScreen(ModalScreen[None]):
    """One path after another, until the call goes on or ends."""

    BINDINGS = [Binding("escape", "leave", "leave", show=False)]

    def __init__(self, call: CallScreen) -> None:
        super().__init__()
        self._call = call
        self._conduct = call.conduct
        self._at = telephone.begins_at(self._conduct.state)
        self._situation = telephone.path(self._at, self._line())

    def _line(self) -> telephone.Line:
        prompted = answered_prompt_followed_up(self._conduct.book, self._conduct.state) is not None
        return telephone.line_of(self._conduct.state, self._conduct.patient, prompted=prompted)

    def compose(self) -> ComposeResult:
        """The situation, what to do and say, the turns, what is logged."""
        with Vertical():
            yield Static(id="line-title", markup=False, classes="strong")
            yield Static(id="line-told", markup=False)
            yield Static(id="choices", markup=False)
            yield Static(id="line-log", markup=False, classes="quiet")
            yield Static("digit chooses   Esc back to the call   F4 SAFETY", markup=False, classes="quiet")

    def on_mount(self) -> None:
        """Draw the path."""
        self._show(self._at)

    def _show(self, name: str) -> None:
        self._at, self._situation = name, telephone.path(name, self._line())
        now = self._conduct.desk.now().astimezone(UK)
        self.query_one("#line-title", Static).update(f"{self._situation.title}   {now:%H:%M:%S}")
        told: list[tuple[str, str]] = []
        for line in self._situation.say:
            told += [("\nSay  " if told else "Say  ", "dim"), (f"“{line}”", "bold")]
        for line in self._situation.do:
            told.append((f"\n{line}" if told else line, ""))
        self.query_one("#line-told", Static).update(Content.assemble(*told))
        parts: list[tuple[str, str]] = []
        for at, turn in enumerate(self._situation.turns):
            parts += [("\n  ", ""), (OPTION_KEYS[at], "bold"), (f"  {turn.label}", "")]
        self.query_one("#choices", Static).update(Content.assemble(*parts))
        self.query_one("#line-log", Static).update(self._log())

    def _log(self) -> Content:
        marks = [mark for mark in self._conduct.state.calls if isinstance(mark.entry, CallMarked)][-LOGGED:]
        told = [
            f"{mark.at.astimezone(UK):%H:%M:%S} {mark.entry.event}"
            + (f", {mark.entry.text}" if mark.entry.text else "")
            for mark in marks
            if isinstance(mark.entry, CallMarked)
        ]
        return Content("\n".join(told) if told else "What happens is logged with its time.")

    def on_key(self, event: events.Key) -> None:
        """Take a turn."""
        event.stop()
        at = OPTION_KEYS.find(event.key) if len(event.key) == 1 else -1
        if 0 <= at < len(self._situation.turns) and self.is_current:
            self._take(self._situation.turns[at])
        elif event.key == "escape":
            self.action_leave()

    def on_click(self, event: events.Click) -> None:
        """A click on a turn takes it."""
        if event.widget is not None and event.widget.id == "choices" and 1 <= event.y <= len(self._situation.turns):
            self._take(self._situation.turns[event.y - 1])

    def action_leave(self) -> None:
        """Back to the call; a path left open is where F9 begins the next time."""
        if self.is_current:
            self.dismiss(None)

    def _take(self, turn: Turn) -> None:
        if not turn.ask:
            self._record(turn, turn.known)
            return

        def told(words: str | None) -> None:
            if words is not None:
                self._record(turn, words)

        hint = "Kept with its time." if turn.needs else "Kept with its time; Enter alone leaves it out."
        self.app.push_screen(AskWords(turn.label.capitalize(), f"{turn.ask} {hint}", optional=not turn.needs), told)

    def _record(self, turn: Turn, words: str) -> None:
        event = turn.event
        if event is not None and not self._call.keep(lambda: self._conduct.mark_call(event, words)):
            return
        if turn.then == Next.MISSED:
            self._call.missed()
        elif turn.then == Next.END_EARLY:
            self.dismiss(None)
            self._call.end_early(words or turn.label)
        elif turn.then == Next.CALL:
            self._call.redraw()
            self.dismiss(None)
        else:
            self._call.redraw()
            self._show(turn.then)
