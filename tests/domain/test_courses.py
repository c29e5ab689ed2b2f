"""National outcomes against the reference's worked examples, its boundaries, its figures, and a second way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.content.measure_files import step_of
from gsh_console.domain.courses import (
    Course,
    Outcome,
    Reliable,
    Tally,
    first_and_last,
    measures_named,
    outcome,
    tally,
)
from gsh_console.domain.measures import Number
from tests.builders import definitions
from tests.domain.slow_outcomes import slow_outcome

RULES = definitions().outcome_rules()
MEASURES = definitions().measures
NAMED = sorted(measures_named(RULES))
CODES = [code for pairing in RULES.pairings for code in (*pairing.begins, *pairing.concepts)]
IMPROVED, WORSE, NO_CHANGE = Reliable.IMPROVEMENT, Reliable.DETERIORATION, Reliable.NONE
D = Decimal


def judged(descriptor: str, attended: int = 6, *, ended: bool = True, **scores: Sequence[Number | None]) -> Outcome:
    by_id = {name.replace("_", "-"): given for name, given in scores.items()}
    return outcome(RULES, MEASURES, Course(descriptor, attended, ended, by_id))


# Domain reference §2.4: recovery, reliable change, reliable recovery; None is "n/a" or "-".
WORKED: list[tuple[int, str, int, dict[str, list[Number | None]], bool | None, Reliable | None, bool | None]] = [
    (1, "F32", 6, {"phq_9": [16, 5], "gad_7": [12, 4]}, True, IMPROVED, True),
    (2, "F32", 4, {"phq_9": [11, 9], "gad_7": [7, 6]}, True, NO_CHANGE, False),
    (3, "F41.1", 7, {"phq_9": [12, 11], "gad_7": [19, 9]}, False, IMPROVED, False),
    (4, "F41.1", 5, {"phq_9": [9, 3], "gad_7": [7, 2]}, None, IMPROVED, None),
    (5, "F41.2", 6, {"phq_9": [18, 11], "gad_7": [9, 13]}, False, NO_CHANGE, False),
    (6, "F32", 3, {"phq_9": [14, 20], "gad_7": [10, 11]}, False, WORSE, False),
    (7, "F41.0", 8, {"phq_9": [8, 6], "pdss": [15, 6], "gad_7": [11, 9]}, True, IMPROVED, True),
    (8, "F40.1", 5, {"phq_9": [12, 9], "spin": [41], "gad_7": [10, 7]}, True, NO_CHANGE, False),
    (9, "F40.0", 7, {"phq_9": [7, 6], "mi": [D("3.04"), D("2.30")]}, True, IMPROVED, True),
    (10, "F32", 1, {"phq_9": [15, 15], "gad_7": [11, 11]}, None, None, None),
    (11, "F32", 3, {"phq_9": [17, 10], "gad_7": [13, 8]}, False, IMPROVED, False),
    (12, "F32", 4, {"phq_9": [15, 8], "gad_7": [11]}, None, None, None),
    (13, "F42", 8, {"phq_9": [11, 5], "oci": [88, 52], "gad_7": [12, 3]}, False, IMPROVED, False),
]


@pytest.mark.parametrize(
    ("number", "descriptor", "attended", "scores", "recovery", "change", "reliable"),
    WORKED,
    ids=[str(row[0]) for row in WORKED],
)
def test_each_worked_example_of_the_reference_comes_out_as_printed(
    number: int,
    descriptor: str,
    attended: int,
    scores: dict[str, list[Number | None]],
    recovery: bool | None,
    change: Reliable | None,
    reliable: bool | None,
) -> None:
    found = judged(descriptor, attended, **scores)
    assert (found.recovery, found.reliable_change, found.reliable_recovery) == (recovery, change, reliable)
    assert found.cohort == (number != 10)
    assert found.measure == {7: "pdss", 9: "mi", 13: "oci"}.get(number, "gad-7")
    assert found.caseness == (None if number in (10, 12) else number != 4)


@pytest.mark.parametrize(
    ("phq", "gad", "caseness", "recovery", "change"),
    [
        ([10, 9], [7, 7], True, True, NO_CHANGE),  # exactly 10
        ([9, 9], [8, 7], True, True, NO_CHANGE),  # exactly 8
        ([9, 9], [7, 7], False, None, NO_CHANGE),
        ([16, 10], [8, 4], True, False, IMPROVED),  # a last 10 is still a case
        ([12, 9], [12, 8], True, False, IMPROVED),  # a last 8 is still a case
        ([16, 10], [5, 5], True, False, IMPROVED),  # exactly 6
        ([15, 10], [5, 5], True, False, NO_CHANGE),
        ([12, 12], [12, 8], True, False, IMPROVED),  # exactly 4
        ([12, 12], [12, 9], True, False, NO_CHANGE),
        ([16, 10], [5, 9], True, False, NO_CHANGE),  # 6 down and 4 up
        ([16, 10], [5, 8], True, False, IMPROVED),  # 6 down and 3 up
        ([10, 16], [9, 5], True, False, NO_CHANGE),
        ([10, 16], [9, 6], True, False, WORSE),
        ([10, 15], [5, 9], True, False, WORSE),
    ],
)
def test_the_boundaries_fall_where_the_reference_puts_them(
    phq: list[Number | None], gad: list[Number | None], caseness: bool, recovery: bool | None, change: Reliable
) -> None:
    found = judged("F32", phq_9=phq, gad_7=gad)
    assert (found.caseness, found.recovery, found.reliable_change) == (caseness, recovery, change)
    assert found.reliable_recovery is (None if recovery is None else recovery and change is IMPROVED)


def test_the_mobility_inventory_alone_is_a_case_strictly_above_its_line_and_moves_exactly() -> None:
    assert judged("F400", phq_9=[7, 6], mi=[D("2.30"), D("2.30")]).caseness is False
    assert judged("F400", phq_9=[7, 6], mi=[D("2.31"), D("2.30")]).recovery is True
    assert judged("F400", phq_9=[7, 6], mi=[D("3.03"), D("2.30")]).reliable_change is IMPROVED  # not so in floats
    assert judged("F400", phq_9=[7, 6], mi=[D("3.02"), D("2.30")]).reliable_change is NO_CHANGE


@pytest.mark.parametrize(
    ("descriptor", "measure"),
    [
        ("F32", "gad-7"), ("F33.1", "gad-7"), ("F411", "gad-7"), ("F41.2", "gad-7"), ("F40.2", "gad-7"),
        ("F40.0", "mi"), ("F400", "mi"), ("F4001", "mi"), ("f40.1", "spin"), ("F410", "pdss"), ("F42", "oci"),
        ("F42.1", "oci"), ("F431", "pcl-5"), ("F45.2", "hai"), ("83482000", "biq"), ("K58.0", "ibs-sss"),
        ("G93.3", "cfq-11"), ("723916001", "phq-15"), ("", "gad-7"), ("Z99", "gad-7"), ("F4", "gad-7"),
        ("834820001", "gad-7"), (" F 40.1 ", "spin"), ("F430", "gad-7"),
    ],
)  # fmt: skip
def test_the_descriptor_chooses_the_measure_by_how_its_code_begins(descriptor: str, measure: str) -> None:
    assert RULES.paired_with(descriptor) == measure


def test_chronic_fatigue_and_irritable_bowel_are_not_swapped() -> None:
    assert (RULES.paired_with("K58"), RULES.paired_with("G933")) == ("ibs-sss", "cfq-11")


def test_a_measure_without_a_confirmed_figure_leaves_reliable_change_open_and_never_says_none() -> None:
    found = judged("K58", phq_9=[18, 5], ibs_sss=[300, 60])
    assert (found.caseness, found.recovery, found.reliable_change, found.reliable_recovery) == (True, True, None, None)
    assert "IBS-SSS has no confirmed figure" in found.why
    still = judged("K58", phq_9=[18, 12], ibs_sss=[300, 60])
    assert (still.recovery, still.reliable_recovery) == (False, False)  # without recovery there is no reliable one


def test_a_measure_without_a_cut_off_leaves_caseness_open_unless_phq_9_settles_it() -> None:
    measures = {**MEASURES, "gad-7": replace(MEASURES["gad-7"], caseness=None)}

    def told(phq: list[Number | None]) -> tuple[bool | None, bool | None]:
        found = outcome(RULES, measures, Course("F32", 6, True, {"phq-9": phq, "gad-7": [9, 9]}))
        return found.caseness, found.recovery

    assert told([9, 9]) == (None, None)
    assert told([10, 10]) == (True, False)
    assert told([10, 9]) == (True, None)


def test_while_treatment_goes_on_it_says_so_far_and_never_recovered() -> None:
    found = judged("F32", 4, ended=False, phq_9=[16, 5], gad_7=[12, 4])
    assert (found.cohort, found.caseness, found.recovery, found.reliable_recovery) == (False, True, None, None)
    assert found.reliable_change is IMPROVED
    assert found.why.startswith("So far")
    assert "recover" not in found.why
    assert judged("F32", 0, ended=False, phq_9=[16, 5]).why.startswith("So far")


def test_a_gap_in_the_course_is_not_a_score() -> None:
    found = judged("F32", phq_9=[None, 16, None, 5, None], gad_7=[12, None, 4])
    assert (found.recovery, found.reliable_change) == (True, IMPROVED)
    assert first_and_last([None, 3, None]) is None
    assert first_and_last([0, None, 0]) == (0, 0)


def test_the_reason_is_one_sentence_with_both_measures_and_the_figures() -> None:
    assert judged("F400", phq_9=[7, 6], mi=[D("3.04"), D("2.30")]).why == (
        "At caseness at the start by MI 3.04 (above 2.3); no longer at caseness at the end (PHQ-9 6 and MI 2.30), "
        "so recovered; PHQ-9 fell by 1 (6 are needed) and MI fell by 0.74 (0.73 are needed): reliable improvement by MI."
    )
    assert judged("F32", phq_9=[18, 11], gad_7=[9, 13]).why.endswith(
        "PHQ-9 fell by 7 (6 are needed) and GAD-7 rose by 4 (4 are needed): "
        "one each way, which counts as no reliable change."
    )
    assert judged("F401", phq_9=[12, 9], spin=[41], gad_7=[10, 7]).why.startswith(
        "SPIN has no pair of scores, so GAD-7 is used: at caseness"
    )
    assert judged("F32", 1).why == "Not a finished course: 1 attended treatment contact, and 2 are needed."
    assert judged("F32", phq_9=[4]).why == (
        "No outcome, because PHQ-9 has only one score and two are needed and GAD-7 has no score and two are needed."
    )


@pytest.mark.parametrize(
    ("phq", "oci", "ending"),
    [
        ([20, 10], [90, 60], "OCI fell by 30 (32 are needed): reliable improvement by PHQ-9."),
        ([20, 18], [90, 58], "OCI fell by 32 (32 are needed): reliable improvement by OCI."),
        ([20, 10], [90, 58], "OCI fell by 32 (32 are needed): reliable improvement by PHQ-9 and OCI."),
        ([10, 20], [60, 90], "OCI rose by 30 (32 are needed): reliable deterioration by PHQ-9."),
        ([20, 18], [90, 60], "OCI fell by 30 (32 are needed): no reliable change."),
    ],
)
def test_the_reason_names_the_measures_that_carry_a_reliable_change(
    phq: list[Number | None], oci: list[Number | None], ending: str
) -> None:
    assert judged("F42", phq_9=phq, oci=oci).why.endswith(ending)


# ------------------------------------------------------------- properties


def scores_of(name: str) -> st.SearchStrategy[list[Number | None]]:
    scale = MEASURES[name].total
    assert scale is not None
    low, high = MEASURES[name].ends(scale)
    step = step_of(scale)
    last = int((high - low) / step)
    number = st.integers(0, last).map(lambda steps: low + steps * step)
    return st.lists(st.one_of(st.none(), number), max_size=4)


def courses() -> st.SearchStrategy[Course]:
    each = {name: scores_of(name) for name in NAMED}
    must = {name: each.pop(name) for name in ("phq-9", "gad-7")}
    descriptor = st.sampled_from([*CODES, "F40.0", "f32.1", "", "Z1"])
    return st.builds(Course, descriptor, st.integers(0, 6), st.booleans(), st.fixed_dictionaries(must, optional=each))


def facts(found: Outcome) -> tuple[object, ...]:
    change = None if found.reliable_change is None else str(found.reliable_change)
    return found.cohort, found.measure, found.caseness, found.recovery, change, found.reliable_recovery


@given(courses())
def test_every_course_comes_out_as_the_second_implementation_says(course: Course) -> None:
    found = outcome(RULES, MEASURES, course)
    assert facts(found) == slow_outcome(course.descriptor, course.attended, course.ended, course.scores)
    assert found.why.endswith(".")
    assert "\n" not in found.why


@given(courses(), st.randoms())
def test_the_order_of_measures_and_what_lies_between_first_and_last_make_no_difference(
    course: Course, random: Random
) -> None:
    held = list(course.scores.items())
    random.shuffle(held)
    middled = {}
    for name, scores in held:
        ends = first_and_last(scores)
        middled[name] = scores if ends is None else [None, ends[0], *random.sample(list(scores), len(scores)), ends[1]]
    assert outcome(RULES, MEASURES, replace(course, scores=middled)) == outcome(RULES, MEASURES, course)


@given(courses())
def test_a_measure_that_is_not_the_descriptors_own_makes_no_difference(course: Course) -> None:
    kept = {"phq-9", "gad-7", RULES.paired_with(course.descriptor)}
    only = {name: scores for name, scores in course.scores.items() if name in kept}
    assert outcome(RULES, MEASURES, replace(course, scores=only)) == outcome(RULES, MEASURES, course)


@given(courses())
def test_a_course_turned_round_moves_the_other_way(course: Course) -> None:
    turned = replace(course, scores={name: scores[::-1] for name, scores in course.scores.items()})
    mirror = {None: None, IMPROVED: WORSE, WORSE: IMPROVED, NO_CHANGE: NO_CHANGE}
    found, back = outcome(RULES, MEASURES, course), outcome(RULES, MEASURES, turned)
    assert back.reliable_change is mirror[found.reliable_change]


@given(courses(), st.sampled_from(["phq-9", "gad-7"]))
def test_a_lower_last_score_is_never_a_worse_outcome(course: Course, name: str) -> None:
    course = replace(course, descriptor="F32", ended=True, attended=2)
    scores = course.scores[name]
    ends = first_and_last(scores)
    if ends is None or ends[1] == 0:
        return
    lower = {**course.scores, name: [*scores, ends[1] - 1]}
    before, after = outcome(RULES, MEASURES, course), outcome(RULES, MEASURES, replace(course, scores=lower))
    rank = {WORSE: 0, NO_CHANGE: 1, IMPROVED: 2}
    if before.reliable_change is not None and after.reliable_change is not None:
        assert rank[after.reliable_change] >= rank[before.reliable_change]
    assert before.recovery is not True or after.recovery is True
    assert before.reliable_recovery is not True or after.reliable_recovery is True


# ------------------------------------------------------------- many courses


def test_the_national_figures_of_guided_self_help_are_reproduced() -> None:
    """England 2024-25, guided self-help (book): domain reference §2.5."""
    england = Tally(164_041, 18_241, 62_696, 91_534, 0, 57_064, 0)
    found = (england.recovery_rate, england.reliable_recovery_rate, england.reliable_improvement_rate)
    assert found == (D("43.0"), D("39.1"), D("55.8"))


def test_courses_are_counted_over_finished_ones_and_the_unjudged_stay_in() -> None:
    found = tally(judged(descriptor, attended, **scores) for _, descriptor, attended, scores, *_ in WORKED)
    assert found == Tally(12, 1, 5, 7, 1, 3, 1)
    assert (found.recovery_rate, found.reliable_recovery_rate) == (D("45.5"), D("27.3"))
    assert found.reliable_improvement_rate == D("58.3")
    assert Tally().recovery_rate is None


def test_every_inferred_clause_is_marked_and_every_figure_has_its_source() -> None:
    assert {clause.id for clause in RULES.clauses if clause.inferred} == {
        "caseness_needs_both_first_scores", "last_score_needs_two", "other_did_not_move_the_other_way",
    }  # fmt: skip
    assert all(clause.confidence == "K" for clause in RULES.clauses if clause.inferred)
    fields = {pairing.measure: pairing.national_field for pairing in RULES.pairings}
    assert fields == {
        "gad-7": "GAD", "mi": "AgoraAlone", "spin": "SocialPhobia", "pdss": "PanicDisorder", "oci": "OCD",
        "pcl-5": "PTSD", "hai": "AnxietyInventory", "biq": "BIQ", "ibs-sss": "IBS", "cfq-11": "CFQ", "phq-15": "MUS",
    }  # fmt: skip
