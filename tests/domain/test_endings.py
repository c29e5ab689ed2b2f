"""How a referral ends: by the practitioner's decision and the national code, never by answers."""

from __future__ import annotations

import dataclasses

import pytest

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain.endings import END_CODE, end_code
from gsh_console.domain.entries import Entry, Filled
from gsh_console.domain.gates import RULES
from gsh_console.domain.protocols import Step
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, replay
from tests.builders import answers, definitions, opening_entry, recorded, state_after, with_steps


def contact(protocol: str, *entries: Entry) -> tuple[Rulebook, SessionState]:
    opened = opening_entry(protocol=protocol, contact_number=5)
    return rulebook_of(definitions(), opened), replay(recorded(opened, *entries))


def test_treatment_that_ends_is_signed_with_its_code_only() -> None:
    ends = Filled("next_care.decision", "end")
    assert RULES["end_code_recorded"](*contact("review", ends))
    assert RULES["end_code_recorded"](*contact("review", ends, Filled("end_code.code", "agreed"))) is None
    assert RULES["end_code_recorded"](*contact("review", Filled("next_care.decision", "go_on"))) is None


def test_a_code_without_a_decision_that_ends_treatment_is_not_signed() -> None:
    coded = Filled("end_code.code", "agreed")
    for decided in ("go_on", "step_up", "supervision", ""):
        blocked = RULES["end_code_recorded"](*contact("review", Filled("next_care.decision", decided), coded))
        assert blocked == ("An end code stands here, but no decision that ends care: change one of the two (Next)."), (
            decided
        )
    assert RULES["end_code_recorded"](*contact("review", coded))
    assert RULES["end_code_recorded"](*contact("review", coded, Filled("end_code.code", ""))) is None


def test_an_assessment_ends_the_referral_by_decision_and_code_together_or_not_at_all() -> None:
    rule, coded = RULES["end_code_recorded"], Filled("not_taken_on.code", "declined")
    for decided in ("elsewhere", "not_taken_on"):
        ends = Filled("decision.choice", decided)
        assert rule(*contact("assessment", ends)) == (
            "Care ends here, but how it ended is not recorded yet (Decision)."
        )
        assert rule(*contact("assessment", ends, coded)) is None
    for decided in ("guided", "step_3", "supervision", "waiting"):
        goes_on = Filled("decision.choice", decided)
        assert rule(*contact("assessment", goes_on)) is None
        assert "change one of the two" in (rule(*contact("assessment", goes_on, coded)) or "")
    assert rule(*contact("assessment", coded))


def renamed(step: Step) -> Step:
    """The same step as a service of its own might write it: other names for it and its fields."""
    fields = tuple(dataclasses.replace(field, id=f"x_{field.id}") for field in step.fields)
    return dataclasses.replace(step, id=f"our-{step.id}", fields=fields)


def unmarked(step: Step) -> Step:
    """The same step from before choices were marked as ending the referral."""
    fields = (
        dataclasses.replace(field, options=tuple(dataclasses.replace(option, ends=False) for option in field.options))
        for field in step.fields
    )
    return dataclasses.replace(step, fields=tuple(fields))


@pytest.mark.parametrize(
    ("protocol", "decision", "ending", "code"),
    [
        ("review", "next_care.decision", "end", ("end_code.code", "agreed")),
        ("assessment", "decision.choice", "not_taken_on", ("not_taken_on.code", "declined")),
    ],
)
def test_a_services_own_names_for_decision_and_code_are_held_to_the_same(
    protocol: str, decision: str, ending: str, code: tuple[str, str]
) -> None:
    def own(name: str, value: str) -> Filled:
        step, _, field = name.partition(".")
        return Filled(f"our-{step}.x_{field}", value)

    book, _ = contact(protocol)
    ours = with_steps(book, renamed)
    ends, coded = own(decision, ending), own(*code)
    rule = RULES["end_code_recorded"]
    assert "not recorded yet" in (rule(ours, state_after(ends)) or "")
    assert "change one of the two" in (rule(ours, state_after(coded)) or "")
    assert rule(ours, state_after(ends, coded)) is None
    assert rule(ours, state_after()) is None
    assert end_code(ours, state_after(ends, coded)) != ""


def test_contacts_held_to_definitions_without_the_mark_are_held_to_the_same_rule() -> None:
    book, _ = contact("review")
    older = with_steps(book, unmarked)
    rule = RULES["end_code_recorded"]
    ends, coded = Filled("next_care.decision", "end"), Filled("end_code.code", "agreed")
    assert rule(older, state_after(ends))
    assert rule(older, state_after(ends, coded)) is None


def test_every_contact_that_asks_for_an_end_code_is_signed_by_the_gate() -> None:
    asking = {
        protocol.id
        for protocol in definitions().protocols.values()
        for stage in protocol.stages
        for step in stage.steps
        if any(field.code == END_CODE for field in step.fields)
    }
    assert asking == {"assessment", "review"}
    for name in asking:
        signed_by = [gate.rule for gate in definitions().protocols[name].sign]
        assert "end_code_recorded" in signed_by, name


def test_the_code_sent_is_the_national_one() -> None:
    assert end_code(*contact("review", Filled("end_code.code", "agreed"))) == "46"
    assert end_code(*contact("assessment", Filled("not_taken_on.code", "declined"))) == "14"
    assert end_code(*contact("review", Filled("end_code.code", ""))) == ""
    assert end_code(*contact("support_contact")) == ""


def test_no_score_ends_steps_up_or_chooses_anything() -> None:
    """The protocol of a contact is the same whatever the answers are."""
    low, _ = contact("review", *answers("phq-9", [0] * 9))
    high, state = contact("review", *answers("phq-9", [3] * 9))
    assert low.protocol == high.protocol
    assert state.fields == {}
    assert end_code(high, state) == ""


def test_a_missed_contact_is_not_signed_once_the_patient_was_spoken_to() -> None:
    asked = contact("missed_contact", Filled("ending.attendance", "did_not_attend"))
    assert RULES["nobody_spoken_to"](*asked) is None
    assert RULES["nobody_spoken_to"](*contact("missed_contact", *answers("phq-9", [1])))
    assert RULES["nobody_spoken_to"](*contact("missed_contact", Filled("ending.attendance", "on_time")))
    assert RULES["nobody_spoken_to"](*contact("missed_contact", Filled("safety.thoughts_now", "no")))
    assert RULES["nobody_spoken_to"](*contact("missed_contact", Filled("safety.thoughts_now", "not_asked"))) is None
