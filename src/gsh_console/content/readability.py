"""How hard an English text is to read, without word lists: Flesch-Kincaid grade and sentence lengths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

AGE_OF_FIRST_GRADE = 5  # Flesch-Kincaid gives a United States school grade; grade + 5 is the age

_SENTENCE_END = re.compile(r"[.!?:]+[\"'’”)]*\s+")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?<![aeiouy])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzgl])es$")


@dataclass(frozen=True)
class Readability:
    """What the formula says of one text."""

    words: int
    sentences: int
    reading_age: float
    mean_sentence: float
    longest_sentence: int
    longest_words: str


def readability(texts: Iterable[str]) -> Readability:
    """Measure blocks of plain English; a heading or list item ends a sentence."""
    sentences = [sentence for text in texts for sentence in _SENTENCE_END.split(text + " ") if _WORD.search(sentence)]
    counts = [len(_WORD.findall(sentence)) for sentence in sentences]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        return Readability(0, 0, 0.0, 0.0, 0, "")
    mean = len(words) / len(sentences)
    grade = 0.39 * mean + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    longest = max(range(len(counts)), key=counts.__getitem__)
    return Readability(
        words=len(words),
        sentences=len(sentences),
        reading_age=round(grade + AGE_OF_FIRST_GRADE, 1),
        mean_sentence=round(mean, 1),
        longest_sentence=counts[longest],
        longest_words=" ".join(sentences[longest].split()[:6]),
    )


def syllables(word: str) -> int:
    """About how many syllables an English word has: its vowel groups without a silent ending."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    spoken = letters if len(letters) <= 3 or letters.endswith("le") else _SILENT_END.sub("", letters)
    return max(1, len(_VOWELS.findall(spoken)))
