"""Keeping the store safe: a dated backup, a drill that proves it, putting it back; and what this machine has."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.verifying import Progress, Verified, verify
from gsh_console.domain.moments import UK
from gsh_console.faults import InputRefused, StoreDamaged, StoreFault, StoreMissing
from gsh_console.store import journal
from gsh_console.store import keys as key_file
from gsh_console.store.backup import copy_verified
from gsh_console.store.connection import StoreLock, plain_faults
from gsh_console.store.store import DATABASE, KEYS, LOCK, Store


@dataclass(frozen=True)
class Secret:
    """What opens a key file: the passphrase, the recovery code, or nothing for the training store."""

    typed: str = ""
    slot: str = "passphrase"


@dataclass(frozen=True)
class Drill:
    """A backup that opened and was found whole.

    `newer_here`: entries the store in use has on top; None where there is no such store to compare with.
    """

    verified: Verified
    newer_here: int | None

    @property
    def compared(self) -> str:
        """How the backup stands to the store in use, in words."""
        if self.newer_here is None:
            return "there is no store here to compare it with"
        newer = self.newer_here
        return "it holds everything the store holds" if newer == 0 else f"the store has {newer} newer entries"


def back_up(desk: Desk, folder: Path) -> Path:
    """A verified copy named after the moment, its key file beside it."""
    name = f"gsh-console-{desk.now().astimezone(UK):%Y-%m-%d-%H%M%S}.db"
    if (folder / name).exists():
        raise InputRefused(f"There is already a {name} in that folder.", "Try again in a second.")
    return copy_verified(desk.store, folder / name)


def key_file_of(copy: Path) -> Path:
    """The key file that belongs to a backup; StoreMissing without it, because the copy is useless then."""
    beside = copy.with_suffix(".keys.json")
    if not copy.is_file():
        raise StoreMissing(f"There is no backup called {copy.name} there.", "Give the .db file of a backup.")
    if not beside.is_file():
        raise StoreMissing(f"{copy.name} has no key file beside it.", f"Put {beside.name} into the same folder.")
    return beside


def drill(access: Access, copy: Path, secret: Secret, on_progress: Progress = lambda _: None) -> Drill:
    """Open a copy of the backup in a folder of its own, check all of it, and compare it with the store in use."""
    beside = key_file_of(copy)
    with plain_faults(), tempfile.TemporaryDirectory(prefix="gsh-console-drill-") as name:
        place = Path(name)
        shutil.copyfile(copy, place / DATABASE)
        shutil.copyfile(beside, place / KEYS)
        opened = Store(place, _keys(place / KEYS, secret))
        try:
            verified = verify(Desk(opened, access.settings, access.clock), on_progress)
            return Drill(verified, _newer_here(access, opened))
        finally:
            opened.close()


def restore(
    access: Access, copy: Path, secret: Secret, *, move_aside: bool, on_progress: Progress = lambda _: None
) -> tuple[Drill, Path | None]:
    """Put a backup where the store belongs; a store already there is refused, or moved aside whole."""
    folder = access.folder
    occupied = any((folder / name).exists() for name in (KEYS, DATABASE, f"{DATABASE}-wal"))
    if occupied and not move_aside:
        raise InputRefused(
            "There is already a store in this folder, and a restore never overwrites one.",
            "Add --move-aside to keep it under a dated name, or give another --store.",
        )
    proved = drill(access, copy, secret, on_progress)
    on_progress("putting it in place")
    with plain_faults():
        database, keys = copy.read_bytes(), key_file_of(copy).read_bytes()  # the backup may lie in the folder moved
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = _move_aside(folder, access.clock()) if occupied else None
        folder.mkdir(mode=0o700, exist_ok=True)
        key_file.write_atomically(folder / DATABASE, database)
        key_file.write_atomically(folder / KEYS, keys)  # last: without it there is no store
    Store(folder, _keys(folder / KEYS, secret)).close()
    return proved, aside


def _keys(path: Path, secret: Secret) -> key_file.Keys:
    if key_file.is_training(path):
        return key_file.unlock_training(path)
    return key_file.unlock(path, secret.typed, slot=secret.slot)


def _newer_here(access: Access, opened: Store) -> int | None:
    """How many entries the store in use went further; StoreFault if it is another or older, or went another way."""
    if not (access.folder / DATABASE).exists() or not access.is_set_up:
        return None
    try:
        here = Store(access.folder, opened.keys, locked=False)
    except StoreFault:
        return None  # lost or damaged: the reason for a restore, and nothing to compare with
    try:
        newer = journal.is_ahead_of(here, opened)
        if newer is None or newer < 0:
            raise StoreDamaged(
                "The backup and the store here hold different entries.", "One of them was changed: keep both and ask."
            )
        return newer
    finally:
        here.close()


def _move_aside(folder: Path, now: datetime) -> Path:
    StoreLock(folder / LOCK).close()  # refused while a console has it open
    aside = folder.with_name(f"{folder.name}-aside-{now.astimezone(UK):%Y-%m-%d-%H%M%S}")
    os.rename(folder, aside)
    return aside
