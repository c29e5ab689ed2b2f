"""What was recorded about safety in every earlier contact, to be read beside today's record; never carried into it."""

from __future__ import annotations

from gsh_console.casework.contacts import resume, safety_lines
from gsh_console.casework.desk import Desk
from gsh_console.domain.carried import LastSafety
from gsh_console.domain.moments import UK
from gsh_console.store import caseload


def safety_history(desk: Desk, patient_id: str) -> tuple[LastSafety, ...]:
    """The safety record of each signed contact that has one, newest first, each as it was recorded then."""
    found = []
    for contact in reversed(caseload.contacts_of(desk.store, patient_id)):
        if contact.signed_at is None:
            continue
        kept = resume(desk, contact.id)
        if lines := safety_lines(kept.book, kept.state):
            found.append(LastSafety(contact.opened_at.astimezone(UK).date().isoformat(), lines))
    return tuple(found)
