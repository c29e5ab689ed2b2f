"""What a finished measure came to, and what is known beside it, in words."""

from __future__ import annotations

from textual.content import Content

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.carried import EarlierScore, goals_of
from gsh_console.domain.gates import item_prompt_followed_up
from gsh_console.domain.measures import Measure, Number
from gsh_console.domain.moments import short_date
from gsh_console.domain.note import total_in_words
from gsh_console.domain.outcomes import change_in_words
from gsh_console.domain.scoring import score
from gsh_console.domain.session import SessionState

READ_BY = {
    "interpreter_validated": "the interpreter reads a validated text",
    "patient_validated": "the patient reads a validated text",
    "at_sight": "you read English, interpreted at sight: not validated",
    "english": "asked and answered in English",
}


def result_lines(conduct: Conduct, measure: Measure) -> tuple[str, ...]:
    """Total, band, prorating, change since last and first, and what it opens."""
    given = conduct.state.answers.get(measure.id, {})
    result = score(measure, conduct.state.answers_of(measure.id))
    lines = [total_in_words(measure, result, dict(given)), ""]
    first, last = conduct.carried.first(measure.id), conduct.carried.last(measure.id)
    if result.total is not None:
        for word, earlier in (("since last time", last), ("since the first", first if first != last else None)):
            if earlier is not None and earlier.total is not None:
                changed = change_in_words(measure, earlier.total, result.total)
                lines.append(f"{word} ({short_date(earlier.on)}): {changed}")
        lines.append(_course(result.total, first, last))
    if result.prompts:
        why = item_prompt_followed_up(conduct.book, conduct.state)
        lines += ["", why or "The safety conversation has been opened."]
    return tuple(lines)


def _course(now: Number, first: EarlierScore | None, last: EarlierScore | None) -> str:
    """First, previous and current number in one line."""
    if last is None:
        return "the first time it was taken"
    begins = f"first {first.total}  →  " if first is not None and first != last else ""
    return f"{begins}previous {last.total}  →  now {now}"


def read_by(state: SessionState) -> str:
    """Who reads the questionnaires in an interpreted contact, and from which text, once that is recorded."""
    how, text = READ_BY.get(state.words("read_by.how"), ""), state.words("read_by.text")
    return f"{how}: {text}" if how and text else how


def open_facts(conduct: Conduct) -> Content:
    """The right-hand column of a wide screen: scores once taken, goals, open actions."""
    parts: list[tuple[str, str]] = []
    taken = [measure for measure in conduct.book.protocol.measures if _finished(conduct, measure)]
    if taken:
        parts.append(("scores\n", "dim"))
        for measure_id in taken:
            measure = conduct.book.measures[measure_id]
            result = score(measure, conduct.state.answers_of(measure_id))
            last = conduct.carried.last(measure_id)
            before = f" (last {last.total})" if last and last.total is not None else ""
            total = "no total" if result.total is None else str(result.total)
            parts.append((f"{measure.name} {total}{' prorated' if result.prorated else ''}{before}\n", ""))
        parts.append(("\n", ""))
    goals = goals_of(conduct.state)
    if goals:
        parts.append(("goals\n", "dim"))
        before_by_slot = {goal.slot: goal.rating for goal in conduct.carried.goals}
        for goal in goals:
            earlier = before_by_slot.get(goal.slot)
            rated = f"{earlier if earlier is not None else '–'} → {goal.rating if goal.rating is not None else '…'}"
            parts.append((f"{goal.text}: {rated}\n", ""))
        parts.append(("\n", ""))
    if conduct.carried.open_actions:
        parts.append(("open actions\n", "dim"))
        parts += [(f"☐ {action}\n", "") for action in conduct.carried.open_actions]
    return Content.assemble(*parts)


def _finished(conduct: Conduct, measure_id: str) -> bool:
    measure = conduct.book.measures[measure_id]
    return all(item.id in conduct.state.answers_of(measure_id) for item in measure.items)
