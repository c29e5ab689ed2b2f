"""What a signed contact becomes on the wire, held against two published validators and our own guard."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gsh_console.domain.actions import OpenedAction
from gsh_console.domain.entries import Answered, Entry, Filled, Jotted
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.path import step_fields
from gsh_console.domain.protocols import Field, FieldKind
from gsh_console.domain.session import SessionState
from gsh_console.sync.envelope import amendment_bundle, canonical_json, contact_bundle

from .builders import (
    BOOKLET,
    ORIGIN,
    PATIENT,
    PRACTITIONER,
    SAFE,
    START,
    TRAINING,
    amendment,
    an_id,
    assert_accepted,
    book,
    ended_early,
    full,
    items,
    journal,
    minimal,
    opening,
    resources,
    signed,
    without_measures,
)

DECLINED = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-declined"}]
}
NASTY = "<script>alert('x')</script> \"quoted\" & [/low] ]]> {x} آپ کا منصوبہ\nsecond\u00a0line \u202e\x1b[31m"


def sent(state: SessionState, **kinds: Any) -> dict[str, Any]:
    return contact_bundle(signed(state, **kinds), ORIGIN)


def form_of(bundle: dict[str, Any], name: str) -> dict[str, Any]:
    return next(r for r in resources(bundle, "QuestionnaireResponse") if f"/{name}|" in r["questionnaire"])


def total_of(bundle: dict[str, Any], name: str) -> dict[str, Any]:
    return next(r for r in resources(bundle, "Observation") if r["code"].get("text") == f"{name} total score")


@pytest.mark.parametrize("state", [full, minimal, ended_early, without_measures])
def test_every_kind_of_contact_is_accepted_by_both_validators_and_the_guard(state):
    assert_accepted(sent(state()))


def test_a_contact_nothing_was_said_in_is_still_accepted():
    assert_accepted(sent(journal(opening())))


def test_an_amendment_is_accepted_and_appends_to_the_note_it_amends():
    bundle = amendment_bundle(amendment("The walk is on Wednesday.", "I wrote the wrong day."), ORIGIN)
    assert_accepted(bundle)
    (note,) = resources(bundle, "Composition")
    assert note["relatesTo"] == [{"code": "appends", "targetReference": {"reference": f"Composition/{an_id(4)}"}}]
    assert note["id"] == an_id(14)
    assert note["encounter"] == {"reference": f"Encounter/{an_id(3)}"}


def test_two_amendments_of_one_contact_share_nothing_but_the_patient():
    one = amendment("First.", "Because.")
    two = dataclasses.replace(one, note_id=an_id(24), bundle_id=an_id(22))
    ids = [{e["fullUrl"] for e in amendment_bundle(each, ORIGIN)["entry"]} for each in (one, two)]
    assert ids[0] & ids[1] == {f"urn:uuid:{PATIENT.id}"}


def test_the_same_signed_contact_gives_the_same_bytes_twice():
    assert canonical_json(sent(full())) == canonical_json(sent(full()))


def test_canonical_json_has_sorted_keys_no_spaces_and_reads_back_the_same():
    bundle = sent(full())
    text = canonical_json(bundle)
    assert json.loads(text) == bundle
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_given_ids_are_kept_and_every_other_id_is_a_uuid_of_the_contact():
    bundle = sent(full())
    assert bundle["id"] == an_id(2)
    assert [r["id"] for r in resources(bundle, "Encounter")] == [an_id(3)]
    assert [r["id"] for r in resources(bundle, "Composition")] == [an_id(4)]
    (goal, _) = resources(bundle, "Goal")
    assert goal["id"] == str(uuid.uuid5(uuid.UUID(an_id(3)), "Goal/1"))


def test_no_identifier_carries_a_urn_that_servers_rewrite():
    for entry in sent(full())["entry"]:
        held = entry["resource"].get("identifier", [])
        assert all("urn:uuid" not in i["value"] for i in (held if isinstance(held, list) else [held]))


def test_the_patient_is_created_only_where_the_nhs_number_is_unknown():
    (entry,) = [e for e in sent(full())["entry"] if e["resource"]["resourceType"] == "Patient"]
    unless = "identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018"
    assert entry["request"] == {"method": "POST", "url": "Patient", "ifNoneExist": unless}
    assert "id" not in entry["resource"]


@pytest.mark.parametrize("number", [None, "9990000019"])
def test_a_patient_without_a_valid_nhs_number_is_known_by_the_record_id(number):
    bundle = sent(minimal(), patient=dataclasses.replace(PATIENT, nhs_number=number))
    assert_accepted(bundle)
    (entry,) = [e for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"]
    assert entry["request"]["ifNoneExist"] == f"identifier=https://example.org/fhir/record-id|{PATIENT.id}"
    assert all("nhs-number" not in i["system"] for i in entry["resource"]["identifier"])


def test_an_interpreter_takes_part_without_a_name():
    (encounter,) = resources(sent(full()), "Encounter")
    roles = [p["type"][0]["coding"][0]["code"] for p in encounter["participant"]]
    assert roles == ["PPRF", "translator"]
    assert "individual" not in encounter["participant"][1]
    assert len(resources(sent(minimal()), "Encounter")[0]["participant"]) == 1


@pytest.mark.parametrize(
    ("value", "status"), [("on_time", "finished"), ("late_seen", "finished"), ("did_not_attend", "cancelled")]
)
def test_an_encounter_that_did_not_take_place_is_cancelled(value, status):
    bundle = sent(journal(opening(), *SAFE, Filled("ending.attendance", value)))
    assert_accepted(bundle)
    assert resources(bundle, "Encounter")[0]["status"] == status


def test_item_nine_declined_is_said_and_never_a_number():
    bundle = sent(full())
    assert items(form_of(bundle, "phq-9"))["/44260-8"]["answer"] == [{"valueCoding": DECLINED}]
    total = total_of(bundle, "PHQ-9")
    assert total["valueQuantity"]["value"] == 16
    assert "prorated: item 9 declined" in total["note"][0]["text"]


def test_answers_carry_the_loinc_codes_of_the_definition():
    found = items(form_of(sent(full()), "phq-9"))
    assert found["/44250-9"]["answer"][0]["valueCoding"]["code"] == "LA6570-1"
    assert found["phq-9/mode"]["answer"] == [{"valueString": "via_interpreter"}]


def test_wsas_has_neutral_links_numbers_and_its_five_snomed_components():
    bundle = sent(full())
    found = items(form_of(bundle, "wsas"))
    assert found["wsas/2"]["answer"] == [{"valueInteger": 4}]
    assert found["wsas/1"]["answer"][0]["_valueInteger"]["extension"][0]["valueCode"] == "not-applicable"
    total = total_of(bundle, "WSAS")
    assert "coding" not in total["code"]
    codes = [c["code"]["coding"][0]["code"] for c in total["component"]]
    assert codes == [item.snomed for item in book().measures["wsas"].items]
    assert "valueInteger" not in total["component"][0]


def test_a_form_without_a_total_says_why_and_holds_no_number():
    bundle = sent(journal(opening(), Answered("phq-9", "1", Absence.DECLINED, Mode.READ_OUT), *SAFE))
    assert_accepted(bundle)
    total = total_of(bundle, "PHQ-9")
    assert "valueQuantity" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert form_of(bundle, "phq-9")["status"] == "stopped"


def test_answers_that_came_in_two_ways_say_which_came_how():
    entries = [Answered("gad-7", str(n), 1, Mode.READ_OUT if n < 3 else Mode.SELF_COMPLETED) for n in range(1, 8)]
    told = items(form_of(sent(journal(opening(), *entries)), "gad-7"))["gad-7/mode"]["answer"]
    assert told == [{"valueString": "read_by_practitioner: 1 2"}, {"valueString": "self_completed: 3 4 5 6 7"}]


def test_the_safety_record_holds_every_filled_field_and_no_level():
    state = full()
    bundle = sent(state)
    found = items(form_of(bundle, "safety-conversation"))
    filled = {name for name, held in state.fields.items() if name.startswith("safety.") and held.value not in ("", ())}
    assert filled <= found.keys()
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert kinds.isdisjoint({"RiskAssessment", "Flag", "Condition"})
    assert "priority" not in canonical_json(bundle)
    assert not re.search(r"risk_?(level|score|rating)|(low|medium|high) risk", canonical_json(bundle), re.IGNORECASE)


def test_a_safety_record_that_broke_off_is_stopped():
    assert form_of(sent(ended_early()), "safety-conversation")["status"] == "stopped"
    assert form_of(sent(full()), "safety-conversation")["status"] == "completed"


@pytest.mark.parametrize("state", [full, ended_early, without_measures])
def test_every_filled_field_is_in_one_form_and_only_one(state):
    state = state()
    bundle = sent(state)
    forms = [form_of(bundle, "support_contact"), form_of(bundle, "safety-conversation")]
    for name, held in state.fields.items():
        assert sum(name in items(form) for form in forms) == (held.value not in ("", ())), name


def test_a_field_the_form_no_longer_has_is_kept_in_words():
    found = items(
        form_of(
            sent(journal(opening(), Filled("old.field", ("a", "b")), Filled("review.9.done", "done"))),
            "support_contact",
        )
    )
    assert found["old.field"]["answer"] == [{"valueString": "a, b"}]
    assert found["review.9.done"]["answer"] == [{"valueString": "done"}]


def test_a_choice_is_coded_in_the_forms_own_system_with_the_national_code_inside():
    found = items(form_of(sent(full()), "support_contact"))
    (answer,) = found["medication.psych_med"]["answer"]
    own = "https://example.org/fhir/CodeSystem/support_contact"
    assert answer["valueCoding"] == {
        "system": own,
        "code": "medication.psych_med.prescribed_taking",
        "display": "prescribed and taking",
    }
    assert answer["item"][0]["answer"] == [{"valueString": "02"}]
    assert found["review.1.barrier"]["answer"][0]["valueCoding"]["code"] == "review.barrier.opportunity"


def test_skips_calls_jottings_and_paragraphs_are_not_lost():
    text = canonical_json(form_of(sent(full()), "support_contact"))
    for told in ("short of time", "line dropped: interpreter's line too", "Birthday on Friday.", "paragraph 1.4"):
        assert told in text


def test_goals_spoken_of_are_sent_with_the_rating_on_its_own_goal():
    bundle = sent(full())
    assert [g["description"]["text"] for g in resources(bundle, "Goal")] == [
        "Walk with a friend twice a week",
        "Cook on two evenings",
    ]
    (rating,) = [o for o in resources(bundle, "Observation") if "focus" in o]
    assert rating["valueInteger"] == 4
    assert rating["focus"] == [{"reference": f"Goal/{resources(bundle, 'Goal')[0]['id']}"}]


def test_the_plan_is_a_care_plan_with_an_activity_for_each_thing():
    (plan,) = resources(sent(full()), "CarePlan")
    (activity,) = plan["activity"]
    assert activity["detail"]["scheduledString"] == "Tuesday 9:30"
    assert "then: walk round the shopping centre; confidence 8 of 10" in activity["detail"]["description"]


def test_a_booklet_given_says_version_language_and_channel_and_one_only_discussed_is_not_given():
    bundle = sent(full())
    (document,) = resources(bundle, "DocumentReference")
    assert document["masterIdentifier"]["value"] == "getting-active/1.0.0/ur"
    assert document["content"][0]["attachment"]["language"] == "ur"
    (handing,) = resources(bundle, "Communication")
    assert handing["medium"] == [{"text": "by e-mail"}]


def test_a_language_told_by_name_stays_in_words():
    bundle = sent(journal(opening(), dataclasses.replace(BOOKLET, language="Urdu")))
    assert_accepted(bundle)
    (document,) = resources(bundle, "DocumentReference")
    assert "language" not in document["content"][0]["attachment"]
    assert "Urdu" in document["description"]


def test_open_actions_are_requested_and_done_ones_completed_with_their_outcome():
    tasks = {task["description"]: task for task in resources(sent(full()), "Task")}
    assert tasks["Call on Monday morning; Alex, before 11."]["status"] == "requested"
    assert tasks["Write the letter to the GP (consent given)"]["owner"] == {"display": "practitioner"}
    assert tasks["Tell the duty worker"]["status"] == "completed"
    assert tasks["Tell the duty worker"]["note"] == [{"text": "told at 10:40, agreed"}]
    assert resources(sent(minimal()), "Task") == []


@pytest.mark.parametrize("told", ["2026-11-27T10:00:00+00:00", "2026-11-27T10:00"])
def test_a_booked_contact_is_an_appointment_with_start_and_end(told):
    bundle = sent(journal(opening(), Filled("ending.next_contact", told)))
    assert_accepted(bundle)
    (appointment,) = resources(bundle, "Appointment")
    assert (appointment["start"], appointment["end"]) == (
        "2026-11-27T10:00:00.000+00:00",
        "2026-11-27T10:30:00.000+00:00",
    )


def test_a_next_contact_that_is_no_moment_stays_in_words():
    contact = dataclasses.replace(
        signed(minimal()), state=journal(opening(), Filled("ending.next_contact", "next week"))
    )
    bundle = contact_bundle(contact, ORIGIN)
    assert_accepted(bundle)
    assert resources(bundle, "Appointment") == []
    assert items(form_of(bundle, "support_contact"))["ending.next_contact"]["answer"] == [{"valueString": "next week"}]


def test_the_note_is_sent_whole_and_each_resource_told_of_stands_in_one_section():
    contact = signed(full())
    bundle = contact_bundle(contact, ORIGIN)
    (note,) = resources(bundle, "Composition")
    assert [s["title"] for s in note["section"]] == [s.title for s in contact.note.sections]
    entries = [e["reference"] for s in note["section"] for e in s.get("entry", [])]
    told = [
        f"{r['resourceType']}/{r['id']}"
        for e in bundle["entry"]
        if (r := e["resource"])["resourceType"] not in ("Patient", "Encounter", "Composition", "Provenance")
    ]
    assert sorted(entries) == sorted(told)
    measures = next(s for s in note["section"] if s["title"] == "Measures")
    assert len(measures["entry"]) == 6


def test_the_signature_names_author_console_and_digest():
    contact = signed(full())
    (signature,) = resources(contact_bundle(contact, ORIGIN), "Provenance")
    assert [a["type"]["coding"][0]["code"] for a in signature["agent"]] == ["author", "assembler"]
    assert signature["agent"][1]["who"]["identifier"]["value"] == ORIGIN.install_id
    assert signature["entity"][0]["what"]["identifier"]["value"] == contact.note_sha256


def test_training_data_is_marked_as_test_data_in_every_resource():
    bundle = contact_bundle(signed(full()), TRAINING)
    assert_accepted(bundle)
    marked = [bundle, *(entry["resource"] for entry in bundle["entry"])]
    assert {r["meta"]["security"][0]["code"] for r in marked} == {"HTEST"}
    assert "HTEST" not in canonical_json(sent(full()))


def test_dangerous_text_is_accepted_and_never_becomes_markup():
    patient = dataclasses.replace(
        PATIENT, family_name="O'<script>", given_name=NASTY, address_line=NASTY, postcode="[/low]"
    )
    practitioner = dataclasses.replace(PRACTITIONER, name=NASTY, sds_id=None)
    state = journal(
        dataclasses.replace(opening(), practitioner=NASTY),
        *SAFE,
        Filled("privacy.where", NASTY),
        Filled("safety.understanding", NASTY),
        Filled("goals.1.text", NASTY),
        Filled("plan.1.what", NASTY),
        Jotted(NASTY),
        dataclasses.replace(BOOKLET, title=NASTY, channel=NASTY),
    )
    contact = dataclasses.replace(
        signed(state, patient, practitioner), actions=(OpenedAction("x", NASTY, NASTY, START),)
    )
    origin = dataclasses.replace(ORIGIN, service_name=NASTY, ods_code="  ", identifier_root=" https://a b.example/ü/ ")
    bundle = contact_bundle(contact, origin)
    assert_accepted(bundle)
    divs = [s["text"]["div"] for s in resources(bundle, "Composition")[0]["section"]]
    assert not any("<script" in div or "\x1b" in div or "\u202e" in div for div in divs)
    assert any("&lt;script&gt;" in div and "آپ کا منصوبہ" in div for div in divs)
    assert_accepted(amendment_bundle(amendment(NASTY, NASTY, patient), origin))


def test_a_patient_of_whom_little_is_known_is_accepted():
    bare = dataclasses.replace(
        PATIENT, nhs_number=None, gender="", language="q4", phone="", address_line="", postcode="", given_name=" "
    )
    bundle = sent(minimal(), patient=bare)
    assert_accepted(bundle)
    (patient,) = resources(bundle, "Patient")
    assert patient["gender"] == "unknown"
    assert patient["communication"][0]["language"] == {"text": "q4"}


def test_a_clock_put_back_during_the_call_does_not_end_it_before_it_began():
    state = dataclasses.replace(full(), calls=(), last_at=START.replace(year=2020))
    assert_accepted(sent(state))


def values_for(field: Field) -> st.SearchStrategy[Any]:
    options = [option.value for option in field.options]
    match field.kind:
        case FieldKind.CHOICE:
            return st.sampled_from(options)
        case FieldKind.CHOICES:
            return st.lists(st.sampled_from(options), unique=True).map(tuple)
        case FieldKind.SCALE:
            return st.integers(field.low, field.high)
        case FieldKind.DATE_TIME:
            return st.datetimes(START.replace(tzinfo=None), timezones=st.just(UTC)).map(datetime.isoformat)
        case _:
            return st.text(max_size=40)


@st.composite
def anything_recorded(draw: st.DrawFn) -> list[Entry]:
    begun = journal(opening())
    fields = [field for _, field in book().safety.fields()]
    fields += [f for stage in book().protocol.stages for step in stage.steps for f in step_fields(step, begun)]
    entries: list[Entry] = [opening(interpreted=draw(st.booleans()))]
    for field in draw(st.lists(st.sampled_from(fields), unique_by=lambda f: f.id, max_size=25)):
        entries.append(Filled(field.id, draw(values_for(field))))
    for name, measure in book().measures.items():
        for item in draw(st.lists(st.sampled_from(measure.items), unique_by=lambda i: i.id)):
            allowed = [
                *(c.value for c in measure.choices_of(item)),
                Absence.DECLINED,
                Absence.UNCLEAR,
                Absence.NOT_ASKED,
            ]
            entries.append(Answered(name, item.id, draw(st.sampled_from(allowed)), draw(st.sampled_from(Mode))))
    return entries


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything_recorded())
def test_any_subset_of_fields_and_answers_is_accepted(entries):
    assert_accepted(sent(journal(*entries)))
