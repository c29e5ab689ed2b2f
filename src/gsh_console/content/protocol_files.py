"""Protocols and interventions from their files: shared steps put in, worksheets read, clinical invariants held."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain import endings, safety
from gsh_console.domain.data_sets import DataSet
from gsh_console.domain.due import DueRule
from gsh_console.domain.gates import IDENTIFIERS_NEEDED, OPENING, RULES
from gsh_console.domain.interventions import CHOSEN, Intervention
from gsh_console.domain.measures import Measure
from gsh_console.domain.note import COMMON_SECTIONS
from gsh_console.domain.protocols import (
    Field,
    FieldKind,
    Gate,
    Option,
    Protocol,
    Reminder,
    Repeat,
    Stage,
    Step,
    StepKind,
    When,
)
from gsh_console.domain.safety_plans import PREFIX
from gsh_console.faults import nearest

IDENTITY_RULES = ("identity_confirmed_or_ended_early", "nobody_spoken_to")
KEPT_FOR_SAFETY = (safety.STAGE, PREFIX)
MOST_OPTIONS = 18
MOST_ROWS = 31
TICKED = (Option("yes", "ticked"),)

closed(Field, Gate, Option, Protocol, Reminder, Stage, Step, Intervention)


@dataclass(frozen=True)
class SharedSteps:
    """The shape of `steps/shared.toml`: steps that several protocols ask."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class DueRules:
    """The shape of `due.toml`."""

    rules: tuple[DueRule, ...]


closed(SharedSteps, DueRule, DueRules)


@dataclass(frozen=True)
class Sheet:
    """A booklet's worksheet as a step needs it."""

    title: str
    rows: int
    columns: tuple[Field, ...]


@dataclass(frozen=True)
class Parts:
    """What a protocol or intervention may name: measures, shared steps as written, data sets, worksheets."""

    measures: Mapping[str, Measure]
    shared: Mapping[str, Mapping[str, Any]]
    data_sets: Mapping[str, DataSet]
    sheets: Mapping[str, Sheet]


def read_shared(path: Path) -> dict[str, dict[str, Any]]:
    """The shared steps as they are written, by id; each of them would be a sound step by itself."""
    found: SharedSteps = read_toml(path, SharedSteps)
    refuse_repeated(path, "steps", [step.id for step in found.steps])
    return {step["id"]: step for step in tomllib.loads(path.read_text(encoding="utf-8"))["steps"]}


def read_protocol(path: Path, parts: Parts) -> Protocol:
    """One protocol file, its references and the clinical invariants checked."""
    protocol: Protocol = read_toml(path, Protocol, prepare=partial(_with_shared, path, parts.shared))
    stages = tuple(
        replace(
            stage,
            steps=tuple(
                completed(path, f"stages[{at}].steps[{step_at}]", step, parts)
                for step_at, step in enumerate(stage.steps)
            ),
        )
        for at, stage in enumerate(protocol.stages)
    )
    protocol = replace(protocol, stages=stages, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    _check_protocol(path, protocol, parts.measures)
    return protocol


def read_intervention(path: Path, parts: Parts) -> Intervention:
    """One intervention file with its worksheets; it may hold nothing that asks measures or safety."""
    found: Intervention = read_toml(path, Intervention)
    steps = tuple(completed(path, f"steps[{at}]", step, parts) for at, step in enumerate(found.steps))
    refuse_repeated(path, "steps", [step.id for step in steps])
    for at, step in enumerate(steps):
        if step.kind is not StepKind.FIELDS:
            raise fault(path, f"steps[{at}].kind", "an intervention asks fields only", 'Use kind = "fields".')
        _check_step(path, f"steps[{at}]", step, parts.measures)
    if found.confidence not in ("H", "M", "K", "L"):
        raise fault(path, "confidence", "it is none of H, M, K, L", "Correct it.")
    return replace(found, steps=steps, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def id_in(path: Path) -> str:
    """The id a definition file gives itself, empty where it gives none or cannot be read."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("id", "")
    except (OSError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


def read_due(path: Path, measures: Mapping[str, Measure], protocols: Collection[str]) -> tuple[DueRule, ...]:
    """The rules of which measures are due; each names measures and protocols that exist."""
    found: DueRules = read_toml(path, DueRules)
    for at, rule in enumerate(found.rules):
        for measure in rule.measures:
            if measure not in measures:
                wrong = f'no measure is called "{measure}"'
                raise fault(path, f"rules[{at}].measures", wrong, nearest(measure, measures))
        for protocol in rule.protocols:
            if protocol not in protocols:
                wrong = f'no protocol is called "{protocol}"'
                raise fault(path, f"rules[{at}].protocols", wrong, nearest(protocol, protocols))
        if rule.every < 1:
            raise fault(path, f"rules[{at}].every", "it is less than 1", "Give 1 for every contact.")
    return found.rules


def completed(path: Path, place: str, step: Step, parts: Parts) -> Step:
    """The step with the fields its worksheet or part of a data set brings."""
    if step.worksheet:
        if step.worksheet not in parts.sheets:
            wrong = f'no worksheet is called "{step.worksheet}"'
            raise fault(path, f"{place}.worksheet", wrong, nearest(step.worksheet, parts.sheets))
        sheet = parts.sheets[step.worksheet]
        step = replace(step, rows=min(sheet.rows, MOST_ROWS), fields=sheet.columns, repeat=Repeat.ROWS)
    if step.part:
        name, _, part = step.part.partition(".")
        known = {f"{data_set.id}.{each.id}": each for data_set in parts.data_sets.values() for each in data_set.parts}
        if f"{name}.{part}" not in known:
            wrong = f'no part of a data set is called "{step.part}"'
            raise fault(path, f"{place}.part", wrong, nearest(step.part, known))
        brought = (replace(field, required=field.required and not step.optional) for field in known[step.part].fields)
        step = replace(step, fields=(*brought, *step.fields))
    return step


def _with_shared(path: Path, shared: Mapping[str, Mapping[str, Any]], data: dict[str, Any]) -> dict[str, Any]:
    stages = data.get("stages", [])
    for stage_at, stage in enumerate(stages if isinstance(stages, list) else []):
        steps: Any = stage.get("steps", []) if isinstance(stage, dict) else []
        for at, step in enumerate(steps if isinstance(steps, list) else []):
            if not isinstance(step, dict) or "use" not in step:
                continue
            if step["use"] not in shared:
                wrong = f'no shared step is called "{step["use"]}"'
                raise fault(path, f"stages[{stage_at}].steps[{at}].use", wrong, nearest(str(step["use"]), shared))
            own = {key: value for key, value in step.items() if key != "use"}
            steps[at] = {**shared[step["use"]], **own}
    return data


def _check_protocol(path: Path, protocol: Protocol, measures: Mapping[str, Measure]) -> None:
    refuse_repeated(path, "stages", [stage.id for stage in protocol.stages])
    refuse_repeated(path, "stages.steps", [step.id for stage in protocol.stages for step in stage.steps])
    for place, gate in _gates(protocol):
        if gate.rule not in RULES:
            raise fault(path, place, f'no gate is called "{gate.rule}"', nearest(gate.rule, RULES))
    for stage_at, stage in enumerate(protocol.stages):
        if not stage.steps:
            raise fault(path, f"stages[{stage_at}].steps", "there is none", "Add at least one.")
        for step_at, step in enumerate(stage.steps):
            _check_step(path, f"stages[{stage_at}].steps[{step_at}]", step, measures)
        if stage.id in COMMON_SECTIONS:
            wrong = f'the note has a section of its own called "{stage.id}"'
            raise fault(path, f"stages[{stage_at}].id", wrong, "Give the stage another name.")
    _check_invariants(path, protocol, measures)


def _check_step(path: Path, place: str, step: Step, measures: Mapping[str, Measure]) -> None:
    if step.kind is StepKind.MEASURE and step.measure not in measures:
        wrong = f'no measure is called "{step.measure}"'
        raise fault(path, f"{place}.measure", wrong, nearest(step.measure, measures))
    if step.kind is StepKind.INTERVENTION and step.id != CHOSEN.partition(".")[0]:
        wrong = "the step where a way of working is chosen is called intervention"
        raise fault(path, f"{place}.id", wrong, "Correct it.")
    if step.id in KEPT_FOR_SAFETY and step.kind is not StepKind.SAFETY:
        wrong = f'"{step.id}" is kept for the safety conversation and plan'
        raise fault(path, f"{place}.id", wrong, "Give the step another name.")
    if step.fields:
        refuse_repeated(path, f"{place}.fields", [field.id for field in step.fields])
    if step.repeat is Repeat.ROWS and not (1 <= step.rows <= MOST_ROWS and step.fields):
        wrong = f"a worksheet has fields and 1 to {MOST_ROWS} rows"
        raise fault(path, f"{place}.rows", wrong, "Correct it.")
    for at, field in enumerate(step.fields):
        where = f"{place}.fields[{at}]"
        if field.note.count("{value}") != 1:
            raise fault(path, f"{where}.note", "it needs {value} exactly once", "Correct it.")
        if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES):
            if not 1 <= len(field.options) <= MOST_OPTIONS:
                wrong = f"a choice takes 1 to {MOST_OPTIONS} options"
                raise fault(path, f"{where}.options", wrong, "Add or drop some.")
            refuse_repeated(path, f"{where}.options", [option.value for option in field.options])
        if field.kind is FieldKind.SCALE and field.low >= field.high:
            raise fault(path, where, "the scale does not run upwards", "Give low and high.")


def _gates(protocol: Protocol) -> Iterator[tuple[str, Gate]]:
    yield from ((f"sign[{at}].rule", gate) for at, gate in enumerate(protocol.sign))
    for stage_at, stage in enumerate(protocol.stages):
        for side in ("enter", "leave"):
            for at, gate in enumerate(getattr(stage, side)):
                yield f"stages[{stage_at}].{side}[{at}].rule", gate


def _check_invariants(path: Path, protocol: Protocol, measures: Mapping[str, Measure]) -> None:
    _check_safety_stage(path, protocol)
    signed_by = [gate.rule for gate in protocol.sign]
    if "safety_recorded" not in signed_by:
        raise fault(path, "sign", 'the gate "safety_recorded" cannot be left out', "Put it back.")
    if not set(signed_by) & set(IDENTITY_RULES):
        raise fault(path, "sign", f'the gate "{IDENTITY_RULES[0]}" cannot be left out', "Put it back.")
    asks = any(step.kind in (StepKind.MEASURE, StepKind.MEASURES_DUE) for s in protocol.stages for step in s.steps)
    if IDENTITY_RULES[0] not in signed_by and (asks or any(stage.id == OPENING for stage in protocol.stages)):
        wrong = f'a contact that speaks to the patient is signed by "{IDENTITY_RULES[0]}"'
        raise fault(path, "sign", wrong, "Put it back.")
    if IDENTITY_RULES[0] in signed_by:
        _check_identity(path, protocol)
    if any(endings.code_fields(protocol)):
        _check_ending(path, protocol, signed_by)
    for at, stage in enumerate(protocol.stages):
        due = any(step.kind is StepKind.MEASURES_DUE for step in stage.steps)
        asked = [measures[step.measure] for step in stage.steps if step.kind is StepKind.MEASURE]
        prompts = due or any(item.safety_prompt_from is not None for measure in asked for item in measure.items)
        if prompts and Gate("item_prompt_followed_up") not in stage.leave:
            wrong = 'the gate "item_prompt_followed_up" cannot be left out'
            raise fault(path, f"stages[{at}].leave", wrong, "Put it back.")


def _check_ending(path: Path, protocol: Protocol, signed_by: list[str]) -> None:
    if "end_code_recorded" not in signed_by:
        wrong = 'a contact that can end treatment is signed by "end_code_recorded"'
        raise fault(path, "sign", wrong, "Put it back.")
    if not endings.has_ending_choice(protocol):
        wrong = "it asks for an end code, but none of its choices ends the referral"
        raise fault(path, "stages", wrong, "Mark the choices that do with ends = true.")


def _check_identity(path: Path, protocol: Protocol) -> None:
    steps = [step for stage in protocol.stages if stage.id == OPENING for step in stage.steps if step.id == "identity"]
    always = [stage.when for stage in protocol.stages if stage.id == OPENING] == [When.ALWAYS]
    if not steps or not always or steps[0].when is not When.ALWAYS:
        wrong = 'the stage "opening" with its step "identity", always asked, is needed'
        raise fault(path, "stages", wrong, "Put it back.")
    given = [field for field in steps[0].fields if field.id == "given" and field.kind is FieldKind.CHOICES]
    if not given or len(given[0].options) < IDENTIFIERS_NEEDED:
        wrong = 'the step "identity" asks in a field "given", of several choices, what the patient gave'
        raise fault(path, "stages.opening.identity", wrong, "Put it back.")


def _check_safety_stage(path: Path, protocol: Protocol) -> None:
    stages = [stage for stage in protocol.stages if stage.id == safety.STAGE]
    steps = [step for stage in stages for step in stage.steps if step.kind is StepKind.SAFETY]
    shut = not stages or stages[0].skippable or stages[0].enter or stages[0].leave or stages[0].when != "always"
    if not steps or shut or protocol.stages[-1].id == safety.STAGE or any(step.when != "always" for step in steps):
        wrong = "a stage called safety, always asked, open, never skippable and not the last, is needed"
        raise fault(path, "stages", wrong, "Put it back.")


def sheets_in(materials: Path) -> dict[str, Sheet]:
    """Every worksheet of every booklet as fields, by "<booklet>/<worksheet>"."""
    found = {}
    for path in sorted(materials.glob("*/w*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = tuple(_column(at, column) for at, column in enumerate(data["columns"]))
        found[f"{path.parent.name}/{data['id']}"] = Sheet(data["title"], data["rows"], columns)
    return found


def _column(at: int, column: Mapping[str, Any]) -> Field:
    kind = {"scale": FieldKind.SCALE, "date": FieldKind.DATE, "tick": FieldKind.CHOICE}.get(
        column.get("type", "text"), FieldKind.TEXT
    )
    label = column["label"]
    return Field(
        id=column["id"],
        kind=kind,
        label=label,
        options=TICKED if kind is FieldKind.CHOICE else (),
        low=column.get("min", 0) or 0,
        high=column.get("max", 10) or 10,
        note="{value}" if at == 0 else f"{label}: {{value}}",
    )
