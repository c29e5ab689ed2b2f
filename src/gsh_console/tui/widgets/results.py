"""What a finished measure came to, and what is known beside it, in words."""

from __future__ import annotations

from textual.content import Content

from gsh_console.casework.conduct import Conduct
from gsh_console.domain.carried import goals_of
from gsh_console.domain.gates import item_prompt_followed_up
from gsh_console.domain.measures import Measure
from gsh_console.domain.moments import short_date
from gsh_console.domain.note import total_in_words
from gsh_console.domain.outcomes import change_in_words
from gsh_console.domain.scoring import score


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
        if last is None:
            lines.append("the first time it was taken")
    if result.prompts:
        why = item_prompt_followed_up(conduct.book, conduct.state)
        lines += ["", why or "The safety conversation has been opened."]
    return tuple(lines)


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
