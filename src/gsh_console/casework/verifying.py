"""Whether the store is whole: file, audit chain, signed notes, score cache, payloads. The first harm is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from gsh_console.casework.desk import Desk
from gsh_console.casework.kept_definitions import check_sets
from gsh_console.domain.entries import Amended, Entry, Signed
from gsh_console.domain.measures import Measure
from gsh_console.domain.scoring import score
from gsh_console.domain.session import SessionState, replay
from gsh_console.faults import StoreDamaged
from gsh_console.store import journal, records
from gsh_console.store.records import KeptNote, KeptScore

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Verified:
    """What was checked and found whole. `older` counts scores of measure versions this console no longer carries."""

    entries: int
    contacts: int
    notes: int
    scores: int
    payloads: int
    older: int
    sets: int = 0

    def lines(self) -> tuple[str, ...]:
        """The counts in words."""
        older = f" ({self.older} of an older measure version, not recomputed)" if self.older else ""
        return (
            "database file: whole, every page authentic",
            f"audit chain: {self.entries} entries, unbroken",
            f"signed notes: {self.notes} in {self.contacts} contacts, each as it was signed",
            f"scores: {self.scores}, each as the journal gives it{older}",
            f"definitions: {self.sets} sets, each as contacts were opened under",
            f"outbox: {self.payloads} payloads, each as it was signed",
        )


def verify(desk: Desk, on_progress: Progress = lambda _: None) -> Verified:
    """Check everything that can be checked; StoreDamaged names the first thing that is not whole."""
    on_progress("database file")
    check_file(desk)
    on_progress("audit chain")
    entries = journal.verify_chain(desk.store)
    on_progress("signed contacts")
    notes = _notes_by_contact(desk)
    scores = _scores_by_contact(desk)
    signed = [str(row[0]) for row in desk.store.fetch("SELECT contact_id FROM journal WHERE kind = 'signed'")]
    marked = {str(row[0]) for row in desk.store.fetch("SELECT id FROM contact WHERE signed_at IS NOT NULL")}
    _refuse(set(signed) != marked or len(signed) != len(marked), "A contact is marked as signed without its entry")
    mistaken = {str(row[0]) for row in desk.store.fetch("SELECT id FROM contact WHERE mistaken_at IS NOT NULL")}
    told = {str(row[0]) for row in desk.store.fetch("SELECT contact_id FROM journal WHERE kind = 'begun_by_mistake'")}
    _refuse(mistaken != told, "A contact is marked as begun by mistake without its entry")
    _refuse(not (set(notes) | set(scores) <= marked), "A note or a score belongs to a contact that was not signed")
    older = 0
    for contact in signed:
        recorded = journal.entries_of(desk.store, contact)
        _check_notes([each.entry for each in recorded], notes.get(contact, []))
        older += _check_scores(desk, replay(recorded), scores.get(contact, []))
    on_progress("outbox")
    payloads, sets = _check_payloads(desk), check_sets(desk.store)
    total = sum(len(kept) for kept in scores.values())
    return Verified(entries, len(signed), sum(len(kept) for kept in notes.values()), total, payloads, older, sets)


def check_file(desk: Desk) -> None:
    """Check every page of the file, after folding the log into it: an unfolded log looks like damage."""
    store = desk.store
    busy = store.fetch("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
    _refuse(store.fetch("PRAGMA integrity_check") != [("ok",)], "The database file is damaged")
    _refuse(not busy and store.fetch("PRAGMA cipher_integrity_check") != [], "A page of the file is not authentic")
    _refuse(store.fetch("PRAGMA foreign_key_check") != [], "Rows of the store do not fit together")


def _notes_by_contact(desk: Desk) -> dict[str, list[KeptNote]]:
    found: dict[str, list[KeptNote]] = {}
    for note in records.all_notes(desk.store):
        found.setdefault(note.contact_id, []).append(note)
    return found


def _scores_by_contact(desk: Desk) -> dict[str, list[KeptScore]]:
    found: dict[str, list[KeptScore]] = {}
    for kept in records.all_scores(desk.store):
        found.setdefault(kept.contact_id, []).append(kept)
    return found


def _check_notes(entries: list[Entry], notes: list[KeptNote]) -> None:
    signatures = [entry.note_sha256 for entry in entries if isinstance(entry, Signed)]
    originals = [note for note in notes if note.amends is None]
    _refuse([note.sha256 for note in originals] != signatures, "A signed note is not the one the signature names")
    for note in notes:
        _refuse(hashlib.sha256(note.text.encode()).hexdigest() != note.sha256, "The text of a signed note was changed")
    added = [entry for entry in entries if isinstance(entry, Amended)]
    amendments = [note for note in notes if note.amends is not None]
    fits = len(added) == len(amendments) and all(
        entry.text in note.text and entry.reason in note.text for entry, note in zip(added, amendments, strict=True)
    )
    _refuse(not fits, "An amendment is not the one the journal holds")


def _check_scores(desk: Desk, state: SessionState, kept: list[KeptScore]) -> int:
    held = {each.measure: each for each in kept}
    _refuse(set(held) != set(state.answers), "The score cache and the journal name different measures")
    older = 0
    measures = desk.definitions_of(state.opened.definitions if state.opened else "").measures
    for name, found in held.items():
        measure = measures.version(name, _version_used(state, name))
        if measure is None:
            older += 1
            continue
        _refuse(_as_kept(measure, state) != _facts(found), "A score is not what the journal gives")
    return older


def _version_used(state: SessionState, measure: str) -> str:
    return state.opened.measure_versions.get(measure, "") if state.opened else ""


def _as_kept(measure: Measure, state: SessionState) -> tuple[object, ...]:
    again = score(measure, state.answers_of(measure.id))
    return again.total, again.complete, again.prorated, again.missing


def _facts(kept: KeptScore) -> tuple[object, ...]:
    return kept.total, kept.complete, kept.prorated, kept.missing


def _check_payloads(desk: Desk) -> int:
    rows = desk.store.fetch("SELECT content, sha256 FROM outbox LEFT JOIN payload USING (seq)")
    for payload, digest in rows:
        _refuse(hashlib.sha256((payload or "").encode()).hexdigest() != digest, "A payload in the outbox was changed")
    return len(rows)


def _refuse(harmed: bool, what: str) -> None:
    if harmed:
        raise StoreDamaged(f"{what}.", "Keep the file as it is and restore a backup: gsh-console restore.")
