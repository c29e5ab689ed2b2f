"""The rules of the add-patient form, shared with the CSV import: raw words in, a patient or every problem out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date
from functools import cache, partial

from gsh_console.casework.desk import Desk
from gsh_console.domain.measures import Threshold
from gsh_console.domain.moments import UK
from gsh_console.domain.people import SAID_IN_ENGLAND, Patient, age_on, nhs_number_is_valid
from gsh_console.domain.text import clean
from gsh_console.faults import InputRefused
from gsh_console.store import caseload

YOUNGEST = Threshold(16, "local", "each service decides; Talking Therapies are services for adults")
OLDEST = Threshold(120, "local", "older is taken for a slip of the pen")
NO_VOICEMAIL, NAME_AND_NUMBER, FULL_VOICEMAIL = "no", "name and number only", "yes"
VOICEMAIL = (NO_VOICEMAIL, NAME_AND_NUMBER, FULL_VOICEMAIL)
# Problem descriptors of the national data set (domain reference §8.3); any other F40 to F43 is known too.
PROBLEM_DESCRIPTORS = (
    *("F32", "F33", "F400", "F401", "F402", "F410", "F411", "F412", "F42", "F431", "F452"),
    *("83482000", "K58", "G933", "723916001"),
)
_OTHER_DESCRIPTOR = re.compile(r"F4[0-3][0-9]?")
_GENDERS = {"1": "1", "male": "1", "2": "2", "female": "2", "9": "9", "indeterminate": "9", "x": "X", "not known": "X"}
_YES_AND_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_SIGN_AND_COMMUNICATION = frozenset(("q1", "q2", "q3", "q4", "q5"))
_OTHER_LANGUAGE_NAMES = {
    **{"bangla": "bn", "panjabi": "pa", "farsi": "fa", "dari": "fa", "sorani": "ku", "mandarin": "zh"},
    **{"cantonese": "zh", "flemish": "nl", "oriya": "or", "sinhalese": "si", "bsl": "q4"},
    **{"british sign language": "q4"},
}
_LONGEST = {
    **{"family_name": 80, "given_name": 80, "phone": 30, "second_phone": 30, "postcode": 10, "gp_practice": 120},
    **{"interpreter_wishes": 200, "communication_needs": 500, "emergency_contact": 200, "address_line": 200},
    **{"problem_statement": 2000},
}
_PHONE = re.compile(r"[0-9+() .\-]+")
_DIGITS_OF_A_PHONE = range(6, 16)
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_WRITTEN_DATE = re.compile(r"(\d{1,2})[/. -]+(\d{1,2}|[a-z]{3,9})[/. ,-]+(\d{4})", re.ASCII)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


@dataclass(frozen=True)
class PatientDraft:
    """What was typed into the form or stood in a file, word for word."""

    family_name: str = ""
    given_name: str = ""
    birth_date: str = ""
    nhs_number: str = ""
    gender: str = ""
    language: str = ""
    interpreter_required: str = ""
    interpreter_wishes: str = ""
    communication_needs: str = ""
    phone: str = ""
    second_phone: str = ""
    voicemail: str = ""
    emergency_contact: str = ""
    address_line: str = ""
    postcode: str = ""
    gp_practice: str = ""
    problem_descriptor: str = ""
    problem_statement: str = ""
    referral_received: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, why, and what to do. It never repeats what was typed."""

    field: str
    sentence: str


class _NotAcceptable(Exception):
    """A field's words cannot be taken; the text says why."""


FIELDS = tuple(field.name for field in dataclasses.fields(PatientDraft))


def check(draft: PatientDraft, known_nhs_numbers: Set[str], today: date) -> Patient | tuple[Problem, ...]:
    """The patient the draft describes, still without an id, or every problem it has."""
    values: dict[str, object] = {}
    problems = []
    for name in FIELDS:
        try:
            values[name] = _READERS[name](getattr(draft, name))
        except _NotAcceptable as refused:
            problems.append(Problem(name, str(refused)))
    problems += _problems_between(values, known_nhs_numbers, today)
    return tuple(problems) if problems else Patient(id="", **values)  # type: ignore[arg-type]


def add_patient(desk: Desk, draft: PatientDraft) -> Patient:
    """Add the patient to the caseload; InputRefused with every problem in words if the draft has any."""
    today = desk.now().astimezone(UK).date()
    known = {identity_of(person): person.nhs_number for person in caseload.patients(desk.store)}
    found = check(draft, frozenset(number for number in known.values() if number), today)
    if isinstance(found, Patient):
        found = _someone_alike(found, known) or found
    if not isinstance(found, Patient):
        raise InputRefused(" ".join(problem.sentence for problem in found))
    person = dataclasses.replace(found, id=desk.new_id())
    with desk.store.unit() as session:
        caseload.add_patient(session, person, desk.now())
    return person


def identity_of(person: Patient) -> tuple[str, str, date]:
    """What tells two people apart where a number is lacking: both names, folded, and the birth date."""
    return caseload.folded(person.family_name), caseload.folded(person.given_name), person.birth_date


def _someone_alike(person: Patient, known: dict[tuple[str, str, date], str | None]) -> tuple[Problem, ...]:
    """Two people may share name and birth date only where both have an NHS number."""
    alike = identity_of(person)
    if alike not in known or (known[alike] and person.nhs_number):
        return ()
    told = "Someone with this name and birth date is already on the caseload. Open that record instead."
    return (Problem("family_name", told),)


def _problems_between(values: dict[str, object], known: Set[str], today: date) -> list[Problem]:
    problems = []
    if values.get("nhs_number") in known:
        told = "This NHS number is already on the caseload. Check the number, or open that record."
        problems.append(Problem("nhs_number", told))
    born, received = values.get("birth_date"), values.get("referral_received")
    if isinstance(born, date) and (reason := _wrong_age(born, today)):
        problems.append(Problem("birth_date", reason))
    if isinstance(received, date) and received > today:
        problems.append(
            Problem("referral_received", "The referral date lies in the future. Check day, month and year.")
        )
    elif isinstance(received, date) and isinstance(born, date) and received < born:
        told = "The referral date lies before the birth date. Check both."
        problems.append(Problem("referral_received", told))
    return problems


def _wrong_age(born: date, today: date) -> str | None:
    if born > today:
        return "The birth date lies in the future. Check day, month and year."
    age = age_on(born, today)
    if age < YOUNGEST.value:
        return (
            f"The birth date makes the person younger than {YOUNGEST.value}, the age this service starts at. "
            "Check the date; a young person is referred to a service for young people."
        )
    if age > OLDEST.value:
        return f"The birth date makes the person older than {OLDEST.value}. Check the year."
    return None


def _label(name: str) -> str:
    if name == "nhs_number":
        return "NHS number"
    return "GP practice" if name == "gp_practice" else name.replace("_", " ").capitalize()


def _line(name: str, text: str) -> str:
    """One line of text, no longer than its field allows."""
    line = " ".join(clean(text, one_line=True).split())
    if len(line) > _LONGEST[name]:
        raise _NotAcceptable(f"{_label(name)} is longer than {_LONGEST[name]} characters. Shorten it.")
    return line


def _lines(name: str, text: str) -> str:
    lines = clean(text).strip()
    if len(lines) > _LONGEST[name]:
        raise _NotAcceptable(f"{_label(name)} is longer than {_LONGEST[name]} characters. Shorten it.")
    return lines


def _name(name: str, text: str) -> str:
    line = _line(name, text)
    if not line:
        raise _NotAcceptable(f"{_label(name)} is missing; two patients are told apart by it. Give it.")
    if not any(character.isalpha() for character in line):
        raise _NotAcceptable(f"{_label(name)} has no letter in it. Give the name as it is written.")
    return line


def _date(name: str, text: str) -> date | None:
    typed = " ".join(clean(text, one_line=True).lower().split())
    if not typed:
        return None
    found = read_day(typed)
    if found is None:
        raise _NotAcceptable(f"{_label(name)} is not a date. Write it as 1991-03-14, 14/03/1991 or 14 Mar 1991.")
    return found


def _birth_date(name: str, text: str) -> date:
    found = _date(name, text)
    if found is None:
        raise _NotAcceptable("Birth date is missing; the patient is identified by it. Give it.")
    return found


def read_day(typed: str) -> date | None:
    """The day of 1991-03-14, 14/03/1991 or 14 mar 1991 (day before month), None if it is not one."""
    try:
        if match := _ISO_DATE.fullmatch(typed):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _WRITTEN_DATE.fullmatch(typed):
            return date(int(match[3]), _month(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


def _month(typed: str) -> int:
    if typed.isdigit():
        return int(typed)
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(typed)), 0)


def _nhs_number(name: str, text: str) -> str | None:
    digits = re.sub(r"[\s\-‐-―]", "", clean(text, one_line=True))
    if not digits:
        return None
    if not (len(digits) == 10 and digits.isascii() and digits.isdigit()):
        raise _NotAcceptable(f"{_label(name)} is not ten digits. Read it from the letter again, or leave it empty.")
    if not nhs_number_is_valid(digits):
        raise _NotAcceptable(f"{_label(name)} has a wrong check digit, so one digit is a slip. Read it again.")
    return digits


def _gender(text: str) -> str:
    typed = _typed(text)
    if typed and typed not in _GENDERS:
        raise _NotAcceptable("Gender is not a known code. Use 1 male, 2 female, 9 indeterminate or X not known.")
    return _GENDERS.get(typed, "X")


def _language(text: str) -> str:
    typed = _typed(text)
    if not typed:
        return "en"
    if typed in _SIGN_AND_COMMUNICATION or typed in languages():
        return typed
    found = _codes_by_name().get(typed)
    if found is None:
        raise _NotAcceptable(
            "Language is not known. Use its two-letter code (ur, pl), its English name, or q1 to q5; "
            "one without a code of its own goes under the nearest, with the dialect in the interpreter wishes."
        )
    return found


@cache
def languages() -> dict[str, str]:
    """Every two-letter language code with its English name."""
    from babel import Locale

    named = {code: str(name) for code, name in sorted(Locale("en").languages.items()) if len(code) == 2}
    return named | SAID_IN_ENGLAND


@cache
def _codes_by_name() -> dict[str, str]:
    return {name.lower(): code for code, name in languages().items()} | _OTHER_LANGUAGE_NAMES


def _yes_or_no(name: str, text: str) -> bool:
    typed = _typed(text)
    if typed and typed not in _YES_AND_NO:
        raise _NotAcceptable(f"{_label(name)} is neither yes nor no. Write one of them.")
    return _YES_AND_NO.get(typed, False)


def _phone(name: str, text: str) -> str:
    line = _line(name, text)
    if not line:
        return ""
    digits = sum(character.isdigit() for character in line)
    if not _PHONE.fullmatch(line) or digits not in _DIGITS_OF_A_PHONE:
        raise _NotAcceptable(f"{_label(name)} is not a telephone number. Use digits, spaces and a leading +.")
    return line


def _voicemail(text: str) -> str:
    typed = _typed(text)
    if typed and typed not in VOICEMAIL:
        raise _NotAcceptable(f"Voicemail permission is not known. Use one of: {', '.join(VOICEMAIL)}.")
    return typed or NO_VOICEMAIL


def _postcode(name: str, text: str) -> str:
    return _line(name, text).upper()


def _descriptor(text: str) -> str:
    typed = _typed(text).upper().replace(".", "").replace(" ", "")
    if typed and typed not in PROBLEM_DESCRIPTORS and not _OTHER_DESCRIPTOR.fullmatch(typed):
        known = ", ".join(PROBLEM_DESCRIPTORS)
        raise _NotAcceptable(f"Problem descriptor is not known. Leave it empty or use one of: {known}.")
    return typed


def _typed(text: str) -> str:
    return " ".join(clean(text, one_line=True).lower().split())


_READERS: dict[str, Callable[[str], object]] = {
    "family_name": partial(_name, "family_name"),
    "given_name": partial(_name, "given_name"),
    "birth_date": partial(_birth_date, "birth_date"),
    "nhs_number": partial(_nhs_number, "nhs_number"),
    "gender": _gender,
    "language": _language,
    "interpreter_required": partial(_yes_or_no, "interpreter_required"),
    "interpreter_wishes": partial(_line, "interpreter_wishes"),
    "communication_needs": partial(_line, "communication_needs"),
    "phone": partial(_phone, "phone"),
    "second_phone": partial(_phone, "second_phone"),
    "voicemail": _voicemail,
    "emergency_contact": partial(_line, "emergency_contact"),
    "address_line": partial(_line, "address_line"),
    "postcode": partial(_postcode, "postcode"),
    "gp_practice": partial(_line, "gp_practice"),
    "problem_descriptor": _descriptor,
    "problem_statement": partial(_lines, "problem_statement"),
    "referral_received": partial(_date, "referral_received"),
}
