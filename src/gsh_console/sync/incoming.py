"""What comes down from a FHIR server, read into values: patients, appointments, tasks. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gsh_console.domain.people import nhs_number_is_valid
from gsh_console.domain.text import clean
from gsh_console.sync.datatypes import INTERPRETER_REQUIRED, NHS_NUMBER

LONGEST = 200  # signs of a text taken over
_GENDERS = {"male": "1", "female": "2", "other": "9"}
_BOOKED = ("booked", "pending", "arrived", "checked-in", "proposed", "waitlist")
_DEFAULT_MINUTES = 30

Details = dict[str, Any]  # the fields of a patient that a server has a say in


@dataclass(frozen=True)
class IncomingAppointment:
    """A call on the server. `patients` are references; `starts_at` aware; not `booked` means that it fell away."""

    reference: str
    version: str
    patients: tuple[str, ...]
    starts_at: datetime | None
    minutes: int
    booked: bool

    @property
    def patient(self) -> str:
        """The first patient named."""
        return self.patients[0]


@dataclass(frozen=True)
class IncomingTask:
    """A task on the server, about a patient given by reference."""

    reference: str
    version: str
    patient: str
    what: str
    status: str
    due: str | None
    authored_at: str | None


def reference_of(resource: Mapping[str, Any]) -> str:
    """Type and id."""
    return f"{resource['resourceType']}/{resource['id']}"


def version_of(resource: Mapping[str, Any]) -> str:
    """The version, empty where the server tells none."""
    meta = resource.get("meta")
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""


def details_of(patient: Mapping[str, Any]) -> Details | None:
    """A patient's details as the store has them; None without a whole birth date or a name to know the person by."""
    born = _day(patient.get("birthDate"))
    name = _official(patient.get("name"))
    family = _text(name.get("family"))
    if born is None or not family:
        return None
    given = name.get("given")
    address = next(_dicts(patient.get("address")), {})
    lines = address.get("line")
    phones = [_text(each.get("value")) for each in _dicts(patient.get("telecom")) if each.get("system") == "phone"]
    return {
        "family_name": family,
        "given_name": _text(" ".join(str(each) for each in given) if isinstance(given, list) else ""),
        "birth_date": born.isoformat(),
        "nhs_number": _nhs_number(patient),
        "gender": _GENDERS.get(str(patient.get("gender")), "X"),
        "language": _language(patient),
        "interpreter_required": _interpreter(patient),
        "phone": phones[0] if phones else "",
        "second_phone": phones[1] if len(phones) > 1 else "",
        "address_line": _text(", ".join(str(each) for each in lines) if isinstance(lines, list) else ""),
        "postcode": _text(address.get("postalCode")),
    }


def replaced_by(patient: Mapping[str, Any]) -> str:
    """The record that stands in place of this one since the server merged them, empty where it stands itself."""
    links = (each for each in _dicts(patient.get("link")) if each.get("type") == "replaced-by")
    return next((_pointed_at(each.get("other")) for each in links), "")


def is_in_use(patient: Mapping[str, Any]) -> bool:
    """Whether the server goes on using this record of a patient."""
    return patient.get("active") is not False and not replaced_by(patient)


def is_cared_for(patient: Mapping[str, Any], practitioner: str) -> bool:
    """Whether a patient's own practitioners include this reference; who else the server sends is not ours."""
    return _pointed_at({"reference": practitioner}) in map(_pointed_at, _dicts(patient.get("generalPractitioner")))


def appointment_of(resource: Mapping[str, Any]) -> IncomingAppointment | None:
    """An appointment with a patient; None where it has none."""
    actors = (each.get("actor") for each in _dicts(resource.get("participant")))
    patients = tuple(name for name in map(_pointed_at, actors) if name.startswith("Patient/"))
    starts, ends = _moment(resource.get("start")), _moment(resource.get("end"))
    if not patients:
        return None
    minutes = resource.get("minutesDuration")
    if not isinstance(minutes, int) or not 0 < minutes <= 24 * 60:
        minutes = int((ends - starts).total_seconds() // 60) if starts and ends and ends > starts else _DEFAULT_MINUTES
    return IncomingAppointment(
        reference_of(resource), version_of(resource), patients, starts, minutes,
        resource.get("status") in _BOOKED and starts is not None,
    )  # fmt: skip


def task_of(resource: Mapping[str, Any]) -> IncomingTask | None:
    """A task about a patient; None where it is about nobody."""
    patient = _pointed_at(resource.get("for"))
    if not patient.startswith("Patient/"):
        return None
    code = resource.get("code")
    told = _text(resource.get("description")) or _text(code.get("text") if isinstance(code, dict) else "")
    period = resource.get("restriction", {}).get("period") if isinstance(resource.get("restriction"), dict) else None
    due = _day_or_moment(period.get("end")) if isinstance(period, dict) else None
    authored = _moment(resource.get("authoredOn"))
    return IncomingTask(
        reference_of(resource), version_of(resource), patient, told or "a task without words",
        _text(resource.get("status")), due, authored.isoformat() if authored else None,
    )  # fmt: skip


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return clean(value, one_line=True).strip()[:LONGEST] if isinstance(value, str) else ""


def _official(names: Any) -> Mapping[str, Any]:
    known = [each for each in _dicts(names) if each.get("use") not in ("old", "nickname")]
    return next((each for each in known if each.get("use") == "official"), known[0] if known else {})


def _nhs_number(patient: Mapping[str, Any]) -> str | None:
    for each in _dicts(patient.get("identifier")):
        number = str(each.get("value") or "").replace(" ", "")
        if each.get("system") == NHS_NUMBER and nhs_number_is_valid(number):
            return number
    return None


def _language(patient: Mapping[str, Any]) -> str:
    spoken = list(_dicts(patient.get("communication")))
    chosen: Mapping[str, Any] = next((each for each in spoken if each.get("preferred")), spoken[0] if spoken else {})
    language = chosen.get("language")
    coding = next(_dicts(language.get("coding") if isinstance(language, dict) else None), {})
    tag = _text(coding.get("code")).partition("-")[0].lower()
    return tag if 2 <= len(tag) <= 3 and tag.isalpha() else "en"


def _interpreter(patient: Mapping[str, Any]) -> bool:
    return any(
        each.get("url") == INTERPRETER_REQUIRED and each.get("valueBoolean") is True
        for each in _dicts(patient.get("extension"))
    )


def _pointed_at(reference: Any) -> str:
    name = reference.get("reference") if isinstance(reference, dict) else None
    return "/".join(name.partition("/_history/")[0].rsplit("/", 2)[-2:]) if isinstance(name, str) else ""


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _day_or_moment(value: Any) -> str | None:
    """A FHIR dateTime of at least a whole day, as ISO text."""
    found = _day(value) or _moment(value)
    return found.isoformat() if found else None


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
