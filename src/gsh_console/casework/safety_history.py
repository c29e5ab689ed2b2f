"""What was recorded about safety in every earlier contact, to be read beside today's record; never carried into it."""

from __future__ import annotations

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import resume, safety_lines
from gsh_console.casework.desk import Desk
from gsh_console.domain.carried import LastSafety
from gsh_console.domain.moments import UK
from gsh_console.domain.safety_plans import SafetyPlan, plan_in
from gsh_console.store import caseload


def safety_history(desk: Desk, patient_id: str) -> tuple[LastSafety, ...]:
    """The safety record of each signed contact that has one, newest first, each as it was recorded then."""
    found = []
    for contact in reversed(caseload.contacts_of(desk.store, patient_id)):
        if contact.signed_at is None:
            continue
        kept = resume(desk, contact.id)
        if lines := safety_lines(kept.book, kept.state):
            found.append(LastSafety(contact.opened_at.astimezone(UK).date().isoformat(), lines))
    return tuple(found)


def plan_history(desk: Desk, patient_id: str) -> tuple[SafetyPlan, ...]:
    """The safety plans of the signed contacts, newest first: what was made, changed or looked through in each."""
    signed = [contact for contact in reversed(caseload.contacts_of(desk.store, patient_id)) if contact.signed_at]
    found = (plan_in(resume(desk, contact.id).state) for contact in signed)
    return tuple(plan for plan in found if plan is not None)


def plan_to_print(conduct: Conduct) -> SafetyPlan | None:
    """The plan a card carries: the one made in this contact, else the newest one with words of its own."""
    made = plan_in(conduct.state)
    if made is not None and made.headings:
        return made
    return next((plan for plan in plan_history(conduct.desk, conduct.patient.id) if plan.headings), None)
