"""A small HTTP server that answers as a test says: for servers nobody publishes, whole or wrong in one known way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.servers.asking import FHIR_JSON

BASE = "/fhir/R4"


@dataclass(frozen=True)
class Asked:
    """One question: the path below the FHIR base with its query, and the body (JSON read, a form as text)."""

    method: str
    path: str
    body: Any
    base: str


@dataclass(frozen=True)
class Answer:
    """What is answered; `body` None sends none."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Scripted:
    """Answers every question by one function, and keeps what it was asked. A context manager."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._answer
                raise AttributeError(name)

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                is_json = "json" in (self.headers.get("content-type") or "") and raw
                body = json.loads(raw) if is_json else raw.decode()
                asked = Asked(self.command, self.path.removeprefix(BASE).lstrip("/"), body, scripted.base)
                scripted.asked.append(asked)
                told = answer(asked)
                sent = b"" if told.body is None else json.dumps(told.body).encode()
                self.send_response(told.status)
                for name, value in {"content-type": FHIR_JSON, **told.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def base(self) -> str:
        """The FHIR base address, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}{BASE}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def outcome(told: str, severity: str = "error", code: str = "processing") -> dict[str, Any]:
    """An OperationOutcome with one issue."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "details": {"text": told}}],
    }


def statement(*interactions: str, kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    """A CapabilityStatement that offers these interactions, and our ids and conditional creates for these types."""
    resources = [{"type": kind, "updateCreate": True, "conditionalCreate": True} for kind in kinds]
    server = {"mode": "server", "interaction": [{"code": code} for code in interactions], "resource": resources}
    return {
        "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": {"name": "Small"}, "rest": [server],
    }  # fmt: skip


def searchset(*resources: dict[str, Any], following: str = "", mode: str = "match") -> dict[str, Any]:
    """A search's answer with these resources, and where the next ones are."""
    links = [{"relation": "next", "url": following}] if following else []
    entries = [{"resource": each, "search": {"mode": mode}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
