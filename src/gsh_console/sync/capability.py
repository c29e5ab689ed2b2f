"""What a FHIR server can do: what it declares, what a probe shows, and the way records will travel, in words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gsh_console.faults import SyncFault
from gsh_console.sync.asking import Server
from gsh_console.sync.datatypes import TERMINOLOGY, Json
from gsh_console.sync.link import skew_in_words
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped
from gsh_console.sync.parcel import ORDER
from gsh_console.sync.replies import NO_TRANSACTIONS, no_service, refuse_failed, resource_in

FEWEST = 8  # entries of a transaction with conditions that the strictest server known takes
WHOLE = 500  # entries a record may have in one transaction; no record comes near
_MANY = 30  # entries the probe tries at once
_PROBE = "https://gsh-console.invalid/probe"


@dataclass(frozen=True)
class Way:
    """How records travel: under our own ids in one transaction, or as conditional creates, so many at a time."""

    client_ids: bool
    most_entries: int


@dataclass(frozen=True)
class Declared:
    """What a CapabilityStatement says, as far as it matters here."""

    software: str
    version: str
    transaction: bool
    client_ids: bool
    conditional_create: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Tested:
    """What a test of the connection found. `lines` says it in words."""

    way: Way
    lines: tuple[str, ...]


def declared(server: Server) -> Declared:
    """What the server says of itself; TargetStopped where it is no FHIR R4 server or cannot take records."""
    reply = server.ask("GET", "metadata")
    try:
        refuse_failed(reply)
    except RefusedForGood:  # no record was asked about, so none is to blame
        raise no_service(reply.status) from None
    statement = resource_in(reply)
    if statement["resourceType"] != "CapabilityStatement":
        raise TargetStopped("There is no FHIR server at this address.", "Correct url in server.toml.")
    said = declared_in(statement)
    if not said.version.startswith("4.0"):
        raise TargetStopped(f"The server speaks FHIR {said.version or 'of an unknown version'}, not R4 (4.0.1).")
    if not said.transaction:
        raise TargetStopped(NO_TRANSACTIONS, "Ask the service.")
    if not (said.client_ids or said.conditional_create):
        raise TargetStopped("The server takes neither our ids nor conditional creates.", "Sending could duplicate.")
    return said


def declared_in(statement: Mapping[str, Any]) -> Declared:
    """A CapabilityStatement read; a capability counts only where every resource we send has it."""
    rest: Mapping[str, Any] = next((each for each in statement.get("rest") or () if each.get("mode") == "server"), {})
    offered = {each.get("type"): each for each in rest.get("resource") or ()}
    ours = [offered.get(kind, {}) for kind in ORDER]
    return Declared(
        software=str((statement.get("software") or {}).get("name") or "a server without a name")[:80],
        version=str(statement.get("fhirVersion") or ""),
        transaction=any(each.get("code") == "transaction" for each in rest.get("interaction") or ()),
        client_ids=all(each.get("updateCreate") is True for each in ours),
        conditional_create=all(each.get("conditionalCreate") is True for each in ours),
        missing=tuple(kind for kind in ("Patient", *ORDER) if offered and kind not in offered),
    )


def find_way(server: Server, ids: str = "auto", most_entries: int = 0) -> Way:
    """The way to send, from what the server declares; `ids` ("put" or "post") and `most_entries` overrule it."""
    said = declared(server)
    client_ids = said.client_ids if ids == "auto" else ids == "put"
    return Way(client_ids, most_entries or (WHOLE if client_ids else FEWEST))


def probe_connection(server: Server, ids: str = "auto", most_entries: int = 0) -> Tested:
    """Ask, probe, and say in words what will be used. What the probe makes says that it is an error, and is deleted."""
    said = declared(server)
    lines = [f"reached: {said.software}, FHIR {said.version}", *_clock_line(server)]
    if said.missing:
        lines.append(f"not offered, so such records would be refused: {', '.join(said.missing)}")
    probe = _Probe(server)
    try:
        takes_ids = probe.takes_our_ids()
        most = WHOLE if takes_ids else probe.most_entries()
    finally:
        left = probe.clean_up()
    lines += [
        "transactions: yes, all or nothing",
        f"ids of our own: {'yes' if takes_ids else 'no'} (declared: {'yes' if said.client_ids else 'no'})",
        f"conditional creates: {'yes' if said.conditional_create else 'not declared'}",
    ]
    client_ids = takes_ids if ids == "auto" else ids == "put"
    way = Way(client_ids, most_entries or (WHOLE if client_ids else most))
    lines.append(_way_line(way))
    if left:
        lines.append(f"left behind, marked as entered in error, since it may not be deleted: {', '.join(left)}")
    return Tested(way, tuple(lines))


def _way_line(way: Way) -> str:
    if way.client_ids:
        return "used: one transaction a record, each part put under its own id"
    return f"used: conditional creates, at most {way.most_entries} parts a transaction, the note last"


def _clock_line(server: Server) -> list[str]:
    told = skew_in_words(server.link.skew)
    return [told] if told else []


class _Probe:
    """Harmless things sent to see what is taken: messages that say of themselves that they were entered in error."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: set[str] = set()
        self._refusal = ""
        self._mark = str(uuid.uuid4())

    def takes_our_ids(self) -> bool:
        own_id = str(uuid.uuid4())
        name = f"Communication/{own_id}"
        resource = {**self._message(), "id": own_id}
        try:
            kept = self._try([{"resource": resource, "request": {"method": "PUT", "url": name}}])
        except TargetStopped:
            self._made.add(name)  # what is answered as a batch may have been kept all the same
            raise
        return kept == [name] or (kept is not None and self._server.read(name) is not None)

    def most_entries(self) -> int:
        """How many conditional creates are taken at once; all but the first find what is there already."""
        if self._try([self._conditional()]) is None:
            raise TargetStopped(
                f"The server takes neither our ids nor conditional creates in a transaction. {self._refusal}",
                "Ask the service; without either of them sending could duplicate.",
            )
        return WHOLE if self._try([self._conditional() for _ in range(_MANY)]) is not None else FEWEST

    def clean_up(self) -> list[str]:
        """Delete what was made; the names of what may not be deleted."""
        left = []
        for name in sorted(self._made):
            try:
                refuse_failed(self._server.ask("DELETE", name))
            except SyncFault:
                left.append(name)
        return left

    def _try(self, entries: list[Json]) -> list[str] | None:
        marked = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", **entry} for entry in entries]
        try:
            kept = self._server.keep({"resourceType": "Bundle", "type": "transaction", "entry": marked})
        except RefusedForGood as refused:
            self._refusal = refused.message
            return None
        self._made |= {name for name in kept if name}
        return kept

    def _conditional(self) -> Json:
        request = {"method": "POST", "url": "Communication", "ifNoneExist": f"identifier={_PROBE}|{self._mark}"}
        return {"resource": self._message(), "request": request}

    def _message(self) -> Json:
        security = {"system": f"{TERMINOLOGY}/v3-ActReason", "code": "HTEST"}
        return {
            "resourceType": "Communication",
            "meta": {"security": [security]},
            "identifier": [{"system": _PROBE, "value": self._mark}],
            "status": "entered-in-error",
        }


def way_as_text(base: str, way: Way) -> str:
    """A way found by a test, to be kept with the address it belongs to."""
    return json.dumps({"base": base, "client_ids": way.client_ids, "most_entries": way.most_entries})


def way_from_text(base: str, text: str) -> Way | None:
    """The way kept for this address, None where it is for another or cannot be read."""
    try:
        held = json.loads(text)
        return Way(bool(held["client_ids"]), int(held["most_entries"])) if held["base"] == base else None
    except (ValueError, KeyError, TypeError):
        return None
