"""Measures, protocols and the safety conversation, read from TOML and refused with one sentence if wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gsh_console.content.data_sets import read_data_sets
from gsh_console.content.measure_library import MeasureLibrary, known_measure
from gsh_console.content.outcome_files import read_outcome_rules
from gsh_console.content.protocol_files import (
    Parts,
    read_due,
    read_intervention,
    read_protocol,
    read_shared,
    sheets_in,
)
from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain import safety
from gsh_console.domain.courses import OutcomeRules
from gsh_console.domain.data_sets import DataSet
from gsh_console.domain.due import DueRule
from gsh_console.domain.interventions import Intervention
from gsh_console.domain.measures import Measure
from gsh_console.domain.protocols import Field, Option, Protocol, Reminder
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.safety import Area, Response, SafetyConversation
from gsh_console.faults import DefinitionFault, nearest
from gsh_console.locations import definitions_folder, materials_folder

if TYPE_CHECKING:
    from gsh_console.content.wordings import Wordings
    from gsh_console.domain.wording import Wording

CONTACTS_BOOKLETS_NAME = ("emergency", "nhs", "samaritans")
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


closed(Field, Option, Reminder, Area, Response, SafetyConversation, CrisisContact, CrisisContacts)


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

    def __init__(
        self, folder: Path | None = None, crisis_contacts: Path | None = None, own_measures: Path | None = None
    ) -> None:
        self._folder = folder or definitions_folder()
        self._own_measures = own_measures
        self._crisis = crisis_contacts or self._folder / "safety" / "crisis_contacts.toml"
        self._measures: MeasureLibrary | None = None
        self._outcome_rules: tuple[OutcomeRules, ...] = ()
        self._protocols: dict[str, Protocol] | None = None
        self._interventions: dict[str, Intervention] | None = None
        self._data_sets: Mapping[str, DataSet] | None = None
        self._parts: Parts | None = None
        self._due: tuple[DueRule, ...] | None = None
        self._safety: SafetyConversation | None = None
        self._wordings: Wordings | None = None

    @property
    def measures(self) -> MeasureLibrary:
        """All measures by id, each the version in force today."""
        if self._measures is None:
            self._measures = MeasureLibrary(self._folder / "measures", self._own_measures)
        return self._measures

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        """All protocols by id."""
        if self._protocols is None:
            paths = sorted((self._folder / "protocols").glob("*.toml"))
            self._protocols = {p.id: p for p in (read_protocol(path, self.parts) for path in paths)}
        return self._protocols

    @property
    def interventions(self) -> Mapping[str, Intervention]:
        """All interventions by id."""
        if self._interventions is None:
            paths = sorted((self._folder / "interventions").glob("*.toml"))
            self._interventions = {i.id: i for i in (read_intervention(path, self.parts) for path in paths)}
        return self._interventions

    @property
    def data_sets(self) -> Mapping[str, DataSet]:
        """All data sets by id."""
        if self._data_sets is None:
            self._data_sets = read_data_sets(self._folder / "data_sets")
        return self._data_sets

    @property
    def due(self) -> tuple[DueRule, ...]:
        """Which measures are asked beyond those a protocol names."""
        if self._due is None:
            self._due = read_due(self._folder / "due.toml", self.measures)
        return self._due

    @property
    def parts(self) -> Parts:
        """What a protocol or intervention may name."""
        if self._parts is None:
            shared = read_shared(self._folder / "steps" / "shared.toml")
            self._parts = Parts(self.measures, shared, self.data_sets, sheets_in(materials_folder()))
        return self._parts

    @property
    def safety(self) -> SafetyConversation:
        """The safety conversation."""
        if self._safety is None:
            self._safety = read_safety_conversation(self._folder / "safety" / "safety_conversation.toml")
        return self._safety

    @property
    def wordings(self) -> Wordings:
        """The measures in other languages: what ships, and the service's own in `wordings/` beside its measures."""
        if self._wordings is None:
            from gsh_console.content.wordings import Wordings  # knows every language, which takes a moment

            own = self._own_measures / "wordings" if self._own_measures else None
            self._wordings = Wordings(self.measures, self._folder / "wordings", own)
        return self._wordings

    def wording_of(self, measure_id: str, language: str) -> Wording | None:
        """The installed words of a measure in a language; None for English and where there is none to use."""
        return None if language in ("", "en") else self.wordings.of(self.measure(measure_id), language)

    def crisis_contacts(self) -> CrisisContacts:
        """The crisis contacts in force: the service's own file, else the shipped one."""
        return read_crisis_contacts(self._crisis)

    def measure(self, measure_id: str) -> Measure:
        """One measure; DefinitionFault with the nearest name if there is none."""
        return known_measure(self.measures, measure_id)

    def measure_on(self, measure_id: str, day: date) -> Measure:
        """The version of a measure in force on a day; DefinitionFault with the nearest name if there is none."""
        known_measure(self.measures, measure_id)
        return self.measures.on(measure_id, day)

    def outcome_rules(self, day: date | None = None) -> OutcomeRules:
        """The outcome rules in force on a day, today if none is given; the earliest where none was yet."""
        if not self._outcome_rules:
            found = [read_outcome_rules(path, self.measures) for path in self._folder.glob("outcome_rules*.toml")]
            self._outcome_rules = tuple(sorted(found, key=lambda rules: rules.effective_from))
        day = day or date.today()  # noqa: DTZ011  # the practitioner's own calendar day
        begun = [rules for rules in self._outcome_rules if rules.effective_from <= day]
        return begun[-1] if begun else self._outcome_rules[0]

    def rulebook(self, protocol_id: str) -> Rulebook:
        """What a contact under this protocol is held to."""
        if protocol_id not in self.protocols:
            raise DefinitionFault(f'There is no protocol "{protocol_id}".', nearest(protocol_id, self.protocols))
        return Rulebook(self.protocols[protocol_id], self.measures, self.safety)
