"""The practitioner's desk: the open store with everything that works on it. One is made per unlocked console."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gsh_console import locations
from gsh_console.domain.identity import new_id
from gsh_console.domain.people import Practitioner
from gsh_console.faults import StoreDamaged
from gsh_console.loading import LOADING
from gsh_console.settings import Settings
from gsh_console.store import caseload
from gsh_console.store.store import Store

if TYPE_CHECKING:
    from gsh_console.content.booklets import Library
    from gsh_console.content.definitions import Definitions

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class Desk:
    """An open store, the definitions, the booklets, the settings and the clock, joined."""

    def __init__(self, store: Store, settings: Settings, clock: Clock = system_clock) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self._definitions: Definitions | None = None
        self._library: Library | None = None
        self._kept: dict[str, Definitions] = {}

    @property
    def training(self) -> bool:
        """Whether this desk works on the training caseload."""
        return self.store.training

    @property
    def definitions(self) -> Definitions:
        """Measures, protocols, safety conversation and crisis contacts."""
        with LOADING:  # not a cached_property: in Python 3.11 its own lock would be taken first, and could deadlock
            if self._definitions is None:
                from gsh_console.content.definitions import Definitions

                own = self.settings.folder("definitions_folder")
                self._definitions = Definitions(own=own, nation=self.settings.nation)
            return self._definitions

    def definitions_of(self, digest: str) -> Definitions:
        """The definitions a contact was opened under; those in force where it names none or the same.

        StoreDamaged if the store does not hold them.
        """
        with LOADING:
            if digest in ("", self.definitions.digest):
                return self.definitions
            if digest not in self._kept:
                from gsh_console.casework.kept_definitions import kept

                self._kept[digest] = kept(self.store, digest, self.definitions)
            return self._kept[digest]

    @property
    def library(self) -> Library:
        """The self-help booklets."""
        with LOADING:
            if self._library is None:
                from gsh_console.content.booklets import Library

                telephones = self.definitions.crisis_contacts().telephones
                self._library = Library(
                    locations.materials_folder(), locations.translations_folder(), telephones=telephones
                )
            return self._library

    @cached_property
    def practitioner(self) -> Practitioner:
        """Whose desk this is."""
        person = caseload.practitioner(self.store)
        if person is None:
            raise StoreDamaged("The store does not say whose it is.", "Restore a backup.")
        return person

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return self.clock()

    def new_id(self) -> str:
        """A fresh identifier that sorts by time."""
        return new_id(self.now(), os.urandom(10))

    def warm_up(self) -> None:
        """Load what the first call will need, so that nobody waits for it then. Safe to run in a thread."""
        with LOADING:
            _ = self.definitions.protocols, self.definitions.safety, self.store.engine
            import gsh_console.casework.contacts
            import gsh_console.casework.signing  # noqa: F401 - loaded here so that signing waits for nothing

    def close(self) -> None:
        """Close the store."""
        self.store.close()
