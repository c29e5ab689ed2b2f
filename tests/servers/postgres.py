"""A PostgreSQL of the test's own: a new cluster in a folder of its own, on a free port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

_SECONDS_TO_START = 30.0
USER = "postgres"  # in the database always; on the machine where this is root, whom PostgreSQL refuses to run as


def programs() -> Path | None:
    """The folder of the newest installed PostgreSQL's programs; None where it cannot be run."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found or not shutil.which("setpriv"):
        return None
    return found[-1].parent if _account_is_there() else None


def _account_is_there() -> bool:
    import pwd

    try:
        pwd.getpwnam(USER)
    except KeyError:
        return os.geteuid() != 0
    return True


class Postgres:
    """The cluster, as a context manager; it dies with this process, whatever becomes of it."""

    def __init__(self, where: Path) -> None:
        self._programs = where
        self._folder = Path(tempfile.mkdtemp(prefix="gsh-console-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    @property
    def jdbc(self) -> str:
        """The address for Java."""
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self._folder, USER, USER)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _begin([str(self._programs / "initdb"), *options, str(self._data)]).wait()
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # the machine is not going to lose its power within a test
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = [str(self._programs / "postgres"), "-D", str(self._data), *words]
        self._process = _begin(server)
        self._await_ready()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's word for: now, but properly
            self._process.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _await_ready(self) -> None:
        end = time.monotonic() + _SECONDS_TO_START
        check = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(check, check=False).returncode:
            if time.monotonic() > end:
                raise RuntimeError("PostgreSQL did not start.")
            time.sleep(0.05)


def _begin(command: list[str]) -> subprocess.Popen[bytes]:
    as_user = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        as_user += [f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([*as_user, *command], stdout=nowhere, stderr=nowhere, cwd="/")


def _free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])
