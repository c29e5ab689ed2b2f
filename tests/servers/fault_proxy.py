"""A faulty network in front of a server: whole HTTP messages go through it, or meet one named fault.

In a test: `with FaultProxy(server.origin, seed=7, rate=0.3) as proxy: ... proxy.base ... proxy.counts`.
By hand: `python -m tests.servers.fault_proxy http://127.0.0.1:8080 --rate 0.3 --seed 7`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import struct
import threading
import zlib
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Self
from urllib.parse import urlsplit

_END = b"\r\n\r\n"
_LIMIT = 2**16
_STREAMED = 50 * 2**20  # bytes of an oversized reply
_CHUNK = b'{"resourceType":"Bundle","note":"' + b"x" * (2**16 - 33)
_BROKEN = (ConnectionError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
FINE = "fine"
UNREACHABLE = "unreachable"


class Fault(StrEnum):
    """What can happen to one request."""

    RESET_BEFORE = "reset-before"  # read, then reset; the server never sees it
    RESET_MID_REQUEST = "reset-mid-request"  # half of it reaches the server, then both sides are reset
    LOST_REPLY = "lost-reply"  # the server did it; the answer is lost
    TRUNCATED_REPLY = "truncated-reply"  # the server did it; half of the answer arrives
    TWICE = "twice"  # the server gets it twice; the second answer arrives
    DELAYED = "delayed"
    BUSY = "busy"  # 503 with Retry-After; the server never sees it
    FAILED_AFTER = "failed-after"  # the server did it; the answer says 500
    CAPTIVE_PORTAL = "captive-portal"  # 200 with a web page; the server never sees it
    SIGNED_OUT = "signed-out"  # 401; the server never sees it
    TOO_LARGE = "too-large"  # 413; the server never sees it
    TOO_MANY = "too-many"  # 429 with Retry-After; the server never sees it
    OVERSIZED = "oversized"  # the server did it; the answer is 50 MB long
    COMPRESSED_BOMB = "compressed-bomb"  # the server did it; the answer is 50 MB long once unpacked
    SLOW_LORIS = "slow-loris"  # the server did it; the answer comes a byte at a time


SOAK = (
    Fault.RESET_BEFORE,
    Fault.RESET_MID_REQUEST,
    Fault.LOST_REPLY,
    Fault.TRUNCATED_REPLY,
    Fault.TWICE,
    Fault.DELAYED,
    Fault.BUSY,
    Fault.FAILED_AFTER,
    Fault.CAPTIVE_PORTAL,
    Fault.TOO_MANY,
)
"""What sending again always heals, and quickly: for long runs."""

_UNSEEN = {
    Fault.BUSY: (503, "text/plain", b"busy"),
    Fault.TOO_MANY: (429, "text/plain", b"slow down"),
    Fault.SIGNED_OUT: (401, "text/plain", b"sign in"),
    Fault.TOO_LARGE: (413, "text/plain", b"too large"),
    Fault.CAPTIVE_PORTAL: (200, "text/html", b"<html><body><h1>Welcome to the guest network</h1></body></html>"),
}


@dataclass
class Tempo:
    """How the faults behave in time, in seconds."""

    delay: float = 0.3
    retry_after: int = 0  # what 503 and 429 ask for
    drip: float = 0.2  # between two bytes of a slow loris
    patience: float = 10.0  # after this long the slow loris hangs up


class FaultProxy:
    """A proxy on the loopback before the server at `target`, in a thread of its own.

    `rate` of the requests meet one of `faults`, drawn from `seed`; those named with `next` come first, in order.
    """

    def __init__(
        self,
        target: str,
        *,
        seed: int = 1,
        rate: float = 0.0,
        faults: Iterable[Fault] = SOAK,
        tempo: Tempo | None = None,
        port: int = 0,
    ) -> None:
        place = urlsplit(target)
        if place.scheme != "http" or not place.hostname or not place.port:
            raise ValueError("The target must be an http address with a port.")
        self.rate = rate
        self.faults = tuple(faults)
        self.tempo = tempo or Tempo()
        self.counts: Counter[str] = Counter()
        self.port = port
        self._upstream = (place.hostname, place.port)
        self._dice = random.Random(seed)
        self._script: deque[Fault | None] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._listening = threading.Event()
        self._stopped = asyncio.Event()

    @property
    def origin(self) -> str:
        """Where a client connects."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        """The FHIR base address through the proxy."""
        return f"{self.origin}/fhir/R4"

    @property
    def faulted(self) -> int:
        """How many requests met a fault."""
        return sum(self.counts[fault] for fault in Fault)

    def next(self, *faults: Fault | None) -> None:
        """The next requests meet these, in order (None: nothing happens to that one); then the dice again."""
        self._script.extend(faults)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port, limit=_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stopped.wait()
        server.close()
        for task in (others := asyncio.all_tasks() - {asyncio.current_task()}):
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self._upstream)
        try:
            while await self._exchange(reader, writer, line):
                pass
        except (*_BROKEN, asyncio.CancelledError):
            pass
        finally:
            line.close()
            writer.close()

    def _draw(self) -> Fault | None:
        if self._script:
            return self._script.popleft()
        return self._dice.choice(self.faults) if self.faults and self._dice.random() < self.rate else None

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line) -> bool:
        """One request and what becomes of it; whether the connection can go on."""
        head = await reader.readuntil(_END)
        fault = self._draw()
        if fault is Fault.RESET_MID_REQUEST:
            self.counts[fault] += 1
            await _break_off(head, reader, writer, line)
            return False
        message = head + await _body(head, reader)
        if fault is Fault.RESET_BEFORE:
            self.counts[fault] += 1
            _reset(writer)
            return False
        if fault in _UNSEEN:
            self.counts[fault] += 1
            await self._unseen(fault, writer)
            return True
        if fault is Fault.DELAYED:
            await asyncio.sleep(self.tempo.delay)
        return await self._through(fault, message, writer, line)

    async def _unseen(self, fault: Fault, writer: asyncio.StreamWriter) -> None:
        status, kind, body = _UNSEEN[fault]
        extra = ""
        if fault in (Fault.BUSY, Fault.TOO_MANY):
            extra = f"Retry-After: {self.tempo.retry_after}\r\n"
        if fault is Fault.SIGNED_OUT:
            extra = "WWW-Authenticate: Bearer\r\n"
        writer.write(_reply(status, kind, body, extra))
        await writer.drain()

    async def _through(self, fault: Fault | None, message: bytes, writer: asyncio.StreamWriter, line: _Line) -> bool:
        try:
            if fault is Fault.TWICE:
                await line.send(message)
                line.close()  # the first may have asked for that
            head, body = await line.send(message)
        except _BROKEN:
            self.counts[UNREACHABLE] += 1
            line.close()
            writer.write(_reply(502, "text/plain", b"nobody there"))
            await writer.drain()
            return True
        self.counts[fault or FINE] += 1
        if fault in (None, Fault.TWICE, Fault.DELAYED):
            writer.write(head + body)
            await writer.drain()
            return True
        return await self._spoil(fault, head, body, writer)

    async def _spoil(self, fault: Fault, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """What arrives of an answer the server did give; whether the connection can go on."""
        if fault is Fault.LOST_REPLY:
            _reset(writer)
        elif fault is Fault.TRUNCATED_REPLY:
            writer.write(head + body[: len(body) // 2])
            await writer.drain()
        elif fault is Fault.FAILED_AFTER:
            writer.write(_reply(500, "text/plain", b"something went wrong"))
            await writer.drain()
            return True
        elif fault is Fault.OVERSIZED:
            await _stream_oversized(writer)
        elif fault is Fault.COMPRESSED_BOMB:
            writer.write(_reply(200, "application/fhir+json", _bomb(), "Content-Encoding: gzip\r\n"))
            await writer.drain()
            return True
        elif fault is Fault.SLOW_LORIS:
            await self._drip(head + body, writer)
        return False

    async def _drip(self, answer: bytes, writer: asyncio.StreamWriter) -> None:
        end = self._loop.time() + self.tempo.patience
        for place in range(len(answer)):
            writer.write(answer[place : place + 1])
            await writer.drain()
            if self._loop.time() > end:
                break
            await asyncio.sleep(self.tempo.drip)
        _reset(writer)


class _Line:
    """The connection to the server that one client's requests go over."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._ends is None or self._ends[1].is_closing() or self._ends[0].at_eof():
            self.close()
            self._ends = await asyncio.open_connection(*self._upstream, limit=_LIMIT)
        return self._ends

    async def send(self, message: bytes) -> tuple[bytes, bytes]:
        """The server's head and body, with the body's length in the head."""
        reader, writer = await self.open()
        writer.write(message)
        await writer.drain()
        head = await reader.readuntil(_END)
        if message.startswith(b"HEAD ") or head[9:12] in (b"204", b"304"):
            return head, b""
        body = await _body(head, reader)
        if not _chunked(head):
            return head, body
        kept = [each for each in head.split(b"\r\n") if each and not each.lower().startswith(b"transfer-encoding:")]
        plain = _unchunked(body)
        return b"\r\n".join([*kept, b"Content-Length: %d" % len(plain)]) + _END, plain

    def close(self) -> None:
        if self._ends:
            self._ends[1].close()
        self._ends = None


async def _break_off(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line) -> None:
    half = await reader.readexactly(_length(head) // 2)
    with contextlib.suppress(*_BROKEN):
        _, upstream = await line.open()
        upstream.write((head + half) if half else head[: len(head) // 2])
        await upstream.drain()
        _reset(upstream)
    _reset(writer)


def _field(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def _chunked(head: bytes) -> bool:
    return b"chunked" in _field(head, b"transfer-encoding")


def _length(head: bytes) -> int:
    return int(_field(head, b"content-length") or 0)


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The body as it comes over the wire, chunk marks included."""
    if not _chunked(head):
        return await reader.readexactly(_length(head))
    parts = []
    while True:
        mark = await reader.readuntil(b"\r\n")
        size = int(mark.split(b";")[0], 16)
        parts += [mark, await reader.readexactly(size + 2)]
        if size == 0:
            return b"".join(parts)


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    place = 0
    while True:
        mark = body.index(b"\r\n", place)
        size = int(body[place:mark].split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[mark + 2 : mark + 2 + size])
        place = mark + 4 + size


def _reply(status: int, kind: str, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


async def _stream_oversized(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nTransfer-Encoding: chunked" + _END)
    for _ in range(_STREAMED // len(_CHUNK)):
        writer.write(b"%x\r\n%b\r\n" % (len(_CHUNK), _CHUNK))
        await writer.drain()
    writer.write(b"0" + _END)
    await writer.drain()


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(_STREAMED // 2**20)), packer.flush()])


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset, not an end."""
    plug = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _main() -> None:
    import argparse
    import signal

    words = argparse.ArgumentParser(description="A faulty network in front of a server.")
    words.add_argument("target", help="the server, such as http://127.0.0.1:8080")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--rate", type=float, default=0.3)
    words.add_argument("--faults", default=",".join(SOAK), help="named with commas: " + ", ".join(Fault))
    words.add_argument("--delay", type=float, default=0.3, help="seconds of a delayed answer")
    given = words.parse_args()
    faults = [Fault(name) for name in given.faults.split(",")]
    with FaultProxy(
        given.target, seed=given.seed, rate=given.rate, faults=faults, port=given.port, tempo=Tempo(delay=given.delay)
    ) as proxy:
        print(json.dumps({"port": proxy.port}), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    print(json.dumps(proxy.counts), flush=True)


if __name__ == "__main__":
    _main()
