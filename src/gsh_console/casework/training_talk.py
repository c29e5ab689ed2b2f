"""What was said in each past contact of a training patient: answers and fields, drawn by course and theme."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from gsh_console.casework.new_patient import languages
from gsh_console.casework.training_assessment import assessment_fields
from gsh_console.casework.training_people import (
    AGENDA,
    AGREED,
    AT_HOME,
    AT_WORK,
    DISCLOSED,
    FEEDBACK,
    JOTS,
    MAYA_DISCLOSED,
    NO_THOUGHTS,
    OVERHEARD,
    SUMMARIES,
    THEMES,
    UNDERSTANDING,
    Course,
    Person,
)
from gsh_console.domain.carried import PLAN_PARTS, PlanItem
from gsh_console.domain.due import DueRule, due_measures
from gsh_console.domain.entries import FieldValue
from gsh_console.domain.interventions import CHOSEN
from gsh_console.domain.measures import Absence, Administration, Answer, Measure, Mode
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient

MEASURES = ("phq-9", "gad-7", "wsas")
ASSESSMENT, SUPPORT = "assessment", "support_contact"
_FIRST_SD = (5.9, 5.1, 9.1)  # England 2024-25, guided self-help with a book (domain reference §2.6)
_LAST_SD = (6.5, 5.7, 9.8)
_WSAS_STEP = 4  # points a course moves the WSAS by; it has no national reliable-change figure
_TOPS = (24, 21, 40)  # PHQ-9 without item 9, which only a scripted disclosure answers above 0
_IDENTIFIERS = (
    ("full_name", "date_of_birth"),
    ("date_of_birth", "address"),
    ("full_name", "date_of_birth", "postcode"),
)
_QUIET = {"actions_now": "no", "changed": "no", "to_others": "no", "from_others": "no", "neglect": "no", "adults": "no"}

# How people with one kind of problem work, by theme or by descriptor: the intervention and its steps in order.
_WORKING = {
    "active": ("behavioural-activation", ("diary", "list", "ranking", "schedule", "review")),
    "worry": ("worry-management", ("diary", "tree", "time", "letting_go", "solving")),
    "facing": ("graded-exposure", ("ladder", "rules", "first_step", "log")),
    "F410": ("panic", ("circle", "beliefs", "test", "habits", "review")),
    "F42": ("ocd-erp", ("map", "ladder", "exposure", "review")),
}

Totals = tuple[int, int, int]
Fields = dict[str, FieldValue]


@dataclass(frozen=True)
class Script:
    """One past contact before it becomes entries. `next_contact` is None where nothing was booked."""

    starts: datetime
    protocol: str
    next_contact: datetime | None
    answers: Mapping[str, tuple[Answer, ...]]
    fields: Fields
    mode: Mode
    booklet: str
    channel: str = ""
    supervision: str = ""
    jot: str = ""
    dropped: bool = False
    unfinished: bool = False

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ways of working chosen in this contact."""
        held = self.fields.get(CHOSEN, ())
        return held if isinstance(held, tuple) else ()


@dataclass(frozen=True)
class Told:
    """What a call we know word for word fixes of one contact."""

    totals: Totals
    goals: tuple[tuple[str, int], ...]
    plan: tuple[PlanItem, ...] = ()
    disclosed: Mapping[str, str] = field(default_factory=dict)


_SWIM, _POST = "swim twice a week again", "sort the post"
MAYA = Person(
    *("Maya", "Okafor", date(1991, 3, 14), "2", "en", False, "F32", "active", Course.IMPROVING, 3, "0 10:00"),
    *(frozenset(), "", "sertraline 50 mg, most mornings"),
    problem="Since I went off work I do less each week: no swimming, the post unopened, and evenings on the sofa.",
)
FARIDA = Person(
    *("Farida", "Begum", date(1968, 11, 2), "2", "bn", True, "F411", "worry", Course.IMPROVING, 2, "0 14:00"),
    *(frozenset(), "", ""),
    problem="I worry from morning to night, and I go round the house again and again to check the locks.",
)
KNOWN_CALLS: dict[str, tuple[Told, ...]] = {
    "Okafor": (
        Told((17, 12, 24), ((_SWIM, 1), (_POST, 0))),
        Told((16, 12, 23), ((_SWIM, 2), (_POST, 1))),
        Told(
            (14, 11, 22),
            ((_SWIM, 3), (_POST, 1)),
            (
                PlanItem("swim", "Tuesday 10:00", "the pool", "", "I talk myself out of it", "bag by the door", 6),
                PlanItem(
                    "open one letter a day with a cup of tea", "every day at 16:00", "kitchen table", confidence=6
                ),
            ),
            MAYA_DISCLOSED,
        ),
    ),
    "Begum": (
        Told((13, 17, 19), (("sleep without going round the house to check the locks", 1),)),
        Told(
            (11, 16, 18),
            (("sleep without going round the house to check the locks", 2),),
            (PlanItem("worry diary", "each evening", "at home", "my husband", "", "", 7),),
        ),
    ),
}


def scripts_of(
    rng: Random,
    person: Person,
    phone: str,
    starts: Sequence[datetime],
    booked: datetime | None,
    measures: Mapping[str, Measure],
    due: Sequence[DueRule] = (),
) -> list[Script]:
    """The person's past contacts in order; `starts` has one more than signed contacts where one was left open."""
    known = KNOWN_CALLS.get(person.family, ())
    totals = [told.totals for told in known] or course_totals(rng, person, person.contacts, measures)
    scripts: list[Script] = []
    for number, start in enumerate(starts):
        unfinished = "open" in person.marks and number == len(starts) - 1
        last = number == person.contacts - 1
        told = known[number] if known else None
        disclosed = _disclosure(person, told, last)
        upcoming = starts[number + 1] if number + 1 < len(starts) else booked
        protocol = SUPPORT if scripts else ASSESSMENT
        fields = _before(rng, person, phone, scripts) | _safety(rng, person, disclosed)
        fields |= _after(rng, person, scripts, told, upcoming, last)
        answers = _answers(
            rng, person, totals[min(number, len(totals) - 1)], measures, disclosed=bool(disclosed), last=last
        )
        asked = due_measures(due, protocol, person.descriptor, number + 1)
        answers |= _further(rng, answers["gad-7"], [measures[name] for name in asked])
        if "agenda.patient_items" not in fields:
            fields["ending.agenda_done"] = "none"
        scripts.append(
            Script(
                starts=start,
                protocol=protocol,
                next_contact=upcoming,
                answers=answers,
                fields=fields,
                mode=_mode(person),
                booklet=THEMES[person.theme].booklet,
                channel=_channel(person) if number == 0 else "",
                supervision=_supervision(person, last),
                jot=rng.choice(JOTS) if rng.random() < 0.15 else "",
                dropped=rng.random() < 0.08 and not known,
                unfinished=unfinished,
            )
        )
    return scripts


def course_totals(rng: Random, person: Person, contacts: int, measures: Mapping[str, Measure]) -> list[Totals]:
    """PHQ-9, GAD-7 and WSAS at each contact: two draws around the published means, bent to the person's course."""
    lines = [_line_of_totals(rng, person, place, contacts, measures[name]) for place, name in enumerate(MEASURES)]
    return [(phq, gad, wsas) for phq, gad, wsas in zip(*lines, strict=True)]


def _line_of_totals(rng: Random, person: Person, place: int, contacts: int, measure: Measure) -> list[int]:
    theme, top = THEMES[person.theme], _TOPS[place]
    step = int(measure.reliable_change.value) if measure.reliable_change else _WSAS_STEP
    case = int(measure.caseness.value) if measure.caseness else top // 3
    lowest, highest = {
        Course.WORSE: (case, top - step - 1),
        Course.RECOVERING: (case + 2, top),
        Course.IMPROVING: (case + 1, top),
    }.get(person.course, (3, top))
    first = _between(rng.gauss(theme.first[place], _FIRST_SD[place]), lowest, highest)
    low, high = {
        Course.WORSE: (first + step, first + step + 3),
        Course.RECOVERING: (1, min(case - 1, first - step)),
        Course.IMPROVING: (first - 2 * step, first - step),
    }.get(person.course, (first - step + 1, first + step - 1))
    last = _between(rng.gauss(theme.last[place], _LAST_SD[place]), max(0, low), min(top, max(high, 0)))
    inner = [first + (last - first) * n / (contacts - 1) + rng.gauss(0, 0.8) for n in range(1, contacts - 1)]
    return [first, *(_between(value, 0, top) for value in inner), last][:contacts]


def _between(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _answers(
    rng: Random,
    person: Person,
    totals: Totals,
    measures: Mapping[str, Measure],
    *,
    disclosed: bool,
    last: bool,
) -> dict[str, tuple[Answer, ...]]:
    item9: Answer = 1 if disclosed else Absence.DECLINED if last and "declined" in person.marks else 0
    phq: list[Answer] = [*_spread(rng, totals[0] - disclosed, 8, 3), item9]
    wsas: list[Answer]
    if "no-work" in person.marks:
        wsas = [Absence.NOT_APPLICABLE, *_spread(rng, round(totals[2] * 4 / 5), 4, 8)]
    else:
        wsas = [*_spread(rng, totals[2], len(measures["wsas"].items), 8)]
    return {"phq-9": tuple(phq), "gad-7": tuple(_spread(rng, totals[1], 7, 3)), "wsas": tuple(wsas)}


def _further(rng: Random, anxious: tuple[Answer, ...], measures: Sequence[Measure]) -> dict[str, tuple[Answer, ...]]:
    """Answers to the measures that go with the problem, about as high as those to the GAD-7."""
    given = [answer for answer in anxious if isinstance(answer, int)]
    share = sum(given) / (3 * len(given))
    found: dict[str, tuple[Answer, ...]] = {}
    for measure in measures:
        if measure.administration is not Administration.SENT:
            ranges = [measure.range_of(item) for item in measure.items]
            found[measure.id] = tuple(
                _between(low + share * (high - low) + rng.gauss(0, 0.7), low, high) for low, high in ranges
            )
    return found


def _spread(rng: Random, total: int, items: int, most: int) -> list[int]:
    values = [0] * items
    for _ in range(total):
        values[rng.choice([place for place in range(items) if values[place] < most])] += 1
    return values


def _mode(person: Person) -> Mode:
    if person.interpreted:
        return Mode.INTERPRETED
    return Mode.SELF_COMPLETED if "self" in person.marks else Mode.READ_OUT


def _channel(person: Person) -> str:
    return "posted, chapters 1 to 3" if person.family == "Okafor" else "posted"


def _disclosure(person: Person, told: Told | None, last: bool) -> Mapping[str, str]:
    if told is not None:
        return told.disclosed
    return DISCLOSED[person.interpreted] if last and "disclosed" in person.marks else {}


def _supervision(person: Person, last: bool) -> str:
    if last and "supervision" in person.marks:
        return "Bring to supervision: no change so far, and what to offer next"
    return ""


def _before(rng: Random, person: Person, phone: str, earlier: Sequence[Script]) -> Fields:
    agenda, overheard = rng.choice(AGENDA), rng.random() < 0.15
    fields: Fields = {
        "identity.given": rng.choice(_IDENTIFIERS),
        "privacy.private": "agreed" if overheard else "yes",
        "privacy.where": OVERHEARD if overheard else rng.choice(AT_WORK if "works" in person.marks else AT_HOME),
        "privacy.call_back": phone,
    }
    if agenda:
        fields["agenda.patient_items"] = agenda
    if not earlier:
        return fields | assessment_fields(rng, person)
    return fields | {"agenda.confidentiality": "yes", "recap.problem": "same"}


def _safety(rng: Random, person: Person, disclosed: Mapping[str, str]) -> Fields:
    """The safety conversation: every area at every contact that needs it, in words where words were said."""
    fields: Fields = {f"safety.{area}": reply for area, reply in _QUIET.items()}
    fields["safety.children"] = "yes" if person.children else "no"
    if person.children:
        fields["safety.children.words"] = person.children
    if not disclosed:
        fields |= {"safety.thoughts_now": "no", "safety.thoughts_now.words": rng.choice(NO_THOUGHTS)}
        fields |= {"safety.understanding": rng.choice(UNDERSTANDING), "safety.agreed": rng.choice(AGREED)}
        return fields | {"safety.contacts": ("emergency", "nhs111", "samaritans")}
    replies = {
        **{"thoughts_now": "yes", "changed": "yes", "thoughts_past": "yes", "intent": "no", "plans": "no"},
        **{"actions_past": "no", "means": "yes", "keeps_going": "yes", "has_stopped": "yes", "makes_worse": "yes"},
        "help_in_place": "yes",
    }
    fields |= {f"safety.{area}": reply for area, reply in replies.items()}
    words = {name.replace("help.", "help_in_place."): text for name, text in disclosed.items() if text}
    fields |= {f"safety.{name}": text for name, text in words.items()}
    fields["safety.changed.words"] = "Since the last call, as said above."
    fields["safety.contacts"] = ("emergency", "nhs111", "samaritans")
    return fields


def _after(
    rng: Random,
    person: Person,
    earlier: Sequence[Script],
    told: Told | None,
    upcoming: datetime | None,
    last: bool,
) -> Fields:
    theme, number = THEMES[person.theme], len(earlier)
    fields: Fields = {}
    for slot, review in enumerate(rng.sample(theme.reviews, _planned(earlier[-1]) if earlier else 0), 1):
        parts = dataclasses.asdict(review)
        fields |= {f"review.{slot}.{part}": value for part, value in parts.items() if value}
    fields["medication.psych_med"] = "prescribed_taking" if person.medicine else "not_prescribed"
    if person.medicine:
        fields |= {"medication.words": person.medicine, "medication.gp": "yes" if "miss" in person.medicine else "no"}
    if earlier:
        step = theme.steps[number % len(theme.steps)]
        fields |= {"material.rationale": step.rationale, "material.teach_back": step.teach_back}
        working, covered = _WORKING.get(person.descriptor, _WORKING[person.theme])
        fields |= {CHOSEN: (working,), f"{working}-steps.covered": (covered[min(number, len(covered)) - 1],)}
        fields[f"{working}-steps.example"] = step.example
    plan = told.plan if told and told.plan else _plan(rng, theme.plans)
    for slot, item in enumerate(plan, 1):
        fields |= {f"plan.{slot}.{part}": getattr(item, part) for part in PLAN_PARTS if getattr(item, part)}
        fields[f"plan.{slot}.confidence"] = item.confidence if item.confidence is not None else 7
    fields |= _goals(rng, person, number, told)
    fields |= {
        "ending.summary": rng.choice(SUMMARIES),
        "ending.agenda_done": rng.choice(("all", "all", "part")),
        "ending.crisis_reminder": "yes",
        "ending.attendance": rng.choice(("on_time", "on_time", "on_time", "late_seen")),
    }
    if upcoming is not None:
        fields["ending.next_contact"] = upcoming.astimezone(UK).isoformat(timespec="minutes")
    if last and "letter" in person.marks:
        fields["ending.gp_letter"] = "consented"
    feedback = rng.choice(FEEDBACK)
    return fields | ({"ending.feedback": feedback} if feedback else {})


def _plan(rng: Random, plans: Sequence[PlanItem]) -> list[PlanItem]:
    chosen = rng.sample(plans, rng.choice((1, 1, 2)))
    return [dataclasses.replace(item, confidence=rng.choice((6, 7, 7, 8, 8, 9))) for item in chosen]


def _planned(script: Script) -> int:
    return sum(name.startswith("plan.") and name.endswith(".what") for name in script.fields)


def _goals(rng: Random, person: Person, number: int, told: Told | None) -> Fields:
    if told is not None:
        goals: Sequence[tuple[str, int]] = told.goals
    else:
        gain = {Course.RECOVERING: 2, Course.IMPROVING: 1}.get(person.course, 0)
        texts = THEMES[person.theme].goals
        text = texts[len(person.family) % len(texts)]
        goals = ((text, min(9, 1 + gain * number + rng.choice((0, 0, 1)))),)
    fields: Fields = {}
    for slot, (text, rating) in enumerate(goals, 1):
        if number == 0:
            fields[f"goals.{slot}.text"] = text
        fields[f"goals.{slot}.rating"] = rating
    return fields


def through_interpreter(patient: Patient, number: int) -> Fields:
    """What is written down about the interpreter of one contact."""
    return {
        "booking.language": languages().get(patient.language, patient.language),
        "booking.agency": f"the service's agency, reference {patient.language.upper()}{number:03}",
        "booking.mode": "three_way",
        "prebrief.agreed": ("aims", "words", "no_advice", "own_voice", "safety", "confidential", "unknown", "lines"),
        "interpreter.present": "professional",
        "interpreter.introduced": "yes",
        "read_by.how": "at_sight",
        "debrief.done": "done",
    }
