"""A one-line field that never holds, and so never draws, a control character or an escape sequence."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from gsh_console.domain.text import clean


class LineInput(Input):
    """An Input whose value is clean however it came: typed, pasted or set. One that `leads_on` leaves on Enter."""

    def __init__(
        self, value: str = "", *, id: str, placeholder: str = "", password: bool = False, leads_on: bool = False
    ) -> None:
        super().__init__(value, id=id, placeholder=placeholder, password=password)
        self._leads_on = leads_on

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":  # here and not by a binding: what is typed next may already be waiting
            event.stop()
            event.prevent_default()
            if self._leads_on:
                self.screen.focus_next()
            await self.action_submit()

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
