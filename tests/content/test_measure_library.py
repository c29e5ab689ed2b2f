"""The measure library: the facts of the domain reference, licences kept, codes real, examples that pin every figure."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from gsh_console.content.measure_files import MISSING_IN_EXAMPLE as MISSING
from gsh_console.domain.measures import Administration, Example, Measure, Number, Operator, Rule, Scale, Threshold
from tests.builders import definitions

LIBRARY = definitions().measures
EACH = pytest.mark.parametrize("measure", LIBRARY.values(), ids=list(LIBRARY))

# Domain reference §1.1: items, lowest and highest total, cut-off and reliable change (confidence), most missing.
FACTS: dict[str, tuple[int, str, str, str, int]] = {
    "phq-9": (9, "0-27", ">= 10 H", ">= 6 H", 2),
    "gad-7": (7, "0-21", ">= 8 H", ">= 4 H", 2),
    "wsas": (5, "0-40", "", "", 1),
    "phq-15": (15, "0-30", ">= 10 H", "", 0),
    "pcl-5": (20, "0-80", ">= 32 M", ">= 10 M", 0),
    "pswq": (16, "16-80", ">= 45 M", "", 0),
    "spin": (17, "0-68", ">= 19 M", ">= 10 M", 0),
    "pdss": (7, "0-28", ">= 8 M", ">= 5 M", 0),
    "oci": (42, "0-168", ">= 40 M", ">= 32 M", 2),
    "oci-r": (18, "0-72", ">= 21 M", "", 0),
    "hai": (18, "0-42", ">= 18 M", ">= 4 M", 0),
    "mi": (52, "1-5", "> 2.3 H", ">= 0.73 M", 5),
    "phobia": (3, "none", "", "", 0),
    "ies-r": (22, "0-88", ">= 33 M", ">= 9 M", 0),
    "isi": (7, "0-28", "", "", 0),
    "biq": (9, "0-72", ">= 40 L", "", 0),
    "cfq-11": (11, "0-33", ">= 19 L", "", 0),
    "ibs-sss": (5, "0-500", ">= 75 H", "", 0),
    "cat": (8, "0-40", "", "", 0),
    "dds-17": (17, "1-6", "", "", 0),
    "bpi": (11, "none", "", "", 0),
    "core-10": (10, "0-40", "", "", 0),
    "gbo": (3, "none", "", "", 0),
    "peq-assessment": (5, "none", "", "", 0),
    "peq-treatment": (6, "none", "", "", 0),
}
BANDS = {
    "phq-9": "0-4 5-9 10-14 15-19 20-27",
    "gad-7": "0-4 5-9 10-14 15-21",
    "phq-15": "0-4 5-9 10-14 15-30",
    "isi": "0-7 8-14 15-21 22-28",
    "cat": "0-9 10-20 21-30 31-40",
    "dds-17": "1-1.9 2-2.9 3-6",
}
SUBSCALES = {
    "oci-r": {
        "hoarding": "1 7 13",
        "checking": "2 8 14",
        "ordering": "3 9 15",
        "neutralising": "4 10 16",
        "washing": "5 11 17",
        "obsessing": "6 12 18",
    },
    "ies-r": {
        "intrusion": "1 2 3 6 9 14 16 20",
        "avoidance": "5 7 8 11 12 13 17 22",
        "hyperarousal": "4 10 15 18 19 21",
    },
    "hai": {"awfulness": "15 16 17 18"},
    "mi": {side: " ".join(f"{side[:1] if side == 'alone' else 'b'}{n}" for n in range(1, 27)) for side in ("alone", "accompanied")},
    "phobia": {"social": "1", "agoraphobia": "2", "specific": "3"},
    "bpi": {"severity": "s1 s2 s3 s4", "interference": "i1 i2 i3 i4 i5 i6 i7"},
    "gbo": {"goal-1": "1", "goal-2": "2", "goal-3": "3"},
}  # fmt: skip
IN_DATA_SET = set(FACTS) - {"oci-r", "ies-r", "phobia", "isi", "core-10", "gbo"}  # §1.1, the v2.1 tool list
EXACT = {"phq-9", "gad-7", "phq-15", "pcl-5", "pswq", "core-10", "peq-assessment", "peq-treatment"}  # §1.3
SHIPPED_CODES = """720433000 445455005 718583008 932621000000100 932581000000100 932611000000106 932591000000103
932601000000109 747861000000100 747871000000107 747881000000109 904691000000103 747891000000106 747901000000107
747911000000109 747921000000103 747931000000101 747941000000105 747951000000108 1638531000000102 1638541000000106
1638551000000109"""


def told(threshold: Threshold | None) -> str:
    """A figure as the facts table writes it."""
    return f"{threshold.operator} {threshold.value} {threshold.confidence}" if threshold else ""


def scales(measure: Measure) -> tuple[Scale, ...]:
    """The total, if there is one, and the subscales."""
    return (*((measure.total,) if measure.total else ()), *measure.subscales)


def forms_of(measure: Measure) -> list[Example]:
    """The worked forms a patient can give, without those that are to be refused."""
    return [example for example in measure.examples if not example.refused]


def number_in(example: Example, scale: Scale) -> Number | None:
    """What an example says a scale comes to."""
    return example.total if scale.id == "total" else example.subscales[scale.id]


def gaps(measure: Measure, example: Example, scale: Scale) -> int:
    """How many items of a scale an example leaves out."""
    return sum(example.answers[measure.position(item)] == MISSING for item in scale.items)


def step(scale: Scale) -> Number:
    """The smallest difference between two numbers of a scale."""
    return Decimal(1).scaleb(-scale.decimals) if scale.decimals else 1


def test_the_library_holds_what_a_step_2_service_uses_and_nothing_else() -> None:
    assert set(LIBRARY) == set(FACTS)
    assert {name for name, measure in LIBRARY.items() if measure.in_data_set} == IN_DATA_SET


@EACH
def test_items_range_and_figures_are_those_of_the_reference(measure: Measure) -> None:
    ends = f"{Fraction(measure.minimum)}-{Fraction(measure.maximum)}" if measure.total else "none"
    held = (len(measure.items), ends, told(measure.caseness), told(measure.reliable_change), measure.prorate_limit)
    assert held == FACTS[measure.id]
    assert " ".join(f"{band.low}-{band.high}" for band in measure.bands) == BANDS.get(measure.id, "")


def test_the_cut_off_of_the_mobility_inventory_alone_is_strict() -> None:
    strict = [m.id for m in LIBRARY.values() if m.caseness and m.caseness.operator is Operator.ABOVE]
    assert strict == ["mi"]


@EACH
def test_subscales_hold_the_items_they_should(measure: Measure) -> None:
    held = {scale.id: " ".join(scale.items) for scale in measure.subscales}
    assert held == SUBSCALES.get(measure.id, {})


def test_the_totals_that_are_not_of_all_items_and_the_means_and_turned_items() -> None:
    assert LIBRARY["hai"].total_items == tuple(str(n) for n in range(1, 15))
    assert LIBRARY["mi"].total_items == LIBRARY["mi"].subscales[0].items
    assert [m.id for m in LIBRARY.values() if m.total_items] == ["hai", "mi"]
    assert {m.id: m.decimals for m in LIBRARY.values() if m.rule is Rule.MEAN} == {"mi": 2, "dds-17": 1}
    assert {scale.rule for scale in LIBRARY["bpi"].subscales} == {Rule.MEAN}
    turned = {m.id: [item.id for item in m.items if item.reverse] for m in LIBRARY.values()}
    assert {name: items for name, items in turned.items() if items} == {"pswq": ["1", "3", "8", "10", "11"]}
    assert {m.id for m in LIBRARY.values() if not m.higher_is_worse} == {"gbo", "peq-assessment", "peq-treatment"}


def test_core_10_carries_its_two_turned_items_as_the_form_prints_them() -> None:
    """The printed numbers run the other way, so the practitioner keys what stands on the form."""
    core = LIBRARY["core-10"]
    down = [[(choice.value, choice.label) for choice in core.choices_of(core.item(item))] for item in ("1", "2", "3")]
    assert down[0][0] == (0, "Not at all")
    assert down[1] == down[2] == [(4 - value, label) for value, label in down[0]]


def test_each_phobia_scale_has_its_own_cut_off_and_they_are_never_added_up() -> None:
    assert LIBRARY["phobia"].total is None
    assert [told(scale.caseness) for scale in LIBRARY["phobia"].subscales] == [">= 4 H"] * 3


def test_only_these_items_open_the_safety_conversation() -> None:
    opening = {
        (m.id, i.id): i.safety_prompt_from
        for m in LIBRARY.values()
        for i in m.items
        if i.safety_prompt_from is not None
    }
    assert opening == {("phq-9", "9"): 1, ("pcl-5", "16"): 1, ("core-10", "6"): 1}


def test_how_each_measure_reaches_the_patient() -> None:
    ways = {way: {m.id for m in LIBRARY.values() if m.administration is way} for way in Administration}
    assert ways[Administration.SENT] == {"peq-assessment", "peq-treatment"}
    assert ways[Administration.FORM] == {"oci", "oci-r", "mi", "hai", "ies-r", "dds-17", "ibs-sss"}


# ------------------------------------------------------------- wording and licence


def test_exact_wording_ships_only_where_the_licence_allows_it() -> None:
    assert {m.id for m in LIBRARY.values() if m.wording == "exact"} == EXACT
    assert {m.wording for m in LIBRARY.values()} == {"exact", "score entry", "own words"}


@pytest.mark.parametrize("name", sorted(set(FACTS) - EXACT))
def test_a_measure_without_permission_has_labels_of_three_words_at_most(name: str) -> None:
    measure = LIBRARY[name]
    assert all(len(item.text.split()) <= 3 for item in measure.items)
    assert measure.wording == "own words" or re.search(r"No item wording is shipped", measure.licence)
    assert measure.wording == "own words" or re.search(r"\bform\b", measure.stem)
    assert "©" in measure.licence or "Crown copyright" in measure.licence or name == "gbo"


@EACH
def test_every_file_says_who_owns_it_what_is_doubtful_and_where_its_figures_come_from(measure: Measure) -> None:
    assert measure.title
    assert measure.licence
    assert measure.credit
    assert measure.prorate_source
    assert 0 < measure.notes.count(".") <= 4
    for scale in scales(measure):
        assert bool(scale.bands) == bool(scale.bands_source) == bool(scale.bands_confidence)
        for figure in (scale.caseness, scale.reliable_change):
            assert figure is None or (figure.source and figure.confidence in "HMKL")
            assert figure is None or figure.confidence != "L" or "not confirmed" in figure.source


def test_the_words_of_a_band_never_rank_a_person() -> None:
    for measure in LIBRARY.values():
        for band in measure.bands:
            assert not re.search(r"\b(low|medium|high|risk)\b", band.label), (measure.id, band.label)


# ------------------------------------------------------------- codes

_D5 = [[(a + b) % 5 if a < 5 and b < 5 else 5 + (a + b) % 5 if a < 5 else 5 + (a - b) % 5 if b < 5 else (a - b) % 5
        for b in range(10)] for a in range(10)]  # fmt: skip
_TURN = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def snomed_check_digit_holds(code: str) -> bool:
    """Verhoeff's check over the whole identifier."""
    check = 0
    for at, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(at % 8):
            turned = _TURN[turned]
        check = _D5[check][turned]
    return check == 0


def loinc_check_digit_holds(code: str) -> bool:
    """The Mod 10 check a LOINC number ends in; before four digits the letters of an answer code count 5."""
    body, _, check = code.removeprefix("LA").partition("-")
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(body))]
    letters = 5 if code.startswith("LA") else 0
    return (letters + sum(sum(divmod(value, 10)) for value in doubled) + int(check)) % 10 == 0


def codes(measure: Measure, system: str) -> list[str]:
    """Every code of one system a measure carries."""
    items = (*measure.items, *measure.extras)
    choices = [choice for item in items for choice in measure.choices_of(item)]
    found = [getattr(each, system) for each in (*items, *choices)]
    return [code for code in (*found, *(v for k, v in measure.codes.items() if k.startswith(system))) if code]


def test_the_check_digits_notice_a_slip() -> None:
    assert snomed_check_digit_holds("720433000")
    assert not snomed_check_digit_holds("720430300")
    assert loinc_check_digit_holds("44261-6")
    assert loinc_check_digit_holds("LA6568-5")
    assert not loinc_check_digit_holds("44216-6")


def test_every_snomed_code_is_one_of_the_reference_and_none_is_invented() -> None:
    held = {code for measure in LIBRARY.values() for code in codes(measure, "snomed")}
    assert held == set(SHIPPED_CODES.split())
    assert all(snomed_check_digit_holds(code) for code in held)


def test_loinc_codes_stand_only_where_they_are_known() -> None:
    assert {m.id for m in LIBRARY.values() if codes(m, "loinc")} == {"phq-9", "gad-7"}
    assert all(loinc_check_digit_holds(code) for measure in LIBRARY.values() for code in codes(measure, "loinc"))
    extra = LIBRARY["phq-9"].extras[0]
    assert (extra.id, extra.loinc, len(extra.choices)) == ("difficulty", "69722-7", 4)


# ------------------------------------------------------------- examples pin what they should


@EACH
def test_complete_forms_stand_at_both_sides_of_every_cut_off_and_band_edge(measure: Measure) -> None:
    for scale in scales(measure):
        held = {number_in(example, scale) for example in forms_of(measure)}
        edges = {edge for band in scale.bands for edge in (band.low, band.high)}
        if scale.caseness:
            beside = step(scale) if scale.caseness.operator is Operator.ABOVE else -step(scale)
            edges |= {scale.caseness.value, scale.caseness.value + beside}
        assert edges <= held, scale.id


@EACH
def test_forms_stand_at_the_limit_of_missing_items_and_one_beyond(measure: Measure) -> None:
    for scale in scales(measure):
        by_gaps = {gaps(measure, example, scale): number_in(example, scale) for example in forms_of(measure)}
        assert by_gaps[0] not in (None, MISSING)
        assert by_gaps[scale.prorate_limit] not in (None, MISSING)
        assert by_gaps[scale.prorate_limit + 1] in (None, MISSING)


@EACH
def test_no_two_items_are_answered_alike_in_every_form(measure: Measure) -> None:
    """Else one could stand in for the other in a scale and no example would notice."""
    columns = list(zip(*(example.answers for example in forms_of(measure)), strict=True))
    assert len(set(columns)) == len(columns)


@EACH
def test_every_choice_is_given_somewhere(measure: Measure) -> None:
    given: dict[tuple[int, ...], set[int]] = {}
    for example in forms_of(measure):
        for item, answer in zip(measure.items, example.answers, strict=True):
            given.setdefault(tuple(sorted(c.value for c in measure.choices_of(item))), set()).add(answer)
    assert all(set(values) <= answers for values, answers in given.items())


@EACH
def test_a_reliable_change_is_shown_at_the_figure_and_one_step_short_of_it(measure: Measure) -> None:
    if measure.reliable_change is None or measure.total is None:
        assert all(change.reliable is None for change in measure.changes)
        return
    figure = measure.reliable_change.value
    shown = {(abs(change.before - change.now), change.reliable) for change in measure.changes}
    assert {(figure, True), (figure - step(measure.total), False)} <= shown


# ------------------------------------------------------------- the page for service leads


def rows_of_the_page() -> list[list[str]]:
    """The cells of every table row of docs/measures.md that begins with a measure's id."""
    page = (Path(__file__).parents[2] / "docs" / "measures.md").read_text("utf-8")
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in page.splitlines()]
    return [row for row in cells if row[0].strip("`") in LIBRARY and row[0].startswith("`")]


def in_words(threshold: Threshold) -> str:
    """A figure as the page writes it."""
    size = f"above {threshold.value}" if threshold.operator is Operator.ABOVE else f"{threshold.value} or more"
    return f"{size} ({threshold.confidence})"


@EACH
def test_the_page_for_service_leads_tells_the_same_as_the_file(measure: Measure) -> None:
    rows = [row[1:] for row in rows_of_the_page() if row[0] == f"`{measure.id}`"]
    held, change = measure.caseness, measure.reliable_change
    ways = {Administration.READ_OUT: "read out", Administration.FORM: "form", Administration.SENT: "sent"}
    ends = f"{'mean ' * (measure.rule is Rule.MEAN)}{measure.minimum}–{measure.maximum}" if measure.total else "none"
    change_told = f"{change.value} ({change.confidence})" if change else "–"
    figures = [in_words(held) if held else "–", change_told, str(measure.prorate_limit or "none")]
    assert rows[0] == [measure.title, ways[measure.administration], str(len(measure.items)), ends, *figures]
    assert rows[1] == [measure.wording, measure.licence, measure.notes]
    sources = {source for _, source in rows[2:]}
    wanted = {each.source for scale in scales(measure) for each in (scale.caseness, scale.reliable_change) if each}
    wanted |= {scale.bands_source for scale in scales(measure) if scale.bands}
    assert sources - {measure.prorate_source} == wanted
    assert (measure.prorate_source in sources) == bool(measure.prorate_limit)
