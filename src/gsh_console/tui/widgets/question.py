"""One item of a measure: what to say, the choices, the answers so far; after the last, what it came to."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from gsh_console.domain.measures import Absence, Answer, Item, Measure, Mode
from gsh_console.tui import keys
from gsh_console.tui.widgets.wrapping import hanging

_SHORT = {
    Absence.DECLINED: "d",
    Absence.UNCLEAR: "u",
    Absence.NOT_ASKED: "n",
    Absence.NOT_APPLICABLE: "–",
}
_MODES = {
    Mode.READ_OUT: "read out by you",
    Mode.SELF_COMPLETED: "typed from the patient's own form",
    Mode.INTERPRETED: "through the interpreter, at sight: not validated",
}


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
    """Asks one item; digits and a few letters become messages, nothing is kept here."""

    DEFAULT_CSS = """
    Question { width: 1fr; height: 1fr; padding: 0 1; }
    """
    BINDINGS = keys.bindings("measure")

    @dataclass
    class Answered(Message):
        """The patient's answer to the item shown, or why there is none."""

        item: str
        answer: Answer

    class Back(Message):
        """Re-ask the item before."""

    class Onward(Message):
        """Go on after the result."""

    class ModeChanged(Message):
        """Answers come another way from now on."""

    class SkipAsked(Message):
        """Leave the rest of this measure out, with a reason."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scene: Scene | None = None

    def show(self, scene: Scene) -> None:
        """Show another item or the result."""
        self.scene = scene
        self.refresh()

    def on_key(self, event: object) -> None:
        """Turn a digit into an answer; a digit the scale does not have does nothing."""
        key = getattr(event, "key", "")
        scene = self.scene
        if scene is None or scene.item is None or not (len(key) == 1 and key.isdigit()):
            return
        if int(key) in scene.measure.values:
            self.post_message(self.Answered(scene.item.id, int(key)))

    def action_absent(self, reason: str) -> None:
        """Record why there is no number."""
        scene = self.scene
        if scene is None or scene.item is None:
            return
        absence = Absence(reason)
        if absence is Absence.NOT_APPLICABLE and not scene.item.may_not_apply:
            return
        self.post_message(self.Answered(scene.item.id, absence))

    def action_back(self) -> None:
        """Re-ask the item before."""
        self.post_message(self.Back())

    def action_onward(self) -> None:
        """Go on, once there is a result to go on from."""
        if self.scene is not None and self.scene.item is None:
            self.post_message(self.Onward())

    def action_mode(self) -> None:
        """Change how the answers come."""
        self.post_message(self.ModeChanged())

    def action_skip(self) -> None:
        """Ask for the reason to leave the measure out."""
        self.post_message(self.SkipAsked())

    def render(self) -> Content:
        """Draw the scene; the wording of the item is the only thing in bold."""
        scene = self.scene
        if scene is None:
            return Content("")
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
        parts += [(lead, "dim"), said, "\n", under, (asked, "bold"), "\n\n"]
        for choice in measure.choices:
            chosen = "›" if scene.answers.get(item.id) == choice.value else " "
            parts += [f"  {chosen} ", (str(choice.value), "bold"), f"  {choice.label}\n"]
        parts += ["    ", ("d", "bold"), "  declined    ", ("u", "bold"), " unclear    ", ("n", "bold"), " not asked"]
        if item.may_not_apply:
            parts += ["    ", ("a", "bold"), " does not apply"]
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


def short(answer: Answer) -> str:
    """An answer in one character."""
    return _SHORT[answer] if isinstance(answer, Absence) else str(answer)
