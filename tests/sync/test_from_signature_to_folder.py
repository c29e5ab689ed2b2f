"""A real contact in a real store: what the signature freezes is what the folder holds."""

from __future__ import annotations

import hashlib
import json

from gsh_console.casework import contacts, signing
from gsh_console.casework.desk import Desk
from gsh_console.casework.sending import SendReport, send_waiting
from gsh_console.domain.entries import CallEvent, CallMarked, Filled
from gsh_console.settings import Settings
from gsh_console.store import caseload
from gsh_console.store.store import create_store
from gsh_console.sync.folder import FolderTarget
from tests.builders import waiting

from .builders import OPENING_FIELDS, PATIENT, PRACTITIONER, SAFE, assert_accepted, resources


def test_a_signed_and_amended_contact_arrives_as_two_accepted_records(tmp_path):
    store, _ = create_store(tmp_path / "store", "correct horse battery")
    desk = Desk(store, Settings(identifier_root="https://example.org/fhir"))
    with store.unit() as session:
        caseload.add_practitioner(session, PRACTITIONER)
        caseload.add_patient(session, PATIENT, desk.now())
    conduct = contacts.open_contact(desk, PATIENT.id)
    for entry in (*OPENING_FIELDS, *SAFE, CallMarked(CallEvent.ENDED)):
        conduct.record(entry)
    conduct.end_early("the patient had to leave")
    conduct.record(Filled("ending.attendance", "on_time"))
    note = signing.sign(conduct)
    signing.amend(conduct, "She called back at noon.", "Left out.")
    queued = waiting(store)
    folder = tmp_path / "out"
    folder.mkdir()
    assert send_waiting(desk, FolderTarget(folder), lambda done, total: None, lambda: False) == SendReport(2, 0, 0)
    for item in queued:
        (path,) = folder.glob(f"{item.id}_*.json")
        assert path.read_text(encoding="utf-8") == item.payload
        assert_accepted(json.loads(item.payload))
    contact, amendment = (json.loads(item.payload) for item in queued)
    (signature,) = resources(contact, "Provenance")
    digest = hashlib.sha256(note.text.encode()).hexdigest()
    assert signature["entity"][0]["what"]["identifier"]["value"] == digest
    (original,) = resources(contact, "Composition")
    (addition,) = resources(amendment, "Composition")
    assert addition["relatesTo"][0]["targetReference"]["reference"] == f"Composition/{original['id']}"
    desk.close()
