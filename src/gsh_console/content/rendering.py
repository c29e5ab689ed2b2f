"""A composed booklet as one self-contained page or as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from gsh_console.content.cards import card_of, print_of
from gsh_console.content.composing import LRI, PDI, Composition, Edition, compose
from gsh_console.content.languages import Language
from gsh_console.content.personal import Personal

if TYPE_CHECKING:
    from gsh_console.content.booklets import BookletEntry
    from gsh_console.content.review_sheets import Row, Verdict

TEMPLATES = Path(__file__).parent / "templates"

_EMPTY_LINES = re.compile(r"\n{3,}")


def html(edition: Edition, personal: Personal | None, *, large_print: bool = False) -> str:
    """The booklet as one self-contained page."""
    page = _environment(for_html=True).get_template("page.html.j2")
    return page.render(_names(compose(edition, personal), for_html=True), large_print=large_print)


def card(edition: Edition, personal: Personal | None, *, large_print: bool = False) -> str:
    """The card of the booklet as one self-contained page that prints on one sheet of A4."""
    page = _environment(for_html=True).get_template("card.html.j2")
    composed = card_of(compose(edition, personal))
    shape = print_of(composed, large_print=large_print)
    return page.render(_names(composed, for_html=True), large_print=large_print, print=shape)


def text(edition: Edition, personal: Personal | None) -> str:
    """The booklet as plain text with the same numbers."""
    page = _environment(for_html=False).get_template("page.txt.j2")
    written = page.render(_names(compose(edition, personal), for_html=False))
    return _EMPTY_LINES.sub("\n\n", written).strip() + "\n"


def _names(composition: Composition, *, for_html: bool) -> dict[str, object]:
    """What a template may use."""
    right_to_left = composition.language.direction == "rtl"
    return {
        "say": composition.words.html if for_html else composition.words.text,
        "lri": LRI if right_to_left else "",
        "pdi": PDI if right_to_left else "",
        "contents": composition.contents,
        "total_width": lambda table: sum(column.width for column in table.worksheet.columns),
    } | vars(composition)


def review_page(
    entry: BookletEntry,
    language: Language,
    rows: Sequence[Row],
    verdicts: Mapping[str, Verdict],
    choices: Sequence[str],
) -> str:
    """The sheet of a second reader as a page: the same columns as its file."""
    page = _environment(for_html=True).get_template("review.html.j2")
    return page.render(entry=entry, language=language, rows=rows, verdicts=verdicts, choices=choices)


@pass_context
def _say(context: Context, english: str) -> str:
    """A word of the page in the language being rendered, so that one compiled template serves every language."""
    say: Callable[[str], str] = context["say"]
    return say(english)


@pass_context
def _say_many(context: Context, one: str, many: str, count: int) -> str:
    return _say(context, one if count == 1 else many)


@lru_cache(maxsize=2)
def _environment(*, for_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=for_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(_say, _say_many, newstyle=True)  # type: ignore[attr-defined]
    return environment
