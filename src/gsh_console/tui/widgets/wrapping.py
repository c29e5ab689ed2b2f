"""Words wrapped under a short lead, so that what to say stands in a block of its own."""

from __future__ import annotations

import textwrap

LEAD = 5


def hanging(text: str, lead: str, width: int, indent: int = LEAD) -> tuple[str, str]:
    """The lead, and the text wrapped to `width` cells with every further line under its first word."""
    lines = textwrap.wrap(text, max(20, width - indent), break_long_words=True) or [""]
    return lead.ljust(indent), ("\n" + " " * indent).join(lines)
