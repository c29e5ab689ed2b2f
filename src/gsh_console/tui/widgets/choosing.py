"""What a key means to a field of choices or numbers: digits first, letters from the tenth choice on."""

from __future__ import annotations

from collections.abc import Iterable

from gsh_console.domain.entries import FieldValue
from gsh_console.domain.protocols import Field, FieldKind

OPTION_KEYS = "123456789abcdefghijklmnopqrstuvwxyz"
FEW = 9  # choices that have a digit of their own

Parts = list[tuple[str, str]]


def takes_letters(field: Field) -> bool:
    """Whether letters choose in this field, because there are more choices than digits."""
    return field.kind in (FieldKind.CHOICE, FieldKind.CHOICES) and len(field.options) > FEW


def keys_in_words(field: Field) -> str:
    """The keys that answer this field: "1-4", "1-9 a-c", "0-10"."""
    if field.kind is FieldKind.SCALE:
        return f"{field.low}-{field.high}"
    count = len(field.options)
    return f"1-{count}" if count <= FEW else f"1-9 a-{OPTION_KEYS[count - 1]}"


def chosen(field: Field, value: FieldValue | None, key: str, typed: str = "") -> FieldValue | None:
    """What the field holds after this key; None if the key is none of its own. `typed`: digits of a number so far."""
    if field.kind is FieldKind.SCALE:
        return _number(field, key, typed)
    at = OPTION_KEYS.find(key) if len(key) == 1 else -1
    if not 0 <= at < len(field.options):
        return None
    picked = field.options[at].value
    if field.kind is FieldKind.CHOICE:
        return picked
    wanted = {*(value if isinstance(value, tuple) else ())} ^ {picked}
    return tuple(option.value for option in field.options if option.value in wanted)


def _number(field: Field, key: str, typed: str) -> int | None:
    if not key.isdigit():
        return None
    for digits in (typed + key, key):
        if field.low <= int(digits) <= field.high:
            return int(digits)
    return None


def may_grow(digits: str, high: int) -> bool:
    """Whether another digit could still make a number up to `high`; a leading 0 stands alone."""
    return digits != "0" and int(digits) * 10 <= high


def longest_first(values: Iterable[int], digits: str) -> bool:
    """Whether one of the values goes on with more digits than those typed."""
    return any(str(value).startswith(digits) and str(value) != digits for value in values)


def choices_drawn(field: Field, value: FieldValue | None, width: int) -> Parts:
    """The choices of a field under its label, with the keys that take them."""
    if field.kind is FieldKind.SCALE:
        shown = "–" if value in (None, "") else str(value)
        ends = f"{field.low} {field.low_label} … {field.high} {field.high_label}".strip()
        return [(f"\n  {ends}:  ", ""), (shown, "bold"), ("   digits, then Enter", "dim")]
    if field.kind not in (FieldKind.CHOICE, FieldKind.CHOICES):
        return []
    cells = [_cell(field, value, at) for at in range(len(field.options))]
    half = max(12, width // 2 - 2)
    paired = len(cells) > FEW and all(sum(len(text) for text, _ in cell) <= half for cell in cells)
    parts: Parts = []
    rows = (len(cells) + 1) // 2 if paired else len(cells)
    for row in range(rows):
        parts.append(("\n  ", ""))
        parts += cells[row]
        if paired and row + rows < len(cells):
            parts.append((" " * (half - sum(len(text) for text, _ in cells[row])), ""))
            parts += cells[row + rows]
    if field.kind is FieldKind.CHOICES:
        parts.append(("\n  several may be chosen; Enter goes on", "dim"))
    return parts


def _cell(field: Field, value: FieldValue | None, at: int) -> Parts:
    option = field.options[at]
    is_on = option.value in value if isinstance(value, tuple) else option.value == value
    return [(OPTION_KEYS[at], "bold"), (f" {'✓' if is_on else ' '} {option.label}", "")]
