"""Booklets in the patient's hands: chosen, rendered for the patient, opened, recorded as given or talked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.content.booklets import BookletEntry, LanguageReview
from gsh_console.content.outputs import write_whole
from gsh_console.domain.carried import goals_of, plan_of
from gsh_console.domain.entries import MaterialEvent, MaterialUsed
from gsh_console.domain.protocols import Step
from gsh_console.domain.session import SessionState
from gsh_console.faults import EntryRefused, MaterialFault

if TYPE_CHECKING:
    from gsh_console.content.personal import CrisisLine, FilledSheet, Personal

FOLDER = "handouts"
SENT = ("by post", "by email", "by text message with a link")
CHANNELS = (*SENT, "read out on the call", "already has it on paper")
KINDS = ("html", "pdf")
NEXT_CONTACT = "ending.next_contact"
SAFETY_SHEET = "safety-plan"
# These stand in every booklet, or may be dangerous on paper in a shared home: only a service's own lines are added.
SHIPPED_LINES = frozenset({"emergency", "nhs", "samaritans", "shout", "domestic_abuse"})


@dataclass(frozen=True)
class Offer:
    """A booklet as it is offered on a call: why it is near the top, and how the patient's language stands."""

    entry: BookletEntry
    used_last: bool
    for_problem: bool
    review: LanguageReview | None


def offers(conduct: Conduct) -> tuple[Offer, ...]:
    """Every booklet: the one used last, those for the problem, the others; the patient's language before English."""
    held = [used.booklet for used in conduct.carried.materials]
    held += [used.booklet for used in _used_now(conduct)]
    last = held[-1] if held else ""
    problem = _plain(conduct.patient.problem_descriptor)
    made = [_offer(entry, last, problem, conduct.patient.language) for entry in conduct.desk.library.entries()]
    return tuple(sorted(made, key=_order))


def _order(offer: Offer) -> tuple[bool, bool, bool, str]:
    return (not offer.used_last, not offer.for_problem, offer.review is None, offer.entry.title)


def review_of(entry: BookletEntry, language: str) -> LanguageReview:
    """How far a booklet's text in a language was reviewed; English stands in where there is no translation."""
    found = [review for review in entry.reviews if review.language == language]
    return found[0] if found else next(review for review in entry.reviews if review.language == "en")


def write_html(desk: Desk, booklet: str, language: str) -> Path:
    """Write the booklet as one HTML file without anything personal, ready for the browser."""
    entry = desk.library.entry(booklet)
    page = desk.library.html(booklet, language, None)
    folder = desk.store.folder / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise MaterialFault(f"The booklet could not be written: {error.strerror}.", "Check space and folder.") from None
    path = folder / f"{entry.id}_{language}_v{entry.version}.html"
    write_whole(path, page.encode("utf-8"), mode=0o600)
    return path


def write_personal(
    conduct: Conduct, booklet: str, language: str, folder: Path, kind: str, *, large_print: bool = False
) -> Path:
    """Write the patient's own copy, in clear text, into a folder that is there; its name holds nothing personal.

    A booklet that has a card is written as its card too, beside the copy whose path is returned.
    """
    desk = conduct.desk
    entry = desk.library.entry(booklet)
    refuse_forbidden_draft(desk, entry, language)
    folder = folder.expanduser()
    if not folder.is_dir():
        raise MaterialFault("There is no such folder.", "Please give one that exists.")
    person, library = personal_of(conduct, booklet), desk.library
    forms = {"": (library.html, library.pdf)}
    if library.has_card(booklet):
        forms["_card"] = (library.card_html, library.card_pdf)
    size = "_large" if large_print else ""
    moment = f"{desk.now():%Y%m%d-%H%M%S}"
    written = []
    for form, (as_html, as_pdf) in forms.items():
        if kind == "pdf":
            content = as_pdf(booklet, language, person, large_print=large_print)
        else:
            content = as_html(booklet, language, person, large_print=large_print).encode("utf-8")
        written.append(folder / f"{entry.id}_{language}_v{entry.version}_own-copy-{moment}{form}{size}.{kind}")
        write_whole(written[-1], content, mode=0o600)
    return written[0]


def personal_of(conduct: Conduct, booklet: str) -> Personal:
    """What the patient's own copy says of the patient, and the sheets of this booklet filled in on this call."""
    from gsh_console.content.personal import Personal

    state = conduct.state
    plan = plan_of(state) or conduct.carried.plan
    booked = state.words(NEXT_CONTACT)
    return Personal(
        first_name=conduct.patient.given_name,
        practitioner=conduct.desk.practitioner.name,
        next_appointment=datetime.fromisoformat(booked) if booked else None,
        goals=tuple(goal.text for goal in goals_of(state)),
        plan=tuple(item.in_words for item in plan),
        service_name=conduct.desk.settings.service_name,
        service_phone="",
        lines=tuple(_own_lines(conduct.desk, conduct.patient.language)),
        sheets=tuple(_sheets(conduct, booklet)),
    )


def refuse_forbidden_draft(desk: Desk, entry: BookletEntry, language: str) -> None:
    """Refuse a draft where the service forbids sending drafts."""
    review = review_of(entry, language)
    if desk.settings.forbid_drafts == "yes" and review.status == "draft":
        raise EntryRefused(
            f"“{entry.title}” in {review.name} is a draft, and this service does not send drafts. "
            "Read it out on the call, or choose another booklet."
        )


def give(conduct: Conduct, booklet: str, language: str, channel: str) -> None:
    """Record that a booklet was given, in which language, version and review status, and how."""
    if channel in SENT:
        refuse_forbidden_draft(conduct.desk, conduct.desk.library.entry(booklet), language)
    conduct.record(_used(conduct, MaterialEvent.GIVEN, booklet, language, channel=channel))


def discuss(conduct: Conduct, booklet: str, language: str, paragraph: str) -> None:
    """Record that a numbered paragraph was talked through."""
    conduct.record(_used(conduct, MaterialEvent.DISCUSSED, booklet, language, paragraph=paragraph))


def _used_now(conduct: Conduct) -> Iterator[MaterialUsed]:
    for recorded in conduct.state.materials:
        if isinstance(recorded.entry, MaterialUsed):
            yield recorded.entry


def _offer(entry: BookletEntry, last: str, problem: str, language: str) -> Offer:
    return Offer(
        entry=entry,
        used_last=entry.id == last,
        for_problem=any(problem.startswith(_plain(each)) for each in entry.problem_descriptors) if problem else False,
        review=next((review for review in entry.reviews if review.language == language), None),
    )


def _plain(code: str) -> str:
    """A diagnosis code as it compares: "F32.1" is also "F321"."""
    return code.replace(".", "").strip().upper()


def _own_lines(desk: Desk, language: str) -> Iterator[CrisisLine]:
    """The lines of the service's own file of crisis contacts, without those that stand in every booklet."""
    from gsh_console.content.personal import CrisisLine

    own = desk.settings.folder("definitions_folder")
    if own is None or desk.definitions.crisis_file.parent != own:
        return
    for contact in desk.definitions.crisis_contacts().for_language(language):
        if contact.id not in SHIPPED_LINES:
            yield CrisisLine(contact.name, contact.number, contact.when)


def _sheets(conduct: Conduct, booklet: str) -> Iterator[FilledSheet]:
    """The booklet's sheets that hold a row filled in on this call."""
    from gsh_console.content.personal import FilledSheet

    columns = {each.id: each.column_ids for each in conduct.desk.library.entry(booklet).worksheets}
    for step in (step for stage in conduct.book.protocol.stages for step in stage.steps):
        of, _, sheet = step.worksheet.partition("/")
        if of == booklet and sheet in columns:
            rows = tuple(_rows(step, columns[sheet], conduct.state))
            if rows:
                yield FilledSheet(sheet, rows)
    if SAFETY_SHEET in columns and (plan := _plan_sheet(conduct)) is not None:
        yield plan


def _plan_sheet(conduct: Conduct) -> FilledSheet | None:
    """The safety plan as this contact has it, else the one in force; None where there is none."""
    from gsh_console.casework.safety_plans import safety_plans, sheet_in, sheet_of

    made = sheet_in(conduct.state)
    if made is not None:
        return made
    current = safety_plans(conduct.desk, conduct.patient.id).current
    return sheet_of(current) if current is not None else None


def _rows(step: Step, columns: tuple[str, ...], state: SessionState) -> Iterator[tuple[str, ...]]:
    fields = {field.id: field for field in step.fields}
    for number in range(1, step.rows + 1):
        values = [state.value(f"{step.id}.{number}.{column}") for column in columns]
        cells = tuple(
            "" if value in (None, ()) else "✓" if column in fields and fields[column].options else str(value)
            for column, value in zip(columns, values, strict=True)
        )
        if any(cells):
            yield cells


def _used(
    conduct: Conduct, event: MaterialEvent, booklet: str, language: str, *, channel: str = "", paragraph: str = ""
) -> MaterialUsed:
    entry = conduct.desk.library.entry(booklet)
    review = review_of(entry, language)
    return MaterialUsed(
        event=event,
        booklet=entry.id,
        title=entry.title,
        version=entry.version,
        language=review.language,
        language_name=review.name,
        review_status=review.status,
        channel=channel,
        paragraph=paragraph,
    )
