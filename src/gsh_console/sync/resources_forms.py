"""The safety record and everything else the contact's form holds, field by field, each under the service's own form.

Choices are coded in the form's own code system (`<root>/CodeSystem/<form>`, code `<step>.<field>.<option>`). The
national code of an option (attendance, psychotropic medicine) is a nested answer of its own: the national lists have
no FHIR system this project could check, and none is invented.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from urllib.parse import quote

from gsh_console.domain import safety
from gsh_console.domain.entries import CallMarked, Jotted, MaterialEvent, MaterialUsed
from gsh_console.domain.moments import is_date
from gsh_console.domain.note import filled
from gsh_console.domain.note_contact import medium_code
from gsh_console.domain.path import skip_title, step_fields
from gsh_console.domain.protocols import Field, FieldKind
from gsh_console.domain.session import SessionState
from gsh_console.sync.datatypes import SNOMED, Json, coding, moment, present, read_stored, words
from gsh_console.sync.signed import SignedContact
from gsh_console.sync.writer import BundleWriter

SAFETY_FORM = "safety-conversation"
_SLOT = re.compile(r"\.\d+(?=\.)")


class Form:
    """One of the service's own forms: where its choices are coded."""

    def __init__(self, writer: BundleWriter, form_id: str) -> None:
        self.system = f"{writer.root}/CodeSystem/{quote(form_id)}"

    def item(self, field: Field, value: object) -> Json | None:
        """One answered field, None where the value is only space."""
        answers = [answer for answer in self._answers(field, value) if answer]
        return {"linkId": field.id, "text": words(field.label) or field.id, "answer": answers} if answers else None

    def _answers(self, field: Field, value: object) -> Iterator[Json]:
        match field.kind:
            case FieldKind.CHOICE:
                yield self._choice(field, str(value))
            case FieldKind.CHOICES if isinstance(value, tuple):
                yield from (self._choice(field, str(chosen)) for chosen in value)
            case FieldKind.DATE_TIME if held := read_stored(value):
                yield {"valueDateTime": moment(held)}
            case FieldKind.DATE if is_date(str(value)):
                yield {"valueDate": str(value)}
            case _:
                yield plain(value)

    def _choice(self, field: Field, value: str) -> Json:
        option = field.option(value)
        if option is None:
            return plain(value)
        code = f"{_SLOT.sub('', field.id)}.{option.value}"
        answer: Json = {"valueCoding": coding(self.system, code, option.label)}
        if option.code:
            answer["item"] = [link(f"{field.id}.national", "National code", plain(option.code))]
        return answer


def plain(value: object) -> Json:
    """A value without a code: a whole number, or words."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"valueInteger": value}
    told = words(", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value))
    return {"valueString": told} if told else {}


def link(link_id: str, text: str, *answers: Json) -> Json:
    """One item with its answers."""
    return {"linkId": link_id, "text": words(text) or link_id, "answer": list(answers)}


def put_safety(writer: BundleWriter, signed: SignedContact) -> list[Json]:
    """Every filled field of the safety conversation; stopped where it was recorded as incomplete. No level, ever."""
    state, conversation = signed.state, signed.book.safety
    form = Form(writer, SAFETY_FORM)
    fields = [_named_in_full(title, field) for title, field in conversation.fields()]
    items = [*_filled_items(form, fields, state), *_unknown_items(state, fields, of_safety=True)]
    if not items:
        return []
    incomplete = safety.recorded_as_incomplete(conversation, state.fields)
    status = "stopped" if incomplete else "completed"
    return [_put(writer, signed, SAFETY_FORM, conversation.version, status, items)]


def put_form(writer: BundleWriter, signed: SignedContact) -> list[Json]:
    """Everything else the contact holds: its own facts, the fields by stage, calls, skips, jottings, paragraphs."""
    state, protocol = signed.state, signed.book.protocol
    form = Form(writer, protocol.id)
    groups = [_group("contact", "Contact", list(_facts(signed)))]
    asked: list[Field] = []
    for stage in protocol.stages:
        fields = [field for step in stage.steps for field in step_fields(step, state)]
        asked += fields
        groups.append(_group(f"stage.{stage.id}", stage.title, list(_filled_items(form, fields, state))))
    plan = list(signed.book.safety_plan.fields) if signed.book.safety_plan else []
    asked += plan
    groups.append(_group("safety_plan", "Safety plan", list(_filled_items(form, plan, state))))
    groups.append(_group("other", "Fields of an earlier form", list(_unknown_items(state, asked, of_safety=False))))
    groups.append(_group("skipped", "Not covered, and why", list(_skips(signed))))
    groups.append(_group("calls", "What happened to the line", list(_calls(state))))
    groups.append(_group("discussed", "Paragraphs talked through", list(_discussed(state))))
    groups.append(_group("jotted", "Noted in passing", list(_jottings(state))))
    items = [group for group in groups if group["item"]]
    return [_put(writer, signed, protocol.id, protocol.version, "completed", items)] if items else []


def _put(
    writer: BundleWriter, signed: SignedContact, form_id: str, version: str, status: str, items: list[Json]
) -> Json:
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": writer.questionnaire(form_id, version),
        "status": status,
        "subject": writer.subject,
        "encounter": writer.encounter,
        "authored": moment(signed.signed_at),
        "author": writer.author,
        "item": items,
    }
    return writer.put(present(response), form_id)


def _named_in_full(title: str, field: Field) -> Field:
    return field if field.label == title else dataclasses.replace(field, label=f"{title}: {field.label}")


def _group(link_id: str, title: str, items: list[Json]) -> Json:
    return {"linkId": link_id, "text": words(title) or link_id, "item": items}


def _filled_items(form: Form, fields: list[Field], state: SessionState) -> Iterator[Json]:
    for field in fields:
        held = filled(state, field.id)
        item = form.item(field, held.value) if held else None
        if item:
            yield item


def _unknown_items(state: SessionState, known: list[Field], *, of_safety: bool) -> Iterator[Json]:
    ids = {field.id for field in known}
    for field_id in state.fields:
        held = filled(state, field_id)
        answer = plain(held.value) if held and field_id not in ids else None
        if answer and field_id.startswith(f"{safety.STAGE}.") is of_safety:
            yield link(field_id, field_id, answer)


def _facts(signed: SignedContact) -> Iterator[Json]:
    opened, protocol = signed.state.opened, signed.book.protocol
    if opened is None:
        return
    therapy = {"valueCoding": coding(SNOMED, protocol.procedure)} if protocol.procedure else {}
    told = (
        ("number", "Contact number", plain(opened.contact_number)),
        ("language", "Language of the contact", plain(opened.language)),
        ("interpreted", "Through an interpreter", {"valueBoolean": opened.interpreted}),
        ("purpose", "Appointment type (national code)", plain(protocol.appointment_type)),
        ("medium", "Consultation mechanism (national code)", plain(medium_code(signed.book, signed.state))),
        ("procedure", "Therapy given", therapy),
    )
    yield from (link(f"contact.{name}", text, answer) for name, text, answer in told if answer)


def _skips(signed: SignedContact) -> Iterator[Json]:
    for (stage_id, step_id), skip in signed.state.skipped.items():
        answer = plain(skip.value)
        if answer:
            place = f"{stage_id}.{step_id}" if step_id else stage_id
            yield link(f"skipped.{place}", skip_title(signed.book, stage_id, step_id), answer)


def _calls(state: SessionState) -> Iterator[Json]:
    for number, mark in enumerate(state.calls, 1):
        if isinstance(mark.entry, CallMarked):
            told = f"{mark.entry.event}: {mark.entry.text}" if mark.entry.text.strip() else mark.entry.event
            at = link(f"calls.{number}.at", "At", {"valueDateTime": moment(mark.at)})
            yield link(f"calls.{number}", "Event", {**plain(told), "item": [at]})


def _discussed(state: SessionState) -> Iterator[Json]:
    for recorded in state.materials:
        used = recorded.entry
        if isinstance(used, MaterialUsed) and used.event is MaterialEvent.DISCUSSED:
            told = f"{used.booklet} {used.version} ({used.language}), paragraph {used.paragraph}"
            yield link(f"discussed.{recorded.seq}", used.title, plain(told))


def _jottings(state: SessionState) -> Iterator[Json]:
    for recorded in state.jots:
        answer = plain(recorded.entry.text) if isinstance(recorded.entry, Jotted) else {}
        if answer:
            yield link(f"jotted.{recorded.seq}", "Noted", answer)
