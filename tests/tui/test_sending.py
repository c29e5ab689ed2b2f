"""Sending beside the work: the light in every head, one item's fate and choices, the target in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gsh_console.casework.background import Light
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.store import outbox
from gsh_console.store.lanes import Lanes, Settled
from tests.builders import make_conduct, make_patient, put_patient, signed_contact
from tests.servers.medplum_server import MedplumServer
from tests.tui.scenes import LARGE, SMALL, app_over, lines, second_reading, text, until

MAYA = make_patient()


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """A desk with one signed contact waiting."""
    put_patient(desk, MAYA)
    signed_contact(desk, MAYA)
    return desk


def refuse(desk: Desk, why: str) -> None:
    taken = Lanes(desk.store)
    (due,) = taken.turn([], desk.now(), 1)
    taken.turn([Settled(due.seq, "refused", why)], desk.now(), 0)
    taken.close()


async def test_with_a_server_set_records_go_by_themselves_and_the_light_says_so(
    signed: Desk, server_file: Path, medplum_open: MedplumServer
) -> None:
    server_file.write_text(f'url = "{medplum_open.base}"\n')
    async with app_over(signed).run_test(size=LARGE) as pilot:
        await until(pilot, lambda: second_reading(signed, "SELECT state FROM outbox") == [("sent",)])
        await until(pilot, lambda: "queue 0 sent" in lines(pilot.app)[0])
        await pilot.press("3")
        assert "Nothing waits to be sent" in text(pilot.app)
    assert medplum_open.counts()["Composition"]["resources"] == 1


async def test_in_a_call_the_clock_line_shows_what_sending_is_at(
    signed: Desk, server_file: Path, medplum_open: MedplumServer
) -> None:
    server_file.write_text(f'url = "{medplum_open.base}"\n')
    app = app_over(signed)
    conduct: Conduct = make_conduct(signed, MAYA)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.sender is not None)
        app.open_session(conduct)
        await until(pilot, lambda: "queue 0 sent" in text(app))
        await until(pilot, lambda: "saved" in lines(app)[1])
        assert "queue 0 sent" in lines(app)[1]


async def test_offline_is_told_quietly_and_nothing_is_lost(signed: Desk, server_file: Path) -> None:
    server_file.write_text('url = "http://127.0.0.1:9/fhir"\n')
    async with app_over(signed).run_test(size=LARGE) as pilot:
        await until(pilot, lambda: "queue 1 offline" in lines(pilot.app)[0])
        await pilot.press("3", "enter")
        await until(pilot, lambda: "cannot be reached" in text(pilot.app))
        assert "It is sent again by itself" in text(pilot.app)
    assert outbox.count_unsent(signed.store) == 1


async def test_where_nothing_is_named_to_send_to_nobody_is_told_that_it_goes_by_itself(signed: Desk) -> None:
    async with app_over(signed).run_test(size=LARGE) as pilot:
        await pilot.press("3", "enter")
        await until(pilot, lambda: "No server and no folder is named" in text(pilot.app))
        assert "by itself" not in text(pilot.app)


async def test_a_broken_server_file_stops_sending_and_not_the_console(signed: Desk, server_file: Path) -> None:
    server_file.write_text("url = ")
    async with app_over(signed).run_test(size=LARGE) as pilot:
        await until(pilot, lambda: "queue 1 stopped" in lines(pilot.app)[0])
        assert "3 Outbox (1)" in text(pilot.app)


async def test_without_a_server_nothing_is_started_and_no_light_is_shown(signed: Desk, server_file: Path) -> None:
    app = app_over(signed)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen._warm)  # type: ignore[attr-defined]
        assert app.sender is None
        assert "queue" not in lines(app)[0]


async def test_the_training_caseload_never_starts_sending(training_desk: Desk, server_file: Path) -> None:
    server_file.write_text('url = "http://127.0.0.1:9/fhir"\n')
    app = app_over(training_desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.screen._warm)  # type: ignore[attr-defined]
        assert app.sender is None


async def test_an_item_tells_its_whole_fate_and_goes_again_on_request(signed: Desk, tmp_path: Path) -> None:
    refuse(signed, "The server refused (400: no such code Goal.status).")
    async with app_over(signed).run_test(size=SMALL) as pilot:
        await pilot.press("3", "enter")
        shown = " ".join(text(pilot.app).replace("│", " ").split())
        for part in ("OKAFOR, Maya", "Waiting since", "1 try", "no such code Goal.status", "amend the note"):
            assert part in shown
        await pilot.press("1")
        await until(pilot, lambda: second_reading(signed, "SELECT state FROM outbox") == [("waiting",)])


async def test_a_copy_of_an_item_is_written_where_asked(signed: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    async with app_over(signed).run_test(size=SMALL) as pilot:
        await pilot.press("3", "enter", "2")
        await until(pilot, lambda: "not encrypted" in text(pilot.app))
        await pilot.press(*str(folder))
        await pilot.press("enter")
        await until(pilot, lambda: list(folder.glob("*.json")))
        await until(pilot, lambda: "Written" in text(pilot.app))
    assert outbox.count_unsent(signed.store) == 1


async def test_the_target_is_told_in_words_and_tested_on_request(
    signed: Desk, server_file: Path, medplum_open: MedplumServer
) -> None:
    server_file.write_text(f'url = "{medplum_open.base}"\n')
    async with app_over(signed).run_test(size=LARGE) as pilot:
        pilot.app.show_target()  # type: ignore[attr-defined]
        await until(pilot, lambda: medplum_open.base in text(pilot.app))
        assert "not tested yet" in text(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: "one transaction a record" in text(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: "3 Outbox" in text(pilot.app))


async def test_the_caseload_comes_down_with_progress_and_a_way_back(
    signed: Desk, server_file: Path, medplum_open: MedplumServer
) -> None:
    server_file.write_text(f'url = "{medplum_open.base}"\npractitioner = "Practitioner/pwp-1"\n')
    person = {
        "resourceType": "Patient", "id": "p1", "name": [{"family": "Lind", "given": ["Ada"]}], "birthDate": "1990-01-01",
        "generalPractitioner": [{"reference": "Practitioner/pwp-1"}],
    }  # fmt: skip
    medplum_open.ask("PUT", "Patient/p1", person)
    async with app_over(signed).run_test(size=SMALL) as pilot:
        pilot.app.show_pull()  # type: ignore[attr-defined]
        await until(pilot, lambda: "patients: 1 new" in text(pilot.app))
        await pilot.press("escape", "2")
        await until(pilot, lambda: "LIND, Ada" in text(pilot.app))


def test_the_light_has_a_short_form_for_small_screens() -> None:
    light = Light("sending", "↑", "Records are on their way.", 12)
    assert (str(light), light.short) == ("queue 12 sending", "12↑")
