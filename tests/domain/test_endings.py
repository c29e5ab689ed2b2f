"""How a referral ends: by the practitioner's decision and the national code, never by answers."""

from __future__ import annotations

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain.endings import END_CODE, end_code
from gsh_console.domain.entries import Entry, Filled
from gsh_console.domain.gates import RULES
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, replay
from tests.builders import answers, definitions, opening_entry, recorded


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
        assert blocked == (
            "Treatment carries an end code, but no decision that ends it: change one of the two (Next)."
        ), decided
    assert RULES["end_code_recorded"](*contact("review", coded))
    assert RULES["end_code_recorded"](*contact("review", coded, Filled("end_code.code", ""))) is None


def test_an_assessment_ends_the_referral_by_decision_and_code_together_or_not_at_all() -> None:
    rule, coded = RULES["end_code_recorded"], Filled("not_taken_on.code", "declined")
    for decided in ("elsewhere", "not_taken_on"):
        ends = Filled("decision.choice", decided)
        assert rule(*contact("assessment", ends)) == (
            "The referral ends here, but how it ended is not recorded yet (Decision)."
        )
        assert rule(*contact("assessment", ends, coded)) is None
    for decided in ("guided", "step_3", "supervision", "waiting"):
        goes_on = Filled("decision.choice", decided)
        assert rule(*contact("assessment", goes_on)) is None
        assert "change one of the two" in (rule(*contact("assessment", goes_on, coded)) or "")
    assert rule(*contact("assessment", coded))


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
