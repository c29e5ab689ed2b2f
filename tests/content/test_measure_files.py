"""A measure file is held by its own worked examples: change any figure that bears on scores and it is refused."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gsh_console.content.measure_files import check_measure, read_measure
from gsh_console.content.measure_mutations import mutants, survivors
from gsh_console.domain.measures import Measure
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from tests.builders import definitions

FOLDER = definitions_folder() / "measures"
EACH = pytest.mark.parametrize("name", list(definitions().measures))


def held(name: str) -> Measure:
    return definitions().measures[name]


@EACH
def test_no_figure_of_a_shipped_measure_can_change_without_its_own_examples_noticing(name: str) -> None:
    assert len(list(mutants(held(name)))) > 10
    assert survivors(held(name)) == ()


def test_the_changes_that_are_tried_reach_every_kind_of_figure() -> None:
    names = [name for measure in definitions().measures.values() for name, _ in mutants(measure)]
    for kind in (
        r"items\[\d+\]\.reverse turned", r"choices\[\d+\]\.value \+1", r"items\[\d+\]\.choices\[\d+\]\.value -1",
        r"items\[\d+\]\.span\.low -1", r"items\[\d+\]\.span\.high \+1", r"items\[\d+\]\.safety_prompt_from \+1",
        r"items\[\d+\]\.safety_prompt_from left out", r"higher_is_worse turned", r"rule mean", r"rule sum", r"rule none",
        r"subscales\[\d+\]\.rule mean", r"prorate_limit [+-]1", r"subscales\[\d+\]\.prorate_limit \+1",
        r"decimals [+-]1", r"caseness\.operator turned", r"caseness\.value (up|down)",
        r"subscales\[\d+\]\.caseness\.value up", r"reliable_change\.value (up|down)",
        r"reliable_change\.operator turned", r"bands\[\d+\]\.high [+-][\d.]+",
        r"bands\[\d+\] and bands\[\d+\] change labels", r"item \w+ left out", r"item \w+ added",
        r"subscales\[\d+\]\.item \w+ for item \w+", r"items\[\d+\] and items\[\d+\] change places",
    ):  # fmt: skip
        assert any(re.fullmatch(kind, name) for name in names), kind


def test_weak_examples_are_told_by_what_they_would_miss() -> None:
    phq9 = held("phq-9")
    weak = replace(phq9, examples=tuple(e for e in phq9.examples if -1 in e.answers)[:1], changes=())
    check_measure(Path("phq-9.toml"), weak)
    missed = survivors(weak)
    assert "caseness.value up" in missed
    assert "reliable_change.value down" in missed
    assert "bands[0].high +1" in missed


# What a person may well change in the text of a file by mistake: any number, the rule, the operator, an item's place.
@EACH
def test_any_number_of_a_shipped_file_one_higher_is_refused_by_the_file_itself(name: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    scored = re.compile(r"(?m)^(?:value|low|high|prorate_limit|decimals|total|safety_prompt_from) = (\d+)")
    extras = text.find("[[extras]]")
    accepted = []
    for found in scored.finditer(text):
        if 0 <= extras < found.start():  # never counted
            continue
        changed = f"{text[: found.start(1)]}{int(found[1]) + 1}{text[found.end(1) :]}"
        copy = tmp_path / f"{name}.toml"
        copy.write_text(changed, "utf-8")
        try:
            read_measure(copy)
        except DefinitionFault:
            continue
        accepted.append((found[0], text[: found.start()].count("\n") + 1))
    assert accepted == []


@EACH
def test_every_file_is_called_after_its_measure_and_holds_a_form_with_a_gap(name: str) -> None:
    raw = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    assert raw["id"] == name
    assert any(-1 in example["answers"] for example in raw["examples"])
