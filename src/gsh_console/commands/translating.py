"""For translators and reviewers on the command line: extract, review sheets, XLIFF."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gsh_console.faults import InputRefused, nearest

if TYPE_CHECKING:
    from gsh_console.content.booklets import Library
    from gsh_console.content.languages import Language

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to."
)
_LANGUAGE = click.option("--lang", "code", required=True, help="Language code.")


@click.command()
@click.pass_obj
def extract(library: Library) -> None:
    """Bring the translators' files up to date, for the languages a booklet's front matter names and those it has."""
    from gsh_console.content.extract import booklet_template, page_template, update_language, write_template

    _refuse_installed(library)
    everybody = frozenset(language.code for language in library.languages)
    wanted = {
        each: {*library.manuscript(each).front.review, *(has.code for has in library.languages_of(each))}
        for each in library.booklets
    }
    templates = [page_template(), *(booklet_template(library.manuscript(each)) for each in library.booklets)]
    for template in templates:
        written = write_template(template, library.translations)
        click.echo(f"{template.domain}.pot: {len(template)} messages{'' if written else ', unchanged'}")
        for language in library.languages:
            if not language.is_english and language.code in wanted.get(template.domain or "", everybody):
                merged = update_language(template, library.translations, language)
                counts = f"{merged.finished} done, {merged.changed} changed, {merged.missing} missing"
                click.echo(f"  {language.code}: {counts}{'' if merged.rewritten else ', unchanged'}")


@click.command("review-sheet")
@click.argument("booklet")
@_LANGUAGE
@_OUT
@click.pass_obj
def review_sheet(library: Library, booklet: str, code: str, folder: Path) -> None:
    """Write the sheet of a second reader: a CSV file to fill in, and the same as a page to read or print."""
    from gsh_console.content.outputs import write_whole
    from gsh_console.content.review_sheets import read_verdicts, rows_of, sheet_as_csv, sheet_as_html

    language = _language(library, booklet, code)
    verdicts = read_verdicts(library.translations, booklet, code)
    rows = rows_of(library, booklet, language)
    for ending, content in (
        ("csv", sheet_as_csv(rows, verdicts)),
        ("html", sheet_as_html(library, booklet, language, verdicts)),
    ):
        path = folder / f"review_{booklet}_{code}.{ending}"
        write_whole(path, content.encode("utf-8"))
        click.echo(str(path))


@click.command("review-import")
@click.argument("booklet")
@click.argument("sheet", type=_FILE)
@_LANGUAGE
@click.option("--reader", required=True, help="Who gave the verdicts.")
@click.pass_obj
def review_import(library: Library, booklet: str, sheet: Path, code: str, reader: str) -> None:
    """Keep the verdicts of a filled CSV sheet; a verdict on a wording that changed since is named and left out."""
    from gsh_console.content.review_sheets import path_of, take

    _refuse_installed(library)
    language = _language(library, booklet, code)
    try:
        text = sheet.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputRefused(f"{sheet.name} cannot be read.", "Please save it as CSV in UTF-8.") from None
    taken = take(library, booklet, language, text, reader, date.today())  # noqa: DTZ011  the reader's calendar day
    click.echo(f"{path_of(library.translations, booklet, code)}: {taken.kept} verdicts")
    if taken.changed_since:
        click.echo(f"changed since the sheet was made, left out: {', '.join(taken.changed_since)}")


@click.command("xliff-export")
@click.argument("booklet")
@_LANGUAGE
@_OUT
@click.pass_obj
def xliff_export(library: Library, booklet: str, code: str, folder: Path) -> None:
    """Write a language's catalogue of a booklet as XLIFF, for translation agencies."""
    from gsh_console.content.outputs import write_whole
    from gsh_console.content.xliff import to_xliff

    path = folder / f"{booklet}_{code}.xlf"
    write_whole(path, to_xliff(_catalogue(library, booklet, code)))
    click.echo(str(path))


@click.command("xliff-import")
@click.argument("booklet")
@click.argument("file", type=_FILE)
@_LANGUAGE
@click.pass_obj
def xliff_import(library: Library, booklet: str, file: Path, code: str) -> None:
    """Take the translations of an XLIFF file into the catalogue; run `check` afterwards."""
    from gsh_console.content.xliff import from_xliff

    brought = from_xliff(_catalogue(library, booklet, code), code, file.read_bytes())
    click.echo(f"{brought.changed} messages changed")
    if brought.ambiguous:
        click.echo(f"{brought.ambiguous} left alone: the same English stands in several places; use the .po file")


COMMANDS = (extract, review_sheet, review_import, xliff_export, xliff_import)


def _refuse_installed(library: Library) -> None:
    if library.translations.parent.name == "_data":
        raise InputRefused("An installed console has no translators' files.", "Please run this in a checkout.")


def _language(library: Library, booklet: str, code: str) -> Language:
    library.manuscript(booklet)
    found = {each.code: each for each in library.languages_of(booklet) if not each.is_english}
    if code not in found:
        raise InputRefused(f'This booklet has no translation "{code}".', nearest(code, found))
    return found[code]


def _catalogue(library: Library, booklet: str, code: str) -> Path:
    _refuse_installed(library)
    _language(library, booklet, code)
    return library.translations / code / "LC_MESSAGES" / f"{booklet}.po"
