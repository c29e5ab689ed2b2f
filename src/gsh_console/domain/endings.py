"""Whether the referral ended with a contact, by the national code its practitioner recorded (domain reference §8.3)."""

from __future__ import annotations

from gsh_console.domain.path import step_fields
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState

END_CODE = "EndCode"


def end_code(book: Rulebook, state: SessionState) -> str:
    """The national end code this contact recorded, empty where the referral goes on."""
    for stage in book.protocol.stages:
        for step in stage.steps:
            for field in step_fields(step, state):
                option = field.option(state.words(field.id)) if field.code == END_CODE else None
                if option:
                    return option.code or ""
    return ""
