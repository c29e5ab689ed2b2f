"""The outcome rules file: what ships is sourced; a wrong one is refused in one sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gsh_console.content.definitions import Definitions
from gsh_console.content.outcome_files import read_outcome_rules
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from tests.builders import definitions

RULES = (definitions_folder() / "outcome_rules.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("inferred = true\n", "", 'clauses: the clause "caseness_needs_both_first_scores" is not there, marked'),
        ('id = "recovery"', 'id = "caseness"', 'clauses: "caseness" stands there twice'),
        ("least_attended = 2", "least_attended = 0", "least_attended: a course has at least one contact"),
        ('measure = "spin"', 'measure = "spim"', 'no measure is called "spim". Did you mean "spin"?'),
        ('measure = "spin"', 'measure = "bpi"', "bpi has no total where higher is worse"),
        ('fallback = "gad-7"', 'fallback = "gbo"', "gbo has no total where higher is worse"),
        ('begins = ["F400"]', 'begins = ["F40.0"]', 'pairings[4].begins: "F40.0" is not written as in F400'),
        ('begins = ["F400"]', 'begins = ["F401"]', 'pairings: "F401" stands there twice'),
        ('concepts = ["83482000"]', 'concepts = ["8348200O"]', '"8348200O" is no SNOMED CT id'),
        ('confidence = "H"', 'confidence = "sure"', "clauses[0].confidence: it is none of H, M, K, L"),
        ('source = "Clark 2018, table 2"', 'source = ""', "pairings[0].source: a rule needs the place"),
        ('says = "A finished', 'sayz = "A finished', "clauses[0].sayz: there is no such key"),
        ('version = "1.0.0"', "version = 1", "version: input should be a valid string"),
    ],
)
def test_a_wrong_rules_file_is_refused_with_its_place(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    assert right in RULES
    path = tmp_path / "outcome_rules.toml"
    path.write_text(RULES.replace(right, wrong, 1), "utf-8")
    with pytest.raises(DefinitionFault) as refused:
        read_outcome_rules(path, definitions().measures)
    assert told in str(refused.value)


def test_the_rules_in_force_on_a_day_are_the_newest_that_had_begun(tmp_path: Path) -> None:
    for measure in (definitions_folder() / "measures").glob("*.toml"):
        copy = tmp_path / "measures" / measure.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(measure.read_text("utf-8"), "utf-8")
    (tmp_path / "outcome_rules.toml").write_text(RULES, "utf-8")
    later = RULES.replace('version = "1.0.0"', 'version = "2.0.0"').replace("2022-03-25", "2027-04-01")
    (tmp_path / "outcome_rules@2.0.0.toml").write_text(later, "utf-8")
    held = Definitions(tmp_path)
    days = [date(2000, 1, 1), date(2027, 3, 31), date(2027, 4, 1)]
    assert [held.outcome_rules(day).version for day in days] == ["1.0.0", "1.0.0", "2.0.0"]
