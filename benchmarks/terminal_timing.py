"""Times a terminal program from outside: process start to a text on its screen, and key to changed screen.

While the program runs this only reads, dates and answers; the screen is emulated afterwards from what was read,
so that the emulator costs the program nothing. CPU is the program's own, from /proc, in ticks of 10 ms.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyte

_QUERIES = ((b"\x1b[?2026$p", b"\x1b[?2026;2$y"), (b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;22c"))
_UNREADABLE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[[0-9;]*t|"
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\|\x1b\[[0-9]* q|\x1b_[^\x1b]*\x1b\\"
)
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Program:
    """A program in a pty; `chunks` are (seconds since start, bytes) and `cpu` (seconds, CPU seconds)."""

    command: str
    size: tuple[int, int] = (120, 40)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chunks: list[tuple[float, bytes]] = []
        self.cpu: list[tuple[float, float]] = []
        columns, rows = self.size
        wanted = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
            "COLUMNS": str(columns), "LINES": str(rows), "TEXTUAL_ANIMATIONS": "none", **self.environment,
        }  # fmt: skip
        wanted.pop("PYTHONDONTWRITEBYTECODE", None)
        words = shlex.split(self.command)
        self.began = time.perf_counter()
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(words[0], words, wanted)

    def read(self, seconds: float) -> bool:
        """Read once within `seconds`; whether anything came."""
        ready, _, _ = select.select([self.file], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.file, 65536)
        except OSError:
            return False
        now = time.perf_counter() - self.began
        self.chunks.append((now, data))
        self.cpu.append((now, self.cpu_seconds()))
        for query, answer in _QUERIES:
            if query in data:
                os.write(self.file, answer)
        return bool(data)

    def run_until(self, marker: bytes, most: float = 30.0) -> None:
        """Read until the bytes were seen and the program has been quiet for a moment."""
        seen = b""
        end = time.perf_counter() + most
        while time.perf_counter() < end:
            before = len(self.chunks)
            self.read(0.05)
            seen = b"".join(data for _, data in self.chunks)
            if marker in seen and len(self.chunks) == before:
                return

    def settle(self, quiet: float = 0.4, most: float = 10.0) -> None:
        """Read until nothing comes for `quiet` seconds (a screen with a clock in it changes every second)."""
        end = time.perf_counter() + most
        while self.read(quiet if self.chunks else most) and time.perf_counter() < end:
            pass

    def key(self, key: bytes, most: float = 1.0) -> float | None:
        """Milliseconds from writing a key to the first bytes back; None if nothing came."""
        sent = time.perf_counter()
        os.write(self.file, key)
        if not self.read(most):
            return None
        arrived = self.began + self.chunks[-1][0]
        while self.read(0.02):
            pass
        return (arrived - sent) * 1000

    def ready(self, pattern: str) -> tuple[float, float] | None:
        """(wall ms, CPU ms) until the text stood on the screen, found by replaying what was read."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        for (at, data), (_, cpu) in zip(self.chunks, self.cpu, strict=True):
            stream.feed(_UNREADABLE.sub(b"", data))
            if re.search(pattern, "\n".join(screen.display)):
                return at * 1000, cpu * 1000
        return None

    def cpu_seconds(self) -> float:
        """User and system CPU the program has used."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK

    def peak_megabytes(self) -> float:
        """Peak resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def end(self) -> None:
        """Stop the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.file)
