"""Pictures to look at: asked for where no browser is, and with names that are words only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gsh_console.content.booklets import Library
from gsh_console.content.contact_sheets import BROWSERS, contact_sheet
from gsh_console.faults import MaterialFault

DATA = Path(__file__).parent.parent / "data" / "materials"


def test_without_a_browser_the_fault_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    shelf = Library(DATA / "booklets", DATA / "translations")
    with pytest.raises(MaterialFault, match="Please install Chromium and poppler-utils"):
        contact_sheet(shelf, tmp_path / "out", lambda done, of: None)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    not (any(map(shutil.which, BROWSERS)) and shutil.which("pdftoppm")), reason="install Chromium and poppler-utils"
)
def test_one_copy_is_pictured_on_a_screen_on_a_phone_and_on_paper(tmp_path: Path) -> None:
    pytest.importorskip("typst", reason='PDF booklets need the extra: pip install "gsh-console[pdf]"')
    shelf = Library(DATA / "booklets", DATA / "translations")
    pictures = contact_sheet(shelf, tmp_path, lambda done, of: None, lambda _, language: language == "en")
    names = {picture.path.name for picture in pictures}
    assert {"small-steps_en_wide.png", "small-steps_en_phone.png", "small-steps_en_paper-1.png"} <= names
    assert all(picture.path.read_bytes().startswith(b"\x89PNG") for picture in pictures)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert all(f'<img src="{name}" alt=' in page for name in names)
    assert (tmp_path / "contact-sheet.png").is_file()
