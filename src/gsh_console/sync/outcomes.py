"""Why a target did not take a record, and what it tells of the parts it did take."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gsh_console.faults import SyncFault


class TryLater(SyncFault):
    """Nobody can say yet whether the target holds the record; the same is sent again.

    `after` is what the target asked for, in seconds; `unreachable` says that no record could be sent now.
    """

    def __init__(
        self, message: str, remedy: str = "", *, after: float | None = None, unreachable: bool = False
    ) -> None:
        super().__init__(message, remedy)
        self.after = after
        self.unreachable = unreachable


class RefusedForGood(SyncFault):
    """The target will never take this record as it is; somebody has to look at it. `status`: HTTP's, 0 without one."""

    def __init__(self, message: str, remedy: str = "", *, status: int = 0) -> None:
        super().__init__(message, remedy)
        self.status = status


class TargetStopped(SyncFault):
    """The target takes nothing from this console until somebody puts that right."""


@dataclass(frozen=True)
class Patience:
    """How long to wait between tries, in seconds: full jitter up to `base` doubled at every try, at most `cap`."""

    base: float = 2.0
    cap: float = 900.0
    longest_asked: float = 3600.0

    def delay(self, tries: int) -> float:
        """A wait after so many tries."""
        return random.uniform(0.0, min(self.cap, self.base * 2.0 ** min(tries, 20)))

    def asked(self, seconds: float) -> float:
        """What the target asked for, as far as it is believed."""
        return min(max(0.0, seconds), self.longest_asked)


@dataclass
class Ledger:
    """What is known about one record before it is sent, and what becomes known on the way.

    `tried`: it may have arrived before. `known`: our own ids of the parts the target has acknowledged, with the
    references it gave them. `patient`: the patient's reference on the target, where it is known.
    """

    tried: bool = False
    known: dict[str, str] = field(default_factory=dict)
    patient: str = ""
    on_progress: Callable[[Mapping[str, str]], None] = lambda _: None

    def acknowledge(self, parts: Mapping[str, str]) -> None:
        """Keep the references of some more parts."""
        self.known.update(parts)
        self.on_progress(dict(self.known))
