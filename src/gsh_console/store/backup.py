"""A verified copy of the store with its key file; a copy without its keys would be useless."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gsh_console.faults import StoreDamaged
from gsh_console.store.connection import DRIVER, plain_faults
from gsh_console.store.keys import write_atomically

if TYPE_CHECKING:
    from gsh_console.store.store import Store


def copy_verified(store: Store, destination: Path) -> Path:
    """Copy the open store to `destination` (encrypted with the same key) and its key file beside it."""
    with plain_faults():
        destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = destination.with_suffix(".part")
        draft.unlink(missing_ok=True)
        copy = DRIVER.connect(str(draft), isolation_level=None)
        try:
            copy.execute("PRAGMA cipher_log_level = NONE")
            copy.execute(f"PRAGMA key = \"x'{store.keys.data_key.hex()}'\"")
            store.reading.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            if [row[0] for row in copy.execute("PRAGMA integrity_check")] != ["ok"]:
                raise StoreDamaged("The copy did not pass its check, so it was not kept.", "Run gsh-console verify.")
            copy.close()
            write_atomically(destination.with_suffix(".keys.json"), (store.folder / "keys.json").read_bytes())
            _keep(draft, destination)
        finally:
            copy.close()
            draft.unlink(missing_ok=True)
    return destination


def _keep(draft: Path, destination: Path) -> None:
    os.chmod(draft, 0o600)
    with open(draft, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(draft, destination)
