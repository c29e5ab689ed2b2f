"""What a service must report of a contact besides the scores: fields in parts, and when each part is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gsh_console.domain.protocols import Field


class Occasion(StrEnum):
    """What makes a part due. A change is what the patient tells; nobody is asked everything again to find one."""

    EVERY_CONTACT = "every_contact"
    ASSESSMENT = "assessment"
    CHANGE = "change"
    END = "end"
    END_WITHOUT_TREATMENT = "end_without_treatment"


@dataclass(frozen=True)
class DataSetPart:
    """Fields asked together. Each field's `code` names its national field, each option's `code` what is reported."""

    id: str
    title: str
    asked: tuple[Occasion, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class DataSet:
    """A versioned set of parts, with the place it was taken from and how sure we are of it (H, M, K or L)."""

    id: str
    version: str
    title: str
    effective_from: date
    source: str
    confidence: str
    parts: tuple[DataSetPart, ...]
    notes: str = ""

    def part(self, part_id: str) -> DataSetPart:
        """The part with this id; KeyError if there is none."""
        for part in self.parts:
            if part.id == part_id:
                return part
        raise KeyError(part_id)

    def due(self, occasions: Iterable[Occasion]) -> tuple[DataSetPart, ...]:
        """The parts to ask in a contact of these occasions, in file order; those of every contact among them."""
        met = {Occasion.EVERY_CONTACT, *occasions}
        return tuple(part for part in self.parts if met.intersection(part.asked))
