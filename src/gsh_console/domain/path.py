"""Where a contact stands: what is covered, what may be entered, which question is next, what is left to sign."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache

from gsh_console.domain import safety
from gsh_console.domain.carried import GOAL_SLOTS, PLAN_SLOTS, carried_of
from gsh_console.domain.entries import MaterialEvent, MaterialUsed
from gsh_console.domain.gates import GOING_BACK, RULES, item_answered_above_line
from gsh_console.domain.protocols import Field, Repeat, Stage, Step, StepKind
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, Value


def blocks(book: Rulebook, state: SessionState, to_stage: str) -> tuple[str, ...]:
    """Why the contact may not move to a stage now; empty when it may. Safety may always be entered."""
    if to_stage == safety.STAGE or to_stage == state.stage:
        return ()
    target = book.protocol.index(to_stage)
    reasons = [RULES[gate.rule](book, state) for gate in book.protocol.stage(to_stage).enter]
    for at, stage in enumerate(book.protocol.stages):
        if state.visited(stage.id) and at < target:  # going on passes every stage that was begun before it
            reasons += [RULES[gate.rule](book, state) for gate in stage.leave]
        elif stage.id == state.stage:
            reasons += [GOING_BACK[gate.rule](book, state) for gate in stage.leave]
    return tuple(reason for reason in reasons if reason)


def step_fields(step: Step, state: SessionState) -> tuple[Field, ...]:
    """The step's fields with full ids, asked once for each plan item or goal where the step repeats."""
    return _expanded(step, slots(step, state) if step.repeat else ())


@lru_cache(maxsize=256)
def _expanded(step: Step, asked: tuple[tuple[int, str], ...]) -> tuple[Field, ...]:
    if step.repeat is None:
        return tuple(dataclasses.replace(field, id=f"{step.id}.{field.id}") for field in step.fields)
    return tuple(field for slot, label in asked for field in _slot_fields(step, slot, label))


def slots(step: Step, state: SessionState) -> tuple[tuple[int, str], ...]:
    """The slots a repeating step has, each with the words it is known by."""
    carried = carried_of(state)
    if step.repeat is Repeat.CARRIED_PLAN:
        return tuple((number, item.in_words) for number, item in enumerate(carried.plan, 1))
    if step.repeat is Repeat.ROWS:
        first = step.fields[0].id
        return tuple((row, state.words(f"{step.id}.{row}.{first}")) for row in range(1, step.rows + 1))
    if step.repeat is Repeat.GOALS:
        texts = {goal.slot: goal.text for goal in carried.goals}
        return tuple(
            (slot, state.words(f"{step.id}.{slot}.text") or texts.get(slot, "")) for slot in range(1, GOAL_SLOTS + 1)
        )
    return tuple((slot, state.words(f"{step.id}.{slot}.what")) for slot in range(1, PLAN_SLOTS + 1))


def openers(step: Step, state: SessionState) -> frozenset[str]:
    """The first field of each further slot nobody has filled or handed over: left empty, the step ends there."""
    if step.repeat is None or step.repeat is Repeat.CARRIED_PLAN:
        return frozenset()
    return frozenset(
        f"{step.id}.{slot}.{step.fields[0].id}" for slot, label in slots(step, state) if slot > 1 and not label
    )


def _slot_fields(step: Step, slot: int, label: str) -> Iterator[Field]:
    for field in step.fields:
        needed = step.repeat is Repeat.CARRIED_PLAN or (slot == 1 and step.repeat is not Repeat.ROWS)
        required = field.required and needed
        yield dataclasses.replace(
            field,
            id=f"{step.id}.{slot}.{field.id}",
            label=f"{slot}. {field.label}",
            required=required,
            hint=field.hint.replace("{slot}", label or f"{slot}"),
            note=field.note.replace("{slot}", label or f"{slot}"),
        )


def lacking(book: Rulebook, state: SessionState, stage: Stage, step: Step) -> tuple[str, ...]:
    """What a step still needs, in words; empty when it is covered or skipped with a reason."""
    if (stage.id, step.id) in state.skipped or (stage.id, "") in state.skipped:
        return ()
    match step.kind:
        case StepKind.MEASURE:
            measure = book.measures[step.measure]
            answers = state.answers_of(measure.id)
            left = sum(item.id not in answers for item in measure.items)
            return (f"{measure.name}: {left} of {len(measure.items)} items not asked",) if left else ()
        case StepKind.SAFETY:
            return safety_lacking(book, state)
        case StepKind.MATERIAL:
            return (*_material_lacking(step, state), *_fields_lacking(step, state))
        case StepKind.FIELDS | StepKind.INTERVENTION | StepKind.MEASURES_DUE:
            return _fields_lacking(step, state)


def _fields_lacking(step: Step, state: SessionState) -> tuple[str, ...]:
    return tuple(
        field.label for field in step_fields(step, state) if field.required and state.value(field.id) in (None, "", ())
    )


def safety_lacking(book: Rulebook, state: SessionState) -> tuple[str, ...]:
    """What the safety record lacks; empty when complete or recorded as incomplete with reason and action."""
    if safety.recorded_as_incomplete(book.safety, state.fields):
        return ()
    return safety.missing(book.safety, state.fields, prompted=item_answered_above_line(book, state))


def _material_lacking(step: Step, state: SessionState) -> tuple[str, ...]:
    used = any(
        isinstance(mark.entry, MaterialUsed) and mark.entry.event in (MaterialEvent.GIVEN, MaterialEvent.DISCUSSED)
        for mark in state.materials
    )
    return () if used or not step.required else (f"{step.title}: no booklet given or talked through",)


def stage_lacking(book: Rulebook, state: SessionState, stage: Stage) -> tuple[str, ...]:
    """What a stage still needs; a stage that asks for nothing needs at least a visit."""
    if (stage.id, "") in state.skipped and stage.skippable:
        return ()
    found = tuple(reason for step in stage.steps for reason in lacking(book, state, stage, step))
    if not found and not state.visited(stage.id) and stage.id != safety.STAGE:
        return (f"{stage.title}: not opened",)
    return found


def covered(book: Rulebook, state: SessionState, stage: Stage) -> bool:
    """Whether nothing is lacking in a stage."""
    return not stage_lacking(book, state, stage)


def not_covered(book: Rulebook, state: SessionState) -> tuple[tuple[Stage, str], ...]:
    """What the summary lists: each lacking thing, and each stage or step skipped, with its reason."""
    found = [(stage, reason) for stage in book.protocol.stages for reason in stage_lacking(book, state, stage)]
    for (stage_id, _), skip in state.skipped.items():
        told = next((reason for reason, value in skips(book, state) if value is skip), "")
        if told:
            found.append((book.protocol.stage(stage_id), told))
    return tuple(found)


def skips(book: Rulebook, state: SessionState) -> tuple[tuple[str, Value], ...]:
    """Each skip that still leaves something out: what, and why. One overtaken by later entries is not told."""
    bare = dataclasses.replace(state, skipped={})
    told = []
    for (stage_id, step_id), skip in state.skipped.items():
        stage = book.protocol.stage(stage_id)
        left = lacking(book, bare, stage, stage.step(step_id)) if step_id else stage_lacking(book, bare, stage)
        if left:
            title = skip_title(book, stage_id, step_id)
            begun = not step_id and any(not lacking(book, bare, stage, step) for step in stage.steps)
            part = f" ({'; '.join(left[:4])})" if begun else ""
            told.append((f"{title}: skipped{part}, {skip.value}", skip))
    return tuple(told)


def skip_title(book: Rulebook, stage_id: str, step_id: str) -> str:
    """What a skip is called: the step's title, or the whole stage's."""
    stage = book.protocol.stage(stage_id)
    return stage.step(step_id).title if step_id else stage.title


def sign_blocks(book: Rulebook, state: SessionState) -> tuple[str, ...]:
    """Why the contact may not be signed yet; empty when it may."""
    reasons = [reason for gate in book.protocol.sign if (reason := RULES[gate.rule](book, state))]
    for stage in book.protocol.stages:
        if stage.id != safety.STAGE:
            reasons += [
                f"{stage.title}: {lack}" if stage.title not in lack else lack
                for lack in stage_lacking(book, state, stage)
            ]
    return tuple(reasons)


def next_item(book: Rulebook, state: SessionState, measure_id: str) -> str | None:
    """The item to ask next: after the last answered one while still in that measure, else the first left open."""
    measure = book.measures[measure_id]
    answers = state.answers_of(measure_id)
    if state.measure == measure_id and state.item in answers:
        position = measure.position(state.item) + 1
        if position < len(measure.items) and measure.items[position].id not in answers:
            return measure.items[position].id
    return next((item.id for item in measure.items if item.id not in answers), None)


def first_step(stage: Stage, book: Rulebook, state: SessionState) -> str:
    """The first step of a stage that lacks something, else its first step."""
    for step in stage.steps:
        if lacking(book, state, stage, step):
            return step.id
    return stage.steps[0].id
