"""The upload target against a small server of the standard library that keeps what is put."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gsh_console.sync.asking import Server
from gsh_console.sync.link import Link
from gsh_console.sync.outcomes import Ledger, RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.upload import UploadTarget

RECORD = '{"id":"é"}'
DIGEST = hashlib.sha256(RECORD.encode()).hexdigest()
NAME = f"/in/0190-a_{DIGEST[:12]}.json"


class Shelf(ThreadingHTTPServer):
    """What is kept, how often something was put, and what is answered to the next puts instead."""

    kept: dict[str, bytes]
    puts: int
    answers: list[int]


class Handler(BaseHTTPRequestHandler):
    server: Shelf

    def do_OPTIONS(self) -> None:
        self.answer(204)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.puts += 1
        if self.server.answers:
            self.answer(self.server.answers.pop(0))
        elif self.headers["if-none-match"] == "*" and self.path in self.server.kept:
            self.answer(412)
        else:
            self.server.kept[self.path] = body
            self.answer(201)

    def do_GET(self) -> None:
        kept = self.server.kept.get(self.path)
        self.answer(404 if kept is None else 200, kept or b"")

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf(("127.0.0.1", 0), Handler)
    made.kept, made.puts, made.answers = {}, 0, []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def target(shelf: Shelf) -> UploadTarget:
    return UploadTarget(Server(Link(f"http://127.0.0.1:{shelf.server_port}/in")))


def test_a_record_is_put_under_its_id_and_digest_and_read_back(shelf: Shelf, target: UploadTarget) -> None:
    target.check()
    target.deliver("0190-a", RECORD, DIGEST, Ledger())
    assert shelf.kept == {NAME: RECORD.encode()}


def test_delivering_again_changes_nothing(shelf: Shelf, target: UploadTarget) -> None:
    target.deliver("0190-a", RECORD, DIGEST, Ledger())
    target.deliver("0190-a", RECORD, DIGEST, Ledger(tried=True))
    assert shelf.puts == 1
    target.deliver("0190-a", RECORD, DIGEST, Ledger())
    assert shelf.kept == {NAME: RECORD.encode()}


def test_other_bytes_under_the_name_are_refused_and_kept(shelf: Shelf, target: UploadTarget) -> None:
    shelf.kept[NAME] = b"other"
    with pytest.raises(RefusedForGood, match="different record"):
        target.deliver("0190-a", RECORD, DIGEST, Ledger())
    assert shelf.kept == {NAME: b"other"}


def test_a_put_that_was_not_kept_is_not_believed(shelf: Shelf, target: UploadTarget) -> None:
    shelf.answers = [201]
    with pytest.raises(TryLater, match="does not give it back"):
        target.deliver("0190-a", RECORD, DIGEST, Ledger())


@pytest.mark.parametrize(
    ("status", "fault"), [(503, TryLater), (403, TargetStopped), (401, TargetStopped), (413, RefusedForGood)]
)
def test_refusals_mean_what_they_mean_elsewhere(shelf, target, status, fault) -> None:
    shelf.answers = [status]
    with pytest.raises(fault):
        target.deliver("0190-a", RECORD, DIGEST, Ledger())
