"""Whose words a measure is read in, in a contact that is not held in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.measures import Mode
from gsh_console.domain.wording import Wording, notice, notice_in_short

READ_BY = "read_by.how"
FROM_VALIDATED_TEXT = "interpreter_validated"
DRAWN_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")  # a terminal shows others wrongly: materials reference §3


def wording_for(conduct: Conduct, measure_id: str) -> Wording | None:
    """The installed words for a measure of this contact, in its language and version; None where there are none."""
    language = _language(conduct)
    if not language:
        return None
    opened = conduct.state.opened
    definitions = conduct.desk.definitions_of(opened.definitions if opened else "")
    return definitions.wordings.of(conduct.book.measures[measure_id], language)


@dataclass(frozen=True)
class InstalledWords:
    """What a screen shows of a measure's text in the patient's language.

    `notice` is empty in a contact held in English; `texts` holds the items by id, empty where there is no set or the
    terminal cannot be trusted with its script.
    """

    notice: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


def installed_words(conduct: Conduct, measure_id: str) -> InstalledWords:
    """The line about the text of a measure, and the text itself in Latin, Greek or Cyrillic letters."""
    language = _language(conduct)
    if not language:
        return InstalledWords()
    from gsh_console.content.letters import script_of
    from gsh_console.content.wordings import name_of

    found = wording_for(conduct, measure_id)
    drawn = found is not None and script_of(language) in DRAWN_SCRIPTS
    return InstalledWords(notice_in_short(found, name_of(language)), dict(found.items) if found and drawn else {})


def notice_for(conduct: Conduct, measure_id: str) -> str:
    """What the screen says about the words of a measure; empty in a contact held in English."""
    language = _language(conduct)
    if not language:
        return ""
    from gsh_console.content.wordings import name_of

    return notice(conduct.book.measures[measure_id], wording_for(conduct, measure_id), name_of(language))


def record_for(conduct: Conduct, measure_id: str, mode: Mode) -> str:
    """What an answer's entry keeps of the text it was taken with (`Answered.wording`).

    Nothing for English, nor for a form the patient filled in, whose words nobody here saw. Through an interpreter only
    where it is recorded that they read from the installed text; otherwise the mode says that they did so at sight.
    """
    language = _language(conduct)
    if not language or mode not in (Mode.READ_OUT, Mode.INTERPRETED):
        return ""
    found = wording_for(conduct, measure_id)
    if mode is Mode.INTERPRETED:
        from_it = conduct.state.words(READ_BY) == FROM_VALIDATED_TEXT
        return found.record if found and from_it else ""
    if found is not None:
        return found.record
    from gsh_console.content.wordings import name_of

    return f"{name_of(language)}, at sight, not validated"


def _language(conduct: Conduct) -> str:
    """The language of the contact, empty for English and where it needs no other."""
    opened = conduct.state.opened
    return "" if opened is None or opened.language in ("", "en") else opened.language
