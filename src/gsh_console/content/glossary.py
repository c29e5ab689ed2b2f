"""The fixed words of a language: what each English term is called, and where a translation calls it otherwise."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gsh_console.content.segments import EXPRESSION
from gsh_console.faults import DefinitionFault

_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SHORTEST_STEM = 3


@dataclass(frozen=True)
class Term:
    """An English term and the forms a translation may use for it."""

    english: str
    forms: tuple[str, ...]


def read_glossary(translations: Path, language: str) -> tuple[Term, ...]:
    """The glossary of a language, longest English term first; nothing if it has none."""
    path = translations / language / "glossary.toml"
    try:
        described = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise DefinitionFault(
            f"{language}/glossary.toml cannot be read: {fault}.", "Please correct the file."
        ) from None
    terms = [*_from_table(described.get("terms", {})), *_from_list(described.get("term", []), language)]
    return tuple(sorted(terms, key=lambda term: (-len(term.english), term.english)))


def missing_terms(english: str, translated: str, terms: tuple[Term, ...]) -> Iterator[Term]:
    """Each term of the English message of which the translation has no allowed form, by the stems of its words."""
    said = _plain(EXPRESSION.sub(" ", english))
    given = _plain(EXPRESSION.sub(" ", translated))
    for term in terms:
        pattern = re.compile(rf"(?<!\w){re.escape(_plain(term.english))}(?:s|es)?(?!\w)")
        if pattern.search(said):
            said = pattern.sub(" ", said)  # "low mood" is not also "mood"
            if not any(_holds(given, form) for form in term.forms):
                yield term


def _holds(text: str, form: str) -> bool:
    """Whether every word of the form is in the text, whatever its ending."""
    return all(_stem(word) in text for word in _plain(form).split())


def _stem(word: str) -> str:
    return word[: max(_SHORTEST_STEM, len(word) * 3 // 5)]


def _plain(text: str) -> str:
    """The text for comparing: one case, no marks over or under the letters of an abjad, single spaces."""
    folded = unicodedata.normalize("NFC", text.casefold())
    kept = (each for each in folded if not (unicodedata.category(each) == "Mn" and "\u0600" <= each <= "\u06ff"))
    return " ".join("".join(kept).split())


def _from_table(table: Mapping[str, Any]) -> Iterator[Term]:
    for english, forms in table.items():
        given = [forms] if isinstance(forms, str) else forms
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise DefinitionFault(
                f'The glossary gives no words for "{english}".', 'Please give one form in "quotes", or a list of them.'
            )
        yield Term(english, tuple(each for each in given if each.strip()))


def _from_list(entries: list[Mapping[str, Any]], language: str) -> Iterator[Term]:
    """The longer way of writing: one [[term]] each with `en`, the language's own key, a note, and perhaps `forms`.

    A verb ("to rank") or one sense of a word ("call (appointment)") is there for people and is not looked for.
    """
    for entry in entries:
        english = str(entry.get("en", ""))
        written = entry.get("forms") or str(entry.get(language, "")).split("/")
        forms = tuple(filter(None, (_IN_BRACKETS.sub("", str(each)).strip() for each in written)))
        if forms and not english.startswith("to ") and "(" not in english:
            yield from (Term(each.strip(), forms) for each in english.split(",") if each.strip())
