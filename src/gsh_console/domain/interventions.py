"""Interventions of low intensity: the steps a practitioner takes a patient through, and their worksheets."""

from __future__ import annotations

from dataclasses import dataclass

from gsh_console.domain.protocols import Step

CHOSEN = "intervention.chosen"


@dataclass(frozen=True)
class Intervention:
    """One way of working, as data. `descriptors` are the problem codes it is listed first for; none excludes any.

    `procedure` is the national procedure code it is reported with, empty where none is known.
    """

    id: str
    version: str
    title: str
    source: str
    confidence: str
    booklet: str
    steps: tuple[Step, ...]
    descriptors: tuple[str, ...] = ()
    procedure: str = ""
    caution: str = ""
    sha256: str = ""
