"""The hazard log names real code and real tests."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gsh_console"
with (ROOT / "docs" / "clinical-safety" / "hazard_log.csv").open(encoding="utf-8", newline="") as file:
    HAZARDS = list(csv.DictReader(file))


def named(cell: str) -> list[tuple[str, str]]:
    """The file and the name of each entry of a cell."""
    return [(path, name) for path, _, name in (part.strip().partition(":") for part in cell.split(";"))]


def names_in(path: Path) -> set[str]:
    """Everything a Python file defines: functions, methods, classes, assigned names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def test_every_hazard_of_the_starter_list_is_there_once() -> None:
    ids = [row["id"] for row in HAZARDS]
    assert ids == [f"H{number}" for number in range(1, len(HAZARDS) + 1)]
    assert len(HAZARDS) >= 20
    assert all(row[column].strip() for row in HAZARDS for column in ("hazard", "control", "code", "tests", "open"))


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row["id"])
def test_the_control_stands_where_the_log_says(row: dict[str, str]) -> None:
    for path, name in named(row["code"]):
        place = SOURCE / path
        assert place.is_file(), path
        known = names_in(place) if place.suffix == ".py" else set(re.findall(r"\w+", place.read_text("utf-8")))
        assert name in known, f"{path}:{name}"


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row["id"])
def test_the_tests_that_prove_it_are_there(row: dict[str, str]) -> None:
    for path, name in named(row["tests"]):
        assert path.startswith("tests/")
        assert (ROOT / path).is_file(), path
        assert name == "*" or name in names_in(ROOT / path), f"{path}:{name}"


def test_it_rates_nothing_and_nobody() -> None:
    assert not {"severity", "likelihood", "risk", "rating"} & {column.lower() for column in HAZARDS[0]}
    readme = (ROOT / "docs" / "clinical-safety" / "README.md").read_text("utf-8")
    assert "No clinical safety case has been approved" in readme
