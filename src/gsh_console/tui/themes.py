"""Two themes. Colour never carries meaning alone, and red is kept for NOT SAVED."""

from __future__ import annotations

from textual.theme import Theme

PLAIN = Theme(
    name="plain",
    primary="#3d6b8c",
    secondary="#5b7083",
    accent="#8fb8d6",
    foreground="#d8dee4",
    background="#14191f",
    surface="#1b222a",
    panel="#242d37",
    success="#8fb8d6",
    warning="#d8dee4",
    error="#e0505a",
    dark=True,
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#ffffff",
    warning="#ffffff",
    error="#ff6060",
    dark=True,
)
THEMES = (PLAIN, HIGH_CONTRAST)
