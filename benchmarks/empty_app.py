"""The floor for starting: a Textual app that shows one word."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """Shows READY."""

    def compose(self) -> ComposeResult:
        """One word."""
        yield Static("READY")


if __name__ == "__main__":
    EmptyApp().run()
