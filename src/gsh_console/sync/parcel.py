"""A frozen payload taken apart for one server: its patient, its parts, and the bundles they travel in.

The content of a part never changes on the way. What is fitted to the server is how parts refer to one another and
the request each travels with.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import orjson

from gsh_console.sync.datatypes import Json

# The order parts are created in, so that what is referred to is there first; the note and who vouches for it last.
ORDER = (
    "Encounter", "QuestionnaireResponse", "Goal", "Observation", "CarePlan", "DocumentReference", "Communication",
    "Appointment", "Task", "Composition", "Provenance",
)  # fmt: skip
LAST = ("Composition", "Provenance")
_NOT_CONTENT = ("id", "meta")
_SPACE = re.compile(r"\s+")
_DIV = re.compile(r"<div[^>]*>(.*)</div>", re.DOTALL)

Rename = Callable[[str], Json]


@dataclass(frozen=True)
class Part:
    """One resource to be kept: our own id, its type, its content, and the search that finds it on a server."""

    own_id: str
    kind: str
    resource: Json
    search: str

    @property
    def name(self) -> str:
        """Type and own id, as the payload's references have it."""
        return f"{self.kind}/{self.own_id}"


@dataclass(frozen=True)
class Parcel:
    """A payload taken apart. `patient` is as it would be created, `patient_search` what finds the person."""

    bundle: Json
    root: str
    patient: Json
    patient_id: str
    patient_search: str
    parts: tuple[Part, ...]

    @property
    def note(self) -> Part:
        """The part that is written last and proves the others."""
        return next(part for part in self.parts if part.kind == "Composition")


def parcel_of(payload: str) -> Parcel:
    """A payload taken apart, parts in the order they are created in."""
    bundle = orjson.loads(payload)
    root = bundle["identifier"]["system"].removesuffix("/sync-key")
    patient = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    parts = [_part(each, root) for each in bundle["entry"] if each is not patient]
    return Parcel(
        bundle=bundle,
        root=root,
        patient=patient["resource"],
        patient_id=_own_id(patient),
        patient_search=patient["request"]["ifNoneExist"],
        parts=tuple(sorted(parts, key=lambda part: ORDER.index(part.kind))),
    )


def _part(entry: Json, root: str) -> Part:
    resource, own_id = entry["resource"], _own_id(entry)
    key, system = ("identifier", "record-id") if "identifier" in resource else ("_tag", "sync-key")
    return Part(own_id, resource["resourceType"], resource, f"{key}={_quoted(f'{root}/{system}')}|{own_id}")


@cache
def _quoted(system: str) -> str:
    return quote(system, safe=":/")


def _own_id(entry: Json) -> str:
    return str(entry["fullUrl"]).removeprefix("urn:uuid:")


def put_body(parcel: Parcel, patient: str) -> bytes:
    """All parts as one transaction in JSON, each put under its own id; the patient is only pointed at."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{part.own_id}",
            "resource": part.resource,
            "request": {"method": "PUT", "url": part.name},
        }
        for part in parcel.parts
    ]
    text = as_json({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    # Quotes inside a text are escaped, so this can only ever be an element called reference, whole.
    return text.replace(_reference(f"urn:uuid:{parcel.patient_id}"), _reference(patient)).encode()


def as_json(bundle: Json) -> str:
    """The text a bundle is sent as."""
    return orjson.dumps(bundle).decode()


def _reference(name: str) -> str:
    return as_json({"reference": name})[1:-1]


def chunks(parts: Sequence[Part], most: int) -> list[list[Part]]:
    """Parts in bundles of at most `most`, in their order; the last holds the note with what circles back to it."""
    last = [part for part in parts if part.kind in LAST]
    others = [part for part in parts if part.kind not in LAST]
    room = max(0, most - len(last))
    circling = [part for part in others if part.kind == "Task"][:room] if last else []
    others = [part for part in others if part not in circling]
    if last and len(others) <= room - len(circling):
        return [[*others, *circling, *last]]
    made = [others[at : at + most] for at in range(0, len(others), most)]
    return [*made, [*circling, *last]] if last else made


def post_bundle(parcel: Parcel, chunk: Sequence[Part], known: Mapping[str, str], patient: str) -> Json:
    """One chunk as a transaction that creates what is not there yet.

    `known` has the server's references by our own ids. What is neither known nor in this chunk is pointed at by its
    business identifier, which FHIR calls a logical reference.
    """
    here = {part.name: f"urn:uuid:{part.own_id}" for part in chunk}

    def rename(name: str) -> Json:
        if name == f"urn:uuid:{parcel.patient_id}":
            return {"reference": patient}
        kind, _, own_id = name.partition("/")
        if name in here or own_id in known:
            return {"reference": here.get(name) or known[own_id]}
        return {"type": kind, "identifier": {"system": f"{parcel.root}/record-id", "value": own_id}}

    entries = []
    for part in chunk:
        resource = renamed(part.resource, rename)
        del resource["id"]
        request = {"method": "POST", "url": part.kind, "ifNoneExist": part.search}
        entries.append({"fullUrl": f"urn:uuid:{part.own_id}", "resource": resource, "request": request})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def outside_names(parcel: Parcel, chunk: Sequence[Part]) -> set[str]:
    """What a chunk points at that is no part of this parcel: parts of earlier ones."""
    found: set[str] = set()

    def note(name: str) -> Json:
        found.add(name)
        return {"reference": name}

    for part in chunk:
        renamed(part.resource, note)
    return found - {part.name for part in parcel.parts} - {f"urn:uuid:{parcel.patient_id}"}


def renamed(value: Any, rename: Rename) -> Any:
    """A copy in which every literal reference is what `rename` makes of it."""
    if isinstance(value, list):
        return [renamed(each, rename) for each in value]
    if not isinstance(value, dict):
        return value
    name = value.get("reference")
    if isinstance(name, str):
        return {**{key: held for key, held in value.items() if key != "reference"}, **rename(name)}
    return {key: renamed(held, rename) for key, held in value.items()}


def fingerprint(resource: Json, keys: Sequence[str], own_name: Callable[[str], str]) -> str:
    """SHA-256 of what a resource says in `keys`, the same for what was signed and for what a server gives back.

    Left out is what a server may add or rewrite: ids, metadata, white space and escapes of narratives. References
    count by the name `own_name` gives them, whether literal or logical.
    """
    content = {key: _plain(resource[key], own_name) for key in keys if key in resource and key not in _NOT_CONTENT}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, own_name: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_plain(each, own_name) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("reference"), str):
        return {"points at": own_name(value["reference"])}
    logical = value.get("identifier")
    if set(value) == {"type", "identifier"} and isinstance(logical, dict):
        return {"points at": own_name(f"{value['type']}/{logical.get('value')}")}
    if isinstance(value.get("div"), str):
        return {**value, "div": _narrative(value["div"])}
    return {key: _plain(held, own_name) for key, held in value.items()}


def _narrative(div: str) -> str:
    inside = _DIV.search(div)
    return _SPACE.sub(" ", html.unescape(inside.group(1) if inside else div).replace("<br />", "<br/>")).strip()
