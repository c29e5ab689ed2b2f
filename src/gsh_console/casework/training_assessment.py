"""What was said in the first contact of a training patient: the problem, its history, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gsh_console.casework.training_people import Person
from gsh_console.domain.entries import FieldValue

Fields = dict[str, FieldValue]

_RETIRED_BEFORE = 1960


@dataclass(frozen=True)
class FirstAccount:
    """How people with one kind of problem tell it when they are first asked, several of them for each question."""

    where: tuple[str, ...]
    who: tuple[str, ...]
    when: tuple[str, ...]
    body: tuple[str, ...]
    behaviour: tuple[str, ...]
    thoughts: tuple[str, ...]
    feelings: tuple[str, ...]
    frequency: tuple[str, ...]
    triggers: tuple[str, ...]
    keeps_going: tuple[str, ...]
    example: tuple[str, ...]
    consequence: tuple[str, ...]
    preference: tuple[str, ...]
    teach_back: tuple[str, ...]


def _accounts(table: str) -> FirstAccount:
    told = [tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines()]
    return FirstAccount(*told)


# One line a question, in the order above; the answers of different people apart by |.
ACCOUNTS = {
    "active": _accounts("""
        at home, on the sofa|in the bedroom, curtains shut|everywhere, even at my sister's
        alone, mostly|with everyone; I go quiet|when the others are out
        worst before noon, a little better at night|evenings and Sundays|from waking until I get up
        heavy legs, tired without doing anything|a weight on the chest, no appetite|slow, as if under water
        I cancel, I stay in bed, I leave the phone|television until two, no cooking, no walks|I let the post lie
        There is no point. I am no use to anyone.|I will only spoil it for them.|It will always be like this.
        low, empty|sad and cross with myself|nothing much, flat
        most days|every day, some hours worse|five days of seven
        letters about money, an empty day|being asked how I am|coming home to an empty flat
        staying in makes it worse; being out helps while it lasts|my sister's calls help; bed does not
        Sunday: the bell rang, I did not open, and was low all evening|Tuesday: got up at one, ate toast, went back
        I am not the person I was|I do not see my friends any more|the house and the days fall apart
        something I can do at home, with somebody who rings|a book and calls; no groups
        Less doing, less mood, and round again.|If I start small, the mood may come after.
    """),
    "worry": _accounts("""
        at home and at work alike|in bed, and on the bus|at the kitchen table
        when I am alone; I hide it with others|with my family, I ask them again and again|with everyone
        from waking to sleeping|worst at night and before appointments|when nothing keeps me busy
        tight shoulders, stomach, headaches|heart beats fast when I lie down|clenched jaw, cannot sit still
        I check, ring round, make lists|I put off what I worry about|I read the news and look things up
        What if something happens to them?|What if I lose the job and then the flat?|If I stop I miss something.
        on edge|tense, worn out|afraid, then cross
        many times a day|daily, for hours|all day, with short breaks
        post, news, someone late home|an e-mail from my manager|a quiet evening
        checking calms me for ten minutes|talking helps; being alone with it does not
        Thursday: he was twenty minutes late, I rang six times|Monday: one e-mail, awake until four
        I am too tired for my own life|I am not really there when I am with them|I cannot finish anything
        telephone is good, I can do it in my break|a booklet, and somebody who asks me about it
        Worry feels useful and keeps itself going.|I try to be sure, and that makes me less sure.
    """),
    "facing": _accounts("""
        on the bus, in queues|in shops and anywhere far from home|at home, at the door
        alone; it is easier with my friend|with strangers around|with nobody I know near
        in the mornings, before I go out|whenever I cannot leave at once|every time I set out
        heart races, hot, dizzy|shaking hands, cannot breathe in|sweating, legs like jelly
        I leave, walk instead, sit by the door|I carry water and tablets, I hold on to a rail|I check and go back
        I will faint and nobody will help.|I am going to lose control.|If I do not check, it will be my fault.
        terrified, then relieved, then ashamed|fear|panic, then tired
        three or four times a week|every time I go|daily
        a full bus, heat, a closed door|the thought of having to stay|leaving the house
        getting out makes it better at once and worse next time|a friend beside me helps
        Wednesday: got off after one stop and walked an hour|Friday: left the basket in the queue
        my world has become very small|I am late or I do not go at all|my children go without me
        step by step, with somebody who asks how it went|a booklet first; I would like to try it alone
        Running away feeds the fear.|If I stayed, it would come down by itself.
    """),
}
_DURATION = ("an hour, then it fades", "half a day", "until I fall asleep", "ten minutes, and the fear of it all day")
_ONSET = ("since the spring", "about a year, slowly", "since last autumn", "on and off for years, worse this summer")
_EPISODES = (
    "Once before, ten years ago; it passed.",
    "First time.",
    "Twice before; tablets helped.",
    "The year after the move, much the same.",
)
_HOPES = ("To get my old days back.", "To sleep, and to feel like going out.", "Tools I can use myself.")
_SUBSTANCES = (
    "Two coffees, wine on Saturdays.",
    "No alcohol; tea all day.",
    "Four cans at the weekend, ten cigarettes.",
)
_WHY = (
    "Agreed together: calls every week, a booklet by post, a look back after the fourth call",
    "It is what the patient wants, and what the problem is usually helped by; a review is agreed",
)
_OFFERED = (("guided", "computer", "group"), ("guided", "group", "waiting"), ("guided", "computer", "employment"))


def assessment_fields(rng: Random, person: Person) -> Fields:
    """What an assessment records besides opening, measures, safety, medicines, goals, plan and ending."""
    told = ACCOUNTS[person.theme]
    fields: Fields = {"consent.confidentiality": "yes", "consent.agreed": "yes", "four_w.what": person.problem}
    fields |= {f"four_w.{name}": rng.choice(getattr(told, name)) for name in ("where", "who", "when")}
    fields |= {f"abc.{name}": rng.choice(getattr(told, name)) for name in ("body", "behaviour", "thoughts", "feelings")}
    fields |= {
        "fido.frequency": rng.choice(told.frequency),
        "fido.intensity": rng.randint(5, 9),
        "fido.duration": rng.choice(_DURATION),
        "fido.onset": rng.choice(_ONSET),
    }
    fields |= {f"triggers.{name}": rng.choice(getattr(told, name)) for name in ("triggers", "keeps_going", "example")}
    fields["impact.consequence"] = rng.choice(told.consequence)
    return fields | _background(rng, person) | _agreed(rng, person, told)


def _background(rng: Random, person: Person) -> Fields:
    fields: Fields = {
        "history.episodes": rng.choice(_EPISODES),
        "history.hopes": rng.choice(_HOPES),
        "health.substances": rng.choice(_SUBSTANCES),
    }
    if person.children:
        fields["health.life"] = ("children",)
    works = "works" in person.marks
    fields["employment.situation"] = (
        "employed" if works else "retired" if person.born.year < _RETIRED_BEFORE else _WITHOUT_WORK[person.theme]
    )
    fields["employment.off_sick"] = "no" if works else "not_in_work"
    fields["benefits.any"] = "no" if works else "yes" if "no-work" in person.marks else "not_stated"
    fields["employment_support.support"] = "no" if works else "not_applicable"
    return fields


_WITHOUT_WORK = {"active": "sick", "worry": "home", "facing": "seeking"}


def _agreed(rng: Random, person: Person, told: FirstAccount) -> Fields:
    return {
        "statement.text": person.problem,
        "statement.agreed": "yes",
        "explained.told": ("circle", "rationale", "guided"),
        "explained.teach_back": rng.choice(told.teach_back),
        "decision.offered": rng.choice(_OFFERED),
        "decision.preference": rng.choice(told.preference),
        "decision.choice": "guided",
        "decision.why": rng.choice(_WHY),
        "peq-assessment-sent.sent": rng.choice(("post", "link")),
    }
