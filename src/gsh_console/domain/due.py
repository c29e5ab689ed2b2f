"""Which measures a contact asks beyond those its protocol names: by problem, by kind of contact, by the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class DueRule:
    """Measures asked where every condition given holds; an empty condition always does.

    `descriptors` are the beginnings of problem codes without the dot; `every` asks at contact 1, 1 + every, and so on.
    """

    measures: tuple[str, ...]
    source: str
    protocols: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    every: int = 1

    def holds(self, protocol: str, descriptor: str, contact_number: int) -> bool:
        """Whether this contact is one the rule means."""
        code = descriptor.replace(".", "").upper()
        return (
            (not self.protocols or protocol in self.protocols)
            and (not self.descriptors or any(code.startswith(begins) for begins in self.descriptors))
            and (contact_number - 1) % self.every == 0
        )


def due_measures(rules: Iterable[DueRule], protocol: str, descriptor: str, contact_number: int) -> tuple[str, ...]:
    """The ids of the measures that are due, each once, in the order of the rules."""
    found: dict[str, None] = {}
    for rule in rules:
        if rule.holds(protocol, descriptor, contact_number):
            found |= dict.fromkeys(rule.measures)
    return tuple(found)
