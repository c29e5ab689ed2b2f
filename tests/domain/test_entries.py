"""Entries go into the journal and come out the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from gsh_console.domain.entries import KINDS, Answered, Entry, Filled, Jotted, as_json, from_json, kind_of
from gsh_console.domain.measures import Absence, Mode
from tests.strategies import any_entries


@given(any_entries())
def test_every_entry_reads_back_from_json_as_it_was_written(entry: Entry) -> None:
    written = json.dumps(as_json(entry), ensure_ascii=False)
    assert from_json(kind_of(entry), json.loads(written)) == entry


def test_the_kinds_are_the_ones_released_and_at_most_twelve() -> None:
    assert tuple(KINDS) == (
        *("opened", "entered", "answered", "filled", "skipped", "jotted", "call_marked", "material_used"),
        *("action_taken", "signed", "amended", "begun_by_mistake"),
    )
    assert len(KINDS) <= 12


def test_a_field_a_newer_console_added_is_passed_over() -> None:
    assert from_json("jotted", {"text": "x", "colour": "blue"}) == Jotted("x")


@pytest.mark.parametrize("answer", [0, 3, *Absence])
def test_a_declined_item_stays_declined_and_a_zero_stays_a_zero(answer: int | Absence) -> None:
    entry = Answered("phq-9", "9", answer, Mode.READ_OUT)
    back = from_json("answered", json.loads(json.dumps(as_json(entry))))
    assert isinstance(back, Answered)
    assert back.answer == answer
    assert type(back.answer) is type(answer)


def test_several_choices_read_back_as_a_tuple() -> None:
    assert from_json("filled", {"field": "safety.contacts", "value": ["emergency"]}) == Filled(
        "safety.contacts", ("emergency",)
    )
