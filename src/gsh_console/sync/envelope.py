"""A signed contact as one FHIR R4 transaction, frozen at signing and never written again.

What goes where: the call is an Encounter; each measure a QuestionnaireResponse and an Observation of its total; the
safety record a QuestionnaireResponse and nothing else (no RiskAssessment, Flag or level); goals, plan, booklets and
next call their own resources; recorded actions Tasks; every other field the contact's own QuestionnaireResponse; the
note a Composition; the signature a Provenance. See `writer` for how ids are made and why sending twice is harmless.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gsh_console.domain.protocols import Repeat
from gsh_console.sync.datatypes import Json, moment
from gsh_console.sync.resources_contact import put_appointment, put_encounter, put_patient, put_provenance
from gsh_console.sync.resources_forms import put_form, put_safety
from gsh_console.sync.resources_measures import put_measures
from gsh_console.sync.resources_note import ACTIONS, CONTACT, ENDING, MATERIAL, SAFETY, put_addition, put_note
from gsh_console.sync.resources_plan import put_goals, put_materials, put_plan, put_tasks
from gsh_console.sync.signed import Amendment, Origin, SignedContact
from gsh_console.sync.writer import BundleWriter

__all__ = ["Amendment", "Origin", "SignedContact", "amendment_bundle", "canonical_json", "contact_bundle"]


def contact_bundle(signed: SignedContact, origin: Origin) -> dict[str, Any]:
    """The transaction of one signed contact; the same contact always gives the same bundle."""
    writer = BundleWriter(origin, signed.patient, signed.practitioner, signed.contact_id, signed.contact_id)
    put_patient(writer)
    encounter = put_encounter(writer, signed)
    told: dict[str, list[Json]] = {CONTACT: put_form(writer, signed)}
    told |= put_measures(writer, signed)
    told[SAFETY] = put_safety(writer, signed)
    goals, ratings = put_goals(writer, signed)
    told[Repeat.GOALS] = goals + ratings
    told[Repeat.PLAN] = put_plan(writer, signed, goals)
    told[MATERIAL] = put_materials(writer, signed)
    told[ENDING] = put_appointment(writer, signed)
    told[ACTIONS] = put_tasks(writer, signed)
    note = put_note(writer, signed, told)
    put_provenance(writer, [note, encounter], signed.signed_at, signed.note_sha256)
    return writer.bundle(signed.bundle_id, moment(signed.signed_at))


def amendment_bundle(amendment: Amendment, origin: Origin) -> dict[str, Any]:
    """The transaction of one amendment: the addition, whose it is, and what it adds to."""
    writer = BundleWriter(origin, amendment.patient, amendment.practitioner, amendment.note_id, amendment.contact_id)
    put_patient(writer)
    note = put_addition(writer, amendment)
    put_provenance(writer, [note], amendment.amended_at, amendment.note_sha256)
    return writer.bundle(amendment.bundle_id, moment(amendment.amended_at))


def canonical_json(bundle: Mapping[str, Any]) -> str:
    """The bundle as the one text that is frozen, hashed and sent: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(bundle, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
