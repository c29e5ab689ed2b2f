"""The caseload on the command line: bring it in, list it, hand out everything held about one person."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from gsh_console.commands.session import open_desk
from gsh_console.faults import InputRefused

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk

_STORE = click.option("--store", type=click.Path(file_okay=False), help="The store's folder, instead of your own.")
_EXAMPLE = {
    "family_name": "Wren",
    "given_name": "Sample",
    "birth_date": "1988-04-23",
    "nhs_number": "999 000 9805",
    "gender": "2",
    "language": "ur",
    "interpreter_required": "yes",
    "interpreter_wishes": "a woman, the same person each time",
    "phone": "07700 900001",
    "voicemail": "name and number only",
    "address_line": "1 Example Street",
    "problem_descriptor": "F411",
    "referral_received": "2026-01-12",
}
# What is held about a person, table by table. The journal's MACs are left out: they say nothing about the person.
HELD = {
    "appointments": (
        "appointment",
        "patient_id = ?",
        ("id", "starts_at", "minutes", "purpose", "contact_id"),
    ),
    "contacts": (
        "contact",
        "patient_id = ?",
        ("id", "number", "protocol", "protocol_version", "opened_at", "signed_at", "end_code", "mistaken_at"),
    ),
    "entries": (
        "journal",
        "contact_id IN (SELECT id FROM contact WHERE patient_id = ?)",
        ("seq", "contact_id", "at", "kind", "body"),
    ),
    "scores": (
        "score",
        "patient_id = ?",
        ("contact_id", "measure", "number", "taken_on", "total", "complete", "prorated", "missing"),
    ),
    "notes": (
        "note",
        "contact_id IN (SELECT id FROM contact WHERE patient_id = ?)",
        ("id", "contact_id", "amends", "text", "body", "sha256", "practitioner", "signed_at"),
    ),
    "actions": (
        "action",
        "patient_id = ?",
        ("id", "contact_id", "what", "who", "opened_at", "closed_at", "outcome"),
    ),
    "outbox": (
        "outbox",
        "patient_id = ?",
        (
            *("seq", "id", "contact_id", "what", "sha256", "state"),
            *("attempts", "queued_at", "sent_at", "last_error", "goes_first", "head", "next_at", "progress"),
        ),
    ),
    "proposals": ("proposal", "patient_id = ?", ("id", "field", "ours", "theirs", "made_at", "settled_at")),
    "pending_changes": ("pending_change", "patient_id = ?", ("reference", "wanted", "seen", "found", "made_at")),
    "tasks": ("task", "patient_id = ?", ("id", "what", "status", "due", "authored_at")),
    "payloads": ("payload", "seq IN (SELECT seq FROM outbox WHERE patient_id = ?)", ("seq", "content")),
}
_DATES = ("birth_date", "referral_received")
_JSON_TEXTS = ("body", "missing", "content", "wanted", "seen", "found")
_REVIEW = "Read this for words about other people before it leaves the service: it holds the notes as they stand."


@click.group()
def patients() -> None:
    """Your caseload: bring it in, list it, hand out what is held about one person."""


@patients.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report here as well.")
@_STORE
@click.pass_context
def import_file(ctx: click.Context, file: Path, report: Path | None, store: str | None) -> None:
    """Add the patients of a CSV file (UTF-8, UTF-16 or Windows-1252; commas, semicolons or tabs).

    Each row is judged on its own; the report names the line, the field and the reason of every one refused, never
    what stood there. A second import of the same file adds nothing. Ctrl+C stops it and keeps what was added.
    Exit code 1 if any row was refused.
    """
    del store
    from gsh_console.casework.importing import import_csv

    desk = open_desk(ctx, locked=True)
    try:
        with _stopped_by_interrupt() as stopped:
            made = import_csv(desk, file, _show_progress, lambda: bool(stopped))
    finally:
        desk.close()
    told = "\n".join(made.lines()) + "\n"
    click.echo(told, nl=False)
    if report is not None:
        write_whole(report, told)
    if made.refused:
        sys.exit(1)


@patients.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
@_STORE
@click.pass_context
def list_patients(ctx: click.Context, as_json: bool, store: str | None) -> None:
    """List the caseload by name: id, NHS number, name, birth date, language."""
    del store
    from gsh_console.domain.people import nhs_number_as_shown
    from gsh_console.store import caseload

    desk = open_desk(ctx, locked=False)
    try:
        found = caseload.patients(desk.store)
    finally:
        desk.close()
    if as_json:
        told = [
            {
                "id": person.id,
                "nhs_number": person.nhs_number,
                "family_name": person.family_name,
                "given_name": person.given_name,
                "birth_date": person.birth_date.isoformat(),
                "language": person.language,
                "interpreter_required": person.interpreter_required,
            }
            for person in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for person in found:
        interpreter = " + interpreter" if person.interpreter_required else ""
        number = nhs_number_as_shown(person.nhs_number)
        click.echo(
            f"{person.id}  {number:12}  {person.birth_date}  {person.name:32}  {person.language}{interpreter}".rstrip()
        )


@patients.command("export")
@click.argument("patient_id", metavar="ID")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the file.")
@_STORE
@click.pass_context
def export_patient(ctx: click.Context, patient_id: str, out: Path, store: str | None) -> None:
    """Write everything held about one patient as one JSON file (subject access).

    ID is the one `patients list` shows. The file is not encrypted and only you can read it.
    """
    del store
    desk = open_desk(ctx, locked=False)
    try:
        held = everything_held(desk, patient_id)
    finally:
        desk.close()
    path = out / f"subject-access-{patient_id}.json"
    write_whole(path, json.dumps(held, ensure_ascii=False, indent=1) + "\n")
    click.echo(str(path))
    click.echo(_REVIEW, err=True)


@patients.command("progress")
@click.argument("patient_id", metavar="ID")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@_STORE
@click.pass_context
def write_progress(ctx: click.Context, patient_id: str, out: Path, store: str | None) -> None:
    """Write the chart of a patient's scores as one HTML page to give to the patient. It names nobody.

    ID is the one `patients list` shows. The file is not encrypted and only you can read it.
    """
    del store
    desk = open_desk(ctx, locked=False)
    try:
        from gsh_console.casework.progress import progress_of

        page = progress_of(desk, patient_id)
    finally:
        desk.close()
    write_whole(out, page)
    click.echo(str(out))


@patients.command("template")
def template() -> None:
    """Print the columns an import takes, with one made-up row."""
    from gsh_console.casework.new_patient import FIELDS

    page = io.StringIO()
    writer = csv.DictWriter(page, FIELDS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(_EXAMPLE)
    click.echo(page.getvalue(), nl=False)


def everything_held(desk: Desk, patient_id: str) -> dict[str, Any]:
    """Everything the store holds about one patient, the texts that are JSON taken apart."""
    from gsh_console.store import caseload

    person = caseload.patient(desk.store, patient_id)
    about = dataclasses.asdict(person)
    about |= {name: about[name].isoformat() for name in _DATES if about[name]}
    held: dict[str, Any] = {"about": _REVIEW, "written_at": desk.now().isoformat(), "patient": about}
    for name, (table, where, columns) in HELD.items():
        rows = desk.store.fetch(f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY rowid", (patient_id,))
        held[name] = [_taken_apart(dict(zip(columns, row, strict=True))) for row in rows]
    return held


def _taken_apart(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON_TEXTS else value for name, value in row.items()}


def write_whole(path: Path, text: str) -> None:
    """Write a file only its owner can read: the whole of it, or nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".gsh-", suffix=".part")  # 0600 by itself
        part = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputRefused(f"The file could not be written: {error.strerror}.", "Check the folder.") from None


def _show_progress(line: int, lines: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rline {line} of {lines} (Ctrl+C stops)", err=True, nl=line >= lines)


@contextmanager
def _stopped_by_interrupt() -> Iterator[list[int]]:
    """A list that is filled by Ctrl+C, so that the import ends between two rows and reports."""
    stopped: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
