"""Asks one item of a measure; every key goes to the owner at once, in order."""

from __future__ import annotations

from typing import Protocol

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from gsh_console.domain.measures import Absence, Answer, Item, Mode
from gsh_console.tui.widgets.asking import Scene, asking, grid_columns, outcome, short
from gsh_console.tui.widgets.choosing import longest_first, may_grow
from gsh_console.tui.widgets.field_list import PIECES
from gsh_console.tui.widgets.pieces import all_pieces

__all__ = ["Asker", "Question", "Scene", "short"]

_ABSENCES = {
    "d": Absence.DECLINED,
    "u": Absence.UNCLEAR,
    "n": Absence.NOT_ASKED,
    "a": Absence.NOT_APPLICABLE,
}


class Asker(Protocol):
    """Who the question is asked for: told of every key at once, in order."""

    def answered(self, item: str, answer: Answer) -> None:
        """The patient's answer, or why there is none."""

    def kept(self, item: str) -> None:
        """Leave an answer that was given before as it is, and go on to the next item."""

    def asked_back(self) -> None:
        """Re-ask the item before."""

    def asked_for(self, item: str) -> None:
        """Ask another item of the form."""

    def go_on(self) -> None:
        """Go on after the result."""

    def mode_changed(self) -> None:
        """Answers come another way from now on."""

    def skip_asked(self) -> None:
        """Leave the rest of this measure out, with a reason."""


class Question(Widget, can_focus=True):
    """Asks one item. It keeps only what is not yet an answer: the digits of a number being typed."""

    DEFAULT_CSS = """
    Question { width: 1fr; height: 1fr; padding: 0 1; }
    """

    def __init__(self, owner: Asker) -> None:
        super().__init__()
        self.scene: Scene | None = None
        self._owner = owner
        self._drawn: list[str] = []
        self._content = Content("")
        self._typed = ""
        self._piece: int | None = None

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        if self.scene is not None:
            self._drawn = []
            self._paint(self.scene)

    def show(self, scene: Scene) -> None:
        """Show another item or the result."""
        if self.scene is None or self.scene.item is not scene.item or self.scene.measure is not scene.measure:
            self._typed, self._piece = "", None
        self.scene = scene
        self._paint(scene)

    def _paint(self, scene: Scene) -> None:
        width = self.content_size.width
        self._content = (
            outcome(scene, width) if scene.item is None else asking(scene, scene.item, width, self._typed, self._piece)
        )
        before, after = self._drawn, self._content.plain.split("\n")
        self._drawn = after
        if len(before) != len(after):
            self.refresh()
            return
        changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        if changed:  # only lines that differ are painted: a digit costs a few lines, not a screen
            self.refresh(*(Region(0, at, self.size.width, 1) for at in changed))

    def on_key(self, event: events.Key) -> None:
        """Take one key, whole, before the next: an answer must never fall on another item."""
        if self.scene is None or self.screen is not self.app.screen:
            return
        if self._on_item(event.key) or self._on_measure(event.key):
            event.stop()

    def _on_item(self, key: str) -> bool:
        scene = self.scene
        assert scene is not None
        item = scene.item
        if len(key) == 1 and key.isdigit():
            if item is not None:
                self._digit(scene, item, key)
        elif key in _ABSENCES:
            self._absent(item, _ABSENCES[key])
        elif key in PIECES and item is not None:
            self._turn_piece(scene, PIECES[key])
        elif key in ("left", "right", "up", "down") and item is not None and scene.on_a_grid:
            self._move(scene, item, key)
        elif self._typed and item is not None and key in ("enter", "backspace"):
            self._end_number(scene, item, taken=key == "enter")
        else:
            return False
        return True

    def _on_measure(self, key: str) -> bool:
        if key == "backspace":
            self._owner.asked_back()
        elif key == "enter":
            if self.scene is not None and self.scene.item is None:
                self._owner.go_on()
            elif self.scene is not None and self.scene.item is not None:
                self._owner.kept(self.scene.item.id)
        elif key == "equals_sign":
            self._owner.mode_changed()
        elif key == "minus":
            self._owner.skip_asked()
        else:
            return False
        return True

    def _digit(self, scene: Scene, item: Item, key: str) -> None:
        """Answer at once where no longer number is possible; wait for more digits, or Enter, where one is."""
        measure, digits = scene.measure, self._typed + key
        if item.span:
            fits = int(digits) <= item.span.high
            waits = fits and (may_grow(digits, item.span.high) or int(digits) < item.span.low)
        else:
            values = [choice.value for choice in measure.choices_of(item)]
            waits = longest_first(values, digits)
            fits = waits or int(digits) in values
        if not fits:
            return
        if waits:
            self._typed = digits
            self._paint(scene)
        else:
            self._answer(item, int(digits))

    def _end_number(self, scene: Scene, item: Item, *, taken: bool) -> None:
        if taken:
            if scene.measure.takes(item, int(self._typed)):
                self._answer(item, int(self._typed))
            return
        self._typed = self._typed[:-1]
        self._paint(scene)

    def _answer(self, item: Item, answer: Answer) -> None:
        self._typed = ""
        self._owner.answered(item.id, answer)

    def _absent(self, item: Item | None, absence: Absence) -> None:
        if item is None or (absence is Absence.NOT_APPLICABLE and not item.may_not_apply):
            return
        self._answer(item, absence)

    def _turn_piece(self, scene: Scene, direction: int) -> None:
        if scene.mode is not Mode.INTERPRETED:
            return
        at = (-1 if self._piece is None else self._piece) + direction
        self._piece = at if 0 <= at < len(all_pieces(scene.spoken)) else None
        self._drawn = []
        self._paint(scene)

    def _move(self, scene: Scene, item: Item, key: str) -> None:
        columns = grid_columns(scene.measure, self.content_size.width)
        by = {"left": -1, "right": 1, "up": -columns, "down": columns}[key]
        at = scene.measure.position(item.id) + by
        if 0 <= at < len(scene.measure.items):
            self._typed = ""
            self._owner.asked_for(scene.measure.items[at].id)

    def render(self) -> Content:
        """The scene as it was drawn when it was shown."""
        return self._content
