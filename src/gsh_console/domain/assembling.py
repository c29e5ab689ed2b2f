"""The protocol as one contact meets it: parts that do not apply left out, due measures and chosen steps put in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from gsh_console.domain.carried import Carried, carried_from_json
from gsh_console.domain.entries import Opened
from gsh_console.domain.interventions import CHOSEN, Intervention
from gsh_console.domain.measures import Administration, Measure
from gsh_console.domain.protocols import Field, FieldKind, Option, Protocol, Repeat, Step, StepKind, When
from gsh_console.domain.session import SessionState


def assembled(
    protocol: Protocol,
    measures: Mapping[str, Measure],
    interventions: Mapping[str, Intervention],
    opened: Opened,
    chosen: tuple[str, ...] = (),
) -> Protocol:
    """The stages and steps of this contact. The same opening and choice always give the same protocol."""
    stages = []
    for stage in protocol.stages:
        if applies(stage.when, opened):
            steps = tuple(
                placed
                for step in stage.steps
                if applies(step.when, opened)
                for placed in _placed(step, protocol, measures, interventions, opened, chosen)
            )
            if steps:
                stages.append(dataclasses.replace(stage, steps=steps))
    return dataclasses.replace(protocol, stages=tuple(stages))


def applies(when: When, opened: Opened) -> bool:
    """Whether a part of the protocol is asked in this contact."""
    match when:
        case When.ALWAYS:
            return True
        case When.INTERPRETED:
            return opened.interpreted
        case When.FIRST_CONTACT:
            return opened.contact_number == 1


def chosen_of(state: SessionState, interventions: Iterable[str]) -> tuple[str, ...]:
    """The interventions of this contact: those chosen, and those chosen once whose steps already hold words."""
    held = state.value(CHOSEN)
    chosen = held if isinstance(held, tuple) else ()
    filled = [name for name, value in state.fields.items() if value.value not in ("", ())]
    return tuple(
        name for name in interventions if name in chosen or any(field.startswith(f"{name}-") for field in filled)
    )


def worked_with(state: SessionState, interventions: Mapping[str, Intervention]) -> tuple[str, ...]:
    """The titles of the ways of working a contact used."""
    return tuple(interventions[name].title for name in chosen_of(state, interventions))


def sheets_used(state: SessionState, interventions: Mapping[str, Intervention]) -> tuple[str, ...]:
    """The titles of the worksheets a contact has rows of."""
    filled = [name for name, value in state.fields.items() if value.value not in ("", ())]
    return tuple(
        step.title
        for name in chosen_of(state, interventions)
        for step in interventions[name].steps
        if step.repeat is Repeat.ROWS and any(field.startswith(f"{name}-{step.id}.") for field in filled)
    )


def listed(interventions: Iterable[Intervention], descriptor: str) -> tuple[Intervention, ...]:
    """All interventions, those written for the problem descriptor first; nothing is left out and none proposed."""
    code = descriptor.replace(".", "").upper()
    fits = [one for one in interventions if code and any(code.startswith(d.upper()) for d in one.descriptors)]
    return (*fits, *(one for one in interventions if one not in fits))


def _placed(
    step: Step,
    protocol: Protocol,
    measures: Mapping[str, Measure],
    interventions: Mapping[str, Intervention],
    opened: Opened,
    chosen: tuple[str, ...],
) -> Iterator[Step]:
    if step.kind is StepKind.MEASURES_DUE:
        asked = set(protocol.measures)
        yield from (_measure_step(measures[due]) for due in opened.due if due in measures and due not in asked)
    elif step.kind is StepKind.INTERVENTION:
        yield _choice(step, interventions, carried_from_json(opened.carried))
        for name in chosen:
            if name in interventions:
                yield from (dataclasses.replace(own, id=f"{name}-{own.id}") for own in interventions[name].steps)
    else:
        yield step


def _choice(step: Step, interventions: Mapping[str, Intervention], carried: Carried) -> Step:
    options = tuple(Option(one.id, one.title, one.procedure or None) for one in interventions.values())
    choice = Field(
        id=CHOSEN.partition(".")[2],
        kind=FieldKind.CHOICES,
        label="What you work with today",
        options=options,
        hint="Chosen by you; the steps follow. Several may be chosen.",
        note="Worked with: {value}.",
    )
    before = f"Last time you worked with: {', '.join(carried.worked_with)}." if carried.worked_with else ""
    sheets = f"Sheets read out then: {', '.join(carried.sheets)}." if carried.sheets else ""
    told = tuple(line for line in (before, sheets) if line)
    return dataclasses.replace(step, kind=StepKind.FIELDS, fields=(choice, *step.fields), do=(*step.do, *told))


def _measure_step(measure: Measure) -> Step:
    sent = measure.administration is Administration.SENT
    if sent:
        return _sent_step(measure)
    return Step(id=measure.id, kind=StepKind.MEASURE, title=measure.name, measure=measure.id)


def _sent_step(measure: Measure) -> Step:
    """A measure the practitioner never asks: only whether, and how, it was sent is recorded."""
    told = {"post": "by post", "email": "by e-mail", "link": "by link", "not": "not sent"}
    ways = tuple(Option(value, label) for value, label in told.items())
    sent = Field(
        id="sent", kind=FieldKind.CHOICE, label=f"{measure.name} sent", options=ways, note=f"{measure.name}: {{value}}."
    )
    return Step(id=f"{measure.id}-sent", kind=StepKind.FIELDS, title=measure.name, fields=(sent,))
