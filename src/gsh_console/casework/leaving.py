"""Patients who left the caseload: kept until everything of theirs is acknowledged, then taken out, with a tombstone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gsh_console.casework.desk import Desk
from gsh_console.store import purge, remote
from gsh_console.store.purge import Tombstone

__all__ = ["Leaving", "Tombstone", "note_who_left", "purge_who_left", "waiting_to_leave"]


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
    """Take out everybody who left and has nothing in the way, one transaction a patient; return how many."""
    done = 0
    for leaving in waiting_to_leave(desk):
        if not leaving.why:
            with desk.store.unit() as session:
                purge.take_out(session, desk.store, leaving.patient_id, desk.now())
            done += 1
    return done
