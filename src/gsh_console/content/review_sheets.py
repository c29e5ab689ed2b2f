"""A second reading on a sheet: number, English, translation, back-translation, verdict; kept per wording."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from gsh_console.content.booklets import Library
from gsh_console.content.catalogues import TranslationStatus
from gsh_console.content.languages import Language
from gsh_console.content.manuscripts import Message
from gsh_console.content.outputs import write_whole
from gsh_console.faults import DefinitionFault, InputRefused, nearest

VERDICTS = ("right", "small change", "wrong")
COLUMNS = ("number", "message", "English", "translation", "back-translation", "verdict", "note")
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class Row:
    """One message on the sheet; `message` is the fingerprint of its English and its translation together."""

    number: str
    message: str
    english: str
    translation: str
    safety: bool


@dataclass(frozen=True)
class Verdict:
    """What a second reader said of one wording."""

    message: str
    number: str
    verdict: str
    back_translation: str = ""
    note: str = ""
    reader: str = ""
    date: str = ""


@dataclass(frozen=True)
class Taken:
    """What came of an import: verdicts kept, and rows whose wording has changed since the sheet was made."""

    kept: int
    changed_since: tuple[str, ...]


def rows_of(library: Library, booklet: str, language: Language) -> tuple[Row, ...]:
    """Every translated message of a booklet, in the order a reader meets it."""
    catalogue = library.catalogue(booklet, language.code)
    found = []
    for message in library.manuscript(booklet).messages:
        held = catalogue.find(message.text, message.context) if catalogue else None
        if held and held.status is TranslationStatus.TRANSLATED:
            mark = _fingerprint(message, held.text)
            found.append(Row(message.number or message.kind, mark, message.text, held.text, message.safety))
    return tuple(found)


def sheet_as_csv(rows: Iterable[Row], verdicts: dict[str, Verdict]) -> str:
    """The sheet for a spreadsheet, with what was said before; no cell can be taken for a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        before = verdicts.get(row.message, Verdict("", "", ""))
        cells = (row.number, row.message, row.english, row.translation, before.back_translation, before.verdict)
        writer.writerow([_inert(cell) for cell in (*cells, before.note)])
    return "\ufeff" + stream.getvalue()  # the mark tells spreadsheets that this is UTF-8


def sheet_as_html(library: Library, booklet: str, language: Language, verdicts: dict[str, Verdict]) -> str:
    """The sheet to read or print, with room to write."""
    from gsh_console.content.rendering import review_page

    return review_page(library.entry(booklet), language, rows_of(library, booklet, language), verdicts, VERDICTS)


def take(library: Library, booklet: str, language: Language, sheet: str, reader: str, day: date) -> Taken:
    """Keep the verdicts of a filled sheet; one fault in it and nothing is kept."""
    current = {row.message: row for row in rows_of(library, booklet, language)}
    given: list[Verdict] = []
    changed: list[str] = []
    for line, cells in enumerate(csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff"))), 2):
        if set(COLUMNS) - set(cells):
            missing = ", ".join(sorted(set(COLUMNS) - set(cells)))
            raise InputRefused(f"The sheet lacks the columns {missing}.", "Please use a sheet made by review-sheet.")
        said = " ".join((cells["verdict"] or "").lower().split())
        if not said:
            continue
        if said not in VERDICTS:
            raise InputRefused(f'Line {line}: there is no verdict "{said}".', nearest(said, VERDICTS))
        if cells["message"] not in current:
            changed.append(cells["number"])
            continue
        row = current[cells["message"]]
        words = (_plain(cells["back-translation"]), _plain(cells["note"]))
        given.append(Verdict(row.message, row.number, said, *words, reader, day.isoformat()))
    path = path_of(library.translations, booklet, language.code)
    kept = read_verdicts(library.translations, booklet, language.code) | {each.message: each for each in given}
    write_whole(path, _as_toml(booklet, language.code, kept.values()).encode("utf-8"))
    return Taken(len(given), tuple(changed))


def read_verdicts(translations: Path, booklet: str, language: str) -> dict[str, Verdict]:
    """Every verdict ever given on a booklet in a language, by the wording it was given on."""
    path = path_of(translations, booklet, language)
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("verdict", [])
        return {entry["message"]: Verdict(**entry) for entry in entries}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        place = f"{language}/reviews/{path.name}"
        raise DefinitionFault(f"{place} cannot be read: {fault}.", "Please correct the file.") from None


def path_of(translations: Path, booklet: str, language: str) -> Path:
    """Where the verdicts on a booklet in a language are kept."""
    return translations / language / "reviews" / f"{booklet}.toml"


def _as_toml(booklet: str, language: str, verdicts: Iterable[Verdict]) -> str:
    lines = ["# Verdicts of second readers; each holds for the wording whose fingerprint it names, and for no other."]
    lines += [f"booklet = {json.dumps(booklet)}", f"language = {json.dumps(language)}"]
    for each in verdicts:
        lines += ["", "[[verdict]]"]
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in vars(each).items() if value]
    return "\n".join(lines) + "\n"


def _fingerprint(message: Message, translation: str) -> str:
    return sha256(f"{message.context}\0{message.text}\0{translation}".encode()).hexdigest()[:16]


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str | None) -> str:
    return " ".join((cell or "").removeprefix("'").split())
