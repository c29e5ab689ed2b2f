"""What the contact leads to: goals, the plan, booklets given, and actions somebody has to take."""

from __future__ import annotations

from datetime import datetime

from gsh_console.domain.carried import PlanItem, goals_of, plan_of
from gsh_console.domain.entries import ActionTaken, MaterialEvent, MaterialUsed, Recorded
from gsh_console.domain.session import SessionState
from gsh_console.sync.datatypes import TERMINOLOGY, Json, coding, concept, day, moment, present, words
from gsh_console.sync.resources_contact import language_tag, span
from gsh_console.sync.signed import SignedContact
from gsh_console.sync.writer import BundleWriter

GOAL_RATING = "Goal rating by the patient, 0 no progress to 10 fully reached"


def put_goals(writer: BundleWriter, signed: SignedContact) -> tuple[list[Json], list[Json]]:
    """The goals spoken of in this contact, and the patient's ratings of them, 0 to 10, each on its own goal.

    A goal is a resource of the contact it was spoken of in: a signed resource is never put again with new content.
    """
    goals, ratings = [], []
    for goal in goals_of(signed.state):
        text = words(goal.text)
        if not text or not _spoken_of(signed.state, goal.slot):
            continue
        resource = {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "achievementStatus": concept(coding(f"{TERMINOLOGY}/goal-achievement", "in-progress", "In Progress")),
            "description": {"text": text},
            "subject": writer.subject,
            "statusDate": day(span(signed)[0]),
        }
        goals.append(writer.put(resource, str(goal.slot)))
        if goal.rating is not None:
            ratings.append(_put_rating(writer, signed, goal.slot, goal.rating, goals[-1]))
    return goals, ratings


def _spoken_of(state: SessionState, slot: int) -> bool:
    return any(state.value(f"goals.{slot}.{part}") not in (None, "", ()) for part in ("text", "rating"))


def _put_rating(writer: BundleWriter, signed: SignedContact, slot: int, rating: int, goal: Json) -> Json:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "survey", "Survey"))],
        "code": {"text": GOAL_RATING},
        "subject": writer.subject,
        "focus": [goal],
        "encounter": writer.encounter,
        "effectiveDateTime": moment(signed.state.fields[f"goals.{slot}.rating"].at),
        "issued": moment(signed.signed_at),
        "performer": [writer.subject],
        "valueInteger": rating,
    }
    return writer.put(observation, f"goal-rating/{slot}")


def put_plan(writer: BundleWriter, signed: SignedContact, goals: list[Json]) -> list[Json]:
    """What the patient planned to do until the next contact, a thing an activity."""
    activities = [_activity(item) for item in plan_of(signed.state) if words(item.what)]
    if not activities:
        return []
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": f"{words(signed.book.protocol.title)}: plan until the next contact",
        "subject": writer.subject,
        "encounter": writer.encounter,
        "created": moment(signed.signed_at),
        "author": writer.author,
        "goal": goals,
        "activity": activities,
    }
    return [writer.put(present(plan), "plan")]


def _activity(item: PlanItem) -> Json:
    sure = f"confidence {item.confidence} of 10" if item.confidence is not None else ""
    gets_in_the_way = f"could get in the way: {item.obstacle}" if item.obstacle else ""
    then = f"then: {item.coping}" if item.coping else ""
    told = "; ".join(part for part in (item.in_words, gets_in_the_way, then, sure) if part)
    detail = {"status": "not-started", "scheduledString": words(item.when), "description": words(told)}
    return {"detail": present(detail)}


def put_materials(writer: BundleWriter, signed: SignedContact) -> list[Json]:
    """Each booklet given: which version in which language, and how it went to the patient."""
    put: list[Json] = []
    for recorded in signed.state.materials:
        used = recorded.entry
        if isinstance(used, MaterialUsed) and used.event is MaterialEvent.GIVEN:
            document = writer.put(_document(writer, recorded, used), str(recorded.seq))
            put += [document, writer.put(_handing_over(writer, recorded, used, document), str(recorded.seq))]
    return put


def _document(writer: BundleWriter, recorded: Recorded, used: MaterialUsed) -> Json:
    version = f"{used.booklet}/{used.version}/{used.language}"
    attachment = {"language": language_tag(used.language), "title": words(used.title) or used.booklet}
    told = f"Booklet “{used.title}”, version {used.version}, {used.language}, {used.review_status}"
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": f"{writer.root}/booklet", "value": words(version)},
        "status": "current",
        "type": {"text": "Self-help booklet"},
        "subject": writer.subject,
        "date": moment(recorded.at),
        "author": [writer.service],
        "description": words(told),
        "content": [{"attachment": present(attachment)}],
        "context": {"encounter": [writer.encounter]},
    }


def _handing_over(writer: BundleWriter, recorded: Recorded, used: MaterialUsed, document: Json) -> Json:
    channel = words(used.channel)
    communication = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [concept(coding(f"{TERMINOLOGY}/communication-category", "instruction", "Instruction"))],
        "medium": [{"text": channel}] if channel else [],
        "subject": writer.subject,
        "encounter": writer.encounter,
        "sent": moment(recorded.at),
        "recipient": [writer.subject],
        "sender": writer.author,
        "payload": [{"contentReference": document}],
    }
    return present(communication)


def put_tasks(writer: BundleWriter, signed: SignedContact) -> list[Json]:
    """The actions the practitioner recorded, open and done, in the order they arose; nothing ranks them."""
    composition = {"reference": f"Composition/{signed.note_id}"}
    put = []
    for action in {action.key: action for action in signed.actions}.values():
        task = _task(writer, composition, "requested", action.opened_at, action.what, action.who)
        put.append(writer.put(task, f"open/{action.key}"))
    for key, recorded in signed.state.actions.items():
        done = recorded.entry
        if isinstance(done, ActionTaken) and done.done:
            task = _task(writer, composition, "completed", recorded.at, done.what, done.who)
            outcome = words(done.outcome)
            put.append(writer.put(present({**task, "note": [{"text": outcome}] if outcome else []}), f"done/{key}"))
    return put


def _task(writer: BundleWriter, focus: Json, status: str, at: datetime, what: str, who: str) -> Json:
    return present(
        {
            "resourceType": "Task",
            "status": status,
            "intent": "order",
            "code": {"text": "Action from a telephone contact"},
            "description": words(what) or "Action",
            "focus": focus,
            "for": writer.subject,
            "encounter": writer.encounter,
            "authoredOn": moment(at),
            "requester": writer.author,
            "owner": {"display": words(who)} if words(who) else None,
        }
    )
