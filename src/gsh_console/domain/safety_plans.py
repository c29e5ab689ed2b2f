"""The safety plan, made with the patient under our own headings. Never filled in beforehand; the newest one counts.

Source: NHS England "Staying safe from suicide" (2025); headings of our own, domain reference §4.4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gsh_console.domain.moments import UK
from gsh_console.domain.protocols import Field
from gsh_console.domain.session import SessionState

PREFIX = "safety_plan"
HEADINGS = ("signs", "own_steps", "places_people", "tell", "services", "surroundings", "matters")
STILL_RIGHT = f"{PREFIX}.still_right"


@dataclass(frozen=True)
class SafetyPlanForm:
    """What a safety plan asks: its headings, and what is recorded about making and sharing it."""

    version: str
    source: str
    say: tuple[str, ...]
    headings: tuple[Field, ...]
    about: tuple[Field, ...]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every field with its full id, headings first."""
        return tuple(dataclasses.replace(field, id=f"{PREFIX}.{field.id}") for field in (*self.headings, *self.about))


@dataclass(frozen=True)
class SafetyPlan:
    """A plan as one contact left it: the words under each heading, and what else was recorded, by short field id.

    `on` is the ISO date of the contact. `looked_through` is true where an earlier plan was only found still right.
    """

    on: str
    contact_number: int
    headings: Mapping[str, str]
    about: Mapping[str, str | int | tuple[str, ...]]

    @property
    def looked_through(self) -> bool:
        """Whether the contact only looked through the plan there was."""
        return not self.headings


def plan_in(state: SessionState) -> SafetyPlan | None:
    """The plan this contact made, changed or looked through; None if it did none of these."""
    held = {
        name.removeprefix(f"{PREFIX}."): value.value
        for name, value in state.fields.items()
        if name.startswith(f"{PREFIX}.") and value.value not in ("", ())
    }
    if not held or state.opened is None or state.opened_at is None:
        return None
    headings = {name: str(held[name]) for name in HEADINGS if name in held}
    about = {name: value for name, value in held.items() if name not in HEADINGS}
    on = state.opened_at.astimezone(UK).date().isoformat()
    return SafetyPlan(on, state.opened.contact_number, headings, about)
