"""A field for several lines that never holds, and so never draws, a control character or an escape sequence."""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from gsh_console.domain.text import clean


class CleanArea(TextArea):
    """A TextArea whose pasted text is cleaned; Tab leaves it."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(clean(text), id=id, tab_behavior="focus", soft_wrap=True, show_line_numbers=False)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.replace(clean(event.text), *self.selection, maintain_selection_offset=False)
