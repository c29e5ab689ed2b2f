"""Where records are sent, in words; Enter tests it. Nothing is changed here: the service's files say it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from gsh_console.faults import GshFault
from gsh_console.tui.app import GshApp
from gsh_console.tui.in_background import in_background


class TargetScreen(ModalScreen[None]):
    """What is set, what sending is at, and what a test of it found."""

    BINDINGS = [
        Binding("enter", "test", "test it", show=False),
        Binding("escape", "back", "back", show=False),
    ]
    DEFAULT_CSS = """
    TargetScreen { align: center middle; }
    TargetScreen > Vertical { width: 76; height: auto; max-height: 100%; padding: 1 2; background: $surface; }
    TargetScreen #found { height: auto; max-height: 12; margin-top: 1; }
    """

    app = getters.app(GshApp)
    found = getters.query_one("#found", Static)

    @dataclass
    class Found(Message):
        """What the test found."""

        lines: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self._testing = False

    def compose(self) -> ComposeResult:
        """The settings, the light, room for the test, the keys."""
        with Vertical():
            yield Static("Where records are sent", markup=False, classes="strong")
            yield Static(self._set(), markup=False)
            yield Static("", markup=False, id="found")
            yield Static("Enter tests it   Esc back   F4 SAFETY", markup=False, classes="quiet")

    def _set(self) -> Content:
        from gsh_console.casework.target import target_in_words

        lines = list(target_in_words(self.app.desk))
        light = self.app.light
        if light is not None:
            lines.append(("now", f"{light.waiting} waiting. {light.told}"))
        if self.app.fetcher is not None:
            lines.append(("caseload", self.app.fetcher.told))
        parts: list[tuple[str, str]] = []
        for name, told in lines:
            parts += [(f"\n{name}: ", "bold"), (told, "")]
        return Content.assemble(*parts)

    def action_test(self) -> None:
        """Ask the target what it takes."""
        if not self._testing:
            self._testing = True
            self.found.update("Testing…")
            in_background(self, self._test)

    def _test(self) -> Message:
        from gsh_console.casework.target import check_target

        try:
            lines = check_target(self.app.desk)
        except GshFault as fault:
            lines = (str(fault),)
        return self.Found(lines)

    def on_target_screen_found(self, message: Found) -> None:
        """Show what was found."""
        self._testing = False
        self.found.update(Content("\n".join(message.lines)))

    def action_back(self) -> None:
        """Back to where it was called from."""
        self.dismiss(None)
