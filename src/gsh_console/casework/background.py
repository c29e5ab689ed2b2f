"""Sending while the console is used: a courier in a thread of its own, and the light that tells what it does.

Nothing heavy is imported here; the thread loads what it needs, after the first list has been drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from gsh_console import locations
from gsh_console.faults import GshFault, StoreFault

if TYPE_CHECKING:
    from gsh_console.casework.courier import Courier, Target
    from gsh_console.casework.desk import Desk
    from gsh_console.sync.outcomes import Patience

RESTART_AFTER = 10.0  # seconds, where the store could not be written


@dataclass(frozen=True)
class Light:
    """What sending is at, for the head of every screen: a word, a sign, a sentence, and how many items wait."""

    word: str
    sign: str
    told: str
    waiting: int

    @property
    def short(self) -> str:
        """The light where there is little room."""
        return f"{self.waiting}{self.sign}"

    def __str__(self) -> str:
        return f"queue {self.waiting} {self.word}"


STARTING = Light("", "", "Sending is about to begin.", 0)


class Background:
    """A courier in a thread, from when it is started to when the console ends; `gently` while a call goes on."""

    def __init__(
        self,
        desk: Desk,
        open_target: Callable[[Desk], Target] | None = None,
        patience: Patience | None = None,
        gently: Callable[[], bool] = lambda: False,
    ) -> None:
        self._desk = desk
        self._open_target = open_target
        self._patience = patience
        self._gently = gently
        self._asked_to_stop = Event()
        self._courier: Courier | None = None
        self._fault: GshFault | None = None
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    @property
    def light(self) -> Light:
        """What is going on."""
        if self._fault is not None:
            return Light("stopped", "!", str(self._fault), self._courier.light.waiting if self._courier else 0)
        return self._courier.light if self._courier else STARTING

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def hurry(self) -> None:
        """Send everything that waits now, also where sending had stopped."""
        self._fault = None
        if self._courier:
            self._courier.hurry()
        if not self._thread.is_alive():
            self._thread = Thread(target=self._run, name="courier", daemon=True)
            self._thread.start()

    def stop(self, wait: float = 1.0) -> None:
        """End sending; what is under way is taken up again at the next start."""
        self._asked_to_stop.set()
        if self._thread.is_alive():
            self._thread.join(wait)

    def _run(self) -> None:
        while not self._asked_to_stop.is_set():
            try:
                self._courier = self._courier or self._make()
                self._fault = None
                self._courier.run(self._asked_to_stop.is_set)
            except StoreFault as fault:  # a full disk, a busy store: what is not settled is taken up again
                self._fault = fault
                self._asked_to_stop.wait(RESTART_AFTER)
            except GshFault as fault:
                self._fault = fault
                return

    def _make(self) -> Courier:
        from gsh_console.casework.courier import DEFAULT_PATIENCE, Courier
        from gsh_console.casework.target import target_of

        target = (self._open_target or target_of)(self._desk)
        return Courier(self._desk, target, self._patience or DEFAULT_PATIENCE, self._gently)


def sends_by_itself(desk: Desk) -> bool:
    """Whether records go by themselves: to a server, yes; a folder is sent to on request, when it is plugged in."""
    return not desk.training and locations.server_file().exists()
