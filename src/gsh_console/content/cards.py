"""The card of a booklet, one sheet of A4: the numbers of the crisis box and the boxes of its safety form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from gsh_console.content.catalogues import TranslationStatus
from gsh_console.content.composing import Block, Composition
from gsh_console.content.manuscripts import Manuscript
from gsh_console.content.segments import LISTS, names_in
from gsh_console.faults import MaterialFault

LARGEST, LARGEST_PRINT = 12.0, 18.0  # the letters of a card and of one in large print, in points
SMALLEST = 8.0  # below this nobody reads them: a card with more words than that goes on to a second sheet

_WIDTH, _HEIGHT = 538.0, 730.0  # what a browser leaves of A4 between margins of 10 mm, in points
_SCRIPTS = {"ur": (0.44, 2.05), "ar": (0.48, 1.75), "bn": (0.57, 1.55), "pa": (0.57, 1.55)}
_LATIN = (0.55, 1.45)  # the width of a letter and the height of a line, in units of its size


@dataclass(frozen=True)
class Print:
    """How a browser prints a card: the size of the letters in points; headings above their boxes or beside them."""

    size: float
    above: bool


def has_card(manuscript: Manuscript) -> bool:
    """Whether the booklet holds a safety form, of which a card can be made."""
    return any(each.safety and each.layout == "form" for each in manuscript.worksheets.values())


def card_of(composition: Composition) -> Composition:
    """What of a booklet stands on its card: who to ring, and one form without its example."""
    blocks = [block for chapter in composition.chapters for _, group in chapter for block in group]
    sheet = next((each for each in blocks if _is_safety_form(each)), None)
    if sheet is None or sheet.table is None:
        raise MaterialFault(f'"{composition.front.title}" has no card.', "Please write the booklet itself.")
    sheet = replace(sheet, number="", table=replace(sheet.table, intro=None, example=()))
    heading, *rest = composition.crisis
    numbers = [each for kind, group in rest if kind in LISTS for each in group if _names_a_telephone(each)]
    shown = [*heading[1], *numbers, sheet]
    return replace(
        composition,
        crisis=[heading, ("ul", numbers)],
        chapters=[[("worksheet", [sheet])]],
        fallbacks=sum(each.status is not TranslationStatus.TRANSLATED for each in shown),
    )


def print_of(card: Composition, *, large_print: bool) -> Print:
    """The largest letters at which a browser's print of the card should be one sheet, headings beside if it may be."""
    size = LARGEST_PRINT if large_print else LARGEST
    while size > SMALLEST:
        for above in (False, True):
            if _height(card, size, above=above) <= _HEIGHT:
                return Print(size, above)
        size -= 0.5
    return Print(SMALLEST, above=False)


def _is_safety_form(block: Block) -> bool:
    return block.table is not None and block.table.worksheet.safety and block.table.worksheet.layout == "form"


def _names_a_telephone(block: Block) -> bool:
    return any(name.startswith("tel.") for name in names_in(block.piece.wording))


def _height(card: Composition, size: float, *, above: bool) -> float:
    """About how high the card is when its letters have a size, all in points."""
    (_, [heading]), (_, numbers) = card.crisis
    table = card.chapters[0][0][1][0].table
    assert table is not None
    letter, line = _SCRIPTS.get(card.language.code, _LATIN)

    def lines(text: str, width: float, scale: float = 1) -> float:
        return scale * ceil(scale * len(text) * letter * size / width)

    whole, inner = _WIDTH - size, _WIDTH - 5 * size
    told = sum(0.7 * lines(warning, whole) for _, warning in card.warnings) + 1
    told += lines(card.title.text, whole, 1.5) + lines(heading.piece.text, inner, 1.2)
    told += sum(lines(each.piece.text, inner) + 0.15 for each in numbers)
    told += sum(lines(f"{name.text} {number.text} {when.text}", whole) for name, number, when in card.lines) + 2
    for piece, typed in zip(table.headings, table.boxes, strict=True):
        written = sum(lines(each, _WIDTH * (0.9 if above else 0.58)) for each in typed) + 0.8
        if above:
            told += lines(piece.text, whole, 1.05) + max(written, 1.6) + 0.3
        else:
            told += max(lines(piece.text, _WIDTH / 3 - size, 1.05), written, 1.8) + 0.4
    return told * line * size
