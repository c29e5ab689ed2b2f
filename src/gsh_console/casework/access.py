"""Getting to the desk: first set-up, unlocking, the training caseload, the recovery code."""

from __future__ import annotations

from pathlib import Path

from gsh_console.casework.desk import Clock, Desk, system_clock
from gsh_console.domain.people import Practitioner
from gsh_console.settings import Settings
from gsh_console.store import caseload, keys, store
from gsh_console.store.connection import plain_faults


class Access:
    """The way to one store folder."""

    def __init__(self, folder: Path, settings: Settings, clock: Clock = system_clock) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = clock

    @property
    def is_set_up(self) -> bool:
        """Whether a store was set up here."""
        return store.exists(self.folder)

    @property
    def is_training(self) -> bool:
        """Whether the store here is a training store."""
        return self.is_set_up and keys.is_training(self.folder / store.KEYS)

    def set_up(self, passphrase: str, practitioner: Practitioner) -> tuple[Desk, str]:
        """Make a new encrypted store; return the desk and the recovery code to be shown once."""
        made, code = store.create_store(self.folder, passphrase)
        with made.unit() as session:
            caseload.add_practitioner(session, practitioner)
        return Desk(made, self.settings, self.clock), code

    def set_up_training(self, practitioner: Practitioner) -> Desk:
        """Make the training store, empty."""
        made = store.create_training_store(self.folder)
        with made.unit() as session:
            caseload.add_practitioner(session, practitioner)
        return Desk(made, self.settings, self.clock)

    def unlock(self, passphrase: str, *, locked: bool = True) -> Desk:
        """Open the store with its passphrase."""
        return Desk(store.open_store(self.folder, passphrase, locked=locked), self.settings, self.clock)

    def unlock_training(self, *, locked: bool = True) -> Desk:
        """Open the training store."""
        return Desk(store.open_training_store(self.folder, locked=locked), self.settings, self.clock)

    def recover(self, code: str, passphrase: str) -> None:
        """Set a new passphrase with the recovery code."""
        self._rewrap(keys.unlock(self.folder / store.KEYS, code, slot="recovery"), passphrase)

    def change_passphrase(self, old: str, new: str) -> None:
        """Set a new passphrase with the old one."""
        self._rewrap(keys.unlock(self.folder / store.KEYS, old), new)

    def _rewrap(self, opened: keys.Keys, passphrase: str) -> None:
        with plain_faults():
            keys.change_passphrase(self.folder / store.KEYS, opened, passphrase)
