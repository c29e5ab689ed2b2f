"""No route, skip, language, crash or order of keys signs a contact around its safety conversation."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain import safety
from gsh_console.domain.carried import Carried, Goal, LastSafety, PlanItem, carried_as_json
from gsh_console.domain.entries import (
    Amended,
    Answered,
    CallEvent,
    CallMarked,
    Entered,
    Entry,
    Filled,
    Jotted,
    MaterialUsed,
    Opened,
    Recorded,
    Signed,
    Skipped,
)
from gsh_console.domain.gates import RULES
from gsh_console.domain.interventions import CHOSEN
from gsh_console.domain.measures import Absence, Mode
from gsh_console.domain.path import safety_lacking, sign_blocks, step_fields
from gsh_console.domain.protocols import Field, StepKind
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.safety_plans import PREFIX
from gsh_console.domain.session import SessionState, follow, replay
from tests.builders import BOOKLET, INCOMPLETE, SAFETY, definitions, opening_entry, recorded
from tests.strategies import field_values, item_answers

PROTOCOLS = sorted(definitions().protocols)
DESCRIPTORS = ("", "F32", "F401", "F410", "F431", "K58")
SAFETY_FILLED = [entry for entry in SAFETY if isinstance(entry, Filled)]


def due(protocol: str, descriptor: str) -> tuple[str, ...]:
    return tuple(name for one in definitions().due if one.holds(protocol, descriptor, 1) for name in one.measures)


def opened(protocol: str, descriptor: str, *, interpreted: bool, number: int, carried: Carried) -> Opened:
    return opening_entry(
        carried,
        protocol=protocol,
        descriptor=descriptor,
        interpreted=interpreted,
        language="bn" if interpreted else "en",
        contact_number=number,
        due=due(protocol, descriptor),
    )


def fields_of(book: Rulebook, state: SessionState) -> list[Field]:
    own = [field for stage in book.protocol.stages for step in stage.steps for field in step_fields(step, state)]
    plan = book.safety_plan.fields if book.safety_plan else ()
    return [*own, *(field for _, field in book.safety.fields()), *plan]


def quickest(field: Field) -> Any:
    """A value that fits, the one a hurried hand would give."""
    match field.kind:
        case "choice":
            return field.options[0].value
        case "choices":
            return tuple(option.value for option in field.options)
        case "scale":
            return field.high
        case "date":
            return "2026-12-04"
        case "date_time":
            return "2026-12-04T10:00:00+00:00"
        case _:
            return "words"


class AnyCall(RuleBasedStateMachine):
    """A contact under any protocol, with keys pressed in any order, crashing now and then, signed when it lets you."""

    @initialize(
        protocol=st.sampled_from(PROTOCOLS),
        descriptor=st.sampled_from(DESCRIPTORS),
        interpreted=st.booleans(),
        number=st.integers(1, 3),
        planned=st.booleans(),
    )
    def open(self, protocol: str, descriptor: str, interpreted: bool, number: int, planned: bool) -> None:
        carried = Carried(plan=(PlanItem("walk", "daily"),), safety=LastSafety("2026-11-13", (("Thoughts now", "no"),)))
        held = carried if planned else Carried()
        first = opened(protocol, descriptor, interpreted=interpreted, number=number, carried=held)
        self.entries: list[Recorded] = recorded(first)
        self.state = replay(self.entries)
        self.book = rulebook_of(definitions(), first, self.state)

    def press(self, raw: Entry) -> bool:
        """What the one door does: clean, refuse or keep, put the protocol together again."""
        entry = cleaned(raw)
        if refusal(self.book, self.state, entry) is not None:
            return False
        if isinstance(entry, Signed):
            self.refuse_unless_safe()
        self.entries += recorded(entry, first=len(self.entries) + 1)
        self.state = follow(self.state, self.entries[-1])
        if isinstance(entry, Filled) and entry.field == CHOSEN and self.state.opened:
            self.book = rulebook_of(definitions(), self.state.opened, self.state)
        return True

    def refuse_unless_safe(self) -> None:
        """What has to be true of a contact at the moment it is signed, said without the gates' own words."""
        held = {name: value.value for name, value in self.state.fields.items() if value.value not in ("", ())}
        broke_off = all(held.get(f"safety.incomplete.{part}") for part in ("reason", "action", "informed"))
        always = [area for area in self.book.safety.areas if area.always]
        replies = {area.id: held.get(f"safety.{area.id}") for area in always}
        explained = all(
            held.get(f"safety.{area}.words") for area, reply in replies.items() if reply in ("yes", "not_asked")
        )
        complete = (
            all(replies.values()) and explained and held.get("safety.understanding") and held.get("safety.agreed")
        )
        assert broke_off or complete
        if not broke_off and self.disclosed_in_a_form():
            assert all(held.get(f"safety.{area.id}") for area in self.book.safety.areas)
        identity = held.get("identity.given", ())
        spoken = bool(self.state.answers) or held.get("ending.attendance") in ("on_time", "late_seen")
        spoken = spoken or held.get("safety.thoughts_now") in ("yes", "no", "declined")
        assert not self.state.answers or (isinstance(identity, tuple) and len(identity) >= 2)
        assert ("nobody_spoken_to" not in [gate.rule for gate in self.book.protocol.sign]) or not spoken
        assert held.get("ending.attendance")

    def disclosed_in_a_form(self) -> bool:
        """Whether an item that asks about harm holds a number at its line, or held one and was taken back."""
        for name in self.book.protocol.measures:
            for item in self.book.measures[name].items:
                given = [
                    each.entry.answer
                    for each in self.entries
                    if isinstance(each.entry, Answered) and (each.entry.measure, each.entry.item) == (name, item.id)
                ]
                if item.safety_prompt_from is None or not given:
                    continue
                numbers = [value for value in given if isinstance(value, int)]
                counted = [given[-1]] if isinstance(given[-1], int) else numbers
                if any(isinstance(value, int) and value >= item.safety_prompt_from for value in counted):
                    return True
        return False

    @rule(data=st.data())
    def enter(self, data: st.DataObject) -> None:
        stage = data.draw(st.sampled_from(self.book.protocol.stages))
        self.press(Entered(stage.id, data.draw(st.sampled_from(["", *(step.id for step in stage.steps)]))))

    @rule(data=st.data())
    def fill(self, data: st.DataObject) -> None:
        field = data.draw(st.sampled_from(fields_of(self.book, self.state)))
        self.press(Filled(field.id, data.draw(st.one_of(st.just(""), field_values(field)))))

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        if self.book.protocol.measures:
            measure = self.book.measures[data.draw(st.sampled_from(self.book.protocol.measures))]
            item = data.draw(st.sampled_from(measure.items))
            value = data.draw(item_answers(measure, item))
            self.press(Answered(measure.id, item.id, value, data.draw(st.sampled_from(Mode))))

    @rule(data=st.data(), reason=st.sampled_from(["", "no time", "the line went dead"]))
    def skip(self, data: st.DataObject, reason: str) -> None:
        stage = data.draw(st.sampled_from(self.book.protocol.stages))
        self.press(Skipped(stage.id, data.draw(st.sampled_from(["", *(step.id for step in stage.steps)])), reason))

    @rule(reason=st.sampled_from(["no time", "the line went dead"]))
    def skip_everything(self, reason: str) -> None:
        for stage in self.book.protocol.stages:
            assert self.press(Skipped(stage.id, "", reason)) == (stage.id != safety.STAGE and stage.skippable
                                                                 and self.state.signed is None)  # fmt: skip

    @rule()
    def fill_all_but_safety(self) -> None:
        """Everything a hurried practitioner can fill, answered in every stage the gates let open."""
        self.press(CallMarked(CallEvent.ANSWERED))
        for stage in self.book.protocol.stages:
            if stage.id == safety.STAGE:
                continue
            for step in stage.steps:
                self.press(Entered(stage.id, step.id))
                self._fill(step_fields(step, self.state), step.kind is StepKind.MEASURE and step.measure)
        self.press(BOOKLET)

    def _fill(self, fields: tuple[Field, ...], measure: str | bool) -> None:
        for field in fields:
            if field.required and field.id != CHOSEN:
                self.press(Filled(field.id, quickest(field)))
        held = self.state.answers_of(measure) if isinstance(measure, str) else {}
        for item in self.book.measures[measure].items if isinstance(measure, str) else ():
            if item.id in held:
                continue
            self.press(Answered(measure, item.id, self.book.measures[measure].range_of(item)[0], Mode.READ_OUT))

    @rule(entries=st.lists(st.sampled_from([*SAFETY, *INCOMPLETE]), min_size=1, max_size=14))
    def say_some_of_safety(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.press(entry)

    @rule(which=st.sampled_from([SAFETY, INCOMPLETE]))
    def say_all_of_safety(self, which: tuple[Entry, ...]) -> None:
        for entry in which:
            self.press(entry)

    @rule(chosen=st.lists(st.sampled_from(sorted(definitions().interventions)), unique=True, max_size=2))
    def choose_a_way_of_working(self, chosen: list[str]) -> None:
        self.press(Filled(CHOSEN, tuple(chosen)))

    @rule(event=st.sampled_from(CallEvent))
    def the_line(self, event: CallEvent) -> None:
        self.press(CallMarked(event))

    @rule(given=st.lists(st.sampled_from([1, 3, Absence.DECLINED, Absence.UNCLEAR]), min_size=1, max_size=3))
    def disclose_and_hurry_to_the_signature(self, given: list[int | Absence]) -> None:
        """The prompting item answered, perhaps taken back, then the shortest record of safety, and signed."""
        self.press(Filled("identity.given", ("full_name", "date_of_birth")))
        for value in given:
            self.press(Answered("phq-9", "9", value, Mode.READ_OUT))
        self.say_all_of_safety(SAFETY)
        self.fill_all_but_safety()
        self.sign()

    @rule()
    def crash(self) -> None:
        """Start again from what is on disk."""
        again = replay(self.entries)
        assert again == self.state
        self.state = again
        assert self.state.opened is not None
        book = rulebook_of(definitions(), self.state.opened, self.state)
        assert book.protocol == self.book.protocol
        self.book = book

    @rule()
    def sign(self) -> None:
        if self.press(Signed("Alex Lang", "0" * 64)):
            for raw in (*SAFETY[:2], Jotted("x"), Skipped("opening", "", "x"), Signed("Alex Lang", "0" * 64)):
                assert refusal(self.book, self.state, raw) is not None
            assert refusal(self.book, self.state, Amended("x", "y", "z")) is None

    @invariant()
    def safety_is_one_key_away(self) -> None:
        if hasattr(self, "state") and self.state.signed is None:
            assert refusal(self.book, self.state, Entered(safety.STAGE)) is None

    @invariant()
    def signing_is_shut_while_safety_lacks_anything(self) -> None:
        if hasattr(self, "state") and self.state.signed is None and safety_lacking(self.book, self.state):
            assert sign_blocks(self.book, self.state)


AnyCall.TestCase.settings = settings(max_examples=120, stateful_step_count=20, deadline=None)
TestAnyCall = AnyCall.TestCase


@pytest.mark.parametrize("interpreted", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_is_signed_with_safety_and_shut_without_it(protocol: str, interpreted: bool) -> None:
    """The machine above can reach a signature at all, under every protocol, and never without safety."""
    call = AnyCall()
    call.open(protocol, "F410", interpreted, 2, planned=True)
    if protocol != "missed_contact":
        call.press(Filled("identity.given", ("full_name", "date_of_birth")))
    call.fill_all_but_safety()
    for entry in (*INCOMPLETE, *SAFETY_FILLED):
        call.press(dataclasses.replace(entry, value=""))
    lacking = sign_blocks(call.book, call.state)
    assert [reason for reason in lacking if "safety" in reason.lower()]
    assert not call.press(Signed("Alex Lang", "0" * 64))
    call.say_all_of_safety(INCOMPLETE if protocol == "missed_contact" else SAFETY)
    call.fill_all_but_safety()
    for stage in call.book.protocol.stages:
        for step in stage.steps:
            if step.kind is StepKind.MEASURE and not call.state.answers_of(step.measure):
                call.press(Skipped(stage.id, "", "no time"))
    assert sign_blocks(call.book, call.state) == ()
    assert call.press(Signed("Alex Lang", "0" * 64))


CLOSED_BY_REMOVAL = (
    "safety_recorded", "item_prompt_followed_up", "identity_confirmed", "identity_confirmed_or_ended_early",
    "attendance_recorded",
)  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> tuple[Rulebook, SessionState]:
    """A contact under any protocol with some of its fields filled and some items answered."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    first = opened(protocol, "F431", interpreted=draw(st.booleans()), number=1, carried=Carried())
    state = replay(recorded(first))
    book = rulebook_of(definitions(), first, state)
    entries: list[Entry] = [*draw(st.sampled_from([(), SAFETY, INCOMPLETE]))]
    for field in draw(st.lists(st.sampled_from(fields_of(book, state)), max_size=8)):
        entries.append(Filled(field.id, draw(field_values(field))))
    if book.protocol.measures:
        phq9 = book.measures["phq-9"]
        for item in draw(st.lists(st.sampled_from(phq9.items), max_size=4)):
            entries.append(Answered("phq-9", item.id, draw(item_answers(phq9, item)), Mode.READ_OUT))
        if draw(st.booleans()):
            entries.append(Entered("safety"))
    return book, replay([*recorded(first), *recorded(*entries, first=2)])


@given(calls())
def test_no_gate_opens_by_taking_an_answer_back(call: tuple[Rulebook, SessionState]) -> None:
    book, state = call
    shut = [name for name in CLOSED_BY_REMOVAL if RULES[name](book, state)]
    removals: list[Entry] = [Filled(name, "") for name in state.fields]
    removals += [
        Answered(measure, item, absence, Mode.READ_OUT)
        for measure, items in state.answers.items()
        for item in items
        for absence in (Absence.DECLINED, Absence.NOT_ASKED)
    ]
    for removal in removals:
        after = follow(state, *recorded(removal, first=state.entries + 1))
        assert all(RULES[name](book, after) for name in shut), removal


LAST = st.builds(
    Carried,
    plan=st.just((PlanItem("walk", "daily"),)),
    goals=st.just((Goal(1, "choir", 3),)),
    safety=st.builds(
        LastSafety, st.just("2026-11-13"), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9))).map(tuple)
    ),
    open_actions=st.lists(st.text(max_size=9), max_size=2).map(tuple),
)


@given(LAST, st.sampled_from(PROTOCOLS), st.booleans())
def test_nothing_about_safety_is_filled_in_before_it_is_asked(last: Carried, protocol: str, interpreted: bool) -> None:
    first = opened(protocol, "F32", interpreted=interpreted, number=2, carried=last)
    state = replay(recorded(first))
    book = rulebook_of(definitions(), first, state)
    fresh = opened(protocol, "F32", interpreted=interpreted, number=2, carried=Carried())
    assert carried_as_json(last)["safety"] is not None
    assert state.fields == {}
    assert state.safety_entered_seq == 0
    safety_fields = [field for field in fields_of(book, state) if field.id.startswith(("safety.", f"{PREFIX}."))]
    assert len(safety_fields) > 30
    assert all(state.value(field.id) is None for field in safety_fields)
    assert safety_lacking(book, state) == safety_lacking(book, replay(recorded(fresh)))
    assert RULES["safety_recorded"](book, state)


def test_the_last_safety_words_are_not_what_any_safety_field_asks_with() -> None:
    """A hint or label never carries the earlier words into the question."""
    last = Carried(safety=LastSafety("2026-11-13", (("Thoughts now", "not waking up"),)))
    for protocol in PROTOCOLS:
        first = opened(protocol, "F32", interpreted=False, number=2, carried=last)
        state = replay(recorded(first))
        book = rulebook_of(definitions(), first, state)
        for field in fields_of(book, state):
            assert "not waking up" not in f"{field.label}{field.hint}{field.note}"
        assert MaterialUsed not in [type(mark.entry) for mark in state.materials]
