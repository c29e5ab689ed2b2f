"""The folder target: one file a record, whole or not there, kept under a name that is its id and digest.

For a shared drive, an encrypted stick or a MESH outbox. The folder is never made here: a path that is
not there is a drive that is not plugged in.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gsh_console.faults import SyncFault
from gsh_console.sync.outcomes import Ledger

_SAFE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_DIGITS_IN_NAME = 12
_MODE = 0o640  # the folder's group may collect, nobody else may read


class FolderTarget:
    """A folder that a service's own system collects from."""

    parallel = 1
    skew = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser()
        self._names: dict[str, str] | None = None  # id -> file, as the folder was when last listed

    def check(self) -> None:
        """Raise SyncFault unless a file can be written into the folder and taken out again."""
        probe = self.folder / f".gsh-console-{os.getpid()}.part"
        with _in_words():
            try:
                _write(probe, b"ok")
            finally:
                with contextlib.suppress(OSError):
                    probe.unlink()
            self._names = None

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        """Return once the record is durably in the folder; delivering it again changes nothing."""
        del ledger
        if not _SAFE_ID.fullmatch(item_id):
            raise SyncFault("The record's id cannot be a file name.", "Please report this sentence.")
        content = payload.encode()
        final = self.place_of(item_id, sha256)
        with _in_words():
            held = self._held_under(item_id)
            if held not in (None, final.name):
                raise _different()
            if not final.exists():
                self._put(final, content)
            _keep_names(self.folder)
            if final.read_bytes() != content:
                raise _different()

    def place_of(self, item_id: str, sha256: str) -> Path:
        """The file a record is kept in."""
        return self.folder / file_name(item_id, sha256)

    def _held_under(self, item_id: str) -> str | None:
        if self._names is None:
            names = (name for name in os.listdir(self.folder) if name.endswith(".json"))
            self._names = {name.partition("_")[0]: name for name in names}
        name = self._names.get(item_id)
        return name if name and (self.folder / name).exists() else None  # it may have been collected since

    def _put(self, final: Path, content: bytes) -> None:
        part = final.with_name(f"{final.name}.part")
        try:
            _write(part, content)
            part.replace(final)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


def file_name(item_id: str, sha256: str) -> str:
    """The name of a record's file: its id and the beginning of its digest."""
    return f"{item_id}_{sha256[:_DIGITS_IN_NAME]}.json"


def _different() -> SyncFault:
    return SyncFault("The folder holds a different record under this id.", "Keep both and tell whoever collects them.")


def _write(path: Path, content: bytes) -> None:
    binary = getattr(os, "O_BINARY", 0)  # Windows would otherwise change line ends
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | binary, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no way to flush a folder; NTFS journals the rename
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network drives cannot
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _fault(error) from None


def _fault(error: OSError) -> SyncFault:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.EHOSTDOWN, errno.ESTALE):
        return SyncFault("The outbox folder is not there.", "Plug in the drive, or correct outbox_folder.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return SyncFault("The outbox folder may not be written to.", "Ask for the right to write there.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SyncFault("The outbox folder is full.", "Make room there and send again.")
    return SyncFault(f"The outbox folder refused: {error.strerror}.", "Check the drive and send again.")
