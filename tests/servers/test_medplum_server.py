"""The Medplum server behaves as the two profiles say, and loses nothing."""

from __future__ import annotations

import gzip
import json
import ssl
import urllib.error
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.servers.asking import ask
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.fixtures import MakeMedplum
from tests.servers.medplum_server import Choices, MedplumServer

ROOT = "https://example.org/fhir"
JSON = dict[str, Any]


def a_goal(own_id: str = "", words: str = "Walk twice a week") -> JSON:
    goal: JSON = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": words},
        "subject": {"reference": "Patient/p-1"},
    }
    return {**goal, "id": own_id} if own_id else goal


def put(resource: JSON, **request: str) -> JSON:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": f"urn:uuid:{uuid4()}", "resource": resource, "request": {"method": "PUT", "url": url, **request}}


def create(resource: JSON, record_id: str, full_url: str = "") -> JSON:
    own = {**resource, "identifier": [{"system": f"{ROOT}/record-id", "value": record_id}]}
    request = {"method": "POST", "url": own["resourceType"], "ifNoneExist": f"identifier={ROOT}/record-id|{record_id}"}
    return {"fullUrl": full_url or f"urn:uuid:{uuid4()}", "resource": own, "request": request}


def transaction(*entries: JSON) -> JSON:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def statuses(bundle: JSON) -> list[str]:
    return [entry["response"]["status"] for entry in bundle["entry"]]


def test_sending_a_transaction_again_changes_nothing(medplum_open: MedplumServer) -> None:
    bundle = transaction(put(a_goal("g-1")), put(a_goal("g-2")), create({"resourceType": "Patient"}, "p-1"))
    first = medplum_open.ask("POST", "", bundle)
    before = medplum_open.digests()
    again = medplum_open.ask("POST", "", bundle)
    assert statuses(first.json) == ["201", "201", "201"]
    assert statuses(again.json) == ["200", "200", "200"]
    assert medplum_open.digests() == before
    assert medplum_open.counts() == {
        "Goal": {"resources": 2, "versions": 2},
        "Patient": {"resources": 1, "versions": 1},
    }


def test_one_bad_entry_undoes_the_whole_transaction(medplum_open: MedplumServer) -> None:
    assert medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1")).status == 201
    before = medplum_open.digests()
    bad = {**a_goal("g-3"), "colour": "red"}
    refused = medplum_open.ask("POST", "", transaction(put(a_goal("g-1", "Other")), put(a_goal("g-2")), put(bad)))
    assert refused.status == 400
    assert "colour" in refused.text
    assert medplum_open.digests() == before
    assert medplum_open.ask("GET", "Goal/g-2").status == 404


def test_a_stale_version_undoes_the_whole_transaction(medplum_open: MedplumServer) -> None:
    assert medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1")).status == 201
    before = medplum_open.digests()
    stale = put(a_goal("g-1", "Other"), ifMatch='W/"long-ago"')
    assert medplum_open.ask("POST", "", transaction(put(a_goal("g-2")), stale)).status == 412
    assert medplum_open.digests() == before


def test_an_update_needs_the_version_it_was_made_from(medplum_open: MedplumServer) -> None:
    made = medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1"))
    current = made.headers["ETag"]
    assert medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1", "Other"), If_Match='W/"long-ago"').status == 412
    changed = medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1", "Other"), If_Match=current)
    assert changed.status == 200
    assert changed.headers["ETag"] != current
    for _ in range(2):  # reading must not turn it round
        versions = medplum_open.ask("GET", "Goal/g-1/_history").json["entry"]
        assert [each["resource"]["description"]["text"] for each in versions] == ["Other", "Walk twice a week"]


def test_an_unchanged_put_makes_no_new_version(medplum_open: MedplumServer) -> None:
    made = medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1"))
    again = medplum_open.ask("PUT", "Goal/g-1", a_goal("g-1"))
    assert (made.status, again.status) == (201, 200)
    assert again.headers["ETag"] == made.headers["ETag"]
    assert medplum_open.counts()["Goal"]["versions"] == 1


@pytest.mark.parametrize("profile", ["open", "strict"])
def test_killing_it_without_warning_loses_nothing(make_medplum: MakeMedplum, profile: str) -> None:
    server = make_medplum(Choices(profile="strict" if profile == "strict" else "open"))
    kept = server.ask("POST", "", transaction(*(create(a_goal(), f"r-{n}") for n in range(6))))
    assert statuses(kept.json) == ["201"] * 6
    first = kept.json["entry"][0]["resource"]["id"]
    assert server.ask("DELETE", f"Goal/{first}").status == 200
    before, counted = server.digests(), server.counts()
    server.kill()
    server.start()
    assert (server.digests(), server.counts()) == (before, counted)
    assert server.ask("GET", f"Goal/{first}").status == 410


def test_the_strict_profile_refuses_a_clients_ids(medplum_strict: MedplumServer) -> None:
    assert medplum_strict.ask("PUT", "Goal/g-1", a_goal("g-1")).status == 404
    refused = medplum_strict.ask("POST", "", transaction(create(a_goal(), "r-1"), put(a_goal("g-1"))))
    assert refused.status == 404
    assert medplum_strict.counts() == {}
    made = medplum_strict.ask("POST", "Goal", a_goal("mine"))
    assert made.status == 201
    assert made.json["id"] != "mine"


def test_the_profiles_differ_in_how_much_a_transaction_may_hold(medplum: MedplumServer) -> None:
    is_open = medplum.choices.profile == "open"
    conditional = [create(a_goal(), f"r-{number}") for number in range(9)]
    assert medplum.ask("POST", "", transaction(*conditional[:8])).status == 200
    assert medplum.ask("POST", "", transaction(*conditional)).status == (200 if is_open else 400)
    known = [each["id"] for each in medplum.resources()]
    assert medplum.ask("POST", "", transaction(put(a_goal(known[0], "Other")))).status == 200
    many = transaction(*(put(a_goal(f"g-{number}")) for number in range(51)))
    refused = medplum.ask("POST", "", many)
    assert refused.status == (200 if is_open else 400)
    assert is_open or "more update operations" in refused.text


def test_what_it_says_it_can_do_is_what_it_does(medplum: MedplumServer) -> None:
    said = medplum.ask("GET", "metadata").json
    goal = next(each for each in said["rest"][0]["resource"] if each["type"] == "Goal")
    assert goal["updateCreate"] == (medplum.ask("PUT", "Goal/g-1", a_goal("g-1")).status == 201)
    assert {"transaction", "batch"} == {each["code"] for each in said["rest"][0]["interaction"]}
    unknown = medplum.ask("GET", "Goal?colour=red")
    assert unknown.status == 400
    for parameter in goal["searchParam"]:
        value = {"date": "2026-11-22", "token": "x", "number": "1", "quantity": "1"}.get(parameter["type"], "Patient/x")
        assert medplum.ask("GET", f"Goal?{parameter['name']}={value}").status == 200, parameter


def test_a_conditional_create_makes_one_resource_however_often(medplum: MedplumServer) -> None:
    said = [statuses(medplum.ask("POST", "", transaction(create(a_goal(), "r-1"))).json) for _ in range(3)]
    assert said == [["201"], ["200"], ["200"]]
    criteria = f"identifier={ROOT}/record-id|r-1"
    assert medplum.ask("POST", "Goal", a_goal(), If_None_Exist=criteria).status == 200
    assert medplum.counts()["Goal"] == {"resources": 1, "versions": 1}


def test_references_between_entries_become_the_servers_own(medplum: MedplumServer) -> None:
    patient = f"urn:uuid:{uuid4()}"
    goal = {**a_goal(), "subject": {"reference": patient}}
    entries = create({"resourceType": "Patient"}, "p-1", patient), create(goal, "r-1")
    for _ in range(2):
        made = medplum.ask("POST", "", transaction(*entries)).json["entry"]
        held = medplum.ask("GET", f"Goal/{made[1]['resource']['id']}").json
        assert held["subject"]["reference"] == f"Patient/{made[0]['resource']['id']}"


def test_searches_find_what_a_caseload_needs_page_by_page(medplum_open: MedplumServer) -> None:
    owner = {"identifier": {"system": "https://fhir.nhs.uk/Id/sds-user-id", "value": "555"}}
    task: JSON = {"resourceType": "Task", "status": "ready", "intent": "order", "for": {"reference": "Patient/p-1"}}
    for number in range(5):
        tag = {"tag": [{"system": f"{ROOT}/sync-key", "code": str(number)}]}
        whose = owner if number < 3 else {"reference": "Practitioner/x"}
        medplum_open.ask("PUT", f"Task/t-{number}", {**task, "id": f"t-{number}", "meta": tag, "owner": whose})
    medplum_open.ask("PUT", "Observation/o-1", an_observation())
    seen, address = [], f"{medplum_open.base}/Task?patient=Patient/p-1&_sort=_lastUpdated&_count=2"
    while address:
        page = ask("GET", address).json
        seen.append([entry["resource"]["id"] for entry in page["entry"]])
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == [["t-0", "t-1"], ["t-2", "t-3"], ["t-4"]]
    for query, found in {
        "Task?owner:identifier=https://fhir.nhs.uk/Id/sds-user-id|555": 3,
        "Task?owner=Practitioner/x": 2,
        f"Task?_tag={ROOT}/sync-key|4": 1,
        "Task?_lastUpdated=gt2000-01-01": 5,
        "Task?_lastUpdated=lt2000-01-01": 0,
        "Observation?subject=Patient/p-1&code=http://loinc.org|44261-6": 1,
        "Observation?code=http://loinc.org|other": 0,
    }.items():
        assert medplum_open.ask("GET", query).json["total"] == found, query
    posted = medplum_open.ask(
        "POST",
        "Task/_search",
        b"patient=Patient/p-1&owner=Practitioner/x",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert posted.json["total"] == 2


def an_observation() -> JSON:
    code = {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]}
    subject = {"reference": "Patient/p-1"}
    return {"resourceType": "Observation", "id": "o-1", "status": "final", "code": code, "subject": subject}


def test_the_replies_can_be_without_the_resources(medplum_open: MedplumServer) -> None:
    said = medplum_open.ask("POST", "", transaction(put(a_goal("g-1"))), Prefer="return=minimal")
    assert statuses(said.json) == ["201"]
    assert "resource" not in said.json["entry"][0]
    assert medplum_open.ask("PUT", "Goal/g-2", a_goal("g-2"), Prefer="return=minimal").body == b""


def test_a_body_may_be_packed_but_not_too_large_nor_something_else(make_medplum: MakeMedplum) -> None:
    server = make_medplum(Choices(max_body=20_000))
    packed = gzip.compress(json.dumps(a_goal("g-1")).encode())
    assert server.ask("PUT", "Goal/g-1", packed, Content_Encoding="gzip").status == 201
    assert server.ask("PUT", "Goal/g-2", a_goal("g-2", "x" * 20_000)).status == 413
    assert server.ask("PUT", "Goal/g-2", b"<goal/>", Content_Type="text/xml").status == 415
    assert server.ask("PUT", "Goal/g-2", b"{").status == 400


def test_its_clock_can_be_wrong(make_medplum: MakeMedplum) -> None:
    server = make_medplum(Choices(clock_offset=600))
    reply = server.ask("PUT", "Goal/g-1", a_goal("g-1"))
    ahead = parsedate_to_datetime(reply.headers["Date"]) - datetime.now(UTC)
    assert 590 < ahead.total_seconds() < 610
    updated = datetime.fromisoformat(reply.json["meta"]["lastUpdated"]) - datetime.now(UTC)
    assert 590 < updated.total_seconds() < 610


def test_it_speaks_tls_and_can_want_a_clients_certificate(
    make_medplum: MakeMedplum, certificates: Certificates
) -> None:
    server = make_medplum(Choices(certificates=certificates, client_certificates=True))
    assert server.base.startswith("https://")
    assert server.ask("GET", "metadata").status == 200
    nameless = ssl.create_default_context(cafile=str(certificates.ca))
    with pytest.raises((urllib.error.URLError, ssl.SSLError, ConnectionError)):
        ask("GET", f"{server.base}/metadata", tls=nameless)


def test_an_expired_certificate_is_noticed(make_medplum: MakeMedplum, tmp_path_factory: pytest.TempPathFactory) -> None:
    bad = make_certificates(tmp_path_factory.mktemp("expired"), expired=True)
    with pytest.raises(urllib.error.URLError, match="expired"):
        make_medplum(Choices(certificates=bad)).ask("GET", "metadata")
