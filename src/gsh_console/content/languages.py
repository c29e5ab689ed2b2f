"""The languages that are installed, each described by one language.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel, ConfigDict, ValidationError

from gsh_console.faults import DefinitionFault


@dataclass(frozen=True)
class Language:
    """One language: its code, its English name, its own name and its direction."""

    code: str
    name: str
    own_name: str
    direction: str
    status: str = "draft"
    reviewer: str = ""

    @property
    def tag(self) -> str:
        """The BCP 47 tag, as HTML wants it."""
        return self.code.replace("_", "-")

    @property
    def is_english(self) -> bool:
        """Whether this is the language the booklets are written in."""
        return self.code == "en"

    @property
    def locale(self) -> Locale:
        """The locale whose calendar words are used; English dates are British."""
        return Locale.parse("en_GB" if self.is_english else self.code)


ENGLISH = Language("en", "English", "English", "ltr")


class _LanguageFile(BaseModel):
    """The shape of language.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str
    own_name: str
    direction: Literal["ltr", "rtl"]
    status: str = "draft"
    reviewer: str = ""


def read_languages(translations: Path) -> dict[str, Language]:
    """English and every language that has a folder with a language.toml, by code."""
    found = [read_language(path) for path in sorted(translations.glob("*/language.toml"))]
    return {ENGLISH.code: ENGLISH} | {language.code: language for language in found}


def read_language(path: Path) -> Language:
    """Read one language.toml, refusing one whose code, folder or direction disagree."""
    place = f"{path.parent.name}/{path.name}"
    try:
        described = _LanguageFile.model_validate(tomllib.loads(path.read_text("utf-8")))
        direction = Locale.parse(described.code).text_direction
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError) as fault:
        raise DefinitionFault(
            f"{place} cannot be read: {first_line(fault)}.",
            "Please give code, name, own_name and direction.",
        ) from fault
    except (UnknownLocaleError, ValueError) as fault:
        raise DefinitionFault(f"{place} names an unknown language.", "Please correct the code.") from fault
    if described.code != path.parent.name:
        raise DefinitionFault(
            f'{place} says its code is "{described.code}".', "Please give code and folder the same name."
        )
    if described.direction != direction:
        raise DefinitionFault(
            f'{place} says direction "{described.direction}", but {described.name} is written "{direction}".',
            "Please correct the direction.",
        )
    return Language(**described.model_dump())


def first_line(fault: Exception) -> str:
    """The heart of a parser's complaint in one line."""
    if isinstance(fault, ValidationError):
        first = fault.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(fault).splitlines()[0].rstrip(".")
