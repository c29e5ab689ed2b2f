"""`score`: JSON Lines of answers in, JSON Lines of scores out; one line at a time, so any number of forms."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

import click

from gsh_console.content.definitions import Definitions
from gsh_console.domain.measures import Absence, Answer, Measure
from gsh_console.domain.scoring import AnswerRefused, score
from gsh_console.faults import GshFault, InputRefused


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
    definitions = Definitions()
    refused = False
    for line in file:
        if not line.strip():
            continue
        try:
            told = score_line(definitions, line)
        except GshFault as fault:
            refused, told = True, {"error": str(fault)}
        click.echo(json.dumps(told, ensure_ascii=False))
    if refused:
        sys.exit(1)


def score_line(definitions: Definitions, line: str) -> dict[str, Any]:
    """The score of one line; a GshFault says what is wrong with it."""
    try:
        form = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputRefused(f"This line is not JSON ({error.msg}).", "Write one object a line.") from None
    if not isinstance(form, dict) or not isinstance(form.get("measure"), str) or "answers" not in form:
        raise InputRefused('This line has no "measure" and "answers".', "Give both.")
    measure = definitions.measure(form["measure"])
    try:
        result = score(measure, read_answers(measure, form["answers"]))
    except AnswerRefused as error:
        raise InputRefused(f"{error}.", "Correct the answer; null means missing.") from None
    return {
        "measure": measure.id,
        "total": result.total,
        "complete": result.complete,
        "prorated": result.prorated,
        "missing": [measure.position(item) + 1 for item in result.missing],
        "band": result.band,
        "caseness": result.caseness,
        "subscales": {},
        "prompts": [measure.position(item) + 1 for item in result.prompts],
    }


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
