"""The booklet as a patient's browser shows it: accessibility, direction, telephone numbers, small screens, paper."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Literal

import pytest
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import Page

from gsh_console.content.booklets import Library, TranslationStatus
from gsh_console.content.personal import FilledSheet, Personal
from tests.browser.conftest import Open

ROOT = Path(__file__).parent.parent.parent
BOOKLET = "getting-active"
LANGUAGES = ("en", "pl", "ur")
MEDIA: tuple[Literal["screen", "print"], ...] = ("screen", "print")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PORTRAIT, LANDSCAPE = 657, 1009  # what A4 leaves between its margins, in CSS pixels
URDU_GOAL = "ہفتے میں دو بار پارک تک جانا"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</bdi></li></ul><h1>no</h1>",
    "{{ 7*7 }} {% raw %}",
    "[/low] **bold**",
    "&lt;b&gt; &amp;",
    URDU_GOAL,
)
AMINA = Personal(
    first_name="Amina",
    practitioner="Jo Hall",
    next_appointment=datetime(2026, 7, 2, 13, 30, tzinfo=UTC),
    goals=("Walk to the park",),
    plan=("Ring Sam on Friday",),
    service_name="Test Talking Therapies",
    service_phone="020 7946 0000",
)
TARGETED = replace(AMINA, goals=HOSTILE, plan=HOSTILE)

BOXES = "elements => elements.map(element => element.getBoundingClientRect().toJSON())"
# Of the first text in each element: its digits, and where each is drawn.
DIGITS = """elements => elements.map(element => {
    const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
    const places = [...text.data].keys().filter(at => /\\d/.test(text.data[at]));
    return [...places].map(at => {
        const range = document.createRange();
        range.setStart(text, at); range.setEnd(text, at + 1);
        const box = range.getBoundingClientRect();
        return [text.data[at], box.left, box.bottom];
    });
})"""
# How far the line of a number lies above the line of the words it counts, in units of the words' size.
BASELINES = """() => {
    const line = (parent, before) => {
        const probe = document.createElement('span');
        probe.style.cssText = 'display:inline-block;width:0;height:0';
        parent.insertBefore(probe, before);
        const bottom = probe.getBoundingClientRect().bottom;
        probe.remove();
        return bottom;
    };
    return [...document.querySelectorAll('.chapter .n')].map(number => {
        const block = number.parentElement, inner = block.querySelector(':scope > p, :scope > div');
        const words = inner ? line(inner, inner.firstChild) : line(block, number.nextSibling);
        const size = parseFloat(getComputedStyle(block).fontSize);
        return [number.textContent, (words - line(number.firstChild, number.firstChild.firstChild)) / size];
    });
}"""


@cache
def shelf() -> Library:
    """The booklets and translations of the checkout."""
    return Library(ROOT / "materials", ROOT / "translations")


@cache
def booklet(language: str, person: Personal | None = AMINA, *, large: bool = False, name: str = BOOKLET) -> str:
    """The booklet's page."""
    return shelf().html(name, language, person, large_print=large)


def samples() -> list[tuple[str, str, bool]]:
    """Every booklet once and every language once, in turn in large print; all of them if GSH_EVERY_PAGE is set."""
    every = [(name, each.code) for name in shelf().booklets for each in shelf().languages_of(name)]
    if not os.environ.get("GSH_EVERY_PAGE"):
        names, codes = set(shelf().booklets), {code for _, code in every}
        turned = sorted(every, key=lambda pair: (hash_of(pair), pair))
        every = []
        for name, code in turned:
            if code in codes or (name in names and not codes):
                every.append((name, code))
                names.discard(name)
                codes.discard(code)
        every += [(name, "en") for name in sorted(names)]
    return [(name, code, place % 2 == 1) for place, (name, code) in enumerate(every)]


def hash_of(pair: tuple[str, str]) -> int:
    """A number that looks random and is the same on every day."""
    return zlib.crc32("/".join(pair).encode())


@pytest.fixture
def damaged(tmp_path: Path) -> Library:
    """The library with an Urdu catalogue that lacks a paragraph, a quote, a heading and an item, and is late in one."""
    shutil.copytree(ROOT / "translations", tmp_path / "translations")
    path = tmp_path / "translations" / "ur" / "LC_MESSAGES" / f"{BOOKLET}.po"
    english = {each.number: each.segment.text for each in shelf().manuscript(BOOKLET).passages}
    with path.open("rb") as stream:
        catalog = read_po(stream, locale="ur")
    for number in ("4.5", "4.7", "4.8", "4.24"):
        message = catalog.get(english[number])
        assert message is not None
        message.string = ""
    late = catalog.get(english["4.4"])
    assert late is not None
    late.flags.add("fuzzy")
    late.previous_id = ["What it said before."]
    with path.open("wb") as stream:
        write_po(stream, catalog, include_previous=True)
    return Library(ROOT / "materials", tmp_path / "translations")


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, each with the elements it names; of the equal empty rows it sees the first two."""
    page.evaluate("document.querySelectorAll('.yours tbody tr:nth-child(n+3)').forEach(row => row.remove())")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}  # axe did look
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found["violations"]]


def sideways(page: Page) -> int:
    """How many pixels of the page lie beyond its edge."""
    beyond: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return beyond


def elements(page: Page) -> list[str]:
    """Every element outside the lists of goals and plans, by name."""
    named: list[str] = page.evaluate("[...document.querySelectorAll('*')].map(each => each.localName).sort()")
    return named


@pytest.mark.parametrize(("name", "language", "large"), samples())
def test_a_page_breaks_no_rule_fetches_nothing_and_never_scrolls_sideways(
    open_page: Open, name: str, language: str, large: bool
) -> None:
    endless = replace(TARGETED, goals=(*HOSTILE, "w" * 300, "ب" * 300), first_name="w" * 100, service_name="w" * 100)
    content = booklet(language, endless, large=large, name=name)
    assert len(content.encode("utf-8")) < 200_000
    visit = open_page(content, width=320)
    assert sideways(visit.page) <= 0
    visit.page.add_style_tag(
        content="*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    )
    assert sideways(visit.page) <= 0
    visit.page.set_viewport_size({"width": 1000, "height": 1200})
    assert violations(visit.page) == []
    assert visit.requests == [visit.address]
    assert visit.troubles == []


def test_axe_finds_nothing_in_a_booklet_for_nobody_on_a_phone(open_page: Open) -> None:
    assert violations(open_page(booklet("ur", None), width=360).page) == []


def test_a_worksheet_on_a_phone_is_cards_that_say_their_headings_and_keep_what_is_typed(open_page: Open) -> None:
    page = open_page(booklet("ur"), width=320).page
    sheet = page.locator(".worksheet").first
    row = sheet.locator(".yours tr").nth(1)
    assert row.evaluate("each => getComputedStyle(each).display") == "block"
    labels = row.locator(".l").all_inner_texts()
    assert labels == sheet.locator("th").all_text_contents()[: len(labels)]
    first = row.get_by_role("textbox").first
    first.fill(URDU_GOAL)
    assert first.input_value() == URDU_GOAL
    assert first.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert page.get_by_label(labels[0]).first.is_visible()


def test_a_worksheet_on_paper_is_a_table_without_boxes_to_type_in(open_page: Open) -> None:
    page = open_page(booklet("en"), media="print").page
    cell = page.locator(".yours textarea").first
    assert cell.evaluate("each => getComputedStyle(each).borderTopWidth") == "0px"
    assert page.locator(".yours tr").first.evaluate("each => getComputedStyle(each).display") == "table-row"
    assert not page.locator(".hint").first.is_visible()


def test_a_sheet_filled_in_on_a_call_stands_filled_in_the_page(open_page: Open) -> None:
    sheet = FilledSheet("activity-diary", (("Monday", "</textarea><b>x</b>", "Park", '4" x="'),))
    visit = open_page(booklet("en", replace(AMINA, sheets=(sheet,))))
    boxes = visit.page.locator("#p2-18").locator("..").locator("form").get_by_role("textbox")
    assert [box.input_value() for box in boxes.all()[:5]] == ["Monday", "</textarea><b>x</b>", "Park", '4" x="', ""]
    assert visit.page.locator(".worksheet b").count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_to_chapters_can_be_hit_with_a_finger(open_page: Open, language: str) -> None:
    page = open_page(booklet(language), width=320).page
    boxes: list[dict[str, float]] = page.locator("nav a").evaluate_all(BOXES)
    middles = [(box["top"] + box["bottom"]) / 2 for box in boxes]
    assert len(middles) == 6
    assert all(below - above >= 24 for above, below in pairwise(middles))


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("pl", "ltr"), ("ur", "rtl")])
def test_the_browser_knows_language_and_direction(open_page: Open, language: str, direction: str) -> None:
    page = open_page(booklet(language)).page
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == direction
    paragraph, number = page.locator("#p4-1 > p").bounding_box(), page.locator("#p4-1 > .n").bounding_box()
    assert paragraph is not None
    assert number is not None
    assert (number["x"] < paragraph["x"]) == (direction == "ltr")


def test_what_is_not_translated_stands_in_english_from_left_to_right(open_page: Open, damaged: Library) -> None:
    page = open_page(damaged.html(BOOKLET, "ur", AMINA), width=360).page
    listed = damaged.paragraphs(BOOKLET, "ur")
    fallen = {each.number: each for each in listed if each.status is not TranslationStatus.TRANSLATED}
    assert {number: each.status for number, each in fallen.items()} == {
        "4.4": "changed", "4.5": "english", "4.7": "english", "4.8": "english", "4.24": "english",
    }  # fmt: skip
    for number, paragraph in fallen.items():
        english = page.locator(f"#p{number.replace('.', '-')} .fallback[lang=en][dir=ltr]")
        assert english.inner_text() == paragraph.text
        assert english.evaluate("each => getComputedStyle(each).direction") == "ltr"
    assert page.locator("main .fallback").count() == len(fallen)
    assert page.locator("#p4-4 .mark").inner_text() != page.locator("#p4-5 .mark").inner_text()
    assert sideways(page) <= 0
    assert violations(page) == []


@pytest.mark.parametrize("language", ["en", "ur", "ar"])
def test_every_telephone_number_reads_left_to_right_on_one_line(open_page: Open, language: str) -> None:
    page = open_page(booklet(language)).page
    for media, width in product(MEDIA, (1000, 320)):
        page.emulate_media(media=media)
        page.set_viewport_size({"width": width, "height": 1200})
        numbers: list[list[tuple[str, float, float]]] = page.locator(".tel:not(:has(.tel))").evaluate_all(DIGITS)
        for digits in numbers:
            assert all(left < right for (_, left, _), (_, right, _) in pairwise(digits))
            assert len({bottom for _, _, bottom in digits}) == 1
        read = ["".join(digit for digit, *_ in digits) for digits in numbers]
        assert read.count("116123") == 2
        assert "02079460000" in read
    for box in ("#crisis-first", "#crisis-last"):
        assert page.locator(f"{box} a[href='tel:116123']").inner_text() == "116\u00a0123"


def test_the_year_and_the_hour_of_an_appointment_stay_apart_in_urdu(open_page: Open) -> None:
    page = open_page(booklet("ur"), width=320).page
    when = page.locator("dd bdi", has_text="14:30")
    assert "2026، 14:30" in when.inner_text()
    [drawn] = when.evaluate_all(DIGITS)
    year, hour = drawn[1:5], drawn[5:]
    assert ["".join(digit for digit, *_ in part) for part in (year, hour)] == ["2026", "1430"]
    for part in (year, hour):
        assert all(before[1] < after[1] for before, after in pairwise(part))
    if year[0][2] == hour[0][2]:
        assert hour[-1][1] < year[0][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_goals_are_words_on_the_page_and_nothing_else(open_page: Open, language: str) -> None:
    visit = open_page(booklet(language, TARGETED))
    shown = visit.page.locator("section[aria-labelledby=for-you] li")
    assert shown.all_inner_texts() == [*HOSTILE, *HOSTILE]
    assert all(each.is_visible() for each in shown.all())
    harmless = replace(AMINA, goals=("walk",) * len(HOSTILE), plan=("walk",) * len(HOSTILE))
    assert elements(visit.page) == elements(open_page(booklet(language, harmless)).page)
    assert visit.troubles == []


def test_an_urdu_goal_in_an_english_page_runs_from_right_to_left(open_page: Open) -> None:
    goal = open_page(booklet("en", TARGETED)).page.locator("bdi", has_text=URDU_GOAL).first
    assert goal.evaluate("each => getComputedStyle(each).direction") == "rtl"


@pytest.mark.parametrize("language", ["pl", "ur"])
def test_a_draft_says_so_before_anything_else_in_both_languages(open_page: Open, language: str) -> None:
    status = {each.language: each.status for each in shelf().entry(BOOKLET).reviews}[language]
    page = open_page(booklet(language), width=360).page
    for media in MEDIA:
        page.emulate_media(media=media)
        banner = page.locator("header .warning p").all()
        assert [each.get_attribute("lang") for each in banner] == ([] if status == "approved" else ["en", language])
        lower = [box["y"] + box["height"] for each in banner if (box := each.bounding_box())]
        assert len(lower) == len(banner)
        assert max(lower, default=0) < 300


def test_every_paragraph_number_stands_at_the_same_place_in_every_language(open_page: Open) -> None:
    asked = "[...document.querySelectorAll('.n')].map(each => [each.parentElement.id, each.innerText])"
    english, *others = (open_page(booklet(language, None)).page.evaluate(asked) for language in LANGUAGES)
    assert ["p4-4", "4.4"] in english
    assert len(english) > 150
    assert all(other == english for other in others)


@pytest.mark.parametrize(("language", "large"), [("en", True), ("ur", False), ("ur", True)])
def test_a_paragraph_number_stands_on_the_line_it_counts(open_page: Open, language: str, large: bool) -> None:
    page = open_page(booklet(language, large=large)).page
    for media in MEDIA:
        page.emulate_media(media=media)
        above: list[tuple[str, float]] = page.evaluate(BASELINES)
        assert len(above) > 150
        assert {number: round(em, 2) for number, em in above if abs(em) > 0.4} == {}


@pytest.mark.parametrize(("language", "large"), [("en", True), ("ur", False), ("ur", True)])
def test_no_table_runs_off_the_paper(open_page: Open, language: str, large: bool) -> None:
    page = open_page(booklet(language, large=large), media="print").page
    for paper, tables in ((PORTRAIT, ".portrait table"), (LANDSCAPE, ".landscape table")):
        page.set_viewport_size({"width": paper, "height": 1000})
        boxes: list[dict[str, float]] = page.locator(tables).evaluate_all(BOXES)
        assert boxes
        assert all(box["left"] >= 0 and box["right"] <= paper for box in boxes)


@pytest.mark.parametrize(
    ("language", "large", "fewest", "most"),
    [("en", False, 15, 26), ("ur", True, 30, 66)],
)
def test_the_paper_has_a_sane_number_of_pages(
    open_page: Open, language: str, large: bool, fewest: int, most: int
) -> None:
    printed = open_page(booklet(language, large=large), media="print").page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert fewest <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= most


def test_large_print_is_eighteen_point_on_paper_numbers_in_proportion(open_page: Open) -> None:
    page = open_page(booklet("en", large=True), media="print").page
    size = "each => parseFloat(getComputedStyle(each).fontSize)"
    assert page.locator("#p4-1 > p").evaluate(size) == pytest.approx(24)  # 18 pt
    assert page.locator("#p4-1 > .n").evaluate(size) == pytest.approx(24 * 0.8)


CARDS = [(name, each.code) for name in ("safety-card", "safety-card-easy") for each in shelf().languages_of(name)]
PLAN = FilledSheet("safety-plan", (("I lie awake and do not answer messages", *("Ring Jon",) * 6), ("Walk",) * 7))


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize(("name", "language"), CARDS)
def test_a_card_breaks_no_rule_and_prints_on_one_sheet(open_page: Open, name: str, language: str, large: bool) -> None:
    for person in (None, replace(AMINA, sheets=(PLAN,))):
        visit = open_page(shelf().card_html(name, language, person, large_print=large), width=320)
        assert sideways(visit.page) <= 0
        visit.page.emulate_media(media="print")
        printed = visit.page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
        assert visit.requests == [visit.address]
        assert visit.troubles == []
    visit.page.emulate_media(media="screen")
    visit.page.set_viewport_size({"width": 1000, "height": 1200})
    assert violations(visit.page) == []


@pytest.mark.parametrize("language", ["en", "ar", "ur"])
def test_the_boxes_of_a_form_are_found_by_their_headings_beside_or_below_them(open_page: Open, language: str) -> None:
    page = open_page(shelf().card_html("safety-card", language, replace(AMINA, sheets=(PLAN,)))).page
    labels = page.locator("form label")
    first = page.get_by_label(labels.first.inner_text(), exact=True)
    assert first.input_value() == "I lie awake and do not answer messages\nWalk"
    for width, beside in ((1000, True), (320, False)):
        page.set_viewport_size({"width": width, "height": 1200})
        heading, box = labels.first.bounding_box(), first.bounding_box()
        assert heading is not None
        assert box is not None
        if beside:
            assert (heading["x"] < box["x"]) == (language == "en")
        else:
            assert heading["y"] + heading["height"] <= box["y"] + 1
    for digits in page.locator(".tel:not(:has(.tel))").evaluate_all(DIGITS):
        assert all(left < right for (_, left, _), (_, right, _) in pairwise(digits))
        assert len({bottom for _, _, bottom in digits}) == 1
