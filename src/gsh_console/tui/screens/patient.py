"""The patient's file: who it is, what is open, how the scores went, every contact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from gsh_console.casework import contacts, files, lists, signing
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.files import ContactSummary, KeptAction, PatientFile
from gsh_console.domain import path
from gsh_console.domain.moments import UK, clock_time
from gsh_console.domain.people import Patient
from gsh_console.domain.text import clean
from gsh_console.faults import GshFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.caseload_columns import ordinal
from gsh_console.tui.screens.patient_words import (
    Part,
    Taken,
    action_parts,
    banner_lines,
    by_measure,
    content,
    fact_parts,
    score_parts,
    task_parts,
)
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.row_list import Column, RowList
from gsh_console.tui.widgets.trend import Point

BAR = "Enter read  c call  m amend  x close  s plan  {}  Esc  F4 SAFETY  F1 help"
COURSE_CELLS = 71  # what the stylesheet gives the course on a wide screen
CHARTED = 2  # charts beside each other at 80 columns
TODAYS_NAMESAKES = 50


class PatientScreen(Screen[None]):
    """One patient's file."""

    CSS_PATH = "patient.tcss"
    BINDINGS = keys.bindings("patient")
    AUTO_FOCUS = "RowList"

    app = getters.app(GshApp)
    top = getters.query_one(TopBar)
    second_line = getters.query_one("#second-line", Static)
    body = getters.query_one("#file", VerticalScroll)
    actions = getters.query_one("#actions", Static)
    scores = getters.query_one("#scores", Static)
    facts = getters.query_one("#facts", Static)
    rows = getters.query_one(RowList)

    def __init__(self, patient_id: str) -> None:
        super().__init__()
        self.patient_id = patient_id
        self.file: PatientFile | None = None

    def compose(self) -> ComposeResult:
        """The banner, the file, the contacts, the keys."""
        from gsh_console.tui.widgets.chart import ScoreChart

        yield TopBar("", training=self.app.desk.training)
        yield Static("", id="second-line", markup=False)
        with VerticalScroll(id="file", can_focus=False):
            yield Static("", id="actions", markup=False)
            with Horizontal(id="columns"):
                with Vertical(id="course"):
                    yield Static("", id="scores", markup=False)
                    with Horizontal(id="charts"):
                        for number in range(CHARTED):
                            yield ScoreChart(id=f"chart-{number}")
                yield Static("", id="facts", markup=False)
        yield RowList[ContactSummary](self._columns(), self._page, empty="No contact yet. c starts the first one.")
        yield KeyBar(BAR.format("PgDn"))

    def on_screen_resume(self) -> None:
        """Read the file again: a contact or an amendment may have been added."""
        try:
            self.file = files.patient_file(self.app.desk, self.patient_id)
            self._draw(self.file)
        except GshFault as fault:
            self.app.tell(fault)
        self.rows.reload()

    def on_resize(self) -> None:
        """Draw the banner for this width."""
        if self.file is not None:
            self._draw_banner(self.file.patient)

    def _draw(self, file: PatientFile) -> None:
        desk = self.app.desk
        self._draw_banner(file.patient)
        waiting = self._waiting_choices(file.patient.id)
        self.query_one(KeyBar).tell(BAR.format("d show" if waiting else "PgDn"))
        asked = [*waiting, *task_parts(file.tasks), *(action_parts(file) if file.actions else [])]
        self.actions.update(content(asked))
        self.actions.display = bool(asked)
        book = desk.definitions.rulebook(contacts.SUPPORT)
        taken = by_measure(file.scores, book)
        self.scores.update(content(score_parts(taken, self._course_width())))
        self._draw_charts(taken)
        self.facts.update(content(fact_parts(file.patient, contacts.handed_over(desk, book, file.patient.id))))

    def _waiting_choices(self, patient_id: str) -> list[Part]:
        if not lists.count_choices(self.app.desk, patient_id):
            return []
        from gsh_console.casework.choices import differences
        from gsh_console.tui.screens.choices_words import waiting_line

        return [(f"{waiting_line(differences(self.app.desk, patient_id))}. d shows it.\n", "bold")]

    def _course_width(self) -> int:
        return COURSE_CELLS if self.has_class("-wide") else self.app.size.width - 4

    def _draw_banner(self, patient: Patient) -> None:
        width = self.app.size.width
        first, second = banner_lines(patient, today_of(self.app), width - (11 if self.app.desk.training else 1))
        self.top.tell(first)
        self.second_line.update(second)

    def _draw_charts(self, taken: Sequence[Taken]) -> None:
        from gsh_console.tui.widgets.chart import ScoreChart

        charted = [found for found in taken if found[0].caseness is not None][:CHARTED]
        self.query_one("#charts").display = bool(charted)
        for number in range(CHARTED):
            chart = self.query_one(f"#chart-{number}", ScoreChart)
            chart.display = number < len(charted)
            if number < len(charted):
                measure, kept = charted[number]
                chart.show(measure, tuple(Point(score.number, score.total) for score in kept))

    # ------------------------------------------------------------------ the contacts

    def _page(self, offset: int, limit: int) -> tuple[Sequence[ContactSummary], int]:
        newest_first = tuple(reversed(self.file.contacts)) if self.file else ()
        return newest_first[offset : offset + limit], len(newest_first)

    def _columns(self) -> tuple[Column[ContactSummary], ...]:
        return (
            Column("contact", lambda contact, _: _ordinal(contact), 7, 7, strong=True),
            Column("when", lambda contact, _: _when(contact), 18, 18),
            Column("what", lambda contact, _: self._title(contact), 16, 30),
            Column("scores", lambda contact, _: self._outcome(contact), fills=True),
        )

    def _title(self, contact: ContactSummary) -> str:
        protocol = self.app.desk.definitions.protocols.get(contact.protocol)
        return protocol.title if protocol else contact.protocol

    def _outcome(self, contact: ContactSummary) -> str:
        if contact.is_open:
            return "call open: Enter resumes"
        if self.file is None:
            return ""
        if contact.mistaken_at is not None:
            return _mistaken(contact.mistaken_at, self.file.mistakes[contact.id])
        totals = {score.measure: score.total for score in self.file.scores if score.contact_id == contact.id}
        measures = self.app.desk.definitions.rulebook(contacts.SUPPORT).protocol.measures
        names = self.app.desk.definitions.measures
        return ", ".join(f"{names[name].name} {totals[name]}" for name in measures if totals.get(name) is not None)

    def action_choose(self) -> None:
        """Act on the contact under the cursor."""
        self.rows.action_choose()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read a signed contact, resume an open one, say of one begun by mistake why."""
        contact = message.row
        if not isinstance(contact, ContactSummary) or self.file is None:
            return
        if contact.is_open:
            resume(self.app, contact.id)
            return
        if contact.mistaken_at is not None:
            told = _mistaken(contact.mistaken_at, self.file.mistakes[contact.id])
            self.app.tell(f"{told[0].upper()}{told[1:]}. It counts as no contact and was not sent.")
            return
        from gsh_console.tui.screens.note import NoteScreen

        self.app.push_screen(NoteScreen(self.file.patient, contact))

    def action_call(self) -> None:
        """Resume the open call, or offer to start one."""
        if self.file is None:
            return
        if self.file.open_contact:
            resume(self.app, self.file.open_contact)
        else:
            offer_call(self.app, self.patient_id, _todays_appointment(self.app, self.file.patient))

    def action_amend(self) -> None:
        """Amend the note of the contact under the cursor."""
        contact = self.rows.row
        if not isinstance(contact, ContactSummary) or contact.signed_at is None:
            self.app.tell("Only a signed contact is amended. Choose one in the list.")
            return
        if self.file is not None:
            from gsh_console.tui.screens.note import NoteScreen

            self.app.push_screen(NoteScreen(self.file.patient, contact, amending=True))

    def action_close_action(self) -> None:
        """Close an open action with what became of it."""
        held = self.file.actions if self.file is not None else ()
        if not held:
            self.app.tell("No action is open.")
            return

        def closed(action: KeptAction, outcome: str | None) -> None:
            if not outcome:
                return
            try:
                signing.close_action(self.app.desk, action, outcome)
            except GshFault as fault:
                self.app.tell(fault)
            self.on_screen_resume()

        def chosen(index: int | None) -> None:
            if index is not None:
                action = held[index]
                question = AskWords("What became of it?", clean(action.what, one_line=True))
                self.app.push_screen(question, partial(closed, action))

        if len(held) == 1:
            chosen(0)
        else:
            told = tuple(clean(action.what, one_line=True) for action in held[:9])
            self.app.push_screen(Choose("Which action is closed?", told), chosen)

    def action_safety_plan(self) -> None:
        """Read the safety plan in all its versions."""
        if self.file is not None:
            from gsh_console.tui.screens.safety_plan import KeptPlanScreen

            self.app.push_screen(KeptPlanScreen(self.file.patient))

    def action_differences(self) -> None:
        """Show what stands one way here and another way on the server for this patient."""
        if self.file is not None:
            self.app.show_differences(self.file.patient)

    def action_page(self, pages: int) -> None:
        """Move the file up or down by a page."""
        self.body.scroll_relative(y=pages * max(1, self.body.size.height - 1), animate=False)

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss(None)


def offer_call(
    app: GshApp, patient_id: str, appointment_id: str | None, then: Callable[[], object] = lambda: None
) -> None:
    """Show what is known before the call, and start it; `then` happens once it is begun."""
    from gsh_console.casework.preparing import preparation
    from gsh_console.tui.screens.before_call import BeforeCallScreen

    def answered(protocol: str | None) -> None:
        if protocol is None:
            return
        try:
            app.open_session(contacts.open_contact(app.desk, patient_id, appointment_id, protocol))
        except GshFault as fault:
            app.tell(fault)
        else:
            then()

    try:
        ready = preparation(app.desk, patient_id)
    except GshFault as fault:
        app.tell(fault)
    else:
        app.push_screen(BeforeCallScreen(ready), answered)


def resume(app: GshApp, contact_id: str) -> None:
    """Go back into an open call."""
    try:
        app.open_session(contacts.resume(app.desk, contact_id))
    except GshFault as fault:
        app.tell(fault)


def today_of(app: GshApp) -> date:
    """The day it is, in the UK."""
    return app.desk.now().astimezone(UK).date()


def place_in_words(conduct: Conduct) -> str:
    """Where an open contact stopped: "PHQ-9, question 7", or the stage and step."""
    if not conduct.state.stage:
        return conduct.book.protocol.stages[0].title
    stage, step = conduct.stage, conduct.step
    if not step.measure:
        return stage.title if step.title == stage.title else f"{stage.title}, {step.title}"
    measure = conduct.book.measures[step.measure]
    item = path.next_item(conduct.book, conduct.state, measure.id)
    return f"{measure.name}, question {measure.position(item) + 1}" if item else measure.name


def _todays_appointment(app: GshApp, patient: Patient) -> str | None:
    page = lists.today(app.desk, patient.family_name, TODAYS_NAMESAKES, 0)
    booked = (row for row in page.rows if row.patient_id == patient.id and not row.done)
    return next((row.appointment_id for row in booked), None)


def _ordinal(contact: ContactSummary) -> str:
    return ordinal(contact.number) if contact.mistaken_at is None else "–"


def _mistaken(at: datetime, reason: str) -> str:
    return f"begun by mistake, {clock_time(at)}, {clean(reason, one_line=True)}"


def _when(contact: ContactSummary) -> str:
    here = contact.opened_at.astimezone(UK)
    return f"{here.day:>2} {here:%b %Y %H:%M}"
