"""The one door to the database file: driver, key, pragmas, lock, and faults in plain words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlcipher3 import dbapi2 as sqlcipher

from gsh_console.faults import GshFault, StoreDamaged, StoreFault, StoreLocked, StoreMissing

SAFE_SQLITE = (3, 51, 3)  # the WAL-reset corruption bug is fixed from here on
SMALLEST_STORE = 4096
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "foreign_keys = ON",
    "secure_delete = ON",
    "cell_size_check = ON",
    "trusted_schema = OFF",
    "temp_store = MEMORY",
    "mmap_size = 0",
    "recursive_triggers = ON",
    "wal_autocheckpoint = 1000",
    "journal_size_limit = 4194304",
)
DRIVER = sqlcipher


def connect(database: Path, data_key: bytes, *, create: bool = False) -> Any:
    """An open, keyed and checked connection; StoreMissing rather than a silent new file unless `create`."""
    if sqlcipher.sqlite_version_info < SAFE_SQLITE:
        raise StoreFault("This SQLite has a known corruption bug.", "Reinstall: sqlcipher3 0.6.4 carries a safe one.")
    if not create:
        _refuse_absent(database)
    with plain_faults():
        if create:
            _touch_privately(database)
        connection = sqlcipher.connect(str(database), timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")  # before the key: it logs to the terminal we draw on
            connection.execute(f"PRAGMA key = \"x'{data_key.hex()}'\"")
            if connection.execute("PRAGMA cipher_version").fetchone() is None:
                raise StoreFault("This SQLite cannot encrypt, and the store is never opened in clear.", "Reinstall.")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            connection.enable_load_extension(False)
        except BaseException:
            connection.close()
            raise
    return connection


def _touch_privately(path: Path) -> None:
    # SQLite gives the files beside the database the database's own permissions, whatever the umask says.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _refuse_absent(database: Path) -> None:
    try:
        size = database.stat().st_size
    except FileNotFoundError:
        raise StoreMissing(
            "The store's database is gone although its key file is there.", "Restore a backup: gsh-console restore."
        ) from None
    if size < SMALLEST_STORE and not database.with_name(database.name + "-wal").exists():
        raise StoreDamaged("The store's database is empty.", "Restore a backup: gsh-console restore.")


@contextmanager
def plain_faults() -> Iterator[None]:
    """Turn the driver's and the system's errors into one sentence each, without any value in it."""
    try:
        yield
    except GshFault:
        raise
    except Exception as error:
        fault = _in_plain_words(error)
        if fault is None:
            raise
        raise fault from None


def _in_plain_words(error: Exception) -> StoreFault | None:
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return _system_fault(cause)
    if not isinstance(cause, sqlcipher.Error):
        return None
    words = str(cause)
    if "full" in words:
        return StoreFault("The disk is full, so nothing was written.", "Free some space, then press F8.")
    if "disk I/O" in words:
        return StoreFault("The disk refused the write.", "Check space and the disk, then press F8.")
    if "readonly" in words or "unable to open" in words:
        return StoreFault("The store's folder cannot be written to.", "Check its permissions.")
    if "locked" in words or "busy" in words:
        return StoreLocked("Another program is writing to this store.", "Close it, then press F8.")
    if any(sign in words for sign in ("not a database", "malformed", "corrupt", "constructor failed")):
        return StoreDamaged(
            "The store is damaged (your passphrase was right).", "Restore a backup: gsh-console restore."
        )
    return StoreFault(f"The store refused: {words.split(':')[0][:80]}.", "Nothing was changed.")


def _system_fault(error: OSError) -> StoreFault:
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreFault("The store's folder cannot be written to.", "Check its permissions, or give --store.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFault("The disk is full, so nothing was written.", "Free some space and try again.")
    return StoreFault(f"The system refused: {error.strerror}.", "Check the store's folder.")


class StoreLock:
    """An advisory lock held for the life of the process, so that a second console is refused at once."""

    def __init__(self, path: Path) -> None:
        with plain_faults():
            _touch_privately(path)
            self._file: IO[bytes] = open(path, "a+b")  # noqa: SIM115 - held until close()
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            raise StoreLocked(
                "This store is already open in another console.", "Use that one, or close it first."
            ) from None

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()


def _lock(file: IO[bytes]) -> None:
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
