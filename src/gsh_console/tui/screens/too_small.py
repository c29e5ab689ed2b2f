"""What stands on a window smaller than 80 by 24."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class TooSmallScreen(Screen[None]):
    """Waits for a larger window; nothing under it is lost."""

    def on_screen_resume(self) -> None:
        """Go away if the window was made larger while something stood over this."""
        if self.app.size.width >= 80 and self.app.size.height >= 24:
            self.dismiss(None)

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static("This window is too small: a call needs 80 by 24. Make it larger; nothing is lost.", markup=False)
