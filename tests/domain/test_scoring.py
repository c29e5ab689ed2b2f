"""Scores against the reference's tables, against a second implementation, and against 400 real forms."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.commands.score import score_line
from gsh_console.domain.measures import Absence, Answer, Item, Measure
from gsh_console.domain.scoring import AnswerRefused, score
from tests.builders import definitions
from tests.domain.slow_scoring import CASE_FROM, HIGHEST, ITEMS, RANGES, slow_band, slow_case, slow_total
from tests.strategies import forms, item_numbers, measures, mostly_answered

NHANES = Path(__file__).parents[3] / "shared" / "data" / "nhanes_dpq_sample.csv"
NOT_ANSWERED = ("", "7", "9")


def measure(name: str) -> Measure:
    return definitions().measures[name]


def form(name: str, *values: Answer | None) -> dict[str, Answer | None]:
    return {item.id: value for item, value in zip(measure(name).items, values, strict=True)}


def with_total(name: str, total: int) -> dict[str, Answer | None]:
    """A complete form that adds up to `total`."""
    values: list[Answer | None] = []
    for left in range(ITEMS[name], 0, -1):
        value = min(HIGHEST[name], -(-total // left))
        values.append(value)
        total -= value
    return form(name, *values)


@pytest.mark.parametrize(
    ("name", "values", "total"),
    [
        ("phq-9", [2, 2, 2, 2, 2, 2, 2, None, None], 18),  # §1.1: mean 2.0 -> 18
        ("phq-9", [2, 1, 1, 2, 1, 1, 2, 1, None], 12),  # §1.1: 11 * 9 / 8 = 12.375 -> 12
        ("wsas", [Absence.NOT_APPLICABLE, 4, 5, 3, 6], 23),  # §1.1: 18 * 5 / 4 = 22.5 -> 23
        ("wsas", [4, None, 5, 3, 6], 23),
        ("gad-7", [1, 1, 1, 1, 1, 2, None], 8),  # 7 * 7 / 6 = 8.17
        ("phq-9", [0, 0, 0, 0, 0, 0, 0, None, None], 0),
        ("phq-9", [1, 0, 0, 0, 0, 0, 0, 0, None], 1),  # 1.125
        ("phq-9", [1, 1, 1, 1, 0, 0, 0, 0, None], 5),  # 4.5 -> 5
    ],
)
def test_worked_examples_of_the_reference_prorate_as_printed(
    name: str, values: list[Answer | None], total: int
) -> None:
    result = score(measure(name), form(name, *values))
    assert (result.total, result.prorated, result.complete) == (total, True, False)


@pytest.mark.parametrize("reason", [None, Absence.DECLINED, Absence.UNCLEAR, Absence.NOT_ASKED])
@pytest.mark.parametrize(("name", "gaps"), [("phq-9", 3), ("gad-7", 3), ("wsas", 2)])
def test_one_gap_too_many_gives_no_total_at_all(name: str, gaps: int, reason: Answer | None) -> None:
    values: list[Answer | None] = [reason] * gaps + [1] * (ITEMS[name] - gaps)
    result = score(measure(name), form(name, *values))
    assert (result.total, result.band, result.caseness, result.prorated) == (None, None, None, False)
    assert len(result.missing) == gaps


def test_wsas_work_not_applicable_and_another_gap_is_void() -> None:
    assert score(measure("wsas"), form("wsas", Absence.NOT_APPLICABLE, 4, None, 3, 6)).total is None


@pytest.mark.parametrize(("name", "item"), [("wsas", "2"), ("phq-9", "1"), ("gad-7", "7")])
def test_only_wsas_work_may_be_not_applicable(name: str, item: str) -> None:
    with pytest.raises(AnswerRefused, match="always applies"):
        score(measure(name), {item: Absence.NOT_APPLICABLE})
    assert score(measure("wsas"), {"1": Absence.NOT_APPLICABLE}).missing[0] == "1"


@pytest.mark.parametrize(
    ("name", "total", "label"),
    [
        (name, total, label)
        for name in ("phq-9", "gad-7")
        for low, (high, label) in zip((0, *(h + 1 for h, _ in RANGES[name])), RANGES[name], strict=False)
        for total in (low, high)
    ],
)
def test_bands_begin_and_end_where_the_reference_says(name: str, total: int, label: str) -> None:
    result = score(measure(name), with_total(name, total))
    assert (result.total, result.band) == (total, label)


@pytest.mark.parametrize(("name", "cut"), [("phq-9", 10), ("gad-7", 8)])
def test_caseness_begins_exactly_at_the_cut_off(name: str, cut: int) -> None:
    assert score(measure(name), with_total(name, cut)).caseness is True
    assert score(measure(name), with_total(name, cut - 1)).caseness is False


def test_wsas_has_neither_cut_off_nor_bands() -> None:
    result = score(measure("wsas"), with_total("wsas", 40))
    assert (result.total, result.caseness, result.band) == (40, None, None)


@pytest.mark.parametrize("value", [-1, 4, 9, 99, True])
def test_a_value_off_the_scale_is_refused(value: int) -> None:
    with pytest.raises(AnswerRefused, match="takes 0 to 3"):
        score(measure("phq-9"), {"1": value})


def test_an_item_the_measure_does_not_have_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="has no item 10"):
        score(measure("phq-9"), {"10": 0})


@pytest.mark.parametrize(
    ("answer", "opens"),
    [(0, False), (1, True), (2, True), (3, True), (None, True)] + [(a, True) for a in list(Absence)[:3]],
)
def test_item_nine_prompts_unless_it_is_a_plain_zero(answer: Answer | None, opens: bool) -> None:
    result = score(measure("phq-9"), form("phq-9", *[0] * 8, answer))
    assert (result.prompts == ("9",)) is opens


def test_no_other_item_of_the_shipped_measures_prompts() -> None:
    found = [(m.id, i.id) for m in definitions().measures.values() for i in m.items if i.safety_prompt_from is not None]
    assert found == [("phq-9", "9")]


@given(measures().flatmap(lambda m: st.tuples(st.just(m), st.one_of(forms(m), mostly_answered(m)))))
def test_every_form_scores_as_the_second_implementation_says(pair: tuple[Measure, dict[str, Answer | None]]) -> None:
    m, answers = pair
    numbers = [value if isinstance(value := answers.get(item.id), int) else None for item in m.items]
    result = score(m, answers)
    expected = slow_total(m.id, numbers)
    assert result.total == expected
    assert result.band == slow_band(m.id, expected)
    assert result.caseness == slow_case(m.id, expected)
    assert result.missing == tuple(i.id for i, n in zip(m.items, numbers, strict=True) if n is None)
    assert result.prorated == (expected is not None and None in numbers)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), mostly_answered(m))))
def test_a_total_stays_between_the_ends_of_the_scale(pair: tuple[Measure, dict[str, Answer | None]]) -> None:
    m, answers = pair
    total = score(m, answers).total
    assert total is None or m.minimum <= total <= m.maximum


@given(measures().flatmap(lambda m: st.tuples(st.just(m), mostly_answered(m))), st.randoms())
def test_the_order_in_which_items_were_answered_makes_no_difference(
    pair: tuple[Measure, dict[str, Answer | None]], random: Random
) -> None:
    m, answers = pair
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    assert score(m, dict(shuffled)) == score(m, answers)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), st.tuples(*(item_numbers(m, item) for item in m.items)))))
def test_a_complete_form_is_the_plain_sum(pair: tuple[Measure, tuple[int, ...]]) -> None:
    m, values = pair
    result = score(m, {item.id: value for item, value in zip(m.items, values, strict=True)})
    assert (result.total, result.complete, result.prorated) == (sum(values), True, False)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), mostly_answered(m))))
def test_a_gap_is_never_taken_for_a_zero(pair: tuple[Measure, dict[str, Answer | None]]) -> None:
    m, answers = pair
    same = {key: 3 if value is not None else None for key, value in answers.items()}
    total = score(m, same).total
    assert total in (None, 3 * len(m.items))  # a zero for a gap would pull the mean down
    assert (total is None) == (list(same.values()).count(None) > m.prorate_limit)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), mostly_answered(m), st.sampled_from(m.items))))
def test_a_higher_answer_never_lowers_the_total(case: tuple[Measure, dict[str, Answer | None], Item]) -> None:
    m, answers, item = case
    key = item.id
    value = answers[key]
    if not isinstance(value, int) or value == m.range_of(item)[1]:
        return
    before, after = score(m, answers).total, score(m, {**answers, key: value + 1}).total
    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before


@pytest.mark.skipif(not NHANES.exists(), reason="../shared/data/nhanes_dpq_sample.csv is not beside this checkout")
def test_four_hundred_real_forms_score_as_the_second_implementation_says() -> None:
    with NHANES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    outcomes = set()
    for row in rows:
        given_answers = [None if row[f"q{n}"] in NOT_ANSWERED else int(row[f"q{n}"]) for n in range(1, 10)]
        told = score_line(definitions(), json.dumps({"measure": "phq-9", "answers": given_answers}))
        total = slow_total("phq-9", given_answers)
        assert told["total"] == total
        assert told["band"] == slow_band("phq-9", total)
        assert told["caseness"] == (None if total is None else total >= (CASE_FROM["phq-9"] or 0))
        assert told["missing"] == [n for n, value in enumerate(given_answers, 1) if value is None]
        assert told["prompts"] == ([] if given_answers[8] == 0 else [9])
        outcomes.add((total is None, told["prorated"]))
    assert outcomes >= {(False, False), (True, False)}  # forms with a total and forms with none
