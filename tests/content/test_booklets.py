"""The library: numbers, statuses, personal pages and plain text, in English and in other languages."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bidi import get_display

from gsh_console.content.booklets import Library, TranslationStatus
from gsh_console.content.catalogues import compile_po
from gsh_console.content.personal import Personal, clean
from gsh_console.faults import DefinitionFault, MaterialFault

DATA = Path(__file__).parent.parent / "data" / "materials"
AMINA = Personal(
    first_name="Amina",
    practitioner="Jo Hall",
    next_appointment=datetime(2026, 7, 2, 13, 30, tzinfo=UTC),
    goals=("Walk to the park",),
    plan=("Ring Sam on Friday",),
    service_name="Test Talking Therapies",
    service_phone="020 7946 0000",
)
VOID = {"meta", "col", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Reads a page and keeps what the tests ask about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def materials(tmp_path: Path) -> Path:
    """A copy of the test booklets and catalogues that a test may damage."""
    shutil.copytree(DATA, tmp_path / "materials")
    return tmp_path / "materials"


def library(root: Path = DATA) -> Library:
    """The library of one folder of test material."""
    return Library(root / "booklets", root / "translations")


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")


def po(root: Path, language: str = "ur") -> Path:
    """The catalogue of the test booklet."""
    return root / "translations" / language / "LC_MESSAGES" / "small-steps.po"


def test_the_entry_lists_chapters_worksheets_and_the_review_of_each_language() -> None:
    entry = library().entry("small-steps")
    assert entry.chapters == ("The circle", "Your week")
    assert [each.columns for each in entry.worksheets] == [("Day", "Mood", "Done")]
    reviews = {each.language: (each.name, each.direction, each.status) for each in entry.reviews}
    assert reviews == {
        "en": ("English", "ltr", "approved"),
        "pl": ("Polish", "ltr", "draft"),
        "ur": ("Urdu", "rtl", "draft"),
    }


def test_an_unknown_booklet_or_language_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(MaterialFault, match='Did you mean "small-steps"'):
        library().entry("smal-steps")
    with pytest.raises(MaterialFault, match="Known: en, pl, ur"):
        library().html("small-steps", "so", None)


def test_numbering_is_equal_in_every_language_and_output() -> None:
    shelf = library()
    english = [each.number for each in shelf.paragraphs("small-steps", "en")]
    assert [each for each in english if each][:4] == ["1", "1.1", "1.2", "1.3"]
    for language in ("en", "pl", "ur"):
        assert [each.number for each in shelf.paragraphs("small-steps", language)] == english
        page = shelf.html("small-steps", language, AMINA)
        assert re.findall(r'class="n"><bdi dir="ltr">([\d.]+)<', page) == [each for each in english if each]
        plain = shelf.text("small-steps", language, AMINA)
        assert re.findall(r"^\u2066?\[([\d.]+)\]", plain, re.M) == [each for each in english if each]


def test_the_terminal_gets_plain_english_whatever_the_language() -> None:
    texts = {each.number: each.text for each in library().paragraphs("small-steps", "ur")}
    assert texts["1.1"] == "Hello (first name). Your next call is on (date and time of the next call)."
    assert texts["1.2"] == "When we feel low, we do less. Then we feel even worse."
    assert texts["1.7"] == "If things get worse, call 116 123 at any time."
    assert texts["2.2"].startswith("Worksheet: My diary. Give your mood a number")


def test_the_page_is_well_formed_with_headings_in_order_and_nothing_fetched() -> None:
    for language, person in (("en", AMINA), ("ur", None), ("pl", AMINA)):
        page = library().html("small-steps", language, person)
        outline = Outline(page)
        assert outline.open == []
        assert outline.headings[0] == 1
        assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
        assert outline.headings.count(1) == 1
        assert all(attrs.get("scope") == "col" for tag, attrs in outline.tags if tag == "th")
        assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in outline.tags}
        assert not re.search(r"https?:|url\(|@import", page)
        identifiers = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert len(identifiers) == len(set(identifiers))
        assert len(page.encode("utf-8")) < 200_000


def test_the_page_names_its_language_and_direction() -> None:
    assert '<html lang="ur" dir="rtl">' in library().html("small-steps", "ur", None)
    assert '<html lang="pl" dir="ltr" class="large">' in library().html("small-steps", "pl", None, large_print=True)


def test_the_script_chooses_the_font_and_no_inner_rule_takes_it_back() -> None:
    page = library().html("small-steps", "ur", None)
    assert re.search(r'\[lang\|="ur"\]\{font-family:"Noto Nastaliq Urdu".*line-height:2\.3', page)
    for body in re.findall(r"^body\{.*", page, re.M):
        assert "font-family" not in body
        assert "line-height" not in body


def test_the_crisis_box_stands_first_and_last() -> None:
    page = library().html("small-steps", "ur", AMINA)
    first, last = page.index('id="crisis-first"'), page.index('id="crisis-last"')
    assert first < page.index('id="p1"') < page.index('id="p2-4"') < last


def test_a_draft_says_so_in_english_and_in_its_own_language() -> None:
    page = library().html("small-steps", "ur", None)
    assert '<p lang="en" dir="ltr">Draft translation, not yet checked by a reviewer</p>' in page
    assert '<p lang="ur" dir="rtl">مسودہ ترجمہ، ابھی کسی نے جانچا نہیں</p>' in page
    assert "Draft" not in library().html("small-steps", "en", None)


def test_an_approval_lapses_when_the_clinical_meaning_changed(materials: Path) -> None:
    edit(materials / "booklets/small-steps/booklet.toml", 'version = "1.2.0"\nsource', 'version = "2.0.0"\nsource')
    shelf = library(materials)
    assert {each.language: each.status for each in shelf.entry("small-steps").reviews}["en"] == "draft"
    assert "Draft, not yet checked" in shelf.text("small-steps", "en", None)


def test_a_withdrawn_language_cannot_be_handed_out(materials: Path) -> None:
    with (materials / "booklets/small-steps/booklet.toml").open("a") as front:
        front.write('\n[review.ur]\nstatus = "withdrawn"\n')
    with pytest.raises(MaterialFault, match="Urdu has been withdrawn"):
        library(materials).html("small-steps", "ur", None)


def test_a_missing_paragraph_stands_in_english_with_its_own_direction(materials: Path) -> None:
    edit(po(materials), 'msgstr "آپ اداس ہوتے ہیں۔"', 'msgstr ""')
    shelf = library(materials)
    page = shelf.html("small-steps", "ur", None)
    item = page[page.index('id="p1-4"') : page.index('id="p1-5"')]
    assert '<div class="fallback" lang="en" dir="ltr">You feel low.</div>' in item
    assert "انگریزی میں: اس حصے کا ترجمہ ابھی نہیں ہوا" in item
    assert [each.number for each in shelf.paragraphs("small-steps", "ur") if each.status == "english"] == ["1.4"]
    assert "انگریزی میں دکھائے گئے حصے: 1" in page


def test_a_fallback_paragraph_is_wholly_english_dates_included() -> None:
    page = library().html("small-steps", "pl", AMINA)
    assert "Your next call is on <bdi>Thursday, 2 July 2026, 14:30</bdi>" in page
    assert "<dd><bdi>czwartek, 2 lipca 2026, 14:30</bdi></dd>" in page


def test_a_changed_message_marks_exactly_that_paragraph(materials: Path) -> None:
    chapter = materials / "booklets/small-steps/01-the-circle.md"
    edit(chapter, "2. You do less.", "2. You do much less.")
    edit(
        po(materials),
        'msgid "You do less."',
        'msgid "You do much less."',
    )
    edit(po(materials), "#. list item 1.5\n", '#. list item 1.5\n#, fuzzy\n#| msgid "You do less."\n')
    changed = [each for each in library(materials).paragraphs("small-steps", "ur") if each.status != "translated"]
    assert [(each.number, each.status) for each in changed] == [("1.5", TranslationStatus.STALE)]
    page = library(materials).html("small-steps", "ur", None)
    assert "ترجمے کے بعد یہ حصہ بدل گیا ہے" in page


def test_crisis_numbers_keep_their_order_in_urdu() -> None:
    plain = library().text("small-steps", "ur", None)
    lines = [line for line in plain.splitlines() if "116" in line]
    assert len(lines) == 3
    for line in lines:
        assert "116\u00a0123" in line
        assert "116\u00a0123" in get_display(line, base_dir="R")
    assert "116 123" not in get_display("سے 116 123", base_dir="R")  # what the placeholder prevents


def test_a_telephone_number_in_the_page_runs_left_to_right_and_never_breaks() -> None:
    page = library().html("small-steps", "ur", AMINA)
    assert '<a class="tel" href="tel:116123"><bdi class="tel" dir="ltr">116\u00a0123</bdi></a>' in page
    assert '<bdi class="tel" dir="ltr">020\u00a07946\u00a00000</bdi>' in page
    assert ".tel{white-space:nowrap" in page


def test_a_service_can_have_other_numbers() -> None:
    shelf = Library(
        DATA / "booklets",
        DATA / "translations",
        telephones={"emergency": "112", "nhs": "111", "samaritans": "116 000"},
    )
    assert "116\u00a0000" in shelf.html("small-steps", "ur", None)


HOSTILE_GOAL = "<script>alert(1)</script> {{ 7*7 }} {% raw %} [/low] **bold** \u202eabc\u0007"


def test_hostile_goal_text_is_shown_as_it_was_typed_and_runs_nowhere() -> None:
    person = replace(AMINA, goals=(HOSTILE_GOAL,), plan=(HOSTILE_GOAL,), first_name=HOSTILE_GOAL)
    for language in ("en", "ur"):
        page = library().html("small-steps", language, person)
        shown = "<bdi>&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {% raw %} [/low] **bold** abc</bdi>"
        assert page.count(shown) >= 3
        assert "49" not in page
        assert "\u202e" not in page
        Outline(page)
        assert "{{ 7*7 }} {% raw %} [/low] **bold** abc" in library().text("small-steps", language, person)


def test_typed_text_keeps_its_letters_and_loses_its_controls() -> None:
    assert clean("می\u200cروم\u202e  a\u2066b\n\x00c\ue000") == "می\u200cروم ab c"


@pytest.mark.parametrize(
    "hostile",
    [
        "{% for x in range(9) %}x{% endfor %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ first_name.__class__ }}",
        "{{ first_name",
        "{# hidden #}",
        "[نقشہ](https://example.org/x)",
        "{{ tel.items() }}",
    ],
)
def test_a_hostile_translation_leaves_its_paragraph_in_english(materials: Path, hostile: str) -> None:
    edit(po(materials), "آپ اداس ہوتے ہیں۔", hostile)
    shelf = library(materials)
    statuses = {each.number: each.status for each in shelf.paragraphs("small-steps", "ur")}
    assert statuses["1.4"] is TranslationStatus.ENGLISH
    page = shelf.html("small-steps", "ur", AMINA)
    assert hostile not in page
    assert "You feel low." in page


@pytest.mark.parametrize("markup", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b>x</b>"])
def test_markup_in_a_translation_is_text(materials: Path, markup: str) -> None:
    edit(po(materials), "آپ اداس ہوتے ہیں۔", markup)
    page = library(materials).html("small-steps", "ur", None)
    assert markup not in page
    assert markup.replace("<", "&lt;").replace(">", "&gt;") in page


def test_direction_controls_in_a_translation_do_not_reach_the_page(materials: Path) -> None:
    edit(po(materials), "آپ اداس ہوتے ہیں۔", "آپ \u202eاداس&#x202e; ہیں۔")
    page = library(materials).html("small-steps", "ur", None)
    assert "\u202e" not in page
    assert "&amp;#x202e;" in page


def test_a_hostile_word_of_the_page_is_inert(materials: Path) -> None:
    page_po = materials / "translations/ur/LC_MESSAGES/page.po"
    edit(page_po, "آپ کے لیے", "<script>1</script> {{ 7*7 }}")
    edit(page_po, "ورژن %(version)s", "ورژن %(versoin)s 100 %")
    page = library(materials).html("small-steps", "ur", AMINA)
    assert "<script>" not in page
    assert "&lt;script&gt;1&lt;/script&gt; {{ 7*7 }}" in page
    assert '<span lang="en" dir="ltr">Version 1.2.0</span>' in page


def test_a_booklet_for_nobody_has_named_blanks_and_no_personal_box() -> None:
    page = library().html("small-steps", "ur", None)
    assert 'class="blank">(آپ کا نام)</span>' in page
    assert "for-you" not in page
    assert "(your name)" in library().text("small-steps", "en", None)


def test_the_appointment_is_london_time_on_both_sides_of_the_clock_change() -> None:
    winter = replace(AMINA, next_appointment=datetime(2026, 12, 3, 14, 30, tzinfo=UTC))
    assert "Thursday, 2 July 2026, 14:30" in library().text("small-steps", "en", AMINA)
    assert "Thursday, 3 December 2026, 14:30" in library().text("small-steps", "en", winter)


def test_an_appointment_without_a_time_zone_is_refused() -> None:
    naive = datetime(2026, 12, 3, 14, 30)  # noqa: DTZ001  the fault under test
    with pytest.raises(MaterialFault, match="no time zone"):
        library().html("small-steps", "en", replace(AMINA, next_appointment=naive))


def test_a_worksheet_shows_its_filled_example_before_its_empty_rows() -> None:
    page = library().html("small-steps", "ur", None)
    example, empty = page.index("پیر کی صبح"), page.index('class="empty"')
    assert page.index('id="p2-2"') < example < empty
    assert page.count('<input type="checkbox">') == 3
    assert page.count('<textarea rows="1" dir="auto"></textarea>') == 3
    assert "worksheet landscape" in page


def test_compiled_and_source_catalogues_give_the_same_pages(materials: Path) -> None:
    edit(po(materials), "#. list item 1.4\n", '#. list item 1.4\n#, fuzzy\n#| msgid "You feel sad."\n')
    before = library(materials)
    source = (before.html("small-steps", "ur", AMINA), before.paragraphs("small-steps", "ur"))
    for path in materials.glob("translations/*/LC_MESSAGES/*.po"):
        path.with_suffix(".mo").write_bytes(compile_po(path, path.parts[-3]))
        path.unlink()
    after = library(materials)
    assert (after.html("small-steps", "ur", AMINA), after.paragraphs("small-steps", "ur")) == source
    assert [each.number for each in source[1] if each.status is TranslationStatus.STALE] == ["1.4"]


def test_a_broken_catalogue_is_named_in_the_fault(materials: Path) -> None:
    po(materials).write_text('msgid "a"\nrubbish\n', "utf-8")
    with pytest.raises(MaterialFault, match=r"ur/small-steps\.po is not a readable catalogue"):
        library(materials).html("small-steps", "ur", None)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("01-the-circle.md", "{{ first_name }}", "{{ frist_name }}", 'Did you mean "first_name"'),
        ("02-your-week.md", 'worksheet("diary")', 'worksheet("dairy")', 'Did you mean "diary"'),
        ("01-the-circle.md", "# The circle", "The circle", "exactly one title"),
        ("booklet.toml", 'step = 2', 'stepp = 2', "stepp"),
        ("booklet.toml", '"01-the-circle.md"', '"01-gone.md"', "01-gone.md cannot be read"),
        ("booklet.toml", 'id = "small-steps"', 'id = "other"', "its id"),
        ("w1-diary.toml", "mood = 4", "moood = 4", 'Did you mean "mood"'),
        ("w1-diary.toml", 'kind = "diary"', 'kind = "poem"', "kind"),
    ],
)  # fmt: skip
def test_a_fault_of_the_author_says_where_it_is_and_what_to_do(
    materials: Path, file: str, old: str, new: str, said: str
) -> None:
    edit(materials / "booklets/small-steps" / file, old, new)
    with pytest.raises(DefinitionFault) as caught:
        library(materials).entry("small-steps")
    assert "small-steps/" in str(caught.value)
    assert said in str(caught.value)


def test_a_language_file_must_agree_with_its_folder_and_its_script(materials: Path) -> None:
    described = materials / "translations/ur/language.toml"
    edit(described, 'direction = "rtl"', 'direction = "ltr"')
    with pytest.raises(DefinitionFault, match='Urdu is written "rtl"'):
        library(materials).entries()
    edit(described, 'code = "ur"', 'code = "ar"')
    with pytest.raises(DefinitionFault, match='its code is "ar"'):
        library(materials).entries()
