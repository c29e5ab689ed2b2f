"""A whole support call in a real terminal at 80 by 24, from today's list to the signed note."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gsh_console.casework import files, lists
from gsh_console.domain.measures import Absence
from gsh_console.domain.scoring import score
from gsh_console.store import journal
from tests.tui.real_terminal import ToldClock, console, copy_of, newest_contact, play, second_connection

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")


@pytest.fixture(scope="module")
def signed(dated_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the whole call was played and signed by keys alone."""
    home = tmp_path_factory.mktemp("home")
    store, clock = copy_of(dated_store, home / "store"), ToldClock(home / "clock")
    with console(store, home, clock=clock) as terminal:
        play(terminal, "support_call.keys", clock)
        assert all(len(line) <= 80 for line in terminal.text.splitlines())
        terminal.do("q", "")
        assert terminal.close() == 0
    return store


def test_the_call_is_signed_and_its_note_tells_what_was_said(signed: Path) -> None:
    with second_connection(signed) as desk:
        contact_id, state = newest_contact(desk, "okafor")
        assert state.signed is not None
        note = files.notes(desk, contact_id)[-1]
        for told in (
            "someone else answered",
            "16 of 27, moderately severe, prorated: item 9 declined",
            "23 of 40, prorated: item 1 not applicable",
            "“most evenings, of just not being here”",
            "“a month of sertraline in the house”",
            "line dropped",
            "partly done",
            "paragraph 4.4",
            "missed four in the last week",
            "Saturday 9:00",
            "rated 4 of 10",
            "to be written",
        ):
            assert told in note.text, told


def test_every_answer_of_the_call_is_on_disk_as_it_was_given(signed: Path) -> None:
    with second_connection(signed) as desk:
        _, state = newest_contact(desk, "okafor")
        assert list(state.answers_of("phq-9").values()) == [2, 2, 3, 2, 1, 2, 2, 0, Absence.DECLINED]
        assert list(state.answers_of("gad-7").values()) == [2, 1, 1, 2, 1, 3, 1]
        assert list(state.answers_of("wsas").values()) == [Absence.NOT_APPLICABLE, 5, 6, 4, 3]
        assert score(desk.definitions.measure("phq-9"), state.answers_of("phq-9")).total == 16


def test_signing_leaves_scores_actions_a_next_call_and_one_item_in_the_outbox(signed: Path) -> None:
    with second_connection(signed) as desk:
        contact_id, _ = newest_contact(desk, "okafor")
        row = lists.whole_caseload(desk, "okafor", 1, 0).rows[0]
        file = files.patient_file(desk, row.patient_id)
        assert {taken.measure: taken.total for taken in file.scores if taken.contact_id == contact_id} == {
            "phq-9": 16,
            "gad-7": 11,
            "wsas": 23,
        }
        assert [action.what for action in file.actions][-2:] == [
            "Tell the supervisor today, practitioner, by 17:00",
            "Write the letter to the GP (consent given)",
        ]
        found = desk.store.fetch(
            "SELECT state, content FROM outbox JOIN payload USING (seq) WHERE contact_id = ?", (contact_id,)
        )
        assert [state for state, _ in found] == ["training"]
        assert json.loads(found[0][1])["type"] == "transaction"
        assert desk.store.fetch("SELECT count(*) FROM appointment WHERE purpose = 'support' AND patient_id = ?",
                                (row.patient_id,))[0][0] >= 1  # fmt: skip


def test_the_chain_over_every_entry_holds_after_the_call(signed: Path) -> None:
    with second_connection(signed) as desk:
        assert journal.verify_chain(desk.store) > 10_000
