"""Five planted faults of every kind are each caught, under the name of their kind."""

from __future__ import annotations

import shutil
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from gsh_console.content import fonts
from gsh_console.content.booklets import Library
from gsh_console.content.glossary import Term, missing_terms, read_glossary
from gsh_console.content.material_checks import Check, Finding, check_library
from gsh_console.faults import DefinitionFault

DATA = Path(__file__).parent.parent / "data" / "materials"
TODAY = date(2026, 11, 22)
LINKS = """
[[link]]
address = "https://example.org/old"
last_checked = 2025-01-01
[[link]]
address = "https://example.org/tomorrow"
last_checked = 2027-01-01
[[link]]
address = "https://example.org/good"
last_checked = 2026-11-01
"""
KINDS: dict[str, dict[str, list[list[list[str]]]]] = tomllib.loads((DATA / "faults.toml").read_text("utf-8"))
PLANTS = [(kind, place) for kind, given in KINDS.items() if kind != "spelling" for place in range(len(given["plants"]))]


def checked(root: Path) -> frozenset[Finding]:
    """Everything the gate says of a folder of test material."""
    return frozenset(check_library(Library(root / "booklets", root / "translations"), TODAY))


@cache
def usual() -> frozenset[Finding]:
    """What the gate says of the sound material."""
    return checked(DATA)


def planted(root: Path, edits: list[list[str]]) -> None:
    """Make the edits of one plant in a copy of the test material."""
    shutil.copytree(DATA, root)
    (root / "booklets" / "links.toml").write_text(LINKS, "utf-8")
    for file, old, new in edits:
        path = root / "booklets" / "small-steps" / file
        if file == "ur":
            path = root / "translations" / "ur" / "LC_MESSAGES" / "small-steps.po"
        content = path.read_text("utf-8")
        assert old in content
        path.write_text(content.replace(old, new), "utf-8")


def test_there_are_five_plants_of_every_kind_the_gate_is_asked_for() -> None:
    assert {len(given["plants"]) for given in KINDS.values()} == {5}
    others = {Check.FILES, Check.LETTERS, Check.ENGLISH_LEFT, Check.APPROVAL, Check.TELEPHONES, Check.WORKSHEETS}
    others.add(Check.REVIEW)
    assert set(KINDS) == {str(each) for each in Check} - {str(each) for each in others}


@pytest.mark.parametrize(("kind", "place"), PLANTS)
def test_a_planted_fault_is_caught_by_name(tmp_path: Path, kind: str, place: int) -> None:
    if kind == "fonts" and fonts.face_of(fonts.SCRIPTS["Urdu"]) is None:
        pytest.skip("No font of this machine has Urdu letters: install typst and fonts-noto-core.")
    root = tmp_path / "materials"
    planted(root, KINDS[kind]["plants"][place])
    new = checked(root) - usual()
    assert kind in {found.check for found in new}, new


def test_a_link_that_was_opened_lately_is_no_finding(tmp_path: Path) -> None:
    root = tmp_path / "materials"
    planted(root, [["02-your-week.md", "- Pick one day.", "- [Pick](https://example.org/good) one day."]])
    assert Check.LINK_DATES not in {found.check for found in checked(root)}


def test_a_list_of_links_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    root = tmp_path / "materials"
    planted(root, [["02-your-week.md", "- Pick one day.", "- [Pick](https://example.org/good) one day."]])
    (root / "booklets" / "links.toml").write_text('[[link]]\naddress = "https://example.org/good"\n', "utf-8")
    assert any("links.toml cannot be read" in found.message for found in checked(root))


def test_the_longest_term_of_the_glossary_counts_and_endings_do_not() -> None:
    terms = (Term("low mood", ("obniżony nastrój",)), Term("mood", ("nastrój",)))
    assert list(missing_terms("A low mood.", "O obniżonym nastroju.", terms)) == []
    assert [each.english for each in missing_terms("A low mood.", "O smutku.", terms)] == ["low mood"]
    assert [each.english for each in missing_terms("Moods and low mood.", "Obniżony humor.", terms)] == [
        "low mood",
        "mood",
    ]
    assert list(missing_terms("A moody sky.", "Niebo.", terms)) == []


def test_a_glossary_may_be_a_table_or_a_list_and_senses_are_left_to_people(tmp_path: Path) -> None:
    (tmp_path / "pl").mkdir()
    path = tmp_path / "pl" / "glossary.toml"
    path.write_text('[terms]\n"low mood" = "nastrój"\n"step" = ["krok", "szczebel"]\n', "utf-8")
    assert [each.english for each in read_glossary(tmp_path, "pl")] == ["low mood", "step"]
    path.write_text(
        '[[term]]\nen = "sheet, worksheet"\npl = "karta"\n[[term]]\nen = "to rank"\npl = "ułożyć"\n'
        '[[term]]\nen = "call (appointment)"\npl = "rozmowa"\n[[term]]\nen = "GP"\npl = "lekarz (GP)"\n',
        "utf-8",
    )
    assert {each.english: each.forms for each in read_glossary(tmp_path, "pl")} == {
        "worksheet": ("karta",),
        "sheet": ("karta",),
        "GP": ("lekarz",),
    }
    path.write_text("[terms]\nx = 3\n", "utf-8")
    with pytest.raises(DefinitionFault, match="no words for"):
        read_glossary(tmp_path, "pl")
