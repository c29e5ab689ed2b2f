"""FHIR R4 Questionnaires in: what they say is kept, what they do not say stays empty, small faults are survived."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.content.measure_files import read_measure
from gsh_console.content.questionnaire_import import Imported, Wish, import_questionnaire
from gsh_console.content.questionnaire_sums import Place, summed
from gsh_console.content.questionnaires import CALCULATED, LOINC, ORDINAL, TRANSLATION, WEIGHT, Json, read_resource
from gsh_console.content.toml_writing import measure_toml, wording_toml
from gsh_console.content.wordings import read_wording
from gsh_console.domain.measures import Administration, Measure, Rule
from gsh_console.domain.scoring import score
from gsh_console.faults import DefinitionFault
from tests.builders import definitions

OWN = Path(__file__).parents[1] / "data" / "questionnaires"
REAL = Path(__file__).parents[3] / "shared" / "data" / "questionnaires"
TODAY = date(2026, 11, 22)
KNOWN = definitions().measures
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real Questionnaires are not beside this checkout")


def imported(path: Path, rule: Rule | None = None, measure_id: str = "") -> Imported:
    return import_questionnaire(read_resource(path), KNOWN, TODAY, Wish(measure_id, rule))


def own_form() -> Json:
    form: Json = json.loads((OWN / "three_evenings.json").read_text("utf-8"))
    return form


def of(tmp_path: Path, form: Any, rule: Rule | None = None) -> Imported:
    path = tmp_path / "form.json"
    path.write_text(json.dumps(form), "utf-8")
    return imported(path, rule)


def loinc_form(measure: Measure) -> Json:
    """A form with LOINC codes alone, neither numbers nor a formula, as LOINC's own guides publish theirs."""
    asked = [
        {
            "linkId": f"143{at}",
            "type": "choice",
            "text": item.text,
            "code": [{"system": LOINC, "code": item.loinc}],
            "answerOption": [
                {"valueCoding": {"system": LOINC, "code": choice.loinc, "display": choice.label}}
                for choice in item.choices or measure.choices
            ],
        }
        for at, item in enumerate((*measure.items, *measure.extras))
    ]
    total = {"linkId": "14372", "type": "decimal", "text": f"{measure.name} total score"}
    return {"resourceType": "Questionnaire", "status": "draft", "title": measure.name, "item": [*asked, total]}


def german_form() -> Json:
    """The German PHQ-9 with English translations and its answers in a value set that is not in the file."""
    measure, words = KNOWN["phq-9"], definitions().wording_of("phq-9", "de")
    assert words is not None

    def told(german: str, english: str) -> Json:
        parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": english}]
        return {"text": german, "_text": {"extension": [{"url": TRANSLATION, "extension": parts}]}}

    texts = {**words.items, **words.extras}
    items = [
        {
            "linkId": f"P.{item.id}",
            "type": "choice",
            "code": [{"system": LOINC, "code": item.loinc}],
            "answerValueSet": "https://example.org/ValueSet/frequency",
            **told(texts[item.id], item.text),
        }
        for item in (*measure.items, *measure.extras)
    ]
    stem = {"linkId": "P.stem", "type": "display", **told(words.stem, measure.stem)}
    score_item = {"linkId": "P.sum", "type": "quantity", **told("Gesamtwert", "Total Score")}
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "language": "de",
        "id": "german-phq",
        "item": [stem, *items[:9], score_item, items[9]],
    }


def test_a_questionnaire_becomes_a_measure_file_that_the_console_accepts(tmp_path: Path) -> None:
    found = imported(OWN / "three_evenings.json")
    measure = found.measure
    assert [item.id for item in measure.items] == ["ev/1", "ev/2", "ev/3"]
    assert [item.id for item in measure.extras] == ["ev/4"]
    assert (measure.stem, measure.rule, measure.maximum) == ("Think of the last three evenings.", Rule.SUM, 16)
    assert measure.items[2].span is not None
    path = tmp_path / f"{measure.id}.toml"
    path.write_text(measure_toml(measure), "utf-8")
    assert read_measure(path) == measure


def test_what_a_questionnaire_does_not_say_stays_empty_and_is_told() -> None:
    found = imported(OWN / "three_evenings.json")
    measure = found.measure
    assert (measure.caseness, measure.reliable_change, measure.bands, measure.prorate_limit) == (None, None, (), 0)
    assert (measure.licence, measure.recall, measure.wording) == ("", "", "service")
    assert measure.administration is Administration.READ_OUT
    told = " ".join(found.remarks)
    for named in ("cut-offs, bands, reliable change", "“ev/words” is a text question", "safety_prompt_from", "“ev/4”"):
        assert named in told


def test_worked_examples_are_generated_with_gaps_and_pin_every_item() -> None:
    measure = imported(OWN / "three_evenings.json").measure
    assert any(example.total is None for example in measure.examples if -1 in example.answers)
    for at, item in enumerate(measure.items):
        high = measure.range_of(item)[1]
        assert any(example.answers[at] == high and example.total == high for example in measure.examples)


def test_words_in_another_language_become_a_whole_set(tmp_path: Path) -> None:
    found = imported(OWN / "three_evenings.json")
    (wording,) = found.wordings
    path = tmp_path / "pl.toml"
    path.write_text(wording_toml(wording).replace('licence = ""', 'licence = "ours"'), "utf-8")
    read = read_wording(path, found.measure)
    assert read.items["ev/1"] == "Udawało mi się odpocząć"
    assert read.item_choices["ev/1"] if found.measure.items[0].choices else read.choices["1"] == "Częściowo"


@pytest.mark.parametrize("name", ["phq-9", "gad-7"])
def test_answers_without_numbers_are_told_by_their_loinc_codes(tmp_path: Path, name: str) -> None:
    shipped = KNOWN[name]
    measure = of(tmp_path, loinc_form(shipped)).measure
    assert [item.loinc for item in measure.items] == [item.loinc for item in shipped.items]
    assert [item.loinc for item in measure.extras] == [item.loinc for item in shipped.extras]
    assert (measure.rule, measure.minimum, measure.maximum) == (Rule.SUM, 0, shipped.maximum)
    assert [item.safety_prompt_from for item in measure.items] == [item.safety_prompt_from for item in shipped.items]
    assert measure.caseness is None


def test_a_foreign_form_with_english_beside_it_is_asked_in_english_and_keeps_its_own_words(tmp_path: Path) -> None:
    found = of(tmp_path, german_form())
    shipped = KNOWN["phq-9"]
    assert [item.text for item in found.measure.items] == [item.text for item in shipped.items]
    assert found.measure.stem == shipped.stem
    assert [item.id for item in found.measure.extras] == ["P.difficulty"]
    (german,) = found.wordings
    assert german.items["P.1"] == "Wenig Interesse oder Freude an Ihren Tätigkeiten"
    assert any("German words are not whole; to be filled in: choices.0" in remark for remark in found.remarks)


def test_small_faults_are_reported_and_survived() -> None:
    found = imported(OWN / "odd_but_readable.json")
    assert [item.text for item in found.measure.items] == ["I slept", "I ate"]
    assert found.measure.stem == "Before we begin: two short questions."
    told = " ".join(found.remarks)
    for named in ("byte order mark", "come first", "no proper status", "date is no date", "“note” stands there twice",
                  "without linkId", "names no language", "no total"):  # fmt: skip
        assert named in told


def test_stu3_is_refused_politely() -> None:
    with pytest.raises(DefinitionFault, match=r"FHIR STU3.*Please ask for it in R4"):
        imported(OWN / "stu3.json")


def test_a_formula_that_is_no_plain_sum_is_refused_with_the_question_for_the_rule() -> None:
    with pytest.raises(DefinitionFault, match=r"ev/total.*not a plain sum.*give the rule: --rule sum"):
        imported(OWN / "not_a_sum.json")
    assert imported(OWN / "not_a_sum.json", Rule.SUM).measure.maximum == 18
    assert imported(OWN / "not_a_sum.json", Rule.NONE).measure.total is None


def test_answers_that_have_no_number_are_refused_with_a_sentence() -> None:
    with pytest.raises(DefinitionFault, match=r"no_numbers.json › 1: the answer “well” has no number"):
        imported(OWN / "no_numbers.json")


def test_a_total_without_a_formula_on_unknown_items_asks_for_the_rule(tmp_path: Path) -> None:
    form = own_form()
    form["item"][2].pop("extension")
    with pytest.raises(DefinitionFault, match="a total but not how it is made"):
        of(tmp_path, form)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda form: form["item"][0]["item"][0].update(linkId="ev/2"), "two questions have this linkId"),
        (lambda form: form["item"][0]["item"][0].update(repeats=True), "several answers at once"),
        (lambda form: form["item"][0]["item"][0].pop("answerOption"), "does not hold the answers"),
        (lambda form: form["item"][0]["item"][2].pop("extension"), "between which whole numbers"),
        (lambda form: [form["item"][0]["item"][0].pop(key) for key in ("text", "_text")], "has no words"),
        (lambda form: form.update(item=[]), "there is no question"),
        (lambda form: form.update(resourceType="Patient"), "holds no Questionnaires"),
        (lambda form: form.update(fhirVersion="3.0.2"), "STU3"),
        (
            lambda form: form["item"][0]["item"][0]["answerOption"][1]["extension"][0].update(valueDecimal=0),
            "two answers have the same number",
        ),
        (
            lambda form: form["item"][0]["item"][0]["answerOption"][1]["extension"][0].update(valueDecimal=0.5),
            "not whole",
        ),
    ],
)
def test_what_could_not_be_asked_or_scored_is_refused(tmp_path: Path, change: Any, sentence: str) -> None:
    form = own_form()
    change(form)
    with pytest.raises(DefinitionFault, match=sentence):
        of(tmp_path, form)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"<xml/>", b"\xff\xfe{}", b'{"resourceType": "Bundle"}', b"[" * 99999]
)
def test_a_file_that_is_no_questionnaire_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "form.json"
    path.write_bytes(content)
    with pytest.raises(DefinitionFault, match=r"form.json › "):
        read_resource(path)


def test_item_weight_counts_as_ordinal_value_does(tmp_path: Path) -> None:
    form = json.loads(json.dumps(own_form()).replace(ORDINAL, WEIGHT))
    expected, found = imported(OWN / "three_evenings.json").measure, of(tmp_path, form).measure
    assert (found.items, found.choices, found.examples) == (expected.items, expected.choices, expected.examples)


def test_answers_in_a_value_set_inside_the_file_are_found(tmp_path: Path) -> None:
    form = own_form()
    concepts = [
        {"code": f"a{number}", "display": word, "extension": [{"url": ORDINAL, "valueDecimal": number}]}
        for number, word in enumerate(("Hardly", "Partly", "Fully"))
    ]
    include = [{"system": "https://example.org/answers", "concept": concepts}]
    form["contained"] = [{"resourceType": "ValueSet", "id": "how", "status": "active", "compose": {"include": include}}]
    for item in (form["item"][0]["item"][at] for at in (0, 1, 3)):
        item.pop("answerOption")
        item["answerValueSet"] = "#how"
    assert of(tmp_path, form).measure.choices == imported(OWN / "three_evenings.json").measure.choices


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    found = of(tmp_path, {**loinc_form(KNOWN["phq-9"]), "id": "phq-9"})
    assert found.measure.id == "phq-9-imported"
    assert any("phq-9 is there already" in remark for remark in found.remarks)


def test_several_sums_become_a_total_and_its_parts(tmp_path: Path) -> None:
    form = own_form()
    part = copy.deepcopy(form["item"][2])
    part.update(linkId="part", text="Rest and company")
    formula = "%resource.item.item.where(linkId in ('ev/1' | 'ev/2')).answer.value.ordinal().sum()"
    part["extension"] = [{"url": CALCULATED, "valueExpression": {"language": "text/fhirpath", "expression": formula}}]
    form["item"].append(part)
    measure = of(tmp_path, form).measure
    assert [(scale.id, scale.items) for scale in measure.subscales] == [("part", ("ev/1", "ev/2"))]
    assert score(measure, {"ev/1": 2, "ev/2": 1, "ev/3": 5}).subscales["part"].total == 3


def test_a_verdict_the_form_works_out_in_words_is_left_out_and_said(tmp_path: Path) -> None:
    form = own_form()
    verdict = {"linkId": "verdict", "text": "How it was", "type": "string"}
    formula = {"language": "text/fhirpath", "expression": "iif(%sum > 5, 'well', 'badly')"}
    form["item"].append({**verdict, "extension": [{"url": CALCULATED, "valueExpression": formula}]})
    found = of(tmp_path, form)
    assert found.measure.maximum == 16
    assert "“verdict” is worked out by the form and is no number; it is left out." in found.remarks


PLACES = {str(at): Place(str(at)) for at in range(1, 6)} | {"g": Place("g"), "g1": Place("g1", ("g",))}
VARIABLES = {
    "a": "%resource.item.where(linkId = '1').answer.value.ordinal()",
    "b": "%questionnaire.item.where(linkId = '2').answerOption.where(valueCoding.code=%resource.item.where(linkId = '2')"
    ".answer.valueCoding.code).extension.where(url='http://hl7.org/fhir/StructureDefinition/ordinalValue').valueDecimal",
    "any": "%a.exists() or %b.exists()",
    "loop": "%loop + %a",
}


@pytest.mark.parametrize(
    ("expression", "items"),
    [
        ("%resource.item.where(linkId.matches('^[1-5]$')).answer.value.ordinal().sum()", "1 2 3 4 5"),
        ("%resource.item.where(linkId != '5' and linkId != 'g').answer.value.weight().sum()", "1 2 3 4"),
        ("iif(%any, iif(%a.exists(), %a, 0) + iif(%b.exists(), %b, 0), {})", "1 2"),
        ("%resource.item.where(linkId='1' or linkId='2').answer.valueInteger.aggregate($this + $total, 0)", "1 2"),
        ("%resource.repeat(item).where(linkId='g').item.answer.value.select(ordinal()).sum()", "g1"),
        ("(%a + %b)", "1 2"),
        ("%resource.item.where(linkId.matches('^(1|3)$')).answer.value.weight().sum()", "1 3"),
        ("%resource.item.where(linkId='g').item.answer.value.weight().sum()", "g1"),
    ],
)
def test_the_common_ways_to_write_a_plain_sum_are_understood(expression: str, items: str) -> None:
    assert summed(expression, VARIABLES, PLACES) == set(items.split())


@pytest.mark.parametrize(
    "expression",
    ["", "%a + %a", "%a * 2", "%a - %b", "%loop", "%gone", "%resource.item.answer.value.avg()", "iif(%a > 1, %a, {})",
     "%resource.item.where(linkId.matches('(a+)+$')).answer.value.sum()", "%resource.item.answer.value.sum() / 9",
     "%resource.item.where(linkId='1').answer.value.ordinal().sum() + 4", "12"],
)  # fmt: skip
def test_anything_but_a_plain_sum_is_not_understood_on_purpose(expression: str) -> None:
    assert summed(expression, VARIABLES, PLACES) is None


@given(st.text("%ab()'.,+iflinkId=sumresource{} ", max_size=60))
def test_no_expression_breaks_the_reader(expression: str) -> None:
    found = summed(expression, VARIABLES, PLACES)
    assert found is None or found <= PLACES.keys()


def refusal_of(tmp_path: Path, form: Json) -> str:
    """Why a form is refused, "none" where it is read."""
    try:
        of(tmp_path, form)
    except DefinitionFault as refused:
        return str(refused)
    return "none"


def _holes(value: Any, junk: Any) -> list[Any]:
    """The resource with one thing in it replaced, for every thing in it."""
    if isinstance(value, dict):
        return [{**value, key: hole} for key, inside in value.items() for hole in (junk, *_holes(inside, junk))]
    if isinstance(value, list):
        return [
            [*value[:at], hole, *value[at + 1 :]] for at, inside in enumerate(value) for hole in _holes(inside, junk)
        ]
    return []


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [None], {"url": 3}])
def test_a_damaged_questionnaire_is_read_or_refused_and_never_breaks_the_reader(tmp_path: Path, junk: Any) -> None:
    form = own_form()
    form["item"][0]["item"] = form["item"][0]["item"][1:3]
    for damaged in _holes(form, junk):
        assert refusal_of(tmp_path, damaged).startswith(("form.json › ", "none"))


@needs_real
@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("HL7_pco_PHQ9.json", "phq-9"),
        ("HL7_pco_GAD7.json", "gad-7"),
        ("Questionnaire-mii-qst-pro-phq-9.json", "phq-9"),
    ],
)
def test_the_published_questionnaires_score_as_the_shipped_measures_do(tmp_path: Path, name: str, twin: str) -> None:
    measure, shipped = imported(REAL / name).measure, KNOWN[twin]
    assert [item.loinc for item in measure.items] == [item.loinc for item in shipped.items]
    path = tmp_path / f"{measure.id}.toml"
    path.write_text(measure_toml(measure), "utf-8")
    assert read_measure(path) == measure
    for example in shipped.examples:
        if -1 not in example.answers:
            answers = {item.id: value for item, value in zip(measure.items, example.answers, strict=True)}
            assert score(measure, answers).total == example.total
            assert len(score(measure, answers).prompts) == len(example.prompts or ())
