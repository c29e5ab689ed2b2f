"""What one contact hands to the next: plan, goals, scores, the last safety words, booklets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gsh_console.domain.entries import MaterialUsed
from gsh_console.domain.measures import Number, number_from
from gsh_console.domain.session import SessionState

PLAN_SLOTS = 3
GOAL_SLOTS = 3
PLAN_PARTS = ("what", "when", "where", "who", "obstacle", "coping")


@dataclass(frozen=True)
class PlanItem:
    """One thing planned between contacts. `confidence` is the patient's own 0-10, None if not asked."""

    what: str
    when: str = ""
    where: str = ""
    who: str = ""
    obstacle: str = ""
    coping: str = ""
    confidence: int | None = None

    @property
    def in_words(self) -> str:
        """The item as one line: what, when, where, with whom."""
        return ", ".join(part for part in (self.what, self.when, self.where, self.who) if part)


@dataclass(frozen=True)
class Goal:
    """A goal in the patient's words with its rating, 0 no progress to 10 fully reached."""

    slot: int
    text: str
    rating: int | None = None


@dataclass(frozen=True)
class EarlierScore:
    """A score of an earlier signed contact; `on` is an ISO date."""

    measure: str
    total: Number | None
    prorated: bool
    on: str


@dataclass(frozen=True)
class LastSafety:
    """What the last contact's safety record said, read-only, for comparison."""

    on: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class UsedMaterial:
    """A booklet the patient has, and the paragraph last talked through."""

    booklet: str
    title: str
    version: str
    language: str
    paragraph: str


@dataclass(frozen=True)
class Carried:
    """Everything the last contact hands over. Scores: first and last signed total of each measure.

    `worked_with` and `sheets` tell by title which ways of working and worksheets it used; none is chosen for the next.
    """

    on: str = ""
    plan: tuple[PlanItem, ...] = ()
    goals: tuple[Goal, ...] = ()
    first_scores: tuple[EarlierScore, ...] = ()
    last_scores: tuple[EarlierScore, ...] = ()
    safety: LastSafety | None = None
    materials: tuple[UsedMaterial, ...] = ()
    worked_with: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    open_actions: tuple[str, ...] = ()

    def first(self, measure: str) -> EarlierScore | None:
        """The first signed score of a measure that has a total."""
        return next((score for score in self.first_scores if score.measure == measure), None)

    def last(self, measure: str) -> EarlierScore | None:
        """The latest signed score of a measure that has a total."""
        return next((score for score in self.last_scores if score.measure == measure), None)


def carried_as_json(carried: Carried) -> dict[str, Any]:
    """The hand-over as plain JSON values."""
    plain = json.dumps(dataclasses.asdict(carried), default=str)  # a Decimal as its text, so that it stays exact
    values: dict[str, Any] = json.loads(plain)  # lists, as the journal gives back
    return values


def carried_from_json(values: Mapping[str, Any]) -> Carried:
    """The hand-over an Opened entry holds."""
    safety = values.get("safety")
    return Carried(
        on=values.get("on", ""),
        plan=tuple(PlanItem(**item) for item in values.get("plan", ())),
        goals=tuple(Goal(**goal) for goal in values.get("goals", ())),
        first_scores=tuple(_score(score) for score in values.get("first_scores", ())),
        last_scores=tuple(_score(score) for score in values.get("last_scores", ())),
        safety=LastSafety(safety["on"], tuple((a, b) for a, b in safety["lines"])) if safety else None,
        materials=tuple(UsedMaterial(**used) for used in values.get("materials", ())),
        worked_with=tuple(values.get("worked_with", ())),
        sheets=tuple(values.get("sheets", ())),
        open_actions=tuple(values.get("open_actions", ())),
    )


def _score(values: Mapping[str, Any]) -> EarlierScore:
    total = values["total"]
    return EarlierScore(**{**values, "total": number_from(total) if isinstance(total, str) else total})


def carried_of(state: SessionState) -> Carried:
    """What this contact was handed when it was opened."""
    return carried_from_json(state.opened.carried) if state.opened else Carried()


def plan_of(state: SessionState) -> tuple[PlanItem, ...]:
    """The plan made in this contact."""
    items = []
    for slot in range(1, PLAN_SLOTS + 1):
        parts = {part: state.words(f"plan.{slot}.{part}") for part in PLAN_PARTS}
        confidence = state.value(f"plan.{slot}.confidence")
        if parts["what"]:
            items.append(PlanItem(**parts, confidence=confidence if isinstance(confidence, int) else None))
    return tuple(items)


def goals_of(state: SessionState) -> tuple[Goal, ...]:
    """The goals as they stand: this contact's words, else the carried ones; only this contact's ratings."""
    carried = {goal.slot: goal for goal in carried_of(state).goals}
    goals = []
    for slot in range(1, GOAL_SLOTS + 1):
        text = state.words(f"goals.{slot}.text") or (carried[slot].text if slot in carried else "")
        rating = state.value(f"goals.{slot}.rating")
        if text:
            goals.append(Goal(slot, text, rating if isinstance(rating, int) else None))
    return tuple(goals)


def goals_to_carry(state: SessionState) -> tuple[Goal, ...]:
    """The goals for the next contact: a goal not rated today keeps its last rating."""
    before = {goal.slot: goal.rating for goal in carried_of(state).goals}
    return tuple(
        goal if goal.rating is not None else dataclasses.replace(goal, rating=before.get(goal.slot))
        for goal in goals_of(state)
    )


def materials_to_carry(state: SessionState) -> tuple[UsedMaterial, ...]:
    """The booklets the patient now has, newest last, each with the paragraph last talked through."""
    held = {used.booklet: used for used in carried_of(state).materials}
    for recorded in state.materials:
        entry = recorded.entry
        if isinstance(entry, MaterialUsed):
            earlier = held.pop(entry.booklet, None)
            paragraph = entry.paragraph or (earlier.paragraph if earlier else "")
            held[entry.booklet] = UsedMaterial(entry.booklet, entry.title, entry.version, entry.language, paragraph)
    return tuple(held.values())
