"""Hypothesis strategies: forms, entries, hostile text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from gsh_console.domain.entries import (
    ActionTaken,
    Amended,
    Answered,
    BegunByMistake,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
    MaterialEvent,
    MaterialUsed,
    Opened,
    Signed,
    Skipped,
)
from gsh_console.domain.measures import Absence, Answer, Item, Measure, Mode
from gsh_console.domain.path import step_fields
from gsh_console.domain.protocols import Field, FieldKind
from tests.builders import IDENTITY, INCOMPLETE, PLAN, SAFETY, book, state_after

HOSTILE = (
    "[/x] [bold", "[@click=app.quit()]x[/]", "=cmd|' /C calc'!A0", "'; DROP TABLE journal; --", "{{ 7*7 }}", "{value}",
    "{slot} {label}", "%s %d", "\\u202e", "<script>alert(1)</script>", "ﷺ اردو", "a\nb", "“quoted”", "…", " ",
)  # fmt: skip
REASONS = (Absence.DECLINED, Absence.UNCLEAR, Absence.NOT_ASKED)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2039, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def texts(longest: int = 40) -> st.SearchStrategy[str]:
    """Any text that can be written to a file, hostile ones among them."""
    ordinary = st.text(st.characters(codec="utf-8"), max_size=longest)
    return st.one_of(ordinary, st.sampled_from(HOSTILE))


def item_numbers(measure: Measure, item: Item) -> st.SearchStrategy[int]:
    """A number the item takes."""
    if item.span:
        return st.integers(item.span.low, item.span.high)
    return st.sampled_from([choice.value for choice in measure.choices_of(item)])


def item_answers(measure: Measure, item: Item) -> st.SearchStrategy[Answer]:
    """A number of the scale, or a reason it has none."""
    reasons = (*REASONS, Absence.NOT_APPLICABLE) if item.may_not_apply else REASONS
    return st.one_of(item_numbers(measure, item), st.sampled_from(reasons))


def forms(measure: Measure) -> st.SearchStrategy[dict[str, Answer | None]]:
    """A form with any items answered, declined, or left out."""
    each = {item.id: st.one_of(st.none(), item_answers(measure, item)) for item in measure.items}
    return st.fixed_dictionaries({}, optional=each)


def mostly_answered(measure: Measure) -> st.SearchStrategy[dict[str, Answer | None]]:
    """A form with at most three items left out, so that prorating is met often."""
    ids = [item.id for item in measure.items]
    whole = st.fixed_dictionaries({item.id: item_numbers(measure, item) for item in measure.items})
    gaps = st.sets(st.sampled_from(ids), max_size=3)
    return st.builds(lambda form, without: {i: None if i in without else v for i, v in form.items()}, whole, gaps)


def measures() -> st.SearchStrategy[Measure]:
    """One of the shipped measures."""
    return st.sampled_from(sorted(book().measures.values(), key=lambda measure: measure.id))


def all_fields() -> list[Field]:
    """Every field a contact without a carried plan has, safety conversation and plan included."""
    state = state_after()
    own = [field for stage in book().protocol.stages for step in stage.steps for field in step_fields(step, state)]
    plan = book().safety_plan
    return [*own, *(field for _, field in book().safety.fields()), *(plan.fields if plan else ())]


def field_values(field: Field) -> st.SearchStrategy[Any]:
    """A value that fits the field."""
    match field.kind:
        case FieldKind.CHOICE:
            return st.sampled_from([option.value for option in field.options])
        case FieldKind.CHOICES:
            chosen = st.lists(st.sampled_from([option.value for option in field.options]), unique=True, min_size=1)
            return chosen.map(tuple)
        case FieldKind.SCALE:
            return st.integers(field.low, field.high)
        case FieldKind.DATE:
            return st.just("2026-12-04")
        case FieldKind.DATE_TIME:
            return st.just("2026-11-27T10:00:00+00:00")
        case FieldKind.TEXT:
            return st.one_of(st.just("some words"), texts(20))


def filled() -> st.SearchStrategy[Entry]:
    """A field given a value that fits, or taken back."""
    given = st.sampled_from(all_fields()).flatmap(
        lambda field: st.builds(Filled, st.just(field.id), st.one_of(st.just(""), field_values(field)))
    )
    safety = [field for _, field in book().safety.fields()]
    about_safety = st.sampled_from(safety).flatmap(
        lambda field: st.builds(Filled, st.just(field.id), st.one_of(st.just(""), field_values(field)))
    )
    return st.one_of(given, about_safety)


def answered() -> st.SearchStrategy[Entry]:
    """An item answered; the risk item often."""
    any_item = measures().flatmap(
        lambda measure: st.sampled_from(measure.items).flatmap(
            lambda item: st.builds(
                Answered, st.just(measure.id), st.just(item.id), item_answers(measure, item), st.sampled_from(Mode)
            )
        )
    )
    phq9 = book().measures["phq-9"]
    item9 = st.builds(
        Answered, st.just("phq-9"), st.just("9"), item_answers(phq9, phq9.item("9")), st.just(Mode.READ_OUT)
    )
    return st.one_of(any_item, item9)


def steps_of_a_contact() -> st.SearchStrategy[Entry]:
    """Anything a practitioner can do in an open contact, allowed or not."""
    stages = [stage.id for stage in book().protocol.stages]
    return st.one_of(
        st.builds(Entered, st.sampled_from(stages)),
        st.builds(Skipped, st.sampled_from(stages), st.just(""), st.sampled_from(["", "short of time"])),
        answered(),
        filled(),
        st.builds(Jotted, texts()),
        st.builds(CallMarked, st.sampled_from(CallEvent)),
        st.sampled_from((*IDENTITY, *INCOMPLETE, *SAFETY, *PLAN)),
        st.just(Signed("Alex Lang", "0" * 64)),
    )


def contacts() -> st.SearchStrategy[list[Entry]]:
    """A course of a contact: ready-made stretches and single steps mixed, refused ones among them."""
    scraps = st.lists(steps_of_a_contact(), max_size=12)
    skips = [Skipped(s.id, "", "short of time") for s in book().protocol.stages if s.id != "safety"]
    stretches: list[list[Entry]] = [
        [*IDENTITY, Entered("measures")],
        list(IDENTITY),
        list(SAFETY),
        list(INCOMPLETE),
        list(skips),
    ]
    parts = st.lists(st.one_of(scraps, st.sampled_from(stretches)), max_size=6)
    return parts.map(lambda lists: [entry for part in lists for entry in part])


def any_entries() -> st.SearchStrategy[Entry]:
    """Any entry the journal may hold, with any text in it."""
    word = texts(12)
    free = st.dictionaries(
        st.sampled_from(["on", "plan", "x"]), st.one_of(word, st.integers(), st.lists(word)), max_size=2
    )
    answer = st.one_of(st.integers(0, 8), st.sampled_from(Absence))
    value = st.one_of(word, st.integers(0, 10), st.lists(word, max_size=3).map(tuple))
    return st.one_of(
        st.builds(
            Opened,
            word,
            word,
            st.integers(1, 30),
            word,
            word,
            st.booleans(),
            free,
            st.dictionaries(word, word, max_size=2),
        ),
        st.builds(Entered, word, word),
        st.builds(Answered, word, word, answer, st.sampled_from(Mode)),
        st.builds(Filled, word, value),
        st.builds(Skipped, word, word, word),
        st.builds(Jotted, word),
        st.builds(CallMarked, st.sampled_from(CallEvent), word),
        st.builds(MaterialUsed, st.sampled_from(MaterialEvent), word, word, word, word, word, word, word),
        st.builds(ActionTaken, word, word, word, st.booleans(), word),
        st.builds(Signed, word, word),
        st.builds(Amended, word, word, word),
        st.builds(BegunByMistake, word, word),
    )
