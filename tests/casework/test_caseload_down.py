"""The caseload from a real server: new referrals, what changed, who left, and changes that meet one another."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest

from gsh_console.casework import caseload_down, changing, leaving, lists
from gsh_console.casework.caseload_down import Brought, bring_down
from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.casework.signing import amend
from gsh_console.faults import InputRefused, StoreDamaged, SyncFault
from gsh_console.settings import ServerSettings
from gsh_console.store import caseload, journal, outbox, purge, remote
from gsh_console.store.connection import DRIVER
from gsh_console.sync.asking import Server
from gsh_console.sync.datatypes import INTERPRETER_REQUIRED, NHS_NUMBER
from gsh_console.sync.link import Link
from gsh_console.sync.outcomes import TargetStopped
from tests.builders import START, make_conduct, make_patient, nhs_number, put_patient, raw_connection, signed_contact
from tests.servers.medplum_server import MedplumServer
from tests.servers.scripted import Answer, Scripted, outcome
from tests.sync.many import IMPATIENT, QUICK, rest_target

PWP = "Practitioner/pwp-1"


class Service:
    """The service's side: what it puts on its server."""

    def __init__(self, server: MedplumServer) -> None:
        self.server = server

    def put(self, kind: str, own_id: str, **elements: Any) -> str:
        reply = self.server.ask("PUT", f"{kind}/{own_id}", {"resourceType": kind, "id": own_id, **elements})
        assert reply.status in (200, 201), reply.json
        return f"{kind}/{own_id}"

    def patient(self, number: int, **changes: Any) -> str:
        person = {
            "identifier": [{"system": NHS_NUMBER, "value": nhs_number(999_000_000 + number * 7)}],
            "name": [{"use": "official", "family": f"Family{number}", "given": ["Given"]}],
            "birthDate": "1991-03-14",
            "telecom": [{"system": "phone", "value": "01632 960001"}],
            "generalPractitioner": [{"reference": PWP}],
        }
        return self.put("Patient", f"p{number}", **{**person, **changes})

    def appointment(self, own_id: str, patient: str, start: str, status: str = "booked") -> str:
        participants = [{"actor": {"reference": who}, "status": "accepted"} for who in (patient, PWP)]
        end = start.replace(":00:00", ":30:00")
        return self.put("Appointment", own_id, status=status, start=start, end=end, participant=participants)


def pull(desk: Desk, server: Server, **changes: Any) -> Brought:
    return bring_down(desk, server, ServerSettings(practitioner=PWP), **changes)


def names(desk: Desk) -> list[str]:
    return [person.family_name for person in caseload.patients(desk.store)]


def test_new_referrals_calls_and_tasks_appear(desk: Desk, service: Service, server: Server) -> None:
    extension = [{"url": INTERPRETER_REQUIRED, "valueBoolean": True}]
    spoken = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ur-PK"}]}, "preferred": True}]
    known = service.patient(1, extension=extension, communication=spoken, gender="female")
    service.patient(2)
    service.patient(3, generalPractitioner=[{"reference": "Practitioner/somebody-else"}])
    service.appointment("a1", known, "2026-11-20T14:00:00Z")
    service.put(
        "Task", "t1", status="requested", intent="order", description="Ring the GP",
        owner={"reference": PWP}, **{"for": {"reference": known}},
    )  # fmt: skip
    brought = pull(desk, server)
    assert brought == Brought(2, 0, 0, 1, 1, 0, (), finished=True)
    assert names(desk) == ["Family1", "Family2"]
    person = caseload.patients(desk.store)[0]
    assert (person.language, person.interpreter_required, person.gender) == ("ur", True, "2")
    (row,) = lists.today(desk, "", 9, 0).rows
    assert (row.name, row.minutes) == ("FAMILY1, Given", 30)
    assert [task.what for task in remote.open_tasks(desk.store)] == ["Ring the GP"]
    assert pull(desk, server) == Brought(0, 0, 0, 0, 1, 0, (), finished=True)


def test_only_what_changed_since_comes_again_by_the_servers_clock(desk: Desk, service: Service, server: Server) -> None:
    service.patient(1)
    service.patient(2)
    pull(desk, server)
    service.patient(2, telecom=[{"system": "phone", "value": "01632 960099"}])
    assert pull(desk, server).changed == 1
    assert caseload.patients(desk.store)[1].phone == "01632 960099"
    assert pull(desk, server).changed == 0


def test_a_pull_stopped_at_a_page_goes_on_there(desk: Desk, service: Service, server: Server, monkeypatch) -> None:
    monkeypatch.setattr(caseload_down, "PAGE", 4)
    for number in range(1, 11):
        service.patient(number)
    pages = iter([False, False, True])
    first = pull(desk, server, stop=lambda: next(pages))
    assert (first.new, first.finished) == (8, False)
    second = pull(desk, server)
    assert (second.new, second.finished) == (2, True)
    assert len(names(desk)) == 10


def test_a_page_that_is_not_there_any_more_is_no_loss(
    desk: Desk, service: Service, server: Server, monkeypatch
) -> None:
    monkeypatch.setattr(caseload_down, "PAGE", 2)
    for number in range(1, 4):
        service.patient(number)
    pages = iter([False, True])
    pull(desk, server, stop=lambda: next(pages))
    raw = raw_connection(desk)
    raw.execute("UPDATE fact SET value = replace(value, '_offset=2', 'bogus=1') WHERE name = 'down.Patient'")
    raw.close()
    assert pull(desk, server).finished
    assert len(names(desk)) == 3


def test_a_patient_here_already_is_known_by_the_number_and_not_doubled(
    desk: Desk, service: Service, server: Server
) -> None:
    held = put_patient(desk, make_patient(1))
    service.patient(1, name=[{"family": held.family_name, "given": [held.given_name]}])
    assert pull(desk, server).new == 0
    assert len(names(desk)) == 1
    (linked,) = remote.of_kind(desk.store, "Patient")
    assert (linked.local_id, linked.reference) == (held.id, "Patient/p1")


def test_the_server_wins_and_what_the_practitioner_had_changed_stays_visible(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    pull(desk, server)
    person = caseload.patients(desk.store)[0]
    with desk.store.unit() as session:
        remote.update_patient(session, person.id, {"phone": "01632 960555", "voicemail": "yes"})
    service.patient(1, telecom=[{"system": "phone", "value": "01632 960777"}])
    brought = pull(desk, server)
    assert (brought.changed, brought.proposals) == (1, 1)
    merged = caseload.patient(desk.store, person.id)
    assert (merged.phone, merged.voicemail) == ("01632 960777", "yes")
    (proposal,) = remote.open_proposals(desk.store)
    assert (proposal.field, proposal.ours, proposal.theirs) == ("phone", "01632 960555", "01632 960777")
    with desk.store.unit() as session:
        assert remote.settle_proposal(session, proposal.id, desk.now())
        assert not remote.settle_proposal(session, proposal.id, desk.now())
    assert remote.open_proposals(desk.store) == []


def test_a_local_change_the_server_says_nothing_about_stays_in_force(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    pull(desk, server)
    person = caseload.patients(desk.store)[0]
    with desk.store.unit() as session:
        remote.update_patient(session, person.id, {"phone": "01632 960555"})
    service.patient(1, birthDate="1991-03-15")
    assert pull(desk, server).proposals == 0
    assert caseload.patient(desk.store, person.id).phone == "01632 960555"


@pytest.mark.parametrize("changes", [{"birthDate": "1991"}, {"name": [{"given": ["Only"]}]}])
def test_nobody_is_taken_over_half(desk: Desk, service: Service, server: Server, changes: dict[str, Any]) -> None:
    service.patient(1, **changes)
    brought = pull(desk, server)
    assert (brought.new, brought.skipped) == (0, 1)
    assert "not taken over" in "\n".join(brought.lines())


def test_two_people_with_one_number_are_not_taken_over_and_stop_nobody_else(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    number = [{"system": NHS_NUMBER, "value": nhs_number(999_000_014)}]
    service.patient(2, identifier=number)
    service.patient(3, identifier=number)
    assert pull(desk, server).new == 1
    assert names(desk) == ["Family1"]


def test_a_call_moved_or_cancelled_on_the_server_is_so_here(desk: Desk, service: Service, server: Server) -> None:
    known = service.patient(1)
    service.appointment("a1", known, "2026-11-20T14:00:00Z")
    pull(desk, server)
    service.appointment("a1", known, "2026-11-20T16:00:00Z")
    pull(desk, server)
    (row,) = lists.today(desk, "", 9, 0).rows
    assert row.starts_at is not None
    assert row.starts_at.hour == 16
    service.appointment("a1", known, "2026-11-20T16:00:00Z", status="cancelled")
    pull(desk, server)
    assert lists.today(desk, "", 9, 0).rows == ()


def test_the_call_booked_at_signing_is_not_doubled_when_it_comes_back(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    pull(desk, server)
    signed_contact(desk, caseload.patients(desk.store)[0])
    Courier(desk, rest_target(service.server.base), IMPATIENT).run(lambda: False, once=True)
    (booked,) = (each for each in service.server.resources() if each["resourceType"] == "Appointment")
    seen = changing.look(server, f"Appointment/{booked['id']}")
    participants = [*booked["participant"], {"actor": {"reference": PWP}, "status": "accepted"}]
    server.put({**seen.resource, "participant": participants}, seen.resource["meta"]["versionId"])
    assert pull(desk, server).appointments == 1
    assert desk.store.fetch("SELECT count(*) FROM appointment") == [(1,)]


def test_a_record_goes_to_the_patient_who_came_down_whatever_the_number_says(
    desk: Desk, service: Service, server: Server
) -> None:
    known = service.patient(1, identifier=[])
    pull(desk, server)
    signed_contact(desk, caseload.patients(desk.store)[0])
    Courier(desk, rest_target(service.server.base), IMPATIENT).run(lambda: False, once=True)
    assert service.server.counts()["Patient"]["resources"] == 1
    encounters = [each for each in service.server.resources() if each["resourceType"] == "Encounter"]
    assert [each["subject"]["reference"] for each in encounters] == [known]


def test_names_from_another_server_are_forgotten_and_nobody_is_doubled(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    pull(desk, server)
    other = Server(Link(service.server.base.replace("127.0.0.1", "localhost"), timing=QUICK))
    assert pull(desk, other) == Brought(0, 0, 0, 0, 0, 0, (), finished=True)
    assert caseload_down.came_from(desk) == other.link.base
    assert [held.reference for held in remote.of_kind(desk.store, "Patient")] == ["Patient/p1"]


def test_whose_caseload_has_to_be_set(desk: Desk, server: Server) -> None:
    with pytest.raises(SyncFault, match="Set practitioner or caseload"):
        bring_down(desk, server, ServerSettings())


# ---------------------------------------------------------------------- who left


def left_alone(desk: Desk, service: Service, server: Server) -> str:
    """Two patients with signed contacts, of whom the first has left; the id of that one."""
    for number in (1, 2):
        service.patient(number)
    pull(desk, server)
    gone, stays = caseload.patients(desk.store)
    amend(signed_contact(desk, gone), "More.", "Found later")
    signed_contact(desk, stays)
    service.patient(1, generalPractitioner=[{"reference": "Practitioner/somebody-else"}])
    leaving.note_who_left(desk, pull(desk, server).left)
    return gone.id


def close_actions(desk: Desk, patient_id: str) -> None:
    raw = raw_connection(desk)
    raw.execute("UPDATE action SET closed_at = '2026-11-21' WHERE patient_id = ?", (patient_id,))
    raw.close()


def test_who_left_stays_until_everything_has_arrived_and_is_then_taken_out(
    desk: Desk, service: Service, server: Server
) -> None:
    gone = left_alone(desk, service, server)
    assert leaving.purge_who_left(desk) == 0
    assert leaving.waiting_to_leave(desk)[0].why == "a record is not acknowledged yet"
    entries = desk.store.fetch("SELECT count(*) FROM journal")[0][0]
    Courier(desk, rest_target(service.server.base), IMPATIENT).run(lambda: False, once=True)
    close_actions(desk, gone)
    assert leaving.purge_who_left(desk) == 1
    for table in ("patient", "contact", "score", "action", "outbox", "appointment", "remote", "proposal", "task"):
        column = {"patient": "id", "remote": "local_id"}.get(table, "patient_id")
        assert desk.store.fetch(f"SELECT count(*) FROM {table} WHERE {column} = ?", (gone,)) == [(0,)], table
    (stone,) = purge.tombstones(desk.store)
    assert (stone.patient_id, stone.contacts, stone.records) == (gone, 1, 2)
    assert stone.purged_at is not None
    left = journal.verify_chain(desk.store)
    assert 0 < left < entries
    assert names(desk) == ["Family2"]
    assert pull(desk, server).left == ()
    assert leaving.purge_who_left(desk) == 0


def test_the_chain_stays_provable_after_a_purge_and_goes_on(desk: Desk, service: Service, server: Server) -> None:
    gone = left_alone(desk, service, server)
    Courier(desk, rest_target(service.server.base), IMPATIENT).run(lambda: False, once=True)
    close_actions(desk, gone)
    leaving.purge_who_left(desk)
    before = journal.verify_chain(desk.store)
    make_conduct(desk, caseload.patients(desk.store)[0])
    assert journal.verify_chain(desk.store) == before + 1
    for harm in (
        "UPDATE journal_gap SET mac = zeroblob(32)",
        "UPDATE journal_gap SET last_seq = last_seq + 1",
        "DELETE FROM journal_gap",
    ):
        raw = raw_connection(desk)
        raw.execute("BEGIN")
        kept = raw.execute("SELECT * FROM journal_gap").fetchall()
        raw.execute(harm)
        raw.execute("COMMIT")
        with pytest.raises(StoreDamaged, match="audit chain breaks"):
            journal.verify_chain(desk.store)
        raw.execute("DELETE FROM journal_gap")
        raw.executemany("INSERT INTO journal_gap VALUES (?, ?, ?, ?)", kept)
        raw.close()
    journal.verify_chain(desk.store)


def test_nothing_is_deleted_from_journal_and_notes_without_a_gap_and_a_tombstone(
    desk: Desk, service: Service, server: Server
) -> None:
    left_alone(desk, service, server)
    for statement in ("DELETE FROM journal", "DELETE FROM note", "DELETE FROM outbox"):
        with pytest.raises(DRIVER.DatabaseError, match=r"append-only|never deleted"):
            desk.store.reading.execute(statement)


def test_an_open_call_keeps_a_patient_here_and_coming_back_takes_the_mark_away(
    desk: Desk, service: Service, server: Server
) -> None:
    service.patient(1)
    service.patient(2)
    pull(desk, server)
    person = caseload.patients(desk.store)[0]
    make_conduct(desk, person)
    leaving.note_who_left(desk, [person.id])
    assert leaving.waiting_to_leave(desk)[0].why == "a call is open"
    leaving.note_who_left(desk, [])
    assert leaving.waiting_to_leave(desk) == ()


def test_an_empty_caseload_is_taken_for_a_lost_right_and_nobody_leaves(
    desk: Desk, service: Service, server: Server
) -> None:
    service.put("Practitioner", "pwp-1")
    service.patient(1)
    pull(desk, server)
    service.patient(1, generalPractitioner=[{"reference": "Practitioner/somebody-else"}])
    assert pull(desk, server).left == ()


@pytest.mark.parametrize(
    ("practitioner", "why"),
    [
        ("Anna Weber", 'wrong form. Write "Practitioner/12" or "system|value"'),
        ("Practitioner/999", "knows no such practitioner (404). Correct practitioner in server.toml"),
        ("https://example.org/ids|999", "knows no practitioner with this identifier. Correct practitioner"),
    ],
)
def test_a_practitioner_the_server_does_not_know_is_told_and_not_taken_for_an_empty_caseload(
    desk: Desk, service: Service, server: Server, practitioner: str, why: str
) -> None:
    service.patient(1)
    with pytest.raises(SyncFault, match=re.escape(why)):
        bring_down(desk, server, ServerSettings(practitioner=practitioner))


def test_a_practitioner_known_to_the_server_may_have_nobody_yet(desk: Desk, service: Service, server: Server) -> None:
    service.put("Practitioner", "new-1")
    assert bring_down(desk, server, ServerSettings(practitioner="Practitioner/new-1")).finished


def test_a_mistyped_address_makes_nothing_forgotten(desk: Desk, service: Service, server: Server) -> None:
    service.patient(1)
    pull(desk, server)
    with (
        Scripted(lambda _: Answer(404, outcome("Unknown resource type"))) as elsewhere,
        pytest.raises(TargetStopped, match=r"no FHIR service at this address \(404\)\. Check url"),
    ):
        pull(desk, Server(Link(elsewhere.base)))
    assert caseload_down.came_from(desk) == server.link.base
    assert remote.of_kind(desk.store, "Patient")


# ---------------------------------------------------------------------- changes that meet


def test_a_change_takes_the_place_of_the_version_that_was_seen(desk: Desk, service: Service, server: Server) -> None:
    known = service.patient(1)
    reference = service.appointment("a1", known, "2026-11-20T14:00:00Z")
    pull(desk, server)
    seen = changing.look(server, reference)
    wanted = {"start": "2026-11-20T15:00:00+00:00", "end": "2026-11-20T15:30:00+00:00"}
    done = changing.change(desk, server, seen, wanted)
    assert isinstance(done, changing.Seen)
    (row,) = lists.today(desk, "", 9, 0).rows
    assert row.starts_at == START + timedelta(hours=5)


def test_a_change_somebody_came_before_is_a_choice_of_three_and_nothing_is_written(
    desk: Desk, service: Service, server: Server
) -> None:
    goal = {"lifecycleStatus": "active", "description": {"text": "Walk"}, "subject": {"reference": service.patient(1)}}
    reference = service.put("Goal", "g1", **goal)
    seen = changing.look(server, reference)
    service.put("Goal", "g1", **{**goal, "lifecycleStatus": "on-hold"})
    three = changing.change(desk, server, seen, {"lifecycleStatus": "completed"})
    assert isinstance(three, changing.ThreeWay)
    assert three.rows() == (("lifecycleStatus", "active", "completed", "on-hold"),)
    assert changing.look(server, reference).value("lifecycleStatus") == "on-hold"
    theirs = changing.choose(desk, server, three, ours=False)
    assert isinstance(theirs, changing.Seen)
    assert theirs.value("lifecycleStatus") == "on-hold"
    ours = changing.choose(desk, server, three, ours=True)
    assert isinstance(ours, changing.Seen)
    assert changing.look(server, reference).value("lifecycleStatus") == "completed"


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("Patient/p1", {"birthDate": "2000-01-01"}),
        ("Appointment/a1", {"start": "tomorrow"}),
        ("Appointment/a1", {"start": "2026-11-20T15:00:00"}),
        ("Appointment/a1", {"status": "gone"}),
        ("Appointment/a1", {"comment": "x"}),
        ("Appointment/none", {"status": "booked"}),
    ],
)
def test_only_what_may_be_changed_is(desk, service, server, reference, wanted) -> None:
    service.appointment("a1", service.patient(1), "2026-11-20T14:00:00Z")
    before = service.server.digests()
    with pytest.raises(InputRefused):
        changing.change(desk, server, changing.look(server, reference), wanted)
    assert service.server.digests() == before


def test_unsent_records_are_counted_before_anybody_leaves(desk: Desk, service: Service, server: Server) -> None:
    gone = left_alone(desk, service, server)
    assert outbox.count_unsent(desk.store) == 3
    (stone,) = purge.tombstones(desk.store)
    assert dataclasses.replace(stone, left_at=START) == purge.Tombstone(gone, START, None, 1, 2)
