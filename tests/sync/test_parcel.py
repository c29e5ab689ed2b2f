"""A payload taken apart: what it holds never changes, nothing is referred to before it is there, chunks stay small."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.sync.envelope import canonical_json, contact_bundle
from gsh_console.sync.parcel import (
    LAST,
    chunks,
    fingerprint,
    outside_names,
    parcel_of,
    post_bundle,
    put_body,
    renamed,
)

from .builders import ORIGIN, ended_early, minimal, signed
from .test_rest import a_contact, an_amendment

PATIENT = "Patient/on-the-server"
PAYLOADS = (
    a_contact(),
    an_amendment(),
    *(canonical_json(contact_bundle(signed(s()), ORIGIN)) for s in (minimal, ended_early)),
)


def references(value: Any) -> list[str]:
    found: list[str] = []
    renamed(value, lambda name: found.append(name) or {})  # type: ignore[func-returns-value]
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_put_bundle_holds_every_part_as_it_was_signed_and_no_patient(payload: str) -> None:
    parcel = parcel_of(payload)
    body = put_body(parcel, PATIENT)
    sent = json.loads(body)
    original = json.loads(payload)
    signed_parts = {
        e["fullUrl"]: e["resource"] for e in original["entry"] if e["resource"]["resourceType"] != "Patient"
    }
    back = json.loads(body.decode().replace(PATIENT, f"urn:uuid:{parcel.patient_id}"))
    assert {entry["fullUrl"]: entry["resource"] for entry in back["entry"]} == signed_parts
    assert {entry["request"]["method"] for entry in sent["entry"]} == {"PUT"}


@given(payload=st.sampled_from(PAYLOADS), most=st.integers(3, 40), done=st.integers(0, 30))
def test_chunks_are_small_complete_in_order_and_end_with_the_note(payload: str, most: int, done: int) -> None:
    left = list(parcel_of(payload).parts)[done:]
    made = chunks(left, most)
    assert sorted(part.own_id for chunk in made for part in chunk) == sorted(part.own_id for part in left)
    assert all(0 < len(chunk) <= most for chunk in made)
    kinds = [[part.kind for part in chunk] for chunk in made]
    assert all(kind not in LAST for chunk in kinds[:-1] for kind in chunk)


@given(payload=st.sampled_from(PAYLOADS), most=st.integers(3, 40))
def test_nothing_points_at_what_is_not_there_yet(payload: str, most: int) -> None:
    parcel = parcel_of(payload)
    known: dict[str, str] = {}
    for chunk in chunks(parcel.parts, most):
        bundle = post_bundle(parcel, chunk, known, PATIENT)
        here = {entry["fullUrl"] for entry in bundle["entry"]}
        assert set(references(bundle)) <= here | set(known.values()) | {PATIENT}
        assert all("id" not in entry["resource"] for entry in bundle["entry"])
        assert all(entry["request"]["ifNoneExist"].endswith(entry["fullUrl"][9:]) for entry in bundle["entry"])
        known |= {part.own_id: f"{part.kind}/server-{part.own_id}" for part in chunk}


def test_with_room_for_all_everything_is_pointed_at_literally() -> None:
    parcel = parcel_of(a_contact())
    (chunk,) = chunks(parcel.parts, 500)
    assert '"system": "https://example.org/fhir/record-id"' not in json.dumps(
        [e["resource"].get("focus") for e in post_bundle(parcel, chunk, {}, PATIENT)["entry"]]
    )


def test_an_amendment_points_outside_and_a_contact_does_not() -> None:
    contact, addition = parcel_of(a_contact()), parcel_of(an_amendment())
    assert outside_names(contact, contact.parts) == set()
    kinds = {name.partition("/")[0] for name in outside_names(addition, addition.parts)}
    assert kinds == {"Encounter", "Composition"}


def test_the_fingerprint_sees_every_change_and_no_rewriting() -> None:
    note = parcel_of(a_contact()).note.resource
    keys = list(note)

    def mark(resource: Any) -> str:
        return fingerprint(resource, keys, lambda name: name)

    rewritten = copy.deepcopy(note)
    rewritten["meta"] = {"versionId": "3"}
    rewritten["id"] = "other"
    rewritten["added"] = "by the server"
    div = rewritten["section"][0]["text"]["div"]
    rewritten["section"][0]["text"]["div"] = div.replace("&#x27;", "'").replace("<br/>", "<br />") + "\n"
    assert mark(rewritten) == mark(note)
    for change in (
        lambda r: r.__setitem__("title", "Other"),
        lambda r: r["section"].pop(),
        lambda r: r["section"][0]["text"].__setitem__("div", div.replace("<p>", "<p>not ", 1)),
        lambda r: r["subject"].__setitem__("reference", "Patient/2"),
        lambda r: r.pop("date"),
    ):
        changed = copy.deepcopy(note)
        change(changed)
        assert mark(changed) != mark(note)


def test_words_that_look_like_a_reference_to_the_patient_are_sent_as_they_were_written() -> None:
    parcel = parcel_of(a_contact())
    subject = f"urn:uuid:{parcel.patient_id}"
    written = f'He said "reference":"{subject}" {{"reference":"{subject}"}} \\"reference\\":\\"{subject}\\"'
    parcel.note.resource["title"] = written
    entries = json.loads(put_body(parcel, 'Patient/a"b'))["entry"]
    note = next(each["resource"] for each in entries if each["resource"]["resourceType"] == "Composition")
    assert (note["title"], note["subject"]["reference"]) == (written, 'Patient/a"b')
