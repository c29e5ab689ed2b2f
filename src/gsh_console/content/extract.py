"""Every message for the translators: templates (.pot) from the sources, and .po files brought up to date."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as CatalogMessage
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

from gsh_console.content.catalogues import read_po_file
from gsh_console.content.languages import Language
from gsh_console.content.manuscripts import Manuscript
from gsh_console.content.outputs import write_whole
from gsh_console.content.page_words import DOMAIN, WORDS_IN_CODE
from gsh_console.content.rendering import TEMPLATES
from gsh_console.faults import MaterialFault

SMALLEST_SHARE = 0.8  # a template that lost more than a fifth is a broken source, not an edit
_HEADER = """Translations template for "{domain}" of gsh_console.
How to translate: docs/translating.md
Licence: that of the booklet (see booklet.toml), LICENSE-MATERIALS"""
_DATES = ('"POT-Creation-Date', '"PO-Revision-Date')
_Key = tuple[str, str]


@dataclass(frozen=True)
class Merged:
    """A language file after it was brought up to date."""

    path: Path
    finished: int
    changed: int
    missing: int
    rewritten: bool


def booklet_template(manuscript: Manuscript) -> Catalog:
    """The template of a booklet, in the order a reader meets its messages."""
    front = manuscript.front
    template = _empty(front.id, front.version)
    for message in manuscript.messages:
        notes = [f"{message.kind} {message.number}".strip()]
        notes += ["SAFETY TEXT: must be complete before this language can be approved"] * message.safety
        notes += [message.comment] if message.comment else []
        template.add(
            message.text,
            locations=[(f"materials/{front.id}/{message.file}", message.line)],
            auto_comments=notes,
            context=message.context or None,
        )
    return template


def page_template() -> Catalog:
    """The template of the words round every booklet."""
    template = _empty(DOMAIN, "1")
    for text, place in page_messages():
        template.add(text, locations=[(place, 1)])
    return template


@lru_cache(maxsize=1)
def page_messages() -> tuple[tuple[str, str], ...]:
    """Each of the page's own words with the file it stands in; the templates are read once."""
    return tuple(_page_messages())


def _page_messages() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob("*.j2")):
        keywords = ("_", "gettext", "ngettext")
        options = {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
        for _, _, found, _ in babel_extract(BytesIO(path.read_bytes()), keywords, (), options):
            for text in [found] if isinstance(found, str) else [each for each in found or () if each]:
                yield text, f"src/gsh_console/content/templates/{path.name}"
    for text in WORDS_IN_CODE:
        yield text, "src/gsh_console/content/page_words.py"


def write_template(template: Catalog, translations: Path) -> bool:
    """Write the .pot unless it is already the same; refuse one that shrank as if its source broke."""
    path = translations / f"{template.domain}.pot"
    if path.is_file():
        before, now = len(read_po_file(path)), len(template)
        if now < SMALLEST_SHARE * before:
            raise MaterialFault(
                f"{path.name} would shrink from {before} to {now} messages; nothing was written.",
                "Please check the booklet's chapters, or delete the .pot if this is meant.",
            )
    return write_catalogue(path, template)


def update_language(template: Catalog, translations: Path, language: Language) -> Merged:
    """Bring one language's .po up to date, keeping every finished translation."""
    path = translations / language.code / "LC_MESSAGES" / f"{template.domain}.po"
    old = read_po_file(path, language.code) if path.is_file() else _empty(str(template.domain), "", language.code)
    new = merge(template, old)
    rewritten = write_catalogue(path, new)
    messages = [message for message in new if message.id]
    changed = sum(message.fuzzy for message in messages)
    missing = sum(not message.string for message in messages)
    return Merged(path, len(messages) - changed - missing, changed, missing, rewritten)


def merge(template: Catalog, old: Catalog) -> Catalog:
    """The template's messages with the old translations; a changed message keeps its translation as fuzzy.

    Babel's own update forgets the previous wording at the second run, lets two languages share message
    objects, and offers the translation of a paragraph that still stands to a new one that resembles it.
    """
    new = _like(template, old)
    known = {_key(message): message for message in old if message.id}
    retired = {_key(message): message for message in old.obsolete.values()}
    wanted = {_key(message) for message in template}
    vanished = {key: each for key, each in (retired | known).items() if key not in wanted and each.string}
    reused: set[_Key] = set()
    for message in template:
        if not message.id:
            continue
        key = _key(message)
        copy = message.clone()
        same = known.get(key) or retired.get(key)
        if same is not None:
            _take(copy, same)
            copy.previous_id = list(same.previous_id) if same.fuzzy else []
        elif nearest := _nearest(key, vanished):
            source = vanished[nearest]
            _take(copy, source)
            copy.previous_id = list(source.previous_id) or [str(source.id)]
            copy.flags.add("fuzzy")
            reused.add(nearest)
        new[copy.id] = copy
    for key, message in vanished.items():
        if key not in reused:
            new.obsolete[new._key_for(message.id, message.context)] = message
    return new


def _take(message: CatalogMessage, source: CatalogMessage) -> None:
    message.string = source.string
    message.flags |= source.flags
    message.user_comments = list(source.user_comments)


def _nearest(key: _Key, vanished: dict[_Key, CatalogMessage]) -> _Key | None:
    context, text = key
    candidates = [other for other_context, other in vanished if other_context == context]
    close = difflib.get_close_matches(text, candidates, n=1)
    return (context, close[0]) if close else None


def _key(message: CatalogMessage) -> _Key:
    return (message.context or "", str(message.id))


def _empty(domain: str, version: str, language: str | None = None) -> Catalog:
    return Catalog(
        locale=language,
        domain=domain,
        header_comment="\n".join(f"# {line}" for line in _HEADER.format(domain=domain).splitlines()),
        project=f"gsh_console {domain}",
        version=version,
        copyright_holder="gsh_console contributors",
        fuzzy=False,
    )


def _like(template: Catalog, old: Catalog) -> Catalog:
    return Catalog(
        locale=old.locale,
        domain=template.domain,
        header_comment=old.header_comment,
        project=template.project,
        version=template.version,
        copyright_holder=template.copyright_holder,
        creation_date=template.creation_date,
        revision_date=old.revision_date,
        last_translator=old.last_translator,
        language_team=old.language_team,
        fuzzy=False,
    )


def write_catalogue(path: Path, catalog: Catalog) -> bool:
    """Write the file unless only its dates would differ."""
    stream = BytesIO()
    write_po(stream, catalog, width=0, include_previous=True, include_lineno=False)
    content = stream.getvalue()
    if path.is_file() and _undated(path.read_bytes()) == _undated(content):
        return False
    write_whole(path, content)
    return True


def _undated(content: bytes) -> list[str]:
    return [line for line in content.decode("utf-8").splitlines() if not line.startswith(_DATES)]
