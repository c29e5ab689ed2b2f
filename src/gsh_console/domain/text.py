"""Human text made safe to keep and to draw: no control character, escape sequence or direction override."""

from __future__ import annotations

import unicodedata

_KEPT_FORMATS = frozenset("\u200c\u200d")  # joiners that Persian, Urdu and Indic spelling needs


def clean(text: str, *, one_line: bool = False) -> str:
    """The text in NFC without control, direction, tag or unassigned characters; new lines kept unless one_line."""
    if text.isascii() and text.isprintable():
        return text.strip(" ") if one_line else text
    kept = []
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        if character in "\n\t":
            kept.append(" " if one_line or character == "\t" else "\n")
        elif unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"):
            if character in _KEPT_FORMATS:
                kept.append(character)
        else:
            kept.append(character)
    return "".join(kept).strip("\n ") if one_line else "".join(kept)
