"""Measures, protocols and the safety conversation, read from TOML and refused with one sentence if wrong."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from gsh_console.domain import protocols, safety
from gsh_console.domain.gates import RULES
from gsh_console.domain.measures import Band, Choice, Example, Item, Measure, Threshold
from gsh_console.domain.protocols import (
    Field,
    FieldKind,
    Gate,
    Option,
    Protocol,
    Reminder,
    Stage,
    Step,
    StepKind,
)
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.safety import Area, Response, SafetyConversation
from gsh_console.domain.scoring import AnswerRefused, score
from gsh_console.faults import DefinitionFault, nearest
from gsh_console.locations import definitions_folder

MISSING_IN_EXAMPLE = -1
CONTACTS_BOOKLETS_NAME = ("emergency", "nhs", "samaritans")
SIGN_RULES = ("identity_confirmed_or_ended_early", "safety_recorded")
_INCOMPLETE = {safety.INCOMPLETE_REASON, safety.INCOMPLETE_ACTION, safety.INCOMPLETE_INFORMED}


@dataclass(frozen=True)
class CrisisContact:
    """A number a person in crisis can call or text."""

    id: str
    name: str
    number: str
    when: str


@dataclass(frozen=True)
class CrisisContacts:
    """The contacts of one nation, with the day somebody last checked them and how."""

    nation: str
    last_checked: date
    checked_by: str
    contacts: tuple[CrisisContact, ...]


for _shape in (
    Band, Choice, Example, Item, Measure, Threshold, Field, Gate, Option, Protocol, Reminder, Stage, Step,
    Area, Response, SafetyConversation, CrisisContact, CrisisContacts,
):  # fmt: skip
    # An unknown key is a mistake in the file; the domain classes themselves know no pydantic.
    setattr(_shape, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010


@cache
def _adapter(shape: type) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def read_measure(path: Path) -> Measure:
    """One measure file, its own worked examples passed."""
    measure: Measure = _read(path, Measure)
    _check_measure(path, measure)
    return measure


def read_protocol(path: Path, measures: Mapping[str, Measure]) -> Protocol:
    """One protocol file, its references and the clinical invariants checked."""
    protocol: Protocol = _read(path, Protocol)
    _check_protocol(path, protocol, measures)
    return replace(protocol, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def read_safety_conversation(path: Path) -> SafetyConversation:
    """The safety conversation, with the areas and closing words no file may leave out."""
    conversation: SafetyConversation = _read(path, SafetyConversation)
    if not any(area.id == "thoughts_now" and area.always and area.own_words for area in conversation.areas):
        raise _fault(path, "areas", 'the area "thoughts_now" must be asked always and in own words', "Put it back.")
    for at, (_, field) in enumerate(conversation.fields()):
        if not field.id.startswith(f"{safety.STAGE}."):
            raise _fault(path, f"field {at + 1}", f'the id "{field.id}" does not begin with "safety."', "Correct it.")
    if not any(field.required for field in conversation.closing):
        raise _fault(path, "closing", "the record needs required closing words", "Put them back.")
    if not {field.id for field in conversation.incomplete} >= _INCOMPLETE:
        raise _fault(path, "incomplete", "an early end needs its reason, action and who was informed", "Put them back.")
    _refuse_repeated(path, "areas", [field.id for _, field in conversation.fields()])
    return conversation


def read_crisis_contacts(path: Path) -> CrisisContacts:
    """The crisis contacts of a nation."""
    contacts: CrisisContacts = _read(path, CrisisContacts)
    for needed in CONTACTS_BOOKLETS_NAME:
        if needed not in [contact.id for contact in contacts.contacts]:
            raise _fault(path, "contacts", f'the contact "{needed}", which booklets name, is missing', "Please add it.")
    return contacts


class Definitions:
    """Everything shipped under `definitions/`, read once on first use."""

    def __init__(self, folder: Path | None = None, crisis_contacts: Path | None = None) -> None:
        self._folder = folder or definitions_folder()
        self._crisis = crisis_contacts or self._folder / "safety" / "crisis_contacts.toml"
        self._measures: dict[str, Measure] | None = None
        self._protocols: dict[str, Protocol] | None = None
        self._safety: SafetyConversation | None = None

    @property
    def measures(self) -> Mapping[str, Measure]:
        """All measures by id."""
        if self._measures is None:
            found = (read_measure(path) for path in sorted((self._folder / "measures").glob("*.toml")))
            self._measures = {measure.id: measure for measure in found}
        return self._measures

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        """All protocols by id."""
        if self._protocols is None:
            paths = sorted((self._folder / "protocols").glob("*.toml"))
            self._protocols = {p.id: p for p in (read_protocol(path, self.measures) for path in paths)}
        return self._protocols

    @property
    def safety(self) -> SafetyConversation:
        """The safety conversation."""
        if self._safety is None:
            self._safety = read_safety_conversation(self._folder / "safety" / "safety_conversation.toml")
        return self._safety

    def crisis_contacts(self) -> CrisisContacts:
        """The crisis contacts in force: the service's own file, else the shipped one."""
        return read_crisis_contacts(self._crisis)

    def measure(self, measure_id: str) -> Measure:
        """One measure; DefinitionFault with the nearest name if there is none."""
        if measure_id not in self.measures:
            raise DefinitionFault(f'There is no measure "{measure_id}".', nearest(measure_id, self.measures))
        return self.measures[measure_id]

    def rulebook(self, protocol_id: str) -> Rulebook:
        """What a contact under this protocol is held to."""
        if protocol_id not in self.protocols:
            raise DefinitionFault(f'There is no protocol "{protocol_id}".', nearest(protocol_id, self.protocols))
        return Rulebook(self.protocols[protocol_id], self.measures, self.safety)


def _read(path: Path, shape: type) -> Any:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionFault(
            f"{path.name} cannot be read: {error.strerror}.", "Check the file and try again."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionFault(f"{path.name} is not valid TOML: {error}.", "Correct that place.") from None
    try:
        return _adapter(shape).validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        raise _shape_fault(path, shape, error) from None


def _shape_fault(path: Path, shape: type, error: ValidationError) -> DefinitionFault:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = _place(first["loc"])
    kind = first["type"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        owner = _owner(shape, first["loc"])
        return _fault(path, place, "there is no such key", nearest(str(first["loc"][-1]), owner))
    if kind in ("missing", "missing_argument"):
        return _fault(path, place, "this key is missing", "Please add it.")
    return _fault(path, place, first["msg"][0].lower() + first["msg"][1:], "Please correct it.")


def _owner(shape: type, location: tuple[int | str, ...]) -> Iterable[str]:
    names = {"stages": Stage, "steps": Step, "fields": Field, "options": Option, "items": Item, "choices": Choice,
             "bands": Band, "areas": Area, "closing": Field, "incomplete": Field, "extra": Field, "examples": Example,
             "enter": Gate, "leave": Gate, "sign": Gate, "contacts": CrisisContact}  # fmt: skip
    owner = shape
    for part in location[:-1]:
        owner = names.get(str(part), owner)
    return getattr(owner, "__dataclass_fields__", {})


def _place(location: Iterable[int | str]) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and parts:
            parts[-1] += f"[{part}]"
        else:
            parts.append(str(part))
    return ".".join(parts)


def _fault(path: Path, place: str, wrong: str, remedy: str) -> DefinitionFault:
    return DefinitionFault(f"{path.name} › {place}: {wrong}.", remedy)


def _check_measure(path: Path, measure: Measure) -> None:
    _refuse_repeated(path, "items", [item.id for item in measure.items])
    _refuse_repeated(path, "choices", [str(choice.value) for choice in measure.choices])
    for at, item in enumerate(measure.items):
        if item.safety_prompt_from is not None and item.safety_prompt_from not in measure.values:
            raise _fault(path, f"items[{at}].safety_prompt_from", "no choice has this value", "Correct it.")
    for name in ("caseness", "reliable_change"):
        threshold = getattr(measure, name)
        if threshold is not None and not 0 < threshold.value <= measure.maximum:
            raise _fault(path, f"{name}.value", f"it lies outside 1 to {measure.maximum}", "Correct it.")
    covered = sorted(total for band in measure.bands for total in range(band.low, band.high + 1))
    if measure.bands and covered != list(range(measure.minimum, measure.maximum + 1)):
        raise _fault(
            path,
            "bands",
            f"the bands do not cover {measure.minimum} to {measure.maximum} once each",
            "Correct them.",
        )
    if not measure.examples:
        raise _fault(path, "examples", "there is no worked example", "Add at least one form with its total.")
    for number, example in enumerate(measure.examples):
        _check_example(path, measure, number, example)


def _check_example(path: Path, measure: Measure, number: int, example: Example) -> None:
    place = f"examples[{number}]"
    if len(example.answers) != len(measure.items):
        raise _fault(path, place, f"{len(example.answers)} answers for {len(measure.items)} items", "Give one each.")
    answers = {
        item.id: None if value == MISSING_IN_EXAMPLE else value
        for item, value in zip(measure.items, example.answers, strict=True)
    }
    try:
        found = score(measure, answers)
    except AnswerRefused as refused:
        raise _fault(path, place, str(refused), "Correct the answers.") from None
    if (found.total, found.prorated) != (example.total, example.prorated):
        raise _fault(
            path,
            place,
            f"the rules give {_told(found.total, found.prorated)}, "
            f"the example says {_told(example.total, example.prorated)}",
            "Correct one of them.",
        )


def _told(total: int | None, prorated: bool) -> str:
    return "no total" if total is None else f"{total}{' prorated' if prorated else ''}"


def _refuse_repeated(path: Path, place: str, ids: list[str]) -> None:
    if not ids:
        raise _fault(path, place, "there is none", "Add at least one.")
    repeated = next((each for at, each in enumerate(ids) if each in ids[:at]), None)
    if repeated is not None:
        raise _fault(path, place, f'"{repeated}" stands there twice', "Give each its own.")


def _check_protocol(path: Path, protocol: Protocol, measures: Mapping[str, Measure]) -> None:
    _refuse_repeated(path, "stages", [stage.id for stage in protocol.stages])
    _refuse_repeated(path, "stages.steps", [step.id for stage in protocol.stages for step in stage.steps])
    for place, gate in _gates(protocol):
        if gate.rule not in RULES:
            raise _fault(path, place, f'no gate is called "{gate.rule}"', nearest(gate.rule, RULES))
    for stage_at, stage in enumerate(protocol.stages):
        if not stage.steps:
            raise _fault(path, f"stages[{stage_at}].steps", "there is none", "Add at least one.")
        for step_at, step in enumerate(stage.steps):
            _check_step(path, f"stages[{stage_at}].steps[{step_at}]", step, measures)
    _check_invariants(path, protocol, measures)


def _check_step(path: Path, place: str, step: Step, measures: Mapping[str, Measure]) -> None:
    if step.kind is StepKind.MEASURE and step.measure not in measures:
        wrong = f'no measure is called "{step.measure}"'
        raise _fault(path, f"{place}.measure", wrong, nearest(step.measure, measures))
    if step.fields:
        _refuse_repeated(path, f"{place}.fields", [field.id for field in step.fields])
    for at, field in enumerate(step.fields):
        where = f"{place}.fields[{at}]"
        if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES):
            if not 1 <= len(field.options) <= 9:
                raise _fault(path, f"{where}.options", "a choice takes one to nine options", "Add or drop some.")
            _refuse_repeated(path, f"{where}.options", [option.value for option in field.options])
        if field.kind is FieldKind.SCALE and field.low >= field.high:
            raise _fault(path, where, "the scale does not run upwards", "Give low and high.")


def _gates(protocol: Protocol) -> Iterator[tuple[str, Gate]]:
    yield from ((f"sign[{at}].rule", gate) for at, gate in enumerate(protocol.sign))
    for stage_at, stage in enumerate(protocol.stages):
        for side in ("enter", "leave"):
            for at, gate in enumerate(getattr(stage, side)):
                yield f"stages[{stage_at}].{side}[{at}].rule", gate


def _gated(stage: Stage) -> bool:
    return bool(stage.enter or stage.leave)  # nobody is shut out of the safety stage, or shut in


def _check_invariants(path: Path, protocol: Protocol, measures: Mapping[str, Measure]) -> None:
    stages = [stage for stage in protocol.stages if stage.id == safety.STAGE]
    steps = [step for stage in stages for step in stage.steps if step.kind is StepKind.SAFETY]
    if not steps or stages[0].skippable or protocol.stages[-1].id == safety.STAGE or _gated(stages[0]):
        raise _fault(
            path,
            "stages",
            "a stage called safety, open, never skippable and not the last, is needed",
            "Put it back.",
        )
    for rule in SIGN_RULES:
        if rule not in [gate.rule for gate in protocol.sign]:
            raise _fault(path, "sign", f'the gate "{rule}" cannot be left out', "Put it back.")
    for at, stage in enumerate(protocol.stages):
        asked = [measures[step.measure] for step in stage.steps if step.kind is StepKind.MEASURE]
        prompts = any(item.safety_prompt_from is not None for measure in asked for item in measure.items)
        if prompts and protocols.Gate("item_prompt_followed_up") not in stage.leave:
            raise _fault(
                path,
                f"stages[{at}].leave",
                'the gate "item_prompt_followed_up" cannot be left out',
                "Put it back.",
            )
