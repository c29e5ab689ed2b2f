"""The safety plan, made with the patient under seven headings; the earlier one beside it, never copied in."""

from __future__ import annotations

from functools import cached_property

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from gsh_console.casework import handouts, safety_plans
from gsh_console.casework.conduct import Conduct
from gsh_console.domain.entries import FieldValue
from gsh_console.domain.moments import short_date
from gsh_console.domain.note import value_in_words
from gsh_console.domain.people import Patient
from gsh_console.domain.safety_plans import PREFIX, STILL_RIGHT, SafetyPlan, SafetyPlanForm
from gsh_console.faults import GshFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.in_call import CallScreen
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.field_list import FormRow, FormScene
from gsh_console.tui.widgets.form import Form

CARD = safety_plans.BOOKLET
BAR = "Enter next  ↑ back  F2 earlier plan  F3 jot  F4 safety  F5 card  F9 line  Esc back"


class SafetyPlanScreen(CallScreen):
    """Asks heading by heading; what is typed is the patient's, and is kept as it is typed."""

    CSS_PATH = "safety_plan.tcss"
    BINDINGS = keys.bindings("safety_plan")

    form = getters.query_one(Form)
    beside = getters.query_one("#beside", VerticalScroll)
    words = getters.query_one("#beside-words", Static)

    def __init__(self, conduct: Conduct) -> None:
        super().__init__(conduct)
        self._begun = False
        self._only_earlier = False

    def compose(self) -> ComposeResult:
        """Banner, clocks, the form, the earlier plan, keys."""
        yield from self.head()
        with Horizontal(id="body"):
            yield Form(self)
            with VerticalScroll(id="beside"):
                yield Static(id="beside-words", markup=False)
        yield KeyBar(BAR)

    def on_mount(self) -> None:
        """Stand at the first heading nothing is written under."""
        super().on_mount()
        self.redraw()

    def on_screen_resume(self) -> None:
        """Draw again what may have changed under a screen above."""
        if self._begun:
            self.redraw()

    def redraw(self) -> None:
        """Show the plan as it stands in this contact."""
        plan, state = self._plan, self.conduct.state
        rows = tuple(
            FormRow(field, "The plan" if at < len(plan.headings) else "About it")
            for at, field in enumerate(plan.fields)
            if self._earlier or field.id != STILL_RIGHT  # nothing earlier: nothing to have looked through
        )
        values = {row.field.id: held.value for row in rows if (held := state.fields.get(row.field.id))}
        title = "Safety plan · together, in the patient's words"
        scene = FormScene(title, rows, values, plan.say, typed=self.unread(rows))
        if self._begun:
            self.form.update_values(scene)
        else:
            self._begun = True
            self.form.begin(scene)
            self.form.take_focus()
        self.words.update(earlier_plans(self._earlier, self._plan))
        self.tick()

    @property
    def _plan(self) -> SafetyPlanForm:
        """The form this contact is held to; a contact opened before there was one is shown the one in force."""
        return self.conduct.book.safety_plan or self.conduct.desk.definitions.safety_plan

    @cached_property
    def _earlier(self) -> tuple[SafetyPlan, ...]:
        try:
            return safety_plans.safety_plans(self.conduct.desk, self.conduct.patient.id).spoken_of
        except GshFault as fault:
            self.app.tell(fault)
            return ()

    def given(self, field_id: str, value: FieldValue, typed: str = "") -> bool:
        """Record a field."""
        return self.keep_field(self.form, field_id, value, typed)

    def finished(self) -> None:
        """Past the last field: back to where it was opened."""
        self.action_back()

    def skip_step(self) -> None:
        """Nothing here is left out by a key: what was not asked is recorded as not asked."""

    def left_upwards(self) -> None:
        """Stay at the first field."""

    def action_stem(self) -> None:
        """The earlier plan in place of the form, where there is no room for both; and back."""
        self._only_earlier = not self._only_earlier
        self.beside.set_class(self._only_earlier, "-shown")
        self.form.set_class(self._only_earlier, "-under")
        if self._only_earlier:
            self.set_focus(self.beside)
        else:
            self.form.take_focus()

    def action_scroll_beside(self, pages: int) -> None:
        """Turn the pages of the earlier plan."""
        self.beside.scroll_relative(y=pages * max(1, self.beside.size.height - 1), animate=False)

    def action_card(self) -> None:
        """Open the card: to read along, to give and record it, and to make the patient's own copy with the plan."""
        self.after_typing(self._card)

    def _card(self) -> None:
        from gsh_console.tui.screens.reader import ReaderScreen

        if not self.put_down(self.form):
            return
        try:
            entry = self.conduct.desk.library.entry(CARD)
        except GshFault as fault:
            self.app.tell(fault)
        else:
            self.app.push_screen(ReaderScreen(self.conduct, entry))

    def action_back(self) -> None:
        """Back to where it was opened."""
        self.after_typing(self._leave)

    def _leave(self) -> None:
        if self.put_down(self.form) and self.conduct.unsaved is None and self.is_current:
            self.dismiss(None)


class KeptPlanScreen(Screen[None]):
    """Every version of a patient's safety plan, to read and print. It is changed in a contact, with the patient."""

    BINDINGS = keys.bindings("kept_plan")
    CSS_PATH = "safety_plan.tcss"

    app = getters.app(GshApp)

    def __init__(self, patient: Patient) -> None:
        super().__init__()
        self._patient = patient
        self.patient_id = patient.id

    def compose(self) -> ComposeResult:
        """Whose plan, its versions, the keys."""
        yield TopBar(f"Safety plan · {self._patient.name}", training=self.app.desk.training)
        with VerticalScroll(id="kept"):
            yield Static(self._versions(), markup=False)
        yield KeyBar("F5 the card to print   ↑ ↓ read   Esc back   F4 SAFETY   Changed in a call, with the patient")

    def _versions(self) -> Content:
        definitions = self.app.desk.definitions
        try:
            return earlier_plans(
                safety_plans.safety_plans(self.app.desk, self._patient.id).spoken_of, definitions.safety_plan
            )
        except GshFault as fault:
            return Content(str(fault))

    def action_card(self) -> None:
        """Open the card to print."""
        open_blank_card(self.app, self._patient)

    def action_back(self) -> None:
        """Back to the file."""
        self.dismiss(None)


def earlier_plans(plans: tuple[SafetyPlan, ...], form: SafetyPlanForm) -> Content:
    """Every earlier plan, newest first, under the headings of the form."""
    if not plans:
        return Content("No earlier safety plan in this store.")
    parts: list[tuple[str, str]] = []
    for at, plan in enumerate(plans):
        title = "The plan of" if at == 0 else "Before that,"
        lead = chr(10) * 2 if at else ""
        parts.append((f"{lead}{title} {short_date(plan.on)} (contact {plan.contact_number})", "bold"))
        if at == 0:
            parts.append(("\nread only, not today", "dim"))
        held = {**plan.headings, **plan.about}
        for field in form.fields:
            if (value := held.get(field.id.removeprefix(f"{PREFIX}."))) not in (None, "", ()):
                parts += [("\n", ""), (f"{field.label}: ", "dim"), (value_in_words(field, value), "")]
    return Content.assemble(*parts)


def open_blank_card(app: GshApp, patient: Patient) -> None:
    """Open the card to print in the patient's language, or English; outside a call it carries nobody's plan."""
    from gsh_console.tui.screens.reader import open_in_browser

    try:
        entry = app.desk.library.entry(CARD)
        path = handouts.write_html(app.desk, CARD, handouts.review_of(entry, patient.language).language)
    except GshFault as fault:
        app.tell(fault)
    else:
        open_in_browser(app, path, "The patient's own copy, with the plan, is made in a call.")
