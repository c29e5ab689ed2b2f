"""Measures out as FHIR R4, valid by two validators, and back; real and made-up responses in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.casework.access import Access
from gsh_console.casework.contacts import open_contact
from gsh_console.casework.desk import Desk
from gsh_console.content.questionnaire_export import canonical, questionnaire, response
from gsh_console.content.questionnaire_import import Wish, import_questionnaire
from gsh_console.content.questionnaire_responses import Answered as Form
from gsh_console.content.questionnaire_responses import read_response
from gsh_console.content.questionnaires import Json, read_resource
from gsh_console.content.toml_writing import measure_toml
from gsh_console.domain.entries import Answered, Entered, Filled
from gsh_console.domain.measures import Answer, Measure, Mode, Rule
from gsh_console.domain.note import compose_note
from gsh_console.domain.scoring import score
from gsh_console.faults import DefinitionFault
from gsh_console.settings import Settings
from gsh_console.sync.envelope import contact_bundle
from tests.builders import ALEX, SteadyClock, definitions, make_patient, put_patient
from tests.content.test_questionnaires import KNOWN, OWN, REAL, TODAY, imported, needs_real
from tests.domain.slow_scoring import slow_total
from tests.strategies import mostly_answered
from tests.sync.builders import ORIGIN, full, resources, signed

ROOT = "https://gsh-console.invalid/fhir"
FORMS = REAL.parent / "nhanes_dpq_sample.csv"


def assert_valid(resource: Json) -> None:
    """Both published validators take it as it would travel."""
    travelled = json.loads(json.dumps(resource))
    get_fhir_model_class(travelled["resourceType"]).model_validate(travelled)
    assert [str(issue) for issue in fhirkit.validate(travelled)] == []


def installed(measure: Measure) -> list[Any]:
    return [each.wording for each in definitions().wordings.installed(measure.id) if each.wording]


def back(tmp_path: Path, resource: Json, known: Mapping[str, Measure] = KNOWN, wished: str = "") -> Form:
    path = tmp_path / "response.json"
    path.write_text(json.dumps(resource), "utf-8")
    return read_response(read_resource(path), known, wished)


@pytest.mark.parametrize("name", list(KNOWN))
def test_every_measure_is_exported_as_a_valid_questionnaire(name: str) -> None:
    measure = KNOWN[name]
    exported = questionnaire(measure, ROOT, installed(measure))
    assert_valid(exported)
    links = [item["linkId"] for item in exported["item"]]
    assert len(set(links)) == len(links)


@pytest.mark.parametrize(
    "name", [name for name, m in KNOWN.items() if m.rule is Rule.SUM and not any(i.reverse for i in m.items)]
)
def test_an_exported_sum_comes_back_as_it_went(tmp_path: Path, name: str) -> None:
    measure = KNOWN[name]
    path = tmp_path / "form.json"
    path.write_text(json.dumps(questionnaire(measure, ROOT, installed(measure))), "utf-8")
    found = import_questionnaire(read_resource(path), KNOWN, TODAY, Wish())
    read = found.measure
    counted = set(measure.total_items or [item.id for item in measure.items])
    counted |= {item for scale in measure.subscales for item in scale.items}
    assert [item.text for item in read.items] == [item.text for item in measure.items if item.id in counted]
    assert (read.rule, read.minimum, read.maximum) == (Rule.SUM, measure.minimum, measure.maximum)
    assert len(read.subscales) == len(measure.subscales)
    for language in found.wordings:
        sent = definitions().wording_of(name, language.language)
        assert sent is not None
        assert list(language.items.values()) == list(sent.items.values())
        assert language.choices == sent.choices


def test_the_formula_that_leaves_never_counts_a_missing_answer_as_zero() -> None:
    total = next(item for item in questionnaire(KNOWN["phq-9"], ROOT)["item"] if item["linkId"] == "/44261-6")
    formula = total["extension"][0]["valueExpression"]["expression"]
    assert formula.startswith("iif(%resource.item.where(linkId in ('/44250-9' | ")
    assert ".answer.value.ordinal().count() = 9, " in formula  # a reason for not answering has no number to count
    assert formula.endswith(", {})")
    goals = questionnaire(KNOWN["gbo"], ROOT)["item"]
    assert not any(item["linkId"].endswith("/total") for item in goals)


def test_every_language_travels_as_a_translation() -> None:
    first = next(
        item
        for item in questionnaire(KNOWN["phq-9"], ROOT, installed(KNOWN["phq-9"]))["item"]
        if item["linkId"] == "/44250-9"
    )
    told = json.dumps(first, ensure_ascii=False)
    assert "Wenig Interesse oder Freude an Ihren Tätigkeiten" in told
    assert "Niemal codziennie" in told


@given(st.data())
def test_a_form_goes_out_as_a_response_and_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    measure = KNOWN[data.draw(st.sampled_from(sorted(KNOWN)))]
    answers = data.draw(mostly_answered(measure))
    sent = response(measure, answers, score(measure, answers), ROOT)
    assert_valid(sent)
    read = back(tmp_path_factory.mktemp("form"), sent)
    assert read.measure is measure
    assert dict(zip((item.id for item in measure.items), read.answers, strict=True)) == {
        item.id: answers.get(item.id) for item in measure.items
    }
    assert "Its own total is not" not in " ".join(read.remarks)


def test_the_exported_questionnaire_names_items_and_itself_as_a_sent_contact_does() -> None:
    bundle = contact_bundle(signed(full()), ORIGIN)
    sent = next(each for each in resources(bundle, "QuestionnaireResponse") if "phq-9" in each["questionnaire"])
    exported = questionnaire(KNOWN["phq-9"], sent["questionnaire"].partition("/Questionnaire/")[0])
    assert sent["questionnaire"] == f"{exported['url']}|{exported['version']}"
    assert {item["linkId"] for item in sent["item"]} <= {item["linkId"] for item in exported["item"]}


def three_evenings() -> Measure:
    return imported(OWN / "three_evenings.json").measure


def test_a_response_of_an_imported_questionnaire_becomes_a_line_for_score() -> None:
    found = read_response(
        read_resource(OWN / "three_evenings_response.json"), {**KNOWN, "three-evenings": three_evenings()}
    )
    assert found.line == {"measure": "three-evenings", "answers": [2, 1, 7]}
    with pytest.raises(DefinitionFault, match="Name it with --measure"):
        read_response(read_resource(OWN / "three_evenings_response.json"), KNOWN)


def phq9_response(**changes: Any) -> Json:
    item = [{"linkId": f"PHQ.{at}", "answer": [{"valueCoding": {"code": "LA6571-9"}}]} for at in range(1, 10)]
    item.append({"linkId": "PHQ.Score", "answer": [{"valueQuantity": {"value": 27}}]})
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "Questionnaire/theirs",
        "item": item,
        **changes,
    }


def test_items_named_otherwise_are_told_by_their_numbers_and_this_is_said(tmp_path: Path) -> None:
    found = back(tmp_path, phq9_response(), wished="phq-9")
    assert found.answers == (3,) * 9
    assert found.remarks == ["Its linkIds are not those of the measure; items were told by the numbers they end in."]


def test_another_total_than_ours_is_remarked_upon(tmp_path: Path) -> None:
    given = phq9_response()
    given["item"][9]["answer"][0]["valueQuantity"]["value"] = 26
    assert "Its own total is not" in back(tmp_path, given, wished="phq-9").remarks[-1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda given: given.update(status="entered-in-error"), "entered in error"),
        (lambda given: given["item"][3]["answer"].append({"valueInteger": 1}), "several answers"),
        (
            lambda given: given["item"][3]["answer"][0].update(valueCoding={"code": "LA99"}),
            "the answer is none that PHQ-9 has",
        ),
        (
            lambda given: given["item"][3]["answer"].__setitem__(0, {"valueInteger": 4}),
            "the answer is none that PHQ-9 has",
        ),
        (lambda given: given["item"].pop(3), "its items are not those of PHQ-9"),
    ],
)
def test_a_response_that_cannot_be_understood_is_refused_without_repeating_it(
    tmp_path: Path, change: Any, sentence: str
) -> None:
    given = phq9_response()
    change(given)
    with pytest.raises(DefinitionFault, match=sentence) as refused:
        back(tmp_path, given, wished="phq-9")
    assert "LA99" not in str(refused.value)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of a service's own definitions."""
    (tmp_path / "own" / "measures").mkdir(parents=True)
    return tmp_path / "own"


@pytest.fixture
def own_desk(folder: Path, own: Path) -> Iterator[Desk]:
    """A desk of a service that has definitions of its own."""
    with closing(Access(folder, Settings(definitions_folder=str(own)), SteadyClock()).set_up_training(ALEX)) as desk:
        yield desk


def ask_in_a_call(desk: Desk, own: Path, measure: Measure, values: tuple[Answer, ...]) -> str:
    """The measure asked in a call of a service that has put it in its folder; what the note says of it."""
    (own / "measures" / f"{measure.id}.toml").write_text(measure_toml(measure), "utf-8")
    rule = f'[[rules]]\nmeasures = ["{measure.id}"]\nprotocols = ["support_contact"]\nsource = "our own"\n'
    (own / "due.toml").write_text(rule, "utf-8")
    conduct = open_contact(desk, put_patient(desk, make_patient()).id)
    conduct.record(Entered("opening", "identity"))
    conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
    asked = next(
        step.id for stage in conduct.book.protocol.stages for step in stage.steps if step.measure == measure.id
    )
    conduct.record(Entered("measures", asked))
    for item, value in zip(measure.items, values, strict=True):
        conduct.record(Answered(measure.id, item.id, value, Mode.READ_OUT))
    return compose_note(conduct.book, conduct.state).text


def test_an_imported_measure_in_the_services_folder_is_asked_in_a_call(own_desk: Desk, own: Path) -> None:
    note = ask_in_a_call(own_desk, own, three_evenings(), (2, 1, 7))
    assert "Three Evenings: 10 of 16. Answers in order: 2 1 7 (read out by the practitioner)." in note


@needs_real
@pytest.mark.parametrize("name", ["HL7_pco_PHQ9.json", "HL7_pco_GAD7.json", "Questionnaire-mii-qst-pro-phq-9.json"])
def test_the_published_questionnaires_are_asked_in_a_call_and_exported_valid(
    own_desk: Desk, own: Path, name: str
) -> None:
    measure = imported(REAL / name).measure
    values: tuple[Answer, ...] = tuple(at % 4 for at in range(len(measure.items)))
    note = ask_in_a_call(own_desk, own, measure, values)
    assert f"{measure.name}: {sum(int(value) for value in values)} of {3 * len(values)}" in note
    assert_valid(questionnaire(measure, ROOT))
    answers = {item.id: value for item, value in zip(measure.items, values, strict=True)}
    assert_valid(response(measure, answers, score(measure, answers), ROOT))
    assert canonical(ROOT, measure).endswith("|1.0.0-imported")


@needs_real
def test_the_published_response_scores_what_it_says(tmp_path: Path) -> None:
    measure = imported(REAL / "Questionnaire-mii-qst-pro-phq-9.json").measure
    path = REAL / "QuestionnaireResponse-mii-exa-pro-phq-9-response.json"
    found = read_response(read_resource(path), {**KNOWN, measure.id: measure})
    assert (found.measure, found.answers) == (measure, (3,) * 9)
    assert not any("total" in remark for remark in found.remarks)


def nhanes() -> list[tuple[int | None, ...]]:
    with FORMS.open(encoding="utf-8") as file:
        return [
            tuple(None if row[f"q{at}"] in ("", "7", "9") else int(row[f"q{at}"]) for at in range(1, 10))
            for row in csv.DictReader(file)
        ]


@pytest.mark.skipif(not FORMS.exists(), reason="the real forms are not beside this checkout")
def test_four_hundred_real_forms_score_as_an_independent_sum_does() -> None:
    measure, totals = KNOWN["phq-9"], []
    for form in nhanes():
        found = score(measure, dict(zip((item.id for item in measure.items), form, strict=True)))
        totals.append(found.total)
        assert found.total == slow_total("phq-9", form)
        if None not in form:
            assert found.total == sum(value for value in form if value is not None)
    assert len(totals) == 400


@pytest.mark.skipif(not FORMS.exists(), reason="the real forms are not beside this checkout")
def test_real_forms_go_out_as_responses_and_come_back_the_same(tmp_path: Path) -> None:
    measure = KNOWN["phq-9"]
    for form in nhanes()[::20]:
        answers: dict[str, Answer | None] = dict(zip((item.id for item in measure.items), form, strict=True))
        if any(value is not None for value in form):
            assert back(tmp_path, response(measure, answers, score(measure, answers), ROOT)).answers == form
