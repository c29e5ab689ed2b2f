"""Nothing anywhere ranks a person by danger: no column, field, label, key, code, header or printed word.

NHS England "Staying safe from suicide" (2025) and NICE NG225; domain reference §4.2.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.commands.patients import HELD
from gsh_console.domain.entries import Filled
from gsh_console.domain.people import Patient
from gsh_console.locations import definitions_folder, materials_folder, translations_folder
from tests.builders import SOURCE, definitions, signed_contact, waiting

RANKS = re.compile(
    r"risk.?(level|score|rating|colou?r|rank)|(low|medium|moderate|high)[ _-]risk\b|risk[ _-](low|medium|high)\b"
    r"|(level|score|rating|degree) of (risk|danger)|traffic.?light|\brag[ _-](status|rating)",
    re.IGNORECASE,
)


def ranked(text: str) -> list[str]:
    return [match.group() for match in RANKS.finditer(text)]


def test_the_pattern_finds_what_it_is_for_and_lets_plain_words_be() -> None:
    for word in ("risk_level", "Risk score", "riskRating", "risk-colour", "risk rank", "Low risk", "high_risk",
                 "risk: low".replace(": ", "_"), "level of risk", "RAG status"):  # fmt: skip
        assert ranked(word), word
    assert not ranked("at risk of falling; a low mood; the score of the PHQ-9; how strong, 0 to 10; risky things")


def test_no_column_of_the_store_ranks_a_person(desk: Desk) -> None:
    for name, kind, sql in desk.store.fetch("SELECT name, type, coalesce(sql, '') FROM sqlite_master"):
        assert not ranked(f"{name} {sql}"), (kind, name)
    tables = [row[0] for row in desk.store.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = [row[1] for table in tables for row in desk.store.fetch(f"PRAGMA table_info({table})")]
    assert not {"risk", "level", "severity", "rating", "priority"} & set(columns)


def test_no_header_of_an_export_ranks_a_person() -> None:
    for table, _, columns in HELD.values():
        assert not ranked(f"{table} {' '.join(columns)}")
        assert not {"risk", "level", "rating", "priority"} & set(columns)


def every_word(value: Any) -> list[str]:
    """Every key and every text of a definition file."""
    if isinstance(value, dict):
        return [word for key, each in value.items() for word in (key, *every_word(each))]
    if isinstance(value, list):
        return [word for each in value for word in every_word(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("path", sorted(definitions_folder().rglob("*.toml")), ids=lambda path: path.stem)
def test_no_key_label_or_option_of_a_definition_ranks_a_person(path: Path) -> None:
    words = every_word(tomllib.loads(path.read_text("utf-8")))
    assert not [word for word in words if ranked(word)]
    if path.parent.name != "measures":
        assert not [word for word in words if word in ("level", "severity", "risk", "priority")]


def test_no_field_of_any_contact_holds_a_number_about_danger_but_the_patients_own() -> None:
    asked = [field for _, field in definitions().safety.fields()]
    asked += list(definitions().safety_plan.fields)
    assert len(asked) > 40
    for field in asked:
        assert not ranked(f"{field.id} {field.label} {field.note} {field.hint}") or "No level" in field.hint
        assert field.kind != "scale" or "in the patient's own number" in field.label
        assert not any(ranked(f"{option.value} {option.label}") for option in field.options)


@pytest.mark.parametrize("ending", ["j2", "css", "tcss", "sql", "typ"])
def test_no_template_or_style_ranks_a_person(ending: str) -> None:
    for path in sorted(SOURCE.rglob(f"*.{ending}")):
        assert not ranked(f"{path.name} {path.read_text('utf-8')}"), path.name


@pytest.mark.parametrize("root", [materials_folder(), translations_folder()], ids=lambda root: root.name)
def test_no_word_for_patients_and_no_english_to_translate_ranks_a_person(root: Path) -> None:
    read = 0
    for path in sorted(root.rglob("*")):
        if path.suffix in (".md", ".toml", ".po", ".pot", ".j2") and path.name != "CHECKLIST.md":
            read += 1
            assert not ranked(path.read_text("utf-8")), path.relative_to(root)
    assert read > 20


def test_nothing_that_is_sent_or_given_out_ranks_a_person(desk: Desk, patient: Patient) -> None:
    signed_contact(
        desk, patient, Filled("safety.thoughts_now", "yes"), Filled("safety.action", "Ring on Monday"),
        *(Filled(f"safety.{area}", "no") for area in (
            "thoughts_past", "intent", "plans", "actions_past", "means", "keeps_going", "has_stopped", "makes_worse",
            "help_in_place",
        )),
        Filled("safety.thoughts_now.strength", 7), Filled("safety_plan.signs", "I do not answer"),
    )  # fmt: skip
    payloads = [json.loads(item.payload) for item in waiting(desk.store)]
    assert payloads
    for word in every_word(payloads):
        assert not ranked(word)
    keys = {key for payload in payloads for key in _keys(payload)}
    assert not {"priority", "severity", "riskAssessment", "prediction"} & keys
    kinds = {entry["resource"]["resourceType"] for payload in payloads for entry in payload["entry"]}
    assert not {"RiskAssessment", "Flag", "DetectedIssue"} & kinds
    assert not ranked(" ".join(row[0] for row in desk.store.fetch("SELECT text FROM note")))


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in _keys(each)}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()
