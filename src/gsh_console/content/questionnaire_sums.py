"""Whether a calculatedExpression is a plain sum, and of which items. Anything else is not understood, on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_STARTS = ("%resource", "%context", "%questionnaireresponse", "%questionnaire", "QuestionnaireResponse")
_SUMS = ("sum()", "aggregate($this+$total,0)", "aggregate($total+$this,0)")
_VALUES = re.compile(
    r"value(?:Integer|Decimal|Coding)?|ordinal\(\)|weight\(\)|toInteger\(\)|toDecimal\(\)"
    r"|select\((?:\$this\.)?(?:ordinal|weight|toInteger)\(\)\)"
    r"|where\(hasValue\(\)\)|extension|extension\('[^']*/(?:ordinalValue|itemWeight)'\)"
    r"|where\(url(?:='[^']*/(?:ordinalValue|itemWeight)'|\.contains\('(?:ordinalValue|itemWeight)'\))\)"
)
_EQUAL = re.compile(r"linkId\s*(!?=)\s*'([^']*)'")
_AMONG = re.compile(r"linkId\s+in\s*\(?\s*('[^']*'(?:\s*\|\s*'[^']*')*)\s*\)?")
_LIKE = re.compile(r"linkId\.(startsWith|matches)\('([^']*)'\)(\.not\(\))?")
_PLAIN_PATTERN = re.compile(r"[\w\-./^$\[\]|()]*")  # no quantifier, so nothing in it can run away
_DEEPEST = 20


@dataclass(frozen=True)
class Place:
    """Where an item stands: its linkId, and those of the groups it is in, the outermost first."""

    link_id: str
    inside: tuple[str, ...] = ()


def summed(expression: str, variables: Mapping[str, str], places: Mapping[str, Place]) -> frozenset[str] | None:
    """The linkIds a plain sum adds up, each once; None where the expression is anything else."""
    try:
        return _sum(_tight(expression), variables, places, _DEEPEST)
    except _NotPlain:
        return None


class _NotPlain(Exception):
    """The expression is no plain sum."""


def _sum(expression: str, variables: Mapping[str, str], places: Mapping[str, Place], depth: int) -> frozenset[str]:
    if depth == 0:
        raise _NotPlain
    while expression.startswith("(") and _closes(expression) == len(expression) - 1:
        expression = expression[1:-1]
    terms = list(_split(expression, "+"))
    if len(terms) > 1:
        found = [_sum(term, variables, places, depth - 1) for term in terms]
        whole = frozenset().union(*found)
        if len(whole) != sum(map(len, found)):
            raise _NotPlain  # an item counted twice weighs double
        return whole
    if expression.startswith("iif(") and _closes(expression[3:]) == len(expression) - 4:
        parts = list(_split(expression[4:-1], ","))
        if len(parts) == 3 and parts[2] in ("{}", "0") and _asks_presence(parts[0], variables):
            return _sum(parts[1], variables, places, depth - 1)
        raise _NotPlain
    name = expression.removeprefix("%")
    if expression.startswith("%") and name in variables:
        return _sum(_tight(variables[name]), variables, places, depth - 1)
    return _path(list(_split(expression, ".")), places)


def _asks_presence(condition: str, variables: Mapping[str, str]) -> bool:
    """Whether a condition only asks if there are answers, and so changes no number."""
    asked = condition + _tight(variables.get(condition.removeprefix("%"), ""))
    return any(sign in asked for sign in ("exists()", "count()", "hasValue()")) and not re.search(r"[<>](?!=)", asked)


def _path(steps: list[str], places: Mapping[str, Place]) -> frozenset[str]:
    if steps[0] in _STARTS:
        steps = steps[1:]
    added = bool(steps) and steps[-1] in _SUMS
    steps = steps[:-1] if added else steps
    current: list[Place] | None = None  # None: the form itself
    while steps and steps[0] not in ("answer", "answerOption"):
        current = _step(steps.pop(0), current, places)
    if current is None or not steps:
        raise _NotPlain
    chosen = steps.pop(0) == "answerOption" and bool(steps) and steps[0].startswith("where(valueCoding.code")
    if chosen and set(_EQUAL.findall(steps.pop(0))) != {("=", place.link_id) for place in current}:
        raise _NotPlain
    if not all(_VALUES.fullmatch(step) for step in steps) or not (added or len(current) == 1):
        raise _NotPlain
    return frozenset(place.link_id for place in current)


def _step(step: str, current: list[Place] | None, places: Mapping[str, Place]) -> list[Place]:
    within = [()] if current is None else [(*place.inside, place.link_id) for place in current]
    if step == "item":
        return [place for place in places.values() if place.inside in within]
    if step in ("descendants()", "repeat(item)"):
        return [p for p in places.values() if any(p.inside[: len(group)] == group for group in within)]
    if step.startswith("where(") and current is not None:
        keeps = _condition(step[6:-1])
        return [place for place in current if keeps(place.link_id)]
    raise _NotPlain


class _Among:
    def __init__(self, names: set[str], *, wanted: bool = True) -> None:
        self._names, self._wanted = names, wanted

    def __call__(self, link_id: str) -> bool:
        return (link_id in self._names) is self._wanted


class _Like:
    def __init__(self, pattern: re.Pattern[str], *, wanted: bool) -> None:
        self._pattern, self._wanted = pattern, wanted

    def __call__(self, link_id: str) -> bool:
        return bool(self._pattern.search(link_id)) is self._wanted


def _condition(text: str) -> _Among | _Like:
    if among := _AMONG.fullmatch(text):
        return _Among(set(re.findall(r"'([^']*)'", among[1])))
    if like := _LIKE.fullmatch(text):
        return _Like(_pattern(like[1], like[2]), wanted=not like[3])
    for joint, sign in ((" or ", "="), (" and ", "!=")):
        parts = [_EQUAL.fullmatch(part.strip()) for part in text.split(joint)]
        if all(part is not None and part[1] == sign for part in parts):
            return _Among({part[2] for part in parts if part}, wanted=sign == "=")
    raise _NotPlain


def _pattern(kind: str, text: str) -> re.Pattern[str]:
    if kind == "startsWith":
        return re.compile("^" + re.escape(text))
    if not _PLAIN_PATTERN.fullmatch(text):
        raise _NotPlain
    try:
        return re.compile(text)
    except re.error:
        raise _NotPlain from None


def _tight(expression: str) -> str:
    """The expression without spaces around its signs; those inside quotes and between words stay."""
    parts = re.split(r"('[^']*')", " ".join(expression.split()))
    parts[::2] = [re.sub(r" ?([.,()+{}=!]) ?", r"\1", part) for part in parts[::2]]
    return "".join(parts).strip()


def _split(text: str, sign: str) -> Iterator[str]:
    """The parts between the signs that stand in no bracket and no quotes."""
    depth, quoted, begun = 0, False, 0
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted and character in "([{":
            depth += 1
        elif not quoted and character in ")]}":
            depth -= 1
        elif character == sign and depth == 0 and not quoted:
            yield text[begun:at]
            begun = at + 1
    yield text[begun:]


def _closes(text: str) -> int:
    """Where the bracket a text begins with is closed, -1 where it is not."""
    depth = 0
    for at, character in enumerate(re.sub(r"'[^']*'", lambda quoted: "x" * len(quoted[0]), text)):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return at
    return -1
