"""Differences with the server on screen: proposals, the choice of three, a change of one's own, a server that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gsh_console.casework import background, changing, fetching
from gsh_console.casework.changing import ThreeWay
from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.store import caseload, changes, remote
from gsh_console.sync.asking import Server
from gsh_console.sync.link import Link
from gsh_console.tui.screens.patient import PatientScreen
from tests.builders import make_conduct, make_patient, put_patient
from tests.casework.test_caseload_down import PWP, Service
from tests.servers.fault_proxy import Fault
from tests.servers.fixtures import MakeProxy
from tests.servers.medplum_server import MedplumServer
from tests.tui.scenes import ESCAPES, HOSTILE, LARGE, SMALL, app_over, flat, lines, text, type_words, until, widths

WALK = "Walk to the library twice a week"
START_OF_CALL = "2026-11-20T14:00:00Z"


@pytest.fixture
def service(medplum_open: MedplumServer, server_file: Path) -> Service:
    """The service's side; the console knows its server, and fetches nothing by itself."""
    point_at(server_file, medplum_open.base)
    return Service(medplum_open)


def point_at(server_file: Path, base: str, every: int = 0) -> None:
    server_file.write_text(f'url = "{base}"\npractitioner = "{PWP}"\npull_every = "{every}"\n')


def pull(desk: Desk) -> tuple[str, ...]:
    return fetching.pull(desk, lambda _: None, lambda: False)


def with_a_proposal(desk: Desk, service: Service) -> Patient:
    """One patient whose telephone number was changed here, and then otherwise on the server."""
    service.patient(1)
    pull(desk)
    (person,) = caseload.patients(desk.store)
    with desk.store.unit() as session:
        remote.update_patient(session, person.id, {"phone": "01632 960555"})
    service.patient(1, telecom=[{"system": "phone", "value": "01632 960777"}])
    pull(desk)
    return person


def put_goal(service: Service, patient: str, **elements: Any) -> str:
    goal = {"lifecycleStatus": "active", "description": {"text": WALK}, "subject": {"reference": patient}, **elements}
    return service.put("Goal", "g1", **goal)


def with_a_call_in_conflict(desk: Desk, service: Service) -> str:
    """A call moved here to 15:00 and on the server to 16:00; its reference."""
    known = service.patient(1)
    reference = service.appointment("a1", known, START_OF_CALL)
    pull(desk)
    server = Server(Link(service.server.base))
    seen = changing.look(server, reference)
    service.appointment("a1", known, "2026-11-20T16:00:00Z")
    wanted = {"start": "2026-11-20T15:00:00+00:00", "end": "2026-11-20T15:30:00+00:00"}
    assert isinstance(changing.change(desk, server, seen, wanted), ThreeWay)
    return reference


def on_the_server(service: Service, reference: str) -> dict[str, Any]:
    found = service.server.ask("GET", reference).json
    assert isinstance(found, dict)
    return found


async def test_where_nothing_waits_the_screen_says_so_in_words(desk: Desk) -> None:
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("3", "d")
        await until(pilot, lambda: "Nothing waits for your choice" in text(pilot.app))
        for key in ("k", "t", "enter"):
            await pilot.press(key)
        await pilot.press("n")
        await until(pilot, lambda: "Open this from a patient's file" in flat(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: "3 Outbox" in text(pilot.app))


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_proposal_shows_both_numbers_and_is_withdrawn_by_one_key(
    desk: Desk, service: Service, size: tuple[int, int]
) -> None:
    person = with_a_proposal(desk, service)
    async with app_over(desk).run_test(size=size) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "1 change waits for your choice: d shows it." in text(pilot.app))
        await pilot.press("d")
        await until(pilot, lambda: "01632 960555" in text(pilot.app))
        assert lines(pilot.app)[-1].startswith(" t server's")
        for part in ("telephone", "01632 960777", "FAMILY1, Given", "The server said otherwise on Fri 20 Nov"):
            assert part in flat(pilot.app)
        assert widths(pilot.app) == {size[0]}
        await pilot.press("k")
        await until(pilot, lambda: "details go by the server" in flat(pilot.app))
        assert remote.open_proposals(desk.store)
        await pilot.press("t")
        await until(pilot, lambda: "Nothing waits for your choice" in text(pilot.app))
    assert remote.open_proposals(desk.store) == []
    assert caseload.patient(desk.store, person.id).phone == "01632 960777"


async def test_a_proposal_goes_by_itself_once_the_server_says_the_same(desk: Desk, service: Service) -> None:
    with_a_proposal(desk, service)
    service.patient(1, telecom=[{"system": "phone", "value": "01632 960555"}])
    pull(desk)
    assert remote.open_proposals(desk.store) == []


async def test_the_patients_file_says_in_one_line_what_waits_and_shows_it(desk: Desk, service: Service) -> None:
    person = with_a_proposal(desk, service)
    service.patient(2)
    pull(desk)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: "1 change waits for your choice: telephone. d shows it." in text(pilot.app))
        await pilot.press("d")
        await until(pilot, lambda: "01632 960555" in text(pilot.app))
        await pilot.press("t")
        await until(pilot, lambda: "Nothing waits" in text(pilot.app))
        await pilot.press("p")
        await until(pilot, lambda: "No contact yet" in text(pilot.app))
        assert "waits for your choice" not in text(pilot.app)
        await pilot.press("escape", "down", "p")
        await until(pilot, lambda: "FAMILY2" in lines(pilot.app)[0])
        assert "waits for your choice" not in text(pilot.app)
    assert person.family_name == "Family1"


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_call_two_have_moved_shows_all_three_times_and_mine_is_put_over_the_version_shown(
    desk: Desk, service: Service, size: tuple[int, int]
) -> None:
    reference = with_a_call_in_conflict(desk, service)
    async with app_over(desk).run_test(size=size) as pilot:
        pilot.app.show_differences()  # type: ignore[attr-defined]
        await until(pilot, lambda: "call of Fri 20 Nov 14:00" in text(pilot.app))
        for part in ("as it was", "here", "on the server", "14:00", "15:00", "16:00", "14:30", "15:30", "16:30"):
            assert part in text(pilot.app)
        beside = any("as it was" in line and "on the server" in line for line in lines(pilot.app))
        assert beside == (size == LARGE)
        await pilot.press("k")
        await until(pilot, lambda: "Yours is on the server now" in text(pilot.app))
    assert on_the_server(service, reference)["start"] == "2026-11-20T15:00:00+00:00"
    assert desk.store.fetch("SELECT starts_at FROM appointment") == [("2026-11-20T15:00:00.000000+00:00",)]
    assert changes.pending(desk.store) == []


async def test_taking_the_servers_writes_nothing_there_and_esc_decides_later(desk: Desk, service: Service) -> None:
    with_a_call_in_conflict(desk, service)
    before = service.server.digests()
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("3", "d")
        await until(pilot, lambda: "16:00" in text(pilot.app))
        await pilot.press("escape", "d")
        await until(pilot, lambda: "16:00" in text(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: "Decide later" in text(pilot.app))
        await pilot.press("3")
        assert len(changes.pending(desk.store)) == 1
        await pilot.press("enter")
        await until(pilot, lambda: "Decide later" in text(pilot.app))
        await pilot.press("2")
        await until(pilot, lambda: "Nothing waits" in text(pilot.app))
    assert service.server.digests() == before
    assert desk.store.fetch("SELECT starts_at FROM appointment") == [("2026-11-20T16:00:00.000000+00:00",)]


async def test_a_third_change_meanwhile_is_shown_and_nothing_is_written_over_it(desk: Desk, service: Service) -> None:
    reference = with_a_call_in_conflict(desk, service)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("3", "d")
        await until(pilot, lambda: "16:00" in text(pilot.app))
        service.appointment("a1", "Patient/p1", "2026-11-20T17:00:00Z")
        await pilot.press("k")
        await until(pilot, lambda: "Somebody changed it on the server meanwhile" in flat(pilot.app))
        await until(pilot, lambda: "17:00" in text(pilot.app))
        assert "15:00" in text(pilot.app)
        assert on_the_server(service, reference)["start"] == "2026-11-20T17:00:00Z"
        await pilot.press("k")
        await until(pilot, lambda: "Nothing waits" in text(pilot.app))
    assert on_the_server(service, reference)["start"] == "2026-11-20T15:00:00+00:00"


async def test_a_failing_server_is_one_sentence_and_the_choice_is_kept(
    desk: Desk, service: Service, server_file: Path, make_proxy: MakeProxy
) -> None:
    with_a_call_in_conflict(desk, service)
    proxy = make_proxy(service.server.origin, seed=3)
    point_at(server_file, proxy.base)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("3", "d")
        await until(pilot, lambda: "16:00" in text(pilot.app))
        proxy.next(Fault.BUSY)
        await pilot.press("k")
        await until(pilot, lambda: "busy or has a fault (503)" in flat(pilot.app))
        assert "Yours is kept here" in flat(pilot.app)
        for part in ("14:00", "15:00", "16:00"):
            assert part in text(pilot.app)
        assert len(changes.pending(desk.store)) == 1
        proxy.next(Fault.LOST_REPLY)
        await pilot.press("k")
        await until(pilot, lambda: "The connection broke off" in flat(pilot.app))
        await pilot.press("k")  # it had arrived: the server has what is wanted, so there is nothing to choose
        await until(pilot, lambda: "Nothing waits" in text(pilot.app))
    assert on_the_server(service, "Appointment/a1")["meta"]["versionId"]
    assert on_the_server(service, "Appointment/a1")["start"] == "2026-11-20T15:00:00+00:00"


async def test_a_call_is_moved_and_a_goal_settled_from_the_patients_file(desk: Desk, service: Service) -> None:
    known = service.patient(1)
    service.appointment("a1", known, START_OF_CALL)
    goal = put_goal(service, known)
    pull(desk)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: "No contact yet" in text(pilot.app))
        await pilot.press("d", "n")
        await until(pilot, lambda: "What is to be changed?" in text(pilot.app))
        assert f"goal: {WALK}" in text(pilot.app)
        await pilot.press("1")
        await until(pilot, lambda: "Move it" in text(pilot.app))
        await pilot.press("1")
        await until(pilot, lambda: "when does it begin?" in text(pilot.app))
        await type_words(pilot, "3/12 9.05")
        await pilot.press("enter")
        await until(pilot, lambda: "The change is on the server now" in text(pilot.app))
        await pilot.press("n")
        await until(pilot, lambda: "call of Thu 3 Dec 09:05" in text(pilot.app))
        await pilot.press("2")
        await until(pilot, lambda: "completed" in text(pilot.app))
        await pilot.press("9")
        await until(pilot, lambda: on_the_server(service, goal)["lifecycleStatus"] == "completed")
        await until(pilot, lambda: "The change is on the server now" in text(pilot.app))
    moved = on_the_server(service, "Appointment/a1")
    assert (moved["start"], moved["end"]) == ("2026-12-03T09:05:00+00:00", "2026-12-03T09:35:00+00:00")
    assert changes.pending(desk.store) == []


async def test_a_time_that_is_none_changes_nothing(desk: Desk, service: Service) -> None:
    service.appointment("a1", service.patient(1), START_OF_CALL)
    pull(desk)
    before = service.server.digests()
    async with app_over(desk).run_test(size=SMALL) as pilot:
        pilot.app.show_differences(caseload.patients(desk.store)[0])  # type: ignore[attr-defined]
        await pilot.press("n")
        await until(pilot, lambda: "What is to be changed?" in text(pilot.app))
        await pilot.press("1", "1")
        await until(pilot, lambda: "when does it begin?" in text(pilot.app))
        await pilot.press(*"soon", "enter")
        await until(pilot, lambda: "“soon” was not understood" in flat(pilot.app))
    assert service.server.digests() == before


async def test_a_change_that_could_not_be_sent_waits_and_goes_by_one_key(
    desk: Desk, service: Service, server_file: Path, make_proxy: MakeProxy
) -> None:
    goal = put_goal(service, service.patient(1))
    pull(desk)
    proxy = make_proxy(service.server.origin, seed=5)
    point_at(server_file, proxy.base)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        pilot.app.show_differences(caseload.patients(desk.store)[0])  # type: ignore[attr-defined]
        await pilot.press("n")
        await until(pilot, lambda: "What is to be changed?" in text(pilot.app))
        proxy.next(Fault.RESET_BEFORE)
        await pilot.press("1", "2")
        await until(pilot, lambda: "not asked yet" in text(pilot.app))
        assert "improving" in text(pilot.app)
        await pilot.press("k")
        await until(pilot, lambda: "Nothing waits" in text(pilot.app))
    codings = on_the_server(service, goal)["achievementStatus"]["coding"]
    assert [each["code"] for each in codings] == ["improving"]


async def test_nothing_is_offered_for_a_patient_who_did_not_come_from_the_server(
    desk: Desk, service: Service, patient: Patient
) -> None:
    async with app_over(desk).run_test(size=SMALL) as pilot:
        pilot.app.show_differences(patient)  # type: ignore[attr-defined]
        await pilot.press("n")
        await until(pilot, lambda: "did not come from the service's server" in flat(pilot.app))


async def test_the_servers_words_are_never_markup_nor_escape_sequences(desk: Desk, service: Service) -> None:
    service.server.set(validate=False)  # a careless server
    known, hostile = service.patient(1), {"text": f"{HOSTILE}{ESCAPES}"}
    server = Server(Link(service.server.base))
    seen = changing.look(server, put_goal(service, known, description=hostile))
    pull(desk)
    put_goal(service, known, description=hostile, lifecycleStatus="on-hold")
    changing.change(desk, server, seen, {"lifecycleStatus": "completed"})
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await pilot.press("3", "d")
        await until(pilot, lambda: "on hold" in text(pilot.app))
        assert HOSTILE in flat(pilot.app)
        assert "\x1b" not in text(pilot.app)
        assert widths(pilot.app) == {SMALL[0]}


async def test_the_keys_of_the_file_name_d_only_where_something_is_open(desk: Desk, service: Service) -> None:
    person = with_a_proposal(desk, service)
    other = put_patient(desk, make_patient(2, family_name="Other"))
    async with app_over(desk).run_test(size=SMALL) as pilot:
        for patient_id, offered in ((person.id, True), (other.id, False)):
            await pilot.app.push_screen(PatientScreen(patient_id))
            await until(pilot, lambda: "No contact yet" in text(pilot.app))
            await pilot.pause()
            assert ("d show" in lines(pilot.app)[-1]) is offered
            assert lines(pilot.app)[-1].rstrip().endswith("F1 help")


async def test_what_the_service_asked_stands_in_the_list_the_file_and_before_the_call(
    desk: Desk, service: Service
) -> None:
    known = service.patient(1)
    service.put(
        "Task", "t1", status="requested", intent="order", description="Ring the GP", owner={"reference": PWP},
        **{"for": {"reference": known}, "restriction": {"period": {"end": "2026-11-27"}}},
    )  # fmt: skip
    pull(desk)
    async with app_over(desk).run_test(size=LARGE) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "task from the service" in text(pilot.app))
        await pilot.press("p")
        await until(pilot, lambda: "Asked by the service" in text(pilot.app))
        assert "Ring the GP (due 27 Nov 2026)" in flat(pilot.app)
        await pilot.press("c")
        await until(pilot, lambda: "Before the 1st contact" in flat(pilot.app))
        assert "Ring the GP (due 27 Nov 2026)" in flat(pilot.app)


# ---------------------------------------------------------------------- the caseload by itself


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fetch begins as soon as the list is there."""
    monkeypatch.setattr(background, "FIRST_WITHIN", 0.0)
    monkeypatch.setattr(background, "LOOK_AGAIN", 0.05)


@pytest.mark.usefixtures("at_once")
async def test_a_new_referral_and_todays_call_appear_by_themselves_and_are_told_once(
    desk: Desk, service: Service, server_file: Path
) -> None:
    point_at(server_file, service.server.base, every=30)
    service.appointment("a1", service.patient(1), START_OF_CALL)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "FAMILY1, Given" in text(pilot.app))
        await until(pilot, lambda: "1 new referral, 1 call booked, moved or cancelled" in flat(pilot.app))
        pilot.app.show_target()  # type: ignore[attr-defined]
        await until(pilot, lambda: "caseload: fetched every 30 minutes; last at 10:" in flat(pilot.app))


@pytest.mark.usefixtures("at_once")
async def test_while_a_call_goes_on_nothing_is_fetched_and_afterwards_it_is(
    desk: Desk, service: Service, server_file: Path, patient: Patient
) -> None:
    point_at(server_file, service.server.base, every=30)
    service.patient(7)
    app = app_over(desk)
    app.conduct = make_conduct(desk, patient)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.fetcher is not None)
        await pilot.pause(0.5)
        assert app.fetcher is not None
        assert app.fetcher.runs == 0
        app.conduct = None
        await until(pilot, lambda: "1 new referral" in flat(app))


@pytest.mark.usefixtures("at_once")
async def test_offline_is_no_error_and_the_console_ends_at_once(desk: Desk, server_file: Path) -> None:
    point_at(server_file, "http://127.0.0.1:9/fhir", every=30)
    app = app_over(desk)
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: app.fetcher is not None and app.fetcher.runs == 1)
        await pilot.pause(1.1)
        assert "cannot be reached" not in text(app)
        await until(pilot, lambda: "queue 0 not fetched" in lines(app)[0])
        await until(pilot, lambda: "The caseload has not been fetched yet." in flat(app))
        app.show_target()
        await until(pilot, lambda: "last tried at 10:" in flat(app))
        assert "cannot be reached" in flat(app)


@pytest.mark.usefixtures("service")
async def test_where_the_service_wants_none_nothing_is_fetched_by_itself(desk: Desk) -> None:
    app = app_over(desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.sender is not None)
        await until(pilot, lambda: app.fetcher is not None and "on request only" in app.fetcher.told)
        app.show_target()
        await until(pilot, lambda: "fetched on request only" in flat(app))


@pytest.mark.usefixtures("at_once")
async def test_a_call_that_comes_in_above_never_takes_the_place_of_the_one_under_the_cursor(
    desk: Desk, service: Service, server_file: Path
) -> None:
    service.appointment("a2", service.patient(2), "2026-11-20T15:00:00Z")
    pull(desk)
    service.appointment("a1", service.patient(1), START_OF_CALL)
    point_at(server_file, service.server.base, every=30)
    async with app_over(desk).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "▸ 15:00  FAMILY2" in text(pilot.app))
        await until(pilot, lambda: "14:00  FAMILY1" in text(pilot.app))
        assert "▸ 15:00  FAMILY2" in text(pilot.app)
