"""`outcome`: JSON Lines of courses of treatment in, JSON Lines of national outcomes out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import click

from gsh_console.commands.lines import each_line, json_object
from gsh_console.content.definitions import Definitions
from gsh_console.content.measure_files import step_of
from gsh_console.domain.courses import Course, Outcome, OutcomeRules, outcome
from gsh_console.domain.measures import Number
from gsh_console.faults import InputRefused, nearest

_KEYS = ("descriptor", "attended", "ended", "scores")


@click.command("outcome")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--rules", is_flag=True, help="Show the rules instead, each with its source.")
@click.option("--store", type=click.Path(file_okay=False), hidden=True)
def outcome_command(file: IO[str], rules: bool, store: str | None) -> None:
    """Judge courses of treatment by the national rules: one JSON object a line, from FILE or standard input.

    \b
    in   {"descriptor": "F410", "attended": 6, "ended": true,
          "scores": {"phq-9": [14, null, 6], "gad-7": [12, 9], "pdss": [15, 6]}}
    out  {"cohort": true, "measure": "pdss", "caseness": true, "recovery": true,
          "reliable_change": "improvement", "reliable_recovery": true, "why": "..."}

    Scores stand in time order, null where none was taken. "cohort" says whether the course is finished and counts;
    null is neither yes nor no. A line that cannot be judged carries an "error"; the exit code is then 1.
    """
    del store
    outcomes = Outcomes()
    if rules:
        click.echo("\n".join(shown(outcomes.rules)))
    elif each_line(file, outcomes.line):
        sys.exit(1)


class Outcomes:
    """Judges lines by the rules in force today."""

    def __init__(self, definitions: Definitions | None = None) -> None:
        if definitions is None:
            from gsh_console.commands.library import own_definitions

            definitions = own_definitions()
        self.rules = definitions.outcome_rules()
        self._measures = {name: definitions.measures[name] for name in definitions.measures}
        self._ranges = {n: (m.minimum, m.maximum, step_of(m.total)) for n, m in self._measures.items() if m.total}

    def line(self, line: str) -> str:
        """The outcome of one line as one line; a GshFault says what is wrong with it."""
        found = outcome(self.rules, self._measures, self.course(json_object(line, exact=True)))
        return json.dumps(as_json(found))

    def course(self, given: Mapping[str, Any]) -> Course:
        """One line as a course; every score is held against the range of its measure."""
        for key in given:
            if key not in _KEYS:
                raise InputRefused(f'There is no "{key}" in a course.', nearest(key, _KEYS))
        descriptor, attended, ended = given.get("descriptor"), given.get("attended"), given.get("ended")
        if not isinstance(descriptor, str | None):
            raise InputRefused('"descriptor" is not text.', "Give the code of the problem, or null.")
        if not isinstance(attended, int) or isinstance(attended, bool) or attended < 0:
            raise InputRefused('"attended" is not a count.', "Give the number of attended treatment contacts.")
        if not isinstance(ended, bool):
            raise InputRefused('"ended" is neither true nor false.', "Say whether the referral has ended.")
        scores = given.get("scores")
        if not isinstance(scores, dict):
            raise InputRefused('"scores" is not an object.', "Give a list of scores by measure.")
        return Course(descriptor or "", attended, ended, {name: self._scores(name, scores[name]) for name in scores})

    def _scores(self, name: str, given: Any) -> list[Number | None]:
        if name not in self._measures:
            raise InputRefused(f'There is no measure "{name}".', nearest(name, self._measures))
        measure = self._measures[name]
        if name not in self._ranges:
            raise InputRefused(f"{measure.name} has no total.", "Leave it out.")
        if not isinstance(given, list):
            raise InputRefused(f"The scores of {measure.name} are not a list.", "Give them in time order.")
        low, high, step = self._ranges[name]
        for score in given:
            if score is not None and not _on_the_scale(score, low, high, step):
                steps = f" in steps of {step}" if step != 1 else ""
                raise InputRefused(
                    f"A score of {measure.name} runs from {low} to {high}{steps}.",
                    "Correct the score; null means not taken.",
                )
        return given


def _on_the_scale(score: Any, low: Number, high: Number, step: Number) -> bool:
    if isinstance(score, bool) or not isinstance(score, int | Decimal):
        return False
    if isinstance(score, Decimal) and not (isinstance(step, Decimal) and score.is_finite()):
        return False
    return low <= score <= high and score % step == 0


def as_json(found: Outcome) -> dict[str, Any]:
    """An outcome as JSON values."""
    return {
        "cohort": found.cohort,
        "measure": found.measure,
        "caseness": found.caseness,
        "recovery": found.recovery,
        "reliable_change": found.reliable_change,
        "reliable_recovery": found.reliable_recovery,
        "why": found.why,
    }


def shown(rules: OutcomeRules) -> list[str]:
    """The rules in words, each with its source and confidence; what is inferred says so."""
    lines = [f"{rules.id} {rules.version}, in force from {rules.effective_from}"]
    for clause in rules.clauses:
        inferred = "inferred; " if clause.inferred else ""
        lines.append(f"  {clause.says} ({inferred}{clause.source}; confidence {clause.confidence})")
    for pairing in rules.pairings:
        codes = ", ".join((*pairing.begins, *pairing.concepts))
        told = f"{pairing.problem} ({codes}): {rules.depression} with {pairing.measure}"
        lines.append(f"  {told} ({pairing.source}; confidence {pairing.confidence})")
    return [*lines, f"  Anything else: {rules.depression} with {rules.fallback}"]
