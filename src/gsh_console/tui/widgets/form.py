"""A form asked one field at a time: the list of fields, and under it the field in hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static, TextArea

from gsh_console.domain.entries import FieldValue
from gsh_console.domain.moments import read_date, read_moment
from gsh_console.domain.note import value_in_words
from gsh_console.domain.protocols import Field, FieldKind
from gsh_console.domain.text import clean
from gsh_console.tui.widgets.choosing import choices_drawn, chosen, keys_in_words, takes_letters
from gsh_console.tui.widgets.field_list import END, Editor, FieldList, FormRow, FormScene
from gsh_console.tui.widgets.pieces import all_pieces, one_piece, pieces_drawn, with_pauses
from gsh_console.tui.widgets.wrapping import hanging

_TYPED = (FieldKind.TEXT, FieldKind.DATE, FieldKind.DATE_TIME)
SMALLEST = 19  # lines of the form at 80 by 24
EDITOR_LINES, LISTED, LEAST_WORDS, ALL_WORDS = 4, 3, 3, 14
PAUSE_BEFORE_SAVING = 1.0  # seconds without a key after which typed words are recorded


class FormOwner(Protocol):
    """Who the form is filled for: told of every value at once, in order."""

    def given(self, field_id: str, value: FieldValue, typed: str = "") -> bool:
        """A field was given a value, or words not understood as one (`typed`); whether it is on disk."""

    def finished(self) -> None:
        """The practitioner went on past the last field."""

    def left_upwards(self) -> None:
        """The practitioner went back before the first field."""

    def skip_step(self) -> None:
        """The practitioner wants to leave the step out, with a reason."""

    def moment(self) -> datetime:
        """Now, aware: what a day typed without its year is counted from."""


class Form(Vertical):
    """Shows a FormScene; what is typed or chosen goes to the owner at once and comes back as a new scene."""

    DEFAULT_CSS = """
    Form { width: 1fr; height: 1fr; padding: 0 1; }
    Form > #form-title { height: 1; text-style: bold; }
    Form > #form-say { height: auto; }
    Form > FieldList { margin-top: 1; min-height: 1; }
    Form > #form-hand { height: auto; max-height: 17; border-top: solid $primary; }
    Form.-tight > FieldList { margin-top: 0; }
    Form.-words > #form-hand { display: none; }
    Form.-words > FieldList { max-height: 1; }
    Form > Editor { height: 4; display: none; }
    Form > Editor.-on { display: block; }
    """

    title = getters.query_one("#form-title", Static)
    say = getters.query_one("#form-say", Static)
    fields = getters.query_one(FieldList)
    hand = getters.query_one("#form-hand", Static)
    editor = getters.query_one(Editor)

    def __init__(self, owner: FormOwner) -> None:
        super().__init__()
        self._owner = owner
        self.scene = FormScene("", ())
        self.index = 0
        self.notice = ""
        self.doing = False
        self.piece: int | None = None  # the piece of an interpreted sentence in view, None for all of them
        self._timer: Timer | None = None
        self._loaded = ""
        self._digits = ""  # of the number being typed

    def compose(self) -> ComposeResult:
        """Title, say, list, field in hand, editor."""
        yield Static(id="form-title", markup=False)
        yield Static(id="form-say", markup=False)
        yield FieldList(self)
        yield Static(id="form-hand", markup=False)
        yield Editor(self)

    @property
    def row(self) -> FormRow | None:
        """The field in hand."""
        return self.scene.rows[self.index] if self.index < len(self.scene.rows) else None

    def begin(self, scene: FormScene, field_id: str = "") -> None:
        """Show another form, at the named field or the first that is needed and empty."""
        self.scene = scene
        ids = [row.field.id for row in scene.rows]
        self.index = ids.index(field_id) if field_id in ids else self._first_empty()
        self.notice, self.piece = "", None
        self._load()
        self._draw()

    def on_resize(self) -> None:
        """Wrap again for the new width."""
        self._draw()

    def update_values(self, scene: FormScene) -> None:
        """Show the same form after something was recorded; the field in hand stays in hand."""
        held = self.row.field.id if self.row else ""
        self.scene = scene
        ids = [row.field.id for row in scene.rows]
        self.index = ids.index(held) if held in ids else min(self.index, max(0, len(ids) - 1))
        if self._is_text() and self.editor.text == self._loaded and self._changed_elsewhere():
            self._load()
        self._draw()

    def _changed_elsewhere(self) -> bool:
        """Whether words of the field in hand were recorded that were not typed into it."""
        row = self.row
        kept = self.scene.values.get(row.field.id) if row and row.field.kind is FieldKind.TEXT else None
        return isinstance(kept, str) and kept != clean(self.editor.text).strip()

    def come_back(self, field_id: str, typed: FieldValue) -> None:
        """Stand again at a field whose value did not reach the disk, with what was typed still there."""
        ids = [row.field.id for row in self.scene.rows]
        if field_id not in ids:
            return
        self.index = ids.index(field_id)
        self._load()
        if self._is_text() and isinstance(typed, str):
            with self.prevent(TextArea.Changed):
                self.editor.load_text(typed)
        self._draw()
        self.take_focus()

    def turn(self) -> None:
        """Show all there is to say and to do in place of the field in hand, and back."""
        self.doing = not self.doing
        self._draw()

    def take_focus(self) -> None:
        """Put the cursor where the field in hand is answered."""
        self.screen.set_focus(self.editor if self._is_text() else self.fields)

    def flush(self) -> bool:
        """Record what is typed and not recorded yet, words that are no day too; False if it did not reach the disk."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        row = self.row
        if row is None or not self._is_text() or self.editor.text == self._loaded:
            return True
        typed = clean(self.editor.text).strip()
        read = _read(row.field, typed, self._owner.moment())
        self._loaded = self.editor.text
        if read is None:
            self.notice = not_understood(row.field)
            return self._owner.given(row.field.id, "", typed)
        self.notice = ""
        return self._owner.given(row.field.id, read)

    def _first_empty(self) -> int:
        if self.scene.columns:
            return self._first_free_row()
        if not self.scene.values:
            return 0
        for at, row in enumerate(self.scene.rows):
            if row.needed and self.scene.values.get(row.field.id) in (None, "", ()):
                return at
        return 0

    def _first_free_row(self) -> int:
        rows, columns = self.scene.rows, self.scene.columns
        for at in range(0, len(rows), columns):
            if all(self.scene.values.get(row.field.id) in (None, "", ()) for row in rows[at : at + columns]):
                return at
        return 0

    def _is_text(self) -> bool:
        return self.row is not None and self.row.field.kind in _TYPED

    def _load(self) -> None:
        row = self.row
        text = ""
        if row is not None and self._is_text():
            value = self.scene.values.get(row.field.id, "")
            told = str(value) if row.field.kind is FieldKind.TEXT else value_in_words(row.field, value) if value else ""
            text = told or self.scene.typed.get(row.field.id, "")
        with self.prevent(TextArea.Changed):
            self.editor.load_text(text)
            self.editor.move_cursor(self.editor.document.end)
        self._loaded, self._digits = text, ""
        self.editor.set_class(self._is_text(), "-on")
        if self.has_focus_within or self.screen.focused is None:
            self.take_focus()

    def _draw(self) -> None:
        scene = self.scene
        self.title.update(scene.title, layout=False)
        hand = self._in_hand()
        room = self._room_for_words(hand)
        self.set_class(room < LEAST_WORDS, "-tight")
        self.set_class(self.doing, "-words")
        self.say.update(_cut(self._said(), ALL_WORDS if self.doing else max(0, room)))
        self.say.display = self.doing or room > 0
        self.fields.show(scene, self.index)
        self.hand.update(hand)

    def _said(self) -> Content:
        """What to say, in pieces where an interpreter speaks it; with what to do under it once that is asked for."""
        scene, slot, width = self.scene, self._slot_words(), self.content_size.width
        if scene.pieces:
            at = None if _asks(slot) else self.piece
            parts = [pieces_drawn(tuple(line.replace("{slot}", slot) for line in scene.say), at, width)]
        else:
            parts = [Content.assemble(*_told(scene.say, "Say", slot, width))]
        if scene.do and (self.doing or not scene.say):
            parts.append(Content.assemble(*_told(scene.do, "Do", slot, width)))
        return Content("\n").join(part for part in parts if part.plain)

    def _room_for_words(self, hand: Content) -> int:
        """Lines left for what to say once the field in hand stands whole and the list shows a few lines."""
        editor = EDITOR_LINES if self._is_text() else 0
        listed = min(LISTED, len(self.scene.rows) + bool(self.scene.columns))
        return (self.size.height or SMALLEST) - lines_of(hand, self.content_size.width) - 3 - editor - listed

    def _slot_words(self) -> str:
        return self.row.field.hint if self.row and self.row.field.hint else "…"

    def _in_hand(self) -> Content:
        row = self.row
        if row is None:
            return Content("Nothing to record here. Enter goes on.")
        held = row.field
        heading = f"{row.group} · {held.label}" if row.group and row.group != held.label else held.label
        if self.scene.columns:
            heading = f"Row {self.index // self.scene.columns + 1}, {held.label.partition('. ')[2] or held.label}"
        parts: list[tuple[str, str]] = [(heading, "bold")]
        if self.notice:  # where it is seen, however many choices follow
            parts.append((f"\n{self.notice}", "bold"))
        elif held.hint:
            parts += self._hint(held.hint)
        value = self.scene.values.get(held.id)
        parts += choices_drawn(held, value, self.content_size.width)
        reminder = held.reminder
        if reminder and isinstance(value, int) and value < reminder.below:
            parts.append((f"\n{reminder.text}", "bold"))
        return Content.assemble(*parts)

    def _hint(self, hint: str) -> list[tuple[str, str]]:
        """The words under a field's name; a question asked through an interpreter is in pieces as well."""
        if not self.scene.pieces or not _asks(hint):
            return [(f"\n{hint}", "")]
        told = all_pieces((hint,))
        if self.piece is not None and self.piece < len(told):
            return [(f"\n{one_piece(told, self.piece)}", "bold")]
        return [(f"\n{with_pauses(hint)}", "")]

    def _spoken(self) -> tuple[str, ...]:
        """What is said through an interpreter now: the question of the field in hand, else the words of the step."""
        hint = self.row.field.hint if self.row else ""
        return (hint,) if _asks(hint) else self.scene.say

    def go(self, direction: int) -> None:
        """Go one field on or back, recording what is typed first; words that are no day are told once before that."""
        told = self.notice
        if not self.flush():
            return
        if self.notice not in ("", told):
            self._draw()
            return
        target = self.index + direction
        row = self.row
        ends = row is not None and row.ends_if_empty and self.scene.values.get(row.field.id) in (None, "", ())
        if target >= len(self.scene.rows) or (direction > 0 and ends):
            self._owner.finished()
        elif target < 0:
            self._owner.left_upwards()
        else:
            self.index, self.notice, self.piece = target, "", None
            self._load()
            self._draw()
            self.take_focus()

    def go_row(self, direction: int) -> None:
        """Go a whole row of a worksheet on or back, to its first cell."""
        columns = self.scene.columns
        if columns:
            at = self.index // columns + direction
            self.go(min(max(0, at) * columns, len(self.scene.rows) - 1) - self.index)

    def turn_piece(self, direction: int) -> bool:
        """Show the next piece of what is said through an interpreter, or the one before; False where there is none."""
        if not self.scene.pieces or not self._spoken():
            return False
        count = len(all_pieces(self._spoken()))
        at = (-1 if self.piece is None else self.piece) + direction
        self.piece = at if 0 <= at < count else None if at >= count or self.piece is not None else count - 1
        self._draw()
        return True

    def choose(self, key: str) -> bool:
        """Answer the field in hand with a digit or letter; False if the field has no use for the key."""
        row, self.notice = self.row, ""
        if row is None:
            return False
        value = chosen(row.field, self.scene.values.get(row.field.id), key, self._digits)
        if value is None or not self._owner.given(row.field.id, value):
            return value is not None
        if row.field.kind is FieldKind.SCALE:
            self._digits = str(value)
        elif row.field.kind is FieldKind.CHOICE:
            ids = [*(other.field.id for other in self.scene.rows), END]
            leads_to = row.leads.get(str(value), "")
            self.go(ids.index(leads_to) - self.index if leads_to in ids else 1)
        return True

    def say_digit_wanted(self) -> None:
        """Say which keys the field in hand takes; words typed into it would otherwise vanish unseen."""
        if self.row is not None:
            letters = " or letter" if takes_letters(self.row.field) else ""
            told = f"This takes a digit{letters} ({keys_in_words(self.row.field)})"
            self.notice = f"{told}; words have a field of their own (Enter goes on)."
            self._draw()

    def skip(self) -> bool:
        """Leave the step out: from its first field while that is needed and empty, or from a field of choices."""
        row = self.row
        begins = self.index == 0 and row is not None and row.needed and not self.editor.text
        if row is None or not (begins or not self._is_text()):
            return False
        self._owner.skip_step()
        return True

    def take_back(self) -> None:
        """Take the value of the field in hand back."""
        if self.row is not None and self.scene.values.get(self.row.field.id) not in (None, "", ()):
            self._owner.given(self.row.field.id, "")

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        """Record typed words once the practitioner pauses."""
        message.stop()
        if self._timer is not None:
            self._timer.stop()
        if self.row is not None and self.row.field.kind is FieldKind.TEXT:
            self._timer = self.set_timer(PAUSE_BEFORE_SAVING, self.flush)


def _read(held: Field, typed: str, now: datetime) -> str | None:
    """What is recorded for typed words; None if they are no value of the field."""
    found: date | None = None
    if not typed or held.kind is FieldKind.TEXT:
        return typed
    found = read_moment(typed, now) if held.kind is FieldKind.DATE_TIME else read_date(typed, now, past=held.past)
    return found.isoformat() if found else None


def not_understood(held: Field) -> str:
    """What is said of words that are no day."""
    timed = held.kind is FieldKind.DATE_TIME
    example = "3 dec 10:00 or +7 10:00" if timed else "3 dec or +7"
    return f"That is not a day{' and time' if timed else ''}. Type it like {example}; else it stays as typed."


def _told(lines: tuple[str, ...], lead: str, slot: str, width: int) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for at, line in enumerate(lines):
        first, words = hanging(line.replace("{slot}", slot), lead if at == 0 else "", width)
        parts += [("\n" if at else "", ""), (first, "dim"), (words, "")]
    return parts


def _asks(hint: str) -> bool:
    return "?" in hint


def _cut(words: Content, lines: int) -> Content:
    """The words in so many lines; where that is too few, the last says how to see them all."""
    told = words.split("\n")
    if len(told) <= lines:
        return words
    return Content("\n").join([*told[: max(0, lines - 1)], Content.assemble(("     … F2 shows it all", "dim"))])


def lines_of(words: Content, width: int) -> int:
    """Lines the words take when they are wrapped to a width."""
    return sum(max(1, -(-cell_len(line) // max(1, width))) for line in words.plain.split("\n"))
