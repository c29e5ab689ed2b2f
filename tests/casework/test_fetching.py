"""The caseload fetched by itself: what is told, when it is left alone, how fast it ends, one at a time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gsh_console.casework import background, caseload_down, fetching
from gsh_console.casework.background import Fetching, Light
from gsh_console.casework.desk import Desk
from gsh_console.casework.fetching import fetches_every, news_between
from gsh_console.faults import SettingsFault, SyncFault
from gsh_console.settings import load_server
from gsh_console.store import caseload
from gsh_console.store.remote import Standing
from tests.builders import make_conduct
from tests.casework.test_caseload_down import PWP, Service
from tests.servers.fault_proxy import Fault
from tests.servers.fixtures import MakeProxy
from tests.servers.medplum_server import MedplumServer


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fetch begins at once, and a call's end is seen soon."""
    monkeypatch.setattr(background, "FIRST_WITHIN", 0.0)
    monkeypatch.setattr(background, "LOOK_AGAIN", 0.02)


@pytest.fixture
def service(medplum_open: MedplumServer, server_file: Path) -> Service:
    """The service's side, whose server the console knows."""
    server_file.write_text(f'url = "{medplum_open.base}"\npractitioner = "{PWP}"\n')
    return Service(medplum_open)


@contextmanager
def going_on(desk: Desk, busy: Callable[[], bool] = lambda: False) -> Iterator[Fetching]:
    made = Fetching(desk, busy)
    made.start()
    try:
        yield made
    finally:
        made.stop(5.0)


def until(reached: Callable[[], object]) -> None:
    ends = time.monotonic() + 8
    while not reached():
        assert time.monotonic() < ends, "never reached"
        time.sleep(0.01)


def names(desk: Desk) -> list[str]:
    return [person.family_name for person in caseload.patients(desk.store)]


def test_what_is_new_is_told_once_and_what_is_not_is_not_told(desk: Desk, service: Service) -> None:
    known = service.patient(1)
    service.appointment("a1", known, "2026-11-20T14:00:00Z")
    with going_on(desk) as fetcher:
        until(lambda: fetcher.runs == 1)
        assert fetcher.news() == "From the server: 1 new referral, 1 call booked, moved or cancelled."
        assert fetcher.news() == ""
        assert "last at 10:00" in fetcher.told
        until(lambda: fetcher.late == "")
    with going_on(desk) as again:
        until(lambda: again.runs == 1)
        assert again.news() == ""


def test_a_call_that_begins_meanwhile_ends_the_fetch_with_nothing_half_written(
    desk: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caseload_down, "PAGE", 2)
    for number in range(1, 10):
        service.patient(number)
    calling = threading.Event()

    def on_a_call() -> bool:
        if len(names(desk)) >= 4:
            calling.set()
        return calling.is_set()

    with going_on(desk, on_a_call) as fetcher:
        until(lambda: fetcher.runs == 1)
        time.sleep(0.2)
        assert len(names(desk)) == 4
        assert fetcher.runs == 1
    with going_on(desk) as after:
        until(lambda: after.runs == 1)
    assert len(names(desk)) == 9


def test_it_ends_at_once_although_the_server_never_answers(desk: Desk, server_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server_file.write_text(f'url = "http://127.0.0.1:{port}/fhir"\npractitioner = "{PWP}"\n')
        fetcher = Fetching(desk)
        fetcher.start()
        heard, _ = silent.accept()
        began = time.monotonic()
        fetcher.stop(0.2)
        assert time.monotonic() - began < 0.5
        heard.close()
        until(lambda: fetcher.runs == 1)
    assert names(desk) == []


def test_two_fetches_never_go_on_at_once(desk: Desk, server_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server_file.write_text(f'url = "http://127.0.0.1:{port}/fhir"\npractitioner = "{PWP}"\n')
        with going_on(desk) as fetcher:
            heard, _ = silent.accept()
            with pytest.raises(SyncFault, match="fetched already"):
                fetching.pull(desk, lambda _: None, lambda: True)
            fetcher.stop(0)
            heard.close()


def test_a_server_that_fails_is_told_where_the_target_is_told_and_tried_again_soon(
    desk: Desk, server_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RETRY_AFTER", 0.05)
    server_file.write_text(f'url = "http://127.0.0.1:9/fhir"\npractitioner = "{PWP}"\n')
    with going_on(desk) as fetcher:
        until(lambda: fetcher.runs >= 2)
        assert "cannot be reached" in fetcher.told
        assert fetcher.news() == ""
        until(lambda: "has not been fetched yet: " in fetcher.late)
        light = Light("sent", "✓", "Everything signed has arrived.", 0).or_not_fetched(fetcher.late)
        assert (light.word, light.short, light.told) == ("not fetched", "0–", fetcher.late)
        waiting = Light("waiting", "…", "Records wait for their next try.", 3)
        assert waiting.or_not_fetched(fetcher.late) == waiting


def test_a_fetch_that_fails_says_when_the_last_one_ended_well(
    desk: Desk, service: Service, server_file: Path, make_proxy: MakeProxy
) -> None:
    service.patient(1)
    proxy = make_proxy(service.server.origin, seed=1)
    server_file.write_text(f'url = "{proxy.base}"\npractitioner = "{PWP}"\n')
    fetching.pull(desk, lambda _: None, lambda: False)
    proxy.next(*(Fault.CAPTIVE_PORTAL,) * 20)
    with going_on(desk) as fetcher:
        until(lambda: fetcher.late)
        assert fetcher.late.startswith("The caseload was last fetched 20 Nov 10:00: ")


def test_who_left_is_told_once_with_what_keeps_them_here(desk: Desk, service: Service) -> None:
    for number in (1, 2, 3):
        service.patient(number)
    fetching.pull(desk, lambda _: None, lambda: False)
    second = next(person for person in caseload.patients(desk.store) if person.family_name == "Family2")
    make_conduct(desk, second)
    for number in (1, 2):
        service.patient(number, generalPractitioner=[{"reference": "Practitioner/somebody-else"}])
    came = fetching.fetch_quietly(desk, lambda: False, takes_out=True)
    assert came.fault is None
    assert came.news == (
        "1 patient left your caseload; removed here. 1 patient left your caseload; kept until the open call is signed."
    )
    assert names(desk) == ["Family2", "Family3"]
    assert fetching.fetch_quietly(desk, lambda: False, takes_out=True).news == ""


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ('url = "https://a.example"\npractitioner = "Practitioner/1"', 30),
        ('url = "https://a.example"\ncaseload = "organization=Organization/7"\npull_every = "5"', 5),
        ('url = "https://a.example"\npractitioner = "Practitioner/1"\npull_every = "0"', 0),
        ('url = "https://a.example"', 0),
        ('upload_url = "https://a.example"\npractitioner = "Practitioner/1"', 0),
    ],
)
def test_how_often_it_fetches_is_the_services_to_say(desk: Desk, server_file: Path, lines: str, minutes: int) -> None:
    server_file.write_text(f"{lines}\n")
    assert fetches_every(desk) == minutes


def test_the_training_caseload_is_never_fetched(training_desk: Desk, server_file: Path) -> None:
    server_file.write_text(f'url = "https://a.example"\npractitioner = "{PWP}"\n')
    assert fetches_every(training_desk) == 0


@pytest.mark.parametrize("told", ["often", "-5", "1.5", "30000"])
def test_minutes_that_are_none_are_refused(server_file: Path, told: str) -> None:
    server_file.write_text(f'pull_every = "{told}"\n')
    with pytest.raises(SettingsFault, match="number of minutes"):
        load_server(server_file)


def test_news_counts_only_what_came_between() -> None:
    before = Standing(
        frozenset("ab"), {"c1": ("a", "9"), "c2": ("b", "9"), "c3": ("b", "8")}, frozenset(), frozenset(), 1
    )
    after = Standing(
        frozenset("acd"), {"c1": ("a", "10"), "c4": ("c", "9")}, frozenset("t"), frozenset("p"), 1
    )  # b left with two calls: that is no cancelled call
    told = news_between(before, after)
    assert told == (
        "From the server: 2 new referrals, 2 calls booked, moved or cancelled, 1 new task, 2 changes wait for your choice."
    )
    assert news_between(after, after) == ""
    gone = Standing(after.patients, {"c4": ("c", "9")}, after.tasks, after.proposals, 0)
    assert news_between(after, gone) == "From the server: 1 call booked, moved or cancelled."
