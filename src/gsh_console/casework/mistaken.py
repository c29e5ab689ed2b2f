"""A contact begun by mistake: closed with its reason. The journal keeps it; it counts as no contact and is not sent."""

from __future__ import annotations

import dataclasses

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.entries import BegunByMistake
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.session import follow
from gsh_console.faults import EntryRefused, StoreFault
from gsh_console.store import caseload, journal


def close_as_mistaken(conduct: Conduct, reason: str) -> None:
    """Close an open contact as begun by mistake: entry and mark are on disk when this returns, or neither.

    EntryRefused once safety or a questionnaire was begun in it, and without a reason.
    """
    desk, now = conduct.desk, conduct.desk.now()
    if conduct.unsaved is not None:
        raise StoreFault("The last entry is not saved yet.", "Press F8 to try again before going on.")
    entry = cleaned(BegunByMistake(reason.strip(), desk.practitioner.name))
    refused = refusal(conduct.book, conduct.state, entry)
    if refused:
        raise EntryRefused(refused)
    with desk.store.unit() as session:
        recorded = journal.append_within(session.connection(), desk.store.audit_key, conduct.contact.id, entry, now)
        caseload.mark_mistaken(session, conduct.contact.id, now)
    conduct.state = follow(conduct.state, recorded)
    conduct.contact = dataclasses.replace(conduct.contact, mistaken_at=now)
