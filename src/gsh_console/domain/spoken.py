"""What is said through an interpreter: the exact words in short pieces, with a pause after each."""

from __future__ import annotations

import re

MOST_WORDS = 16  # about two short sentences; longer and an interpreter begins to sum up (domain reference §7)
_SENTENCE = re.compile(r"(?<=[.?!…])\s+")
_CLAUSE = re.compile(r"(?<=[,;:])\s+|\s+(?=[—–]\s)")


def pieces(words: str) -> tuple[str, ...]:
    """The words in order, nothing left out, in pieces of a sentence or two; a long sentence is cut at its clauses."""
    parts: list[str] = []
    for sentence in _SENTENCE.split(words.strip()):
        parts += _CLAUSE.split(sentence) if _length(sentence) > MOST_WORDS else [sentence]
    told: list[str] = []
    for part in filter(None, parts):
        if told and _length(told[-1]) + _length(part) <= MOST_WORDS:
            told[-1] = f"{told[-1]} {part}"
        else:
            told.append(part)
    return tuple(told)


def _length(words: str) -> int:
    return len(words.split())
