"""The FHIR R4 target: one signed record, one transaction (or a few, where the server has limits), proved complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from gsh_console.sync.asking import Server
from gsh_console.sync.capability import Way
from gsh_console.sync.datatypes import Json
from gsh_console.sync.outcomes import Ledger, RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.parcel import (
    Parcel,
    Part,
    chunks,
    fingerprint,
    outside_names,
    parcel_of,
    post_bundle,
    put_body,
)
from gsh_console.sync.people import People
from gsh_console.sync.replies import NO_TRANSACTIONS, Conflict

LANES = 6
SERVER = "server"  # the key under which a ledger keeps whose references it holds
NO_IDS = "The server does not take ids of our own, so nothing more is sent."


@dataclass(frozen=True)
class Difference:
    """A part the server has not as it was signed: `what` is "missing", "differs" or "twice"."""

    name: str
    what: str


class RestTarget:
    """A FHIR R4 server. `find_way` says how it wants its records, asked once and when it is first needed.

    `knows_patients`: the patients' references that are kept came down from this very server.
    """

    parallel = LANES

    def __init__(self, server: Server, find_way: Callable[[Server], Way], *, knows_patients: bool = True) -> None:
        self.server = server
        self._knows_patients = knows_patients
        self._find_way = find_way
        self._way: Way | None = None
        self._asking = Lock()  # a statement of what a server can do may be long: it is asked for once
        self._people = People(server)

    @property
    def way(self) -> Way:
        """How this server wants its records."""
        with self._asking:
            if self._way is None:
                self._way = self._find_way(self.server)
            return self._way

    @property
    def skew(self) -> float | None:
        """Seconds our clock is behind the server's, as last seen."""
        return self.server.link.skew

    def check(self) -> None:
        """Raise SyncFault unless the server can be reached and signed in to now."""
        with self._asking:
            self._way = self._find_way(self.server)

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        """Return once the server has proved that it holds the whole record; delivering it again changes nothing."""
        del item_id, sha256
        ledger = ledger or Ledger(tried=True)
        parcel = parcel_of(payload)
        way = self.way
        patient = self._people.reference(parcel, ledger.patient if self._knows_patients else "")
        if way.client_ids:
            self._put(parcel, patient, ledger)
        else:
            self._post(parcel, patient, ledger, way.most_entries)

    # ------------------------------------------------------------------ ids of our own

    def _put(self, parcel: Parcel, patient: str, ledger: Ledger) -> None:
        if ledger.tried and self._holds(parcel):
            return
        try:
            self.server.keep_body(put_body(parcel, patient), len(parcel.parts), parcel.bundle)
        except Conflict as conflict:
            if self._holds(parcel):
                return
            raise TryLater(conflict.message) from None
        except RefusedForGood as refused:
            if refused.status in (404, 405):
                raise TargetStopped(NO_IDS, "Run gsh-console sync --test, which finds what it does take.") from None
            raise

    def _holds(self, parcel: Parcel) -> bool:
        """Whether the note is there as it was signed; the transaction it came in was kept as a whole or not at all."""
        note = parcel.note
        held = self.server.read(note.name)
        if held is None:
            return False
        if self._same(note, held, parcel, {}):
            return True
        raise RefusedForGood(
            "The server holds a different record under this id.", "Keep both: save a copy and tell the service."
        )

    # ------------------------------------------------------------------ ids of the server's

    def _post(self, parcel: Parcel, patient: str, ledger: Ledger, most: int) -> None:
        if ledger.known.get(SERVER) != self.server.link.base:  # what another server called them says nothing here
            ledger.known = {SERVER: self.server.link.base}
        left = [part for part in parcel.parts if part.own_id not in ledger.known]
        earlier: dict[str, str] = {}
        for chunk in chunks(left, most):
            earlier |= self._earlier(outside_names(parcel, chunk) - earlier.keys(), parcel)
            bundle = post_bundle(parcel, chunk, {**earlier, **ledger.known}, patient)
            try:
                references = self.server.keep(bundle, parcel.bundle)
            except RefusedForGood as refused:
                if refused.status == 405:
                    raise TargetStopped(NO_TRANSACTIONS, "Ask the service.") from None
                raise
            ledger.acknowledge(self._named(chunk, references))

    def _named(self, chunk: Sequence[Part], references: Sequence[str]) -> Mapping[str, str]:
        found = {}
        for part, reference in zip(chunk, references, strict=True):
            name = reference or self._find_one(part.kind, part.search)
            if not name:
                raise TryLater("The server kept a part but does not find it yet.")
            found[part.own_id] = name
        return found

    def _earlier(self, names: set[str], parcel: Parcel) -> dict[str, str]:
        found = {}
        for name in sorted(names):
            kind, _, own_id = name.partition("/")
            if not own_id or "/" in own_id or ":" in name:
                continue
            reference = self._find_one(kind, f"identifier={parcel.root}/record-id|{own_id}")
            if reference:
                found[own_id] = reference
        return found

    def _find_one(self, kind: str, search: str) -> str:
        found = self.server.find(kind, search)
        return f"{kind}/{found[0]['id']}" if len(found) == 1 else ""

    # ------------------------------------------------------------------ reading back

    def differences(self, payload: str) -> list[Difference]:
        """What the server has not as it was signed, read back part by part and compared by hash."""
        parcel = parcel_of(payload)
        held: dict[str, Json] = {}
        found: list[Difference] = []
        for part in parcel.parts:
            there = self._read_part(part)
            if len(there) != 1:
                found.append(Difference(part.name, "twice" if there else "missing"))
            else:
                held[part.name] = there[0]
        names = {f"{each['resourceType']}/{each['id']}": name for name, each in held.items()}
        for part in parcel.parts:
            if part.name in held and not self._same(part, held[part.name], parcel, names):
                found.append(Difference(part.name, "differs"))
        return found

    def _read_part(self, part: Part) -> list[Json]:
        if self.way.client_ids:
            there = self.server.read(part.name)
            return [there] if there else []
        return self.server.find(part.kind, part.search)

    def _same(self, part: Part, held: Json, parcel: Parcel, names: Mapping[str, str]) -> bool:
        def ours(name: str) -> str:
            return "the patient" if name == f"urn:uuid:{parcel.patient_id}" else name

        def theirs(name: str) -> str:
            if name.startswith("Patient/"):
                return "the patient"
            return names.get(name) or self._own_name(name, parcel)

        keys = list(part.resource)
        return fingerprint(part.resource, keys, ours) == fingerprint(held, keys, theirs)

    def _own_name(self, name: str, parcel: Parcel) -> str:
        """The name an earlier record's part has in payloads, where the server calls it something else."""
        if self.way.client_ids or name.count("/") != 1:
            return name
        there = self.server.read(name)
        identifiers = (there or {}).get("identifier") or []
        for each in identifiers if isinstance(identifiers, list) else [identifiers]:
            if each.get("system") == f"{parcel.root}/record-id":
                return f"{name.partition('/')[0]}/{each['value']}"
        return name
