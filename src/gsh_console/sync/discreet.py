"""The server's own words, fit to be shown: short, on one line, and without what the record says of a person."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from gsh_console.domain.text import clean

LONGEST = 300
HIDDEN = "[…]"
RUN = 3  # so many words in a row of the record's own are hidden, wherever the server repeats them
_WORDS = re.compile(r"\w+")
_TAGS = re.compile(r"<[^>]*>")
_PERSON = ("family", "given", "value", "line", "postalCode", "birthDate", "city", "text", "div")
_SAID = ("valueString", "description", "display", "title", "text", "div", "scheduledString")


def shown(words: str, bundle: Any = None) -> str:
    """The words, cleaned and cut; what they repeat of the bundle is hidden."""
    line = clean(words, one_line=True).strip()[: 4 * LONGEST]
    if bundle is not None:
        line = _without(line, bundle)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _without(line: str, bundle: Any) -> str:
    for detail in sorted(set(_details(bundle)), key=len, reverse=True):
        line = re.sub(rf"(?<!\w){re.escape(detail)}(?!\w)", HIDDEN, line, flags=re.IGNORECASE)
    runs = set(_runs(bundle))
    found = list(_WORDS.finditer(line))
    hide = [False] * len(found)
    for at in range(len(found) - RUN + 1):
        if tuple(each.group().casefold() for each in found[at : at + RUN]) in runs:
            hide[at : at + RUN] = [True] * RUN
    for word, hidden in zip(reversed(found), reversed(hide), strict=True):
        if hidden:
            line = line[: word.start()] + HIDDEN + line[word.end() :]
    return re.sub(rf"{re.escape(HIDDEN)}(\W{{0,3}}{re.escape(HIDDEN)})+", HIDDEN, line)


def _details(bundle: Any) -> Iterator[str]:
    """Who the patient is: names, number, birth date, telephone and address, whole and part by part."""
    for resource in _resources(bundle):
        if resource.get("resourceType") == "Patient":
            for name, text in _texts(resource):
                if name in _PERSON:
                    yield from (part for part in (text, *text.split()) if len(part) > 1)


def _runs(bundle: Any) -> Iterator[tuple[str, ...]]:
    for resource in _resources(bundle):
        for name, text in _texts(resource):
            if name in _SAID:
                plain = html.unescape(_TAGS.sub(" ", text)) if name == "div" else text
                words = [each.casefold() for each in _WORDS.findall(plain)]
                yield from (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _resources(bundle: Any) -> Iterator[dict[str, Any]]:
    for entry in bundle.get("entry", ()):
        if isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case dict():
            for key, held in value.items():
                if key not in ("system", "url", "fullUrl"):
                    yield from _texts(held, key)
        case list():
            for each in value:
                yield from _texts(each, name)
