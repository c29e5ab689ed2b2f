"""The people of the training caseload and what they say. All made up: every family name but two is a bird."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gsh_console.domain.carried import PlanItem


class Course(StrEnum):
    """How a training patient's scores go from contact to contact."""

    IMPROVING = "improving"
    RECOVERING = "recovering"
    NO_CHANGE = "no change"
    WORSE = "deteriorating"
    ABSENT = "not attending"
    NEW = "not yet seen"


@dataclass(frozen=True)
class Person:
    """A training patient. `booked`: days from today and UK time of the next call, or empty; `marks`: what to show.

    Marks: open, disclosed, declined, supervision, letter (in the last contact); works, no-work, self (in all of them).
    """

    given: str
    family: str
    born: date
    gender: str
    language: str
    interpreted: bool
    descriptor: str
    theme: str
    course: Course
    contacts: int
    booked: str
    marks: frozenset[str]
    children: str
    medicine: str
    problem: str


@dataclass(frozen=True)
class Review:
    """How a piece of a plan went, in the patient's words."""

    done: str
    happened: str
    learned: str
    barrier: tuple[str, ...]
    barrier_words: str


@dataclass(frozen=True)
class NextStep:
    """What the middle of a contact was about."""

    rationale: str
    example: str
    teach_back: str


@dataclass(frozen=True)
class Theme:
    """What people with one kind of problem work on. `first` and `last`: mean PHQ-9, GAD-7 and WSAS of a course.

    The means are England 2024-25, guided self-help with a book (domain reference §2.6).
    """

    booklet: str
    first: tuple[float, float, float]
    last: tuple[float, float, float]
    goals: tuple[str, ...]
    plans: tuple[PlanItem, ...]
    reviews: tuple[Review, ...]
    steps: tuple[NextStep, ...]


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _plans(table: str) -> tuple[PlanItem, ...]:
    return tuple(
        PlanItem(what, when, where, who, obstacle, coping) for what, when, where, who, obstacle, coping in _rows(table)
    )


def _reviews(table: str) -> tuple[Review, ...]:
    return tuple(
        Review(done, happened, learned, tuple(barrier.split()), words)
        for done, happened, learned, barrier, words in _rows(table)
    )


def _steps(table: str) -> tuple[NextStep, ...]:
    return tuple(NextStep(*cells) for cells in _rows(table))


def _people(table: str) -> tuple[Person, ...]:
    lines = table.strip().splitlines()
    return tuple(_person(f"{first}|{second}") for first, second in zip(lines[::2], lines[1::2], strict=True))


def _person(row: str) -> Person:
    ((given, family, born, gender, language, *middle, children, medicine, problem),) = _rows(row)
    interpreted, descriptor, theme, course, contacts, booked, marks = middle
    return Person(
        given=given,
        family=family,
        born=date.fromisoformat(born),
        gender=gender,
        language=language,
        interpreted=interpreted == "interpreter",
        descriptor=descriptor,
        theme=theme,
        course=Course(course),
        contacts=int(contacts),
        booked=booked,
        marks=frozenset(marks.split()),
        children=children,
        medicine=medicine,
        problem=problem,
    )


# given | family | born | gender | language | interpreter | descriptor | theme | course | contacts | booked | marks
# children | medicine | problem statement
PEOPLE = _people("""
Owen|Kingfisher|1979-05-11|1|en||F32|active|improving|3|0 09:00|open no-work
||Since the warehouse closed I stay in bed until noon, and I have stopped ringing my friends.
Zofia|Jaskółka|1987-06-02|2|pl||F33|active|no change|5|0 10:45|supervision works
Two, nine and six, both at school.|sertraline 50 mg, every morning|After night shifts I cannot get going, and I snap.
Grace|Nightjar|1994-01-27|2|en||F411|worry|recovering|5|0 11:30|self works
||I lie awake going over what could go wrong at work, and then check my e-mails at three in the morning.
Bilal|Bulbul|1962-09-15|1|ur|interpreter|F411|worry|deteriorating|3|0 13:00|disclosed no-work
Grown up, they live near.|citalopram 20 mg, misses it at weekends|I worry for my sons and do not go to the shop.
Ioana|Rândunică|1990-12-04|2|ro|interpreter|F410|facing|improving|2|0 15:15|
One, four, at nursery.||My heart races on the bus and I think I will faint, so I walk everywhere.
Daniel|Dunnock|1971-03-30|1|en||F412|worry|not yet seen|0|0 16:30|
||I feel flat and on edge at once, and I cannot settle to anything.
Harpreet|Koel|1983-07-19|2|pa||F32|active|recovering|6|2 10:45|letter
Three; the youngest is twelve.|fluoxetine 20 mg, every morning|Since my mother died I do the house and nothing else.
Layla|Hudhud|1996-02-08|2|ar|interpreter|F411|worry|improving|3|1 13:00|
||I worry from waking to sleeping about papers and letters I cannot read.
Tunde|Heron|1985-10-21|1|en||F410|facing|recovering|5|5 09:00|works
Two, seven and three.||I think my chest will stop when the tube is full, so I get off after one stop.
Nusrat|Doyel|1974-04-16|2|bn|interpreter|F32|active|improving|4|7 14:00|no-work
Four, two still at school.||I have no strength, and I do not go to my sister any more.
Megan|Siskin|1999-08-05|2|cy||F411|worry|improving|3|3 11:30|self
||I put off my coursework because I worry that it is not good enough.
Jerome|Osprey|1968-11-13|1|en||F33|active|deteriorating|4|1 09:45|disclosed no-work
||It came back in the winter; I do not open the curtains.
Inês|Andorinha|1992-05-29|2|pt||F400|facing|improving|4|4 10:45|
One, eight.||I go to the corner shop and no further, in case I panic far from home.
Hodan|Shimbir|1981-01-01|2|so|interpreter|F32|active|no change|4|6 13:00|supervision
Five, all at home, all well.||My body aches, and I sit alone when they are at school.
Deniz|Serçe|1977-09-09|1|tr|interpreter|F412|worry|improving|3|8 15:15|
||My head is never quiet since the accident at the factory.
Oksana|Lastivka|1989-03-08|2|uk|interpreter|F411|worry|no change|3|9 13:00|
One, ten, with me.||I read the news from home all night and cannot work the next day.
Shirin|Parastoo|1970-06-24|2|fa|interpreter|F452|worry|improving|5|10 14:00|letter
||I feel for lumps many times a day and ask my husband to look.
Callum|Wagtail|2001-02-17|1|en||F32|active|not attending|2|2 11:30|no-work
||I dropped out of college, and the days have no shape.
Mei|Yan|1995-07-07|2|zh||F411|worry|recovering|6|11 09:45|self works
||I plan for every disaster and am too tired to do the work itself.
Lucía|Golondrina|1984-12-12|2|es||F410|facing|improving|3|3 13:00|works
||I carry water and tablets everywhere, in case of an attack.
Peter|Plover|1948-10-02|1|en||F32|active|improving|4|4 11:30|no-work
|mirtazapine 15 mg at night|Since my wife went into the home I do not cook and do not see anyone.
Amara|Sunbird|1991-09-18|2|en||F412|active|improving|2|1 11:30|
A baby, five months, feeding well.||I love him, and I feel like a machine; nothing is nice.
Kavita|Mayur|1966-05-05|2|gu|interpreter|F32|active|recovering|5|12 13:00|
||I stopped going to the temple when my knees got bad, and then I stopped everything.
Ruth|Redstart|1973-04-01|2|en||F42|facing|improving|4|5 10:45|works
||I go back to check the cooker until I miss the bus.
Tomasz|Bocian|1980-08-23|1|pl|interpreter|F411|worry|not attending|1||
Two, in Poland with their mother.||I worry about money and drink coffee all night.
Elena|Pescăruș|1993-11-30|2|ro||F32|active|improving|3|6 09:45|declined works
||I came for work, I know nobody, and on Sundays I do not get dressed.
Ade|Hornbill|1988-01-09|1|en||F411|worry|no change|6|7 09:00|supervision works
One, two years old.||I lie to my manager that I am fine, and count the hours of sleep left.
Joan|Goldcrest|1955-02-26|2|en||F402|facing|recovering|5|8 10:45|no-work
||Since the fall I will not use stairs without a rail, so I do not visit my daughter.
Imran|Shaheen|1986-06-13|1|ur||F33|active|recovering|7||
Three, eleven, nine and four.|sertraline 100 mg, every evening|It comes back each autumn, and I stop answering.
Sabita|Shalik|1978-03-21|2|bn|interpreter|F411|worry|improving|2|9 15:15|
Two teenagers.||I wait at the window until each of them is home.
Noor|Qumri|1997-10-10|2|ar||F410|facing|not yet seen|0|2 13:00|
||I get hot and dizzy in lectures and sit by the door.
Stefan|Swift|1990-04-04|9|en||F32|active|not yet seen|0|3 09:45|
||I cannot remember when I last looked forward to something.
Bethan|Curlew|1982-12-19|2|en||F411|worry|recovering|6||letter
||I was the one who worried for the whole family.
Kofi|Egret|1976-07-28|1|en||F32|active|not yet seen|0|10 11:30|
Two, with their mother, every second weekend.||Since the separation I work, sleep and do nothing between.
""")

STREETS = ("Heron Street", "Larkspur Lane", "Bracken Road", "Old Quay", "Plover Close", "Tern Terrace", "Willow Rise")
PRACTICES = ("Bracken Road Surgery", "Old Quay Medical Centre", "The Willow Practice")
AT_HOME = ("at home, in the bedroom, door shut", "at home, alone", "at home, in the kitchen, nobody in")
AT_WORK = ("in the car, parked outside work", "in an empty meeting room at work", "on a bench in the yard, nobody near")
OVERHEARD = "at home, a grown-up relative in the next room"
AGENDA = (
    "",
    "",
    "how long this goes on for",
    "a letter for work",
    "sleep",
    "the form from the job centre",
    "my brother",
)
NO_THOUGHTS = (
    "No. I get fed up, but I want to be here.",
    "No, never. I would tell you.",
    "No, God forbid. I am tired, that is all.",
    "Not this time. I thought about it years ago, not now.",
    "No. I think about next summer, and who I would miss.",
    "No, nothing like that. I asked myself on Sunday, and no.",
    "No. My faith holds me, and my sister rings every day.",
)
UNDERSTANDING = (
    "Asked straight and answered straight. Worn out and short of sleep; people nearby who know how it is",
    "Frustrated with the slow pace, looking ahead to the plan. Would ring the GP first, then this service",
    "The weeks are long, and evenings are hardest. What holds: routine, one close friend, the next thing planned",
    "Thoughts of ending life were asked about in those words. Speaks of tiredness and of wanting the old days back",
    "A hard week with a bill and a row, talked through. Knows who to ring at night and has the numbers",
)
AGREED = (
    "Contacts reminded; the patient will ring the GP if sleep gets worse",
    "Contacts gone through together; they stand on the fridge",
    "The patient reads the numbers back. Nothing else was needed today",
    "Contacts reminded; a friend knows about the calls and may be told",
)
SUMMARIES = (
    "I will do what is on the sheet, and not wait until I feel like it.",
    "Small and certain. I write down what happens, even if it does not work.",
    "I see the circle now. I start with the easy one.",
    "It went better than I thought, so I do one more of the same.",
    "I ring you if I cannot do it, I do not just leave it.",
)
FEEDBACK = (
    "",
    "",
    "It helps to say it aloud.",
    "A bit rushed at the end.",
    "I was nervous; it was fine.",
    "Good, clear.",
)
JOTS = ("Dog barking, laughed about it", "Voice steadier than last time", "Long silences; gave time")
DISCLOSED: tuple[dict[str, str], ...] = (
    {
        "thoughts_now.words": "Some mornings I think it would be easier not to wake up. It goes when I get up.",
        "thoughts_past.words": "Once, after the divorce. I talked to my brother then.",
        "intent.words": "I do not want to do it. I want it to stop being like this.",
        "plans.words": "No. I have not thought how.",
        "means.words": "Paracetamol in the cupboard, one packet.",
        "keeps_going.words": "The grandchildren on Saturdays.",
        "has_stopped.words": "I thought of who would find me.",
        "makes_worse.words": "The evenings, and letters about money.",
        "help.words": "The GP knows. I would ring 111.",
        "understanding": "Passing thoughts on waking, no wish to act; worn down by money worries, held by family",
        "agreed": "Tablets moved to the neighbour's by the patient today; numbers put into the phone during the call",
        "informed": "Duty supervisor, the same day, with the patient's agreement",
        "action": "Talk with the supervisor about the safety plan made today, before the next call",
    },
    {
        "thoughts_now.words": "Yes, I think they would manage better without me. Two or three times this week.",
        "thoughts_past.words": "In the winter four years ago.",
        "intent.words": "No. I told my son, he comes every day now.",
        "plans.words": "No.",
        "means.words": "My tablets; my son keeps them.",
        "keeps_going.words": "My sons. Prayer.",
        "has_stopped.words": "It is not what I believe in.",
        "makes_worse.words": "When nobody has spoken to me all day.",
        "help.words": "The GP, and my son has the crisis number.",
        "understanding": "Feels a burden since stopping work; has told the family, who stand close. No wish to act",
        "agreed": "Son keeps the tablets; safety card read through and posted",
        "informed": "Supervisor, the same day, with the patient's agreement",
        "action": "Ring the patient's GP about today's conversation and tell the supervisor what was said",
    },
)
MAYA_DISCLOSED = DISCLOSED[0] | {
    "thoughts_now.words": "Passing thoughts of not waking up. They come and they go.",
    "thoughts_past.words": "Not like this.",
    "intent.words": "No, I don't want to do anything.",
    "plans.words": "No plan.",
    "means.words": "Just my own tablets at home.",
    "keeps_going.words": "My sister keeps me going.",
    "has_stopped.words": "My sister, and the dog.",
    "makes_worse.words": "The post on the mat.",
    "help.words": "You, and the GP.",
    "understanding": "Passing thoughts of not waking up; no intent, no plan; her sister keeps her going",
    "agreed": "Safety card gone through together and posted to her today; she will ring her sister when it comes",
    "informed": "Supervisor, in this week's case management; she knows and agrees",
    "action": "",
}

THEMES = {
    "active": Theme(
        booklet="getting-active",
        first=(15.3, 12.2, 19.6),
        last=(10.7, 8.7, 15.2),
        goals=(
            "cook twice a week",
            "see a friend once a week",
            "be up by nine on weekdays",
            "walk to the library again",
        ),
        plans=_plans("""
            walk to the park and back|Tuesday and Friday, 11:00|Heron Park||rain|walk round the market hall
            ring one friend|Wednesday after tea|at home||I will think she is busy|send a message first
            cook one meal|Sunday, 17:00|at home|my neighbour|no shopping in|use the freezer
            get up and wash by nine|every weekday|at home||a bad night|curtains first, kettle second
            fill in the diary|every evening after the news|kitchen table||forgetting|pen lies on the remote
            sort one drawer|Monday, 10:00|hallway||it grows into the whole house|timer, ten minutes
        """),
        reviews=_reviews("""
            done|I did it both times. The second was easier.|Starting is the worst part.||
            done|I went, and I stayed longer than planned.|I feel better after, not before.||
            partly|I did one of the two.|Half is more than nothing.|motivation|I thought, what is the point.
            partly|I started and sat down again.|Ten minutes would have done.|capability motivation|Legs like lead.
            not|The week got away from me.|I need a fixed time.|opportunity|My shifts were changed.
        """),
        steps=_steps("""
            to see the circle of doing less|Sunday: stayed in, mood 2; rang her back, mood 5|Less doing, less mood.
            to find what lifts the mood a little|three entries above 4, all outside the house|It is the outside part.
            to plan by list and not by mood|one routine, one necessary, one pleasant thing|Because it is Tuesday.
            to rank steps so that the first one is easy|three easy, two middle, one hard|Easy first, that is allowed.
            to look back at what was done|two weeks side by side|I did more than I remembered.
        """),
    ),
    "worry": Theme(
        booklet="worry-time",
        first=(11.8, 13.0, 15.5),
        last=(7.9, 7.9, 11.2),
        goals=(
            "sleep six hours",
            "leave my phone in the hall at night",
            "say no once a week",
            "read to the end of a page",
        ),
        plans=_plans("""
            write worries down and leave them|each evening, 18:00|kitchen table||visitors|do it after they go
            worry time, fifteen minutes|18:30, every day|the hard chair||it spills over|set the timer, stand up
            sort the list: can I do something?|Monday and Thursday|at home||too tired|only the top three
            one problem, seven steps|Saturday, 10:00|library|my cousin|she cannot come|ring her instead
            phone stays in the hall|from 22:00|hall||someone might ring|the loud ring is on
        """),
        reviews=_reviews("""
            done|Every evening but one.|The same three worries come back.||
            done|It felt silly, and then it worked.|Most of them were gone by six.||
            partly|Four days of seven.|I can put it off when I write it down.|opportunity|We had guests.
            partly|I wrote, but I did not stop after fifteen minutes.|The timer helps.|capability|I lost the end.
            not|I forgot, and then I was cross.|It needs a place in the day.|motivation|It might make it worse.
        """),
        steps=_steps("""
            to see what worry does all day|Tuesday: eleven worries before noon|It is a habit, not a warning.
            to tell real worries from what-ifs|two real, nine what-if|Only two I can do something about.
            to give worry one place in the day|the list from Thursday, read at half past six|I put it off.
            to solve the ones that can be solved|the boiler: three ideas, one telephone call|One step and then look.
        """),
    ),
    "facing": Theme(
        booklet="facing-fears",
        first=(12.0, 13.0, 16.5),
        last=(8.3, 8.4, 11.8),
        goals=(
            "take the bus to town alone",
            "leave the house without checking twice",
            "eat in the canteen",
            "use the lift",
        ),
        plans=_plans("""
            two stops on the bus|Tuesday and Thursday, 10:00|number 4||it is full|take the next one, not none
            stand in the queue|Saturday morning|corner shop|my friend|dizzy|stay until it drops by half
            leave after one check|every weekday|front door||late|the neighbour's light is my sign
            sit in the third row|Wednesday|hall||no seat left|stand at the side, not at the door
        """),
        reviews=_reviews("""
            done|80 at first, 35 at the end. I stayed.|It comes down by itself.||
            done|Twice, without my water bottle.|Nothing happened, and I was bored.||
            partly|I got off after one stop the first time.|Leaving early keeps it alive.|motivation|I might faint.
            not|My friend was ill, and I did not go alone.|I need a step I can do alone.|opportunity|Nobody to go with.
        """),
        steps=_steps("""
            to see how avoiding feeds fear|the bus: relief for an hour, fear all week|I paid for the relief.
            to build a ladder from easy to hard|eight rungs, the lowest at 30|Start at the bottom, stay on it.
            to stay until fear has dropped by half|from 80 to 35 in twenty minutes|Wait it out, do not get off.
            to repeat without props|the same rung without the water bottle|It was not the bottle that kept me safe.
        """),
    ),
}
