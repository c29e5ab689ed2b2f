"""The floor for a key: Textual's own Input."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class InputApp(App[None]):
    """One Input with the focus."""

    def compose(self) -> ComposeResult:
        """One field."""
        yield Input(placeholder="READY")


if __name__ == "__main__":
    InputApp().run()
