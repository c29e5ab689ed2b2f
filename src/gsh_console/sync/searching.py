"""Searches that come in many pages and end, and who the practitioner is on a server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gsh_console.faults import SyncFault
from gsh_console.sync.asking import Page, Server
from gsh_console.sync.datatypes import Json
from gsh_console.sync.incoming import reference_of, version_of
from gsh_console.sync.outcomes import RefusedForGood

_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_CORRECT = "Correct practitioner in server.toml, or ask."
MOST_BARREN = 20  # pages in a row with nothing new on them before a search is taken for one without an end


class GoesInCircles(SyncFault):
    """A search whose pages lead back to one that was there before."""


def walk(server: Server, kind: str, search: str, following: str = "") -> Iterator[Page]:
    """The pages of a search, from `following` where that is known; GoesInCircles where they do not end."""
    places: set[str] = {following}
    seen: set[tuple[str, str]] = set()
    barren = 0
    page = server.page(kind, search, following)
    while True:
        new = {(reference_of(each), version_of(each)) for each in page.resources} - seen
        barren = 0 if new else barren + 1
        seen |= new
        yield page
        if not page.following:
            return
        if page.following in places or barren > MOST_BARREN:
            raise GoesInCircles(
                "The server's pages go round in circles, so they were not read on.",
                "What came is kept. Tell the service's IT, then try again.",
            )
        places.add(page.following)
        page = server.page(kind, following=page.following)


def found_in_all(server: Server, kind: str, search: str) -> tuple[list[Json], bool]:
    """Every match of a search, and whether the server told of no error on the way."""
    pages = list(walk(server, kind, search))
    return [each for page in pages for each in page.resources], all(page.whole for page in pages)


def practitioner_of(server: Server, told: str) -> str:
    """The reference of the practitioner "system|value" names; a reference stays what it is.

    Empty where the server has no such Practitioner but patients who name one by that identifier; SyncFault where it
    has neither, or several.
    """
    if "|" not in told:
        return _known_reference(server, told)
    found = [each for each in server.find("Practitioner", f"identifier={told}") if each.get("active") is not False]
    if len(found) > 1:
        raise SyncFault(
            "The server has several practitioners with this identifier.", 'Set practitioner to "Practitioner/…".'
        )
    if found:
        return reference_of(found[0])
    if not _is_named(server, f"general-practitioner:identifier={told}"):
        raise SyncFault("The server knows no practitioner with this identifier.", _CORRECT)
    return ""


def _known_reference(server: Server, name: str) -> str:
    """The reference; SyncFault where it is none, or where neither the server nor one of its patients knows it."""
    if not _REFERENCE.fullmatch(name):
        raise SyncFault(
            "The practitioner in server.toml has the wrong form.", 'Write "Practitioner/12" or "system|value".'
        )
    reply = server.ask("GET", name)  # only a check: who may not read practitioners may still have a caseload
    if reply.status in (404, 410) and not _is_named(server, f"general-practitioner={name}"):
        raise SyncFault(f"The server knows no such practitioner ({reply.status}).", _CORRECT)
    return name


def _is_named(server: Server, search: str) -> bool:
    try:
        return bool(server.page("Patient", f"{search}&_count=1").resources)
    except RefusedForGood:
        return False
