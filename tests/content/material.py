"""The test booklet, copied so that a test may damage it, and the command run on the copy."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from gsh_console.commands.materials import materials as command
from gsh_console.content.booklets import Library

DATA = Path(__file__).parent.parent / "data" / "materials"


def copied(folder: Path) -> Path:
    """A copy of the test booklets and catalogues below a folder."""
    shutil.copytree(DATA, folder / "materials")
    return folder / "materials"


def shelf(root: Path = DATA) -> Library:
    """The library of one folder of test material."""
    return Library(root / "booklets", root / "translations")


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")


def run(root: Path, *arguments: str) -> Result:
    """Run `materials` on a folder of test material."""
    folders = ["--materials", str(root / "booklets"), "--translations", str(root / "translations")]
    return CliRunner().invoke(command, [*folders, *arguments])
