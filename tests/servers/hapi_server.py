"""The HAPI FHIR JPA server: built by Maven once, on PostgreSQL where that is installed, else on H2."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.servers.cache import Unavailable, digest_of, made_once
from tests.servers.running import FhirServer

HERE = Path(__file__).parent / "hapi"
_OLDEST_JAVA = 17
_LONGEST_BUILD = 900
_JVM = ["-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


class HapiServer(FhirServer):
    """FHIR R4 by HAPI, independent of Medplum: client ids, transactions, conditional creates, If-Match."""

    seconds_to_start = 150.0

    def __init__(self, folder: Path, jdbc: str = "", user: str = "sa") -> None:
        super().__init__(folder)
        self._jdbc = jdbc or f"jdbc:h2:file:{folder}/hapi;DB_CLOSE_ON_EXIT=FALSE"
        self._user = user
        self.polite = False  # begun in the background, beside tests that measure time

    def command(self) -> list[str]:
        """Java and the database's address."""
        built = built_server()
        classpath = os.pathsep.join((str(built / "server.jar"), str(built / "lib" / "*")))
        polite = ["nice", "-n", "10"] if self.polite and shutil.which("nice") else []
        main = "gshconsole.testserver.Main"
        return [*polite, java(), *_JVM, "-cp", classpath, main, str(self.port), self._jdbc, self._user]

    def counts(self, types: Iterable[str]) -> dict[str, dict[str, int]]:
        """By resource type: how many `resources` there are and how many `versions` were written of those."""
        return {kind: {"resources": self._total(kind), "versions": self._total(f"{kind}/_history")} for kind in types}

    def reset(self) -> None:
        """Forget everything."""
        everything = {"name": "expungeEverything", "valueBoolean": True}
        reply = self.ask("POST", "$expunge", {"resourceType": "Parameters", "parameter": [everything]})
        if reply.status != 200:
            raise RuntimeError(f"$expunge: {reply.status} {reply.body[:300]!r}")

    def _total(self, path: str) -> int:
        return int(self.ask("GET", f"{path}?_summary=count&_total=accurate").json["total"])


def java() -> str:
    """The Java program, if it is young enough."""
    found = shutil.which("java")
    if not found:
        raise Unavailable("Java is missing (Debian: default-jdk-headless).")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < _OLDEST_JAVA:
        raise Unavailable(f"Java is older than {_OLDEST_JAVA}.")
    return found


def built_server() -> Path:
    """The folder with server.jar and lib/, built by Maven the first time."""
    sources = [HERE / "pom.xml", *sorted(HERE.glob("src/**/*.java"))]
    return made_once(f"hapi-{digest_of(sources)}", _build)


def _build(into: Path) -> None:
    java()
    maven = shutil.which("mvn")
    if not maven:
        raise Unavailable("Maven is missing (Debian: maven), so the HAPI server cannot be built.")
    tree = into / "tree"
    shutil.copytree(HERE, tree)
    command = [maven, "-q", "-B", "-Dstyle.color=never", "package"]
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, timeout=_LONGEST_BUILD)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"Maven did not build the HAPI server within {_LONGEST_BUILD} seconds.") from None
    said = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
    if any("COMPILATION ERROR" in line for line in said):
        raise RuntimeError("\n".join(said))
    if done.returncode:
        raise Unavailable(f"Maven could not build the HAPI server: {(said or ['no reason given'])[0]}")
    (tree / "target" / "server.jar").rename(into / "server.jar")
    (tree / "target" / "lib").rename(into / "lib")
    shutil.rmtree(tree)
