"""By what means a contact was held, as it is sent."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain.entries import Entry, Filled
from gsh_console.domain.note import compose_note
from gsh_console.domain.session import replay
from gsh_console.sync.envelope import contact_bundle
from tests.builders import definitions, opening_entry, recorded
from tests.sync.builders import ORIGIN, SAFE, assert_accepted, items, resources, signed


def sent(protocol: str, *entries: Entry, **opening: Any) -> dict[str, Any]:
    opened = opening_entry(protocol=protocol, **opening)
    book = rulebook_of(definitions(), opened)
    state = replay(recorded(opened, *entries))
    contact = dataclasses.replace(signed(state), book=book, note=compose_note(book, state))
    bundle = contact_bundle(contact, ORIGIN)
    assert_accepted(bundle)
    return bundle


@pytest.mark.parametrize(
    ("medium", "code", "held", "text"),
    [
        ("face_to_face", "01", "AMB", "Contact face to face"),
        ("video", "11", "VR", "Contact by video"),
        ("email", "05", "VR", "Contact by e-mail"),
    ],
)
def test_the_encounter_says_by_what_means_the_contact_was_held(medium: str, code: str, held: str, text: str) -> None:
    bundle = sent("other_contact", Filled("means.medium", medium), *SAFE)
    (encounter,) = resources(bundle, "Encounter")
    assert encounter["class"]["code"] == held
    assert encounter["type"] == [{"text": text}]
    told = [items(form)["contact.medium"] for form in resources(bundle, "QuestionnaireResponse")
            if "contact.medium" in items(form)]  # fmt: skip
    assert told[0]["answer"] == [{"valueString": code}]


def test_a_telephone_contact_is_coded_as_one() -> None:
    (encounter,) = resources(sent("support_contact", *SAFE), "Encounter")
    assert encounter["class"]["code"] == "VR"
    assert encounter["type"][0]["coding"][0]["code"] == "386472008"


def test_an_interpreter_who_did_not_come_takes_no_part() -> None:
    came = sent("support_contact", *SAFE, interpreted=True, language="bn")
    assert len(resources(came, "Encounter")[0]["participant"]) == 2
    lost = sent(
        "support_contact", Filled("interpreter.present", "did_not_attend"), *SAFE, interpreted=True, language="bn"
    )
    assert len(resources(lost, "Encounter")[0]["participant"]) == 1


@pytest.mark.parametrize("attendance", ["did_not_attend", "attempt_only", "cancelled_by_patient"])
def test_a_missed_contact_is_no_encounter_that_took_place(attendance: str) -> None:
    bundle = sent("missed_contact", Filled("ending.attendance", attendance), *SAFE)
    assert resources(bundle, "Encounter")[0]["status"] == "cancelled"


def test_a_safety_plan_is_sent_field_by_field() -> None:
    bundle = sent(
        "support_contact",
        *SAFE,
        Filled("safety_plan.signs", "no answer"),
        Filled("safety_plan.consent", "given"),
        Filled("safety_plan.review_date", "2026-12-04"),
    )
    told = [items(form) for form in resources(bundle, "QuestionnaireResponse")]
    found = {name: item for form in told for name, item in form.items() if name.startswith("safety_plan")}
    assert found["safety_plan.signs"]["answer"] == [{"valueString": "no answer"}]
    assert found["safety_plan.review_date"]["answer"] == [{"valueDate": "2026-12-04"}]
    assert found["safety_plan.consent"]["answer"][0]["valueCoding"]["display"] == "given"
