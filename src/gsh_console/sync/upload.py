"""The upload target: the same record the folder target writes, put to an HTTPS address and read back."""

from __future__ import annotations

import hashlib

from gsh_console.faults import SyncFault
from gsh_console.sync.asking import FHIR_JSON, Server
from gsh_console.sync.folder import file_name
from gsh_console.sync.outcomes import Ledger, RefusedForGood, TryLater
from gsh_console.sync.replies import refuse_failed

LANES = 2


class UploadTarget:
    """An address below which files are put and read back (WebDAV, an object store, a gateway to MESH)."""

    parallel = LANES

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def skew(self) -> float | None:
        """Seconds our clock is behind the server's, as last seen."""
        return self.server.link.skew

    def check(self) -> None:
        """Raise SyncFault unless the server answers; what it answers to is its own matter."""
        reply = self.server.ask("OPTIONS")
        if reply.status in (401, 403) or reply.status >= 500:
            refuse_failed(reply)

    def deliver(self, item_id: str, payload: str, sha256: str, ledger: Ledger | None = None) -> None:
        """Return once the file reads back as it was signed; delivering it again changes nothing."""
        name, body = file_name(item_id, sha256), payload.encode()
        if ledger and ledger.tried and self._holds(name, sha256):
            return
        reply = self.server.ask("PUT", name, body, if_none_match="*", content_type=FHIR_JSON)
        if reply.status not in (409, 412):
            try:
                refuse_failed(reply)
            except TryLater:
                raise
            except SyncFault as fault:
                if not isinstance(fault, RefusedForGood):
                    raise
                raise RefusedForGood(
                    f"The upload address refused ({reply.status}).", "Tell the service's IT."
                ) from None
        if not self._holds(name, sha256):
            raise TryLater("The upload address took the record but does not give it back.")

    def _holds(self, name: str, sha256: str) -> bool:
        reply = self.server.ask("GET", name)
        if reply.status in (404, 410):
            return False
        refuse_failed(reply)
        if hashlib.sha256(reply.body).hexdigest() != sha256:
            if reply.kind == "text/html":
                raise TryLater("Something else than the server answered, perhaps a sign-in page of the network.")
            raise RefusedForGood("The upload address holds a different record under this id.", "Keep both, and ask.")
        return True
