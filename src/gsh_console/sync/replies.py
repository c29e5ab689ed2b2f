"""What an answer of a FHIR server means: done, try again later, never, or not for this console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gsh_console.sync.discreet import shown
from gsh_console.sync.link import Reply
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped, TryLater

_LATER = (408, 425, 429)
_CONFLICTS = (409, 412)
_PLACE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{2,63}/[A-Za-z0-9\-.]{1,64})(?:/_history/[^/]*)?/?$")
NO_TRANSACTIONS = "The server takes no transactions, so nothing can be sent safely."
NO_SERVICE = (404, 405)  # to a question every FHIR server answers: the address is wrong, not the record
REMEDY = "Try again once the service has put it right, save a copy for the service, or amend the note."


class Conflict(RefusedForGood):
    """409 or 412: something of this name is there already, or changed meanwhile."""


def resource_in(reply: Reply) -> dict[str, Any]:
    """The FHIR resource a good answer holds; TryLater where it holds none (a web page, half an answer)."""
    if not reply.is_json:
        raise TryLater("Something else than the server answered, perhaps a sign-in page of the network.")
    try:
        found = orjson.loads(reply.body)
    except ValueError:
        raise TryLater("The answer broke off.") from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise TryLater("The answer was no FHIR resource.")
    return found


def refuse_failed(reply: Reply, hidden: Mapping[str, Any] | None = None) -> None:
    """Raise what a status other than 2xx stands for. 401 is the caller's."""
    status = reply.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise TryLater("The network answered with a redirection, perhaps to a sign-in page; it was not followed.")
    if status in _LATER or (status >= 500 and status != 501):
        raise TryLater(f"The server is busy or has a fault ({status}).", after=reply.says_wait)
    if status == 413:
        raise RefusedForGood(
            "The record is larger than the server allows (413).", "Ask the service to allow larger records, then retry."
        )
    told = words_of(reply, hidden)
    if status == 401:
        raise TargetStopped("The server does not know this console (401).", "Sign-in has to be set up or renewed.")
    if status == 403:
        raise TargetStopped(f"The server does not let this console write (403{told}).", "Tell the service's IT.")
    if status == 501:
        raise TargetStopped("The server cannot do what this console needs (501).", "Run gsh-console sync --test.")
    if status in _CONFLICTS:
        raise Conflict(f"The server refused ({status}{told}).", REMEDY)
    if not told:
        raise TryLater(
            f"Something between here and the server refused ({status}) without saying why.",
            "Check url in server.toml; on a guest network, sign in to it first.",
        )
    raise RefusedForGood(f"The server refused ({status}{told}).", REMEDY, status=status)


def no_service(status: int) -> TargetStopped:
    """The fault of an address that answers with `status` where a FHIR server would have answered otherwise."""
    return TargetStopped(f"The server has no FHIR service at this address ({status}).", "Check url in server.toml.")


def words_of(reply: Reply, hidden: Mapping[str, Any] | None = None) -> str:
    """What an OperationOutcome says, after a colon, made fit to be shown; empty where the answer is none."""
    if not reply.is_json:
        return ""
    try:
        outcome = orjson.loads(reply.body)
    except ValueError:
        return ""
    if not isinstance(outcome, dict) or outcome.get("resourceType") != "OperationOutcome":
        return ""
    told = outcome_in_words(outcome)
    return f": {shown(told, hidden)}" if told else ": no reason given"


def outcome_in_words(outcome: Mapping[str, Any]) -> str:
    """What the issues of an OperationOutcome say, as the server wrote it."""
    told = (_issue(each) for each in outcome.get("issue") or () if isinstance(each, dict))
    return "; ".join(each for each in told if each)


def says_error(outcome: Mapping[str, Any]) -> bool:
    """Whether an OperationOutcome tells of an error, and not of a warning alone."""
    issues = (each for each in outcome.get("issue") or () if isinstance(each, dict))
    return any(each.get("severity") in ("error", "fatal") for each in issues)


def _issue(issue: Mapping[str, Any]) -> str:
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    where = issue.get("expression") or issue.get("location")
    place = where[0] if isinstance(where, list) and where and isinstance(where[0], str) else ""
    said = text or issue.get("diagnostics") or issue.get("code") or ""
    return f"{said} {place}".strip() if isinstance(said, str) else ""


def proved(reply: Reply, parts: int, hidden: Mapping[str, Any] | None = None) -> list[str]:
    """The references of a transaction's parts, in their order ("" where the server named none).

    Anything but a complete transaction-response proves nothing. What the server repeats of `hidden` is not shown.
    """
    refuse_failed(reply, hidden)
    answer = resource_in(reply)
    if answer.get("type") == "batch-response":
        raise TargetStopped(NO_TRANSACTIONS, "It answered one as a batch: ask the service.")
    entries = answer.get("entry")
    whole = (
        reply.status == 200
        and answer["resourceType"] == "Bundle"
        and answer.get("type") == "transaction-response"
        and isinstance(entries, list)
        and len(entries) == parts
    )
    if not whole:
        raise TryLater("The answer does not say that everything was kept.")
    assert isinstance(entries, list)
    return [_kept(each) for each in entries]


def _kept(entry: Any) -> str:
    response = entry.get("response") if isinstance(entry, dict) else None
    if not isinstance(response, dict):
        response = {}
    status = response.get("status")
    if not isinstance(status, str) or not re.match(r"2\d\d\b", status):
        raise TryLater("The answer does not say that every part was kept.")
    return place_in(response.get("location")) or _own_name(entry.get("resource"))


def place_in(location: Any) -> str:
    """The "Type/id" of a location, empty where it has none."""
    found = _PLACE.search(location) if isinstance(location, str) else None
    return found.group(1) if found else ""


def _own_name(resource: Any) -> str:
    named = isinstance(resource, dict) and resource.get("id")
    return f"{resource['resourceType']}/{resource['id']}" if named else ""
