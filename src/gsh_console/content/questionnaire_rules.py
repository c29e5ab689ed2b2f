"""How the answers of a Questionnaire become numbers: read where it is a plain sum, asked for where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gsh_console.content.questionnaire_answers import Answers, Known
from gsh_console.content.questionnaire_sums import summed
from gsh_console.content.questionnaire_walk import Total, Walked
from gsh_console.content.questionnaires import Found
from gsh_console.content.reading import fault
from gsh_console.domain.measures import Rule, Scale

ASK = "Please give the rule: --rule sum or --rule none; for anything else write the measure file by hand."

_TOTAL = re.compile(r"\b(total|gesamt\w*)\b", re.I)


@dataclass(frozen=True)
class Made:
    """The rule, the linkIds that are scored, further sums, the LOINC code of the total, and whence all this is.

    `total_items`: the linkIds of the total, empty for all that are scored.
    """

    rule: Rule
    items: frozenset[str]
    subscales: tuple[Scale, ...] = ()
    total_code: str = ""
    why: str = ""
    total_items: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sums:
    """What the file's own formulas add up, by total."""

    of: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def everything(self) -> frozenset[str]:
        return frozenset().union(*self.of.values())

    def whole(self, totals: list[Total]) -> Total | None:
        """The total that adds up all that any of them adds up, or else the only one that calls itself so."""
        summed = [total for total in totals if total.id in self.of]
        named = [each for each in summed if any(_TOTAL.search(text) for text in (each.id, *each.texts.values()))]
        wide = next((total for total in summed if self.of[total.id] == self.everything), None)
        return wide or (named[0] if len(named) == 1 else None)


def rule_of(found: Found, walked: Walked, given: dict[str, Answers], known: Known, wished: Rule | None) -> Made:
    """The rule by which the form is scored; DefinitionFault that asks for it where the file cannot be understood."""
    sums = _sums(found, walked, wished)
    if sums.of and wished is None:
        made = _from_sums(walked, sums)
        found.remarks.append("The file's formula adds up what is there; here a missing answer means no total.")
    else:
        made = _without_formula(found, walked, known, wished)
    _refuse_numberless(found, walked, given, made)
    return made


def _sums(found: Found, walked: Walked, wished: Rule | None) -> _Sums:
    questions = {question.id for question in walked.questions}
    told: dict[str, frozenset[str]] = {}
    for total in walked.totals:
        if not total.expression:
            continue
        items = summed(total.expression, walked.variables, walked.places)
        counted = (items or frozenset()) & (questions | walked.left_out)
        if counted and counted <= questions:
            told[total.id] = counted
        elif wished is None:
            wrong = "its formula is not a plain sum of questions with numbers"
            raise fault(found.path, total.id, wrong, ASK)
    return _Sums(told)


def _from_sums(walked: Walked, sums: _Sums) -> Made:
    whole = sums.whole(walked.totals)
    parts = [total for total in walked.totals if total.id in sums.of and total is not whole]
    order = [question.id for question in walked.questions]
    counted = tuple(item for item in order if whole and item in sums.of[whole.id])
    subscales = tuple(
        Scale(_scale_id(total, at), _name(total), Rule.SUM, tuple(item for item in order if item in sums.of[total.id]))
        for at, total in enumerate(parts, 1)
    )
    rule = Rule.SUM if whole else Rule.NONE
    why = "The rule is the plain sum of the file's own formula." if whole else "The file has sums, but no total."
    some = counted if len(counted) < len(sums.everything) else ()
    return Made(rule, sums.everything, subscales, whole.loinc if whole else "", why, some)


def _without_formula(found: Found, walked: Walked, known: Known, wished: Rule | None) -> Made:
    questions = walked.questions
    items = frozenset(question.id for question in questions if not known.is_extra(question.loinc))
    code = next((total.loinc for total in walked.totals if total.loinc), "")
    if wished is not None:
        return Made(wished, items, (), code, "The rule was given by the person who imported it.")
    twin = known.measure([question.loinc for question in questions])
    if twin is not None and twin.rule is Rule.SUM and not twin.subscales and not any(i.reverse for i in twin.items):
        found.remarks.append(f"It has no formula; its items are those of {twin.id}, whose rule is the sum.")
        return Made(Rule.SUM, items, (), code, f"The rule is that of {twin.name}, whose items these are.")
    if walked.totals:
        raise fault(found.path, walked.totals[0].id, "the file has a total but not how it is made", ASK)
    found.remarks.append("It has no total, so none is made; --rule sum would add the items up.")
    return Made(Rule.NONE, items, (), code, "The file has no total.")


def _refuse_numberless(found: Found, walked: Walked, given: dict[str, Answers], made: Made) -> None:
    for question in walked.questions:
        lacking = given[question.id].lacking
        if lacking and question.id in made.items:
            wrong = f"the answer “{lacking}” has no number: no ordinalValue, no itemWeight, no known LOINC answer code"
            raise fault(found.path, question.id, wrong, "Add ordinalValue to each answer.")
        if lacking:
            found.remarks.append(f"The answers of “{question.id}” have no numbers and were numbered in order.")


def _scale_id(total: Total, at: int) -> str:
    made = re.sub(r"[^a-z0-9]+", "-", total.id.lower()).strip("-")
    return made if made and made != "total" else f"sum-{at}"


def _name(total: Total) -> str:
    return total.texts.get("en") or next(iter(total.texts.values()), "") or total.id
