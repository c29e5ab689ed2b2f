"""Measures, protocols and the safety conversation, read from TOML and refused with one sentence if wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gsh_console.content.crisis_contacts import CrisisContacts, nation_file, read_crisis_contacts
from gsh_console.content.data_sets import read_data_sets
from gsh_console.content.measure_library import MeasureLibrary, known_measure
from gsh_console.content.outcome_files import read_outcome_rules
from gsh_console.content.protocol_files import (
    Parts,
    id_in,
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
from gsh_console.domain.safety_plans import HEADINGS, SafetyPlanForm
from gsh_console.faults import DefinitionFault, nearest
from gsh_console.locations import definitions_folder, materials_folder

if TYPE_CHECKING:
    from gsh_console.content.wordings import Wordings
    from gsh_console.domain.wording import Wording

OWN_FOLDERS = ("measures", "protocols", "interventions", "notes", "wordings")
_INCOMPLETE = {safety.INCOMPLETE_REASON, safety.INCOMPLETE_ACTION, safety.INCOMPLETE_INFORMED}


closed(Field, Option, Reminder, Area, Response, SafetyConversation, SafetyPlanForm)


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


def read_safety_plan(path: Path) -> SafetyPlanForm:
    """The safety plan's form, with the headings its printed sheet has."""
    form: SafetyPlanForm = read_toml(path, SafetyPlanForm)
    headings = [field.id for field in form.headings]
    if tuple(headings) != HEADINGS:
        lacking = next((name for name in HEADINGS if name not in headings), "")
        wrong = (
            f'the heading "{lacking}" is missing' if lacking else "they are not those of the printed sheet, in order"
        )
        raise fault(path, "headings", wrong, "Put them back.")
    refuse_repeated(path, "about", [*headings, *(field.id for field in form.about)])
    return form


class Definitions:
    """Everything shipped under `definitions/` with the service's own files in their places, read once on first use.

    `own` is a folder with any of `measures/`, `protocols/`, `interventions/`, `notes/`, `due.toml` and
    `crisis_contacts.toml`. A file of the same id stands in for the shipped one; rules of its `due.toml` are added.
    """

    def __init__(
        self, folder: Path | None = None, own: Path | None = None, *, materials: Path | None = None, nation: str = ""
    ) -> None:
        self._folder = folder or definitions_folder()
        self._own = own
        self._materials = materials or materials_folder()
        self._nation = nation or "England"
        self._digest = ""
        self._files: dict[str, bytes] = {}
        self._measures: MeasureLibrary | None = None
        self._outcome_rules: tuple[OutcomeRules, ...] = ()
        self._wordings: Wordings | None = None
        self._protocols: dict[str, Protocol] | None = None
        self._notes: dict[str, str] = {}
        self._interventions: dict[str, Intervention] | None = None
        self._data_sets: Mapping[str, DataSet] | None = None
        self._parts: Parts | None = None
        self._due: tuple[DueRule, ...] | None = None
        self._safety: SafetyConversation | None = None
        self._safety_plan: SafetyPlanForm | None = None

    @property
    def own(self) -> Path | None:
        """The folder of the service's own files, None where there is none; DefinitionFault where it is gone."""
        if self._own is not None and not self._own.is_dir():
            raise DefinitionFault(
                f"The folder of your own definitions, {self._own.name}, is not there.",
                'Make it, or take "definitions_folder" out of the settings.',
            )
        return self._own

    @property
    def measures(self) -> MeasureLibrary:
        """All measures by id, each the version in force today."""
        if self._measures is None:
            self._measures = MeasureLibrary(self._folder / "measures", self._own_part("measures"))
        return self._measures

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        """All protocols by id."""
        if self._protocols is None:
            self.files()
            found = [read_protocol(path, self.parts) for path in self._paths("protocols", "*.toml")]
            protocols = {protocol.id: protocol for protocol in found}
            self._notes = {protocol.id: self._note(protocol) for protocol in protocols.values()}
            self._protocols = protocols
        return self._protocols

    @property
    def interventions(self) -> Mapping[str, Intervention]:
        """All interventions by id."""
        if self._interventions is None:
            found = [read_intervention(path, self.parts) for path in self._paths("interventions", "*.toml")]
            self._interventions = {one.id: one for one in found}
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
            paths = [self._folder / "due.toml", *(path for path in self._own_files() if path.name == "due.toml")]
            self._due = tuple(rule for path in paths for rule in read_due(path, self.measures, self.protocols))
        return self._due

    @property
    def parts(self) -> Parts:
        """What a protocol or intervention may name."""
        if self._parts is None:
            shared = read_shared(self._folder / "steps" / "shared.toml")
            self._parts = Parts(self.measures, shared, self.data_sets, sheets_in(self._materials))
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

            own = self._own_part("wordings")
            self._wordings = Wordings(self.measures, self._folder / "wordings", own)
        return self._wordings

    def wording_of(self, measure_id: str, language: str) -> Wording | None:
        """The installed words of a measure in a language; None for English and where there is none to use."""
        return None if language in ("", "en") else self.wordings.of(self.measure(measure_id), language)

    @property
    def safety_plan(self) -> SafetyPlanForm:
        """The safety plan's headings and what is recorded about it."""
        if self._safety_plan is None:
            self._safety_plan = read_safety_plan(self._folder / "safety" / "safety_plan.toml")
        return self._safety_plan

    def crisis_contacts(self) -> CrisisContacts:
        """The crisis contacts in force: the service's own file, else the shipped one of its nation."""
        return read_crisis_contacts(self.crisis_file)

    @property
    def crisis_file(self) -> Path:
        """The file of the crisis contacts in force."""
        own = self.own / "crisis_contacts.toml" if self.own else None
        return own if own and own.is_file() else nation_file(self._folder / "safety", self._nation)

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
        return Rulebook(
            self.protocols[protocol_id], self.measures, self.safety, self._notes[protocol_id], self.safety_plan
        )

    def is_own(self, kind: str, definition_id: str) -> bool:
        """Whether a protocol or intervention ("protocols", "interventions") is the service's own."""
        folder = self._own_part(kind)
        return folder is not None and any(id_in(path) == definition_id for path in folder.glob("*.toml"))

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole set of files, the same as long as none of them changes."""
        if not self._digest:
            from gsh_console.content.definition_sets import digest_of

            self._digest = digest_of(self.files())
        return self._digest

    def files(self) -> dict[str, bytes]:
        """Every file a contact is held to, by its name in the set, as they were when the first protocol was read.

        Crisis contacts are not among them.
        """
        if self._files:
            return self._files
        found = {f"shipped/{path.relative_to(self._folder).as_posix()}": path for path in _kept_in(self._folder)}
        if self.own:
            found |= {f"own/{path.relative_to(self.own).as_posix()}": path for path in self._own_files()}
        for path in sorted(self._materials.glob("*/w*.toml")):
            found[f"sheets/{path.parent.name}/{path.name}"] = path
        self._files = {name: path.read_bytes() for name, path in found.items()}
        return self._files

    def load(self) -> None:
        """Read everything now, so that the files are not needed any more."""
        for measure in self.measures:
            self.measures.versions(measure)
            self.wordings.installed(measure)
        _ = (
            self.protocols,
            self.interventions,
            self.due,
            self.safety,
            self.safety_plan,
            self.outcome_rules(),
            self.digest,
        )

    def _note(self, protocol: Protocol) -> str:
        """The template the protocol's note is written by, checked; empty where the note takes the stages in order."""
        name = f"{protocol.note or protocol.id}.txt.j2"
        places = [folder / name for folder in (self._own_part("notes"), self._folder / "notes") if folder]
        path = next((place for place in places if place.is_file()), None)
        if path is None and not protocol.note:
            return ""
        from gsh_console.content.note_templates import read_template

        return read_template(path or places[-1], protocol)

    def _own_part(self, name: str) -> Path | None:
        folder = self.own / name if self.own else None
        return folder if folder and folder.is_dir() else None

    def _own_files(self) -> list[Path]:
        """The own files a contact is held to; a folder of another name is not read."""
        if not self.own:
            return []
        inside = [path for name in OWN_FOLDERS if (folder := self._own_part(name)) for path in _kept_in(folder)]
        due = self.own / "due.toml"
        return [*inside, *([due] if due.is_file() else [])]

    def _paths(self, kind: str, pattern: str) -> list[Path]:
        """Shipped files, then the service's own, which stand in for those of the same id."""
        folders = [self._folder / kind, self._own_part(kind)]
        return [path for folder in folders if folder for path in sorted(folder.glob(pattern))]


def _kept_in(folder: Path) -> list[Path]:
    """The definition files below a folder; crisis contacts are read from the files in force, never from a set."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".toml", ".j2"))
    return [path for path in paths if not path.name.startswith("crisis_contacts")]
