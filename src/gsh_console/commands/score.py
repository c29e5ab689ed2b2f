"""`score`: JSON Lines of answers in, JSON Lines of scores out; one line at a time, so any number of forms."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

import click

from gsh_console.commands.lines import each_line, json_object
from gsh_console.content.definitions import Definitions
from gsh_console.domain.measures import Absence, Answer, Measure
from gsh_console.domain.scoring import AnswerRefused, Score, Subscore, score, scorer_of
from gsh_console.faults import InputRefused

_KEPT = 4096


@click.command("score")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--store", type=click.Path(file_okay=False), hidden=True)
def score_command(file: IO[str], store: str | None) -> None:
    """Score forms: one JSON object a line, from FILE or standard input.

    \b
    in   {"measure": "phq-9", "answers": [0, 1, 2, null, 0, 0, 1, 0, 0]}
    out  {"measure": "phq-9", "total": 5, "complete": false, "prorated": true, "missing": [4], ...}

    null (or "declined", "unclear", "not asked") is missing, never 0. A line that cannot be scored carries an "error"
    and the others are still scored; the exit code is then 1.
    """
    del store
    if each_line(file, Scores().line):
        sys.exit(1)


class Scores:
    """Scores lines; the text of a score met before is used again."""

    def __init__(self, definitions: Definitions | None = None) -> None:
        if definitions is None:
            from gsh_console.commands.library import own_definitions

            definitions = own_definitions()
        self._definitions = definitions
        self._measures: dict[str, Measure] = {}
        self._told: dict[int, tuple[Score, str]] = {}

    def line(self, line: str) -> str:
        """The score of one line as one line; a GshFault says what is wrong with it."""
        measure, result = self._scored(line)
        held = self._told.get(id(result))
        if held is not None and held[0] is result:
            return held[1]
        text = json.dumps(as_json(measure, result), default=float)
        if len(self._told) < _KEPT:
            self._told[id(result)] = (result, text)
        return text

    def _scored(self, line: str) -> tuple[Measure, Score]:
        form = json_object(line)
        name = form.get("measure")
        if not isinstance(name, str) or "answers" not in form:
            raise InputRefused('This line has no "measure" and "answers".', "Give both.")
        measure = self._measures.get(name)
        if measure is None:
            measure = self._measures[name] = self._definitions.measure(name)
        answers = form["answers"]
        try:
            if isinstance(answers, list) and len(answers) == len(measure.items):
                try:
                    return measure, scorer_of(measure).score(answers)
                except AnswerRefused:
                    pass  # a reason in words is no answer yet, and the fault is told better below
            return measure, score(measure, read_answers(measure, answers))
        except AnswerRefused as error:
            raise InputRefused(f"{error}.", "Correct the answer; null means missing.") from None


def score_line(definitions: Definitions, line: str) -> dict[str, Any]:
    """The score of one line as JSON values; a GshFault says what is wrong with it."""
    told: dict[str, Any] = json.loads(Scores(definitions).line(line))
    return told


def as_json(measure: Measure, result: Score) -> dict[str, Any]:
    """A score as JSON values; items by their number on the form, exact numbers as Decimal."""
    return {
        "measure": measure.id,
        "total": result.total,
        "complete": result.complete,
        "prorated": result.prorated,
        "missing": _numbers(measure, result.missing),
        "band": result.band,
        "caseness": result.caseness,
        "subscales": {name: _part(measure, part) for name, part in result.subscales.items()},
        "prompts": _numbers(measure, result.prompts),
    }


def _part(measure: Measure, part: Subscore) -> dict[str, Any]:
    return {
        "total": part.total,
        "complete": part.complete,
        "prorated": part.prorated,
        "missing": _numbers(measure, part.missing),
        "band": part.band,
        "caseness": part.caseness,
    }


def _numbers(measure: Measure, items: tuple[str, ...]) -> list[int]:
    return [measure.position(item) + 1 for item in items]


def read_answers(measure: Measure, given: Any) -> dict[str, Answer | None]:
    """The answers of one form by item id, from a list in item order or an object by item number."""
    if isinstance(given, list):
        if len(given) != len(measure.items):
            raise InputRefused(
                f"{measure.name} has {len(measure.items)} items, {len(given)} answers were given.",
                "Give one answer an item, null for a missing one.",
            )
        pairs: Mapping[str, Any] = {item.id: value for item, value in zip(measure.items, given, strict=True)}
    elif isinstance(given, dict):
        pairs = given
    else:
        raise InputRefused('"answers" is neither a list nor an object.', "Give a list in item order.")
    return {str(item): _answer(measure, str(item), value) for item, value in pairs.items()}


def _answer(measure: Measure, item: str, value: Any) -> Answer | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    try:
        return Absence(value)
    except ValueError:
        raise InputRefused(
            f"{measure.name} item {item}: that is not an answer.", "Give a whole number, null or a reason in words."
        ) from None
