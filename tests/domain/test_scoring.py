"""Scores against the reference's tables, against a second implementation, and against 400 real forms."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.commands.score import score_line
from gsh_console.domain.measures import (
    Absence,
    Answer,
    Choice,
    Item,
    Measure,
    Number,
    Rule,
    Scale,
    Span,
    number_from,
)
from gsh_console.domain.scoring import AnswerRefused, score, scorer_of
from tests.builders import definitions
from tests.domain.slow_scoring import CASE_FROM, HIGHEST, ITEMS, RANGES, slow_band, slow_scales, slow_total
from tests.strategies import forms, item_numbers, measures, mostly_answered

NHANES = Path(__file__).parents[3] / "shared" / "data" / "nhanes_dpq_sample.csv"
NOT_ANSWERED = ("", "7", "9")


def measure(name: str) -> Measure:
    return definitions().measures[name]


def a_form() -> st.SearchStrategy[tuple[Measure, dict[str, Answer | None]]]:
    return measures().flatmap(lambda m: st.tuples(st.just(m), st.one_of(forms(m), mostly_answered(m))))


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


def test_wsas_has_no_cut_off() -> None:
    result = score(measure("wsas"), with_total("wsas", 40))
    assert (result.total, result.caseness) == (40, None)


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


def test_of_the_measures_of_every_contact_no_other_item_prompts() -> None:
    found = [(name, i.id) for name in ITEMS for i in measure(name).items if i.safety_prompt_from is not None]
    assert found == [("phq-9", "9")]


@given(a_form())
def test_every_form_scores_as_the_second_implementation_says(pair: tuple[Measure, dict[str, Answer | None]]) -> None:
    m, answers = pair
    numbers = [value if isinstance(value := answers.get(item.id), int) else None for item in m.items]
    result = score(m, answers)
    expected = slow_scales(m.id, numbers)
    total = expected.pop("total", (None, None, None))
    assert (result.total, result.band, result.caseness) == total
    found = {name: (part.total, part.band, part.caseness) for name, part in result.subscales.items()}
    assert found == expected
    assert result.missing == tuple(i.id for i, n in zip(m.items, numbers, strict=True) if n is None)
    assert result.complete == (None not in numbers)


@given(a_form())
def test_a_number_is_called_prorated_exactly_when_one_of_its_own_items_is_missing(
    pair: tuple[Measure, dict[str, Answer | None]],
) -> None:
    m, answers = pair
    result = score(m, answers)
    gaps = {item.id for item in m.items if not isinstance(answers.get(item.id), int)}
    if m.total is not None:
        assert result.prorated == (result.total is not None and bool(gaps & {*m.total.items}))
    for scale in m.subscales:
        part = result.subscales[scale.id]
        assert set(part.missing) == gaps & {*scale.items}
        assert part.complete == (not part.missing)
        assert part.prorated == (part.total is not None and not part.complete)
        assert (part.total is None) == (len(part.missing) > scale.prorate_limit)


@given(a_form())
def test_prorating_says_what_the_mean_put_in_each_gap_would(
    pair: tuple[Measure, dict[str, Answer | None]],
) -> None:
    """Where the mean of the answered items is itself an answer, filling the gaps with it changes nothing."""
    m, answers = pair
    for scale in m.scales:
        value = m.range_of(m.item(scale.items[0]))[1]
        same = {item: value if isinstance(answers.get(item), int) else None for item in scale.items}
        if not all(m.takes(m.item(item), value) for item in scale.items) or any(m.item(i).reverse for i in scale.items):
            continue
        filled = dict.fromkeys(scale.items, value)
        part, whole = number_on(m, scale, same), number_on(m, scale, filled)
        assert part is None or part == whole


def number_on(m: Measure, scale: Scale, answers: dict[str, Answer | None]) -> Number | None:
    result = score(m, answers)
    return result.total if scale.id == "total" else result.subscales[scale.id].total


@given(a_form())
def test_every_number_stays_between_the_ends_of_its_scale_at_its_own_decimals(
    pair: tuple[Measure, dict[str, Answer | None]],
) -> None:
    m, answers = pair
    for scale in m.scales:
        number = number_on(m, scale, answers)
        low, high = m.ends(scale)
        assert number is None or low <= number <= high
        assert isinstance(number, int | None) if not scale.decimals else isinstance(number, Decimal | None)
        if isinstance(number, Decimal):
            assert number.as_tuple().exponent == -scale.decimals
            assert number_from(str(number)) == number


@given(a_form(), st.randoms())
def test_the_order_in_which_items_were_answered_makes_no_difference(
    pair: tuple[Measure, dict[str, Answer | None]], random: Random
) -> None:
    m, answers = pair
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    assert score(m, dict(shuffled)) == score(m, answers)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), st.tuples(*(item_numbers(m, item) for item in m.items)))))
def test_a_complete_form_of_a_plain_sum_is_the_plain_sum(pair: tuple[Measure, tuple[int, ...]]) -> None:
    m, values = pair
    result = score(m, {item.id: value for item, value in zip(m.items, values, strict=True)})
    assert (result.complete, result.prorated, result.missing) == (True, False, ())
    if m.rule is Rule.SUM and not m.total_items and not any(item.reverse for item in m.items):
        assert result.total == sum(values)


@given(a_form())
def test_a_gap_is_never_taken_for_a_zero(pair: tuple[Measure, dict[str, Answer | None]]) -> None:
    m, answers = pair
    for scale in m.scales:
        if any(m.item(item).reverse for item in scale.items):
            continue
        top = {item: m.range_of(m.item(item))[1] if answers.get(item) is not None else None for item in scale.items}
        alike = len(set(top.values()) - {None}) == 1
        number = number_on(m, scale, top)
        assert not alike or number in (None, m.ends(scale)[1])  # a zero for a gap would pull it down
        assert (number is None) == (list(top.values()).count(None) > scale.prorate_limit)


@given(measures().flatmap(lambda m: st.tuples(st.just(m), mostly_answered(m), st.sampled_from(m.items))))
def test_a_higher_answer_never_moves_a_number_the_wrong_way(
    case: tuple[Measure, dict[str, Answer | None], Item],
) -> None:
    m, answers, item = case
    value = answers[item.id]
    if not isinstance(value, int) or not m.takes(item, value + 1):
        return
    for scale in m.scales:
        before, after = number_on(m, scale, answers), number_on(m, scale, {**answers, item.id: value + 1})
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert after <= before if item.reverse else after >= before


def made(**changed: Any) -> Measure:
    """Three items from 0 to 3, the second turned; a sum unless told otherwise."""
    items = (Item("1", "One"), Item("2", "Two", reverse=True), Item("3", "Three"))
    plain = Measure(
        id="made", name="Made", version="1", effective_from=date(2026, 1, 1), stem="", stem_again="", recall="",
        items=items, prorate_limit=1, prorate_source="a test", wording="", licence="", credit="",
        choices=tuple(Choice(value, str(value)) for value in range(4)),
    )  # fmt: skip
    return replace(plain, **changed)


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ((0, 3, 0), "0.00"), ((3, 0, 3), "3.00"), ((1, 3, 0), "0.33"), ((1, 2, 0), "0.67"),
        ((1, 3, None), "0.50"), ((None, 0, 0), "1.50"), ((None, None, 0), None),
    ],
)  # fmt: skip
def test_a_mean_is_exact_rounded_half_up_and_turns_items_round(answers: tuple[int | None, ...], total: str) -> None:
    mean = made(rule=Rule.MEAN, decimals=2)
    found = score(mean, dict(zip("123", answers, strict=True)))
    assert (None if found.total is None else str(found.total)) == total


def test_a_half_at_the_last_place_of_a_mean_goes_up() -> None:
    eight = made(items=tuple(Item(str(n), "") for n in range(8)), rule=Rule.MEAN, decimals=2)
    assert str(score(eight, {str(n): int(n == 0) for n in range(8)}).total) == "0.13"  # 0.125
    assert str(score(eight, {str(n): 3 * (n < 3) for n in range(8)}).total) == "1.13"  # 1.125


def test_caseness_is_judged_on_the_number_as_it_is_recorded() -> None:
    """26 ratings that add up to 60 have a mean of 2.3077, recorded as 2.31, which is above 2.3; 2.30 is not."""
    mi = measure("mi")
    alone = [item.id for item in mi.items][:26]
    case = {item: 3 if at < 8 else 2 for at, item in enumerate(alone)}
    assert (str(score(mi, case).total), score(mi, case).caseness) == ("2.31", True)
    rounded_to_the_line = {item: 3 if at < 7 else 2 for at, item in enumerate(alone[:23])}
    found = score(mi, rounded_to_the_line)
    assert (str(found.total), found.prorated, found.caseness) == ("2.30", True, False)


def test_a_measure_without_a_rule_has_no_total_and_is_still_complete() -> None:
    found = score(made(rule=Rule.NONE, prorate_limit=0), {"1": 1, "2": 1, "3": 1})
    assert (found.total, found.complete, found.prorated, found.band, found.caseness) == (None, True, False, None, None)


def test_the_scores_remembered_for_speed_are_bounded_and_change_nothing() -> None:
    wide = made(items=tuple(Item(str(n), "", span=Span(0, 1000)) for n in range(9)), choices=(), prorate_limit=8)
    scorer = scorer_of(wide)
    assert scorer is scorer_of(wide)
    random = Random(4)
    for _ in range(20_000):
        answers = [random.choice((None, random.randint(0, 1000))) for _ in range(9)]
        found = scorer.score(answers)
        assert found.missing == tuple(str(n) for n, value in enumerate(answers) if value is None)
        numbers = [value for value in answers if value is not None]
        assert found.total == (_half_up(Fraction(9 * sum(numbers), len(numbers))) if numbers else None)
    assert len(scorer._met) <= 4096


def _half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


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
