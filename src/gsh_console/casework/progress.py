"""The patient's own chart, gathered from signed scores."""

from __future__ import annotations

from itertools import groupby

from gsh_console.casework.contacts import SUPPORT
from gsh_console.casework.desk import Desk
from gsh_console.content.progress_page import Course, Taken, progress_page
from gsh_console.domain.measures import Measure
from gsh_console.domain.moments import UK
from gsh_console.domain.outcomes import change_for_the_patient
from gsh_console.faults import InputRefused
from gsh_console.store import caseload, records
from gsh_console.store.records import KeptScore


def progress_of(desk: Desk, patient_id: str) -> str:
    """The chart of every measure with signed scores, as HTML; it names nobody. Refused where there is no score."""
    caseload.patient(desk.store, patient_id)
    order = {name: at for at, name in enumerate(desk.definitions.rulebook(SUPPORT).protocol.measures)}
    kept = sorted(
        records.scores_of(desk.store, patient_id),
        key=lambda score: (order.get(score.measure, len(order)), score.measure, score.number),
    )
    courses = tuple(
        _course(desk.definitions.measures[name], tuple(scores))
        for name, scores in groupby(kept, key=lambda score: score.measure)
        if name in desk.definitions.measures
    )
    drawn = tuple(course for course in courses if course.measure.total is not None)
    if not drawn:
        raise InputRefused("No signed contact of this patient has a score yet.", "Sign one first.")
    return progress_page(drawn, desk.settings.service_name, desk.now().astimezone(UK).date())


def _course(measure: Measure, scores: tuple[KeptScore, ...]) -> Course:
    taken = tuple(Taken(score.taken_on, score.number, score.total, score.prorated) for score in scores)
    totals = [each.total for each in taken if each.total is not None]
    moved = change_for_the_patient(measure, totals[0], totals[-1]) if len(totals) > 1 else ""
    words = f"From first to last so far: {moved}" if moved else ""
    return Course(measure, taken, words)
