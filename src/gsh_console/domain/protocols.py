"""What a session protocol is: stages with minutes, steps, what to say and do, fields and gates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """How a field is answered."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    SCALE = "scale"
    DATE_TIME = "date_time"


class StepKind(StrEnum):
    """What a step asks of the screen."""

    FIELDS = "fields"
    MEASURE = "measure"
    SAFETY = "safety"
    MATERIAL = "material"


class Repeat(StrEnum):
    """What a step's fields are asked once for each of."""

    CARRIED_PLAN = "carried_plan"
    PLAN = "plan"
    GOALS = "goals"


@dataclass(frozen=True)
class Option:
    """One choice of a field: a stored value, its words, and the national code where one is known."""

    value: str
    label: str
    code: str | None = None


@dataclass(frozen=True)
class Reminder:
    """Words shown when a scale is answered below a number the protocol names."""

    below: int
    text: str


@dataclass(frozen=True)
class Field:
    """One thing to record. `note` holds {value}; scales run from `low` to `high`, both included."""

    id: str
    kind: FieldKind
    label: str
    required: bool = False
    options: tuple[Option, ...] = ()
    low: int = 0
    high: int = 10
    low_label: str = ""
    high_label: str = ""
    hint: str = ""
    note: str = "{label}: {value}."
    reminder: Reminder | None = None

    def option(self, value: str) -> Option | None:
        """The option stored under this value, if the field has it."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True)
class Gate:
    """A named rule of `domain.gates` and where it stands."""

    rule: str


@dataclass(frozen=True)
class Step:
    """One part of a stage. `repeat` asks the fields once per carried or new plan item, or per goal."""

    id: str
    kind: StepKind
    title: str
    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    measure: str = ""
    repeat: Repeat | None = None
    required: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage with its time budget in minutes."""

    id: str
    title: str
    minutes: int
    steps: tuple[Step, ...]
    skippable: bool = True
    enter: tuple[Gate, ...] = ()
    leave: tuple[Gate, ...] = ()

    def step(self, step_id: str) -> Step:
        """The step with this id; KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


@dataclass(frozen=True)
class Protocol:
    """A whole contact. `appointment_type` and `medium` are the national codes the contact is reported with."""

    id: str
    version: str
    title: str
    appointment_type: str
    medium: str
    procedure: str
    source: str
    stages: tuple[Stage, ...]
    sign: tuple[Gate, ...] = ()
    sha256: str = ""

    @property
    def minutes(self) -> int:
        """The whole budget in minutes."""
        return sum(stage.minutes for stage in self.stages)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures asked, in order."""
        return tuple(step.measure for stage in self.stages for step in stage.steps if step.kind is StepKind.MEASURE)

    def stage(self, stage_id: str) -> Stage:
        """The stage with this id; KeyError if there is none."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(stage_id)

    def index(self, stage_id: str) -> int:
        """Where the stage stands, counted from 0."""
        return [stage.id for stage in self.stages].index(stage_id)
