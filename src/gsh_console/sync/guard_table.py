"""The elements this console writes, resource by resource: type, how many, which codes, which references.

It is deliberately narrower than FHIR R4. What is not in this table is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gsh_console.sync.datatypes import ABSENT_CODES, DATA_ABSENT, INTERPRETER_REQUIRED

Shape = dict[str, "Rule"]


@dataclass(frozen=True)
class Codes:
    """A required code list."""

    allowed: frozenset[str]


@dataclass(frozen=True)
class Points:
    """A reference and the types it may point at; `outside`: also at what an earlier bundle put there."""

    types: frozenset[str]
    outside: bool = False


@dataclass(frozen=True)
class Rule:
    """One element: a primitive's name, codes, a reference or a shape; whether it must be there, and how often."""

    kind: str | Codes | Points | Shape
    needed: bool = False
    many: bool = False


def may(kind: Any) -> Rule:
    """0..1."""
    return Rule(kind)


def must(kind: Any) -> Rule:
    """1..1."""
    return Rule(kind, needed=True)


def several(kind: Any) -> Rule:
    """0..*."""
    return Rule(kind, many=True)


def some(kind: Any) -> Rule:
    """1..*."""
    return Rule(kind, needed=True, many=True)


def codes(*allowed: str) -> Codes:
    """One of these codes."""
    return Codes(frozenset(allowed))


def points(*types: str, outside: bool = False) -> Points:
    """A reference to one of these types."""
    return Points(frozenset(types), outside)


PATIENT, ENCOUNTER, PRACTITIONER = points("Patient"), points("Encounter", outside=True), points("Practitioner")
SERVICE, PERSON = points("Organization"), points("Patient", "Practitioner")
_PLANNED = ("Goal", "CarePlan", "Task", "Appointment")
TOLD_OF = points("QuestionnaireResponse", "Observation", "DocumentReference", "Communication", *_PLANNED)

ABSENT: Shape = {"url": must(codes(DATA_ABSENT)), "valueCode": must(codes(*ABSENT_CODES.values()))}
INTERPRETER: Shape = {"url": must(codes(INTERPRETER_REQUIRED)), "valueBoolean": must("boolean")}
CODING: Shape = {
    "system": may("uri"),
    "code": may("code"),
    "display": may("string"),
    "extension": several(ABSENT),
}
CONCEPT: Shape = {"coding": several(CODING), "text": may("string")}
IDENTIFIER: Shape = {"system": must("uri"), "value": must("string")}
PERIOD: Shape = {"start": must("dateTime"), "end": must("dateTime")}
QUANTITY: Shape = {"value": must("decimal"), "unit": must("string"), "system": must("uri"), "code": must("code")}
NOTE: Shape = {"text": must("string")}
NARRATIVE: Shape = {"status": must(codes("generated")), "div": must("xhtml")}
META: Shape = {"tag": some(CODING), "security": several(CODING)}

ANSWER: Shape = {
    "valueCoding": may(CODING),
    "valueInteger": may("integer"),
    "_valueInteger": may({"extension": some(ABSENT)}),
    "valueString": may("string"),
    "valueDate": may("date"),
    "valueDateTime": may("dateTime"),
    "valueBoolean": may("boolean"),
}
ITEM: Shape = {"linkId": must("string"), "text": may("string"), "answer": several(ANSWER)}
ITEM["item"] = ANSWER["item"] = several(ITEM)

_ALL: Shape = {"resourceType": must("code"), "meta": must(META)}
_PUT: Shape = {**_ALL, "id": must("id")}
_NAMED: Shape = {**_PUT, "identifier": some(IDENTIFIER)}

RESOURCES: Mapping[str, Shape] = {
    "Patient": {
        **_ALL,
        "extension": several(INTERPRETER),
        "identifier": some(IDENTIFIER),
        "active": may("boolean"),
        "name": some({"use": may(codes("official")), "family": may("string"), "given": several("string")}),
        "telecom": several({"system": must(codes("phone")), "value": must("string")}),
        "gender": may(codes("male", "female", "other", "unknown")),
        "birthDate": may("date"),
        "address": several({"line": several("string"), "postalCode": may("string")}),
        "communication": several({"language": must(CONCEPT), "preferred": may("boolean")}),
        "managingOrganization": may(SERVICE),
    },
    "Encounter": {
        **_NAMED,
        "status": must(codes("finished", "cancelled")),
        "class": must(CODING),
        "type": several(CONCEPT),
        "subject": must(PATIENT),
        "participant": some({"type": some(CONCEPT), "individual": may(PRACTITIONER)}),
        "period": must(PERIOD),
        "serviceProvider": may(SERVICE),
    },
    "QuestionnaireResponse": {
        **_PUT,
        "identifier": must(IDENTIFIER),
        "language": may("code"),
        "questionnaire": must("uri"),
        "status": must(codes("completed", "stopped")),
        "subject": must(PATIENT),
        "encounter": must(ENCOUNTER),
        "authored": must("dateTime"),
        "author": must(PRACTITIONER),
        "source": may(PATIENT),
        "item": some(ITEM),
    },
    "Observation": {
        **_NAMED,
        "status": must(codes("final")),
        "category": some(CONCEPT),
        "code": must(CONCEPT),
        "subject": must(PATIENT),
        "focus": several(points("Goal")),
        "encounter": must(ENCOUNTER),
        "effectiveDateTime": must("dateTime"),
        "issued": must("dateTime"),
        "performer": some(PERSON),
        "valueQuantity": may(QUANTITY),
        "valueInteger": may("integer"),
        "dataAbsentReason": may(CONCEPT),
        "note": several(NOTE),
        "derivedFrom": several(points("QuestionnaireResponse")),
        "component": several({"code": must(CONCEPT), "valueInteger": may("integer"), "dataAbsentReason": may(CONCEPT)}),
    },
    "Goal": {
        **_NAMED,
        "lifecycleStatus": must(codes("active")),
        "achievementStatus": may(CONCEPT),
        "description": must(CONCEPT),
        "subject": must(PATIENT),
        "statusDate": may("date"),
    },
    "CarePlan": {
        **_NAMED,
        "status": must(codes("active")),
        "intent": must(codes("plan")),
        "title": may("string"),
        "subject": must(PATIENT),
        "encounter": must(ENCOUNTER),
        "created": may("dateTime"),
        "author": may(PRACTITIONER),
        "goal": several(points("Goal")),
        "activity": some(
            {
                "detail": must(
                    {
                        "status": must(codes("not-started")),
                        "scheduledString": may("string"),
                        "description": must("string"),
                    }
                )
            }
        ),
    },
    "DocumentReference": {
        **_NAMED,
        "masterIdentifier": must(IDENTIFIER),
        "status": must(codes("current")),
        "type": may(CONCEPT),
        "subject": must(PATIENT),
        "date": must("dateTime"),
        "author": some(SERVICE),
        "description": may("string"),
        "content": some({"attachment": must({"language": may("code"), "title": must("string")})}),
        "context": must({"encounter": some(ENCOUNTER)}),
    },
    "Communication": {
        **_NAMED,
        "status": must(codes("completed")),
        "category": some(CONCEPT),
        "medium": several(CONCEPT),
        "subject": must(PATIENT),
        "encounter": must(ENCOUNTER),
        "sent": must("dateTime"),
        "recipient": some(PATIENT),
        "sender": must(PRACTITIONER),
        "payload": some({"contentReference": must(points("DocumentReference"))}),
    },
    "Composition": {
        **_PUT,
        "identifier": must(IDENTIFIER),
        "status": must(codes("final")),
        "type": must(CONCEPT),
        "subject": must(PATIENT),
        "encounter": must(ENCOUNTER),
        "date": must("dateTime"),
        "author": some(PRACTITIONER),
        "title": must("string"),
        "attester": some({"mode": must(codes("professional")), "time": must("dateTime"), "party": must(PRACTITIONER)}),
        "custodian": may(SERVICE),
        "relatesTo": several(
            {"code": must(codes("appends")), "targetReference": must(points("Composition", outside=True))}
        ),
        "section": several(
            {
                "title": must("string"),
                "text": must(NARRATIVE),
                "entry": several(TOLD_OF),
            }
        ),
    },
    "Task": {
        **_NAMED,
        "status": must(codes("requested", "completed")),
        "intent": must(codes("order")),
        "code": must(CONCEPT),
        "description": must("string"),
        "focus": must(points("Composition")),
        "for": must(PATIENT),
        "encounter": must(ENCOUNTER),
        "authoredOn": must("dateTime"),
        "requester": must(PRACTITIONER),
        "owner": may(PRACTITIONER),
        "note": several(NOTE),
    },
    "Appointment": {
        **_NAMED,
        "status": must(codes("booked")),
        "appointmentType": may(CONCEPT),
        "start": may("dateTime"),
        "end": may("dateTime"),
        "minutesDuration": may("positiveInt"),
        "created": may("dateTime"),
        "participant": some(
            {"actor": must(PERSON), "required": may(codes("required")), "status": must(codes("accepted"))}
        ),
    },
    "Provenance": {
        **_PUT,
        "target": some(points("Composition", "Encounter")),
        "occurredDateTime": may("dateTime"),
        "recorded": must("dateTime"),
        "activity": may(CONCEPT),
        "agent": some({"type": must(CONCEPT), "who": must(points("Practitioner", "Device"))}),
        "entity": several({"role": must(codes("source")), "what": must(points("Composition"))}),
    },
}

REQUEST: Shape = {"method": must(codes("PUT", "POST")), "url": must("uri"), "ifNoneExist": may("uri")}
BUNDLE: Shape = {
    "resourceType": must(codes("Bundle")),
    "id": must("id"),
    "meta": must(META),
    "identifier": must(IDENTIFIER),
    "type": must(codes("transaction")),
    "timestamp": must("dateTime"),
}
