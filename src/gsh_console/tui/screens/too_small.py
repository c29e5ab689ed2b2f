"""What stands on a window smaller than 80 by 24."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class TooSmallScreen(Screen[None]):
    """Waits for a larger window; nothing under it is lost."""

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static("This window is too small: a call needs 80 by 24. Make it larger; nothing is lost.", markup=False)
