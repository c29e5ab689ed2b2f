"""XLIFF there and back through the Translate Toolkit changes what was translated and nothing else."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from gsh_console.content.catalogues import read_po_file
from gsh_console.faults import InputRefused, MaterialFault
from tests.content.material import copied, run

needs_toolkit = pytest.mark.skipif(
    find_spec("translate") is None, reason='XLIFF needs the Translate Toolkit: pip install "gsh-console[translators]"'
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the test material that a test may change."""
    return copied(tmp_path)


def po(root: Path, language: str) -> Path:
    """The catalogue of the test booklet in a language."""
    return root / "translations" / language / "LC_MESSAGES" / "small-steps.po"


@needs_toolkit
def test_an_agency_fills_a_gap_and_only_that_message_changes(root: Path) -> None:
    run(root, "extract")  # the file as this program writes it
    before = {(each.context, each.id): each.string for each in read_po_file(po(root, "pl"))}
    assert run(root, "xliff-export", "small-steps", "--lang", "pl", "--out", str(root)).exit_code == 0
    exported = (root / "small-steps_pl.xlf").read_text("utf-8")
    assert "{{ tel.samaritans }}" in exported
    assert str(root) not in exported
    at = exported.index("<source>You do less.</source>")
    head, unit, rest = (
        exported[:at],
        exported[at:].partition("</trans-unit>")[0],
        exported[at:].partition("</trans-unit>"),
    )
    unit = unit.replace("<target></target>", '<target state="translated">Robimy mniej.</target>')
    start = head.rindex("<trans-unit ")
    head = head[:start] + head[start:].replace("<trans-unit ", '<trans-unit approved="yes" ')
    (root / "back.xlf").write_text(head + unit + rest[1] + rest[2], "utf-8")
    done = run(root, "xliff-import", "small-steps", str(root / "back.xlf"), "--lang", "pl")
    assert "1 messages changed" in done.output
    after = {(each.context, each.id): each.string for each in read_po_file(po(root, "pl"))}
    assert {key: text for key, text in after.items() if before[key] != text} == {
        (None, "You do less."): "Robimy mniej."
    }


@needs_toolkit
def test_a_file_that_comes_back_as_it_went_changes_nothing(root: Path) -> None:
    run(root, "extract")
    before = po(root, "ur").read_bytes()
    run(root, "xliff-export", "small-steps", "--lang", "ur", "--out", str(root))
    done = run(root, "xliff-import", "small-steps", str(root / "small-steps_ur.xlf"), "--lang", "ur")
    assert "0 messages changed" in done.output
    assert po(root, "ur").read_bytes() == before


@needs_toolkit
@pytest.mark.parametrize("content", ["<xliff/>", "no xml", ""])
def test_a_file_that_is_no_translation_of_this_booklet_is_refused_and_harms_nothing(root: Path, content: str) -> None:
    before = po(root, "ur").read_bytes()
    (root / "bad.xlf").write_text(content, "utf-8")
    done = run(root, "xliff-import", "small-steps", str(root / "bad.xlf"), "--lang", "ur")
    assert isinstance(done.exception, InputRefused | MaterialFault)
    assert po(root, "ur").read_bytes() == before


def test_a_language_the_booklet_does_not_have_is_answered_with_those_it_has(root: Path) -> None:
    done = run(root, "xliff-export", "small-steps", "--lang", "so")
    assert "Known: pl, ur" in str(done.exception)
