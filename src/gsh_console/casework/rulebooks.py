"""What one contact is held to: its protocol as it was opened, with due measures and chosen ways of working."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from gsh_console.content.definitions import Definitions
from gsh_console.content.measure_library import MeasureLibrary
from gsh_console.domain.assembling import assembled, chosen_of, listed
from gsh_console.domain.entries import Opened
from gsh_console.domain.measures import Measure
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState


class _AsOpened(Mapping[str, Measure]):
    """The measures, each in the version the contact was opened with."""

    def __init__(self, library: MeasureLibrary, versions: Mapping[str, str]) -> None:
        self._library = library
        self._versions = versions

    def __getitem__(self, measure_id: str) -> Measure:
        named = self._versions.get(measure_id, "")
        opened = self._library.version(measure_id, named) if named else None
        return opened or self._library[measure_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._library)

    def __len__(self) -> int:
        return len(self._library)


def rulebook_of(
    definitions: Definitions, opened: Opened, state: SessionState | None = None, chosen: tuple[str, ...] = ()
) -> Rulebook:
    """The rulebook of a contact, at its opening or as it stands, or with these ways of working chosen."""
    book = definitions.rulebook(opened.protocol)
    measures = _AsOpened(definitions.measures, opened.measure_versions)
    interventions = {one.id: one for one in listed(definitions.interventions.values(), opened.descriptor)}
    chosen = chosen_of(state, interventions) if state else chosen
    protocol = assembled(book.protocol, measures, interventions, opened, chosen)
    return dataclasses.replace(book, protocol=protocol, measures=measures)
