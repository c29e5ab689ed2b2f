"""Every key, drawn from the one table of keys."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from gsh_console.tui import keys

PLACES = {
    "app": "Everywhere",
    "list": "In a list",
    "lock": "Unlocking and first set-up",
    "caseload": "Today, caseload, outbox",
    "before_call": "Before a call",
    "patient": "A patient's file",
    "choices": "Differences with the server",
    "note": "Reading a note",
    "amend": "Amending a note",
    "add_patient": "Adding a patient",
    "help": "This page",
    "session": "In a call",
    "safety": "The safety conversation",
    "safety_plan": "The safety plan, in a call",
    "kept_plan": "The safety plan, in the patient's file",
    "measure": "Asking a questionnaire",
    "form": "Filling in a step",
    "reader": "Reading a booklet",
    "summary": "The summary",
}
KEY_CELLS = 8


class HelpScreen(ModalScreen[None]):
    """All keys, place by place."""

    CSS_PATH = "help.tcss"
    BINDINGS = keys.bindings("help")
    AUTO_FOCUS = ""

    scroll_box = getters.query_one("#keys", VerticalScroll)

    def compose(self) -> ComposeResult:
        """The table, and how to leave it."""
        with Vertical():
            yield Static("Keys", markup=False, classes="strong")
            with VerticalScroll(id="keys", can_focus=False):
                yield Static(key_table(), markup=False)
            yield Static("↑ ↓ PgUp PgDn more   Esc close", markup=False, classes="quiet")

    def action_scroll(self, rows: int) -> None:
        """Move a line."""
        self.scroll_box.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Move a page."""
        self.scroll_box.scroll_relative(y=pages * max(1, self.scroll_box.size.height - 1), animate=False)

    def action_close(self) -> None:
        """Back to where it was called from."""
        self.dismiss(None)


def key_table() -> Content:
    """The keys of every place under its title."""
    parts: list[tuple[str, str]] = []
    for place, held in keys.KEYS.items():
        parts.append((f"\n{PLACES.get(place, place.replace('_', ' ').capitalize())}\n", "bold"))
        parts += [(f"  {key.shown:<{KEY_CELLS}}{key.label}\n", "") for key in held]
    return Content.assemble(*parts)
