"""A caseload brought in from a CSV file: encoding and separator told apart, each row judged on its own."""

from __future__ import annotations

import codecs
import csv
import dataclasses
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import IO

from gsh_console.casework.desk import Desk
from gsh_console.casework.new_patient import FIELDS, PatientDraft, Problem, check, identity_of
from gsh_console.domain.moments import UK
from gsh_console.domain.people import Patient
from gsh_console.domain.text import clean
from gsh_console.faults import InputRefused
from gsh_console.store import caseload

ROWS_A_TRANSACTION = 500
REQUIRED = ("family_name", "given_name", "birth_date")
_SYNONYMS = {
    **{"surname": "family_name", "last name": "family_name", "lastname": "family_name"},
    **{"first name": "given_name", "firstname": "given_name", "forename": "given_name"},
    **{"date of birth": "birth_date", "dob": "birth_date", "birthday": "birth_date", "born": "birth_date"},
    **{"nhs no": "nhs_number", "nhs": "nhs_number", "sex": "gender", "preferred language": "language"},
    **{"interpreter": "interpreter_required", "interpreter needed": "interpreter_required"},
    **{"telephone": "phone", "mobile": "phone", "phone number": "phone", "telephone number": "phone"},
    **{"second telephone": "second_phone", "other phone": "second_phone", "alternative phone": "second_phone"},
    **{"voicemail permission": "voicemail", "next of kin": "emergency_contact", "address": "address_line"},
    **{"first line of address": "address_line", "post code": "postcode", "gp": "gp_practice", "surgery": "gp_practice"},
    **{"descriptor": "problem_descriptor", "diagnosis": "problem_descriptor", "problem": "problem_statement"},
    **{"referral date": "referral_received", "date of referral": "referral_received", "referred": "referral_received"},
}
_COLUMNS = {name.replace("_", " "): name for name in FIELDS} | _SYNONYMS
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_NOT_TEXT = {
    b"PK\x03\x04": "an Excel or other packed workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_SAVE_AS = "Save it as “CSV UTF-8” and try again."
_CHUNK = 1 << 16

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not taken: the line of the file it begins on, and every reason."""

    line: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class ImportReport:
    """What became of a file. Lines are counted from 1, the header's; `stopped_after` is None if it was read whole."""

    added: int
    refused: tuple[RefusedRow, ...]
    duplicates: tuple[int, ...]
    unknown_columns: tuple[str, ...]
    encoding: str
    separator: str
    stopped_after: int | None = None

    def lines(self) -> Iterator[str]:
        """The report as it is printed. It names lines, fields and reasons and never what stood there."""
        told = f"Added {self.added}, skipped {len(self.duplicates)} already there, refused {len(self.refused)}."
        yield told
        yield f"Read as {self.encoding}, separated by {self.separator}."
        if self.stopped_after is not None:
            yield f"Stopped after line {self.stopped_after}: what was added is kept. Import the file again to go on."
        yield from self.unknown_columns
        for line in self.duplicates:
            yield f"line {line}: skipped, this person is already on the caseload or stands earlier in the file"
        for row in self.refused:
            yield f"line {row.line}: " + " | ".join(f"{each.field}: {each.sentence}" for each in row.problems)


@dataclass(frozen=True)
class _Form:
    """How a file is written: encoding, separator, what each column holds (None: nothing known), its lines."""

    encoding: str
    separator: str
    columns: tuple[str | None, ...]
    header: tuple[str, ...]
    lines: int


def import_csv(
    desk: Desk,
    path: Path,
    on_progress: Progress = lambda _line, _lines: None,
    stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Add the file's patients; InputRefused if it cannot be read as a table of patients at all.

    Every 500 good rows are one transaction, after which `on_progress` hears the line reached and the number of lines.
    Once `stop` says so, the good rows read so far are written and the rest is left.
    """
    try:
        form = _form_of(path)
        intake = _Intake(desk)
        for line, cells in _rows(path, form):
            intake.take(line, _draft(form, cells))
            if intake.pending_is_full:
                intake.write()
                on_progress(min(line, form.lines), form.lines)
            if stop():
                intake.stopped_after = line
                break
        intake.write()
    except OSError as error:
        raise InputRefused(f"The file cannot be read: {error.strerror}.", "Check the path and permissions.") from None
    on_progress(form.lines if intake.stopped_after is None else intake.stopped_after, form.lines)
    encoding = _ENCODINGS.get(form.encoding, "Windows-1252, so look at names with accents")
    return ImportReport(
        added=intake.added,
        refused=tuple(intake.refused),
        duplicates=tuple(intake.duplicates),
        unknown_columns=tuple(_unknown_columns(form)),
        encoding=encoding,
        separator=_SEPARATORS[form.separator],
        stopped_after=intake.stopped_after,
    )


class _Intake:
    """The rows taken so far, and everybody already known by number and by name and birth date."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.today = desk.now().astimezone(UK).date()
        self.added = 0
        self.refused: list[RefusedRow] = []
        self.duplicates: list[int] = []
        self.stopped_after: int | None = None
        self._pending: list[Patient] = []
        self._by_number: dict[str, tuple[str, str, date]] = {}
        self._numbered: dict[tuple[str, str, date], bool] = {}
        for person in caseload.patients(desk.store):
            self._remember(person)

    @property
    def pending_is_full(self) -> bool:
        """Whether a whole transaction's rows wait."""
        return len(self._pending) >= ROWS_A_TRANSACTION

    def take(self, line: int, draft: PatientDraft | None) -> None:
        """Judge one row; None stands for one that could not be taken apart."""
        if draft is None:
            told = (
                "The row does not fit the header: too many or too few cells, or a quotation mark left open. "
                "Put quotation marks around text that holds the separator."
            )
            self.refused.append(RefusedRow(line, (Problem("row", told),)))
            return
        found = check(draft, frozenset(), self.today)
        if isinstance(found, Patient):
            self._take_person(line, found)
        else:
            self.refused.append(RefusedRow(line, found))

    def _take_person(self, line: int, person: Patient) -> None:
        identity, number = identity_of(person), person.nhs_number
        holder = self._by_number.get(number) if number else None
        if holder == identity or (number is None and identity in self._numbered):
            self.duplicates.append(line)
        elif holder is not None:
            told = "The NHS number belongs to another person on the caseload or earlier in the file. Check both."
            self.refused.append(RefusedRow(line, (Problem("nhs_number", told),)))
        elif self._numbered.get(identity) is False:
            told = (
                "Someone with this name and birth date is there without an NHS number. Add the number to that record."
            )
            self.refused.append(RefusedRow(line, (Problem("nhs_number", told),)))
        else:
            self._remember(person)
            self._pending.append(dataclasses.replace(person, id=self.desk.new_id()))

    def _remember(self, person: Patient) -> None:
        identity = identity_of(person)
        self._numbered[identity] = person.nhs_number is not None and self._numbered.get(identity, True)
        if person.nhs_number:
            self._by_number[person.nhs_number] = identity

    def write(self) -> None:
        """Write the waiting rows in one transaction."""
        if not self._pending:
            return
        from sqlalchemy import insert

        from gsh_console.store.tables import PatientRow

        now = self.desk.now()
        rows = [caseload.patient_columns(person, now) for person in self._pending]
        with self.desk.store.unit() as session:
            session.connection().execute(insert(PatientRow), rows)
        self.added += len(rows)
        self._pending = []


def _draft(form: _Form, cells: list[str] | None) -> PatientDraft | None:
    if cells is None or len(cells) != len(form.columns):
        return None
    return PatientDraft(**{name: cell for name, cell in zip(form.columns, cells, strict=True) if name})


def _rows(path: Path, form: _Form) -> Iterator[tuple[int, list[str] | None]]:
    """Each row after the header with the line it begins on; None for cells that cannot be taken apart."""
    with open(path, encoding=form.encoding, newline="") as file:
        header_seen = False
        for line, cells in _records(file, form.separator):
            if cells == [] or (cells is not None and not any(cell.strip() for cell in cells)):
                continue
            if header_seen:
                yield line, cells
            header_seen = header_seen or not _names_the_separator(cells, form.separator)


def _records(file: IO[str], separator: str) -> Iterator[tuple[int, list[str] | None]]:
    reader = csv.reader(file, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None


def _names_the_separator(cells: list[str] | None, separator: str) -> bool:
    """Whether this is the line `sep=;` that Excel writes above the header."""
    return cells is not None and separator.join(cells).lower() in (f"sep={separator}", f"sep={separator}{separator}")


def _form_of(path: Path) -> _Form:
    encoding, lines = _encoding_of(path)
    found = [_form_with(path, encoding, separator, lines) for separator in _SEPARATORS]
    form = max(found, key=lambda each: sum(name is not None for name in each.columns))
    if not form.header:
        raise InputRefused("The file is empty.", "The first row names the columns: see gsh-console patients template.")
    _refuse_header(form)
    return form


def _form_with(path: Path, encoding: str, separator: str, lines: int) -> _Form:
    header: list[str] = []
    with open(path, encoding=encoding, newline="") as file:
        for _, cells in _records(file, separator):
            if cells is None or any(cell.strip() for cell in cells):
                header = cells or ["?"]
                if not _names_the_separator(cells, separator):
                    break
    names = tuple(_plain(cell) for cell in header)
    return _Form(encoding, separator, tuple(_COLUMNS.get(name) for name in names), names, lines)


def _refuse_header(form: _Form) -> None:
    known = [name for name in form.columns if name]
    doubled = sorted({name for name in known if known.count(name) > 1})
    lacking = [name for name in REQUIRED if name not in known]
    if doubled:
        raise InputRefused(
            f"More than one column holds {', '.join(doubled)}.", "Keep one of each; nothing was imported."
        )
    if lacking:
        # A file without a header has a patient in its first row, so nothing that stood there is repeated.
        near = [
            f" Column {place} is close to “{close[0]}”."
            for place, name in enumerate(form.header, 1)
            if name not in _COLUMNS and (close := get_close_matches(name, _COLUMNS, n=1, cutoff=0.75))
        ]
        raise InputRefused(
            f"The first row does not name the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}."
            + "".join(near[:3]),
            "Name the columns as gsh-console patients template prints them; nothing was imported.",
        )


def _unknown_columns(form: _Form) -> Iterator[str]:
    for place, (name, column) in enumerate(zip(form.header, form.columns, strict=True), 1):
        if column is None and name:
            close = get_close_matches(name, _COLUMNS, n=1)
            near = f" Did you mean “{_COLUMNS[close[0]]}”?" if close else ""
            yield f"Column {place} (“{name[:40]}”) is not known and was not read.{near}"


def _plain(cell: str) -> str:
    """A column's name without case, marks and doubled spaces."""
    words = "".join(c if c.isalnum() else " " for c in clean(cell, one_line=True).casefold())
    return " ".join(words.split())


def _encoding_of(path: Path) -> tuple[str, int]:
    """The encoding that reads the whole file without a fault, and its number of lines."""
    with open(path, "rb") as file:
        head = file.read(_CHUNK)
    for magic, kind in _NOT_TEXT.items():
        if head.startswith(magic):
            raise InputRefused(f"The file is {kind}, not a CSV file.", _SAVE_AS)
    for encoding in _candidates(head):
        lines = _lines_if_readable(path, encoding)
        if lines is not None:
            return encoding, lines
    raise InputRefused("The file's characters cannot be told: it is not UTF-8, UTF-16 or Windows-1252.", _SAVE_AS)


def _candidates(head: bytes) -> tuple[str, ...]:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if b"\0" in head:
        return ("utf-16-le",) if head[1:2] == b"\0" else ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def _lines_if_readable(path: Path, encoding: str) -> int | None:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    lines = 0
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                if "\0" in text:
                    return None
                lines += text.count("\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines + 1
