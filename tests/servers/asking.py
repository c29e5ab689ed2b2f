"""A plain HTTP question and its whole answer, with nothing but the standard library."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

FHIR_JSON = "application/fhir+json"
SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """What came back, whatever the status."""

    status: int
    body: bytes
    headers: Message = field(repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The server's own words, if this is an OperationOutcome."""
        return str(self.json["issue"][0]["details"]["text"])


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def ask(
    method: str,
    url: str,
    body: Mapping[str, Any] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    timeout: float = SECONDS,
) -> Reply:
    """Ask once, on a connection of its own, past every proxy the machine has set."""
    data = json.dumps(body).encode() if isinstance(body, Mapping) else body
    sent = {"Content-Type": FHIR_JSON, "Accept": FHIR_JSON, **(headers or {})}
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _NoRedirects()]
    if tls:
        handlers.append(urllib.request.HTTPSHandler(context=tls))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as response:
            return Reply(response.status, response.read(), response.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return Reply(refused.code, refused.read(), refused.headers)
