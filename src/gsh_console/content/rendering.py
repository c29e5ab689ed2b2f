"""A composed booklet as one self-contained page or as plain text."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gsh_console.content.composing import LRI, PDI, Composition, Edition, compose
from gsh_console.content.page_words import PageWords
from gsh_console.content.personal import Personal

TEMPLATES = Path(__file__).parent / "templates"

_EMPTY_LINES = re.compile(r"\n{3,}")


def html(edition: Edition, personal: Personal | None, *, large_print: bool = False) -> str:
    """The booklet as one self-contained page."""
    page = _environment(edition.words, for_html=True).get_template("page.html.j2")
    return page.render(_names(compose(edition, personal)), large_print=large_print)


def text(edition: Edition, personal: Personal | None) -> str:
    """The booklet as plain text with the same numbers."""
    page = _environment(edition.words, for_html=False).get_template("page.txt.j2")
    written = page.render(_names(compose(edition, personal)))
    return _EMPTY_LINES.sub("\n\n", written).strip() + "\n"


def _names(composition: Composition) -> dict[str, object]:
    """What a template may use."""
    return {
        "contents": composition.contents,
        "total_width": lambda table: sum(column.width for column in table.worksheet.columns),
    } | vars(composition)


@lru_cache(maxsize=32)
def _environment(words: PageWords, *, for_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=for_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    gettext, ngettext = words.callables(for_html=for_html)
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    right_to_left = words.language.direction == "rtl"
    environment.globals.update(lri=LRI if right_to_left else "", pdi=PDI if right_to_left else "")
    return environment
