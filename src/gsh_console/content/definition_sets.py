"""The whole set of definition files as one value: its digest, its archive, and the definitions read back from one."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gsh_console.content.definitions import Definitions

_NEVER = (1980, 1, 1, 0, 0, 0)  # the same files always make the same archive
_TOPS = ("shipped", "own", "sheets")


def digest_of(files: Mapping[str, bytes]) -> str:
    """The SHA-256 over every name and content, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _NEVER)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return buffer.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of an archive by name; ValueError if a name leads anywhere but into the set."""
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        files = {name: held.read(name) for name in held.namelist()}
    for name in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or path.parts[0] not in _TOPS:
            raise ValueError(f"{path.name} does not belong to a set of definitions")
    return files


def definitions_from(files: Mapping[str, bytes], in_force: Definitions) -> Definitions:
    """The definitions these files hold, read at once; crisis contacts are always those in force."""
    with tempfile.TemporaryDirectory(prefix="gsh-console-definitions-") as name:
        place = Path(name)
        for inside, content in files.items():
            path = place / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        own = place / "own"
        kept = KeptDefinitions(place / "shipped", own if own.is_dir() else None, place / "sheets", in_force)
        kept.load()
        return kept


class KeptDefinitions(Definitions):
    """Definitions an older contact is held to; numbers to call are never older than today's."""

    def __init__(self, folder: Path, own: Path | None, materials: Path, in_force: Definitions) -> None:
        super().__init__(folder, own, materials=materials)
        self._in_force = in_force

    @property
    def crisis_file(self) -> Path:
        """The file of the crisis contacts in force."""
        return self._in_force.crisis_file
