"""What one contact is held to: its protocol as it was opened, with due measures and chosen ways of working."""

from __future__ import annotations

import dataclasses

from gsh_console.content.definitions import Definitions
from gsh_console.domain.assembling import assembled, chosen_of, listed
from gsh_console.domain.entries import Opened
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState


def rulebook_of(
    definitions: Definitions, opened: Opened, state: SessionState | None = None, chosen: tuple[str, ...] = ()
) -> Rulebook:
    """The rulebook of a contact, at its opening or as it stands, or with these ways of working chosen."""
    book = definitions.rulebook(opened.protocol)
    interventions = {one.id: one for one in listed(definitions.interventions.values(), opened.descriptor)}
    chosen = chosen_of(state, interventions) if state else chosen
    protocol = assembled(book.protocol, book.measures, interventions, opened, chosen)
    return dataclasses.replace(book, protocol=protocol)
