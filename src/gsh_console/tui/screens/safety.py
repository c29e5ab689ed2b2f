"""The safety conversation over whatever is open; calm and plain, without level, score or colour."""

from __future__ import annotations

from functools import cached_property, partial

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from gsh_console.casework.conduct import Conduct
from gsh_console.content.crisis_contacts import CrisisContacts
from gsh_console.domain import safety
from gsh_console.domain.carried import LastSafety
from gsh_console.domain.entries import Entered, FieldValue
from gsh_console.domain.gates import item_answered_above_line
from gsh_console.domain.moments import short_date
from gsh_console.domain.path import safety_lacking
from gsh_console.domain.protocols import Field
from gsh_console.domain.session import SessionState
from gsh_console.faults import GshFault
from gsh_console.tui import keys
from gsh_console.tui.modals.ask import Choose
from gsh_console.tui.screens.in_call import CallScreen
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.field_list import FormRow, FormScene
from gsh_console.tui.widgets.form import Form

WIDE = 110  # cells from which the earlier records stand beside the form


class SafetyScreen(CallScreen):
    """Asks, records in the patient's words, and returns to the very question it was opened over."""

    CSS_PATH = "safety.tcss"
    BINDINGS = [*keys.bindings("safety")]

    form = getters.query_one(Form)
    beside = getters.query_one("#beside", VerticalScroll)
    words = getters.query_one("#beside-words", Static)

    def __init__(self, conduct: Conduct, onward: str = "", *, over_safety: bool = False) -> None:
        super().__init__(conduct)
        self._over_safety = over_safety
        self._from = (conduct.state.stage, conduct.state.step)
        self._onward = onward
        self._page = 0
        self._begun = False
        self._broke_off = False

    def compose(self) -> ComposeResult:
        """Banner, clocks, the form, and beside it what was said last time, the numbers, what to do."""
        yield from self.head()
        with Horizontal(id="body"):
            yield Form(self)
            with VerticalScroll(id="beside"):
                yield Static(id="beside-words", markup=False)
        yield KeyBar("Enter next  ↑ back  F2 earlier/numbers  F5 safety plan  F7 on  F9 line  Esc back")

    def on_mount(self) -> None:
        """Enter the stage and stand at the first thing not yet recorded."""
        super().on_mount()
        if self.conduct.state.stage != safety.STAGE:
            self.keep(lambda: self.conduct.enter(safety.STAGE))
        self.redraw()

    def on_screen_resume(self) -> None:
        """Draw again what may have been recorded on a screen above."""
        if self._begun:
            self.redraw()

    def redraw(self) -> None:
        """Show the record as it stands; what is needed follows from what was said."""
        state, conversation = self.conduct.state, self.conduct.book.safety
        prompted = item_answered_above_line(self.conduct.book, state)
        asked = {area.id for area in safety.areas_to_ask(conversation, state.fields, prompted=prompted)}
        broke_off = self._broke_off or any(field.id in state.fields for field in conversation.incomplete)
        rows = _rows(conversation, state, asked, broke_off)
        values = {field.id: held.value for _, field in conversation.fields() if (held := state.fields.get(field.id))}
        interpreted = state.opened is not None and state.opened.interpreted
        scene = FormScene("Safety · asked at every contact", rows, values, conversation.say, pieces=interpreted)
        if self._begun:
            self.form.update_values(scene)
        else:
            self._begun = True
            self.form.begin(scene, _left_at(rows, state))
            self.form.take_focus()
        self._draw_beside()
        self.tick()

    def _draw_beside(self) -> None:
        self.beside.set_class(self._page == 0, "-only-wide")
        self.form.set_class(self._page != 0, "-under")
        pages = (self._last_time, self._numbers, self._what_to_do)
        if self._page or self.app.size.width >= WIDE:
            self.words.update(pages[max(0, self._page - 1)]())

    def _last_time(self) -> Content:
        if not self._earlier:
            return Content("Earlier contacts\n\nNo earlier safety record in this store.")
        parts: list[tuple[str, str]] = []
        for at, record in enumerate(self._earlier):
            title = "Last contact" if at == 0 else "Before that"
            parts.append((f"{chr(10) * 2 if at else ''}{title}, {short_date(record.on)}", "bold"))
            if at == 0:
                parts.append(("\nread only, not today · PgUp PgDn\n", "dim"))
            for label, told in record.lines:
                parts += [("\n", ""), (f"{label}: ", "dim"), (told, "")]
        return Content.assemble(*parts)

    @cached_property
    def _earlier(self) -> tuple[LastSafety, ...]:
        """Every earlier record, newest first: read once, when it is first looked at."""
        from gsh_console.casework.safety_history import safety_history

        try:
            return safety_history(self.conduct.desk, self.conduct.patient.id)
        except GshFault as fault:
            self.app.tell(fault)
            last = self.conduct.carried.safety
            return (last,) if last is not None and last.lines else ()

    def _numbers(self) -> Content:
        return crisis_words(self.conduct.desk.definitions.crisis_contacts())

    def _what_to_do(self) -> Content:
        parts: list[tuple[str, str]] = [("What to do, by what you can observe", "bold")]
        for response in self.conduct.book.safety.responses:
            parts += [("\n\n", ""), (response.situation, "bold"), ("\n", ""), (response.respond, "")]
        return Content.assemble(*parts)

    def given(self, field_id: str, value: FieldValue, typed: str = "") -> bool:
        """Record a field."""
        return self.keep_field(self.form, field_id, value, typed)

    def skip_step(self) -> None:
        """Nothing here is left out by a key: what was not asked is recorded as not asked."""

    def left_upwards(self) -> None:
        """Stay at the first field."""

    def finished(self) -> None:
        """Past the last field: on with the call if the record is whole, else ask what to do."""
        lacking = safety_lacking(self.conduct.book, self.conduct.state)
        if not lacking:
            self._go(self._onward or self._from[0], "" if self._onward else self._from[1])
            return
        told = "\n".join(f"• {reason}" for reason in lacking[:8]) + ("\n…" if len(lacking) > 8 else "")
        options = (
            "go to what is still to be asked or written",
            "leave it open for now and go back to the call",
            "the conversation broke off: record it as incomplete",
        )
        self.app.push_screen(Choose("The safety record still lacks", options, above=told), self._lacking_chosen)

    def _lacking_chosen(self, index: int | None) -> None:
        if index == 1:
            self._go(*self._from)
            return
        self._broke_off = self._broke_off or index == 2
        self.redraw()
        wanted = self.conduct.book.safety.incomplete[0].id if index == 2 else ""
        self.form.begin(self.form.scene, wanted)
        self.form.take_focus()

    def action_next_stage(self) -> None:
        """On with the call; what the record lacks stays listed."""
        self.after_typing(
            partial(self._leave_for, self._onward or self._from[0], "" if self._onward else self._from[1])
        )

    def action_back(self) -> None:
        """Back to the question this was opened over."""
        self.after_typing(partial(self._leave_for, *self._from))

    def _leave_for(self, stage: str, step: str) -> None:
        if self.form.flush():
            self._go(stage, step)

    def _go(self, stage: str, step: str) -> None:
        if self.conduct.unsaved is not None:
            return
        if self._over_safety:
            self.dismiss(None)
            return
        if stage in ("", safety.STAGE):  # resumed inside safety: nothing lies under it
            protocol = self.conduct.book.protocol
            after = min(protocol.index(safety.STAGE) + 1, len(protocol.stages) - 1)
            stage, step = protocol.stages[after].id, ""
        if step:
            moved = self.keep(lambda: self.conduct.record(Entered(stage, step)))
        else:
            moved = self.keep(lambda: self.conduct.enter(stage))
        if moved:
            self.dismiss(None)

    def on_resize(self) -> None:
        """What stands beside the form on a wide screen is drawn only there."""
        if self._begun:
            self._draw_beside()

    def action_material(self) -> None:
        """Open the safety plan: the booklet of this conversation."""
        from gsh_console.tui.screens.safety_plan import SafetyPlanScreen

        self.after_typing(lambda: self.form.flush() and self.app.push_screen(SafetyPlanScreen(self.conduct)))

    def action_stem(self) -> None:
        """Turn the page beside: last time, the numbers, what to do, and away."""
        self._page = (self._page + 1) % 4
        self._draw_beside()
        if self._page == 0:
            self.form.take_focus()
        else:
            self.beside.scroll_home(animate=False)
            self.set_focus(self.beside)

    def action_scroll_beside(self, pages: int) -> None:
        """Turn the pages of what stands beside the form."""
        self.beside.scroll_relative(y=pages * max(1, self.beside.size.height - 1), animate=False)

    def action_previous_stage(self) -> None:
        """Back to the stage before safety."""
        stages = self.conduct.book.protocol.stages
        before = stages[max(0, self.conduct.book.protocol.index(safety.STAGE) - 1)].id
        self.after_typing(partial(self._leave_for, before, ""))


class CrisisScreen(Screen[None]):
    """The crisis contacts and what to do, outside a contact. Nothing is recorded here."""

    BINDINGS = [Binding("escape,enter,f4", "dismiss", "back", show=False)]

    def compose(self) -> ComposeResult:
        """The numbers with the day they were last checked, and what to do."""
        from gsh_console.tui.app import GshApp

        app = self.app
        assert isinstance(app, GshApp)
        definitions = app.desk.definitions
        yield TopBar("Crisis contacts and what to do", training=app.desk.training)
        with VerticalScroll():
            yield Static(crisis_words(definitions.crisis_contacts()), markup=False)
            for response in definitions.safety.responses:
                yield Static(Content.assemble("\n", (response.situation, "bold"), "\n", response.respond), markup=False)
        yield KeyBar("Nothing is recorded here.   Esc back")


def crisis_words(found: CrisisContacts) -> Content:
    """The crisis contacts as lines, with when and how they were last checked."""
    parts: list[tuple[str, str]] = [(f"Crisis contacts, {found.nation}", "bold")]
    checked = short_date(found.last_checked.isoformat())
    parts.append((f"\nlast checked {checked}: {found.checked_by}\n", "dim"))
    for contact in found.contacts:
        parts += [("\n", ""), (contact.number, "bold"), (f"  {contact.name}, {contact.when}", "")]
    return Content.assemble(*parts)


def _left_at(rows: tuple[FormRow, ...], state: SessionState) -> str:
    """The field after the one recorded last, as long as something needed is lacking; empty for the first."""
    filled = [at for at, row in enumerate(rows) if row.field.id in state.fields]
    lacking = any(row.needed and state.value(row.field.id) in (None, "", ()) for row in rows)
    if not filled or not lacking:
        return ""
    last = max(filled, key=lambda at: state.fields[rows[at].field.id].seq)
    ids = [row.field.id for row in rows]
    leads_to = rows[last].leads.get(str(state.value(ids[last])), "")
    return leads_to if leads_to in ids else ids[min(last + 1, len(ids) - 1)]


def _rows(
    conversation: safety.SafetyConversation, state: SessionState, asked: set[str], broke_off: bool
) -> tuple[FormRow, ...]:
    """The form's rows; a plain no leads on to the next area to ask, everything else to the patient's words.

    A number is asked for only where the patient said yes: nobody who was not asked gives a number.
    """
    left_open = {field.id for field in conversation.incomplete} if not broke_off else set()
    for area in conversation.areas:
        if state.value(area.reply_field.id) != safety.Reply.YES:
            left_open |= {field.id for field in area.extra if field.id not in state.fields}
    leads = {area.reply_field.id: _leads(conversation, at, asked) for at, area in enumerate(conversation.areas)}
    return tuple(
        FormRow(field, group, _needed(field, asked), leads.get(field.id, {}))
        for group, field in conversation.fields()
        if field.id not in left_open
    )


def _leads(conversation: safety.SafetyConversation, at: int, asked: set[str]) -> dict[str, str]:
    area, later = conversation.areas[at], conversation.areas[at + 1 :]
    end = conversation.closing[0].id
    to_ask = next((other.reply_field.id for other in later if other.id in asked), end)
    straight = later[0].reply_field.id if later else end
    leads = {str(safety.Reply.DECLINED): straight if area.opens_the_rest else to_ask}
    return leads if area.own_words else {**leads, str(safety.Reply.NO): to_ask}


def _needed(field: Field, asked: set[str]) -> bool:
    parts = field.id.split(".")
    return field.required or (len(parts) == 2 and parts[1] in asked)
