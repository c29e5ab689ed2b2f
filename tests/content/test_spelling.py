"""The English of every booklet is spelt as in Britain; names and a few chosen words are listed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gsh_console.content.english_checks import english_text
from gsh_console.content.manuscripts import read_manuscript

spylls = pytest.importorskip("spylls.hunspell", reason="spelling needs spylls (a development dependency)")

ROOT = Path(__file__).parent.parent.parent
DATA = Path(__file__).parent.parent / "data" / "materials"
FOLDERS = ("/usr/share/hunspell", "/usr/share/myspell", "/Library/Spelling", "/usr/local/share/hunspell")
WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
TELEPHONES = frozenset({"emergency", "nhs", "samaritans", "shout", "domestic_abuse"})


@cache
def dictionary() -> Any:
    """The British dictionary of this machine."""
    found = next((Path(each) / "en_GB" for each in FOLDERS if (Path(each) / "en_GB.dic").is_file()), None)
    if found is None:
        pytest.skip("No British dictionary: install hunspell-en-gb.")
    return spylls.Dictionary.from_files(str(found))


@cache
def allowed() -> frozenset[str]:
    """Names of people in the stories, and words the dictionary is too old for."""
    lines = (DATA / "allowed_words.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def known(word: str) -> bool:
    """Whether a word is British English."""
    plain = word.replace("’", "'")
    return plain in allowed() or plain.removesuffix("'s") in allowed() or bool(dictionary().lookup(plain))


def misspelt(texts: Iterable[str]) -> set[str]:
    """The words of some messages that are not spelt as in Britain."""
    return {word for text in texts for word in WORD.findall(english_text(text)) if not known(word)}


def messages(booklet: Path) -> list[str]:
    """Every message of a booklet."""
    return [each.text for each in read_manuscript(booklet, TELEPHONES).messages]


@pytest.mark.parametrize(
    "booklet", sorted(path.parent for path in ROOT.glob("materials/*/booklet.toml")), ids=lambda path: path.name
)
def test_every_word_of_a_booklet_is_british_english(booklet: Path) -> None:
    assert misspelt(messages(booklet)) == set()


PLANTS = tomllib.loads((DATA / "faults.toml").read_text("utf-8"))["spelling"]["plants"]


@pytest.mark.parametrize("place", range(5))
def test_a_planted_misspelling_is_caught(place: int) -> None:
    [[file, old, new]] = PLANTS[place]
    before = (DATA / "booklets" / "small-steps" / file).read_text("utf-8")
    assert old in before
    assert misspelt([old]) == set()
    assert misspelt([re.sub(r"[#>\d.-]+ ", "", new)]) != set()
