"""A process that takes out who left, killed at a chosen point; and what the encrypted pages of a store really hold."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import event

from gsh_console.casework import leaving
from gsh_console.casework.desk import Desk
from gsh_console.settings import Settings
from gsh_console.store import purge
from gsh_console.store.connection import connect
from gsh_console.store.keys import Keys, unlock
from gsh_console.store.store import KEYS, Store
from tests.builders import PASSPHRASE, SteadyClock

PAGE, RESERVED, SALT = 4096, 80, 16  # bytes of a page, of its vector and code at the end, of the file's salt
IN_TIDYING = (1, 100, 600)  # steps of SQLite's machine while the file is written anew
STRIDE = 4  # statements between two points


def plain_pages(folder: Path, key: bytes) -> bytes:
    """Every page of the file and of its log as it is once decrypted, free space included."""
    log = folder / "store.db-wal"
    found = [*_pages_of((folder / "store.db").read_bytes()), *_frames_of(log.read_bytes() if log.exists() else b"")]
    return b"\0".join(_decrypted(page, key, first) for page, first in found)


def _pages_of(raw: bytes) -> Iterator[tuple[bytes, bool]]:
    yield from ((raw[at : at + PAGE], at == 0) for at in range(0, len(raw), PAGE))


def _frames_of(raw: bytes) -> Iterator[tuple[bytes, bool]]:
    for at in range(32, len(raw) - PAGE - 23, PAGE + 24):
        yield raw[at + 24 : at + 24 + PAGE], int.from_bytes(raw[at : at + 4], "big") == 1


def _decrypted(page: bytes, key: bytes, first: bool) -> bytes:
    vector = page[PAGE - RESERVED : PAGE - RESERVED + 16]
    opened = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return opened.update(page[SALT if first else 0 : PAGE - RESERVED]) + opened.finalize()


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _purge(folder: Path, keys: Keys, at_statement: int = -1, at_step: int = -1) -> None:
    """Take out who left; die before this statement of the store, or at this step of writing the file anew."""
    store = Store(folder, keys, locked=False)
    seen = count()

    @event.listens_for(store.engine, "before_cursor_execute")
    def die_before(*_: object) -> None:
        if next(seen) == at_statement:
            _die()

    @event.listens_for(store.engine, "commit")
    def die_before_the_end(_: object) -> None:
        if next(seen) == at_statement:
            _die()

    def connecting(*arguments: Any) -> Any:
        connection = connect(*arguments)
        connection.set_progress_handler(_die, at_step)
        return connection

    if at_step >= 0:
        purge.connect = connecting  # type: ignore[attr-defined]
    leaving.purge_who_left(Desk(store, Settings(), SteadyClock()))


def main(folders: Path) -> None:
    """Purge in one copy of the store after the other (numbered folders), killed a little later in each.

    Say each copy's number and whether its process was killed.
    """
    keys = unlock(folders / "0" / KEYS, PASSPHRASE)
    points = [{"at_step": step} for step in IN_TIDYING]
    for number in count():
        folder = folders / str(number)
        if not folder.exists():
            return
        point = points[number] if number < len(points) else {"at_statement": STRIDE * (number - len(points))}
        child = os.fork()
        if child == 0:
            try:
                _purge(folder, keys, **point)
            finally:
                os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        os.write(1, f"{number} {'killed' if killed else 'done'}\n".encode())
        if not killed and "at_statement" in point:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
