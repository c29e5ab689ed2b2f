"""The form of a worksheet and the card of a booklet: what stands on them, and what counts as safety text."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gsh_console.content.batches import copies_of
from gsh_console.content.booklets import Library
from gsh_console.content.cards import LARGEST, LARGEST_PRINT, SMALLEST, card_of, print_of
from gsh_console.content.composing import compose
from gsh_console.content.languages import Language
from gsh_console.content.material_checks import standing
from gsh_console.content.personal import CrisisLine, FilledSheet, Personal
from gsh_console.faults import DefinitionFault, MaterialFault
from tests.content.material import DATA, copied, edit, shelf

ROOT = Path(__file__).parent.parent.parent
CARDS = ("safety-card", "safety-card-easy")
EVERY = Library(ROOT / "materials", ROOT / "translations")
SHEET = FilledSheet("safety-plan", (("I lie awake", "Walk", "", "Jon", "", "", "Mina"), ("I <b>hide", *[""] * 6)))
JON = Personal("Sam", "Jo Hall", None, (), (), "", "020 7946 0000", (CrisisLine("Night line", "0800 1", "nights"),))


def form_of(root: Path) -> Path:
    """The test booklet's diary made a safety form."""
    edit(root / "booklets" / "small-steps" / "w1-diary.toml", "rows = 3", 'rows = 1\nlayout = "form"\nsafety = true')
    return root


def test_a_form_has_exactly_one_record(tmp_path: Path) -> None:
    root = form_of(copied(tmp_path))
    edit(root / "booklets" / "small-steps" / "w1-diary.toml", "rows = 1", "rows = 2")
    with pytest.raises(DefinitionFault, match=r"w1-diary\.toml: a form is one record"):
        shelf(root).manuscript("small-steps")


def test_the_untranslated_headings_of_a_safety_form_are_counted_as_safety_text(tmp_path: Path) -> None:
    polish = next(each for each in shelf().languages if each.code == "pl")
    before = standing(shelf(DATA), "small-steps", polish).safety_left
    library = shelf(form_of(copied(tmp_path)))
    headings = [each for each in library.manuscript("small-steps").messages if each.context == "columns.label"]
    assert headings
    assert all(each.safety for each in headings)
    catalogue = library.catalogue("small-steps", "pl")
    assert catalogue is not None
    open_ones = sum(not catalogue.find(each.text, each.context).text for each in headings)
    assert open_ones > 0
    assert standing(library, "small-steps", polish).safety_left == before + open_ones


@pytest.mark.parametrize("booklet", CARDS)
def test_the_headings_of_the_safety_plan_are_safety_text_and_its_example_is_not(booklet: str) -> None:
    sheet = [each for each in EVERY.manuscript(booklet).messages if each.file == "w1-safety-plan.toml"]
    assert {each.context for each in sheet if each.safety} == {"columns.label"}
    assert sum(each.safety for each in sheet) == 7


def test_a_form_keeps_every_line_of_the_example_and_of_the_person_in_its_box() -> None:
    page = EVERY.html("safety-card", "en", replace(JON, sheets=(SHEET,)))
    assert re.search(r"<dt>1\. My warning signs</dt><dd>I lie awake[^<]*</dd><dd>I think", page)
    assert "I lie awake\nI &lt;b&gt;hide</textarea>" in page
    identifiers = re.findall(r'<label for="([^"]+)"', page)
    assert len(set(identifiers)) == len(identifiers) == 7
    assert all(f' id="{each}"' in page for each in identifiers)
    plain = EVERY.text("safety-card", "en", replace(JON, sheets=(SHEET,)))
    assert "- 1. My warning signs: I lie awake\n  I <b>hide\n- 2. Things I can do: Walk\n- 3." in plain
    assert "feel safer: ____________\n- 4." in plain


@pytest.mark.parametrize("booklet", CARDS)
def test_the_card_has_every_crisis_number_and_every_heading_in_every_language(booklet: str) -> None:
    for language in EVERY.languages_of(booklet):
        card = EVERY.card_html(booklet, language.code, None)
        numbers = re.findall(r'href="tel:(\d+)"', card)
        assert set(numbers) == {"999", "111", "116123"}
        assert card.count("<label for=") == card.count("<textarea") == 7
        assert 'class="warning"' in card  # every card that ships is a draft
        assert "<script" not in card


def test_the_card_names_the_lines_of_the_service_and_not_the_patient() -> None:
    card = EVERY.card_html("safety-card", "en", replace(JON, sheets=(SHEET,)))
    assert "I lie awake\nI &lt;b&gt;hide</textarea>" in card
    assert "Night line" in card
    assert "020\u00a07946\u00a00000" in card
    assert "Sam<" not in card
    assert "little niece" not in card


def test_what_of_a_card_is_not_translated_is_marked_on_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "translations", tmp_path / "translations")
    path = tmp_path / "translations" / "ur" / "LC_MESSAGES" / "safety-card.po"
    whole = path.read_text("utf-8")
    open_again, times = re.subn(r'(msgid "5\. Services"\nmsgstr )".*"', r'\1""', whole)
    assert times == 1
    path.write_text(open_again, "utf-8")
    library = Library(ROOT / "materials", tmp_path / "translations")
    card = library.card_html("safety-card", "ur", None)
    assert re.search(r'<label for="p-services" lang="en" dir="ltr">5\. Services</label>', card)
    assert card.count('class="mark"') == 1


def test_a_booklet_without_a_safety_form_has_no_card() -> None:
    assert not EVERY.has_card("welcome")
    assert [job.card for job in copies_of(EVERY, "welcome", "en", ("pdf", "html"))] == [False, False]
    with pytest.raises(MaterialFault, match="has no card"):
        EVERY.card_html("welcome", "en", None)


def test_a_card_is_written_beside_its_booklet_under_its_own_name() -> None:
    jobs = copies_of(EVERY, "safety-card", "ur", ("pdf", "html", "text"), large_print=True)
    assert [job.file_name("1.0.0") for job in jobs if job.card] == [
        "safety-card_ur_v1.0.0_card_large.pdf",
        "safety-card_ur_v1.0.0_card_large.html",
    ]
    assert len({job.file_name("1.0.0") for job in jobs}) == 5


def test_more_words_print_smaller_and_never_too_small_to_read() -> None:
    def size(lines: int, language: Language, *, large: bool) -> float:
        sheet = FilledSheet("safety-plan", (("word " * 12,) * 7,) * lines)
        edition = EVERY.edition("safety-card", language.code)
        return print_of(card_of(compose(edition, replace(JON, sheets=(sheet,)))), large_print=large).size

    for language in EVERY.languages_of("safety-card"):
        for large in (False, True):
            sizes = [size(lines, language, large=large) for lines in (0, 1, 3, 40)]
            assert sizes == sorted(sizes, reverse=True)
            assert sizes[0] <= (LARGEST_PRINT if large else LARGEST)
            assert sizes[-1] == SMALLEST
