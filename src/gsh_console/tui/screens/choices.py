"""What stands one way here and another way on the server: seen side by side, and chosen by one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from gsh_console.casework import choices
from gsh_console.casework.choices import CALL, DETAIL, Difference, Offer
from gsh_console.domain.moments import UK, read_moment
from gsh_console.faults import GshFault, InputRefused, SyncFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.in_background import in_background
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens import choices_words as words
from gsh_console.tui.screens.caseload_columns import day_and_hour
from gsh_console.tui.screens.patient_words import banner_lines
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.row_list import Column, RowList

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk
    from gsh_console.domain.people import Patient

BAR = "{}t server's  n change  p file  Esc later  F4 SAFETY  F1 help"
MINE = "k mine  "  # not of a detail: it goes by the server
EMPTY = "Nothing waits for your choice: what is here and what the server has agree."
MET = "Somebody changed it on the server meanwhile, so nothing was written. Choose here."
MOST_OFFERED = 30
COLUMNS: tuple[Column[Difference], ...] = (
    Column("patient", lambda each, _: each.patient.name, 20, 34, strong=True),
    Column("what", lambda each, _: words.title(each), fills=True),
    Column("since", lambda each, _: day_and_hour(each.since), 16, 16),
    Column("how it stands", lambda each, _: words.state(each), 0, 26),
)

Ask = Callable[[], Difference | None]


class DifferenceList(RowList[Difference]):
    """The list of differences; it says when another row is under the cursor."""

    class Moved(Message):
        """The row under the cursor may be another one."""

    def reload(self) -> None:
        """Ask for the page again."""
        super().reload()
        self.post_message(self.Moved())

    def _move_page(self, top: int) -> None:
        super()._move_page(top)
        self.post_message(self.Moved())


class ChoicesScreen(Screen[None]):
    """Every difference with the server, of everybody or of one patient; the server is asked in a thread."""

    BINDINGS = keys.bindings("choices")
    AUTO_FOCUS = "DifferenceList"
    DEFAULT_CSS = """
    ChoicesScreen DifferenceList { height: 1fr; min-height: 3; border-top: solid $primary; }
    ChoicesScreen #beside { height: auto; max-height: 15; border-top: solid $primary; padding: 0 1; }
    ChoicesScreen #difference { height: auto; }
    ChoicesScreen #told { height: auto; max-height: 3; padding: 0 1; }
    """

    app = getters.app(GshApp)
    top = getters.query_one(TopBar)
    rows = getters.query_one(DifferenceList)
    difference = getters.query_one("#difference", Static)
    beside = getters.query_one("#beside", VerticalScroll)
    told = getters.query_one("#told", Static)

    @dataclass
    class Ended(Message):
        """The server was asked; the sentence says how it ended."""

        words: str

    @dataclass
    class Offered(Message):
        """What of a patient's may be changed."""

        offers: tuple[Offer, ...]

    def __init__(self, patient: Patient | None = None) -> None:
        super().__init__()
        self.patient = patient
        self._asking = False

    @property
    def patient_id(self) -> str:
        """Whose differences these are, empty for everybody's."""
        return self.patient.id if self.patient else ""

    def compose(self) -> ComposeResult:
        """The head, the list, the three ways of the row under the cursor, the keys."""
        yield TopBar("Differences with the server", training=self.app.desk.training)
        yield DifferenceList(COLUMNS, self._page, empty=EMPTY)
        with VerticalScroll(id="beside", can_focus=False):
            yield Static("", id="difference", markup=False)
        yield Static("", id="told", markup=False)
        yield KeyBar(BAR.format(MINE))

    def on_screen_resume(self) -> None:
        """Read what is open again."""
        self._reload()

    def on_resize(self) -> None:
        """Draw for this width."""
        if self.patient is not None:
            width = self.app.size.width - (11 if self.app.desk.training else 1)
            self.top.tell(banner_lines(self.patient, self._today, width)[0])
        self._draw()

    def _reload(self) -> None:
        held = self.rows.row
        self.rows.reload()
        if held is not None:
            self.rows.stand_on(lambda row: (row.kind, row.id) == (held.kind, held.id))

    def _page(self, offset: int, limit: int) -> tuple[Sequence[Difference], int]:
        found = choices.differences(self.app.desk, self.patient_id)
        return found[offset : offset + limit], len(found)

    def on_difference_list_moved(self, _: DifferenceList.Moved) -> None:
        """Show the row under the cursor."""
        self._draw()

    def _draw(self) -> None:
        row = self.rows.row
        self.beside.display = row is not None
        self.query_one(KeyBar).tell(BAR.format("" if row is not None and row.kind == DETAIL else MINE))
        if row is not None:
            self.difference.update(words.told(row, self._today, self.app.size.width - 3))

    def tell(self, sentence: str) -> None:
        """Tell something above the keys."""
        self.told.update(Content(sentence))

    # ------------------------------------------------------------------ choosing

    def action_choose(self) -> None:
        """Ask what is to be done with the row under the cursor."""
        self.rows.action_choose()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """The same keys as a dialog, for the mouse."""
        row = message.row
        if not isinstance(row, Difference):
            return
        ours = () if row.kind == DETAIL else ("Keep mine: it is put in place of the server's",)
        does = (*((self.action_keep,) if ours else ()), self.action_take)

        def chosen(index: int | None) -> None:
            if index is not None and index < len(does):
                does[index]()

        options = (*ours, "Take the server's: mine is withdrawn", "Decide later")
        self.app.push_screen(Choose(words.title(row), options, row.patient.name), chosen)

    def action_keep(self) -> None:
        """Put ours in place of the version shown."""
        row = self.rows.row
        if row is None or self._asking:
            return
        if row.kind == DETAIL:
            self.tell("A patient's details go by the server. Tell the service what is right; yours stays noted here.")
            return
        self._ask_server("Sending yours…", "Yours is on the server now.", partial(choices.keep_ours, self._desk, row))

    def action_take(self) -> None:
        """Take the server's and withdraw ours."""
        row = self.rows.row
        if row is None or self._asking:
            return
        try:
            choices.withdraw(self._desk, row)
        except GshFault as fault:
            self.tell(str(fault))
        else:
            self.tell(f"Withdrawn: {words.title(row)} stays as the server has it.")
        self.rows.reload()

    @property
    def _today(self) -> date:
        return self._desk.now().astimezone(UK).date()

    @property
    def _desk(self) -> Desk:
        return self.app.desk

    # ------------------------------------------------------------------ a new change

    def action_new(self) -> None:
        """Ask the server what of this patient may be changed."""
        patient = self.patient or (self.rows.row.patient if self.rows.row else None)
        if patient is None:
            self.tell("Open this from a patient's file to change that patient's call or goal.")
        elif not self._asking:
            self._asking = True
            self.tell("Asking the server for the patient's calls and goals…")
            in_background(self, partial(self._offer, patient))

    def _offer(self, patient: Patient) -> Message:
        try:
            return self.Offered(choices.offers(self._desk, patient))
        except GshFault as fault:
            return self.Ended(str(fault))

    def on_choices_screen_offered(self, message: Offered) -> None:
        """Ask which one, and how."""
        self._asking = False
        offers = message.offers[:MOST_OFFERED]
        self.tell("" if offers else "The server has no other booked call or goal of this patient.")

        def chosen(index: int | None) -> None:
            if index is not None:
                self._how(offers[index])

        if offers and self.is_current:
            names, whose = tuple(map(words.offered, offers)), offers[0].patient.name
            self.app.push_screen(Choose("What is to be changed?", names, whose), chosen)

    def _how(self, offer: Offer) -> None:
        ways: list[tuple[str, Callable[[], None]]] = [
            (label, partial(self._want, offer, wanted)) for label, wanted in words.CHANGES[offer.kind]
        ]
        if offer.kind == CALL:
            ways.insert(0, ("Move it to another time", partial(self._move, offer)))

        def chosen(index: int | None) -> None:
            if index is not None:
                ways[index][1]()

        labels = tuple(label for label, _ in ways)
        self.app.push_screen(Choose(words.offered(offer), labels, offer.patient.name), chosen)

    def _move(self, offer: Offer) -> None:
        def given(typed: str | None) -> None:
            if typed is None:
                return
            starts = read_moment(typed, self._desk.now())
            if starts is None:
                self.tell(f"“{typed}” was not understood. Write it like 3 dec 10:00 or +7 10:00; n asks again.")
                return
            try:
                self._want(offer, choices.moved(self._desk, offer, starts))
            except InputRefused as fault:
                self.tell(str(fault))

        question = f"{offer.patient.name}: when does it begin?"
        self.app.push_screen(AskWords(question, "such as 3 dec 10:00, 3/12 10:00 or +7 10:00"), given)

    def _want(self, offer: Offer, wanted: dict[str, str]) -> None:
        ask = partial(choices.want, self._desk, offer, wanted)
        self._ask_server("Sending the change…", "The change is on the server now.", ask)

    # ------------------------------------------------------------------ the server

    def _ask_server(self, now: str, done: str, ask: Ask) -> None:
        self._asking = True
        self.tell(now)
        in_background(self, partial(self._ask, done, ask))

    def _ask(self, done: str, ask: Ask) -> Message:
        try:
            return self.Ended(done if ask() is None else MET)
        except SyncFault as fault:
            return self.Ended(f"{fault.message} Yours is kept here: k sends it, t gives it up.")
        except GshFault as fault:
            return self.Ended(str(fault))

    def on_choices_screen_ended(self, message: Ended) -> None:
        """Show how it ended, and what is open now."""
        self._asking = False
        self.tell(message.words)
        self._reload()

    # ------------------------------------------------------------------ leaving

    def action_patient(self) -> None:
        """Open the file of the row's patient, or go back to it."""
        row = self.rows.row
        if self.patient is not None:
            self.dismiss(None)
        elif row is not None:
            from gsh_console.tui.screens.patient import PatientScreen

            self.app.push_screen(PatientScreen(row.patient.id))

    def action_back(self) -> None:
        """Back; what was not chosen waits."""
        self.dismiss(None)
