"""Booklets on the command line: list, status, check, render; what translators need is added from its own file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gsh_console import locations
from gsh_console.commands.translating import COMMANDS
from gsh_console.faults import GshFault

if TYPE_CHECKING:
    from gsh_console.content.booklets import Library


class ChecksFailed(GshFault):
    """The gate of the booklets found errors."""


@click.group()
@click.option("--materials", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of booklets.")
@click.option("--translations", type=click.Path(file_okay=False, path_type=Path), help="Folder of catalogues.")
@click.pass_context
def materials(context: click.Context, folder: Path | None, translations: Path | None) -> None:
    """Booklets for patients and their translations."""
    from gsh_console.content.booklets import Library

    context.obj = Library(folder or locations.materials_folder(), translations or locations.translations_folder())


@materials.command("list")
@click.pass_obj
def list_booklets(library: Library) -> None:
    """List the booklets with their languages."""
    for entry in library.entries():
        languages = ", ".join(f"{review.name} ({review.status})" for review in entry.reviews)
        click.echo(f"{entry.id} {entry.version}  {entry.title}")
        click.echo(f"  for: {', '.join(entry.problem_descriptors)}")
        click.echo(f"  chapters: {len(entry.chapters)}  worksheets: {len(entry.worksheets)}")
        click.echo(f"  languages: {languages}")


@materials.command()
@click.pass_obj
def status(library: Library) -> None:
    """Show how far each language of each booklet is translated and reviewed."""
    from gsh_console.content.material_checks import standing

    left = f"{'words':>8}{'safety':>8}{'read':>6}"
    click.echo(f"{'booklet':24}{'language':10}{'done':>6}{'changed':>9}{'missing':>9}{left}  review")
    for booklet in library.booklets:
        for language in library.languages_of(booklet):
            row = standing(library, booklet, language)
            left = f"{row.words_left:>8}{row.safety_left:>8}{row.read_twice:>6}"
            counts = f"{row.finished:>6}{row.changed:>9}{row.missing:>9}{left}"
            click.echo(f"{row.booklet:24}{row.language:10}{counts}  {row.status}")
    click.echo(
        "words: English words not yet translated. safety: safety texts not yet translated. read: found right twice."
    )


@materials.command()
@click.pass_obj
def check(library: Library) -> None:
    """Check every booklet and translation; exit 1 on errors."""
    from gsh_console.content.material_checks import Level, check_library

    findings = check_library(library)
    for found in findings:
        place = f" {found.place}" if found.place else ""
        where = f"{found.booklet} {found.language}{place}"
        click.echo(f"{found.level.upper():8}{where}: {found.message} [{found.check}]")
    errors = sum(found.level is Level.ERROR for found in findings)
    click.echo(f"errors: {errors}, warnings: {len(findings) - errors}")
    if errors:
        raise ChecksFailed("The booklets have errors.", "Please correct the places listed above.")


_TO = click.option("--to", "formats", default="html", show_default=True, help="html, text, pdf; several with commas.")
_OUT = click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to."
)
_LARGE = click.option("--large-print", is_flag=True, help="18 point print.")


@materials.command()
@click.argument("booklet")
@click.option("--lang", "language", default="en", show_default=True, help="Language code.")
@_TO
@_OUT
@_LARGE
@click.pass_obj
def render(library: Library, booklet: str, language: str, formats: str, folder: Path, large_print: bool) -> None:
    """Write a booklet without personal data; of a safety card also the card itself, one sheet of A4."""
    from gsh_console.content.batches import copies_of, kinds_of, rendered
    from gsh_console.content.outputs import write_whole

    version = library.entry(booklet).version
    for job in copies_of(library, booklet, language, kinds_of(formats), large_print=large_print):
        path = folder / job.file_name(version)
        write_whole(path, rendered(library, job))
        click.echo(str(path))


@materials.command("render-all")
@_TO
@_OUT
@_LARGE
@click.pass_context
def render_every(context: click.Context, formats: str, folder: Path, large_print: bool) -> None:
    """Write every booklet in every language; what did not change since the last run is left alone.

    Ctrl+C stops between two copies. What is written stays, and the next run goes on from there.
    """
    from gsh_console.content.batches import jobs_of, kinds_of, render_all

    jobs = jobs_of(context.obj, kinds_of(formats), large_print=large_print)
    try:
        batch = render_all(context.obj, jobs, folder, _progress_bar)
    except KeyboardInterrupt:
        click.echo("\nStopped. What was written stays; run the same command again to go on.", err=True)
        context.exit(130)
    for name, why in batch.refused.items():
        click.echo(f"not made: {name}: {why}")
    click.echo(f"written: {len(batch.written)}, unchanged: {len(batch.unchanged)}, not made: {len(batch.refused)}")


@materials.command("contact-sheet")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder.")
@click.option("--lang", "languages", multiple=True, help="Only this language; may be given again.")
@click.option("--booklet", "booklets", multiple=True, help="Only this booklet; may be given again.")
@click.pass_obj
def contact_sheet(library: Library, folder: Path, languages: tuple[str, ...], booklets: tuple[str, ...]) -> None:
    """Make pictures of every booklet in every language, to be looked at: on a screen, on a phone and on paper.

    It takes about two seconds a copy, and needs Chromium and poppler-utils.
    """
    from gsh_console.content import contact_sheets

    def wanted(booklet: str, language: str) -> bool:
        return (not booklets or booklet in booklets) and (not languages or language in languages)

    pictures = contact_sheets.contact_sheet(library, folder, _progress_bar, wanted)
    click.echo(f"{len(pictures)} pictures; open {folder / 'index.html'}")


def _progress_bar(done: int, of: int) -> None:
    if sys.stderr.isatty():
        filled = 30 * done // max(1, of)
        bar = f"\r[{'#' * filled}{'.' * (30 - filled)}] {done} of {of}"
        click.echo(bar if done < of else f"{bar}\n", err=True, nl=False)


for _command in COMMANDS:
    materials.add_command(_command)
