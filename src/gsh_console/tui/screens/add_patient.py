"""The form for a new patient: one field a line, each fault in words under its field, nothing typed ever lost."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from gsh_console.casework import new_patient
from gsh_console.casework.new_patient import FIELDS, PatientDraft
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient
from gsh_console.faults import GshFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.line_input import LineInput

BAR = "Enter next   ↑ ↓ field   F8 save   Esc back   F1 help"
WORDS = {
    "family_name": ("Family name *", ""),
    "given_name": ("Given name *", ""),
    "birth_date": ("Birth date *", "such as 14/03/1991"),
    "nhs_number": ("NHS number", "ten digits"),
    "gender": ("Gender", "1 male, 2 female, 9 indeterminate; X if left empty"),
    "language": ("Language", "English if left empty; else its name or code (Urdu, ur)"),
    "interpreter_required": ("Interpreter", "no if left empty; yes"),
    "interpreter_wishes": ("Interpreter wishes", "dialect, gender, who not"),
    "communication_needs": ("Needs", "hearing, sight, reading, pace"),
    "phone": ("Telephone", "the safe number"),
    "second_phone": ("Second number", ""),
    "voicemail": ("Voicemail", "no if left empty; name and number only; yes"),
    "emergency_contact": ("Emergency contact", "name, relation, number"),
    "address_line": ("Address", "first line"),
    "postcode": ("Postcode", ""),
    "gp_practice": ("GP practice", ""),
    "problem_descriptor": ("Problem code", "F32, F411 …"),
    "problem_statement": ("Problem", "in the patient's words"),
    "referral_received": ("Referral received", "such as 2/11/2026"),
}


class SaveRow(Static, can_focus=True):
    """The last line of the form: Enter or a click saves."""

    @dataclass
    class Pressed(Message):
        """Save was asked for."""

        row: SaveRow

    def on_key(self, event: events.Key) -> None:
        """Enter saves."""
        if event.key == "enter":
            event.stop()
            self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """A click saves."""
        self.post_message(self.Pressed(self))


class AddPatientScreen(Screen[Patient | None]):
    """A new patient, typed once."""

    CSS_PATH = "add_patient.tcss"
    BINDINGS = keys.bindings("add_patient")
    AUTO_FOCUS = "#family_name"

    app = getters.app(GshApp)
    told = getters.query_one("#told", Static)

    def __init__(self) -> None:
        super().__init__()
        self._warned = False

    def compose(self) -> ComposeResult:
        """The fields in order, the save row, the keys."""
        yield TopBar("New patient     * must be given", training=self.app.desk.training)
        with VerticalScroll(id="form", can_focus=False):
            for name in FIELDS:
                label, hint = WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
                with Horizontal(classes="field"):
                    yield Static(label, markup=False, classes="label")
                    yield LineInput(id=name, placeholder=hint, leads_on=True)
                yield Static("", markup=False, id=f"fault-{name}", classes="fault")
            yield SaveRow("[ Save ]", markup=False, id="save")
        yield Static("", id="told", markup=False)
        yield KeyBar(BAR)

    @property
    def draft(self) -> PatientDraft:
        """What is typed now."""
        return PatientDraft(**{name: self.query_one(f"#{name}", LineInput).value for name in FIELDS})

    def on_input_changed(self, message: Input.Changed) -> None:
        """A field being corrected loses its fault."""
        self._warned = False
        if message.input.id:
            self._fault(message.input.id, "")

    def on_save_row_pressed(self, _: SaveRow.Pressed) -> None:
        """Save."""
        self.action_save()

    def action_next(self) -> None:
        """The next line."""
        self.focus_next()

    def action_previous(self) -> None:
        """The line before."""
        self.focus_previous()

    def action_save(self) -> None:
        """Check and write; every problem is told under its field and the first one gets the cursor."""
        desk, draft = self.app.desk, self.draft
        for name in FIELDS:
            self._fault(name, "")
        try:
            person = new_patient.add_patient(desk, draft)
        except GshFault as fault:
            self._refused(draft, fault)
        else:
            self.dismiss(person)

    def _refused(self, draft: PatientDraft, fault: GshFault) -> None:
        found = new_patient.check(draft, frozenset(), self.app.desk.now().astimezone(UK).date())
        problems = () if isinstance(found, Patient) else found
        for problem in problems:
            self._fault(problem.field, problem.sentence)
        many = f"{len(problems)} fields need" if len(problems) > 1 else "One field needs"
        self.told.update(f"NOT SAVED yet. {many} another look." if problems else f"NOT SAVED – {fault}")
        if problems:
            self.query_one(f"#{problems[0].field}", LineInput).focus()

    def _fault(self, name: str, sentence: str) -> None:
        line = self.query_one(f"#fault-{name}", Static)
        line.set_class(bool(sentence), "-open")
        line.update(f"! {sentence}" if sentence else "")

    def action_back(self) -> None:
        """Leave; where something was typed, only on the second Esc."""
        if not self._warned and self.draft != PatientDraft():
            self._warned = True
            self.told.update("This patient is not saved. F8 saves; Esc again throws away what you typed.")
            return
        self.dismiss(None)
