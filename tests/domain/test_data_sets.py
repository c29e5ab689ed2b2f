"""When each part of a data set is asked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.domain.data_sets import DataSet, DataSetPart, Occasion

OCCASIONS = st.sets(st.sampled_from(Occasion), min_size=1).map(lambda asked: tuple(sorted(asked)))


def data_set(*asked: tuple[Occasion, ...]) -> DataSet:
    """A data set with one empty part for each tuple of occasions."""
    parts = tuple(DataSetPart(f"part-{at}", "Part", each, ()) for at, each in enumerate(asked))
    return DataSet("set", "1.0.0", "Set", date(2022, 3, 25), "a place", "H", parts)


def test_a_part_of_every_contact_is_due_whatever_the_occasion() -> None:
    held = data_set((Occasion.EVERY_CONTACT,), (Occasion.END,))
    assert [part.id for part in held.due(())] == ["part-0"]
    assert [part.id for part in held.due((Occasion.ASSESSMENT,))] == ["part-0"]
    assert [part.id for part in held.due((Occasion.END,))] == ["part-0", "part-1"]


@given(st.lists(OCCASIONS, max_size=6), st.sets(st.sampled_from(Occasion)))
def test_a_part_is_due_exactly_when_one_of_its_occasions_is_met(
    asked: list[tuple[Occasion, ...]], met: set[Occasion]
) -> None:
    due = {part.id for part in data_set(*asked).due(met)}
    for at, each in enumerate(asked):
        wanted = Occasion.EVERY_CONTACT in each or any(occasion in met for occasion in each)
        assert (f"part-{at}" in due) == wanted


@given(st.lists(OCCASIONS, max_size=6), st.sets(st.sampled_from(Occasion)), st.sampled_from(Occasion))
def test_a_further_occasion_never_takes_a_part_away(
    asked: list[tuple[Occasion, ...]], met: set[Occasion], further: Occasion
) -> None:
    held = data_set(*asked)
    assert {part.id for part in held.due(met)} <= {part.id for part in held.due({*met, further})}


def test_an_unknown_part_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        data_set((Occasion.END,)).part("gone")
