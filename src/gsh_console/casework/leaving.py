"""Patients who left the caseload: kept until everything of theirs is acknowledged, then taken out, with a tombstone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from gsh_console.casework.desk import Desk
from gsh_console.store import purge, remote
from gsh_console.store.purge import Tombstone
from gsh_console.store.store import as_text

__all__ = ["Leaving", "Tombstone", "note_who_left", "purge_who_left", "waiting_to_leave"]

A_CALL = timedelta(hours=12)  # a contact left open longer than that is nobody's call any more


@dataclass(frozen=True)
class Leaving:
    """A patient who left and is still here, and why. Names nobody."""

    patient_id: str
    why: str


def note_who_left(desk: Desk, left: Iterable[str]) -> None:
    """Keep who left; who is back before anything was taken out is on the caseload again."""
    gone = set(left)
    back = {each.patient_id for each in purge.tombstones(desk.store) if each.purged_at is None} - gone
    with desk.store.unit() as session:
        for patient_id in sorted(gone):
            purge.mark_left(session, desk.store, patient_id, desk.now())
        for patient_id in sorted(back):
            if remote.by_local_id(desk.store, "Patient", patient_id):
                purge.unmark(session, patient_id)


def waiting_to_leave(desk: Desk) -> tuple[Leaving, ...]:
    """Who left and cannot be taken out yet, with the reason."""
    here = [each for each in purge.tombstones(desk.store) if each.purged_at is None]
    return tuple(Leaving(each.patient_id, purge.in_the_way(desk.store, each.patient_id)) for each in here)


def purge_who_left(desk: Desk) -> int:
    """Take out everybody who left and has nothing in the way, all in one transaction; return how many.

    The file is written anew after it, unless a call is going on: then, or where it could not be, at the next time.
    """
    gone = [each.patient_id for each in waiting_to_leave(desk) if not each.why]
    if gone:
        with desk.store.unit() as session:
            purge.take_out(session, desk.store, gone, desk.now())
    if not _in_a_call(desk):
        purge.tidy(desk.store)
    return len(gone)


def _in_a_call(desk: Desk) -> bool:
    since = as_text(desk.now() - A_CALL)
    return bool(
        desk.store.fetch(
            "SELECT 1 FROM contact WHERE signed_at IS NULL AND mistaken_at IS NULL AND opened_at > ? LIMIT 1", (since,)
        )
    )
