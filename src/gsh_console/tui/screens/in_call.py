"""What every screen inside a call has: banner, clocks, the one way to record, and the keys that never go away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.screen import Screen

from gsh_console.casework import lists
from gsh_console.casework.conduct import Conduct
from gsh_console.domain.entries import FieldValue, Filled, Jotted
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient, age_on, nhs_number_as_shown
from gsh_console.faults import GshFault, StoreFault
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords
from gsh_console.tui.screens.caseload_columns import language_of
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.clock import ClockLine
from gsh_console.tui.widgets.field_list import FormRow
from gsh_console.tui.widgets.form import Form, not_understood

NARROWEST = 80
TRAINING_CELLS = 11


class CallScreen(Screen[None]):
    """A screen of an open contact. Its subclasses draw in `redraw` and record through `keep`."""

    app = getters.app(GshApp)
    banner = getters.query_one(TopBar)
    clock = getters.query_one(ClockLine)
    key_bar = getters.query_one(KeyBar)

    def __init__(self, conduct: Conduct) -> None:
        super().__init__()
        self.conduct = conduct
        self._waiting = 0

    def head(self) -> ComposeResult:
        """The two lines at the top of every screen of a call."""
        yield TopBar(banner_text(self.conduct.patient, self.conduct), training=self.conduct.desk.training)
        yield ClockLine()

    def on_mount(self) -> None:
        """Start the clock."""
        self._waiting = lists.count_unsent(self.conduct.desk)
        self.set_interval(1.0, self.tick)
        self.call_after_refresh(self.tick)

    def tick(self) -> None:
        """Draw the clocks for this second."""
        light = self.app.light
        told = str(light) if light and light.word else ""
        self.clock.show(self.conduct, self.conduct.desk.now(), self._waiting, told)

    def redraw(self) -> None:
        """Draw what the state says now."""

    def keep(self, record: Callable[[], object]) -> bool:
        """Record something; tell the person in one sentence if it may not be or could not be."""
        try:
            record()
        except StoreFault as fault:
            self.tick()
            if self.conduct.unsaved is None:
                self.app.tell(fault)
            return False
        except GshFault as fault:
            self.app.tell(fault)
            return False
        return True

    def keep_field(self, form: Form, field_id: str, value: FieldValue, typed: str = "") -> bool:
        """Record a field of a form; one that did not reach the disk stays in hand."""
        if self.keep(lambda: self.conduct.record(Filled(field_id, value, typed))):
            self.redraw()
            return True
        if self.conduct.unsaved is not None:
            form.come_back(field_id, typed or value)
        return False

    def put_down(self, form: Form) -> bool:
        """Record what is typed before the form is left, and say where it was no day; False if it is not on disk."""
        if not form.flush():
            return False
        if form.row and form.row.field.id in form.scene.typed:
            self.app.tell(f"{form.row.field.label}: {not_understood(form.row.field)}")
        return True

    def unread(self, rows: Iterable[FormRow]) -> dict[str, str]:
        """The words typed for a day and not understood as one, by field."""
        fields = self.conduct.state.fields
        return {row.field.id: held.typed for row in rows if (held := fields.get(row.field.id)) and held.typed}

    def after_typing(self, then: Callable[[], object]) -> None:
        """Do something once the keys already pressed have been taken."""
        (self.focused or self).call_later(then)

    def action_retry(self) -> None:
        """Try the unsaved entry again."""
        if self.keep(self.conduct.retry):
            self.redraw()

    def action_jot(self) -> None:
        """Take a note in passing."""
        if self.conduct.signed:
            return

        def kept(words: str | None) -> None:
            if words and self.keep(lambda: self.conduct.record(Jotted(words))):
                self.redraw()

        self.app.push_screen(AskWords("Jot", "Kept with its time, under “Also noted”."), kept)

    def ask_what_was_done(self, title: str, question: str, reason: str, then: Callable[[], object]) -> None:
        """Where safety was not asked in full: what was done about it and who was told, recorded with the reason."""

        def acted(action: str | None) -> None:
            if action:
                told = AskWords(title, "Who was informed, and when? Nobody: why not.")
                self.app.push_screen(told, partial(informed, action))

        def informed(action: str, who: str | None) -> None:
            if who and self.keep(lambda: self.conduct.safety_broke_off(reason, action, who)):
                then()

        self.app.push_screen(AskWords(title, question), acted)

    def action_line(self) -> None:
        """Show what may happen to the line, and what to do then."""
        from gsh_console.tui.screens.line import LineScreen

        if self.conduct.signed:
            return
        for form in self.query(Form):  # a try may be added to the very words that are being typed
            self.after_typing(form.flush)
        self.app.push_screen(LineScreen(self))

    def missed(self) -> None:
        """Go on with this contact as the record of a missed one."""
        from gsh_console.casework.missed import as_missed

        try:
            conduct = as_missed(self.conduct)
        except GshFault as fault:
            self.app.tell(fault)
            return
        self.app.leave_call()
        self.app.open_session(conduct)

    def end_early(self, reason: str) -> None:
        """Close the contact with one reason for all that was not covered."""
        from gsh_console.tui.screens.summary import SummaryScreen

        self.app.push_screen(SummaryScreen(self.conduct, ended_early=reason))

    def moment(self) -> datetime:
        """Now, by the desk's clock."""
        return self.conduct.desk.now()

    def action_material(self) -> None:
        """Open the booklet."""
        from gsh_console.tui.screens.reader import open_reader

        open_reader(self)

    def action_summary(self) -> None:
        """Show the note as it stands."""
        from gsh_console.tui.screens.summary import SummaryScreen

        self.app.push_screen(SummaryScreen(self.conduct))


def banner_text(patient: Patient, conduct: Conduct) -> str:
    """Who is on the line: name, date of birth and age, NHS number, language, interpreter."""
    day = conduct.desk.now().astimezone(UK).date()
    born = f"{patient.birth_date.day} {patient.birth_date:%b %Y} ({age_on(patient.birth_date, day)})"
    who = f"{patient.name}  {born}  NHS {nhs_number_as_shown(patient.nhs_number)}  {language_of(patient.language)}"
    room = NARROWEST - (TRAINING_CELLS if conduct.desk.training else 1)
    signs = (" + interpreter", ", interpreter", ", int.") if patient.interpreter_required else ("",)
    return who + next((sign for sign in signs if cell_len(who + sign) <= room), signs[-1])
