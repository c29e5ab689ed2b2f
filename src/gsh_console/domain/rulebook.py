"""The definitions one contact is held to, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gsh_console.domain.measures import Measure
from gsh_console.domain.protocols import Protocol
from gsh_console.domain.safety import SafetyConversation
from gsh_console.domain.safety_plans import SafetyPlanForm


@dataclass(frozen=True)
class Rulebook:
    """A protocol, its measures, the safety conversation and plan, and its note's template (empty: as it comes)."""

    protocol: Protocol
    measures: Mapping[str, Measure]
    safety: SafetyConversation
    note_template: str = ""
    safety_plan: SafetyPlanForm | None = None
