"""A real terminal for tests: a pty with the console in it and an emulator that reads its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pyte

NAMED = {
    "<enter>": b"\r", "<esc>": b"\x1b[27u", "<plainesc>": b"\x1b", "<back>": b"\x7f", "<up>": b"\x1b[A", "<down>": b"\x1b[B",
    "<right>": b"\x1b[C", "<left>": b"\x1b[D", "<tab>": b"\t", "<pgdn>": b"\x1b[6~", "<del>": b"\x1b[3~",
    **{f"<f{n}>": code for n, code in enumerate(
        (b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS", b"\x1b[15~", b"\x1b[17~", b"\x1b[18~", b"\x1b[19~", b"\x1b[20~",
         b"\x1b[21~"), 1)},
}  # fmt: skip
_ANSWERS = (
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
)
_UNREADABLE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[[0-9;]*t|"
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\|\x1b\[[0-9]* q|\x1b_[^\x1b]*\x1b\\"
)


class Terminal:
    """One program in one pty. Keys go in as text with names in angle brackets; the screen comes out as text."""

    def __init__(
        self,
        *arguments: str,
        home: Path,
        size: tuple[int, int] = (80, 24),
        extra: dict[str, str] | None = None,
        module: bool = True,
    ) -> None:
        self.columns, self.rows = size
        self.screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.ByteStream(self.screen)
        self._tail = b""
        self._text: str | None = None
        self.raw = bytearray()
        environment = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
            "COLUMNS": str(self.columns), "LINES": str(self.rows), "TEXTUAL_ANIMATIONS": "none", **(extra or {}),
        }  # fmt: skip
        environment["PYTHONPATH"] = str(Path(__file__).parent.parent / "src")
        self.status: int | None = None
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
            program = ["-m", "gsh_console"] if module else []
            os.execve(sys.executable, [sys.executable, *program, *arguments], environment)

    @property
    def text(self) -> str:
        """The screen as it stands, a line a row."""
        if self._text is None:
            columns = range(self.columns)
            lines = (self.screen.buffer[row] for row in range(self.rows))
            # what follows a wide character is an empty cell
            self._text = "\n".join("".join(line[at].data for at in columns).rstrip() for line in lines)
        return self._text

    def press(self, keys: str) -> None:
        """Send keys: plain characters, or names such as <enter> and <f4>."""
        for part in re.findall(r"<[a-z0-9]+>|.", keys, re.S):
            os.write(self.file, NAMED.get(part, part.encode()))
            if part == "<plainesc>":  # with a key too soon after it, it would mean Alt and that key
                self.settle(0.15)

    def settle(self, quiet: float = 0.08, most: float = 5.0) -> None:
        """Read until the program has been silent for `quiet` seconds."""
        end = time.monotonic() + most
        while time.monotonic() < end and self._read(quiet):
            pass

    def wait_for(self, pattern: str, seconds: float = 20.0) -> str:
        """Read until the pattern stands on the screen; fail with the screen if it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.text):
                return self.text
            if not self._read(0.1) and self.status is not None:
                break
        if re.search(pattern, self.text):
            return self.text
        raise AssertionError(f"{pattern!r} never came. Exit {self.status}. The screen:\n{self.text}")

    def do(self, keys: str, pattern: str) -> str:
        """Press keys, then wait for what they lead to."""
        self.press(keys)
        return self.wait_for(pattern)

    def kill(self) -> None:
        """End the program without a word of warning."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.status = -signal.SIGKILL
        os.close(self.file)

    def close(self) -> int:
        """Wait for the program to end by itself; its exit code."""
        end = time.monotonic() + 20
        while self.status is None and time.monotonic() < end:
            self._read(0.1)
        if self.status is None:
            self.kill()
            raise AssertionError(f"the program did not end. The screen:\n{self.text}")
        return self.status

    def _read(self, seconds: float) -> bool:
        if self.status is not None:
            return False
        ready, _, _ = select.select([self.file], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.file, 65536)
        except OSError:
            data = b""
        if not data:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.file)
            return False
        self._answer(data)
        self.raw += data
        self._feed(data)
        return True

    def _answer(self, data: bytes) -> None:
        for query, answer in _ANSWERS:
            if query.search(data):
                os.write(self.file, answer)

    def _feed(self, data: bytes) -> None:
        data = self._tail + data
        cut = data.rfind(b"\x1b")
        whole = re.compile(rb"\x1b(?:\[[0-9;:?<>=$ ]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_][^\x1b]*\x1b\\|[^\[\]P_])")
        if cut >= 0 and not whole.match(data[cut:]):
            data, self._tail = data[:cut], data[cut:]
        else:
            self._tail = b""
        self._stream.feed(_UNREADABLE.sub(b"", data))
        self._text = None
