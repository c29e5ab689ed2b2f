"""FHIR questions over a link: signed in, read, searched, and transactions proved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from gsh_console.sync.datatypes import Json
from gsh_console.sync.link import Link, Reply
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.replies import proved, refuse_failed, resource_in

FHIR_JSON = "application/fhir+json"
MOST_PAGES = 10_000


class SignsIn(Protocol):
    """What gives the token of the moment."""

    def token(self, *, fresh: bool = False) -> str:
        """A token that is still good; `fresh`: another one than before."""


class Server:
    """A FHIR server one may ask. Safe to use from several threads."""

    def __init__(self, link: Link, sign_in: SignsIn | None = None) -> None:
        self.link = link
        self._sign_in = sign_in

    def ask(self, method: str, place: str = "", body: bytes | None = None, **headers: str) -> Reply:
        """One question, signed in; a token that is no longer taken is renewed once."""
        sent = {"accept": FHIR_JSON, **({"content-type": FHIR_JSON} if body else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self._sign_in is None:
            return self.link.ask(method, place, body=body, headers=sent)
        reply = self._signed(method, place, body, sent, fresh=False)
        return self._signed(method, place, body, sent, fresh=True) if reply.status == 401 else reply

    def _signed(self, method: str, place: str, body: bytes | None, sent: dict[str, str], *, fresh: bool) -> Reply:
        assert self._sign_in is not None
        token = self._sign_in.token(fresh=fresh)
        return self.link.ask(method, place, body=body, headers={**sent, "authorization": f"Bearer {token}"})

    def keep(self, bundle: Json, hidden: Mapping[str, Any] | None = None) -> list[str]:
        """Have a transaction kept; the references of its parts. A refusal's words repeat nothing of `hidden`."""
        body = json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()
        return proved(self.ask("POST", body=body, prefer="return=minimal"), len(bundle["entry"]), hidden)

    def read(self, name: str) -> Json | None:
        """The resource "Type/id"; None where there is none, RefusedForGood where it was deleted."""
        reply = self.ask("GET", name)
        if reply.status == 404:
            resource_in(reply)  # a web page's 404 says nothing
            return None
        if reply.status == 410:
            raise RefusedForGood("The server says that this record was deleted there.", "Ask the service why.")
        refuse_failed(reply)
        found = resource_in(reply)
        if f"{found['resourceType']}/{found.get('id')}" != name:
            raise TryLater("The server answered with another record than it was asked for.")
        return found

    def find(self, kind: str, search: str) -> list[Json]:
        """Every match of a search. The search travels in the body, so that no log of addresses ever holds it."""
        form = "application/x-www-form-urlencoded"
        reply = self.ask("POST", f"{kind}/_search", _as_form(search), content_type=form)
        refuse_failed(reply)
        return [found for found in self._pages(resource_in(reply)) if found["resourceType"] == kind]

    def _pages(self, page: Json) -> list[Json]:
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            if page.get("type") != "searchset":
                raise TryLater("The answer was no search result.")
            found += [each["resource"] for each in page.get("entry") or () if isinstance(each.get("resource"), dict)]
            following = next((each["url"] for each in page.get("link") or () if each.get("relation") == "next"), None)
            if following is None:
                return found
            reply = self.ask("GET", following)
            refuse_failed(reply)
            page = resource_in(reply)
        raise TargetStopped("The server's search result has no end.")


def _as_form(search: str) -> bytes:
    pairs = (each.partition("=") for each in search.split("&"))
    return "&".join(f"{name}={quote(value, safe='')}" for name, _, value in pairs).encode()
