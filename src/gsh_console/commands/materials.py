"""Booklets on the command line: list, status, check, render, extract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gsh_console import locations
from gsh_console.faults import GshFault, InputRefused, nearest

if TYPE_CHECKING:
    from gsh_console.content.booklets import Library

FORMATS = ("html", "text")
_ENDINGS = {"html": "html", "text": "txt"}


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

    click.echo(f"{'booklet':24}{'language':10}{'done':>6}{'changed':>9}{'missing':>9}  review")
    for booklet in library.booklets:
        for language in library.languages:
            row = standing(library, booklet, language)
            counts = f"{row.finished:>6}{row.changed:>9}{row.missing:>9}"
            click.echo(f"{row.booklet:24}{row.language:10}{counts}  {row.status}")


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


@materials.command()
@click.argument("booklet")
@click.option("--lang", "language", default="en", show_default=True, help="Language code.")
@click.option("--to", "formats", default="html", show_default=True, help="html, text, or both with a comma.")
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write to.",
)
@click.option("--large-print", is_flag=True, help="18 point print.")
@click.pass_obj
def render(library: Library, booklet: str, language: str, formats: str, folder: Path, large_print: bool) -> None:
    """Write a booklet without personal data."""
    from gsh_console.content.outputs import write_whole

    wanted = [each.strip() for each in formats.split(",")]
    for each in wanted:
        if each not in FORMATS:
            raise InputRefused(f'Booklets cannot be written as "{each}".', nearest(each, FORMATS))
    version = library.entry(booklet).version
    for each in wanted:
        page = (
            library.html(booklet, language, None, large_print=large_print)
            if each == "html"
            else library.text(booklet, language, None)
        )
        size = "_large" if large_print and each == "html" else ""
        path = folder / f"{booklet}_{language}_v{version}{size}.{_ENDINGS[each]}"
        write_whole(path, page.encode("utf-8"))
        click.echo(str(path))


@materials.command()
@click.pass_obj
def extract(library: Library) -> None:
    """Bring the translators' files up to date: for each booklet, those of the languages its front matter names."""
    from gsh_console.content.extract import (
        booklet_template,
        page_template,
        update_language,
        write_template,
    )

    if library.translations.parent.name == "_data":
        raise InputRefused("An installed console has no translators' files.", "Please run this in a checkout.")
    everybody = frozenset(language.code for language in library.languages)
    wanted = {each: frozenset(library.manuscript(each).front.review) for each in library.booklets}
    templates = [page_template(), *(booklet_template(library.manuscript(each)) for each in library.booklets)]
    for template in templates:
        written = write_template(template, library.translations)
        click.echo(f"{template.domain}.pot: {len(template)} messages{'' if written else ', unchanged'}")
        for language in library.languages:
            if not language.is_english and language.code in wanted.get(template.domain or "", everybody):
                merged = update_language(template, library.translations, language)
                counts = f"{merged.finished} done, {merged.changed} changed, {merged.missing} missing"
                click.echo(f"  {language.code}: {counts}{'' if merged.rewritten else ', unchanged'}")
