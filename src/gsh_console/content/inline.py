"""One message to HTML or plain text: placeholders, then Markdown, then the values as inert text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

from gsh_console.content.segments import EXPRESSION, names_in

Apart = Literal["", "number", "typed"]

DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")

# Entities stay letters: a numeric one could smuggle in a direction override.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "autolink", "entity", "backticks"])
_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_FIRST_TOKEN = 0xE000
_TOKEN = re.compile("[\ue000-\uf8ff]")
_CHANGES: Mapping[str, dict[str, Any]] = {
    "strong_open": {"bold": True},
    "strong_close": {"bold": False},
    "em_open": {"italic": True},
    "em_close": {"italic": False},
}
_MARKUP = re.compile(r"[*_\\\[\]\n]")  # without one of these the house style has nothing to parse
_JINJA_MARK = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


@dataclass(frozen=True)
class Value:
    """What stands in the place of a placeholder, ready for a page and for plain text; `apart` as of a span."""

    html: Markup
    text: str
    apart: Apart = ""


@dataclass(frozen=True)
class Span:
    """Words of one kind in a row, for paper; `apart` says what nothing around may turn: a number or typed words."""

    text: str
    bold: bool = False
    italic: bool = False
    address: str = ""
    apart: Apart = ""


def inline_html(message: str, values: Mapping[str, Value]) -> Markup:
    """The message as HTML; a value is put in last, so it is neither template nor Markdown nor markup."""
    wording = _with_tokens(message, values)
    marked = _MARKDOWN.renderInline(wording) if _MARKUP.search(wording) else escapeHtml(wording)
    by_token = _by_token(values)
    # Markdown has escaped the wording, and every value has escaped itself.
    return Markup(_TOKEN.sub(lambda found: str(by_token[found[0]].html), marked))


def inline_text(message: str, values: Mapping[str, Value]) -> str:
    """The message as plain text without Markdown marks."""
    by_token = _by_token(values)
    wording = _with_tokens(message, values)
    plain = _plain(_inline_tokens(wording)) if _MARKUP.search(wording) else wording
    return _TOKEN.sub(lambda found: by_token[found[0]].text, plain)


def inline_spans(message: str, values: Mapping[str, Value]) -> tuple[Span, ...]:
    """The message as words for paper: what is bold, linked, or a telephone number."""
    by_token = _by_token(values)
    spans: list[Span] = []
    style = Span("")
    for token in _inline_tokens(_with_tokens(message, values)):
        if change := _CHANGES.get(token.type):
            style = replace(style, **change)
        elif token.type in ("link_open", "link_close"):
            style = replace(style, address=str(token.attrGet("href") or ""))
        else:
            words = " " if token.type in ("softbreak", "hardbreak") else token.content
            spans += _placed(words, style, by_token)
    return tuple(spans)


def links_in(message: str) -> tuple[str, ...]:
    """The addresses a message links to, sorted."""
    if "[" not in message:
        return ()
    tokens = _inline_tokens(EXPRESSION.sub("x", message))
    return tuple(sorted(str(token.attrGet("href")) for token in tokens if token.type == "link_open"))


def bold_parts(message: str) -> int:
    """How many parts of a message are bold once rendered."""
    return sum(token.type == "strong_open" for token in _inline_tokens(EXPRESSION.sub("x", message)))


def why_unusable(english: str, translated: str) -> str:
    """Why a translation must not be shown, in which case the English stands; empty if it may."""
    if _JINJA_MARK.search(EXPRESSION.sub("", translated)):
        return "it holds a template statement"
    expected, given = sorted(names_in(english)), sorted(names_in(translated))
    if expected != given:
        return f"its placeholders are {_listed(given)}, the English has {_listed(expected)}"
    if links_in(english) != links_in(translated):
        return "its links are not those of the English"
    return ""


def without_direction_controls(text: str) -> str:
    """A wording without typed direction controls, which could reorder what surrounds it."""
    return DIRECTION_CONTROLS.sub("", text)


def _with_tokens(message: str, values: Mapping[str, Value]) -> str:
    """The message with one private-use character in the place of each placeholder."""
    wording = _TOKEN.sub("", message)
    if "{{" not in wording:
        return wording
    names: dict[str, object] = {}
    for token, name in zip(_by_token(values), values, strict=True):
        room, _, leaf = name.rpartition(".")
        target = names.setdefault(room, {}) if room else names
        if isinstance(target, dict):
            target[leaf] = token
    return _template(wording).render(names)


@lru_cache(maxsize=2048)
def _template(wording: str) -> Template:
    return _SANDBOX.from_string(wording)


def _by_token(values: Mapping[str, Value]) -> dict[str, Value]:
    return {chr(_FIRST_TOKEN + place): value for place, value in enumerate(values.values())}


def _inline_tokens(text: str) -> list[Token]:
    return [child for token in _MARKDOWN.parseInline(text) for child in token.children or []]


def _plain(tokens: list[Token]) -> str:
    """The words of the tokens, a link followed by its address."""
    words, address = "", ""
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href"))
        elif token.type == "link_close":
            words += f" ({address})"
        else:
            words += " " if token.type in ("softbreak", "hardbreak") else token.content
    return words


def _placed(words: str, style: Span, by_token: Mapping[str, Value]) -> Iterator[Span]:
    """The words cut at every value."""
    for part in re.split(f"({_TOKEN.pattern})", words):
        if part in by_token:
            yield replace(style, text=by_token[part].text, apart=by_token[part].apart)
        elif part:
            yield replace(style, text=part)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if names else "none"
