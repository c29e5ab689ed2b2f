"""The people of a contact as values, and the NHS number's own rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Practitioner:
    """The PWP whose store this is. Identifiers are None where the service has not given them."""

    name: str
    role: str = "Psychological Wellbeing Practitioner"
    sds_id: str | None = None


SAID_IN_ENGLAND = {"bn": "Bengali"}  # language names that the usual tables give another way


@dataclass(frozen=True)
class Patient:
    """One person on the caseload. `language` is ISO 639-1; dates are calendar dates."""

    id: str
    family_name: str
    given_name: str
    birth_date: date
    nhs_number: str | None = None
    gender: str = "X"
    language: str = "en"
    interpreter_required: bool = False
    interpreter_wishes: str = ""
    communication_needs: str = ""
    phone: str = ""
    second_phone: str = ""
    voicemail: str = "no"
    emergency_contact: str = ""
    address_line: str = ""
    postcode: str = ""
    gp_practice: str = ""
    problem_descriptor: str = ""
    problem_statement: str = ""
    referral_received: date | None = None

    @property
    def name(self) -> str:
        """FAMILY, Given: the order in which two patients are told apart."""
        return f"{self.family_name.upper()}, {self.given_name}"


def age_on(birth_date: date, day: date) -> int:
    """Age in whole years on a day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def nhs_number_is_valid(number: str) -> bool:
    """Whether ten digits carry the right check digit (modulus 11, weights 10 to 2; 10 is never issued)."""
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        return False
    remainder = 11 - sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)) % 11
    check = 0 if remainder == 11 else remainder
    return check != 10 and check == int(number[9])


def nhs_number_as_shown(number: str | None) -> str:
    """The 3-3-4 form read out on the telephone, or words where there is none."""
    if not number:
        return "not known"
    return f"{number[:3]} {number[3:6]} {number[6:]}"
