"""The notes of the played calls as pages of `docs/examples`, and the way to write them anew.

`GSH_WRITE_EXAMPLES=1 python -m pytest tests/tui/test_whole_calls.py` writes the pages; without it the test compares.
"""

from __future__ import annotations

import os
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"
WRITE = "GSH_WRITE_EXAMPLES"
LEADS = {
    "assessment": "A first contact in which thoughts of suicide are disclosed half-way, in the middle of a question.",
    "interpreted_call": "A treatment contact through an interpreter: the line drops, and the interpreter is lost once.",
    "review": "A review that ends treatment: first against last, a staying-well plan, the end code.",
}


def as_page(call: str, note: str) -> str:
    """A signed note as Markdown; its words are untouched."""
    title, *blocks = note.strip().split("\n\n")
    parts = [f"# {title}", f"{LEADS[call]} Every person is made up. Played from `tests/calls/{call}.keys`."]
    for block in blocks:
        heading, _, text = block.partition("\n")
        if not text:  # what is told before the first heading
            parts.append(heading)
            continue
        lines = [f"- {line[2:]}" if line.startswith("• ") else f"\n{line}\n" for line in text.splitlines()]
        parts.append(f"## {heading}\n\n" + "\n".join(lines).strip())
    return "\n\n".join(parts).replace("\n\n\n", "\n\n") + "\n"


def kept_page(call: str, note: str) -> str:
    """The page as it is kept, after writing it where that was asked for."""
    path = EXAMPLES / f"{call}.md"
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(as_page(call, note), "utf-8")
    return path.read_text("utf-8")
