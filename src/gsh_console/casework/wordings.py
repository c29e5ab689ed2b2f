"""Whose words a measure is read in, in a contact that is not held in English."""

from __future__ import annotations

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.measures import Mode
from gsh_console.domain.wording import Wording, notice


def wording_for(conduct: Conduct, measure_id: str) -> Wording | None:
    """The installed words for a measure of this contact, in its language and version; None where there are none."""
    language = _language(conduct)
    if not language:
        return None
    opened = conduct.state.opened
    definitions = conduct.desk.definitions_of(opened.definitions if opened else "")
    return definitions.wordings.of(conduct.book.measures[measure_id], language)


def notice_for(conduct: Conduct, measure_id: str) -> str:
    """What the screen says about the words of a measure; empty in a contact held in English."""
    language = _language(conduct)
    if not language:
        return ""
    from gsh_console.content.wordings import name_of

    return notice(conduct.book.measures[measure_id], wording_for(conduct, measure_id), name_of(language))


def record_for(conduct: Conduct, measure_id: str, mode: Mode) -> str:
    """What an answer's entry keeps of the text it was taken with (`Answered.wording`).

    Nothing for English, nor for a form the patient filled in, whose words nobody here saw, nor where the mode itself
    says that an interpreter put the English into words at sight.
    """
    language = _language(conduct)
    if not language or mode not in (Mode.READ_OUT, Mode.INTERPRETED):
        return ""
    found = wording_for(conduct, measure_id)
    if found is not None:
        return found.record
    if mode is Mode.INTERPRETED:
        return ""
    from gsh_console.content.wordings import name_of

    return f"{name_of(language)}, at sight, not validated"


def _language(conduct: Conduct) -> str:
    """The language of the contact, empty for English and where it needs no other."""
    opened = conduct.state.opened
    return "" if opened is None or opened.language in ("", "en") else opened.language
