"""The booklet on paper: tagged, in the right script and direction, and inert whatever was typed."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise, product
from pathlib import Path

import pytest

from gsh_console.content import fonts
from gsh_console.content.booklets import Library
from gsh_console.content.fonts import Script
from gsh_console.content.languages import Language
from gsh_console.content.personal import CrisisLine, FilledSheet, Personal
from gsh_console.faults import MaterialFault

pytest.importorskip("typst", reason='PDF booklets need the extra: pip install "gsh-console[pdf]"')

DATA = Path(__file__).parent.parent / "data" / "materials"
ROOT = Path(__file__).parent.parent.parent
URDU_GOAL = "ہفتے میں دو بار پارک تک جانا"
AMINA = Personal(
    first_name="Amina",
    practitioner="Jo Hall",
    next_appointment=datetime(2026, 7, 2, 13, 30, tzinfo=UTC),
    goals=("Walk to the park", URDU_GOAL),
    plan=("Ring Sam on Friday",),
    service_name="Test Talking Therapies",
    service_phone="020 7946 0000",
    lines=(CrisisLine("Night line", "0800 123 4567", "every night"),),
    sheets=(FilledSheet("diary", (("Monday", "4", "yes"),)),),
)
needs_poppler = pytest.mark.skipif(
    not (shutil.which("pdftotext") and shutil.which("pdfinfo")), reason="install poppler-utils to look at the pages"
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The test booklet in English, Polish (mostly missing), Urdu, and with the same words as if they were Arabic."""
    root = tmp_path_factory.mktemp("shelf")
    shutil.copytree(DATA, root, dirs_exist_ok=True)
    arabic = root / "translations" / "ar"
    shutil.copytree(root / "translations" / "ur", arabic)
    described = (arabic / "language.toml").read_text("utf-8")
    described = described.replace('"ur"', '"ar"').replace("Urdu", "Arabic").replace("اردو", "العربية")
    (arabic / "language.toml").write_text(described, "utf-8")
    return Library(root / "booklets", root / "translations")


def printed(shelf: Library, language: str, person: Personal | None = AMINA, *, large: bool = False) -> bytes:
    """The test booklet on paper, or a skip if this machine has no font for it."""
    spoken = next(each for each in shelf.languages if each.code == language)
    if fonts.face_of(fonts.script_of(spoken)) is None:
        pytest.skip(f"No font of this machine prints {spoken.name}: install fonts-noto-core.")
    return shelf.pdf("small-steps", language, person, large_print=large)


def insides(paper: bytes) -> bytes:
    """Everything in a PDF with its streams unpacked."""
    unpacked = [paper]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", paper, re.S):
        try:
            unpacked.append(zlib.decompress(found[1]))
        except zlib.error:
            continue
    return b"\n".join(unpacked)


def words(paper: bytes, folder: Path) -> list[tuple[str, float, float, float]]:
    """Each word of the pages with its left, right and lower edge, in points from the first page's corner."""
    (folder / "booklet.pdf").write_bytes(paper)
    subprocess.run(["pdftotext", "-bbox", "booklet.pdf", "words.html"], cwd=folder, check=True, capture_output=True)
    drawn, page = [], 0
    for line in (folder / "words.html").read_text("utf-8").splitlines():
        page += "<page " in line
        if found := re.search(r'<word xMin="([\d.]+)".*xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>', line):
            drawn.append((unescape(found[4]), float(found[1]), float(found[2]), 10_000 * page + float(found[3])))
    return drawn


def pages(paper: bytes) -> int:
    """How many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", insides(paper)))


@pytest.mark.parametrize("language", ["en", "pl", "ur", "ar"])
def test_the_paper_is_tagged_and_names_its_title_and_language(shelf: Library, language: str) -> None:
    inside = insides(printed(shelf, language))
    assert inside.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in inside
    assert f"/Lang({language})".encode() in inside.replace(b"/Lang (", b"/Lang(")
    assert re.search(rb"<pdfuaid:part>1</pdfuaid:part>|pdfuaid:part=\"1\"", inside)
    assert b"/Title" in inside
    assert b"/TH" in inside


def test_the_same_booklet_gives_the_same_bytes(shelf: Library) -> None:
    assert printed(shelf, "en") == printed(shelf, "en")


@needs_poppler
@pytest.mark.parametrize("language", ["ur", "ar"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_telephone_numbers_on_paper_read_left_to_right_on_one_line(
    shelf: Library, tmp_path: Path, language: str, large: bool
) -> None:
    drawn = words(printed(shelf, language, large=large), tmp_path)
    text = [word for word, *_ in drawn]
    for number, times in (("116 123", 3), ("020 7946 0000", 1), ("0800 123 4567", 1)):
        parts = number.split()
        found = 0
        for at, word in enumerate(text):
            if word == number.replace(" ", "\u00a0"):
                found += 1
            elif word == parts[0]:
                placed = [place for place in drawn[max(0, at - 4) : at + 5] if place[0] in parts]
                placed = [next(place for place in placed if place[0] == part) for part in parts]
                assert all(left[2] <= right[1] for left, right in pairwise(placed))
                assert max(place[3] for place in placed) - min(place[3] for place in placed) < 2
                found += 1
        assert found == times, (number, text)
    assert text.count("999") == 2
    assert not {"321", "611", "7654"} & set(text)


@needs_poppler
def test_every_paragraph_number_stands_in_the_margin_of_its_side(shelf: Library, tmp_path: Path) -> None:
    numbers = [each.number for each in shelf.paragraphs("small-steps", "en") if "." in each.number]
    for language, outer in (("en", lambda left, _: left < 90), ("ur", lambda _, right: right > 595 - 90)):
        drawn = words(printed(shelf, language, None), tmp_path)
        placed = {word: outer(left, right) for word, left, right, _ in drawn if word in numbers and word != "2.2"}
        assert sorted(placed) == sorted(set(numbers) - {"2.2"})
        assert all(placed.values()), (language, placed)


@needs_poppler
def test_what_is_not_translated_stands_on_paper_in_english_with_its_mark(shelf: Library, tmp_path: Path) -> None:
    (tmp_path / "pl.pdf").write_bytes(printed(shelf, "pl"))
    text = subprocess.run(["pdftotext", "-layout", "pl.pdf", "-"], cwd=tmp_path, check=True, capture_output=True)
    said = " ".join(text.stdout.decode("utf-8").split())
    assert "1.5 2. In English: this part is not translated yet You do less." in said
    assert "1.4 1. Jest smutno." in said
    assert said.count("Draft translation, not yet checked by a reviewer") >= 4  # the banner, and every page


@needs_poppler
def test_no_page_names_the_patient_in_its_header(shelf: Library, tmp_path: Path) -> None:
    for word, _, _, below in words(printed(shelf, "en"), tmp_path):
        if below % 10_000 < 45:
            assert word not in ("Amina", "Jo", "Hall", "Walk")


HOSTILE = (
    '#import "x": *',
    '"]#panic("no")',
    "\\u{202e}",
    "$ x $ #let",
    "<script>",
    "*bold* _x_ @ref `raw`",
    "{{ 7*7 }}",
)


@needs_poppler
def test_hostile_words_are_drawn_as_they_were_typed(shelf: Library, tmp_path: Path) -> None:
    sheet = FilledSheet("diary", tuple((each, "4", "") for each in HOSTILE))
    person = replace(AMINA, goals=HOSTILE, plan=HOSTILE, first_name='Am"#panic()', sheets=(sheet,))
    for language in ("en", "ur"):
        (tmp_path / "x.pdf").write_bytes(printed(shelf, language, person))
        text = subprocess.run(["pdftotext", "-raw", "x.pdf", "-"], cwd=tmp_path, check=True, capture_output=True)
        said = re.sub(r"[\s\u202a-\u202e\u2066-\u2069]+", "", text.stdout.decode("utf-8"))
        for each in HOSTILE:
            if language == "en":
                assert said.count(each.replace(" ", "")) == 3, each


def test_a_filled_sheet_has_its_rows_on_paper_and_the_rest_stays_empty(shelf: Library) -> None:
    assert pages(printed(shelf, "en")) == pages(printed(shelf, "en", replace(AMINA, sheets=())))


@pytest.mark.parametrize(("language", "large", "most"), [("en", False, 6), ("ur", True, 9)])
def test_the_paper_has_few_pages(shelf: Library, language: str, large: bool, most: int) -> None:
    assert 3 <= pages(printed(shelf, language, large=large)) <= most


def test_a_letter_no_font_has_is_refused_before_it_becomes_a_box(shelf: Library) -> None:
    with pytest.raises(MaterialFault, match=r"boxes.*HTML"):
        shelf.pdf("small-steps", "en", replace(AMINA, first_name="\U00013000"))


def test_a_script_without_a_font_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Script("Urdu", ("No Such Font",), r"\u{0600}-\u{06FF}")
    monkeypatch.setattr(fonts, "SCRIPTS", {"Urdu": nowhere})
    with pytest.raises(MaterialFault, match="No font of this machine can print Urdu"):
        fonts.faces_for(Language("ur", "Urdu", "اردو", "rtl"), "ا")


def test_the_letters_of_a_font_are_read_from_the_file_itself() -> None:
    face = fonts.face_of(fonts.LATIN)
    if face is None:
        pytest.skip("No Latin font is installed: install fonts-noto-core.")
    assert {ord("A"), ord("ł"), ord("–")} <= face.letters
    assert 0x13000 not in face.letters
    assert fonts.letters_of(__file__) == frozenset()
    assert fonts.letters_of("/nowhere") == frozenset()


@pytest.mark.parametrize("language", ["en", "pl", "ur"])
def test_a_booklet_that_ships_prints_with_a_sane_number_of_pages(language: str) -> None:
    real = Library(ROOT / "materials", ROOT / "translations")
    spoken = next(each for each in real.languages if each.code == language)
    if fonts.face_of(fonts.script_of(spoken)) is None:
        pytest.skip(f"No font of this machine prints {spoken.name}: install fonts-noto-core.")
    paper = real.pdf("getting-active", language, AMINA)
    assert 15 <= pages(paper) <= 34
    assert len(paper) < 1_500_000


def test_without_typst_the_fault_says_what_to_install_and_that_html_needs_nothing(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_installed", lambda: None)
    with pytest.raises(MaterialFault, match=r"gsh-console\[pdf\].*HTML copy needs nothing"):
        shelf.pdf("small-steps", "en", None)


def test_the_longest_word_of_a_heading_fits_its_column_in_large_print(shelf: Library) -> None:
    library = Library(ROOT / "materials", ROOT / "translations")
    paper = library.pdf("getting-active", "en", None, large_print=True)
    assert pages(paper) <= 34
    if shutil.which("pdftotext"):
        found = subprocess.run(["pdftotext", "-raw", "-", "-"], input=paper, check=True, capture_output=True)
        said = found.stdout.decode("utf-8").split()
        assert said.count("number") >= 2  # "Step number" is whole in the example and in the empty sheet
        assert "before," in said


@pytest.fixture(scope="module")
def cards() -> Library:
    """The booklets that ship."""
    return Library(ROOT / "materials", ROOT / "translations")


def spoken(library: Library, booklet: str) -> list[str]:
    """The languages of a booklet that this machine has a font for."""
    return [each.code for each in library.languages_of(booklet) if fonts.face_of(fonts.script_of(each))]


PLAN = FilledSheet("safety-plan", (("I lie awake and do not answer messages",) * 7,) * 3)


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize("booklet", ["safety-card", "safety-card-easy"])
def test_a_card_is_one_sheet_in_every_language_blank_and_filled(cards: Library, booklet: str, large: bool) -> None:
    for language in spoken(cards, booklet):
        for person in (None, replace(AMINA, sheets=(PLAN,))):
            assert pages(cards.card_pdf(booklet, language, person, large_print=large)) == 1, language


@needs_poppler
@pytest.mark.parametrize("language", ["ar", "ur"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_the_numbers_of_a_card_read_left_to_right(cards: Library, tmp_path: Path, language: str, large: bool) -> None:
    if language not in spoken(cards, "safety-card"):
        pytest.skip("No font of this machine prints this language: install fonts-noto-core.")
    drawn = words(cards.card_pdf("safety-card", language, AMINA, large_print=large), tmp_path)
    said = {word for word, *_ in drawn}
    assert {"999", "111"} <= said
    for number in ("116 123", "0800 123 4567", "020 7946 0000"):
        if number.replace(" ", "\u00a0") not in said:
            parts = [[place for place in drawn if place[0] == part] for part in number.split()]
            assert any(
                all(left[2] <= right[1] < left[2] + 12 and abs(left[3] - right[3]) < 2 for left, right in pairwise(row))
                for row in product(*parts)
            ), number


@needs_poppler
def test_a_plan_too_long_for_one_sheet_goes_on_and_loses_no_word(cards: Library, tmp_path: Path) -> None:
    rows = tuple(tuple(f"w{row}x{column} " + "word " * 30 for column in range(7)) for row in range(12))
    person = replace(AMINA, sheets=(FilledSheet("safety-plan", rows),))
    for paper in (cards.card_pdf("safety-card", "en", person), cards.pdf("safety-card", "en", person)):
        said = {word for word, *_ in words(paper, tmp_path)}
        assert {f"w{row}x{column}" for row in range(12) for column in range(7)} <= said
    assert pages(cards.card_pdf("safety-card", "en", person)) > 1


@pytest.mark.parametrize(("large", "most"), [(False, 3), (True, 6)])
def test_the_form_keeps_the_safety_card_booklet_short(cards: Library, large: bool, most: int) -> None:
    assert pages(cards.pdf("safety-card", "en", None, large_print=large)) <= most
