"""The family of faults a person can be told about: what happened, why, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GshFault(Exception):
    """A fault with one sentence for the person: what, why, and what to do. Never holds patient text."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InputRefused(GshFault):
    """Something given to a command or a form is not acceptable."""


class EntryRefused(GshFault):
    """The protocol does not allow this entry now."""


class DefinitionFault(GshFault):
    """A measure, protocol, booklet or contact file is wrong."""


class SettingsFault(GshFault):
    """The settings file is wrong."""

    exit_code = 2


class MaterialFault(GshFault):
    """A booklet cannot be found or rendered."""


class StoreFault(GshFault):
    """The store could not do what was asked; nothing was changed."""


class StoreMissing(StoreFault):
    """There is no store where one was expected."""

    exit_code = 3


class StoreLocked(StoreFault):
    """Another console holds the store."""

    exit_code = 4


class WrongPassphrase(StoreFault):
    """The passphrase or recovery code does not open the store."""

    exit_code = 5


class StoreDamaged(StoreFault):
    """The store, its key file or its audit chain is damaged."""

    exit_code = 6


class StoreTooNew(StoreFault):
    """The store was written by a newer console."""

    exit_code = 6


class SyncFault(GshFault):
    """A target could not be reached or refused an item."""

    exit_code = 7


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence naming the closest known name, or every known name."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(names)}."
