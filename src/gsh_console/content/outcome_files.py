"""The outcome rules from their file: every clause sourced, every pairing a measure that can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gsh_console.content.measure_files import CONFIDENCES
from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain.courses import Clause, OutcomeRules, Pairing, measures_named
from gsh_console.domain.measures import Measure
from gsh_console.faults import nearest

INFERRED = ("caseness_needs_both_first_scores", "last_score_needs_two", "other_did_not_move_the_other_way")

closed(Clause, OutcomeRules, Pairing)


def read_outcome_rules(path: Path, measures: Mapping[str, Measure]) -> OutcomeRules:
    """One rules file, its measures known and its inferred clauses marked as such."""
    rules: OutcomeRules = read_toml(path, OutcomeRules)
    if rules.least_attended < 1:
        raise fault(path, "least_attended", "a course has at least one contact", "Correct it.")
    refuse_repeated(path, "clauses", [clause.id for clause in rules.clauses])
    marked = {clause.id for clause in rules.clauses if clause.inferred}
    for needed in INFERRED:
        if needed not in marked:
            raise fault(path, "clauses", f'the clause "{needed}" is not there, marked inferred', "Put it back.")
    _check_sources(path, rules)
    _check_codes(path, rules)
    for name in sorted(measures_named(rules)):
        _check_measure(path, name, measures)
    return rules


def _check_sources(path: Path, rules: OutcomeRules) -> None:
    for key in ("clauses", "pairings"):
        for at, each in enumerate(getattr(rules, key)):
            if not each.source:
                raise fault(path, f"{key}[{at}].source", "a rule needs the place it was taken from", "Please add it.")
            if each.confidence not in CONFIDENCES:
                raise fault(path, f"{key}[{at}].confidence", "it is none of H, M, K, L", "Say how sure the source is.")


def _check_codes(path: Path, rules: OutcomeRules) -> None:
    refuse_repeated(path, "pairings", [code for each in rules.pairings for code in (*each.begins, *each.concepts)])
    for at, pairing in enumerate(rules.pairings):
        for code in pairing.begins:
            if not (code.isalnum() and code.isupper()):
                raise fault(path, f"pairings[{at}].begins", f'"{code}" is not written as in F400', "Drop the dot.")
        for concept in pairing.concepts:
            if not concept.isdecimal():
                raise fault(path, f"pairings[{at}].concepts", f'"{concept}" is no SNOMED CT id', "Correct it.")


def _check_measure(path: Path, name: str, measures: Mapping[str, Measure]) -> None:
    if name not in measures:
        raise fault(path, "pairings.measure", f'no measure is called "{name}"', nearest(name, measures))
    if measures[name].total is None or not measures[name].higher_is_worse:
        raise fault(path, "pairings.measure", f"{name} has no total where higher is worse", "Pair another.")
