"""The HAPI server keeps the same promises as the Medplum one, and differs where it is known to."""

from __future__ import annotations

import pytest

from tests.servers.cache import Unavailable
from tests.servers.hapi_server import HapiServer, java
from tests.servers.test_medplum_server import a_goal, create, put, statuses, transaction

pytestmark = pytest.mark.timeout(300)  # it takes 15 seconds of one core to start, much longer beside other work


def test_sending_a_transaction_again_changes_nothing(hapi: HapiServer) -> None:
    bundle = transaction(put(a_goal("g-1")), put(a_goal("g-2")), create({"resourceType": "Patient"}, "p-1"))
    first = hapi.ask("POST", "", bundle)
    again = hapi.ask("POST", "", bundle)
    assert statuses(first.json) == ["201 Created"] * 3
    assert statuses(again.json) == ["200 OK"] * 3
    assert hapi.counts(["Goal", "Patient"]) == {
        "Goal": {"resources": 2, "versions": 2},
        "Patient": {"resources": 1, "versions": 1},
    }


def test_one_bad_entry_undoes_the_whole_transaction(hapi: HapiServer) -> None:
    assert hapi.ask("PUT", "Goal/g-1", a_goal("g-1")).status == 201
    stale = put(a_goal("g-1", "Other"), ifMatch='W/"7"')
    refused = hapi.ask("POST", "", transaction(put(a_goal("g-2")), stale))
    assert refused.status in (409, 412)
    assert hapi.counts(["Goal"]) == {"Goal": {"resources": 1, "versions": 1}}
    assert hapi.ask("GET", "Goal/g-2").status == 404


def test_an_update_needs_the_version_it_was_made_from(hapi: HapiServer) -> None:
    assert hapi.ask("PUT", "Goal/g-1", a_goal("g-1")).headers["ETag"] == 'W/"1"'
    assert hapi.ask("PUT", "Goal/g-1", a_goal("g-1", "Other"), If_Match='W/"7"').status in (409, 412)
    assert hapi.ask("PUT", "Goal/g-1", a_goal("g-1", "Other"), If_Match='W/"1"').status == 200


def test_a_conditional_create_makes_one_resource_however_often(hapi: HapiServer) -> None:
    said = [statuses(hapi.ask("POST", "", transaction(create(a_goal(), "r-1"))).json) for _ in range(3)]
    assert said == [["201 Created"], ["200 OK"], ["200 OK"]]


def test_killing_it_without_warning_loses_nothing(hapi: HapiServer) -> None:
    ids = [f"g-{number}" for number in range(20)]
    for own_id in ids:
        assert hapi.ask("PUT", f"Goal/{own_id}", a_goal(own_id)).status == 201
    hapi.kill()
    hapi.start()
    held = [hapi.ask("GET", f"Goal/{own_id}").json for own_id in ids]
    assert [each["id"] for each in held] == ids
    assert hapi.counts(["Goal"]) == {"Goal": {"resources": 20, "versions": 20}}


def test_a_machine_without_java_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="Java is missing"):
        java()
