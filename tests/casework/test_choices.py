"""What waits for a choice: kept before it is sent, of the right patient, settled once, gone with patient and server."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.casework import changing, choices, fetching, lists
from gsh_console.casework.changing import ThreeWay, same_value
from gsh_console.casework.desk import Desk
from gsh_console.cli import cli
from gsh_console.faults import InputRefused, SyncFault
from gsh_console.store import caseload, changes, purge, remote
from gsh_console.store.remote import Proposal
from gsh_console.sync.asking import Server
from gsh_console.sync.link import Link
from tests.builders import PASSPHRASE, START
from tests.casework.test_caseload_down import PWP, Service
from tests.servers.medplum_server import MedplumServer


@pytest.fixture
def service(medplum_open: MedplumServer, server_file: Path) -> Service:
    """The service's side, whose server the console knows."""
    server_file.write_text(f'url = "{medplum_open.base}"\npractitioner = "{PWP}"\n')
    return Service(medplum_open)


def pull(desk: Desk) -> None:
    fetching.pull(desk, lambda _: None, lambda: False)


def server_of(service: Service) -> Server:
    return Server(Link(service.server.base))


def goal(service: Service, patient: str, own_id: str = "g1", status: str = "active") -> str:
    elements: dict[str, Any] = {"description": {"text": "Walk"}, "subject": {"reference": patient}}
    return service.put("Goal", own_id, lifecycleStatus=status, **elements)


def in_conflict(desk: Desk, service: Service, number: int = 1) -> str:
    """A goal of a patient that two changed; its reference."""
    patient, own_id = service.patient(number), f"g{number}"
    reference = goal(service, patient, own_id)
    pull(desk)
    seen = changing.look(server_of(service), reference)
    goal(service, patient, own_id, "on-hold")
    assert isinstance(changing.change(desk, server_of(service), seen, {"lifecycleStatus": "completed"}), ThreeWay)
    return reference


def test_every_difference_names_its_patient_and_one_patients_are_told_apart(desk: Desk, service: Service) -> None:
    in_conflict(desk, service, 1)
    in_conflict(desk, service, 2)
    first, second = caseload.patients(desk.store)
    proposal = Proposal(desk.new_id(), second.id, "", "phone", "01632 960555", "01632 960001", START)
    with desk.store.unit() as session:
        remote.propose(session, proposal)
    assert [each.patient.id for each in choices.differences(desk)] == [second.id, first.id, second.id]
    assert [each.kind for each in choices.differences(desk, second.id)] == ["Patient", "Goal"]
    assert [lists.count_choices(desk, who) for who in ("", first.id, second.id)] == [3, 1, 2]
    (change,) = choices.differences(desk, first.id)
    assert change.parts == (choices.Part("lifecycleStatus", "active", "completed", "on-hold"),)


def test_what_was_settled_elsewhere_is_not_settled_again(desk: Desk, service: Service) -> None:
    in_conflict(desk, service)
    (difference,) = choices.differences(desk)
    assert choices.keep_ours(desk, difference) is None
    with pytest.raises(InputRefused, match="settled already"):
        choices.keep_ours(desk, difference)
    assert service.server.ask("GET", "Goal/g1").json["lifecycleStatus"] == "completed"


def test_a_change_the_server_refuses_for_good_is_told_and_stays_until_it_is_withdrawn(
    desk: Desk, service: Service
) -> None:
    in_conflict(desk, service)
    service.server.ask("DELETE", "Goal/g1")
    (difference,) = choices.differences(desk)
    with pytest.raises(SyncFault):
        choices.keep_ours(desk, difference)
    assert choices.differences(desk) == (difference,)
    choices.withdraw(desk, difference)
    assert choices.differences(desk) == ()


def test_the_same_change_made_by_somebody_else_is_nothing_to_choose(desk: Desk, service: Service) -> None:
    patient = service.patient(1)
    reference = goal(service, patient)
    pull(desk)
    seen = changing.look(server_of(service), reference)
    goal(service, patient, status="completed")
    assert not isinstance(changing.change(desk, server_of(service), seen, {"lifecycleStatus": "completed"}), ThreeWay)
    assert changes.pending(desk.store) == []


def test_what_waits_for_a_choice_is_not_offered_for_another_change(desk: Desk, service: Service) -> None:
    in_conflict(desk, service)
    goal(service, "Patient/p1", "g2")
    goal(service, "Patient/p1", "g3", "cancelled")
    (person,) = caseload.patients(desk.store)
    assert [offer.seen.reference for offer in choices.offers(desk, person)] == ["Goal/g2"]


def test_a_call_is_never_moved_to_a_time_that_is_over(desk: Desk, service: Service) -> None:
    service.appointment("a1", service.patient(1), "2026-11-20T14:00:00Z")
    pull(desk)
    (person,) = caseload.patients(desk.store)
    (offer,) = choices.offers(desk, person)
    with pytest.raises(InputRefused, match="a time that is over"):
        choices.moved(desk, offer, START - timedelta(minutes=1))
    later = choices.moved(desk, offer, START + timedelta(days=1))
    assert later == {"start": "2026-11-21T10:00:00+00:00", "end": "2026-11-21T10:30:00+00:00"}


def test_a_goal_of_nobody_here_is_changed_and_nothing_of_it_is_kept(desk: Desk, service: Service) -> None:
    reference = goal(service, service.patient(1))
    seen = changing.look(server_of(service), reference)
    goal(service, "Patient/p1", status="on-hold")
    assert isinstance(changing.change(desk, server_of(service), seen, {"lifecycleStatus": "completed"}), ThreeWay)
    assert changes.pending(desk.store) == []


def test_a_change_not_settled_keeps_the_patient_here_and_another_server_forgets_it(
    desk: Desk, service: Service
) -> None:
    in_conflict(desk, service)
    (person,) = caseload.patients(desk.store)
    assert purge.in_the_way(desk.store, person.id)
    with desk.store.unit() as session:
        remote.forget_all(session)
    assert changes.pending(desk.store) == []


def test_on_the_command_line_a_change_that_met_another_waits_for_the_console(
    desk: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GSH_CONSOLE_PASSPHRASE", PASSPHRASE)
    in_conflict(desk, service)
    folder = desk.store.folder
    desk.close()
    words = ["--store", str(folder), "caseload", "change", "Goal/g1", "--set", "lifecycleStatus=cancelled"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.exception
    assert service.server.ask("GET", "Goal/g1").json["lifecycleStatus"] == "cancelled"


@given(st.integers(0, 10**9), st.integers(-48, 56), st.integers(1, 10_000))
def test_a_moment_written_in_another_zone_is_the_same_and_a_later_one_is_not(
    seconds: int, quarters: int, later: int
) -> None:
    moment = START + timedelta(seconds=seconds)
    elsewhere = timezone(timedelta(minutes=15 * quarters))
    assert same_value(moment.isoformat(), moment.astimezone(elsewhere).isoformat())
    assert not same_value(moment.isoformat(), (moment + timedelta(seconds=later)).astimezone(elsewhere).isoformat())
    assert not same_value(moment.isoformat(), "booked")
