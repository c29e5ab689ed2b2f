"""The note as the session wrote it, what is not covered, what will be sent; signing."""

from __future__ import annotations

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gsh_console.casework import lists, signing
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.signing import Draft
from gsh_console.domain.entries import Filled
from gsh_console.domain.path import safety_lacking
from gsh_console.domain.refusals import find_field
from gsh_console.tui import keys
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.in_call import CallScreen
from gsh_console.tui.widgets.bars import KeyBar

ATTENDANCE = "ending.attendance"


class SummaryScreen(CallScreen):
    """A letter to a colleague, made of what was recorded."""

    CSS_PATH = "summary.tcss"
    BINDINGS = keys.bindings("summary")

    letter = getters.query_one("#letter", Static)
    state_line = getters.query_one("#sign-state", Static)

    def __init__(self, conduct: Conduct, ended_early: str = "") -> None:
        super().__init__(conduct)
        self._asked = False
        self._ended_early = ended_early

    def compose(self) -> ComposeResult:
        """Banner, clocks, the note, what shuts signing, keys."""
        yield from self.head()
        yield Static(id="sign-state", markup=False)
        with VerticalScroll(id="letter-scroll"):
            yield Static(id="letter", markup=False)
        yield KeyBar("")

    def on_mount(self) -> None:
        """Draw the note."""
        super().on_mount()
        self.redraw()
        self.set_focus(self.query_one("#letter-scroll"))
        if self._ended_early:
            self.call_after_refresh(self._end_for, self._ended_early)

    def on_screen_resume(self) -> None:
        """Draw again after safety."""
        if self.is_mounted:
            self.redraw()

    def redraw(self) -> None:
        """Show the note and whether it may be signed."""
        self.tick()
        ready = signing.draft(self.conduct)
        parts: list[tuple[str, str]] = [(f"{ready.note.title}\n", "bold")]
        for section in ready.note.sections:
            parts += [(f"\n{section.title}\n", "bold")]
            parts += [(section.text + "\n", "")]
        self.letter.update(Content.assemble(*parts))
        unread = "".join(f"{told}\n" for told in ready.unread)
        self.state_line.update(Content.assemble(unread, self._state(ready)))
        if self.conduct.signed:
            self.key_bar.tell("Signed. Enter or Esc goes to the list.")
        else:
            self.key_bar.tell("s sign  e ended early  F3 jot  F4 SAFETY  F9 call ended  ↑↓ read  Esc back")

    def _state(self, ready: Draft) -> Content:
        if self.conduct.signed:
            training = self.conduct.desk.training
            place = "Kept here, never sent (training)." if training else "Its record was put into the outbox."
            return Content.assemble(("Signed and locked. ", "bold"), (place, ""))
        if ready.blocks:
            told = "\n".join(f"  • {reason}" for reason in ready.blocks[:4])
            more = f"\n  … and {len(ready.blocks) - 4} more" if len(ready.blocks) > 4 else ""
            return Content.assemble(("Before it can be signed:\n", "bold"), (told + more, ""))
        sent = (
            "nothing leaves this machine (training)" if self.conduct.desk.training else "one record goes to the outbox"
        )
        asked = "  Press s again to sign: it cannot be changed after." if self._asked else ""
        return Content.assemble((f"Ready to sign: {sent}{left_open(len(ready.actions))}.", "bold"), (asked, "bold"))

    def action_sign(self) -> None:
        """Sign on the second press."""
        if self.conduct.signed:
            return
        blocks = signing.draft(self.conduct).blocks
        if blocks:
            self.app.tell(f"Not yet. {blocks[0]}")
            return
        if not self._asked:
            self._asked = True
            self.redraw()
            return
        if self.keep(lambda: signing.sign(self.conduct)):
            self._waiting = lists.count_unsent(self.conduct.desk)
            self.redraw()

    def action_end_early(self) -> None:
        """Give one reason for everything not covered, and how the patient attended; safety keeps its own record."""
        if self.conduct.signed:
            return

        def given(reason: str | None) -> None:
            if reason:
                self._end_for(reason)

        title = "The call ended early"
        self.app.push_screen(AskWords(title, "Why? Safety needs its own record: F4."), given)

    def _end_for(self, reason: str) -> None:
        if self.keep(lambda: self.conduct.end_early(reason)):
            self.redraw()
            self._ask_attendance(reason)

    def _ask_attendance(self, reason: str) -> None:
        field = find_field(self.conduct.book, self.conduct.state, ATTENDANCE)
        if field is None or self.conduct.state.words(ATTENDANCE):
            self._ask_safety(reason)
            return
        options = field.options

        def chosen(index: int | None) -> None:
            if index is None:
                return
            if self.keep(lambda: self.conduct.record(Filled(ATTENDANCE, options[index].value))):
                self.redraw()
                self._ask_safety(reason)

        self.app.push_screen(Choose(field.label, tuple(option.label for option in options)), chosen)

    def _ask_safety(self, reason: str) -> None:
        """Where safety could not be asked in full, take down what was done about it and who was told."""
        if not safety_lacking(self.conduct.book, self.conduct.state):
            return
        question = "What did you do about it?"
        self.ask_what_was_done("Safety was not asked in full", question, reason, self.redraw)

    def on_key(self, event: events.Key) -> None:
        """Once signed, Enter goes to the list, and goes no further than that."""
        if event.key == "enter" and self.conduct.signed:
            event.stop()
            self.action_back()

    def action_back(self) -> None:
        """Back to the call, or to the list once it is signed."""
        if self.conduct.signed:
            self.app.leave_call()
        else:
            self.dismiss(None)


def left_open(count: int) -> str:
    """How many actions stay open, in words; empty for none."""
    return f"; {count} {'action stays' if count == 1 else 'actions stay'} open" if count else ""
