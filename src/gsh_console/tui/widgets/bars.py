"""The lines at the head and foot of a screen."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

SECONDS_TO_READ = 7.0


class TopBar(Static):
    """The head line: TRAINING where it is, then what the screen is about, then the light of sending.

    Its text is never markup, and never gives way to the light.
    """

    def __init__(self, text: str, *, training: bool, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._training = training
        self._text = text
        self._light: tuple[str, ...] = ()
        self._draw()

    def tell(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self._draw()

    def show_light(self, *forms: str) -> None:
        """Show what sending is at, in the first form there is room for."""
        if forms != self._light:
            self._light = forms
            self._draw()

    def _draw(self) -> None:
        mark = [(" TRAINING ", "bold reverse"), (" ", "")] if self._training else [(" ", "")]
        parts = [*mark, (self._text, "")]
        room = (self.size.width if self.is_mounted else 0) - sum(cell_len(text) for text, _ in parts) - 1
        light = next((form for form in self._light if form and cell_len(form) + 2 <= room), "")
        if light:
            parts.append((f"{' ' * (room - cell_len(light))}{light}", ""))
        self.update(Content.assemble(*parts), layout=False)


class KeyBar(Static):
    """One fixed line of keys, or for a while one sentence that needs to be read.

    (The stock footer recomposes at every focus move; the stock toast covers what is being read.)
    """

    def __init__(self, text: str, id: str | None = None) -> None:
        super().__init__(text, markup=False, id=id)
        self._told = text
        self._timer: Timer | None = None

    def tell(self, text: str) -> None:
        """Show other keys, once the sentence has been read."""
        if text != self._told:
            self._told = text
            if self._timer is None:
                self.update(Content(text), layout=False)

    def notice(self, sentence: str) -> None:
        """Show a sentence in place of the keys for a while."""
        if self._timer is not None:
            self._timer.stop()
        self.add_class("-notice")
        self.update(Content(sentence))
        self._timer = self.set_timer(SECONDS_TO_READ, self._back_to_keys)

    def _back_to_keys(self) -> None:
        self._timer = None
        self.remove_class("-notice")
        self.update(Content(self._told))
