"""The caseload comes down while one watches: how far it is, a way to stop, and what came."""

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


class PullScreen(ModalScreen[None]):
    """Brings the caseload down; Esc stops after the page being read, and leaves once it ended."""

    BINDINGS = [Binding("escape", "stop", "stop, then back", show=False)]
    DEFAULT_CSS = """
    PullScreen { align: center middle; }
    PullScreen > Vertical { width: 76; height: auto; max-height: 100%; padding: 1 2; background: $surface; }
    PullScreen #how-far { height: auto; margin: 1 0; }
    """

    app = getters.app(GshApp)
    how_far = getters.query_one("#how-far", Static)
    keys = getters.query_one("#pull-keys", Static)

    @dataclass
    class Told(Message):
        """How far it is."""

        words: str

    @dataclass
    class Ended(Message):
        """It ended; the lines say what came."""

        lines: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self._stop = False
        self._over = False

    def compose(self) -> ComposeResult:
        """What is going on, and the key that stops it."""
        with Vertical():
            yield Static("Bringing the caseload down", markup=False, classes="strong")
            yield Static("Asking the server…", markup=False, id="how-far")
            yield Static("Esc stops   F4 SAFETY", markup=False, classes="quiet", id="pull-keys")

    def on_mount(self) -> None:
        """Begin."""
        in_background(self, self._pull)

    def on_unmount(self) -> None:
        """Stop where nobody watches any more."""
        self._stop = True

    def _pull(self) -> Message:
        from gsh_console.casework.fetching import pull

        def told(words: str) -> None:
            self.post_message(self.Told(words))

        try:
            lines = pull(self.app.desk, told, lambda: self._stop)
        except GshFault as fault:
            lines = (str(fault),)
            self._note(fault)
        else:
            self._note(None)
        return self.Ended(lines)

    def _note(self, fault: GshFault | None) -> None:
        """Let the light tell how it ended, unless somebody stopped it."""
        if self.app.fetcher is not None and not self._stop:
            self.app.fetcher.ended(fault)

    def on_pull_screen_told(self, message: Told) -> None:
        """Show how far it is."""
        self.how_far.update(Content(message.words))

    def on_pull_screen_ended(self, message: Ended) -> None:
        """Show what came."""
        self._over = True
        self.how_far.update(Content("\n".join(message.lines)))
        self.keys.update(Content("Esc back   F4 SAFETY"))

    def action_stop(self) -> None:
        """Stop, or leave."""
        if self._over:
            self.dismiss(None)
        else:
            self._stop = True
            self.how_far.update(Content("Stopping after this page…"))
