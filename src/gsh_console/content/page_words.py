"""The words round a booklet (headings, marks, blanks), through the gettext domain `page`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from gsh_console.content.catalogues import Messages
from gsh_console.content.inline import without_direction_controls
from gsh_console.content.languages import Language

DOMAIN = "page"

BLANKS = {
    "first_name": "your name",
    "practitioner": "your practitioner",
    "next_appointment": "date and time of your next call",
    "service_name": "your service",
    "service_phone": "phone number of your service",
}
STATUS_WARNINGS = {
    "draft": "Draft translation, not yet checked by a reviewer",
    "clinically-reviewed": "Checked by a clinician, not yet approved for use",
}
ENGLISH_WARNINGS = {
    "draft": "Draft, not yet checked by a reviewer",
    "clinically-reviewed": "Checked by a clinician, not yet approved for use",
}
WORDS_IN_CODE = tuple(dict.fromkeys((*BLANKS.values(), *STATUS_WARNINGS.values())))

_VARIABLE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class PageWords:
    """The page's own words in one language; what is not translated is English and marked as such."""

    language: Language
    catalogue: Messages | None

    def translated(self, english: str) -> str:
        """The translation of one of the page's words; empty if there is none fit to use."""
        if self.language.is_english:
            return english
        found = self.catalogue.find(english).text if self.catalogue else ""
        return without_direction_controls(found) if found and not why_misformed(english, found) else ""

    def text(self, english: str) -> str:
        """The word for plain text."""
        return self.translated(english) or english

    def html(self, english: str) -> Markup:
        """The word for the page, with its own language if it is not the page's."""
        translated = self.translated(english)
        if translated:
            return escape(translated)
        return Markup('<span lang="en" dir="ltr">{}</span>').format(english)


def why_misformed(english: str, translated: str) -> str:
    """Why a translated word of the page cannot be used; empty if it can."""
    if sorted(_VARIABLE.findall(english)) != sorted(_VARIABLE.findall(translated)):
        return "its %(variables)s are not those of the English"
    if "%" in _VARIABLE.sub("", translated):
        return "it holds a lone % sign"
    return ""
