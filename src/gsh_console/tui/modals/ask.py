"""A question answered in words, or by choosing one of a few things by digit."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from gsh_console.domain.text import clean
from gsh_console.tui.widgets.choosing import OPTION_KEYS
from gsh_console.tui.widgets.line_input import LineInput


class AskWords(ModalScreen[str | None]):
    """One line of words; Enter gives them, Esc gives None."""

    BINDINGS = [Binding("escape", "give_up", "not now", show=False)]

    def __init__(self, title: str, hint: str, *, optional: bool = False) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._optional = optional

    def compose(self) -> ComposeResult:
        """The question, the line, what the keys do."""
        with Vertical():
            yield Static(self._title, markup=False, classes="strong")
            yield Static(self._hint, markup=False, classes="quiet")
            yield LineInput(id="words")
            yield Static("Enter keeps it   Esc leaves it   F4 SAFETY", markup=False, classes="quiet")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Give the words; an empty line is not a reason."""
        words = clean(message.value, one_line=True).strip()
        if (words or self._optional) and self.is_current:
            self.dismiss(words)

    def action_give_up(self) -> None:
        """Leave without words."""
        self.dismiss(None)


class Choose(ModalScreen[int | None]):
    """A few things, each on its digit; gives the index or None."""

    BINDINGS = [Binding("escape", "give_up", "not now", show=False)]

    def __init__(self, title: str, options: tuple[str, ...], above: str = "") -> None:
        super().__init__()
        self._title = title
        self._options = options
        self._above = above
        self._given = False

    @property
    def title_told(self) -> str:
        """What is asked."""
        return self._title

    def compose(self) -> ComposeResult:
        """What is known, then the choices."""
        with Vertical():
            yield Static(self._title, markup=False, classes="strong")
            if self._above:
                yield Static(self._above, markup=False)
            yield Static(self._list(), markup=False, id="choices")
            yield Static("digit chooses   Esc leaves   F4 SAFETY", markup=False, classes="quiet")

    def _list(self) -> Content:
        parts: list[tuple[str, str]] = []
        for number, option in enumerate(self._options, 1):
            parts += [("\n  ", ""), (OPTION_KEYS[number - 1], "bold"), (f"  {option}", "")]
        return Content.assemble(*parts)

    def on_key(self, event: events.Key) -> None:
        """Give the chosen index."""
        event.stop()
        chosen = OPTION_KEYS.find(event.key) + 1 if len(event.key) == 1 else 0
        if 1 <= chosen <= len(self._options) and not self._given:
            self._given = True  # a second digit in the same burst must not close what lies under
            self.dismiss(chosen - 1)
        elif event.key == "escape":
            self.action_give_up()

    def on_click(self, event: events.Click) -> None:
        """A click on a choice chooses it."""
        if event.widget is not None and event.widget.id == "choices" and 1 <= event.y <= len(self._options):
            self._given = True
            self.dismiss(event.y - 1)

    def action_give_up(self) -> None:
        """Leave without choosing."""
        if not self._given:
            self._given = True
            self.dismiss(None)
