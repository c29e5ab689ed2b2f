"""Three whole calls in a real terminal at 80 by 24, each to its signed note; the notes are kept as examples."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gsh_console.casework import files
from gsh_console.casework.safety_plans import safety_plans
from gsh_console.domain.entries import CallEvent, CallMarked
from gsh_console.domain.session import SessionState
from tests.tui.examples import LEADS, as_page, kept_page
from tests.tui.real_terminal import ToldClock, console, copy_of, newest_contact, play, second_connection

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")

WHO = {"assessment": "dunnock", "interpreted_call": "begum", "review": "nightjar"}


@pytest.fixture(scope="module")
def played(dated_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the three calls were held and signed by keys alone, one after another on the same day."""
    home = tmp_path_factory.mktemp("calls")
    store, clock = copy_of(dated_store, home / "store"), ToldClock(home / "clock")
    with console(store, home, clock=clock) as terminal:
        for call in ("review", "interpreted_call", "assessment"):  # in the order of the day
            play(terminal, f"{call}.keys", clock)
            assert all(len(line) <= 80 for line in terminal.text.splitlines())
            terminal.do("<esc>", "Today")
        terminal.do("q", "")
        assert terminal.close() == 0
    return store


def of(store: Path, call: str) -> tuple[str, SessionState]:
    """The signed note of a played call, and its state on disk."""
    with second_connection(store) as desk:
        contact_id, state = newest_contact(desk, WHO[call])
        return files.notes(desk, contact_id)[-1].text, state


@pytest.mark.parametrize("call", LEADS)
def test_the_note_of_a_played_call_is_the_example_that_is_kept(played: Path, call: str) -> None:
    note, state = of(played, call)
    assert state.signed is not None
    assert as_page(call, note) == kept_page(call, note), "write it anew: see tests/tui/examples.py"


def test_a_disclosure_in_the_middle_of_a_question_leaves_that_question_as_it_was(played: Path) -> None:
    note, state = of(played, "assessment")
    assert state.words("abc.feelings") == "ashamed, numb"
    assert [spell.stage for spell in state.spells][:5] == ["opening", "problem", "safety", "problem", "impact"]
    for told in ("7 of 10", "Duty supervisor Priya Shah", "His brother comes tonight", "first to supervision"):
        assert told in note, told
    with second_connection(played) as desk:
        plan = safety_plans(desk, files_of(desk, "dunnock").patient.id).current
        assert plan is not None
        assert plan.headings["surroundings"] == "my brother keeps the tablets"
        assert any("tomorrow 12:00" in action.what for action in files_of(desk, "dunnock").actions)


def files_of(desk: object, name: str) -> files.PatientFile:
    """The file of a patient found by name."""
    from gsh_console.casework import lists
    from gsh_console.casework.desk import Desk

    assert isinstance(desk, Desk)
    return files.patient_file(desk, lists.whole_caseload(desk, name, 1, 0).rows[0].patient_id)


def test_a_lost_interpreter_and_a_dropped_line_are_logged_with_their_times_and_kept_apart(played: Path) -> None:
    note, state = of(played, "interpreted_call")
    marks = [
        (f"{mark.at:%H:%M}", mark.entry.event, mark.entry.text)
        for mark in state.calls
        if isinstance(mark.entry, CallMarked)
    ]
    assert ("14:26", CallEvent.INTERPRETER_LOST, "") in marks
    assert ("14:33", CallEvent.ANOTHER_INTERPRETER, "4478") in marks
    assert ("14:50", CallEvent.DROPPED, "") in marks
    assert ("14:50", CallEvent.BACK, "") in marks
    assert state.ended_at is not None
    assert state.seconds_without_interpreter(state.ended_at) == 7 * 60
    assert state.seconds_in("safety", state.ended_at) == 9 * 60  # sixteen minutes on the clock, seven without anybody
    assert "family does not interpret" in note
    assert "interpreted at sight, not validated" in note


def test_a_review_that_ends_treatment_carries_end_code_plan_and_the_sent_questionnaire(played: Path) -> None:
    note, state = of(played, "review")
    assert state.words("end_code.code") == "agreed"
    assert state.words("experience.sent") == "link"
    for told in ("Early signs", "15 Jan 2027", "agreed completion", "a reliable change", "Not covered"):
        assert told in note, told
