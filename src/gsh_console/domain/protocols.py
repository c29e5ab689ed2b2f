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
    DATE = "date"
    DATE_TIME = "date_time"


class StepKind(StrEnum):
    """What a step asks of the screen. The last two are places: other steps are put there when the contact opens."""

    FIELDS = "fields"
    MEASURE = "measure"
    SAFETY = "safety"
    MATERIAL = "material"
    MEASURES_DUE = "measures_due"
    INTERVENTION = "intervention"


class Repeat(StrEnum):
    """What a step's fields are asked once for each of."""

    CARRIED_PLAN = "carried_plan"
    PLAN = "plan"
    GOALS = "goals"
    ROWS = "rows"


class Computed(StrEnum):
    """A figure the note adds to a worksheet. The list is closed."""

    SLEEP_EFFICIENCY = "sleep_efficiency"


class When(StrEnum):
    """In which contacts a stage or step is asked. Known when the contact opens, so that a replay is the same."""

    ALWAYS = "always"
    INTERPRETED = "interpreted"
    FIRST_CONTACT = "first_contact"


class Offered(StrEnum):
    """When a protocol stands first among those a practitioner may choose from; the choice stays theirs."""

    FIRST_CONTACT = "first_contact"
    LATER_CONTACT = "later_contact"
    BY_CHOICE = "by_choice"


@dataclass(frozen=True)
class Option:
    """One choice of a field: a stored value, its words, the national code where one is known; `ends` the referral."""

    value: str
    label: str
    code: str | None = None
    ends: bool = False


@dataclass(frozen=True)
class Reminder:
    """Words shown when a scale is answered below a number the protocol names."""

    below: int
    text: str


@dataclass(frozen=True)
class Field:
    """One thing to record. `note` holds {value}; scales run from `low` to `high`, both included.

    `past`: a day without a year is the last such day, not the next. `code` names the national field the value is
    reported in (domain reference §8.2), where there is one.
    """

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
    code: str = ""
    past: bool = False

    def option(self, value: str) -> Option | None:
        """The option stored under this value, if the field has it."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True)
class Gate:
    """A named rule of `domain.gates` and where it stands."""

    rule: str


@dataclass(frozen=True)
class Step:
    """One part of a stage. `repeat` asks the fields once per carried or new plan item, goal or worksheet row.

    `rows` is how many rows a worksheet may have. `part` names a part of a data set ("minimum.employment") whose
    fields are asked here; `optional` asks them only where something changed. `worksheet` names the booklet sheet the
    rows belong to ("getting-active/activity-diary").
    """

    id: str
    kind: StepKind
    title: str
    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    measure: str = ""
    repeat: Repeat | None = None
    required: bool = False
    rows: int = 0
    part: str = ""
    optional: bool = False
    worksheet: str = ""
    computed: Computed | None = None
    when: When = When.ALWAYS


@dataclass(frozen=True)
class Stage:
    """One stage with its time budget in minutes. Time outside the call, such as a debrief, is not doubled."""

    id: str
    title: str
    minutes: int
    steps: tuple[Step, ...]
    skippable: bool = True
    enter: tuple[Gate, ...] = ()
    leave: tuple[Gate, ...] = ()
    when: When = When.ALWAYS
    outside_the_call: bool = False

    def budget(self, *, interpreted: bool) -> int:
        """The minutes of the stage; an interpreter doubles those in the call (domain reference §7)."""
        return self.minutes * (2 if interpreted and not self.outside_the_call else 1)

    def step(self, step_id: str) -> Step:
        """The step with this id; KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


@dataclass(frozen=True)
class Protocol:
    """A whole contact. `appointment_type` and `medium` are the national codes the contact is reported with.

    `note` names the template its note is written by. `slot_minutes` is how long an appointment for it
    is, twice that through an interpreter.
    """

    id: str
    version: str
    title: str
    appointment_type: str
    medium: str
    procedure: str
    source: str
    stages: tuple[Stage, ...]
    sign: tuple[Gate, ...] = ()
    offered: Offered = Offered.BY_CHOICE
    summary: str = ""
    note: str = ""
    slot_minutes: int = 30
    sha256: str = ""

    @property
    def minutes(self) -> int:
        """The budget of the call in minutes; a pre-brief and a debrief are outside it."""
        return sum(stage.minutes for stage in self.stages if not stage.outside_the_call)

    def call_budget(self, *, interpreted: bool) -> int:
        """The minutes of the call; an interpreter doubles them (domain reference §7)."""
        return self.minutes * (2 if interpreted else 1)

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
