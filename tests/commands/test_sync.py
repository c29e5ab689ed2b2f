"""The commands about sending and the caseload, as processes a script would run, against a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gsh_console.casework.desk import Desk
from gsh_console.cli import cli
from gsh_console.faults import GshFault, SettingsFault, SyncFault
from gsh_console.settings import load_server
from gsh_console.sync.parcel import ORDER
from tests.builders import PASSPHRASE, make_patient, put_patient, signed_contact
from tests.servers.medplum_server import Choices, MedplumServer
from tests.servers.scripted import Answer, Scripted, outcome, statement
from tests.sync.test_batch_only import BatchOnly


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """A closed store with one signed contact waiting."""
    signed_contact(desk, put_patient(desk, make_patient()))
    desk.close()
    return desk


def run(signed: Desk, *arguments: str, **server: str) -> Result:
    folder = signed.store.folder
    lines = (f'{name} = "{value}"\n' for name, value in server.items())
    (folder.parent / "server.toml").write_text("".join(lines))
    environment = {
        "GSH_CONSOLE_PASSPHRASE": PASSPHRASE,
        "GSH_CONSOLE_SETTINGS": str(folder.parent / "settings.toml"),
    }
    return CliRunner().invoke(cli, ["--store", str(folder), *arguments], env=environment)


def fault_of(result: Result) -> GshFault:
    assert isinstance(result.exception, GshFault), result.output
    return result.exception


def waiting_id(signed: Desk) -> str:
    return str(outbox_line(signed)["id"])


def test_a_test_says_in_words_what_will_be_used_and_sending_uses_it(signed: Desk, medplum: MedplumServer) -> None:
    tested = run(signed, "sync", "--test", url=medplum.base)
    assert tested.exit_code == 0
    strict = medplum.choices.profile == "strict"
    assert ("at most 8 parts a transaction" if strict else "one transaction a record") in tested.output
    sent = run(signed, "sync", url=medplum.base)
    assert (sent.exit_code, sent.stdout) == (0, "sent: 1, failed: 0, left: 0\n")
    even = run(signed, "reconcile", url=medplum.base)
    assert even.exit_code == 0
    assert "signed notes and amendments: 1\n" in even.stdout
    assert "read back and equal by hash: 1\n" in even.stdout


def test_a_wrong_clock_is_told_where_records_are_sent(signed: Desk, make_medplum) -> None:
    server = make_medplum(Choices(clock_offset=600))
    for command in (("sync", "--test"), ("sync",)):
        done = run(signed, *command, url=server.base)
        assert done.exit_code == 0
        assert "This machine's clock is 10 minutes behind the server's" in done.stdout


def test_a_server_that_takes_batches_only_is_refused_in_words_and_everything_waits(signed: Desk) -> None:
    with Scripted(BatchOnly("batch")) as server:
        for command in (("sync", "--test"), ("sync",)):
            done = run(signed, *command, url=server.base)
            fault = fault_of(done)
            assert (fault.exit_code, "takes no transactions, so nothing can be sent safely" in str(fault)) == (7, True)
    assert "Nothing waits" not in run(signed, "outbox").stdout


def test_reconciling_finds_what_was_changed_on_the_server(signed: Desk, medplum_open: MedplumServer) -> None:
    run(signed, "sync", url=medplum_open.base)
    note = next(each for each in medplum_open.resources() if each["resourceType"] == "Composition")
    medplum_open.ask("PUT", f"Composition/{note['id']}", {**note, "title": "Another title"})
    goal = next(each for each in medplum_open.resources() if each["resourceType"] == "Appointment")
    medplum_open.ask("DELETE", f"Appointment/{goal['id']}")
    report = run(signed, "reconcile", url=medplum_open.base)
    assert fault_of(report).exit_code == 7
    assert "deleted there" in report.stdout
    medplum_open.ask("PUT", f"Appointment/{goal['id']}", {name: told for name, told in goal.items() if name != "meta"})
    assert "Composition differs" in run(signed, "reconcile", url=medplum_open.base).stdout


def test_a_refused_record_is_told_can_be_saved_and_goes_again(
    signed: Desk, medplum_open: MedplumServer, tmp_path: Path
) -> None:
    nhs_number = make_patient().nhs_number
    for _ in range(2):
        person = {
            "resourceType": "Patient",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number}],
        }
        doubled = medplum_open.ask("POST", "Patient", person)
    refused = run(signed, "sync", url=medplum_open.base)
    assert refused.stdout == "sent: 0, failed: 1, left: 1\n"
    listed = run(signed, "outbox")
    assert "several patients" in listed.output
    assert "(refused)" in listed.output
    for private in ("kafor", nhs_number or "-"):
        assert private not in listed.output
    item_id = waiting_id(signed)
    saved = run(signed, "outbox", "export", item_id, "--to", str(tmp_path))
    assert saved.exit_code == 0
    (copy,) = tmp_path.glob(f"{item_id}_*.json")
    assert json.loads(copy.read_text("utf-8"))["id"] == item_id
    medplum_open.ask("DELETE", f"Patient/{doubled.json['id']}")
    assert run(signed, "outbox", "retry", item_id).exit_code == 0
    assert run(signed, "sync", url=medplum_open.base).stdout == "sent: 1, failed: 0, left: 0\n"


def test_an_unknown_id_is_refused_in_one_sentence(signed: Desk, tmp_path: Path) -> None:
    for arguments in (("retry", "nobody"), ("export", "nobody", "--to", str(tmp_path))):
        assert "There is no such record" in str(fault_of(run(signed, "outbox", *arguments)))


def test_the_caseload_comes_down_and_changes_meet(signed: Desk, medplum_open: MedplumServer) -> None:
    pwp = "Practitioner/pwp-1"
    person = {
        "resourceType": "Patient", "id": "p1", "name": [{"family": "Lind", "given": ["Ada"]}], "birthDate": "1990-01-01",
        "generalPractitioner": [{"reference": pwp}],
    }  # fmt: skip
    medplum_open.ask("PUT", "Patient/p1", person)
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "description": "Ring the GP",
        "for": {"reference": "Patient/p1"}, "owner": {"reference": pwp},
    }  # fmt: skip
    medplum_open.ask("POST", "Task", task)
    goal = {
        "resourceType": "Goal", "id": "g1", "lifecycleStatus": "active", "description": {"text": "Walk"},
        "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    medplum_open.ask("PUT", "Goal/g1", goal)
    server = {"url": medplum_open.base, "practitioner": pwp}
    brought = run(signed, "caseload", "pull", **server)
    assert brought.exit_code == 0
    assert "patients: 1 new, 0 changed" in brought.stdout
    assert "Lind" not in brought.output
    assert "Ring the GP" in run(signed, "caseload", "tasks", **server).output
    assert run(signed, "caseload", "proposals", **server).output == "Nothing of yours differs from the server.\n"
    done = run(signed, "caseload", "change", "Goal/g1", "--set", "lifecycleStatus=completed", **server)
    assert done.stdout == "lifecycleStatus: completed\n"


def test_an_empty_list_of_tasks_says_so(signed: Desk) -> None:
    assert run(signed, "caseload", "tasks").stdout == "No task from the service is open.\n"


@pytest.mark.parametrize("command", [("reconcile",), ("caseload", "pull"), ("sync",)])
def test_without_a_server_the_file_to_name_it_in_is_named(signed: Desk, command: tuple[str, ...]) -> None:
    fault = fault_of(run(signed, *command))
    assert isinstance(fault, SyncFault)
    assert "in server.toml" in str(fault)


NOT_THERE = "The server has no FHIR service at this address (404). Check url in server.toml."


def small_server(status: int) -> Scripted:
    """A server that says of itself that it takes everything, and answers so to every other question."""
    says = statement("transaction", kinds=ORDER)
    return Scripted(
        lambda asked: Answer(body=says) if asked.path == "metadata" else Answer(status, outcome("not here"))
    )


def outbox_line(signed: Desk) -> dict[str, Any]:
    return dict(json.loads(run(signed, "outbox", "--json").output))


def test_a_mistyped_address_refuses_no_record_and_a_right_one_sends_at_once(
    signed: Desk, medplum_open: MedplumServer
) -> None:
    with small_server(404) as wrong:
        assert run(signed, "sync", url=wrong.base).stdout == "sent: 0, failed: 1, left: 1\n"
    assert (outbox_line(signed)["state"], outbox_line(signed)["last_error"]) == ("waiting", NOT_THERE)
    assert run(signed, "sync", url=medplum_open.base).stdout == "sent: 1, failed: 0, left: 0\n"


def test_an_address_that_does_not_even_say_what_it_is_stops_sending(signed: Desk) -> None:
    with Scripted(lambda _: Answer(404, outcome("Unknown resource type"))) as wrong:
        assert str(fault_of(run(signed, "sync", url=wrong.base))) == NOT_THERE
    assert outbox_line(signed)["state"] == "waiting"


def test_what_one_address_refused_stays_refused_there_and_goes_at_once_to_another(
    signed: Desk, medplum_open: MedplumServer
) -> None:
    with small_server(422) as first:
        for _ in range(2):
            run(signed, "sync", url=first.base)
            assert (outbox_line(signed)["state"], outbox_line(signed)["tries"]) == ("refused", 1)
    run(signed, "sync", "--test", url=medplum_open.base)
    assert outbox_line(signed)["state"] == "refused"
    assert run(signed, "sync", url=medplum_open.base).stdout == "sent: 1, failed: 0, left: 0\n"


def test_a_key_file_that_is_not_there_is_named(signed: Desk, medplum_open: MedplumServer, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    for command in (("sync",), ("sync", "--test"), ("caseload", "pull")):
        done = run(signed, *command, url=medplum_open.base, client_id="x", key_file=missing)
        assert "(key_file in server.toml) cannot be read: No such file" in str(fault_of(done))


def test_nobody_there_ends_with_seven_and_keeps_everything(signed: Desk) -> None:
    fault = fault_of(run(signed, "sync", url="http://127.0.0.1:9/fhir"))
    assert fault.exit_code == 7
    assert "cannot be reached" in str(fault)
    assert waiting_id(signed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('urll = "x"', 'Did you mean "url"'),
        ('url = "https://a.example"\nupload_url = "https://b.example"', "both set"),
        ('ids = "both"', "ids is not known"),
        ('most_entries = "many"', "not a number"),
        ('client_id = "x"', "go together"),
        ("most_entries = 8", "takes text"),
        ("url = ", "not valid TOML"),
    ],
)
def test_a_wrong_server_file_is_refused_in_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "server.toml"
    file.write_text(text)
    with pytest.raises(SettingsFault, match=why):
        load_server(file)


def test_a_file_that_is_not_there_means_no_server(tmp_path: Path) -> None:
    assert not load_server(tmp_path / "server.toml").is_set


def test_the_training_caseload_has_neither_sending_nor_a_server(
    training_desk: Desk, medplum_open: MedplumServer
) -> None:
    training_desk.close()
    for command in (("sync",), ("reconcile",), ("caseload", "pull")):
        fault = fault_of(run(training_desk, *command, url=medplum_open.base, practitioner="Practitioner/1"))
        assert "training caseload" in str(fault)
    assert all(not found["resources"] for found in medplum_open.counts().values())
