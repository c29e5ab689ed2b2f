"""What a contact leaves to be done, by whom. Ordered by when it arose, never by anything about the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gsh_console.domain.entries import ActionTaken
from gsh_console.domain.session import SessionState


@dataclass(frozen=True)
class OpenedAction:
    """An action that stays open until somebody closes it. `key` names it within its contact."""

    key: str
    what: str
    who: str
    opened_at: datetime
    safety: bool = False


def actions_of(state: SessionState) -> Iterator[OpenedAction]:
    """The actions this contact opened and did not close."""
    action = state.fields.get("safety.action")
    if action and isinstance(action.value, str) and action.value.strip():
        yield OpenedAction("safety", action.value.strip(), "practitioner and supervisor", action.at, safety=True)
    incomplete = state.fields.get("safety.incomplete.reason")
    if incomplete and incomplete.value:
        what = "Complete the safety conversation that broke off"
        yield OpenedAction("incomplete", what, "practitioner and supervisor", incomplete.at, safety=True)
    letter = state.fields.get("ending.gp_letter")
    if letter and letter.value == "consented":
        yield OpenedAction("gp_letter", "Write the letter to the GP (consent given)", "practitioner", letter.at)
    for key, recorded in state.actions.items():
        entry = recorded.entry
        if isinstance(entry, ActionTaken) and not entry.done:
            yield OpenedAction(key, entry.what, entry.who, recorded.at)
