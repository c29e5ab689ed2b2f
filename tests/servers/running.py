"""A server in a process of its own: started, killed without warning, started again on the same port, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.servers.asking import Reply, ask

_LOOK = 0.05  # seconds between two looks whether it is ready
_PORT_LINE = '{"port":'


class FhirServer(ABC):
    """One FHIR server on the loopback. As a context manager it starts, and stops at the end."""

    scheme = "http"
    seconds_to_start = 60.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0  # chosen at the first start, kept from then on
        self.tls: ssl.SSLContext | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """The command that starts it on `self.port`; it prints {"port": n} once it listens, and ends with its stdin."""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        """The FHIR base address, without a slash at its end."""
        return f"{self.origin}/fhir/R4"

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.folder / "server.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and come back when it answers."""
        self.begin()
        self.await_ready()

    def begin(self) -> None:
        """Start the process and come back at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=self.environment()
            )

    def environment(self) -> dict[str, str]:
        """The environment of the process."""
        return dict(os.environ)

    def await_ready(self) -> None:
        """Come back when a process that was begun listens; RuntimeError with the end of its log if it never does."""
        end = time.monotonic() + self.seconds_to_start
        while time.monotonic() < end:
            printed = self.log.read_text(errors="replace").splitlines()
            ready = next((line for line in printed if line.startswith(_PORT_LINE)), None)
            if ready:
                self.port = int(json.loads(ready)["port"])
                return
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(_LOOK)
        self.kill()
        raise RuntimeError(f"{type(self).__name__} did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def kill(self) -> None:
        """SIGKILL: no flush, no goodbye."""
        self._end(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def stop(self) -> None:
        """Ask it to stop, and see to it that it did."""
        self._end(signal.SIGTERM)

    def _end(self, sign: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(sign)
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None, **headers: str) -> Reply:
        """A question under the FHIR base (or, with a leading slash, under the origin); header If_Match is If-Match."""
        address = self.origin + path if path.startswith("/") else f"{self.base}/{path}".rstrip("/")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(method, address, body, named, self.tls)
