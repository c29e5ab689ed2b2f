"""The words of the patient's file: banner, identity, scores, facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.cells import cell_len
from textual.content import Content

from gsh_console.casework.files import KeptScore, KeptTask, PatientFile
from gsh_console.domain.carried import Carried
from gsh_console.domain.measures import Measure
from gsh_console.domain.moments import UK, is_date, short_date
from gsh_console.domain.outcomes import change_in_words
from gsh_console.domain.people import Patient, age_on, nhs_number_as_shown
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.text import clean
from gsh_console.tui.screens.caseload_columns import language_of
from gsh_console.tui.widgets.row_list import fit
from gsh_console.tui.widgets.trend import Point, course_in_words

Part = tuple[str, str]
Taken = tuple[Measure, tuple[KeptScore, ...]]
VOICEMAIL = {"no": "no voicemail", "yes": "voicemail allowed"}


def banner_lines(patient: Patient, day: date, width: int) -> tuple[str, str]:
    """The two lines that tell this patient from any other; a long name gives way to birth date and NHS number."""
    rest = f"  {born(patient, day)}  NHS {nhs_number_as_shown(patient.nhs_number)}"
    name = clean(patient.name, one_line=True)
    shown = name if cell_len(name) + len(rest) <= width else fit(name, max(10, width - len(rest)))
    second = [language_and_interpreter(patient), patient.phone or "no telephone number", voicemail(patient)]
    if patient.communication_needs:
        second.append(f"needs: {patient.communication_needs}")
    return shown + rest, clean(" · ".join(second), one_line=True)


def born(patient: Patient, day: date) -> str:
    """The birth date with the age."""
    return f"{patient.birth_date.day} {patient.birth_date:%b %Y} ({age_on(patient.birth_date, day)})"


def language_and_interpreter(patient: Patient) -> str:
    """The language, and the interpreter as a word."""
    name = language_of(patient.language)
    return f"{name}, interpreter needed" if patient.interpreter_required else name


def voicemail(patient: Patient) -> str:
    """What may be left on the answering machine."""
    return VOICEMAIL.get(patient.voicemail, f"voicemail: {patient.voicemail}")


def action_parts(file: PatientFile) -> list[Part]:
    """The actions nobody has closed yet."""
    parts: list[Part] = [("Open actions", "bold")]
    for action in file.actions:
        opened = short_date(action.opened_at.astimezone(UK).date().isoformat())
        parts.append((f"\n  {action.what} ({action.who}, since {opened})", ""))
    return [*parts, ("\n", "")]


def task_words(task: KeptTask) -> str:
    """What the service asked, and by when."""
    due = task.due[:10] if task.due else ""
    when = f"due {short_date(due) if is_date(due) else due}" if due else "no date"
    return f"{task.what or 'no words with it'} ({when})"


def task_parts(tasks: Sequence[KeptTask]) -> list[Part]:
    """What the service asked the practitioner to do and is not done."""
    if not tasks:
        return []
    told = "".join(f"\n  {clean(task_words(task), one_line=True)}" for task in tasks)
    return [("Asked by the service", "bold"), (told, ""), ("\n", "")]


def score_parts(taken: Sequence[Taken], width: int) -> list[Part]:
    """The course of each measure in one line, and how far it moved since the first contact and since the last."""
    if not taken:
        return [("Scores", "bold"), ("\n  none signed yet\n", "")]
    parts: list[Part] = []
    for measure, kept in taken:
        points = tuple(Point(score.number, score.total) for score in kept)
        prorated = ", prorated" if kept[-1].prorated else ""
        parts.append((course_in_words(measure, points, width - len(prorated)) + prorated, "bold"))
        totals = [score.total for score in kept if score.total is not None]
        if len(totals) > 1:
            parts.append((f"\n  since the first  {change_in_words(measure, totals[0], totals[-1])}", ""))
        if len(totals) > 2:
            parts.append((f"\n  since last time  {change_in_words(measure, totals[-2], totals[-1])}", ""))
        parts.append(("\n", ""))
    return parts


def fact_parts(patient: Patient, carried: Carried) -> list[Part]:
    """Everything else on file, under its headings."""
    parts: list[Part] = []
    told = (patient.problem_statement, patient.problem_descriptor and f"({patient.problem_descriptor})")
    parts += _section("Problem", [" ".join(part for part in told if part)])
    parts += _section("Goals", [_goal(goal.text, goal.rating) for goal in carried.goals])
    parts += _section(f"Plan made {short_date(carried.on)}", [item.in_words for item in carried.plan])
    parts += _section("Booklets", [_booklet(used.title, used.language, used.paragraph) for used in carried.materials])
    parts += _section("Details", _details(patient))
    if carried.safety is not None:
        safety = [f"{label}: {words}" for label, words in carried.safety.lines]
        parts += _section(f"Safety, as recorded {short_date(carried.safety.on)}", safety)
    return parts


def _details(patient: Patient) -> list[str]:
    received = patient.referral_received
    known = (
        ("Telephone", f"{patient.phone}, {voicemail(patient)}" if patient.phone else ""),
        ("Second number", patient.second_phone),
        ("Emergency contact", patient.emergency_contact),
        ("Needs", patient.communication_needs),
        ("Interpreter", patient.interpreter_wishes),
        ("Address", ", ".join(part for part in (patient.address_line, patient.postcode) if part)),
        ("GP", patient.gp_practice),
        ("Referral received", short_date(received.isoformat()) if received else ""),
    )
    return [f"{label}: {words or 'not known'}" for label, words in known if words or label in ("Telephone", "GP")]


def _section(title: str, lines: Sequence[str]) -> list[Part]:
    said = [clean(line, one_line=True) for line in lines if line.strip()]
    if not said:
        return []
    return [(f"{title}\n", "bold"), ("".join(f"  {line}\n" for line in said), ""), ("\n", "")]


def _goal(text: str, rating: int | None) -> str:
    return text if rating is None else f"{text}: rated {rating}"


def _booklet(title: str, language: str, paragraph: str) -> str:
    tail = f", last talked through: paragraph {paragraph}" if paragraph else ""
    return f"{title} ({language_of(language)}){tail}"


def by_measure(scores: Sequence[KeptScore], book: Rulebook) -> list[Taken]:
    """The signed scores of each measure, in the protocol's order."""
    taken = [(book.measures[name], tuple(s for s in scores if s.measure == name)) for name in book.protocol.measures]
    return [(measure, kept) for measure, kept in taken if kept]


def content(parts: Sequence[Part]) -> Content:
    """The parts as one text; none of it is markup."""
    return Content.assemble(*((clean(text), style) for text, style in parts))
