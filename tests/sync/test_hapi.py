"""The same records against HAPI, the second, independent FHIR server."""

from __future__ import annotations

import pytest

from gsh_console.casework.caseload_down import Brought, bring_down
from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.casework.reconciling import reconcile
from gsh_console.settings import ServerSettings
from gsh_console.store import remote
from gsh_console.sync.capability import Way, probe_connection
from gsh_console.sync.datatypes import NHS_NUMBER
from gsh_console.sync.link import Timing
from gsh_console.sync.outcomes import Ledger, RefusedForGood
from gsh_console.sync.rest import RestTarget
from tests.builders import nhs_number
from tests.servers.fault_proxy import FaultProxy, Tempo
from tests.servers.hapi_server import HapiServer

from .builders import PATIENT
from .many import IMPATIENT, fill
from .many import rest_target as hurried_target
from .test_rest import MetOnTheWay, a_contact, an_amendment, expected_counts

KINDS = tuple(expected_counts(a_contact()))


def rest_target(base: str, ids: str = "auto") -> RestTarget:
    """HAPI takes its time to say what it can do."""
    return hurried_target(base, ids, Timing(read=30.0, whole=60.0))


def held(hapi: HapiServer) -> dict[str, dict[str, int]]:
    return {kind: found for kind, found in sorted(hapi.counts(KINDS).items()) if found["resources"]}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("ids", ["put", "post"])
def test_every_resource_type_round_trips_and_replaying_changes_nothing(hapi: HapiServer, ids: str) -> None:
    target = rest_target(hapi.base, ids)
    for payload in (a_contact(), an_amendment()):
        target.deliver("", payload, "", Ledger())
        assert target.differences(payload) == []
    assert held(hapi) == expected_counts(a_contact(), an_amendment())
    for payload in (a_contact(), an_amendment(), a_contact()):
        for ledger in (Ledger(), Ledger(tried=True)):
            target.deliver("", payload, "", ledger)
    assert held(hapi) == expected_counts(a_contact(), an_amendment())


@pytest.mark.timeout(300)
def test_every_resource_comes_back_valid_by_both_validators(hapi: HapiServer) -> None:
    import fhirkit
    from fhir.resources.R4B import get_fhir_model_class

    target = rest_target(hapi.base)
    target.deliver("", a_contact(), "", Ledger())
    seen = set()
    for kind in KINDS:
        for resource in target.server.find(kind, "_count=50"):
            seen.add(kind)
            get_fhir_model_class(kind).model_validate(resource)
            assert [str(issue) for issue in fhirkit.validate(resource)] == []
    assert seen == set(KINDS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("ids", ["put", "post"])
def test_forty_records_through_faults_arrive_once_in_both_id_modes(
    hapi: HapiServer, desk: Desk, make_proxy, ids: str
) -> None:
    fill(desk, 40, 12)
    proxy: FaultProxy = make_proxy(hapi.origin, seed=11, rate=0.3, tempo=Tempo(delay=0.1))
    courier = Courier(desk, rest_target(proxy.base, ids), IMPATIENT)
    courier.run(lambda: not desk.store.fetch("SELECT 1 FROM outbox WHERE state <> 'sent' LIMIT 1"))
    assert proxy.faulted > 10
    assert desk.store.fetch("SELECT DISTINCT state FROM outbox") == [("sent",)]
    assert all(found["resources"] == found["versions"] for found in held(hapi).values())
    assert held(hapi)["Composition"]["resources"] == 44
    assert held(hapi)["Patient"]["resources"] == 12
    report = reconcile(desk, rest_target(hapi.base, ids))
    assert (report.equal, report.differing) == (44, ())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("born", [PATIENT.birth_date.isoformat(), "1950-01-01"])
def test_a_patient_another_console_makes_at_the_same_moment_is_checked_before_anything_is_attached(
    hapi: HapiServer, born: str
) -> None:
    server = MetOnTheWay(hapi.base, Timing(read=30.0, whole=60.0), birthDate=born)
    target = RestTarget(server, lambda _: Way(client_ids=True, most_entries=500))
    if born == "1950-01-01":
        with pytest.raises(RefusedForGood, match="born on another day"):
            target.deliver("", a_contact(), "", Ledger())
        assert "Composition" not in held(hapi)
    else:
        target.deliver("", a_contact(), "", Ledger())
        assert held(hapi) == expected_counts(a_contact())
    assert held(hapi)["Patient"]["resources"] == 1


@pytest.mark.timeout(300)
def test_a_refusal_is_in_hapis_own_words(hapi: HapiServer) -> None:
    poisoned = a_contact().replace('"lifecycleStatus":"active"', '"lifecycleStatus":"red"')
    with pytest.raises(RefusedForGood, match=r"The server refused \(4\d\d: .*HAPI.*red"):
        rest_target(hapi.base).deliver("", poisoned, "", Ledger())
    assert "Composition" not in held(hapi)


@pytest.mark.timeout(300)
def test_the_probe_says_what_hapi_takes_and_leaves_nothing(hapi: HapiServer) -> None:
    tested = probe_connection(rest_target(hapi.base).server)
    assert tested.way == Way(client_ids=True, most_entries=500)
    assert "HAPI" in tested.lines[0]
    assert hapi.counts(("Communication",))["Communication"]["resources"] == 0


@pytest.mark.timeout(300)
def test_a_caseload_comes_down_by_the_practitioners_identifier_page_by_page_and_follows_a_merge(
    hapi: HapiServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gsh_console.casework.caseload_down.PAGE", 2)

    def put(kind: str, own_id: str, **elements: object) -> None:
        reply = hapi.ask("PUT", f"{kind}/{own_id}", {"resourceType": kind, "id": own_id, **elements})
        assert reply.status in (200, 201), reply.body

    def patient(own_id: str, number: int, **elements: object) -> None:
        identifier = [{"system": NHS_NUMBER, "value": nhs_number(999_000_000 + number * 7)}]
        given = {"name": [{"family": "Family"}], "birthDate": "1991-03-14", "identifier": identifier}
        put("Patient", own_id, **{**given, "generalPractitioner": [{"reference": "Practitioner/pwp-1"}], **elements})

    put("Practitioner", "pwp-1", identifier=[{"system": "https://example.org/staff", "value": "7"}])
    for number in range(1, 6):
        patient(f"p{number}", number)
    patient("stranger", 6, generalPractitioner=[])
    settings = ServerSettings(practitioner="https://example.org/staff|7")
    asked = rest_target(hapi.base).server
    assert bring_down(desk, asked, settings) == Brought(5, 0, 0, 0, 0, 0, (), finished=True)
    patient("p9", 1)
    merged = [{"type": "replaced-by", "other": {"reference": "Patient/p9"}}]
    patient("p1", 1, active=False, link=merged, generalPractitioner=[], identifier=[])
    hapi.ask("DELETE", "Patient/p2")
    brought = bring_down(desk, asked, settings)
    assert (brought.new, brought.left) == (0, ())
    told = "\n".join(brought.told)
    assert "joined with another record on the server, which was followed: 1" in told
    assert "deleted on the server and kept here" in told
    references = {held.reference for held in remote.of_kind(desk.store, "Patient")}
    assert references == {"Patient/p9", "Patient/p2", "Patient/p3", "Patient/p4", "Patient/p5"}
