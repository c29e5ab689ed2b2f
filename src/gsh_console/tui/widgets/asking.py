"""One item of a measure as it is drawn: read out with its choices, through an interpreter, or as a form's grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from textual.content import Content

from gsh_console.domain.measures import Absence, Answer, Choice, Item, Measure, Mode
from gsh_console.tui.widgets.pieces import all_pieces, one_piece, with_pauses
from gsh_console.tui.widgets.wrapping import hanging

Parts = list[Content | str | tuple[str, str]]

SCORE_ENTRY = "score entry"  # wording: neutral labels stand for words under licence
SHORT = {
    Absence.DECLINED: "d",
    Absence.UNCLEAR: "u",
    Absence.NOT_ASKED: "n",
    Absence.NOT_APPLICABLE: "–",
}
MODES = {
    Mode.READ_OUT: "read out by you",
    Mode.SELF_COMPLETED: "typed from the patient's own form",
    Mode.INTERPRETED: "you read English, interpreted at sight: not validated",
    Mode.ONLINE: "completed online by the patient",
}
MOST_GRID_COLUMNS = 10


@dataclass(frozen=True)
class Scene:
    """What the question shows: an item, or after the last one the result in words.

    `read_by` says who reads and from which text; `beside` is the item in the patient's language, where that is there.
    """

    measure: Measure
    item: Item | None
    answers: dict[str, Answer]
    mode: Mode
    stem_in_full: bool
    result: tuple[str, ...] = ()
    read_by: str = ""
    beside: str = ""

    @property
    def on_a_grid(self) -> bool:
        """Whether a form is typed in, all its items in sight."""
        return self.mode is Mode.SELF_COMPLETED

    @property
    def spoken(self) -> tuple[str, ...]:
        """What is said through an interpreter: the stem, the item, the choices."""
        if self.item is None:
            return ()
        choices = tuple(f"{choice.label}?" for choice in self.measure.choices_of(self.item))
        return (_stem(self), self.item.text, *choices)


def asking(scene: Scene, item: Item, width: int, typed: str, piece: int | None) -> Content:
    """The item in hand; `typed` are the digits of a number not yet complete, `piece` the one spoken now."""
    if scene.on_a_grid:
        return _grid(scene, item, width, typed)
    parts = _head(scene, item, width)
    interpreted = scene.mode is Mode.INTERPRETED
    parts += _spoken_piece(scene, piece, width) if interpreted and piece is not None else _said(scene, item, width)
    if scene.beside:
        parts += ["".join(hanging(scene.beside, "", width)), "\n\n"]
    parts += _answers_offered(scene, item, typed)
    parts += ["\n\n  ", *_row_of_answers(scene, item)]
    if interpreted:
        parts.append(("\n  ‖ pause for the interpreter; Tab one piece at a time", "dim"))
    return Content.assemble(*parts)


def _head(scene: Scene, item: Item, width: int) -> Parts:
    measure = scene.measure
    head = f"{measure.name} · {measure.recall}"
    count = f"{measure.position(item.id) + 1} of {len(measure.items)}"
    if len(head) + len(count) + 2 > width:
        head = head[: max(8, width - len(count) - 3)] + "…"
    return [
        (head, "bold"), " " * max(1, width - len(head) - len(count)), count, "\n", (f"{_how(scene)}\n", "dim"), "\n",
    ]  # fmt: skip


def _how(scene: Scene) -> str:
    spoken = scene.mode in (Mode.INTERPRETED, Mode.READ_OUT)
    how = scene.read_by if spoken and scene.read_by else MODES[scene.mode]
    if scene.mode is Mode.SELF_COMPLETED and scene.measure.wording == SCORE_ENTRY:
        return "key from the patient's licensed form"
    return how


def _stem(scene: Scene) -> str:
    first = scene.item is not None and scene.measure.position(scene.item.id) == 0
    return scene.measure.stem if scene.stem_in_full or first else scene.measure.stem_again


def _said(scene: Scene, item: Item, width: int) -> Parts:
    measure, interpreted = scene.measure, scene.mode is Mode.INTERPRETED
    lead, said = hanging(_voiced(_stem(scene), interpreted), "Say", width)
    under, asked = hanging(_voiced(item.text, interpreted), "", width)
    # Room for the longest wording, so that the choices stand still from item to item.
    stem_room = _room((_voiced(measure.stem, interpreted),), width) - said.count("\n")
    item_room = _room(tuple(_voiced(other.text, interpreted) for other in measure.items), width) - asked.count("\n")
    return [(lead, "dim"), said, "\n" * stem_room, under, (asked, "bold"), "\n" * (item_room + 1)]


def _voiced(words: str, interpreted: bool) -> str:
    return with_pauses(words) if interpreted else words


def _spoken_piece(scene: Scene, piece: int, width: int) -> Parts:
    told = all_pieces(scene.spoken)
    lead, words = hanging(one_piece(told, min(piece, len(told) - 1)), "Say", width)
    return [(lead, "dim"), (words, "bold"), "\n\n"]


def _answers_offered(scene: Scene, item: Item, typed: str) -> Parts:
    measure, parts = scene.measure, Parts()
    for choice in measure.choices_of(item):
        chosen = "›" if scene.answers.get(item.id) == choice.value else " "
        parts += [f"  {chosen} ", (str(choice.value), "bold"), f"  {choice.label}\n"]
    if item.span:
        parts += [f"  {_ends(item)}:  ", (_in_hand(scene, item, typed), "bold"), "\n"]
        parts.append((f"  {'Enter takes it, or go on typing' if typed else 'type the number'}\n", "dim"))
    elif typed:
        parts.append((f"  {typed}▁  Enter takes it, or go on typing\n", "dim"))
    parts += ["  ", *_absences(item)]
    return parts


def _ends(item: Item) -> str:
    assert item.span is not None
    span = item.span
    return f"{span.low} {span.low_label} to {span.high} {span.high_label}".replace("  ", " ").strip()


def _in_hand(scene: Scene, item: Item, typed: str) -> str:
    answer = scene.answers.get(item.id)
    return f"{typed}▁" if typed else str(answer) if isinstance(answer, int) else "▁"


def _absences(item: Item) -> Parts:
    parts: Parts = [("d", "bold"), " declined  ", ("u", "bold"), " unclear  ", ("n", "bold"), " not asked"]
    if item.may_not_apply:
        parts += ["  ", ("a", "bold"), " does not apply"]
    return parts


def _row_of_answers(scene: Scene, asked: Item) -> Parts:
    parts = Parts()
    for item in scene.measure.items:
        answer = scene.answers.get(item.id)
        if item is asked:
            parts.append((f"[{short(answer)}]" if answer is not None else "▁", "bold"))
        else:
            parts.append(short(answer) if answer is not None else "·")
        parts.append(" ")
    return parts


def grid_columns(measure: Measure, width: int) -> int:
    """How many items stand beside each other on the grid of a form."""
    return max(1, min(MOST_GRID_COLUMNS, width // _cell_width(measure)))


def _cell_width(measure: Measure) -> int:
    names = max(len(item.id) for item in measure.items)
    values = max(len(str(measure.range_of(item)[1])) for item in measure.items)
    return names + 1 + values + 2


def _grid(scene: Scene, item: Item, width: int, typed: str) -> Content:
    measure = scene.measure
    parts = _head(scene, item, width)
    first = measure.position(item.id) == 0
    if scene.stem_in_full or first:
        lead, said = hanging(measure.stem, "", width, 2)
        parts += [(lead + said, ""), "\n"]
    lead, asked = hanging(item.text, item.id, width, len(item.id) + 2)
    parts += [(lead, "dim"), (asked, "bold"), "\n"]
    choices = [_choice_in_short(choice) for choice in measure.choices_of(item)]
    offered = "  ".join(choices) if choices else f"{_ends(item)}, typed: {_in_hand(scene, item, typed)}"
    lead, told = hanging(offered, "", width, 2)
    parts += [lead + told, "\n"]
    if typed:
        parts.append((f"  {typed}▁ Enter takes it, or go on typing\n", "dim"))
    parts.append("\n")
    columns, cell = grid_columns(measure, width), _cell_width(measure)
    for at, other in enumerate(measure.items):
        answer = scene.answers.get(other.id)
        value = short(answer) if answer is not None else "·"
        drawn = f"{other.id} {value}".rjust(cell - 2)
        parts.append((f"▸{drawn} " if other is item else f" {drawn} ", "bold reverse" if other is item else ""))
        if (at + 1) % columns == 0:
            parts.append("\n")
    parts += ["\n\n  ", *_absences(item), ("\n  arrows go to an item; its answer goes on from there", "dim")]
    return Content.assemble(*parts)


def _choice_in_short(choice: Choice) -> str:
    """Its number with its words, where it has words of its own."""
    return str(choice.value) if choice.label.endswith(f" {choice.value}") else f"{choice.value} {choice.label}"


def outcome(scene: Scene, width: int) -> Content:
    """What the finished measure came to."""
    parts: Parts = [(scene.measure.name, "bold"), "\n\n"]
    for line in scene.result:
        parts += ["".join(hanging(line, "", width)) if line else "", "\n"]
    given = " ".join(short(scene.answers[item.id]) for item in scene.measure.items if item.id in scene.answers)
    parts += ["\n", ("".join(hanging(given, "", width, 2)), "dim"), "\n\n  "]
    parts += [("Enter", "bold"), " goes on   ", ("⌫", "bold"), " re-asks the last item"]
    return Content.assemble(*parts)


@lru_cache(maxsize=64)
def _room(texts: tuple[str, ...], width: int) -> int:
    """Lines the longest of these wordings takes at this width."""
    return max(hanging(text, "", width)[1].count("\n") + 1 for text in texts)


def short(answer: Answer) -> str:
    """An answer in as few characters as it can be told."""
    return SHORT[answer] if isinstance(answer, Absence) else str(answer)
