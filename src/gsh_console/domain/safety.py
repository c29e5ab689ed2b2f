"""The safety conversation: what is asked, and what makes its record complete. It holds no level and no score.

Source: NHS England "Staying safe from suicide" (2025), NICE NG225; areas from domain reference §4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gsh_console.domain.protocols import Field, FieldKind, Option
from gsh_console.domain.session import Value

STAGE = "safety"
INCOMPLETE_REASON = "safety.incomplete.reason"
INCOMPLETE_ACTION = "safety.incomplete.action"
INCOMPLETE_INFORMED = "safety.incomplete.informed"


class Reply(StrEnum):
    """What came of asking about one area. NOT_ASKED always needs its reason in words."""

    YES = "yes"
    NO = "no"
    DECLINED = "declined"
    NOT_ASKED = "not_asked"


_REPLIES = (
    Option(Reply.YES, "yes"),
    Option(Reply.NO, "no"),
    Option(Reply.DECLINED, "asked, did not want to answer"),
    Option(Reply.NOT_ASKED, "not asked"),
)


@dataclass(frozen=True)
class Area:
    """One area of the conversation. `always`: asked at every contact; `own_words`: words needed even for no."""

    id: str
    title: str
    ask: str
    always: bool = False
    own_words: bool = False
    opens_the_rest: bool = False
    extra: tuple[Field, ...] = ()

    @property
    def reply_field(self) -> Field:
        """The field that holds what came of asking."""
        return Field(
            id=f"safety.{self.id}",
            kind=FieldKind.CHOICE,
            label=self.title,
            options=_REPLIES,
            hint=self.ask,
            note=f"{self.title}: {{value}}.",
        )

    @property
    def words_field(self) -> Field:
        """The field that holds the patient's words, or why the area was not asked about."""
        return Field(
            id=f"safety.{self.id}.words",
            kind=FieldKind.TEXT,
            label="in the patient's words",
            hint="Their words. If it was not asked: why not, in yours.",
            note="“{value}”.",
        )


@dataclass(frozen=True)
class Response:
    """What to do in a situation that can be observed; actions, never levels."""

    situation: str
    respond: str


@dataclass(frozen=True)
class SafetyConversation:
    """The whole conversation: areas asked about, what closes the record, and the record of an early end."""

    version: str
    source: str
    say: tuple[str, ...]
    areas: tuple[Area, ...]
    closing: tuple[Field, ...]
    incomplete: tuple[Field, ...]
    responses: tuple[Response, ...]

    def fields(self) -> Iterator[tuple[str, Field]]:
        """Every field with the title of its group, in the order they are asked."""
        for area in self.areas:
            yield area.title, area.reply_field
            yield area.title, area.words_field
            for extra in area.extra:
                yield area.title, extra
        for closing in self.closing:
            yield "Understanding and plan", closing
        for left_open in self.incomplete:
            yield "Only if it could not be completed", left_open


def areas_to_ask(conversation: SafetyConversation, fields: Mapping[str, Value], *, prompted: bool) -> tuple[Area, ...]:
    """The areas this contact needs: those always asked, and all of them once something is disclosed.

    `prompted` is whether a measure's answer above its line opened the conversation; a decline or a gap there
    is settled by asking about thoughts directly, which is always needed.
    """
    disclosed = prompted or any(
        area.opens_the_rest and _reply(fields, area) in (Reply.YES, Reply.DECLINED) for area in conversation.areas
    )
    return tuple(area for area in conversation.areas if area.always or disclosed)


def missing(conversation: SafetyConversation, fields: Mapping[str, Value], *, prompted: bool) -> tuple[str, ...]:
    """What the record still lacks, in words; empty when it is complete."""
    lacking = []
    for area in areas_to_ask(conversation, fields, prompted=prompted):
        reply = _reply(fields, area)
        if reply is None:
            lacking.append(area.title)
        elif _needs_words(area, reply) and not _has_words(fields, area.words_field.id):
            why = "why it was not asked" if reply is Reply.NOT_ASKED else "in the patient's words"
            lacking.append(f"{area.title}: {why}")
    lacking += [field.label for field in conversation.closing if field.required and not _has_words(fields, field.id)]
    return tuple(lacking)


def recorded_as_incomplete(conversation: SafetyConversation, fields: Mapping[str, Value]) -> bool:
    """Whether reason, action taken and who was informed are all written down for a call that ended early."""
    return all(_has_words(fields, field.id) for field in conversation.incomplete)


def _reply(fields: Mapping[str, Value], area: Area) -> Reply | None:
    value = fields.get(area.reply_field.id)
    return Reply(str(value.value)) if value is not None and value.value != "" else None


def _needs_words(area: Area, reply: Reply) -> bool:
    return reply in (Reply.YES, Reply.NOT_ASKED) or (area.own_words and reply is not Reply.DECLINED)


def _has_words(fields: Mapping[str, Value], field_id: str) -> bool:
    value = fields.get(field_id)
    return value is not None and bool(value.value.strip() if isinstance(value.value, str) else value.value)
