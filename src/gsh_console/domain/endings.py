"""Whether the referral ends with a contact, and how: found by what the fields are, not by what they are called.

A field that reports the national EndCode holds how it ended (domain reference §8.3); a choice marked `ends` ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gsh_console.domain.protocols import Field, Option, Protocol, Stage
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState

END_CODE = "EndCode"
# What ended a referral in definitions from before choices could be marked; older contacts are held to them still.
_BEFORE_MARKS: Mapping[str, tuple[str, ...]] = {
    "next_care.decision": ("end",),
    "decision.choice": ("elsewhere", "not_taken_on"),
}


def code_fields(protocol: Protocol) -> Iterator[tuple[Stage, str, Field]]:
    """The fields of a protocol that hold the national end code: each with its stage and its whole id."""
    return (found for found in _choices(protocol) if found[2].code == END_CODE)


def has_ending_choice(protocol: Protocol) -> bool:
    """Whether one of the protocol's choices ends the referral."""
    return any(_ends(name, option) for _, name, field in _choices(protocol) for option in field.options)


def ends(protocol: Protocol, state: SessionState) -> bool:
    """Whether a choice that ends the referral was made in this contact."""
    return any(
        _ends(name, option)
        for _, name, field in _choices(protocol)
        for option in field.options
        if option.value in _chosen(state, name)
    )


def end_code(book: Rulebook, state: SessionState) -> str:
    """The national end code this contact recorded, empty where the referral goes on."""
    for _, name, field in code_fields(book.protocol):
        option = field.option(state.words(name))
        if option:
            return option.code or ""
    return ""


def _choices(protocol: Protocol) -> Iterator[tuple[Stage, str, Field]]:
    for stage in protocol.stages:
        for step in stage.steps:
            for field in step.fields:
                if field.options and step.repeat is None:
                    yield stage, f"{step.id}.{field.id}", field


def _chosen(state: SessionState, name: str) -> tuple[str, ...]:
    held = state.value(name)
    return held if isinstance(held, tuple) else (held,) if isinstance(held, str) else ()


def _ends(name: str, option: Option) -> bool:
    return option.ends or option.value in _BEFORE_MARKS.get(name, ())
