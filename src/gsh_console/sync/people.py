"""Which patient of the server's a record is about: found, or made once, and never guessed."""

from __future__ import annotations

from threading import Lock
from urllib.parse import unquote

from gsh_console.sync.asking import Server
from gsh_console.sync.datatypes import Json
from gsh_console.sync.incoming import replaced_by
from gsh_console.sync.link import Reply
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.parcel import Parcel, as_json
from gsh_console.sync.replies import NO_TRANSACTIONS, Conflict, no_service, proved, resource_in

MOST_REMEMBERED = 5_000
_MOST_MERGES = 5


class People:
    """The patients of one server, by what identifies them; each is looked up once while the console runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, str] = {}
        self._lock = Lock()

    def reference(self, parcel: Parcel, known: str = "") -> str:
        """The server's reference of a parcel's patient, made there where nobody has the NHS number (or record id).

        `known` is the reference the person came down with. RefusedForGood where the server has several such people,
        or one born on another day: nothing is ever written to somebody's record on a guess.
        """
        key = known or parcel.patient_search
        if key in self._known:
            return self._known[key]
        found = self._server.read(known) if known else self._find(parcel)
        if found is None and known:
            raise RefusedForGood("The server no longer has this patient.", "Ask the service what became of the record.")
        reference = self._checked(found, parcel) if found else self._make(parcel)
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = reference
        return reference

    def _find(self, parcel: Parcel) -> Json | None:
        found = self._server.find("Patient", unquote(parcel.patient_search))
        standing = {each["id"]: each for each in (after_merges(self._server, one) for one in found)}
        if len(standing) > 1:
            raise RefusedForGood(
                "The server has several patients with this NHS number.", "The service has to merge them, then retry."
            )
        return next(iter(standing.values()), None)

    def _make(self, parcel: Parcel) -> str:
        entry = {
            "fullUrl": f"urn:uuid:{parcel.patient_id}",
            "resource": parcel.patient,
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": parcel.patient_search},
        }
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        reply = self._server.ask("POST", body=as_json(bundle).encode(), prefer="return=minimal")
        try:
            (reference,) = proved(reply, 1, parcel.bundle)
        except Conflict:
            reference = ""  # somebody else is making the person at this very moment, or has made several
        except RefusedForGood as refused:
            if refused.status == 404:
                raise no_service(refused.status) from None
            if refused.status == 405:
                raise TargetStopped(NO_TRANSACTIONS, "Ask the service.") from None
            raise
        if reference and _was_made(reply):
            return reference
        found = self._server.read(reference) if reference else self._find(parcel)
        if found is None:
            raise TryLater("The server has made the patient but does not find the person yet.")
        return self._checked(found, parcel)

    def _checked(self, found: Json, parcel: Parcel) -> str:
        standing = after_merges(self._server, found)
        theirs, ours = standing.get("birthDate"), parcel.patient.get("birthDate")
        if isinstance(theirs, str) and isinstance(ours, str) and not ours.startswith(theirs):
            raise RefusedForGood(
                "The server's patient with this number was born on another day, so nothing was sent.",
                "Check whose number it is, put it right, then retry.",
            )
        return f"Patient/{standing['id']}"


def after_merges(server: Server, patient: Json) -> Json:
    """The record that stands for a patient's, after every merge on the server; RefusedForGood where it is not there."""
    for _ in range(_MOST_MERGES):
        place = replaced_by(patient)
        if not place:
            return patient
        patient = server.read(place) or {}
        if not patient:
            break
    raise RefusedForGood("The server's record of this patient was merged into one that is not there.", "Ask why.")


def _was_made(reply: Reply) -> bool:
    """Whether a proved answer says that its one part was made now, and not found where another console put it."""
    status = resource_in(reply)["entry"][0]["response"]["status"]
    return str(status).startswith("201")
