"""A one-line field that never holds, and so never draws, a control character or an escape sequence."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from gsh_console.domain.text import clean


class LineInput(Input):
    """An Input whose value is clean however it came: typed, pasted or set."""

    def validate_value(self, value: str) -> str:
        """Keep the value clean; blanks at its ends stay, because somebody may still be typing."""
        return clean(value).replace("\n", " ")

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        line = clean(event.text).strip("\n").replace("\n", " ")
        if self.selection.is_empty:
            self.insert_text_at_cursor(line)
        else:
            self.replace(line, *self.selection)
