"""One item of a measure: what to say, the choices, the answers so far; after the last, what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from gsh_console.domain.measures import Absence, Answer, Item, Measure, Mode
from gsh_console.tui.widgets.in_order import passed_on
from gsh_console.tui.widgets.wrapping import hanging

_SHORT = {
    Absence.DECLINED: "d",
    Absence.UNCLEAR: "u",
    Absence.NOT_ASKED: "n",
    Absence.NOT_APPLICABLE: "–",
}
_ABSENCES = {
    "d": Absence.DECLINED,
    "u": Absence.UNCLEAR,
    "n": Absence.NOT_ASKED,
    "a": Absence.NOT_APPLICABLE,
}
_MODES = {
    Mode.READ_OUT: "read out by you",
    Mode.SELF_COMPLETED: "typed from the patient's own form",
    Mode.INTERPRETED: "through the interpreter, at sight: not validated",
    Mode.ONLINE: "completed online by the patient",
}


class Asker(Protocol):
    """Who the question is asked for: told of every key at once, in order."""

    def answered(self, item: str, answer: Answer) -> None:
        """The patient's answer, or why there is none."""

    def asked_back(self) -> None:
        """Re-ask the item before."""

    def go_on(self) -> None:
        """Go on after the result."""

    def mode_changed(self) -> None:
        """Answers come another way from now on."""

    def skip_asked(self) -> None:
        """Leave the rest of this measure out, with a reason."""


@dataclass(frozen=True)
class Scene:
    """What the question shows: an item, or after the last one the result in words."""

    measure: Measure
    item: Item | None
    answers: dict[str, Answer]
    mode: Mode
    stem_in_full: bool
    result: tuple[str, ...] = ()


class Question(Widget, can_focus=True):
    """Asks one item; keys go to the owner at once, nothing is kept here."""

    DEFAULT_CSS = """
    Question { width: 1fr; height: 1fr; padding: 0 1; }
    """

    def __init__(self, owner: Asker) -> None:
        super().__init__()
        self.scene: Scene | None = None
        self._owner = owner
        self._drawn: list[str] = []
        self._content = Content("")

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        if self.scene is not None:
            self._drawn = []
            self.show(self.scene)

    def show(self, scene: Scene) -> None:
        """Show another item or the result."""
        self.scene = scene
        self._content = self._draw(scene)
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
        if passed_on(self, event) or self.scene is None or self.screen is not self.app.screen:
            return
        item = self.scene.item
        if len(event.key) == 1 and event.key.isdigit():
            if item is not None and self.scene.measure.takes(item, int(event.key)):
                self._owner.answered(item.id, int(event.key))
        elif event.key in _ABSENCES:
            self._absent(item, _ABSENCES[event.key])
        elif event.key == "backspace":
            self._owner.asked_back()
        elif event.key == "enter":
            if item is None:
                self._owner.go_on()
        elif event.key == "equals_sign":
            self._owner.mode_changed()
        elif event.key == "minus":
            self._owner.skip_asked()
        else:
            return
        event.stop()

    def _absent(self, item: Item | None, absence: Absence) -> None:
        if item is None or (absence is Absence.NOT_APPLICABLE and not item.may_not_apply):
            return
        self._owner.answered(item.id, absence)

    def render(self) -> Content:
        """The scene as it was drawn when it was shown."""
        return self._content

    def _draw(self, scene: Scene) -> Content:
        return self._result(scene) if scene.item is None else self._asking(scene, scene.item)

    def _asking(self, scene: Scene, item: Item) -> Content:
        measure = scene.measure
        number = measure.position(item.id) + 1
        head = f"{measure.name} · {measure.recall}"
        count = f"{number} of {len(measure.items)}"
        room = max(1, self.content_size.width - len(head) - len(count))
        parts: list[Content | str | tuple[str, str]] = [(head, "bold"), " " * room, count, "\n"]
        parts += [(f"{_MODES[scene.mode]}", "dim"), "\n\n"]
        stem = measure.stem if scene.stem_in_full or number == 1 else measure.stem_again
        width = self.content_size.width
        lead, said = hanging(stem, "Say", width)
        under, asked = hanging(item.text, "", width)
        # Room for the longest wording, so that the choices stand still from item to item.
        stem_room = _room((measure.stem,), width) - said.count("\n")
        item_room = _room(tuple(other.text for other in measure.items), width) - asked.count("\n")
        parts += [(lead, "dim"), said, "\n" * stem_room, under, (asked, "bold"), "\n" * (item_room + 1)]
        for choice in measure.choices_of(item):
            chosen = "›" if scene.answers.get(item.id) == choice.value else " "
            parts += [f"  {chosen} ", (str(choice.value), "bold"), f"  {choice.label}\n"]
        parts += ["  ", ("d", "bold"), " declined  ", ("u", "bold"), " unclear  ", ("n", "bold"), " not asked"]
        if item.may_not_apply:
            parts += ["  ", ("a", "bold"), " does not apply"]
        parts += ["\n\n  ", *self._answers(scene, item)]
        return Content.assemble(*parts)

    def _answers(self, scene: Scene, asked: Item) -> list[Content | str | tuple[str, str]]:
        parts: list[Content | str | tuple[str, str]] = []
        for item in scene.measure.items:
            answer = scene.answers.get(item.id)
            if item is asked:
                parts.append((f"[{short(answer)}]" if answer is not None else "▁", "bold"))
            elif answer is not None:
                parts.append(short(answer))
            else:
                parts.append("·")
            parts.append(" ")
        return parts

    def _result(self, scene: Scene) -> Content:
        parts: list[Content | str | tuple[str, str]] = [(scene.measure.name, "bold"), "\n\n"]
        for line in scene.result:
            parts += ["".join(hanging(line, "", self.content_size.width)) if line else "", "\n"]
        given = " ".join(short(scene.answers[item.id]) for item in scene.measure.items if item.id in scene.answers)
        parts += [
            "\n  ",
            (given, "dim"),
            "\n\n  ",
            ("Enter", "bold"),
            " goes on   ",
            ("⌫", "bold"),
            " re-asks the last item",
        ]
        return Content.assemble(*parts)


@lru_cache(maxsize=64)
def _room(texts: tuple[str, ...], width: int) -> int:
    """Lines the longest of these wordings takes at this width."""
    return max(hanging(text, "", width)[1].count("\n") + 1 for text in texts)


def short(answer: Answer) -> str:
    """An answer in one character."""
    return _SHORT[answer] if isinstance(answer, Absence) else str(answer)
