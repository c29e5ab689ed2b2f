"""What is said through an interpreter, drawn in pieces with a pause after each; all of them, or one at a time."""

from __future__ import annotations

from functools import lru_cache

from textual.content import Content

from gsh_console.domain.spoken import pieces
from gsh_console.tui.widgets.wrapping import hanging

PAUSE = "‖"


@lru_cache(maxsize=128)
def all_pieces(said: tuple[str, ...]) -> tuple[str, ...]:
    """Every piece of what is said, in order."""
    return tuple(piece for line in said for piece in pieces(line))


def with_pauses(words: str) -> str:
    """The words on one line, a pause mark after each piece."""
    return " ".join(f"{piece} {PAUSE}" for piece in pieces(words))


def one_piece(told: tuple[str, ...], at: int) -> str:
    """One piece with its place: "2/5  Where are you right now? ‖"."""
    return f"{at + 1}/{len(told)}  {told[at]} {PAUSE}"


def pieces_drawn(said: tuple[str, ...], at: int | None, width: int) -> Content:
    """All pieces with their pauses, or the one in view with its place among them."""
    told = all_pieces(said)
    if not told:
        return Content("")
    if at is not None and at < len(told):
        lead, words = hanging(one_piece(told, at), "Say", width)
        return Content.assemble(
            (lead, "dim"), (words, "bold"), ("\n     wait for the interpreter; Tab next piece", "dim")
        )
    lead, words = hanging(" ".join(f"{piece} {PAUSE}" for piece in told), "Say", width)
    return Content.assemble(
        (lead, "dim"), words, (f"\n     {PAUSE} pause for the interpreter; Tab one at a time", "dim")
    )
