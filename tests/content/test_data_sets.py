"""The national minimum data set as it ships, and what is refused in a file of that kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gsh_console.content.data_sets import part_named, read_data_set, read_data_sets
from gsh_console.domain.data_sets import Occasion
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder

SHIPPED = definitions_folder() / "data_sets"
MINIMUM = (SHIPPED / "minimum.toml").read_text("utf-8")

# Domain reference §8.3, field by field.
CODES = {
    "medication.PsychMed": "01 02 03 UU ZZ",
    "employment.EmployStatus": "01 02 03 04 05 06 07 08 ZZ",
    "employment.EmployStatusRecDate": "",
    "employment.WeekHoursWorked": "01 02 03 04 97 98 99",
    "employment.SelfEmployInd": "Y N 8 Z X",
    "employment.SickAbsenceInd": "Y N 8 Z X",
    "benefits.BenefitRecInd": "Y N U Z",
    "benefits.SSPInd": "Y N U Z",
    "benefits.JSAInd": "Y N U Z",
    "benefits.ESAInd": "Y N U Z",
    "benefits.UCInd": "Y N U Z",
    "benefits.PIPInd": "Y N U Z",
    "benefits.OtherBenefitInd": "Y N U Z",
    "employment_support.EmpSupportInd": "Y N NA",
    "employment_support.EmpSupportDischargeDate": "",
    "end_without_treatment.EndCode": "10 11 12 13 14 16 17 95 50",
    "end_after_treatment.EndCode": "46 47 48 49 96",
}


def test_the_minimum_data_set_has_the_national_fields_and_codes() -> None:
    held = read_data_sets(SHIPPED)["minimum"]
    found = {
        f"{part.id}.{field.code}": " ".join(option.code or "" for option in field.options)
        for part in held.parts
        for field in part.fields
    }
    assert found == CODES


def test_work_and_benefits_are_asked_at_assessment_on_change_and_at_the_end_and_medicines_always() -> None:
    held = read_data_sets(SHIPPED)["minimum"]
    block = ["medication", "employment", "benefits", "employment_support"]
    assert [part.id for part in held.due(())] == ["medication"]
    assert [part.id for part in held.due((Occasion.ASSESSMENT,))] == block
    assert [part.id for part in held.due((Occasion.CHANGE,))] == block
    assert [part.id for part in held.due((Occasion.END,))] == [*block, "end_after_treatment"]
    assert [part.id for part in held.due((Occasion.END_WITHOUT_TREATMENT,))] == ["medication", "end_without_treatment"]


def test_every_choice_can_be_answered_with_one_digit_and_says_it_in_words() -> None:
    for part in read_data_sets(SHIPPED)["minimum"].parts:
        for field in part.fields:
            assert len(field.options) <= 9
            assert all(re.search("[a-z]", option.label) or option.label[0].isdigit() for option in field.options)


def test_a_step_names_a_part_and_a_wrong_name_is_answered_with_the_nearest() -> None:
    held = read_data_sets(SHIPPED)
    assert part_named(held, "minimum.benefits").title == "Benefits"
    with pytest.raises(DefinitionFault, match=r'Did you mean "minimum\.benefits"'):
        part_named(held, "minimum.benefit")


def test_a_folder_that_is_not_there_holds_no_data_set(tmp_path: Path) -> None:
    assert read_data_sets(tmp_path / "gone") == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('source = "IAPT', 'source = ""\nnotes2 = "IAPT', "there is no such key"),
        (re.search('source = ".*"', MINIMUM)[0], 'source = ""', "source: a data set needs the place"),
        ('confidence = "H"', 'confidence = "sure"', "none of H, M, K, L"),
        ('id = "benefits"', 'id = "employment"', '"employment" stands there twice'),
        ('asked = ["every_contact"]', "asked = []", "parts[0].asked: there is none"),
        ('asked = ["every_contact"]', 'asked = ["end", "end"]', '"end" stands there twice'),
        ('asked = ["every_contact"]', 'asked = ["sometimes"]', "parts[0].asked"),
        ('id = "hours"', 'id = "situation"', '"situation" stands there twice'),
        ('code = "PsychMed"\n', "", "it names no national field"),
        ('code = "SSPInd"', 'code = "JSAInd"', '"JSAInd" stands there twice'),
        (
            'kind = "date"\npast = true\nlabel = "Day this was so"',
            'kind = "text"\nlabel = "Day"',
            "asks a choice or a date",
        ),
        (', code = "UU" }', " }", "options[3].code: it has no national code"),
        (', code = "UU" }', ', code = "ZZ" }', '"ZZ" stands there twice'),
        (
            'value = "unknown", label = "not known", code = "UU"',
            'value = "not_stated", label = "x", code = "UU"',
            "twice",
        ),
    ],
)
def test_each_wrong_place_is_told_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in MINIMUM
    path = tmp_path / "minimum.toml"
    path.write_text(MINIMUM.replace(old, new, 1), "utf-8")
    with pytest.raises(DefinitionFault) as refused:
        read_data_set(path)
    assert told in str(refused.value)
    assert str(refused.value).startswith("minimum.toml")


def test_a_field_with_more_options_than_digits_is_refused(tmp_path: Path) -> None:
    more = '  { value = "extra", label = "extra", code = "98" },\n  { value = "not_stated", label = "did not want to say", code = "ZZ" },\n]\n[[parts.fields]]\nid = "recorded_on"'
    old = '  { value = "not_stated", label = "did not want to say", code = "ZZ" },\n]\n[[parts.fields]]\nid = "recorded_on"'
    assert old in MINIMUM
    path = tmp_path / "minimum.toml"
    path.write_text(MINIMUM.replace(old, more), "utf-8")
    with pytest.raises(DefinitionFault, match=r"parts\[1\]\.fields\[0\]\.options: there are more than 9"):
        read_data_set(path)
