"""A call nobody answered: the contact opened for it goes on as the record of a missed contact."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from gsh_console.casework.conduct import TRIES, Conduct
from gsh_console.casework.contacts import opening
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain import telephone
from gsh_console.domain.carried import carried_of
from gsh_console.domain.entries import Entry, Filled
from gsh_console.domain.session import SessionState, follow
from gsh_console.faults import InputRefused
from gsh_console.store import caseload, journal

MISSED = "missed_contact"


def may_become_missed(state: SessionState) -> bool:
    """Whether nothing but the line was recorded yet: nobody who was spoken to is recorded as missed."""
    held = any(value.value not in ("", ()) for value in state.fields.values())
    return not (held or state.answers or state.skipped or state.materials or state.actions or state.signed)


def as_missed(conduct: Conduct) -> Conduct:
    """The same contact under the protocol for a missed one; the tries logged on the line are told in it already."""
    if not may_become_missed(conduct.state) or conduct.unsaved is not None:
        raise InputRefused(
            "Something of a conversation is already recorded in this contact.",
            "End it early from the summary (F10, e) instead.",
        )
    desk, contact = conduct.desk, conduct.contact
    carried = carried_of(conduct.state)
    entry = opening(desk.definitions, MISSED, conduct.patient, contact.number, desk.practitioner.name, carried)
    tried, now = telephone.tries(conduct.state), desk.now()
    entries: list[tuple[Entry, datetime]] = [(entry, now)]
    if tried:
        entries.append((Filled(TRIES, tried), now))
    with desk.store.unit() as session:
        recorded = journal.append_all_within(session.connection(), desk.store.audit_key, contact.id, entries)
        caseload.change_protocol(session, contact.id, MISSED, entry.protocol_version)
    state = conduct.state
    for each in recorded:
        state = follow(state, each)
    contact = dataclasses.replace(contact, protocol=MISSED, protocol_version=entry.protocol_version)
    return Conduct(desk, rulebook_of(desk.definitions, entry, state), conduct.patient, contact, state)
