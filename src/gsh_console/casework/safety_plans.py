"""A patient's safety plans: each as a signed contact left it, the newest in force, and the sheet to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from gsh_console.casework.desk import Desk
from gsh_console.content.personal import FilledSheet
from gsh_console.domain.note import value_in_words
from gsh_console.domain.safety_plans import HEADINGS, SafetyPlan, SafetyPlanForm, plan_in
from gsh_console.domain.session import SessionState, replay
from gsh_console.store import journal

SHEET = "safety-plan"
BOOKLET = "safety-card"


@dataclass(frozen=True)
class SafetyPlans:
    """The plans of a patient's signed contacts, newest first, and every contact in which a plan was spoken of."""

    spoken_of: tuple[SafetyPlan, ...] = ()

    @property
    def versions(self) -> tuple[SafetyPlan, ...]:
        """Each plan that was written, newest first."""
        return tuple(plan for plan in self.spoken_of if plan.headings)

    @property
    def current(self) -> SafetyPlan | None:
        """The plan in force: the newest that was written."""
        return next(iter(self.versions), None)

    @property
    def last_looked_at(self) -> str:
        """The ISO date of the contact in which the plan was last written or looked through; empty if never."""
        return self.spoken_of[0].on if self.spoken_of else ""


def safety_plans(desk: Desk, patient_id: str) -> SafetyPlans:
    """The safety plans of a patient's signed contacts. What an open contact has so far is not among them."""
    query = """SELECT c.id FROM contact c WHERE c.patient_id = ? AND c.signed_at IS NOT NULL AND EXISTS (
                 SELECT 1 FROM journal j WHERE j.contact_id = c.id AND j.kind = 'filled'
                   AND json_extract(j.body, '$.field') LIKE 'safety!_plan.%' ESCAPE '!')
               ORDER BY c.number DESC"""
    states = [replay(journal.entries_of(desk.store, row[0])) for row in desk.store.fetch(query, (patient_id,))]
    return SafetyPlans(tuple(plan for state in states if (plan := plan_in(state)) is not None))


def lines_of(form: SafetyPlanForm, plan: SafetyPlan) -> tuple[tuple[str, str], ...]:
    """A plan field by field with its labels, for reading beside a new one."""
    held = {**plan.headings, **plan.about}
    known = [(field, field.id) for field in (*form.headings, *form.about) if field.id in held]
    return tuple((field.label, value_in_words(field, held[name])) for field, name in known)


def sheet_of(plan: SafetyPlan, rows: int = 6) -> FilledSheet:
    """The plan as its printed sheet: a line of words a box, and no more boxes than the sheet has."""
    columns = [_boxes(plan.headings.get(name, ""), rows) for name in HEADINGS]
    return FilledSheet(SHEET, tuple(zip_longest(*columns, fillvalue="")))


def sheet_in(state: SessionState, rows: int = 6) -> FilledSheet | None:
    """The sheet of the plan as an open contact has it now, to print before it is signed; None if there is none."""
    plan = plan_in(state)
    return sheet_of(plan, rows) if plan and plan.headings else None


def _boxes(words: str, rows: int) -> Sequence[str]:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return [*lines[: rows - 1], " · ".join(lines[rows - 1 :])] if len(lines) > rows else lines
