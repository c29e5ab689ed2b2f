"""The journal: entries appended durably, one chain of MACs over all of them, read back per contact."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from gsh_console.domain.entries import Entry, Recorded, as_json, from_json, kind_of
from gsh_console.faults import StoreDamaged
from gsh_console.store.connection import plain_faults
from gsh_console.store.store import Store, as_moment, as_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

NO_MAC = bytes(32)
_ENTRIES = "SELECT seq, contact_id, at, kind, body, mac FROM journal ORDER BY seq"
_GAPS = "SELECT first_seq, last_seq, mac, seal FROM journal_gap"


def append(store: Store, contact_id: str, entry: Entry, at: datetime) -> Recorded:
    """Write one entry; when this returns it is on disk."""
    with plain_faults(), store.engine.begin() as connection:
        return append_within(connection, store.audit_key, contact_id, entry, at)


def append_within(connection: Connection, audit_key: bytes, contact_id: str, entry: Entry, at: datetime) -> Recorded:
    """Write one entry as part of a larger transaction."""
    return next(append_all_within(connection, audit_key, contact_id, [(entry, at)]))


def append_all_within(
    connection: Connection, audit_key: bytes, contact_id: str, entries: Iterable[tuple[Entry, datetime]]
) -> Iterator[Recorded]:
    """Write entries in order as part of a larger transaction."""
    from sqlalchemy import insert

    from gsh_console.store.tables import JournalRow

    last = connection.exec_driver_sql("SELECT seq, mac FROM journal ORDER BY seq DESC LIMIT 1").first()
    seq, mac = (int(last[0]), bytes(last[1])) if last else (0, NO_MAC)
    rows, recorded = [], []
    for entry, at in entries:
        seq += 1
        kind, when = kind_of(entry), as_text(at)
        body = json.dumps(as_json(entry), ensure_ascii=False, separators=(",", ":"))
        mac = chained(audit_key, mac, (str(seq), contact_id, when, kind, body))
        rows.append({"seq": seq, "contact_id": contact_id, "at": when, "kind": kind, "body": body, "mac": mac})
        recorded.append(Recorded(seq, at, entry))
    connection.execute(insert(JournalRow), rows)
    return iter(recorded)


def entries_of(store: Store, contact_id: str) -> tuple[Recorded, ...]:
    """Everything recorded in a contact, in order."""
    rows = store.fetch("SELECT seq, at, kind, body FROM journal WHERE contact_id = ? ORDER BY seq", (contact_id,))
    return tuple(Recorded(seq, as_moment(at), from_json(kind, json.loads(body))) for seq, at, kind, body in rows)


class Link(NamedTuple):
    """One link of the chain: an entry of a contact, or a sealed gap from `first` to `last`, which is nobody's."""

    first: int
    last: int
    mac: bytes
    contact_id: str | None


def verify_chain(store: Store) -> int:
    """The number of entries whose chain holds; StoreDamaged at the first that does not.

    Entries of a purged patient are gone; the chain goes on from what a sealed gap says they came to.
    """
    with plain_faults():
        return sum(link.contact_id is not None for link in proved_links(store.audit_key, store.reading.execute))


def proved_links(key: bytes, ask: Callable[[str], Iterable[Any]]) -> Iterator[Link]:
    """The chain link by link, each proved before it is given; StoreDamaged at the first that does not hold.

    `ask` gives the rows of a query. A gap that stands over entries, or that nothing comes after, is damage too.
    """
    gaps = {first: (last, after, seal) for first, last, after, seal in ask(_GAPS)}
    mac, expected = NO_MAC, 1
    for seq, contact_id, at, kind, body, held in ask(_ENTRIES):
        while seq != expected and expected in gaps:
            last, after, seal = gaps.pop(expected)
            if not hmac.compare_digest(sealed(key, mac, expected, last, after), seal):
                raise _broken(expected)
            yield Link(expected, last, after, None)
            mac, expected = after, last + 1
        mac = chained(key, mac, (str(seq), contact_id, at, kind, body))
        if seq != expected or not hmac.compare_digest(mac, held):
            raise _broken(seq)
        yield Link(seq, seq, mac, contact_id)
        expected += 1
    if gaps:
        raise _broken(min(gaps))


def is_ahead_of(store: Store, other: Store) -> int | None:
    """How many entries a store went further than another of the same chain, negative for less; None for another chain.

    What was purged counts as an entry. The newest place both still know decides whether the chain is the same.
    """
    ours, theirs = _places(store), _places(other)
    both = max(ours.keys() & theirs.keys(), default=0)
    if both and not hmac.compare_digest(ours[both], theirs[both]):
        return None
    return max(ours, default=0) - max(theirs, default=0)


def _places(store: Store) -> dict[int, bytes]:
    """What the chain came to, by the number of the entry: all that is kept, ends of gaps included."""
    return dict(store.fetch("SELECT seq, mac FROM journal UNION ALL SELECT last_seq, mac FROM journal_gap"))


def _broken(seq: int) -> StoreDamaged:
    return StoreDamaged(f"The audit chain breaks at entry {seq}.", "Keep the file as it is and restore a backup.")


def sealed(key: bytes, before: bytes, first: int, last: int, after: bytes) -> bytes:
    """The seal of a gap: from which link of the chain to which, made with the audit key."""
    return chained(key, before, ("gap", str(first), str(last), after.hex()))


def chained(key: bytes, previous: bytes, parts: tuple[str, ...]) -> bytes:
    """The MAC of an entry over the MAC before it; every part is preceded by its length."""
    mac = hmac.new(key, previous, hashlib.sha256)
    for part in parts:
        raw = part.encode()
        mac.update(len(raw).to_bytes(4, "big") + raw)
    return mac.digest()
