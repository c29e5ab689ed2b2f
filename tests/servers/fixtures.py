"""The servers as pytest fixtures: started once a session, empty for every test, skipped in words where they cannot run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cache import Unavailable
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.fault_proxy import FaultProxy
from tests.servers.hapi_server import HapiServer
from tests.servers.medplum_server import Choices, MedplumServer, installed
from tests.servers.postgres import USER, Postgres, programs

MakeMedplum = Callable[[Choices], MedplumServer]
MakeProxy = Callable[..., FaultProxy]
_HAPI = pytest.StashKey["HapiServer | Unavailable"]()
_BEGUN = pytest.StashKey[contextlib.ExitStack]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin HAPI, which takes a while, as soon as it is known that a test wants it; build it first if need be."""
    side_by_side = hasattr(session.config, "workerinput")  # only one of these processes will want it
    if session.config.option.collectonly or side_by_side:
        return
    if any("hapi" in _wants(item) for item in session.items):
        _hapi_begun(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was begun."""
    config.stash.get(_BEGUN, contextlib.ExitStack()).close()


def _hapi_begun(config: pytest.Config) -> HapiServer | Unavailable:
    if _HAPI not in config.stash:
        begun = config.stash.setdefault(_BEGUN, contextlib.ExitStack())
        try:
            config.stash[_HAPI] = _begin_hapi(begun)
        except Unavailable as why:
            config.stash[_HAPI] = why
    return config.stash[_HAPI]


def _wants(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


def _begin_hapi(begun: contextlib.ExitStack) -> HapiServer:
    folder = Path(begun.enter_context(tempfile.TemporaryDirectory(prefix="gsh-console-hapi-")))
    where = programs()
    database = begun.enter_context(Postgres(where)) if where else None
    server = HapiServer(folder, database.jdbc, USER) if database else HapiServer(folder)
    begun.callback(server.stop)
    server.polite = True
    server.begin()
    server.polite = False
    return server


@pytest.fixture
def hapi(request: pytest.FixtureRequest) -> HapiServer:
    """The session's HAPI server, emptied."""
    server = _hapi_begun(request.config)
    if isinstance(server, Unavailable):
        pytest.skip(str(server))
    server.await_ready()
    server.reset()
    return server


@pytest.fixture(scope="session")
def medplum_can_run() -> None:
    """Skip what needs the Medplum server where it cannot be installed."""
    try:
        installed()
    except Unavailable as why:
        pytest.skip(str(why))


def _running(folder: Path, choices: Choices) -> Iterator[MedplumServer]:
    with MedplumServer(folder, choices) as server:
        yield server


@pytest.fixture(scope="session")
def _open_medplum(medplum_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedplumServer]:
    yield from _running(tmp_path_factory.mktemp("medplum-open"), Choices(profile="open"))


@pytest.fixture(scope="session")
def _strict_medplum(medplum_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MedplumServer]:
    yield from _running(tmp_path_factory.mktemp("medplum-strict"), Choices(profile="strict"))


@pytest.fixture
def medplum_open(_open_medplum: MedplumServer) -> MedplumServer:
    """An empty server that takes a client's ids and has no limits; it validates."""
    return _emptied(_open_medplum)


@pytest.fixture
def medplum_strict(_strict_medplum: MedplumServer) -> MedplumServer:
    """An empty server as strict as the hosted product; it validates."""
    return _emptied(_strict_medplum)


@pytest.fixture(params=["open", "strict"])
def medplum(request: pytest.FixtureRequest) -> MedplumServer:
    """Each of the two in turn."""
    server = request.getfixturevalue(f"medplum_{request.param}")
    assert isinstance(server, MedplumServer)
    return server


def _emptied(server: MedplumServer) -> MedplumServer:
    server.reset()
    server.set(validate=True)
    return server


@pytest.fixture
def make_medplum(medplum_can_run: None, tmp_path: Path) -> Iterator[MakeMedplum]:
    """Start a server of the test's own with these choices; it is stopped with the test."""
    made: list[MedplumServer] = []

    def make(choices: Choices) -> MedplumServer:
        server = MedplumServer(tmp_path / f"medplum-{len(made)}", choices)
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def make_proxy() -> Iterator[MakeProxy]:
    """Put a fault proxy before an origin, with `FaultProxy`'s own keywords; it is stopped with the test."""
    made: list[FaultProxy] = []

    def make(target: str, **choices: object) -> FaultProxy:
        proxy = FaultProxy(target, **choices)  # type: ignore[arg-type]
        made.append(proxy)
        return proxy.__enter__()

    yield make
    for proxy in made:
        proxy.__exit__()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of this session's own and what it signed."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
