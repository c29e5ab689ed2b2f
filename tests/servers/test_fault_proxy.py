"""Every fault is what its name says: what the client sees, and what the server has got."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import IncompleteRead

import pytest

from tests.servers.asking import Reply, ask
from tests.servers.fault_proxy import FINE, SOAK, UNREACHABLE, Fault, FaultProxy, Tempo
from tests.servers.fixtures import MakeProxy
from tests.servers.medplum_server import MedplumServer

OWN = "Basic/b-1"
BASIC = {"resourceType": "Basic", "id": "b-1", "code": {"text": "x" * 400}}
QUICK = Tempo(delay=0.3, retry_after=7, drip=0.001)


def put(proxy: FaultProxy) -> Reply:
    return ask("PUT", f"{proxy.base}/{OWN}", BASIC)


@pytest.fixture
def proxy(medplum_open: MedplumServer, make_proxy: MakeProxy) -> FaultProxy:
    return make_proxy(medplum_open.origin, tempo=QUICK)


@pytest.fixture
def versions(medplum_open: MedplumServer) -> Callable[[], int]:
    """How often the server wrote the resource."""
    return lambda: medplum_open.counts().get("Basic", {"versions": 0})["versions"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.BUSY, 503),
        (Fault.TOO_MANY, 429),
        (Fault.SIGNED_OUT, 401),
        (Fault.TOO_LARGE, 413),
        (Fault.CAPTIVE_PORTAL, 200),
    ],
)
def test_an_answer_of_its_own_comes_before_the_server_sees_anything(
    proxy: FaultProxy, versions: Callable[[], int], fault: Fault, status: int
) -> None:
    proxy.next(fault)
    reply = put(proxy)
    assert reply.status == status
    assert reply.headers.get("Retry-After") == ("7" if fault in (Fault.BUSY, Fault.TOO_MANY) else None)
    assert (reply.headers["Content-Type"] == "text/html") == (fault is Fault.CAPTIVE_PORTAL)
    assert versions() == 0
    assert put(proxy).status == 201
    assert proxy.counts == {fault: 1, FINE: 1}


@pytest.mark.parametrize(
    ("fault", "reached"), [(Fault.RESET_BEFORE, 0), (Fault.RESET_MID_REQUEST, 0), (Fault.LOST_REPLY, 1)]
)
def test_a_reset_looks_the_same_whether_or_not_the_server_did_it(
    proxy: FaultProxy, versions: Callable[[], int], fault: Fault, reached: int
) -> None:
    proxy.next(fault)
    with pytest.raises(ConnectionError):
        put(proxy)
    assert versions() == reached
    assert proxy.counts == {fault: 1}


def test_a_truncated_reply_ends_early_though_the_server_did_it(proxy: FaultProxy, versions: Callable[[], int]) -> None:
    proxy.next(Fault.TRUNCATED_REPLY)
    with pytest.raises(IncompleteRead):
        put(proxy)
    assert versions() == 1


def test_a_request_forwarded_twice_reaches_the_server_twice(proxy: FaultProxy, medplum_open: MedplumServer) -> None:
    proxy.next(Fault.TWICE)
    assert ask("POST", f"{proxy.base}/Basic", BASIC).status == 201
    assert medplum_open.counts()["Basic"] == {"resources": 2, "versions": 2}


def test_a_delayed_reply_comes_late_but_whole(proxy: FaultProxy) -> None:
    proxy.next(Fault.DELAYED)
    began = time.monotonic()
    assert put(proxy).status == 201
    assert time.monotonic() - began >= QUICK.delay


def test_a_failure_after_the_fact_hides_that_the_server_did_it(proxy: FaultProxy, versions: Callable[[], int]) -> None:
    proxy.next(Fault.FAILED_AFTER)
    assert put(proxy).status == 500
    assert versions() == 1


def test_a_reply_can_be_far_too_long(proxy: FaultProxy) -> None:
    proxy.next(Fault.OVERSIZED, Fault.COMPRESSED_BOMB)
    assert len(put(proxy).body) > 50_000_000
    packed = put(proxy)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < 100_000


def test_a_slow_loris_drips_and_then_hangs_up(medplum_open: MedplumServer, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(medplum_open.origin, tempo=Tempo(drip=0.05, patience=0.4))
    proxy.next(Fault.SLOW_LORIS)
    began = time.monotonic()
    with pytest.raises((ConnectionError, IncompleteRead)):
        put(proxy)
    assert 0.4 <= time.monotonic() - began < 5


def test_the_dice_fall_the_same_way_for_the_same_seed(medplum_open: MedplumServer, make_proxy: MakeProxy) -> None:
    runs = []
    for _ in range(2):
        dice = make_proxy(medplum_open.origin, seed=11, rate=0.5, faults=(Fault.BUSY, Fault.TOO_MANY))
        runs.append([ask("GET", f"{dice.base}/metadata").status for _ in range(12)])
    assert runs[0] == runs[1]
    assert {200, 429, 503} == set(runs[0])


def test_nobody_behind_it_is_told_as_such(make_proxy: MakeProxy) -> None:
    nowhere = make_proxy("http://127.0.0.1:9")
    assert ask("GET", f"{nowhere.base}/metadata").status == 502
    assert nowhere.counts == {UNREACHABLE: 1}


def test_sending_again_heals_every_fault_of_a_long_run(medplum_open: MedplumServer, make_proxy: MakeProxy) -> None:
    proxy = make_proxy(medplum_open.origin, tempo=Tempo(delay=0.01))
    for number, fault in enumerate(SOAK):
        proxy.next(fault)
        own = {**BASIC, "id": f"b-{number}"}
        for _ in range(2):
            try:
                reply = ask("PUT", f"{proxy.base}/Basic/b-{number}", own)
            except (ConnectionError, IncompleteRead):
                continue
        assert reply.status in (200, 201)
    assert medplum_open.counts()["Basic"] == {"resources": len(SOAK), "versions": len(SOAK)}
    assert proxy.faulted == len(SOAK)
