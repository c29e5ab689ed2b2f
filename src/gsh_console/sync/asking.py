"""FHIR questions over a link: signed in, read, searched, and transactions proved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from gsh_console.sync.datatypes import Json
from gsh_console.sync.discreet import shown
from gsh_console.sync.link import Link, Reply
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.parcel import as_json
from gsh_console.sync.replies import (
    NO_SERVICE,
    no_service,
    outcome_in_words,
    proved,
    refuse_failed,
    resource_in,
    says_error,
)

FHIR_JSON = "application/fhir+json"
MOST_PAGES = 10_000


class SignsIn(Protocol):
    """What gives the token of the moment."""

    def token(self, *, fresh: bool = False) -> str:
        """A token that is still good; `fresh`: another one than before."""


@dataclass(frozen=True)
class Page:
    """Some matches of a search, the address of the next ones (empty at the end), and the server's clock.

    `told` is what an OperationOutcome among them says; `whole`: it tells of no error, so nothing is missing.
    """

    resources: tuple[Json, ...]
    following: str
    date: str
    told: str = ""
    whole: bool = True


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
        return self.keep_body(as_json(bundle).encode(), len(bundle["entry"]), hidden)

    def keep_body(self, body: bytes, parts: int, hidden: Mapping[str, Any] | None = None) -> list[str]:
        """The same for a transaction that is written out already and has so many parts."""
        return proved(self.ask("POST", body=body, prefer="return=minimal"), parts, hidden)

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
        """Every match of a search."""
        page = self.page(kind, search)
        found = list(page.resources)
        for _ in range(MOST_PAGES):
            if not page.following:
                return found
            page = self.page(kind, following=page.following)
            found += page.resources
        raise TargetStopped("The server's search result has no end.")

    def page(self, kind: str, search: str = "", following: str = "") -> Page:
        """The first page of a search, or the one a page before it pointed to.

        The search travels in the body, so that no log of addresses ever holds a patient's number.
        """
        strict = {"prefer": "handling=strict"}  # an unknown parameter is never passed over: it would find everybody
        if following:
            reply = self.ask("GET", following, None, **strict)
        else:
            form = "application/x-www-form-urlencoded"
            reply = self.ask("POST", f"{kind}/_search", _as_form(search), content_type=form, **strict)
        try:
            refuse_failed(reply)
        except RefusedForGood as refused:
            if refused.status in NO_SERVICE and not following:
                raise no_service(refused.status) from None
            raise
        bundle = resource_in(reply)
        if bundle.get("type") != "searchset":
            raise TryLater("The answer was no search result.")
        entries = [each["resource"] for each in bundle.get("entry") or () if isinstance(each.get("resource"), dict)]
        links = (each.get("url") for each in bundle.get("link") or () if each.get("relation") == "next")
        outcomes = [each for each in entries if each.get("resourceType") == "OperationOutcome"]
        matches = tuple(each for each in entries if each.get("resourceType") == kind and each.get("id"))
        told = "; ".join(filter(None, map(outcome_in_words, outcomes)))
        return Page(
            matches,
            str(next(links, None) or ""),
            reply.headers.get("date", ""),
            shown(told, {"entry": [{"resource": each} for each in matches]}) if told else "",
            not any(map(says_error, outcomes)),
        )

    def put(self, resource: Json, version: str) -> Json:
        """Put a new version of a resource in place of the version seen; Conflict where it changed meanwhile."""
        name = f"{resource['resourceType']}/{resource['id']}"
        body = json.dumps(resource, ensure_ascii=False).encode()
        reply = self.ask("PUT", name, body, if_match=f'W/"{version}"', prefer="return=representation")
        refuse_failed(reply, {"entry": [{"resource": resource}]})
        return resource_in(reply)


def _as_form(search: str) -> bytes:
    pairs = (each.partition("=") for each in search.split("&"))
    return "&".join(f"{name}={quote(value, safe='')}" for name, _, value in pairs).encode()
