"""One practitioner's store, open: its lock, its read connection at once, its SQLModel engine on first write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsh_console.faults import StoreFault
from gsh_console.loading import LOADING
from gsh_console.store import keys as key_file
from gsh_console.store import migrate
from gsh_console.store.connection import StoreLock, connect, plain_faults
from gsh_console.store.keys import Keys

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

KEYS, DATABASE, LOCK, BACKUPS = "keys.json", "store.db", "store.lock", "backups"


class Store:
    """An open store. Everything read or written goes through the rooms beside this one."""

    def __init__(self, folder: Path, keys: Keys, *, create: bool = False, locked: bool = True) -> None:
        self.folder = folder
        self.keys = keys
        self._engine: Engine | None = None
        self._lock = StoreLock(folder / LOCK) if locked else None
        try:
            self.reading = connect(folder / DATABASE, keys.data_key, create=create)
            migrate.refuse_newer(self.reading)
            if migrate.is_behind(self.reading):
                if not create:
                    self._copy_before_migrating()
                migrate.migrate(self.reading)
        except BaseException:
            if self._lock:
                self._lock.close()
            raise

    @property
    def training(self) -> bool:
        """Whether this is the training store, whose content may never be sent."""
        return self.keys.training

    @property
    def engine(self) -> Engine:
        """The SQLModel engine; importing it is left until the first write."""
        with LOADING:
            if self._engine is None:
                from gsh_console.store.engine import open_engine

                self._engine = open_engine(self.folder / DATABASE, self.keys.data_key)
            return self._engine

    @contextmanager
    def unit(self) -> Iterator[Session]:
        """One transaction: all of it is durable when the block ends, or none of it happened."""
        engine = self.engine
        from sqlmodel import Session

        with plain_faults(), Session(engine) as session, session.begin():
            yield session

    @cached_property
    def audit_key(self) -> bytes:
        """The key of the audit chain, derived from the data key."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(hashes.SHA256(), 32, None, b"gsh-console audit").derive(self.keys.data_key)

    def fetch(self, query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a read-only query."""
        with plain_faults():
            return list(self.reading.execute(query, parameters))

    def close(self) -> None:
        """Fold the write-ahead log into the file and give the lock back."""
        if self._engine is not None:
            self._engine.dispose()
        try:
            self.reading.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.reading.close()
            if self._lock:
                self._lock.close()

    def _copy_before_migrating(self) -> None:
        from gsh_console.store.backup import copy_verified

        version = migrate.version_of(self.reading)
        copy_verified(self, self.folder / BACKUPS / f"before-version-{version + 1}.db")


def exists(folder: Path) -> bool:
    """Whether a store was set up in this folder."""
    return (folder / KEYS).exists()


def create_store(folder: Path, passphrase: str) -> tuple[Store, str]:
    """Set up a new encrypted store; return it open, with the recovery code to show once."""
    _prepare(folder)
    with plain_faults():
        keys, code = key_file.create_keys(folder / KEYS, passphrase)
    return Store(folder, keys, create=True), code


def create_training_store(folder: Path) -> Store:
    """Set up the training store, which needs no passphrase and can never be sent."""
    _prepare(folder)
    with plain_faults():
        keys = key_file.create_training_keys(folder / KEYS)
    return Store(folder, keys, create=True)


def open_store(folder: Path, passphrase: str, *, slot: str = "passphrase", locked: bool = True) -> Store:
    """Open a store with its passphrase, or with the recovery code (`slot="recovery"`)."""
    return Store(folder, key_file.unlock(folder / KEYS, passphrase, slot=slot), locked=locked)


def open_training_store(folder: Path, *, locked: bool = True) -> Store:
    """Open the training store."""
    return Store(folder, key_file.unlock_training(folder / KEYS), locked=locked)


def _prepare(folder: Path) -> None:
    if exists(folder):
        raise StoreFault("There is already a store in this folder.", "Open it, or give another --store.")
    with plain_faults():
        previous = os.umask(0o077)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / BACKUPS).mkdir(mode=0o700, exist_ok=True)
            if os.name == "posix":
                folder.chmod(0o700)
        finally:
            os.umask(previous)


def as_text(moment: datetime) -> str:
    """An aware moment as the store keeps it: ISO, UTC, microseconds, so that text order is time order."""
    from datetime import UTC

    if moment.tzinfo is None:
        raise ValueError("a naive moment cannot be stored")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_moment(text: str) -> datetime:
    """The aware moment a stored text stands for."""
    return datetime.fromisoformat(text)
