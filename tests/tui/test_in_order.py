"""Keys typed in one burst in a real terminal: each is taken where a slow typist would have put it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from textual import events
from textual.screen import Screen

from gsh_console.casework.desk import Desk
from gsh_console.tui.in_order import PlainEscape
from gsh_console.tui.screens.help import HelpScreen
from tests.terminal import NAMED
from tests.tui.real_terminal import console, copy_of, newest_contact, second_connection, to_measures
from tests.tui.scenes import app_over, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs a POSIX system")
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


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("\x1b1", ["escape", "1"]),
        ("\x1bxy", ["escape", "x", "y"]),
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b ", ["escape", "space"]),
        ("\x1b-", ["escape", "minus"]),
        ("\x1b\x1bOS", ["escape", "f4"]),
        ("\x1b[A", ["up"]),
        ("\x1bOS", ["f4"]),
        ("\x1b[18~", ["f7"]),
        ("\x1bb", ["ctrl+left"]),
        ("\x1b\x7f", ["ctrl+w"]),
    ],
)
def test_escape_is_a_key_of_its_own_and_longer_sequences_stay_whole(typed: str, keys: list[str]) -> None:
    parser = PlainEscape()
    assert [event.key for event in parser.feed(typed) if isinstance(event, events.Key)] == keys


class Stuck(Screen[None]):
    """A screen on which a key comes to an end only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def on_key(self) -> None:
        """Wait for as long as it takes."""
        await self.let_go.wait()


async def test_a_key_that_never_ends_does_not_lock_the_keyboard(training_desk: Desk) -> None:
    app, stuck = app_over(training_desk), Stuck()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen.query("RowList"))
        await app.push_screen(stuck)
        app.post_message(events.Key("x", "x"))
        app.post_message(events.Key("f1", None))
        for _ in range(100):
            await asyncio.sleep(0.05)
            if isinstance(app.screen, HelpScreen):
                break
        stuck.let_go.set()
        assert isinstance(app.screen, HelpScreen)
