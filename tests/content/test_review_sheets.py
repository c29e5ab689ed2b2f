"""The sheet of a second reader: written, filled in, taken back, and bound to the very wording."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import Result

from gsh_console.content.material_checks import Check, check_library, standing
from gsh_console.content.review_sheets import COLUMNS, Row, read_verdicts, rows_of, sheet_as_csv
from gsh_console.faults import DefinitionFault, InputRefused
from tests.content.material import copied, run, shelf


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the test material that a test may change."""
    return copied(tmp_path)


def filled(root: Path, **verdicts: str) -> Path:
    """The exported sheet with a verdict on some numbers; `_` in a name stands for the point."""
    assert run(root, "review-sheet", "small-steps", "--lang", "ur", "--out", str(root)).exit_code == 0
    path = root / "review_small-steps_ur.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8").removeprefix("\ufeff"))))
    for row in rows:
        said = verdicts.get("n" + row["number"].replace(".", "_"), "")
        row["verdict"] = said
        row["back-translation"] = "You are sad." if said else ""
        row["note"] = "too hard" if said == "wrong" else ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue(), "utf-8")
    return path


def taken(root: Path, sheet: Path) -> Result:
    """Import a filled sheet."""
    return run(root, "review-import", "small-steps", str(sheet), "--lang", "ur", "--reader", "B. Reader")


def test_the_sheet_has_every_translated_message_once_with_its_number(root: Path) -> None:
    urdu = next(each for each in shelf(root).languages if each.code == "ur")
    rows = rows_of(shelf(root), "small-steps", urdu)
    assert len(rows) == 24
    assert len({row.message for row in rows}) == 24
    assert {row.number: row.translation for row in rows}["1.4"] == "آپ اداس ہوتے ہیں۔"
    polish = next(each for each in shelf(root).languages if each.code == "pl")
    assert len(rows_of(shelf(root), "small-steps", polish)) == 8
    filled(root)
    page = (root / "review_small-steps_ur.html").read_text("utf-8")
    assert page.count("<tr>") == 25
    assert '<td lang="ur" dir="rtl">آپ اداس ہوتے ہیں۔</td>' in page


def test_a_verdict_is_kept_with_its_reader_and_counted(root: Path) -> None:
    done = taken(root, filled(root, n1_4="Right", n1_5="wrong"))
    assert done.exit_code == 0
    kept = {each.number: each for each in read_verdicts(root / "translations", "small-steps", "ur").values()}
    assert (kept["1.4"].verdict, kept["1.4"].back_translation, kept["1.4"].reader) == (
        "right", "You are sad.", "B. Reader",
    )  # fmt: skip
    urdu = next(each for each in shelf(root).languages if each.code == "ur")
    assert standing(shelf(root), "small-steps", urdu).read_twice == 1
    (found,) = [each for each in check_library(shelf(root)) if each.check is Check.REVIEW]
    assert (found.place, found.message) == ("1.5", "a second reader found it wrong: too hard")


def test_a_verdict_holds_only_for_the_wording_it_was_given_on(root: Path) -> None:
    sheet = filled(root, n1_4="right", n1_5="right")
    path = root / "translations/ur/LC_MESSAGES/small-steps.po"
    path.write_text(path.read_text("utf-8").replace("آپ اداس ہوتے ہیں۔", "آپ غمگین ہوتے ہیں۔"), "utf-8")
    done = taken(root, sheet)
    assert "1 verdicts" in done.output
    assert "left out: 1.4" in done.output
    path.write_text(path.read_text("utf-8").replace("آپ کم کام کرتے ہیں۔", "آپ بہت کم کام کرتے ہیں۔"), "utf-8")
    urdu = next(each for each in shelf(root).languages if each.code == "ur")
    assert standing(shelf(root), "small-steps", urdu).read_twice == 0


def test_a_second_sheet_adds_to_the_first_and_shows_what_was_said(root: Path) -> None:
    taken(root, filled(root, n1_4="right"))
    run(root, "review-sheet", "small-steps", "--lang", "ur", "--out", str(root))
    assert "You are sad.,right" in (root / "review_small-steps_ur.csv").read_text("utf-8")
    taken(root, filled(root, n1_5="small change"))
    kept = {each.number: each.verdict for each in read_verdicts(root / "translations", "small-steps", "ur").values()}
    assert kept == {"1.4": "right", "1.5": "small change"}


def test_one_unknown_verdict_keeps_nothing(root: Path) -> None:
    done = taken(root, filled(root, n1_4="right", n1_5="rihgt"))
    assert isinstance(done.exception, InputRefused)
    assert 'Did you mean "right"' in str(done.exception)
    assert not (root / "translations/ur/reviews").exists()


def test_a_file_that_is_no_sheet_is_refused(root: Path) -> None:
    other = root / "other.csv"
    other.write_text("a,b\n1,2\n", "utf-8")
    assert "lacks the columns" in str(taken(root, other).exception)
    other.write_bytes(b"\xff\xfe\x00")
    assert "CSV in UTF-8" in str(taken(root, other).exception)


def test_no_cell_of_the_sheet_is_a_formula() -> None:
    sheet = sheet_as_csv([Row("1.1", "0", "=1+1", "@SUM(A1)", False)], {})
    assert "'=1+1,'@SUM(A1)" in sheet


def test_verdicts_that_cannot_be_read_are_named(root: Path) -> None:
    (root / "translations/ur/reviews").mkdir()
    (root / "translations/ur/reviews/small-steps.toml").write_text("[[verdict]]\nx = 1\n", "utf-8")
    with pytest.raises(DefinitionFault, match=r"ur/reviews/small-steps\.toml cannot be read"):
        read_verdicts(root / "translations", "small-steps", "ur")
