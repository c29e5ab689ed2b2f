"""What the documents say must be what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from gsh_console.settings import ServerSettings, Settings
from gsh_console.tui.keys import KEYS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_lists_every_key_with_its_own_words() -> None:
    table = README.partition("<!-- keys -->")[2].partition("<!-- /keys -->")[0]
    rows = set(re.findall(r"^\| (.+?) \| (.+?) \|", table, re.M))
    for place, keys in KEYS.items():
        for key in keys:
            assert (key.shown, key.label) in rows, (place, key.shown, key.label)


def test_the_readme_lists_every_setting() -> None:
    for name in Settings.__dataclass_fields__:
        assert f"`{name}`" in README, name


def test_the_sync_page_lists_every_setting_of_the_server() -> None:
    page = (ROOT / "docs" / "sync.md").read_text("utf-8")
    for name in ServerSettings.__dataclass_fields__:
        assert f"`{name}`" in page, name


def test_the_first_screenful_holds_both_commands_for_every_system() -> None:
    first = "\n".join(README.splitlines()[:45])
    for command in ("python3 go.py demo", "py go.py demo", "python3 go.py test", "py go.py test"):
        assert command in first
    assert "go.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_no_lock_file_names_an_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
