"""The FHIR target against a real server, in both id modes: whole, once, proved, and never on a guess."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from gsh_console.sync.asking import FHIR_JSON, Server
from gsh_console.sync.capability import Way, find_way, probe_connection
from gsh_console.sync.datatypes import NHS_NUMBER, Json
from gsh_console.sync.envelope import amendment_bundle, canonical_json, contact_bundle
from gsh_console.sync.link import Link, Timing
from gsh_console.sync.outcomes import Ledger, RefusedForGood, TargetStopped, TryLater
from gsh_console.sync.parcel import ORDER, parcel_of
from gsh_console.sync.rest import RestTarget
from tests.servers.fault_proxy import Fault
from tests.servers.medplum_server import MedplumServer
from tests.servers.scripted import Answer, Asked, Scripted, outcome, searchset, statement

from .builders import ORIGIN, PATIENT, amendment, assert_accepted, ended_early, full, minimal, signed

QUICK = Timing(connect=2.0, read=2.0, whole=3.0)
AS_FHIR = {"content-type": FHIR_JSON}


def target_at(base: str) -> RestTarget:
    return RestTarget(Server(Link(base, timing=QUICK)), find_way)


def a_contact() -> str:
    return canonical_json(contact_bundle(signed(full()), ORIGIN))


def an_amendment() -> str:
    return canonical_json(amendment_bundle(amendment("The walk is on Wednesday.", "Wrong day."), ORIGIN))


def deliver(target: RestTarget, payload: str, ledger: Ledger | None = None) -> None:
    target.deliver("", payload, "", ledger or Ledger())


def expected_counts(*payloads: str) -> dict[str, dict[str, int]]:
    kinds: dict[str, set[str]] = {}
    for payload in payloads:
        for entry in json.loads(payload)["entry"]:
            kinds.setdefault(entry["resource"]["resourceType"], set()).add(entry["fullUrl"])
    return {kind: {"resources": len(ids), "versions": len(ids)} for kind, ids in sorted(kinds.items())}


def counts(server: MedplumServer) -> dict[str, dict[str, int]]:
    return {kind: found for kind, found in sorted(server.counts().items()) if found["resources"]}


def resources(server: MedplumServer, kind: str) -> list[Json]:
    return [each for each in server.resources() if each["resourceType"] == kind]


def test_a_contact_and_its_amendment_arrive_whole_and_read_back_the_same(medplum: MedplumServer) -> None:
    target = target_at(medplum.base)
    for payload in (a_contact(), an_amendment()):
        deliver(target, payload)
        assert target.differences(payload) == []
    assert counts(medplum) == expected_counts(a_contact(), an_amendment())
    (original, addition) = sorted(resources(medplum, "Composition"), key=lambda each: "relatesTo" in each)
    (related,) = addition["relatesTo"]
    assert related["targetReference"]["reference"] == f"Composition/{original['id']}"


def test_every_resource_type_comes_back_valid_by_both_validators(medplum: MedplumServer) -> None:
    target = target_at(medplum.base)
    deliver(target, a_contact())
    import fhirkit
    from fhir.resources.R4B import get_fhir_model_class

    kinds = set()
    for resource in medplum.resources():
        kinds.add(resource["resourceType"])
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert [str(issue) for issue in fhirkit.validate(resource)] == []
    assert kinds == {entry["resource"]["resourceType"] for entry in json.loads(a_contact())["entry"]}
    assert len(kinds) == 12


@pytest.mark.parametrize("ledger", [Ledger(), Ledger(tried=True)], ids=["as new", "as tried before"])
def test_delivering_again_changes_nothing_at_all(medplum: MedplumServer, ledger: Ledger) -> None:
    target = target_at(medplum.base)
    for payload in (a_contact(), an_amendment()):
        deliver(target, payload)
    before = medplum.digests()
    for payload in (a_contact(), an_amendment(), a_contact()):
        deliver(target_at(medplum.base), payload, dataclasses.replace(ledger, known={}))
    assert medplum.digests() == before


def test_the_strict_server_gets_chunks_of_eight_with_the_note_last(medplum_strict: MedplumServer) -> None:
    target = target_at(medplum_strict.base)
    assert target.way == Way(client_ids=False, most_entries=8)
    told: list[int] = []
    deliver(target, a_contact(), Ledger(on_progress=lambda known: told.append(len(known))))
    parts = len(json.loads(a_contact())["entry"]) - 1
    assert told[-1] == parts + 1  # and whose references they are
    assert len(told) >= 3
    assert all(later - before <= 8 for before, later in zip([1, *told], told, strict=False))


def test_a_delivery_broken_off_between_chunks_goes_on_where_it_stopped(medplum_strict: MedplumServer) -> None:
    kept: dict[str, str] = {}

    def break_off(known: Any) -> None:
        kept.update(known)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(target_at(medplum_strict.base), a_contact(), Ledger(on_progress=break_off))
    assert resources(medplum_strict, "Composition") == []
    target = target_at(medplum_strict.base)
    deliver(target, a_contact(), Ledger(tried=True, known=kept))
    assert counts(medplum_strict) == expected_counts(a_contact())
    assert target.differences(a_contact()) == []


def test_references_of_another_server_are_not_believed(medplum_strict: MedplumServer) -> None:
    known = {"server": "https://elsewhere.example", json.loads(a_contact())["entry"][1]["fullUrl"][9:]: "Encounter/x"}
    target = target_at(medplum_strict.base)
    deliver(target, a_contact(), Ledger(tried=True, known=known))
    assert counts(medplum_strict) == expected_counts(a_contact())


def test_a_server_that_takes_no_ids_of_ours_after_all_stops_sending_and_refuses_no_record(
    medplum_strict: MedplumServer,
) -> None:
    target = RestTarget(Server(Link(medplum_strict.base)), lambda _: Way(client_ids=True, most_entries=500))
    with pytest.raises(TargetStopped, match="does not take ids of our own"):
        deliver(target, a_contact())


@pytest.mark.parametrize("state", [minimal, ended_early])
def test_short_contacts_arrive_too(medplum: MedplumServer, state: Any) -> None:
    payload = canonical_json(contact_bundle(signed(state()), ORIGIN))
    target = target_at(medplum.base)
    deliver(target, payload)
    assert target.differences(payload) == []


# ---------------------------------------------------------------------- the patient


def a_person(**changes: Any) -> Json:
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": NHS_NUMBER, "value": PATIENT.nhs_number}],
        "name": [{"family": "Okafor-Lee"}],
        "birthDate": PATIENT.birth_date.isoformat(),
    }
    return {**person, **changes}


def put_patient(server: MedplumServer, **changes: Any) -> str:
    made = server.ask("POST", "Patient", a_person(**changes))
    assert made.status == 201
    return f"Patient/{made.json['id']}"


def test_a_patient_the_server_has_is_pointed_at_and_never_written_over(medplum: MedplumServer) -> None:
    known = put_patient(medplum)
    deliver(target_at(medplum.base), a_contact())
    assert medplum.counts()["Patient"] == {"resources": 1, "versions": 1}
    assert resources(medplum, "Patient")[0]["name"] == [{"family": "Okafor-Lee"}]
    assert {each["subject"]["reference"] for each in resources(medplum, "Observation")} == {known}


def test_a_patient_born_on_another_day_is_somebody_else_and_nothing_is_sent(medplum: MedplumServer) -> None:
    put_patient(medplum, birthDate="1950-01-01")
    with pytest.raises(RefusedForGood, match="born on another day"):
        deliver(target_at(medplum.base), a_contact())
    assert set(counts(medplum)) == {"Patient"}


class MetOnTheWay(Server):
    """A server at which another console makes the same patient just after ours found nobody."""

    def __init__(self, base: str, timing: Timing = QUICK, **changes: Any) -> None:
        super().__init__(Link(base, timing=timing))
        self.changes = changes

    def find(self, kind: str, search: str) -> list[Json]:
        found = super().find(kind, search)
        if kind == "Patient" and not found:
            made = self.link.ask("POST", "Patient", body=json.dumps(a_person(**self.changes)).encode(), headers=AS_FHIR)
            assert made.status == 201
        return found


def test_a_patient_another_console_makes_at_the_same_moment_is_pointed_at(medplum: MedplumServer) -> None:
    deliver(RestTarget(MetOnTheWay(medplum.base), find_way), a_contact())
    (person,) = resources(medplum, "Patient")
    assert person["name"] == [{"family": "Okafor-Lee"}]
    assert {each["subject"]["reference"] for each in resources(medplum, "Goal")} == {f"Patient/{person['id']}"}


def test_a_patient_another_console_makes_at_the_same_moment_with_another_birth_date_is_refused(
    medplum: MedplumServer,
) -> None:
    target = RestTarget(MetOnTheWay(medplum.base, birthDate="1950-01-01"), find_way)
    with pytest.raises(RefusedForGood, match="born on another day"):
        deliver(target, a_contact())
    assert set(counts(medplum)) == {"Patient"}
    with pytest.raises(RefusedForGood, match="born on another day"):
        deliver(target, a_contact())


def test_two_made_at_the_same_moment_are_not_chosen_between(medplum: MedplumServer) -> None:
    class Twins(Server):
        asked = 0

        def find(self, kind: str, search: str) -> list[Json]:
            found = super().find(kind, search)
            self.asked += kind == "Patient"
            if self.asked == 1:
                put_patient(medplum)
                put_patient(medplum)
            return found

    with pytest.raises(RefusedForGood, match="several patients"):
        deliver(RestTarget(Twins(Link(medplum.base, timing=QUICK)), find_way), a_contact())
    assert set(counts(medplum)) == {"Patient"}


def test_two_patients_with_the_number_are_not_chosen_between(medplum: MedplumServer) -> None:
    put_patient(medplum)
    put_patient(medplum)
    with pytest.raises(RefusedForGood, match="several patients"):
        deliver(target_at(medplum.base), a_contact())
    assert set(counts(medplum)) == {"Patient"}


def test_a_merged_patient_is_followed_to_the_record_that_stands(medplum: MedplumServer) -> None:
    stands = put_patient(medplum, identifier=[{"system": "https://example.org/mrn", "value": "7"}])
    put_patient(medplum, link=[{"type": "replaced-by", "other": {"reference": stands}}])
    deliver(target_at(medplum.base), a_contact())
    assert {each["subject"]["reference"] for each in resources(medplum, "Goal")} == {stands}


def test_a_patient_who_came_down_from_the_server_is_known_without_a_number(medplum: MedplumServer) -> None:
    known = put_patient(medplum, identifier=[])
    nobody = dataclasses.replace(PATIENT, nhs_number=None)
    payload = canonical_json(contact_bundle(signed(minimal(), patient=nobody), ORIGIN))
    deliver(target_at(medplum.base), payload, Ledger(patient=known))
    elsewhere = RestTarget(Server(Link(medplum.base)), find_way, knows_patients=False)
    assert elsewhere._people.reference(parcel_of(payload)) != known
    assert medplum.counts()["Patient"] == {"resources": 2, "versions": 2}
    assert resources(medplum, "Encounter")[0]["subject"]["reference"] == known


# ---------------------------------------------------------------------- refusals


def poisoned() -> str:
    bundle = json.loads(a_contact())
    goal = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "Goal")
    goal["resource"]["colour"] = "red"
    return canonical_json(bundle)


def test_a_refusal_is_told_in_the_servers_own_words_and_leaves_nothing_half_done(medplum: MedplumServer) -> None:
    with pytest.raises(RefusedForGood, match=r"The server refused \(400: .*colour.*\)") as told:
        deliver(target_at(medplum.base), poisoned())
    assert "save a copy" in str(told.value)
    assert resources(medplum, "Composition") == []


def test_another_record_under_the_same_id_is_refused_and_the_first_kept(medplum_open: MedplumServer) -> None:
    deliver(target_at(medplum_open.base), a_contact())
    before = medplum_open.digests()
    other = a_contact().replace("Her sister", "His sister").replace("her sister", "his sister")
    assert other != a_contact()
    with pytest.raises(RefusedForGood, match="different record under this id"):
        deliver(target_at(medplum_open.base), other, Ledger(tried=True))
    assert medplum_open.digests() == before


def test_a_late_replay_of_the_original_never_undoes_its_amendment(medplum: MedplumServer) -> None:
    target = target_at(medplum.base)
    deliver(target, a_contact())
    deliver(target, an_amendment())
    before = medplum.digests()
    deliver(target_at(medplum.base), a_contact(), Ledger(tried=True))
    assert medplum.digests() == before
    assert len(resources(medplum, "Composition")) == 2


FAULTS = (
    Fault.RESET_BEFORE, Fault.RESET_MID_REQUEST, Fault.LOST_REPLY, Fault.TRUNCATED_REPLY, Fault.BUSY,
    Fault.FAILED_AFTER, Fault.CAPTIVE_PORTAL, Fault.TOO_MANY, Fault.OVERSIZED, Fault.COMPRESSED_BOMB, Fault.SLOW_LORIS,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_reply_sending_again_makes_it_whole(medplum_open, make_proxy, fault) -> None:
    proxy = make_proxy(medplum_open.origin)
    target = target_at(proxy.base)
    assert target.way.client_ids
    deliver(target, canonical_json(contact_bundle(signed(minimal(), dataclasses.replace(PATIENT)), ORIGIN)))
    proxy.tempo.patience = 2.0
    proxy.next(fault)
    with pytest.raises(TryLater):
        deliver(target, an_amendment())
    assert proxy.counts[fault] == 1
    deliver(target, an_amendment(), Ledger(tried=True))
    assert target.differences(an_amendment()) == []
    assert all(found["resources"] == found["versions"] for found in medplum_open.counts().values())


def test_too_large_is_said_and_kept_for_somebody_to_decide(medplum_open, make_proxy) -> None:
    proxy = make_proxy(medplum_open.origin)
    target = target_at(proxy.base)
    assert target.way
    proxy.next(None, None, Fault.TOO_LARGE)
    with pytest.raises(RefusedForGood, match="larger than the server allows"):
        deliver(target, a_contact())


def test_being_signed_out_stops_the_target_in_words(medplum_open, make_proxy) -> None:
    proxy = make_proxy(medplum_open.origin)
    target = target_at(proxy.base)
    assert target.way
    proxy.next(Fault.SIGNED_OUT)
    with pytest.raises(TargetStopped, match="does not know this console"):
        deliver(target, a_contact())


def test_retry_after_is_passed_on(medplum_open, make_proxy) -> None:
    proxy = make_proxy(medplum_open.origin)
    proxy.tempo.retry_after = 77
    proxy.next(Fault.BUSY)
    with pytest.raises(TryLater) as told:
        target_at(proxy.base).check()
    assert told.value.after == 77


# ---------------------------------------------------------------------- what will be used, in words


def test_the_probe_finds_what_each_server_takes_and_leaves_nothing(medplum: MedplumServer) -> None:
    tested = probe_connection(Server(Link(medplum.base)))
    open_one = medplum.choices.profile == "open"
    assert tested.way == (Way(True, 500) if open_one else Way(False, 8))
    told = "\n".join(tested.lines)
    assert "FHIR 4.0.1" in told
    assert f"ids of our own: {'yes' if open_one else 'no'}" in told
    assert ("one transaction a record" if open_one else "at most 8 parts") in told
    assert counts(medplum) == {}


def test_a_payload_is_what_both_validators_accept() -> None:
    assert_accepted(json.loads(a_contact()))


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("answered", [(), ("metadata",)])
def test_an_address_without_a_fhir_service_stops_the_target_and_refuses_no_record(
    status: int, answered: tuple[str, ...]
) -> None:
    with (
        small_server(status, *answered) as server,
        pytest.raises(TargetStopped, match=rf"no FHIR service at this address \({status}\)\. Check url"),
    ):
        deliver(target_at(server.base), a_contact())


def test_an_address_without_a_fhir_service_stops_the_target_where_the_patient_is_made() -> None:
    with (
        small_server(404, "metadata", "Patient/_search") as server,
        pytest.raises(TargetStopped, match=r"no FHIR service at this address \(404\)"),
    ):
        deliver(target_at(server.base), a_contact())
    assert [each.method for each in server.asked] == ["GET", "POST", "POST"]


def small_server(status: int, *answered: str) -> Scripted:
    """A server that has these places alone, empty, and answers so to every other question."""
    bodies = {"metadata": statement("transaction", kinds=ORDER), "Patient/_search": searchset()}

    def answer(asked: Asked) -> Answer:
        return Answer(body=bodies[asked.path]) if asked.path in answered else Answer(status, outcome("not here"))

    return Scripted(answer)


def test_a_refusal_without_a_reason_says_what_to_check() -> None:
    with (
        Scripted(lambda _: Answer(404, headers={"content-type": "text/html"})) as server,
        pytest.raises(TryLater, match=r"without saying why\. Check url in server\.toml; on a guest network"),
    ):
        Server(Link(server.base)).find("Patient", "identifier=a|b")
