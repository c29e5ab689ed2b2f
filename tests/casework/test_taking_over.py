"""What a server may do to a caseload meanwhile: merge, delete, retire, mix up, repeat; told in words, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from gsh_console.casework import leaving, lists
from gsh_console.casework.caseload_down import Brought, bring_down
from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.faults import SyncFault
from gsh_console.settings import ServerSettings
from gsh_console.store import caseload, facts, purge, remote
from gsh_console.sync.asking import Server
from gsh_console.sync.datatypes import NHS_NUMBER
from gsh_console.sync.link import Link
from gsh_console.sync.searching import GoesInCircles
from tests.builders import child_environment, make_patient, nhs_number, put_patient, signed_contact
from tests.servers.medplum_server import Choices
from tests.servers.scripted import Answer, Asked, Scripted, outcome, searchset
from tests.sync.many import IMPATIENT, QUICK, rest_target

from .test_caseload_down import PWP, Service, names, pull

ELSEWHERE = [{"reference": "Practitioner/somebody-else"}]


def told(brought: Brought) -> str:
    return "\n".join(brought.lines())


def a_call(service: Service, patient: str) -> str:
    return service.appointment("a1", patient, "2026-11-20T14:00:00Z")


def merge(service: Service, **changes: Any) -> None:
    """p1 gives way to p9, who has the number from then on."""
    number = [{"system": NHS_NUMBER, "value": nhs_number(999_000_007)}]
    service.patient(9, identifier=number, telecom=[{"system": "phone", "value": "01632 960999"}])
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p9"}}]
    service.patient(1, identifier=[], active=False, link=link, **changes)


# ---------------------------------------------------------------------- merged, deleted, retired


@pytest.mark.parametrize("changes", [{}, {"generalPractitioner": ELSEWHERE}], ids=["still found", "no longer found"])
def test_who_was_merged_on_the_server_is_followed_and_does_not_leave(
    desk: Desk,
    service: Service,
    server: Server,
    changes: dict[str, Any],
) -> None:
    service.patient(1)
    pull(desk, server)
    (person,) = caseload.patients(desk.store)
    signed_contact(desk, person)
    merge(service, **changes)
    a_call(service, "Patient/p9")
    brought = pull(desk, server)
    assert (brought.new, brought.left, brought.appointments) == (0, (), 1)
    assert "joined with another record on the server, which was followed: 1" in told(brought)
    (linked,) = remote.of_kind(desk.store, "Patient")
    assert (linked.local_id, linked.reference) == (person.id, "Patient/p9")
    assert caseload.patient(desk.store, person.id).phone == "01632 960999"
    Courier(desk, rest_target(service.server.base), IMPATIENT).run(lambda: False, once=True)
    encounters = [each for each in service.server.resources() if each["resourceType"] == "Encounter"]
    assert [each["subject"]["reference"] for each in encounters] == ["Patient/p9"]
    assert pull(desk, server).left == ()


def test_who_was_merged_into_one_that_came_long_ago_is_followed_too(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    service.patient(1)
    pull(desk, server)
    number = [{"system": NHS_NUMBER, "value": nhs_number(999_000_007)}]
    service.patient(9, identifier=number)
    assert "more than once" in told(pull(desk, server))
    with desk.store.unit() as session:  # p9 does not change again, so it does not come again
        facts.write(session, "down.Patient", facts.read(desk.store, "down.Patient").replace("2026-", "2096-"))
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p9"}}]
    service.patient(1, active=False, link=link, generalPractitioner=ELSEWHERE)
    brought = pull(desk, server)
    assert brought.left == ()
    assert [held.reference for held in remote.of_kind(desk.store, "Patient")] == ["Patient/p9"]


def test_who_was_merged_into_somebody_elses_patient_has_left(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    service.patient(1)
    service.patient(2)
    pull(desk, server)
    merge(service, generalPractitioner=ELSEWHERE)
    service.patient(9, generalPractitioner=ELSEWHERE)
    assert len(pull(desk, server).left) == 1


def test_two_of_ours_merged_on_the_server_both_stay_and_are_told(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    service.patient(1)
    service.patient(9)
    pull(desk, server)
    service.patient(1, active=False, link=[{"type": "replaced-by", "other": {"reference": "Patient/p9"}}])
    brought = pull(desk, server)
    assert "joined on the server while both are on your list" in told(brought)
    assert (brought.left, len(names(desk))) == ((), 2)


def test_a_patient_deleted_on_the_server_is_kept_here_and_told(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    for number in (1, 2):
        service.patient(number)
    pull(desk, server)
    assert service.server.ask("DELETE", "Patient/p1").status in (200, 204)
    brought = pull(desk, server)
    assert brought.left == ()
    assert "deleted on the server and kept here: ask the service why: 1" in told(brought)
    leaving.note_who_left(desk, brought.left)
    assert (leaving.purge_who_left(desk), len(names(desk)), purge.tombstones(desk.store)) == (0, 2, [])


def test_a_record_out_of_use_is_not_taken_over_and_changes_nobody_here(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    service.patient(1)
    service.patient(2, active=False)
    first = pull(desk, server)
    assert (names(desk), "no longer in use on the server" in told(first)) == (["Family1"], True)
    service.patient(1, active=False, name=[{"family": "Unknown"}])
    second = pull(desk, server)
    assert (names(desk), second.left, second.changed) == (["Family1"], (), 0)
    assert "no longer in use on the server" in told(second)


# ---------------------------------------------------------------------- mixed up


def test_a_number_that_is_here_with_another_birth_date_is_not_taken_for_the_same_person(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    held = put_patient(desk, make_patient(1))
    service.patient(1, birthDate="1950-01-01")
    brought = pull(desk, server)
    assert "check whose number it is: 1" in told(brought)
    assert (brought.new, remote.of_kind(desk.store, "Patient")) == (0, [])
    assert caseload.patient(desk.store, held.id) == held


def test_a_call_moved_to_another_patient_is_on_that_ones_list_and_one_moved_away_is_gone(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    first, second = service.patient(1), service.patient(2)
    a_call(service, first)
    pull(desk, server)
    a_call(service, second)
    pull(desk, server)
    assert [row.name for row in lists.today(desk, "", 9, 0).rows] == ["FAMILY2, Given"]
    a_call(service, service.patient(3, generalPractitioner=ELSEWHERE))
    pull(desk, server)
    assert lists.today(desk, "", 9, 0).rows == ()


def test_a_call_that_names_somebody_elses_patient_first_is_still_ours(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    stranger, ours = service.patient(3, generalPractitioner=ELSEWHERE), service.patient(1)
    participants = [{"actor": {"reference": who}, "status": "accepted"} for who in (stranger, ours, PWP)]
    moments = {"start": "2026-11-20T14:00:00Z", "end": "2026-11-20T14:30:00Z"}
    service.put("Appointment", "a1", status="booked", participant=participants, **moments)
    pull(desk, server)
    assert [row.name for row in lists.today(desk, "", 9, 0).rows] == ["FAMILY1, Given"]


# ---------------------------------------------------------------------- whose caseload


def by_identifier(desk: Desk, server: Server) -> Brought:
    return bring_down(desk, server, ServerSettings(practitioner="https://example.org/staff|7"))


def test_a_practitioner_may_be_named_by_an_identifier(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    staff = [{"system": "https://example.org/staff", "value": "7"}]
    service.put("Practitioner", "pwp-1", identifier=staff)
    service.put("Practitioner", "pwp-0", identifier=staff, active=False)
    a_call(service, service.patient(1))
    brought = by_identifier(desk, server)
    assert (brought.new, brought.appointments, brought.left) == (1, 1, ())
    service.put("Practitioner", "pwp-2", identifier=staff)
    with pytest.raises(SyncFault, match="several practitioners"):
        by_identifier(desk, server)


def test_patients_may_name_a_practitioner_the_server_does_not_hold(
    desk: Desk,
    service: Service,
    server: Server,
) -> None:
    with pytest.raises(SyncFault, match="knows no practitioner with this identifier"):
        by_identifier(desk, server)
    service.patient(1, generalPractitioner=[{"identifier": {"system": "https://example.org/staff", "value": "7"}}])
    assert by_identifier(desk, server).new == 1


# ---------------------------------------------------------------------- killed, or with a wrong clock


def test_a_pull_killed_between_two_pages_goes_on_there_and_doubles_nobody(
    desk: Desk,
    service: Service,
    server: Server,
    monkeypatch,
) -> None:
    for number in range(1, 13):
        service.patient(number)
    assert desk.store._lock is not None
    desk.store._lock.close()  # the one that is killed is another process
    command = [sys.executable, "-m", "tests.casework.pulling", str(desk.store.folder), service.server.base, PWP, "2"]
    done = subprocess.run(command, env=child_environment(), timeout=60, check=False)
    assert done.returncode < 0
    assert len(names(desk)) == 8
    monkeypatch.setattr("gsh_console.casework.caseload_down.PAGE", 4)
    assert pull(desk, server) == Brought(4, 0, 0, 0, 0, 0, (), finished=True)
    assert len(names(desk)) == len(remote.of_kind(desk.store, "Patient")) == 12


def test_a_clock_ten_minutes_wrong_is_told_and_nothing_is_missed_for_it(desk: Desk, make_medplum) -> None:
    ahead = Service(make_medplum(Choices(clock_offset=600)))
    asked = Server(Link(ahead.server.base, timing=QUICK))
    ahead.patient(1)
    assert "clock is 10 minutes behind the server's" in told(pull(desk, asked))
    ahead.patient(1, telecom=[{"system": "phone", "value": "01632 960099"}])
    assert pull(desk, asked).changed == 1
    signed_contact(desk, caseload.patients(desk.store)[0])
    assert Courier(desk, rest_target(ahead.server.base), IMPATIENT).run(lambda: False, once=True).sent == 1


# ---------------------------------------------------------------------- odd servers


def a_patient(number: int, **changes: Any) -> dict[str, Any]:
    person = {
        "resourceType": "Patient", "id": f"p{number}", "meta": {"versionId": "1"}, "birthDate": "1991-03-14",
        "identifier": [{"system": NHS_NUMBER, "value": nhs_number(999_000_000 + number * 7)}],
        "name": [{"family": f"Family{number}"}], "generalPractitioner": [{"reference": PWP}],
    }  # fmt: skip
    return {**person, **changes}


class Odd:
    """Answers searches for patients with these pages; the last leads on to page `leads_to`, if there is one."""

    def __init__(self, *pages: list[dict[str, Any]], leads_to: int | None = None) -> None:
        self.pages = pages
        self.leads_to = leads_to

    def __call__(self, asked: Asked) -> Answer:
        if not asked.path.startswith(("Patient/_search", "page=")):
            return Answer(body=searchset()) if "_search" in asked.path else Answer(404, outcome("not found"))
        at = int(asked.path.partition("=")[2] or 0)
        after = at + 1 if at + 1 < len(self.pages) else self.leads_to
        following = "" if after is None else f"{asked.base}/page={after}"
        return Answer(body=searchset(*self.pages[at], following=following))


def pull_from(desk: Desk, base: str) -> Brought:
    return pull(desk, Server(Link(base, timing=QUICK)))


@pytest.mark.parametrize("leads_to", [0, 1])
def test_pages_that_go_in_circles_are_told_what_came_is_kept_and_the_next_run_begins_anew(
    desk: Desk, leads_to: int
) -> None:
    odd = Odd([a_patient(1)], [a_patient(2)], leads_to=leads_to)
    with Scripted(odd) as odd_server:
        with pytest.raises(GoesInCircles, match="round in circles"):
            pull_from(desk, odd_server.base)
        assert len(odd_server.asked) < 6
        assert names(desk) == ["Family1", "Family2"]
        odd.pages, odd.leads_to = (*odd.pages, [a_patient(3)]), None
        assert pull_from(desk, odd_server.base).new == 1


def test_pages_without_end_and_with_nothing_new_are_given_up(desk: Desk) -> None:
    class Endless(Odd):
        def __call__(self, asked: Asked) -> Answer:
            if asked.path.startswith(("Patient/_search", "page=")):
                following = f"{asked.base}/page={int(asked.path.partition('=')[2] or 0) + 1}"
                return Answer(body=searchset(a_patient(1), following=following))
            return super().__call__(asked)

    with Scripted(Endless()) as odd_server, pytest.raises(GoesInCircles):
        pull_from(desk, odd_server.base)
    assert names(desk) == ["Family1"]


def test_a_place_to_go_on_from_that_never_answers_is_forgotten_and_nothing_is_missed(desk: Desk) -> None:
    class Broken(Odd):
        def __call__(self, asked: Asked) -> Answer:
            return Answer(500) if asked.path == "page=1" else super().__call__(asked)

    broken = Broken([a_patient(1)], [a_patient(2)])
    with Scripted(broken) as odd_server:
        for _ in range(2):
            with pytest.raises(SyncFault, match="busy or has a fault"):
                pull_from(desk, odd_server.base)
        assert names(desk) == ["Family1"]
        broken.pages = ([a_patient(1), a_patient(2)],)
        assert pull_from(desk, odd_server.base).new == 1


def test_somebody_elses_patients_among_the_matches_are_left_out_and_told(desk: Desk) -> None:
    strangers = [a_patient(number, generalPractitioner=ELSEWHERE) for number in (2, 3)]
    with Scripted(Odd([a_patient(1), *strangers])) as odd_server:
        brought = pull_from(desk, odd_server.base)
    assert names(desk) == ["Family1"]
    assert "sent by the server although not of your caseload, so left out: 2" in told(brought)


def test_what_the_server_says_among_the_matches_is_told_without_the_patients_details(desk: Desk) -> None:
    warning = {**outcome("Family1 was found by a slow search", severity="warning"), "id": "x"}
    with Scripted(Odd([a_patient(1), warning])) as odd_server:
        brought = pull_from(desk, odd_server.base)
    assert "the server said: […] was found by a slow search" in told(brought)
    assert brought.new == 1


def test_half_an_answer_brings_what_it_has_and_nobody_leaves_for_it(desk: Desk) -> None:
    odd = Odd([a_patient(1), a_patient(2)])
    with Scripted(odd) as odd_server:
        pull_from(desk, odd_server.base)
        before = facts.read(desk.store, "down.Patient").replace('"since": "2', '"since": "1')
        with desk.store.unit() as session:
            facts.write(session, "down.Patient", before)
        odd.pages = ([a_patient(3), outcome("One shard did not answer")],)
        brought = pull_from(desk, odd_server.base)
        assert (brought.new, brought.left) == (1, ())
        assert "One shard did not answer" in told(brought)
        assert facts.read(desk.store, "down.Patient") == before  # so that the rest is asked for again
        odd.pages = ([a_patient(3)],)
        assert len(pull_from(desk, odd_server.base).left) == 2


def test_a_blocking_page_of_the_network_makes_nobody_leave(desk: Desk) -> None:
    odd = Odd([a_patient(1), a_patient(2)])

    class Blocked(Odd):
        def __call__(self, asked: Asked) -> Answer:
            if asked.path == "Patient/p1":
                return Answer(403, None, {"content-type": "text/html"})
            return odd(asked)

    with Scripted(Blocked()) as odd_server:
        pull_from(desk, odd_server.base)
        odd.pages = ([a_patient(2)],)
        with pytest.raises(SyncFault, match="Something else than the server"):
            pull_from(desk, odd_server.base)
