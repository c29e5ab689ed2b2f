"""Scores come from numbers alone: in every installed language every form means the same as in English."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsh_console.domain.entries import Answered
from gsh_console.domain.measures import Absence, Answer, Measure, Mode
from gsh_console.domain.note import compose_note
from gsh_console.domain.outcomes import change
from gsh_console.domain.scoring import score
from gsh_console.domain.wording import Standing, Wording, slots, worded
from tests.builders import book, definitions, state_after
from tests.strategies import mostly_answered

LIBRARY = definitions().measures


def made_up(measure: Measure) -> Wording:
    """A set of nonsense for any measure, in letters of another script: if words counted anywhere, this would show."""
    told = {place: f"Ж{at} {english[::-1]}" for at, (place, english) in enumerate(slots(measure).items())}

    def own(name: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for place, text in told.items():
            if place.startswith(f"{name}."):
                item, _, key = place.removeprefix(f"{name}.").rpartition(".")
                found.setdefault(item, {})[key] = text
        return found

    def flat(name: str) -> dict[str, str]:
        return {place.partition(".")[2]: text for place, text in told.items() if place.startswith(f"{name}.")}

    return Wording(
        measure.id, measure.version, "uk", "Ukrainian", Standing.OWN, "made up", "made up", stem=told.get("stem", ""),
        stem_again=told.get("stem_again", ""), recall=told.get("recall", ""), items=flat("items"),
        choices=flat("choices"), item_choices=own("item_choices"), extras=flat("extras"),
        extra_choices=own("extra_choices"),
    )  # fmt: skip


INSTALLED = [each.wording for each in definitions().wordings if each.wording]
EVERY = [*INSTALLED, *map(made_up, LIBRARY.values())]


@pytest.mark.parametrize("wording", EVERY, ids=[f"{each.measure}-{each.language}" for each in EVERY])
@settings(max_examples=30)
@given(data=st.data())
def test_a_form_scores_the_same_in_this_language_as_in_english(wording: Wording, data: st.DataObject) -> None:
    english = LIBRARY[wording.measure]
    other = worded(english, wording)
    answers = data.draw(mostly_answered(english))
    assert score(other, answers) == score(english, answers)
    for mine, theirs in zip(other.scales, english.scales, strict=True):
        low, high = (english.ends(theirs)[at] for at in (0, 1))
        held = change(mine, low, high, higher_is_worse=other.higher_is_worse)
        assert held == change(theirs, low, high, higher_is_worse=english.higher_is_worse)


def _entries(measure: Measure, values: list[Answer], text: str) -> list[Answered]:
    pairs = zip(measure.items, values, strict=True)
    return [Answered(measure.id, item.id, value, Mode.INTERPRETED, text) for item, value in pairs]


@pytest.mark.parametrize("wording", INSTALLED, ids=[f"{each.measure}-{each.language}" for each in INSTALLED])
@settings(max_examples=30)
@given(data=st.data())
def test_the_note_says_the_same_but_for_the_text_that_was_read(wording: Wording, data: st.DataObject) -> None:
    measure = LIBRARY[wording.measure]
    drawn = data.draw(mostly_answered(measure))
    values: list[Answer] = [
        held if (held := drawn.get(item.id)) is not None else Absence.NOT_ASKED for item in measure.items
    ]
    ours = book()
    theirs = replace(ours, measures={**ours.measures, measure.id: worded(measure, wording)})
    told = [
        compose_note(rules, state_after(*_entries(measure, values, text))).text
        for rules, text in ((ours, ""), (theirs, wording.record))
    ]
    assert told[1].replace(f"from the text in {wording.record}", "interpreted at sight, not validated") == told[0]
