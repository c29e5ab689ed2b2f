"""What is fetched or built once per machine, outside the tree, under a name made from what it is made of."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from platformdirs import user_cache_path

WHERE = "GSH_CONSOLE_TEST_CACHE"


class Unavailable(Exception):
    """Why a server cannot run on this machine, in one sentence; fixtures skip with it."""


def cache_root() -> Path:
    """The folder for everything fetched or built, kept between runs."""
    named = os.environ.get(WHERE)
    return Path(named) if named else user_cache_path("gsh-console-tests", appauthor=False)


def digest_of(files: Iterable[Path]) -> str:
    """Twelve digits that change when any of these files does."""
    sums = hashlib.sha256()
    for file in sorted(files):
        sums.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return sums.hexdigest()[:12]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The cache folder of this name, made by `make` the first time; a folder is whole or not there."""
    final = cache_root() / name
    if final.exists():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=final.parent, prefix=f"{final.name}.part-"))
    try:
        make(part)
        part.rename(final)
    except OSError:
        if not final.exists():  # somebody else may have finished first
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return final
