"""The training caseload: synthetic people whose past contacts are real, signed contacts; and bulk for benchmarks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from gsh_console.casework.contacts import SUPPORT
from gsh_console.casework.desk import Desk
from gsh_console.casework.kept_definitions import keep_those_in_force
from gsh_console.casework.new_patient import NAME_AND_NUMBER, VOICEMAIL
from gsh_console.casework.training_people import PEOPLE, PRACTICES, STREETS, Course, Person
from gsh_console.casework.training_record import Recorder
from gsh_console.casework.training_talk import FARIDA, MAYA, MEASURES, Script, course_totals, scripts_of
from gsh_console.content.definitions import Definitions
from gsh_console.domain.identity import new_id
from gsh_console.domain.measures import Measure
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient, nhs_number_is_valid
from gsh_console.faults import InputRefused
from gsh_console.store import caseload
from gsh_console.store.store import as_text

LARGEST_REAL = len(PEOPLE) + 2
ASSESSMENT, CALL = "assessment", "support"
CALL_MINUTES, INTERPRETED_MINUTES = 30, 60
FIRST_MINUTES = 45
_SLOTS = tuple(time(h, m) for h, m in ((9, 0), (9, 45), (10, 45), (11, 30), (13, 0), (14, 0), (15, 15), (16, 15)))
_LONG_SLOTS = tuple(time(h, m) for h, m in ((9, 45), (13, 0), (14, 0), (15, 15)))
_DAY = timedelta(days=1)
_SATURDAY = 5
_NEEDS = {
    "Begum": "speaks Sylheti; reads a little Bengali, her husband reads letters to her",
    "Goldcrest": "hard of hearing: speak slowly, say the day and time twice",
    "Hudhud": "cannot read English letters: ring, do not write",
}
_WISHES = ("the same interpreter each time", "a woman", "a man; not from the same town", "")
_RELATIVES = ("sister", "brother", "friend", "neighbour", "daughter", "husband's sister", "uncle")
_TODAYS_BULK_CALLS = 40
_BULK_CONTACTS = 3
_SCORED_OF = 10  # one patient in ten has scores
_BULK_ROWS = 1000


@dataclass(frozen=True)
class Case:
    """A patient, the contacts to write, and the calls booked by hand (the moment and what it is for)."""

    patient: Patient
    added_at: datetime
    scripts: tuple[Script, ...]
    calls: tuple[tuple[datetime, str], ...]


def make_training_caseload(
    desk: Desk, *, seed: int = 1, patients: int = LARGEST_REAL, on_progress: Callable[[], object] = lambda: None
) -> None:
    """Fill an empty training store, the same for the same seed and day; `on_progress` is called once a patient.

    Everything is one transaction. The first two patients are those of the reference calls, due today at 10 and 14.
    """
    _refuse_real_or_filled(desk)
    rng = Random(seed)
    recorder = Recorder(desk, Random(rng.getrandbits(64)))
    today = desk.now().astimezone(UK).date()
    cases = _Planner(rng, today, desk.definitions).cases((MAYA, FARIDA, *PEOPLE)[:patients])
    contacts = [(script.starts, case.patient, script) for case in cases for script in case.scripts]
    with desk.store.unit() as session:
        keep_those_in_force(session, desk)
        for case in cases:
            recorder.add_patient(session, case.patient, case.added_at)
            session.flush()
            for starts, purpose in case.calls:
                minutes = FIRST_MINUTES if purpose == ASSESSMENT else CALL_MINUTES
                recorder.add_call(session, case.patient, starts, purpose, minutes)
        heard = 0
        for written, (_, patient, script) in enumerate(sorted(contacts, key=lambda each: each[0]), 1):
            recorder.add_contact(session, patient, script)
            while heard < len(cases) * written // len(contacts):
                heard += 1
                on_progress()
        session.flush()
        session.connection().exec_driver_sql(
            "UPDATE appointment SET minutes = ? "
            "WHERE patient_id IN (SELECT id FROM patient WHERE interpreter_required)",
            (INTERPRETED_MINUTES,),
        )


def nhs_numbers() -> Iterator[str]:
    """The valid numbers of the test range that begins with 999, from 999 000 0018 on."""
    for serial in range(1, 1_000_000):
        for check in "0123456789":
            number = f"999{serial:06d}{check}"
            if nhs_number_is_valid(number):
                yield number


def _refuse_real_or_filled(desk: Desk) -> None:
    if not desk.training:
        raise InputRefused("Synthetic patients never go into a real store.", "Use gsh-console demo.")
    if caseload.count(desk.store, ""):
        raise InputRefused("There are already patients in this training store.", "Use gsh-console demo --fresh.")


@dataclass
class _Diary:
    """The practitioner's calendar: one call at a time, on weekdays."""

    taken: set[datetime] = field(default_factory=set)

    def book(self, day: date, at: time, *, exactly: bool = False) -> datetime:
        """The moment on this day, or on the next weekday that is free then."""
        while not exactly and (_is_weekend(day) or _moment(day, at) in self.taken):
            day += _DAY
        self.taken.add(_moment(day, at))
        return _moment(day, at)

    def take_back(self, rng: Random, day: date, *, long: bool) -> datetime:
        """A free moment on this day, or on the last weekday before it that has one."""
        while True:
            slots = _LONG_SLOTS if long else _SLOTS
            free = [slot for slot in slots if _moment(day, slot) not in self.taken]
            if free and not _is_weekend(day):
                found = _moment(day, rng.choice(free))
                self.taken.add(found)
                return found
            day -= _DAY


def _is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UK).astimezone(UTC)


class _Planner:
    """Who is on the caseload, when their contacts were and what was said."""

    def __init__(self, rng: Random, today: date, definitions: Definitions) -> None:
        self.rng = rng
        self.today = today
        self.measures: Mapping[str, Measure] = definitions.measures
        self.due = definitions.due
        self.diary = _Diary()

    def cases(self, people: Sequence[Person]) -> list[Case]:
        """Every patient's case; the calls to come are booked before the past ones find their places."""
        booked = [self._booked(person) for person in people]
        numbers = nhs_numbers()
        return [
            self._case(place, person, call, next(numbers))
            for place, (person, call) in enumerate(zip(people, booked, strict=True))
        ]

    def _booked(self, person: Person) -> datetime | None:
        if not person.booked:
            return None
        days, at = person.booked.split()
        return self.diary.book(self.today + int(days) * _DAY, time.fromisoformat(at), exactly=days == "0")

    def _case(self, place: int, person: Person, booked: datetime | None, number: str) -> Case:
        starts = self._past(person, booked)
        upcoming, calls = booked, []
        if person.course is Course.ABSENT:
            missed = starts[-1].astimezone(UK)
            upcoming = self.diary.book(missed.date() + 7 * _DAY, missed.time())
        nobody_signed_for_it = upcoming != booked or "open" in person.marks or not starts
        if booked and nobody_signed_for_it:
            calls.append((booked, CALL if starts else ASSESSMENT))
        if starts:
            calls.insert(0, (starts[0], ASSESSMENT))
        first = starts[0].astimezone(UK).date() if starts else self.today
        referred = first - self.rng.randint(14, 42) * _DAY
        added_at = _moment(referred + _DAY, time(8, 30))
        patient = _patient(place, person, number, referred, new_id(added_at, self.rng.randbytes(10)))
        scripts = scripts_of(self.rng, person, patient.phone, starts, upcoming, self.measures, self.due)
        return Case(patient, added_at, tuple(scripts), tuple(calls))

    def _past(self, person: Person, booked: datetime | None) -> list[datetime]:
        """When the past contacts were, weekly or fortnightly, ending before today."""
        gap = 7 if person in (MAYA, FARIDA) else self.rng.choice((7, 7, 14))
        if "open" in person.marks:
            day = self.today - _DAY
        elif person.course is Course.ABSENT:
            day = self.today - self.rng.randint(13, 20) * _DAY
        elif booked:
            day = min(booked.astimezone(UK).date() - gap * _DAY, self.today - _DAY)
        else:
            day = self.today - self.rng.randint(9, 30) * _DAY
        starts: list[datetime] = []
        for _ in range(person.contacts + ("open" in person.marks)):
            starts.insert(0, self.diary.take_back(self.rng, day, long=person.interpreted))
            day = starts[0].astimezone(UK).date() - gap * _DAY
        return starts


def _patient(place: int, person: Person, number: str, referred: date, patient_id: str) -> Patient:
    interpreted = person.interpreted
    wishes = "a woman; Sylheti" if person is FARIDA else _WISHES[place % len(_WISHES)] if interpreted else ""
    return Patient(
        id=patient_id,
        family_name=person.family,
        given_name=person.given,
        birth_date=person.born,
        nhs_number=number,
        gender=person.gender,
        language=person.language,
        interpreter_required=interpreted,
        interpreter_wishes=wishes,
        communication_needs=_NEEDS.get(person.family, ""),
        # Ofcom keeps these ranges for drama: they ring nowhere.
        phone=f"07700 900{100 + place:03d}",
        second_phone=f"01632 960{100 + place:03d}" if place % 3 == 1 else "",
        voicemail=NAME_AND_NUMBER if place % 3 == 0 else VOICEMAIL[place % len(VOICEMAIL)],
        emergency_contact=f"{_RELATIVES[place % len(_RELATIVES)]}, 07700 900{500 + place:03d}",
        address_line=f"{place % 60 + 2} {STREETS[place % len(STREETS)]}",
        postcode=f"QX{place % 9 + 1} {place % 8 + 1}AB",  # no postcode area begins with Q
        gp_practice=PRACTICES[place % len(PRACTICES)],
        problem_descriptor=person.descriptor,
        problem_statement=person.problem,
        referral_received=referred,
    )


def make_large_caseload(desk: Desk, patients: int, seed: int) -> None:
    """Fill an empty training store with bulk rows for benchmarks: 40 calls today, scores for a tenth of the patients.

    The scored contacts have no journal, note or outbox item, so `verify` has nothing to recompute them from: this
    store shows how lists and charts behave at size, and nothing else.
    """
    _refuse_real_or_filled(desk)
    rng = Random(seed)
    today = desk.now().astimezone(UK).date()
    bulk = _Bulk(rng, today, desk)
    with desk.store.unit() as session:
        connection = session.connection()
        for table, rows in bulk.tables(patients):
            columns = list(rows[0])
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            for start in range(0, len(rows), _BULK_ROWS):
                connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows[start : start + _BULK_ROWS]])


class _Bulk:
    """Rows by the thousand, each table's in the order they have to be written."""

    def __init__(self, rng: Random, today: date, desk: Desk) -> None:
        self.rng = rng
        self.today = today
        self.book = desk.definitions.rulebook(SUPPORT)

    def tables(self, patients: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The tables with their rows."""
        people = [self._person(place, number) for place, number in zip(range(patients), nhs_numbers(), strict=False)]
        yield "patient", [caseload.patient_columns(person, _moment(self.today, time(8))) for _, person in people]
        contacts, scores = [], []
        for template, patient in people[::_SCORED_OF]:
            for contact, taken in self._contacts(template, patient):
                contacts.append(contact)
                scores += taken
        yield "contact", contacts
        yield "score", scores
        yield "appointment", self._calls([patient for _, patient in people])

    def _person(self, place: int, number: str) -> tuple[Person, Patient]:
        """A person with the first name of one and the family names of others, so that none is there twice."""
        template = PEOPLE[place % len(PEOPLE)]
        turn, first = divmod(place // len(PEOPLE), len(PEOPLE))
        family = PEOPLE[first].family
        if turn:
            family += f"-{PEOPLE[(first + turn) % len(PEOPLE)].family}"
        born = template.born + (place % 300) * _DAY
        person = dataclasses.replace(template, family=family, born=born)
        referred = self.today - (place % 90 + 30) * _DAY
        patient_id = new_id(_moment(referred, time(8, 30)), self.rng.randbytes(10))
        return template, _patient(place % 400, person, number, referred, patient_id)

    def _contacts(self, person: Person, patient: Patient) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        protocol = self.book.protocol
        for number, totals in enumerate(course_totals(self.rng, person, _BULK_CONTACTS, self.book.measures), 1):
            day = self.today - 7 * (_BULK_CONTACTS + 1 - number) * _DAY
            opened = _moment(day, time(9))
            contact = {
                "id": new_id(opened, self.rng.randbytes(10)),
                "patient_id": patient.id,
                "number": number,
                "protocol": protocol.id,
                "protocol_version": protocol.version,
                "opened_at": as_text(opened),
                "signed_at": as_text(opened + timedelta(minutes=CALL_MINUTES)),
            }
            shared: dict[str, Any] = {"contact_id": contact["id"], "patient_id": patient.id, "number": number}
            shared |= {"taken_on": day.isoformat(), "complete": 1, "prorated": 0, "missing": "[]"}
            yield (
                contact,
                [{**shared, "measure": name, "total": total} for name, total in zip(MEASURES, totals, strict=True)],
            )

    def _calls(self, patients: list[Patient]) -> list[dict[str, Any]]:
        step = max(1, len(patients) // _TODAYS_BULK_CALLS)
        calls = []
        for place, patient in enumerate(patients[::step][:_TODAYS_BULK_CALLS]):
            starts = _moment(self.today, time(9 + place // 5, place % 5 * 12))
            call_id = new_id(starts, self.rng.randbytes(10))
            call: dict[str, Any] = {"id": call_id, "patient_id": patient.id, "starts_at": as_text(starts)}
            calls.append(call | {"minutes": CALL_MINUTES, "purpose": CALL})
        return calls
