"""Keys taken strictly one at a time, however fast they come: the next waits until all that the last led to is done.

Textual puts a key on the queue of whatever has the focus when it arrives. A key typed right behind one that closes a
dialog, opens one or moves the focus would stay in a queue nobody reads any more, or be taken where it was not meant.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.message_pump import MessagePump

LONGEST = 0.5  # seconds a key may hold the next ones back; nothing may ever lock the keyboard
MOST_ROUNDS = 20
STARTS_A_SEQUENCE = "[OPNX]^_\x1b"  # what may follow Esc in what a terminal sends for one key
MOVES_BY_WORD = "bf\x7f"  # what macOS sends for Option with an arrow or Backspace
ESCAPE = "\x1b"


class InOrder:
    """Holds keys back while an earlier one is at work. All of it happens on the app's own queue."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[events.Event] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._rounds = 0
        self._turn = 0  # of the key at work; a callback of an earlier one says nothing any more

    def held(self, event: events.Event) -> bool:
        """Whether the key was put aside because another is still at work; it comes again by itself."""
        if self._alarm is None:
            return False
        self._held.append(event)
        return True

    def follow(self) -> None:
        """Follow the key just handed out, through every queue it may pass."""
        self._turn += 1
        self._rounds = 0
        self._alarm = asyncio.get_running_loop().call_later(LONGEST, self._give_up, self._turn)
        self._go_round(self._turn)

    def _way(self) -> list[MessagePump]:
        """The queues from what has the focus up to the screen; none once the app ends."""
        if not self._app.screen_stack:
            return []
        at = self._app.focused or self._app.screen
        return [node for node in at.ancestors_with_self if node is not self._app]

    def _go_round(self, turn: int) -> None:
        self._rounds += 1
        self._pass(iter((*self._way(), self._app)), turn)

    def _pass(self, way: Iterator[MessagePump], turn: int) -> None:
        for pump in way:
            if pump is self._app:
                if not pump.call_later(self._arrived, turn):
                    self._rest()
                return
            if pump.call_later(self._pass, way, turn):
                return

    async def _arrived(self, turn: int) -> None:
        if turn != self._turn or self._alarm is None:
            return
        if self._rounds < MOST_ROUNDS and not self._settled():
            self._go_round(turn)
            return
        self._rest()
        if self._held:
            await self._app.on_event(self._held.popleft())

    def _settled(self) -> bool:
        way = self._way()
        return not way or (self._app.screen.is_mounted and not any(pump.message_queue_size for pump in way))

    def _rest(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _give_up(self, turn: int) -> None:
        self._rounds = MOST_ROUNDS
        self._app.call_later(self._arrived, turn)


class PlainEscape(XTermParser):
    """Reads Esc with another key right behind it as those two keys; Textual takes them for one key with Alt."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        second = sequence[1:]
        if sequence[0] != ESCAPE or len(second) != 1 or second in STARTS_A_SEQUENCE + MOVES_BY_WORD:
            return super()._sequence_to_key_events(sequence, alt)
        return (events.Key("escape", ESCAPE), *super()._sequence_to_key_events(second))


def read_escape_plainly() -> None:
    """Let the terminal driver read Esc as a key of its own; the console has no key with Alt."""
    for name in ("textual.drivers.linux_driver", "textual.drivers.win32"):
        if (driver := sys.modules.get(name)) is not None:
            driver.XTermParser = PlainEscape  # type: ignore[attr-defined]
