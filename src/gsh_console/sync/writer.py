"""One transaction Bundle being written: who it is about, who sends it, and a stable id for every resource.

Ids are not drawn at random. The bundle, contact, note and patient bring UUIDs of their own; every other resource is
`uuid5(UUID(contact id), "<resource type>/<what it is within the contact>")`, so that the same signed contact always
gives the same bytes, and sending it twice puts the same resources. Signed resources are PUT. The
patient is only ever created if the server does not know the person, never put over the server's own demographics.
"""

from __future__ import annotations

import uuid
from urllib.parse import quote

from gsh_console.domain.people import Patient, Practitioner
from gsh_console.sync.datatypes import ODS_CODE, SDS_USER, TERMINOLOGY, Json, coding, present, words
from gsh_console.sync.signed import Origin

_ONE_IDENTIFIER = ("QuestionnaireResponse", "Composition")
_NO_IDENTIFIER = ("Provenance",)


class BundleWriter:
    """The entries of a transaction so far; every put gives back the reference to what was put."""

    def __init__(self, origin: Origin, patient: Patient, practitioner: Practitioner, base_id: str, contact_id: str):
        self.origin = origin
        self.patient = patient
        self.practitioner = practitioner
        self.root = quote(origin.identifier_root.strip().rstrip("/"), safe=":/?&=@~+%")
        self._base = uuid.UUID(base_id)
        self._contact_id = contact_id
        self._entries: list[Json] = []

    @property
    def subject(self) -> Json:
        """The patient, by the entry that creates the person where the server has none."""
        return {"reference": f"urn:uuid:{self.patient.id}"}

    @property
    def encounter(self) -> Json:
        """The contact."""
        return {"reference": f"Encounter/{self._contact_id}"}

    @property
    def author(self) -> Json:
        """The practitioner, by name and, where the service gave one, SDS user id."""
        sds = self.practitioner.sds_id
        identifier = {"system": SDS_USER, "value": words(sds)} if sds and words(sds) else None
        name = words(self.practitioner.name) or "Practitioner"
        return present({"type": "Practitioner", "identifier": identifier, "display": name})

    @property
    def service(self) -> Json:
        """The service, by name and, where it is set, ODS code."""
        code = words(self.origin.ods_code)
        identifier = {"system": ODS_CODE, "value": code} if code else None
        name = words(self.origin.service_name) or "Talking Therapies service"
        return present({"type": "Organization", "identifier": identifier, "display": name})

    @property
    def device(self) -> Json:
        """The console that assembled the record."""
        identifier = {"system": f"{self.root}/install", "value": self.origin.install_id}
        return {"type": "Device", "identifier": identifier, "display": f"gsh_console {self.origin.version}"}

    def questionnaire(self, form_id: str, version: str) -> str:
        """The canonical of one of the service's own forms."""
        return f"{self.root}/Questionnaire/{quote(form_id)}|{quote(version)}"

    def id_of(self, key: str) -> str:
        """The id of the resource with this key within the contact."""
        return str(uuid.uuid5(self._base, key))

    def put(self, resource: Json, key: str = "", resource_id: str = "") -> Json:
        """Add a resource under its own id, or under one made from its type and `key`."""
        kind = str(resource["resourceType"])
        own_id = resource_id or self.id_of(f"{kind}/{key}")
        marked = {**resource, "id": own_id, "meta": self._meta(own_id)}
        if kind not in _NO_IDENTIFIER:
            self._identify(marked, own_id)
        self._add(own_id, marked, {"method": "PUT", "url": f"{kind}/{own_id}"})
        return {"reference": f"{kind}/{own_id}"}

    def create_once(self, resource: Json, own_id: str, system: str, value: str) -> None:
        """Add a resource that the server makes only if it has none with this identifier."""
        kind = str(resource["resourceType"])
        marked = {**resource, "meta": self._meta(own_id)}
        self._identify(marked, own_id)
        unless = f"identifier={quote(system, safe=':/')}|{quote(value)}"
        self._add(own_id, marked, {"method": "POST", "url": kind, "ifNoneExist": unless})

    def bundle(self, bundle_id: str, timestamp: str) -> Json:
        """The finished transaction."""
        return {
            "resourceType": "Bundle",
            "id": bundle_id,
            "meta": self._meta(bundle_id),
            "identifier": {"system": f"{self.root}/sync-key", "value": bundle_id},
            "type": "transaction",
            "timestamp": timestamp,
            "entry": self._entries,
        }

    def _add(self, own_id: str, resource: Json, request: Json) -> None:
        self._entries.append({"fullUrl": f"urn:uuid:{own_id}", "resource": resource, "request": request})

    def _identify(self, resource: Json, own_id: str) -> None:
        # The bare UUID: some servers rewrite every "urn:uuid:" they find, identifiers included.
        own = {"system": f"{self.root}/record-id", "value": own_id}
        if resource["resourceType"] in _ONE_IDENTIFIER:
            resource["identifier"] = own
        else:
            resource["identifier"] = [*resource.get("identifier", ()), own]

    def _meta(self, own_id: str) -> Json:
        tag = {"system": f"{self.root}/sync-key", "code": own_id}
        test = coding(f"{TERMINOLOGY}/v3-ActReason", "HTEST", "test health data") if self.origin.training else None
        return present({"tag": [tag], "security": [test] if test else []})
