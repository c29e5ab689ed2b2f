"""The lists a practitioner starts from: today's calls, the caseload, what waits to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import events, getters, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from gsh_console.casework import lists
from gsh_console.casework.lists import ListRow, OutboxItem
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient
from gsh_console.faults import GshFault
from gsh_console.loading import LOADING
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.caseload_columns import (
    COLUMNS,
    EMPTY,
    NEVER_SIGNED,
    OpenCall,
    is_done,
    offer,
    since_when,
)
from gsh_console.tui.screens.sending import SendingScreen
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.line_input import LineInput
from gsh_console.tui.widgets.row_list import RowList

TODAY, CASELOAD, OUTBOX = range(3)
WARM_UP_AFTER = 0.15  # seconds: the list is painted first, with the whole processor to itself
LIST_BAR = "Enter call  p file  / filter  ← → lists  a add  F4 SAFETY  F1 help  q quit"
OUTBOX_BAR = "Enter state  p file  s send  d differences  ← →  F4 SAFETY  F1 help  q quit"


class TabLine(Static):
    """The names of the lists on one line; a click picks one."""

    @dataclass
    class Picked(Message):
        """A list was picked."""

        index: int

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._ends: list[int] = []

    def show(self, names: Sequence[str], at: int) -> None:
        """Draw the names; the one in view is underlined and pointed at."""
        parts: list[tuple[str, str]] = []
        self._ends, used = [], 0
        for index, name in enumerate(names):
            here = index == at
            parts += [(" ▸ " if here else "   ", ""), (name, "bold underline" if here else ""), ("  ", "")]
            used += len(name) + 5
            self._ends.append(used)
        self.update(Content.assemble(*parts), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Pick the name under the pointer."""
        for index, end in enumerate(self._ends):
            if event.x < end:
                self.post_message(self.Picked(index))
                return


class CaseloadScreen(SendingScreen):
    """Today, the caseload and the outbox, one list at a time."""

    BINDINGS = keys.bindings("caseload")
    AUTO_FOCUS = "RowList"

    app = getters.app(GshApp)
    top = getters.query_one(TopBar)
    tabs = getters.query_one(TabLine)
    filter_row = getters.query_one("#filter-row", Horizontal)
    typed = getters.query_one("#filter", LineInput)
    rows = getters.query_one(RowList)
    key_bar = getters.query_one(KeyBar)

    @dataclass
    class WarmedUp(Message):
        """What the first call needs is loaded, or could not be."""

        fault: GshFault | None

    def __init__(self) -> None:
        super().__init__()
        self.tab = TODAY
        self.open_calls: tuple[OpenCall, ...] = ()
        self._seen = False
        self._warm = False

    # ------------------------------------------------------------------ drawing

    def compose(self) -> ComposeResult:
        """The bar, the tabs, the filter, the list, the keys."""
        yield TopBar("", training=self.app.desk.training)
        yield TabLine()
        with Horizontal(id="filter-row"):
            yield Static("Filter", id="filter-word", markup=False)
            yield LineInput(id="filter", placeholder="part of a name, an NHS number or a language code", leads_on=True)
        yield RowList[Any](COLUMNS[TODAY], self._page, line=offer, quiet=is_done)
        yield Static("", id="told", markup=False)
        yield KeyBar("")

    def on_mount(self) -> None:
        """Show today, then load the rest behind it."""
        self._take_open_calls()
        self._show_tab(TODAY)
        self.set_timer(WARM_UP_AFTER, self._warm_up)
        self.set_interval(1.0, self.follow_light)

    def on_screen_resume(self) -> None:
        """Something may have been signed, opened or added meanwhile."""
        if self._seen:
            self._take_open_calls()
            self._reload()
            self._draw_head()
            if self.tab == OUTBOX and not self.sending:
                self.tell(self._waiting_choices())
        self._seen = True

    def _reload(self) -> None:
        """Read the list again; what the cursor stood on stays under it, whoever came in before it meanwhile."""
        held = self.rows.row
        who = getattr(held, "patient_id", "")
        self.rows.reload()
        if not self.rows.total:  # why it is empty may have become another
            self.rows.show(COLUMNS[self.tab], self._page, self._empty())
        self.rows.stand_on(lambda row: isinstance(row, ListRow) and row.patient_id == who)
        self.rows.stand_on(lambda row: row == held or (_item_of(row) == _item_of(held) != ""))

    def _show_tab(self, index: int) -> None:
        self.tab = index
        if not self.sending:
            self.tell(self._waiting_choices() if index == OUTBOX else "")
        self._draw_head()
        self.filter_row.set_class(bool(self.typed.value) and index != OUTBOX, "-open")
        self.key_bar.tell(OUTBOX_BAR if index == OUTBOX else LIST_BAR)
        self.rows.show(COLUMNS[index], self._page, self._empty())

    def _waiting_choices(self) -> str:
        count = lists.count_choices(self.app.desk)
        return f"{lists.choices_in_words(count)}: d shows {'it' if count == 1 else 'them'}." if count else ""

    def _draw_head(self) -> None:
        desk = self.app.desk
        waiting = 0 if desk.training else lists.count_unsent(desk)
        outbox = f"3 Outbox ({waiting})" if waiting else "3 Outbox"
        self.tabs.show(("1 Today", "2 Caseload", outbox), self.tab)
        now = desk.now().astimezone(UK)
        person = desk.practitioner
        self.top.tell(f"{now:%A} {now.day} {now:%B %Y}   {person.name}, {person.role}")

    def _empty(self) -> str:
        typed = self.typed.value.strip()
        if typed and self.tab != OUTBOX:
            return f"Nobody on this list matches “{typed}”. Esc shows everyone again."
        if self.tab == OUTBOX and not lists.ever_signed(self.app.desk):
            return NEVER_SIGNED
        return EMPTY[self.tab] + (self._not_fetched() if self.tab == TODAY else "")

    def _not_fetched(self) -> str:
        fetcher = self.app.fetcher
        if fetcher is None or not fetcher.late:
            return ""
        from gsh_console.casework.fetching import last_fetched

        since = last_fetched(self.app.desk).day_and_time
        return f" The caseload has not been fetched {f'since {since}' if since else 'yet'}."

    # ------------------------------------------------------------------ data

    def _page(self, offset: int, limit: int) -> tuple[Sequence[Any], int]:
        desk, typed = self.app.desk, self.typed.value
        if self.tab == OUTBOX:
            return lists.unsent(desk, limit, offset), lists.count_unsent(desk)
        if self.tab == CASELOAD:
            page = lists.whole_caseload(desk, typed, limit, offset)
            return page.rows, page.total
        offered = () if typed.strip() else self.open_calls
        head = offered[offset : offset + limit]
        page = lists.today(desk, typed, limit - len(head), max(0, offset - len(offered)))
        return (*head, *page.rows), page.total + len(offered)

    def _take_open_calls(self) -> None:
        found, now = lists.interrupted(self.app.desk), self.app.desk.now()
        self.open_calls = tuple(
            OpenCall(contact.id, patient.id, patient.name, since_when(contact.opened_at, now), self._place(contact.id))
            for contact, patient in found
        )

    def _place(self, contact_id: str) -> str:
        if not self._warm:
            return ""
        with LOADING:
            from gsh_console.casework import contacts
            from gsh_console.tui.screens.patient import place_in_words

        return place_in_words(contacts.resume(self.app.desk, contact_id))

    @work(thread=True, group="warm-up", exit_on_error=False)
    def _warm_up(self) -> None:
        try:
            self.app.desk.warm_up()
        except GshFault as fault:
            self.post_message(self.WarmedUp(fault))
        else:
            self.post_message(self.WarmedUp(None))

    def on_caseload_screen_warmed_up(self, message: WarmedUp) -> None:
        """Say where each open call stopped, now that it can be known quickly."""
        if message.fault is not None:
            self.app.tell(message.fault)
            return
        self._warm = True
        self.app.start_sending()
        if self.open_calls:
            self._take_open_calls()
            self.rows.reload()

    # ------------------------------------------------------------------ choosing a list, filtering

    def action_tab(self, index: int) -> None:
        """Show a list."""
        self._show_tab(index)
        self.set_focus(self.rows)

    def action_next_tab(self, direction: int) -> None:
        """Show the list beside this one."""
        self.action_tab((self.tab + direction) % len(COLUMNS))

    def on_tab_line_picked(self, message: TabLine.Picked) -> None:
        """Show the clicked list."""
        self.action_tab(message.index)

    def action_filter(self) -> None:
        """Open the filter; the outbox has none."""
        if self.tab == OUTBOX:
            self._show_tab(CASELOAD)
        self.filter_row.add_class("-open")
        self.set_focus(self.typed)

    def action_clear(self) -> None:
        """Stop sending, or end the filter."""
        if self.sending:
            self.stop_sending()
            return
        self.typed.value = ""
        self.filter_row.remove_class("-open")
        self.set_focus(self.rows)

    def show_only(self, typed: str) -> None:
        """Show the caseload filtered by some words."""
        self.filter_row.add_class("-open")
        self.typed.value = typed
        self.action_tab(CASELOAD)

    def on_input_changed(self, _: Input.Changed) -> None:
        """Filter as the words are typed."""
        self.rows.show(COLUMNS[self.tab], self._page, self._empty())

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """Go from the filter to the list, and straight to the one patient it leaves."""
        self.set_focus(self.rows)
        if self.rows.total == 1:
            self.rows.action_choose()

    # ------------------------------------------------------------------ acting on a row

    def action_choose(self) -> None:
        """Act on the row under the cursor."""
        self.rows.action_choose()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Resume the open call, offer to start one, or tell the whole fate of an item."""
        match message.row:
            case OutboxItem() as item:
                self.open_item(item)
            case OpenCall() as call:
                self._resume(call.open_contact)
            case ListRow(open_contact=str() as contact_id):
                self._resume(contact_id)
            case ListRow(done=True) as row:
                self._open_file(row.patient_id)
            case ListRow() as row:
                self._offer_call(row)

    def _resume(self, contact_id: str) -> None:
        with LOADING:
            from gsh_console.tui.screens.patient import resume

        resume(self.app, contact_id)

    def _offer_call(self, row: ListRow) -> None:
        with LOADING:
            from gsh_console.tui.screens.patient import offer_call

        offer_call(self.app, row.patient_id, row.appointment_id or None)

    def action_patient(self) -> None:
        """Open the patient's file."""
        row = self.rows.row
        if isinstance(row, (ListRow, OpenCall, OutboxItem)):
            self._open_file(row.patient_id)

    def open_patient(self, patient_id: str) -> None:
        """Open the file of an item's patient."""
        self._open_file(patient_id)

    def _open_file(self, patient_id: str) -> None:
        with LOADING:
            from gsh_console.tui.screens.patient import PatientScreen

        self.app.push_screen(PatientScreen(patient_id))

    def action_add_patient(self) -> None:
        """Open the form for a new patient."""
        with LOADING:
            from gsh_console.tui.screens.add_patient import AddPatientScreen

        def added(person: Patient | None) -> None:
            if person is not None:
                self.show_only(f"{person.family_name} {person.given_name}")

        self.app.push_screen(AddPatientScreen(), added)

    def action_quit(self) -> None:
        """End the console."""
        self.app.exit()

    # ------------------------------------------------------------------ sending

    def action_send(self) -> None:
        """Send what waits; only from the outbox, where it is seen."""
        if self.tab == OUTBOX:
            self.send_waiting()

    def action_differences(self) -> None:
        """Show what stands one way here and another way on the server; only from the outbox, where it is told."""
        if self.tab == OUTBOX:
            self.app.show_differences()

    def sending_is_over(self) -> None:
        """Show what is left."""
        self._draw_head()
        self._reload()


def _item_of(row: object) -> str:
    return row.id if isinstance(row, OutboxItem) else ""
