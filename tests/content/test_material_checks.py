"""The gate finds every planted fault and is quiet about a sound booklet."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gsh_console.content.booklets import Library
from gsh_console.content.material_checks import Finding, Level, approval_digest, check_library
from gsh_console.content.readability import readability, syllables

DATA = Path(__file__).parent.parent / "data" / "materials"


@pytest.fixture
def materials(tmp_path: Path) -> Path:
    """A copy of the test booklets and catalogues that a test may damage."""
    shutil.copytree(DATA, tmp_path / "materials")
    return tmp_path / "materials"


def findings(root: Path) -> tuple[Finding, ...]:
    """Everything the gate says of a folder of test material."""
    return check_library(Library(root / "booklets", root / "translations"))


def plant(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")


def catalogue(root: Path, language: str = "ur") -> Path:
    """The catalogue of the test booklet."""
    return root / "translations" / language / "LC_MESSAGES" / "small-steps.po"


def new_findings(root: Path) -> set[Finding]:
    """What the gate says of a damaged copy and not of the sound one."""
    return set(findings(root)) - set(findings(DATA))


def test_a_sound_booklet_has_no_errors_and_a_complete_translation_no_findings() -> None:
    found = findings(DATA)
    assert [each for each in found if each.level is Level.ERROR] == []
    assert [each for each in found if each.booklet == "small-steps" and each.language in ("en", "ur")] == []


def test_an_incomplete_draft_is_warned_of_with_its_safety_text() -> None:
    polish = [each for each in findings(DATA) if (each.booklet, each.language) == ("small-steps", "pl")]
    assert {each.level for each in polish} == {Level.WARNING}
    assert [each.place for each in polish if "safety text" in each.message] == [
        "crisis.md",
        "01-the-circle.md 1.7",
    ]
    assert any("16 missing, 0 changed since translation, 8 finished" in each.message for each in polish)


@pytest.mark.parametrize(
    ("old", "new", "level", "said"),
    [
        ("کسی بھی وقت {{ tel.samaritans }} پر", "کسی بھی وقت پر", "error", "placeholders are none"),
        ("سلام علیکم {{ first_name }}", "سلام علیکم {{ frist_name }}", "error", "placeholders are frist_name"),
        ("آپ اداس ہوتے ہیں۔", "{% if x %}آپ{% endif %}", "error", "template statement"),
        ("آپ اداس ہوتے ہیں۔", "{{ ''.__class__ }}", "error", "placeholders"),
        ("سیم 3 دن", "سیم 4 دن", "error", "the numbers are 4, the English has 3"),
        ("سیم 3 دن", "سیم ۳ دن", "warning", "native digits"),
        ("آپشن 2 چنیں", "آپشن 3 چنیں", "error", "the numbers are 3"),
        ("سیم 3 دن", "سیم 116 123 دن", "error", "digits, space, digits"),
        ("سیم 3 دن", "سیم 3-4 دن", "warning", "dash or slash"),
        ("**اور بھی برا**", "اور بھی برا", "error", "bold"),
        ("**اور بھی برا** محسوس", "** اور بھی برا ** محسوس", "error", "bold"),
        ("آپ اداس ہوتے ہیں۔", "[آپ](https://example.org)", "error", "links"),
        ("آپ اداس ہوتے ہیں۔", "آپ \u2067اداس\u2069 ہیں۔", "error", "direction controls"),
        ("آپ اداس ہوتے ہیں۔", "آپ <b>اداس</b> ہیں۔", "error", "HTML"),
        ("آپ اداس ہوتے ہیں۔", "آپ &#8238; ہیں۔", "error", "HTML"),
        ("آپ اداس ہوتے ہیں۔", "\u0627\u0653پ اداس ہیں۔", "warning", "NFC"),
        ("آپ اداس ہوتے ہیں۔", "You feel low and tired ہیں", "warning", "English words"),
        ("پھر ہم **اور بھی برا** محسوس کرتے ہیں۔", "**ہم**" + " بہت" * 40, "warning", "times as long"),
    ],
)
def test_a_planted_fault_is_found_where_it_stands(materials: Path, old: str, new: str, level: str, said: str) -> None:
    plant(catalogue(materials), old, new)
    found = new_findings(materials)
    assert any(each.level == level and said in each.message for each in found), found
    assert {each.language for each in found} == {"ur"}


def test_a_fuzzy_message_is_counted_as_changed_and_its_text_is_not_used(materials: Path) -> None:
    plant(catalogue(materials), "#. list item 1.4\n", '#. list item 1.4\n#, fuzzy\n#| msgid "You feel sad."\n')
    (found,) = new_findings(materials)
    assert found.message == "0 missing, 1 changed since translation, 23 finished"


APPROVAL = """
[review.ur]
status = "approved"
translator = "T"
clinical_reviewer = "C"
lay_reader = "L"
source_version = "1.2.0"
digest = "{digest}"
"""


def approve(root: Path) -> None:
    """Approve the Urdu wording as it stands."""
    shelf = Library(root / "booklets", root / "translations")
    urdu = next(each for each in shelf.languages if each.code == "ur")
    with (root / "booklets/small-steps/booklet.toml").open("a", encoding="utf-8") as front:
        front.write(APPROVAL.format(digest=approval_digest(shelf, "small-steps", urdu)))


def test_an_approved_language_passes_until_a_word_changes(materials: Path) -> None:
    approve(materials)
    assert new_findings(materials) == set()
    plant(catalogue(materials), "ایک دن چنیں۔", "دو دن چنیں۔")
    (found,) = new_findings(materials)
    assert found.level is Level.ERROR
    assert re.search(r"not this wording, whose digest is [0-9a-f]{16}", found.message)


def test_an_approved_language_with_untranslated_safety_text_is_an_error(materials: Path) -> None:
    plant(catalogue(materials), "ابھی {{ tel.emergency }} پر فون کریں۔", "")
    approve(materials)
    errors = {each.message for each in new_findings(materials) if each.level is Level.ERROR}
    assert "safety text is not translated (english)" in errors
    assert "1 missing, 0 changed since translation, 23 finished" in errors


def test_an_approval_needs_people_and_the_same_clinical_meaning(materials: Path) -> None:
    approve(materials)
    front = materials / "booklets/small-steps/booklet.toml"
    plant(front, 'lay_reader = "L"\nsource_version = "1.2.0"', 'lay_reader = ""\nsource_version = "0.9.0"')
    messages = {each.message for each in new_findings(materials)}
    assert "approved without a clinical reviewer and a lay reader" in messages
    assert "the approval is for 0.9.0, the booklet is 1.2.0" in messages


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("01-the-circle.md", "1. You feel low.", "1. You " + "feel " * 20 + "low.", "longest sentence has 22"),
        ("02-your-week.md", "- Pick one day.", "- Maintain organisational responsibilities.", "reading age"),
        ("01-the-circle.md", "{{ tel.samaritans }} at", "116 123 at", "116 123 is typed by hand"),
        ("w1-diary.toml", '"columns.label", ', "", "not listed in i18n"),
        ("02-your-week.md", '{{ worksheet("diary") }}', "", "no chapter places it"),
    ],
)
def test_a_fault_in_the_english_is_found(materials: Path, file: str, old: str, new: str, said: str) -> None:
    plant(materials / "booklets/small-steps" / file, old, new)
    english = [each.message for each in new_findings(materials) if each.language == "en"]
    assert any(said in each for each in english), english


def test_long_sentences_on_average_are_an_error(materials: Path) -> None:
    chapter = materials / "booklets/small-steps/02-your-week.md"
    chapter.write_text("# A week of days\n\n" + "We go to the shop and we buy a loaf and some milk. " * 9, "utf-8")
    assert any("on average" in each.message for each in new_findings(materials))


def test_an_unreadable_file_is_a_finding_and_stops_nothing_else(materials: Path) -> None:
    catalogue(materials).write_text('msgid "a"\nrubbish\n', "utf-8")
    found = findings(materials)
    assert any("not a readable catalogue" in each.message for each in found)
    assert any(each.language == "pl" for each in found)


def test_words_of_the_page_are_checked_too(materials: Path) -> None:
    plant(materials / "translations/ur/LC_MESSAGES/page.po", "ورژن %(version)s", "ورژن 5 %")
    said = {each.message for each in new_findings(materials) if each.booklet == "page"}
    assert "its %(variables)s are not those of the English; readers will see the English" in said


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("feel", 1), ("tired", 1), ("wanted", 2), ("activity", 4), ("little", 2), ("make", 1), ("the", 1),
        ("practitioner", 4), ("minutes", 2), ("changes", 2), ("stopped", 1), ("someone", 3), ("day", 1),
    ],
)  # fmt: skip
def test_syllables_are_about_right(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= 1
    if word not in ("someone", "practitioner", "tired", "activity"):
        assert syllables(word) == count


def test_hard_english_reads_older_than_plain_english() -> None:
    plain = readability(["When we feel low, we do less.", "Then we feel worse."])
    hard = readability(
        ["Behavioural activation endeavours to re-establish adaptive routines subsequently perpetuated."]
    )
    assert plain.reading_age < 8
    assert hard.reading_age > 20
    assert (plain.words, plain.sentences, plain.longest_sentence) == (11, 2, 7)


def test_an_empty_text_has_no_reading_age() -> None:
    assert readability([]).words == 0
