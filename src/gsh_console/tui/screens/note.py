"""A signed note with its amendments, to read; and the form that adds an amendment."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static, TextArea

from gsh_console.casework import contacts, files, signing
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.files import ContactSummary, KeptNote
from gsh_console.domain.moments import UK, day_and_time
from gsh_console.domain.people import Patient
from gsh_console.domain.text import clean
from gsh_console.faults import GshFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.patient_words import Part, banner_lines
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.clean_area import CleanArea
from gsh_console.tui.widgets.line_input import LineInput

BAR = "↑ ↓ PgUp PgDn read   m amend   Esc back   F4 SAFETY   F1 help"


class NoteScreen(Screen[None]):
    """One contact's note as it was signed, and what was added to it since."""

    CSS_PATH = "note.tcss"
    BINDINGS = keys.bindings("note")
    AUTO_FOCUS = "VerticalScroll"

    app = getters.app(GshApp)
    top = getters.query_one(TopBar)
    scroll_box = getters.query_one(VerticalScroll)
    note = getters.query_one("#note", Static)

    def __init__(self, patient: Patient, contact: ContactSummary, *, amending: bool = False) -> None:
        super().__init__()
        self.patient = patient
        self.contact = contact
        self._amending = amending

    def compose(self) -> ComposeResult:
        """The banner, the note, the keys."""
        yield TopBar("", training=self.app.desk.training)
        with VerticalScroll():
            yield Static("", id="note", markup=False)
        yield KeyBar(BAR)

    def on_mount(self) -> None:
        """Go straight to the amendment where it was asked for."""
        if self._amending:
            self.call_after_refresh(self.action_amend)

    def on_screen_resume(self) -> None:
        """Read the note with every amendment."""
        try:
            self.note.update(note_content(files.notes(self.app.desk, self.contact.id)))
        except GshFault as fault:
            self.app.tell(fault)

    def on_resize(self) -> None:
        """Draw the banner for this width."""
        day = self.app.desk.now().astimezone(UK).date()
        width = self.app.size.width - (11 if self.app.desk.training else 1)
        self.top.tell(banner_lines(self.patient, day, width)[0])

    def action_amend(self) -> None:
        """Add an amendment to this note."""
        try:
            conduct = contacts.resume(self.app.desk, self.contact.id)
        except GshFault as fault:
            self.app.tell(fault)
        else:
            self.app.push_screen(AmendScreen(conduct), self._amended)

    def _amended(self, added: bool | None) -> None:
        if added:
            self.call_after_refresh(self.scroll_box.scroll_end, animate=False)

    def action_back(self) -> None:
        """Back to the file."""
        self.dismiss(None)


class AmendScreen(ModalScreen[bool]):
    """Why and what is added. What was typed stays until it is saved."""

    CSS_PATH = "note.tcss"
    BINDINGS = keys.bindings("amend")

    app = getters.app(GshApp)
    reason = getters.query_one("#reason", LineInput)
    words = getters.query_one("#words", CleanArea)
    told = getters.query_one("#told", Static)

    def __init__(self, conduct: Conduct) -> None:
        super().__init__()
        self._conduct = conduct
        self._warned = False

    def compose(self) -> ComposeResult:
        """The two fields and what they are for."""
        with Vertical():
            title = f"Amend contact {self._conduct.contact.number} with {self._conduct.patient.name}"
            yield Static(clean(title, one_line=True), markup=False, classes="strong")
            yield Static("The signed note stays as it is; this is added to it.", markup=False, classes="quiet")
            yield Static("Reason", markup=False, classes="label")
            yield LineInput(id="reason", leads_on=True)
            yield Static("What is added", markup=False, classes="label")
            yield CleanArea(id="words")
            yield Static("", id="told", markup=False)
            yield Static("Enter, Tab next field   F8 save   Esc back without amending", markup=False, classes="quiet")

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """From the reason to the words."""
        self.set_focus(self.words)

    def on_input_changed(self, _: Input.Changed) -> None:
        """Typing goes on, so leaving asks again."""
        self._warned = False

    def on_text_area_changed(self, _: TextArea.Changed) -> None:
        """Typing goes on, so leaving asks again."""
        self._warned = False

    def action_save(self) -> None:
        """Sign the amendment; a fault is told here and nothing typed is lost."""
        try:
            signing.amend(self._conduct, self.words.text, self.reason.value)
        except GshFault as fault:
            self.told.update(f"NOT SAVED – {fault}")
            self.set_focus(self.words if self.reason.value.strip() else self.reason)
        else:
            self.dismiss(True)

    def action_back(self) -> None:
        """Leave; where something was typed, only on the second Esc."""
        if not self._warned and (self.words.text.strip() or self.reason.value.strip()):
            self._warned = True
            self.told.update("What you typed is not saved. F8 saves it; Esc again throws it away.")
            return
        self.dismiss(False)


def note_content(notes: tuple[KeptNote, ...]) -> Content:
    """The note and its amendments as one text, headings in bold; none of it is markup."""
    if not notes:
        return Content("There is no signed note for this contact.")
    parts: list[Part] = []
    for kept in notes:
        parts += _amendment(kept) if kept.amends else _signed(kept)
    return Content.assemble(*((clean(text), style) for text, style in parts))


def _signed(kept: KeptNote) -> list[Part]:
    title, _, rest = kept.text.partition("\n")
    parts: list[Part] = [(title, "bold"), (f"\nSigned by {kept.practitioner}, {day_and_time(kept.signed_at)}\n", "")]
    for block in rest.strip("\n").split("\n\n"):
        heading, _, words = block.partition("\n")
        parts += [(f"\n{heading}", "bold"), (f"\n{words}\n", "")]
    return parts


def _amendment(kept: KeptNote) -> list[Part]:
    return [
        (f"\nAmendment, {day_and_time(kept.signed_at)}", "bold"),
        (f"\n{kept.text.rstrip()}\n", ""),
    ]
