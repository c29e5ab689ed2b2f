"""Measures, protocols and the safety conversation, read from TOML and refused with one sentence if wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gsh_console.content.measure_files import read_measure
from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain import protocols, safety
from gsh_console.domain.gates import RULES
from gsh_console.domain.measures import Measure
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
from gsh_console.faults import DefinitionFault, nearest
from gsh_console.locations import definitions_folder

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


closed(
    Field, Gate, Option, Protocol, Reminder, Stage, Step, Area, Response, SafetyConversation, CrisisContact,
    CrisisContacts,
)  # fmt: skip


def read_protocol(path: Path, measures: Mapping[str, Measure]) -> Protocol:
    """One protocol file, its references and the clinical invariants checked."""
    protocol: Protocol = read_toml(path, Protocol)
    _check_protocol(path, protocol, measures)
    return replace(protocol, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def read_safety_conversation(path: Path) -> SafetyConversation:
    """The safety conversation, with the areas and closing words no file may leave out."""
    conversation: SafetyConversation = read_toml(path, SafetyConversation)
    if not any(area.id == "thoughts_now" and area.always and area.own_words for area in conversation.areas):
        raise fault(path, "areas", 'the area "thoughts_now" must be asked always and in own words', "Put it back.")
    for at, (_, field) in enumerate(conversation.fields()):
        if not field.id.startswith(f"{safety.STAGE}."):
            raise fault(path, f"field {at + 1}", f'the id "{field.id}" does not begin with "safety."', "Correct it.")
    if not any(field.required for field in conversation.closing):
        raise fault(path, "closing", "the record needs required closing words", "Put them back.")
    if not {field.id for field in conversation.incomplete} >= _INCOMPLETE:
        raise fault(path, "incomplete", "an early end needs its reason, action and who was informed", "Put them back.")
    refuse_repeated(path, "areas", [field.id for _, field in conversation.fields()])
    return conversation


def read_crisis_contacts(path: Path) -> CrisisContacts:
    """The crisis contacts of a nation."""
    contacts: CrisisContacts = read_toml(path, CrisisContacts)
    for needed in CONTACTS_BOOKLETS_NAME:
        if needed not in [contact.id for contact in contacts.contacts]:
            raise fault(path, "contacts", f'the contact "{needed}", which booklets name, is missing', "Please add it.")
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
    _check_invariants(path, protocol, measures)


def _check_step(path: Path, place: str, step: Step, measures: Mapping[str, Measure]) -> None:
    if step.kind is StepKind.MEASURE and step.measure not in measures:
        wrong = f'no measure is called "{step.measure}"'
        raise fault(path, f"{place}.measure", wrong, nearest(step.measure, measures))
    if step.fields:
        refuse_repeated(path, f"{place}.fields", [field.id for field in step.fields])
    for at, field in enumerate(step.fields):
        where = f"{place}.fields[{at}]"
        if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES):
            if not 1 <= len(field.options) <= 9:
                raise fault(path, f"{where}.options", "a choice takes one to nine options", "Add or drop some.")
            refuse_repeated(path, f"{where}.options", [option.value for option in field.options])
        if field.kind is FieldKind.SCALE and field.low >= field.high:
            raise fault(path, where, "the scale does not run upwards", "Give low and high.")


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
        raise fault(
            path,
            "stages",
            "a stage called safety, open, never skippable and not the last, is needed",
            "Put it back.",
        )
    for rule in SIGN_RULES:
        if rule not in [gate.rule for gate in protocol.sign]:
            raise fault(path, "sign", f'the gate "{rule}" cannot be left out', "Put it back.")
    for at, stage in enumerate(protocol.stages):
        asked = [measures[step.measure] for step in stage.steps if step.kind is StepKind.MEASURE]
        prompts = any(item.safety_prompt_from is not None for measure in asked for item in measure.items)
        if prompts and protocols.Gate("item_prompt_followed_up") not in stage.leave:
            raise fault(
                path,
                f"stages[{at}].leave",
                'the gate "item_prompt_followed_up" cannot be left out',
                "Put it back.",
            )
