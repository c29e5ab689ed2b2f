"""A server that takes batches and no transactions is refused in words, before and while sending; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gsh_console.casework.courier import Courier
from gsh_console.casework.desk import Desk
from gsh_console.faults import SyncFault
from gsh_console.store import outbox
from gsh_console.sync.asking import Server
from gsh_console.sync.capability import Way, find_way, probe_connection
from gsh_console.sync.link import Link
from gsh_console.sync.outcomes import Ledger, TargetStopped
from gsh_console.sync.parcel import ORDER
from gsh_console.sync.rest import RestTarget
from tests.servers.scripted import Answer, Asked, Scripted, outcome, searchset, statement

from .many import IMPATIENT, fill
from .test_rest import QUICK, a_contact


class BatchOnly:
    """Declares `declares`; keeps the parts of every bundle one by one, or refuses a transaction where `refuses`."""

    def __init__(self, *declares: str, refuses: int = 0) -> None:
        self.declares = declares
        self.refuses = refuses
        self.kept: set[str] = set()

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "metadata":
            return Answer(body=statement(*self.declares, kinds=("Patient", *ORDER)))
        if asked.method == "DELETE":
            self.kept.discard(asked.path)
            return Answer(204)
        if asked.path.endswith("_search"):
            return Answer(body=searchset())
        if asked.method == "POST" and not asked.path:
            return self.bundle(asked.body)
        return Answer(404, outcome("not known"))

    def bundle(self, sent: dict[str, Any]) -> Answer:
        if self.refuses:
            return Answer(self.refuses, outcome("Transactions are not supported here", code="not-supported"))
        names = [each["request"]["url"] for each in sent["entry"]]
        self.kept |= set(names)
        entries = [{"response": {"status": "201 Created", "location": f"{name}/_history/1"}} for name in names]
        return Answer(body={"resourceType": "Bundle", "type": "batch-response", "entry": entries})


@pytest.fixture
def honest() -> Iterator[Scripted]:
    with Scripted(BatchOnly("batch")) as server:
        yield server


def a_server(base: str) -> Server:
    return Server(Link(base, timing=QUICK))


def test_the_test_of_the_connection_refuses_it_in_words_and_sends_nothing(honest: Scripted) -> None:
    with pytest.raises(TargetStopped, match="takes no transactions, so nothing can be sent safely"):
        probe_connection(a_server(honest.base))
    assert [each.path for each in honest.asked] == ["metadata"]


def test_sending_stops_in_words_and_every_record_waits(honest: Scripted, desk: Desk) -> None:
    fill(desk, 4, 2)
    courier = Courier(desk, RestTarget(a_server(honest.base), find_way), IMPATIENT)
    courier.run(lambda: False, once=True)
    assert {each.method for each in honest.asked} == {"GET"}
    lines = outbox.unsent(desk.store, 99)
    assert {line.state for line in lines} == {"waiting"}
    assert any("takes no transactions" in line.last_error for line in lines)


@pytest.mark.parametrize("ids", ["put", "post"])
def test_one_that_only_says_it_takes_transactions_is_found_out_by_its_answer(ids: str) -> None:
    answers = BatchOnly("transaction", "batch")
    with Scripted(answers) as server:
        with pytest.raises(TargetStopped, match=r"takes no transactions.*answered one as a batch"):
            probe_connection(a_server(server.base))
        assert answers.kept == set()  # the probe took back what was kept
        way = Way(ids == "put", 8)
        target = RestTarget(a_server(server.base), lambda _: way)
        with pytest.raises(TargetStopped, match="takes no transactions"):
            target.deliver("", a_contact(), "", Ledger())


@pytest.mark.parametrize("status", [400, 405, 422, 501])
def test_one_that_refuses_transactions_when_they_come_is_refused_with_its_own_words(status: int) -> None:
    with Scripted(BatchOnly("transaction", refuses=status)) as server:
        with pytest.raises(SyncFault) as probed:
            probe_connection(a_server(server.base))
        with pytest.raises(SyncFault) as sent:
            RestTarget(a_server(server.base), find_way).deliver("", a_contact(), "", Ledger())
    assert isinstance(probed.value, TargetStopped)
    for told in (probed, sent):
        assert any(words in str(told.value) for words in ("not supported", "takes no transactions", "cannot do"))
