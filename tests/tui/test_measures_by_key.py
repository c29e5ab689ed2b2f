"""The measures in a real terminal: keys counted, slips mended, killed and resumed."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from gsh_console.domain.measures import Absence
from tests.tui.real_terminal import console, copy_of, newest_contact, second_connection, to_measures

TRIES = 3  # the best of three: one pause of a shared machine is not the program's

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")


def test_twenty_one_answers_take_at_most_twenty_four_keys(training_store: Path, tmp_path: Path) -> None:
    store = copy_of(training_store, tmp_path / "store")
    keys = ["2", "2", "3", "2", "1", "2", "2", "0", "0", "<enter>", "2", "1", "1", "2", "1", "3", "1", "<enter>"]
    keys += ["4", "5", "6", "4", "3", "<enter>"]
    assert len(keys) <= 24
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        terminal.do("".join(keys), "asked at every contact")
    with second_connection(store) as desk:
        _, state = newest_contact(desk, "okafor")
        assert list(state.answers_of("phq-9").values()) == [2, 2, 3, 2, 1, 2, 2, 0, 0]
        assert list(state.answers_of("gad-7").values()) == [2, 1, 1, 2, 1, 3, 1]
        assert list(state.answers_of("wsas").values()) == [4, 5, 6, 4, 3]


def test_an_answer_is_mended_and_left_again_in_at_most_three_keys(training_store: Path, tmp_path: Path) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        terminal.do("21120", "6 of 9")
        terminal.do("<back>", "5 of 9")
        terminal.do("1", "6 of 9")
    with second_connection(store) as desk:
        _, state = newest_contact(desk, "okafor")
        assert list(state.answers_of("phq-9").values()) == [2, 1, 1, 2, 1]


def test_killed_at_question_seven_the_console_resumes_there_within_two_seconds(
    training_store: Path, tmp_path: Path
) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        terminal.do("221101", "7 of 9")
        terminal.kill()
    with second_connection(store) as desk:
        _, state = newest_contact(desk, "okafor")
        assert len(state.answers_of("phq-9")) == 6
    assert min(seconds_to_question_seven(store, tmp_path) for _ in range(TRIES)) < 2.0
    with console(store, tmp_path) as terminal:
        terminal.wait_for("Call open since.*OKAFOR, Maya.*")
        terminal.do("<enter>", "PHQ-9 .* 7 of 9")
        terminal.do("3", "8 of 9")


def seconds_to_question_seven(store: Path, home: Path) -> float:
    """From starting the program to the question it was killed on, by the one key it offers."""
    began = time.monotonic()
    with console(store, home) as terminal:
        terminal.wait_for("Call open since.*OKAFOR, Maya")
        terminal.do("<enter>", "PHQ-9 .* 7 of 9")
        return time.monotonic() - began


def test_an_item_above_zero_or_declined_leads_through_safety_before_measures_are_left(
    training_store: Path, tmp_path: Path
) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        terminal.do("000000001", "opens the safety")
        terminal.do("<f7>", "asked at every contact")
        terminal.do("<plainesc>", "The safety conversation has been opened")


def test_decline_unclear_and_not_asked_are_values_and_no_total_is_made_of_too_few(
    training_store: Path, tmp_path: Path
) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        screen = terminal.do("dun000000", "no total")
        assert re.search(r"item 1\s+declined|item 1 declined", " ".join(screen.split()))
    with second_connection(store) as desk:
        _, state = newest_contact(desk, "okafor")
        assert list(state.answers_of("phq-9").values())[:3] == [
            Absence.DECLINED,
            Absence.UNCLEAR,
            Absence.NOT_ASKED,
        ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_no_line_of_the_question_before_is_left_on_the_screen_under_the_result(
    training_store: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path, size) as terminal:
        to_measures(terminal)
        for answered, digit in enumerate("22110120", 2):
            terminal.do(digit, f"{answered} of 9")
        terminal.do("0", "Enter goes on")
        terminal.settle()
        assert "Nearly every day" not in terminal.text
        assert "not asked" not in terminal.text
