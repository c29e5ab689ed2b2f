"""The lines at the head and foot of a screen."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class TopBar(Static):
    """The head line: TRAINING where it is, then what the screen is about. Its text is never markup."""

    def __init__(self, text: str, *, training: bool, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._training = training
        self.tell(text)

    def tell(self, text: str) -> None:
        """Show another text."""
        mark = [(" TRAINING ", "bold reverse"), (" ", "")] if self._training else [(" ", "")]
        self.update(Content.assemble(*mark, (text, "")), layout=False)


class KeyBar(Static):
    """One fixed line of keys. (The stock footer recomposes at every focus move.)"""

    def __init__(self, text: str, id: str | None = None) -> None:
        super().__init__(text, markup=False, id=id)
        self._told = text

    def tell(self, text: str) -> None:
        """Show other keys."""
        if text != self._told:
            self._told = text
            self.update(Content(text), layout=False)
