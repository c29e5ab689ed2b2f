"""Keys typed in one burst in a real terminal: each is taken where a slow typist would have put it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.terminal import NAMED
from tests.tui.real_terminal import console, copy_of, newest_contact, second_connection, to_measures

F3, F9, ESC = NAMED["<f3>"], NAMED["<f9>"], NAMED["<esc>"]
PHQ = "phq-9"


def test_keys_behind_the_key_that_closes_a_dialog_land_on_the_question_under_it(
    training_store: Path, tmp_path: Path
) -> None:
    store = copy_of(training_store, tmp_path / "store")
    bursts = [
        F3 + b"one\r2",  # a dialog opened, filled, closed by Enter, and the question under it answered
        F9 + ESC + b"1",
        F3 + b"half" + ESC + b"3",
        F9 + b"1" + b"3" + b"0",  # closed by a digit: the line dropped, and came back
        b"-" + ESC + b"1",
        F3 + b"two\r" + F3 + b"three\r" + F9 + ESC + b"2",
        F3 + ESC + b"d",  # Esc and a letter in one write are not a key with Alt
        F9 + ESC + b"10",
    ]
    given = [2, 1, 3, 0, 1, 2, "declined", 1, 0]
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        done = 0
        for burst in bursts:
            os.write(terminal.file, burst)
            done += 2 if burst.endswith(b"10") else 1
            terminal.wait_for(f"{done + 1} of 9" if done < len(given) else "Enter goes on")
        terminal.kill()
    with second_connection(store) as desk:
        _, state = newest_contact(desk, "okafor")
        assert list(state.answers_of(PHQ).values()) == given
        assert [jot.entry.text for jot in state.jots] == ["one", "two", "three"]


def test_escape_and_enter_in_one_burst_are_both_taken(training_store: Path, tmp_path: Path) -> None:
    store = copy_of(training_store, tmp_path / "store")
    with console(store, tmp_path) as terminal:
        to_measures(terminal)
        for _ in range(3):
            os.write(terminal.file, ESC + b"2\r")  # out of the call still on, and into it again from the first row
            terminal.wait_for("1 of 9")
            os.write(terminal.file, ESC + b"2/okafor" + ESC + b"3")  # to the list, a filter and back, the third list
            terminal.wait_for("▸ 3 Outbox")
            os.write(terminal.file, b"1\r")
            terminal.wait_for("1 of 9")
