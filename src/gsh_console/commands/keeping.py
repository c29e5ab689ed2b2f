"""Keeping the store on the command line: verify, backup, restore, passphrase, recover, doctor."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gsh_console import __version__, locations
from gsh_console.commands.session import PASSPHRASE_VARIABLE, access, ask_passphrase, open_desk
from gsh_console.faults import GshFault, InputRefused, StoreMissing, SyncFault

if TYPE_CHECKING:
    from gsh_console.casework.access import Access
    from gsh_console.casework.keeping import Secret

NEW_PASSPHRASE_VARIABLE = "GSH_CONSOLE_NEW_PASSPHRASE"
RECOVERY_VARIABLE = "GSH_CONSOLE_RECOVERY_CODE"
SMALLEST_TERMINAL = (80, 24)
LEAST_FREE_SPACE = 200 * 1024 * 1024
_SHOWN = ("textual", "sqlmodel", "sqlcipher3", "argon2-cffi", "cryptography", "jinja2", "babel", "click")


def _store(command: Callable[..., Any]) -> Callable[..., Any]:
    told = "The store's folder, instead of your own."
    return click.option("--store", type=click.Path(file_okay=False), help=told)(command)


def _progress(word: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{word} …", err=True)


@click.command()
@_store
@click.pass_context
def verify(ctx: click.Context, store: str | None) -> None:
    """Check that the store is whole: file, audit chain, signed notes, scores, outbox. Exit code 6 on damage.

    The console must be closed. Nothing is changed; Ctrl+C stops it at any time.
    """
    del store
    from gsh_console.casework import verifying

    with closing(open_desk(ctx, locked=True)) as desk:
        found = verifying.verify(desk, _progress)
    click.echo("\n".join(found.lines()))


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@_store
@click.pass_context
def backup(ctx: click.Context, folder: Path, store: str | None) -> None:
    """Write a verified copy of the store and its key file into DIR, named after the moment.

    It is encrypted like the store and opens with the same passphrase or recovery code. It may be made while the
    console is open. Keep both files together: one without the other is useless.
    """
    del store
    from gsh_console.casework.keeping import back_up, key_file_of

    with closing(open_desk(ctx, locked=False)) as desk:
        _progress("copying and checking the copy")
        copy = back_up(desk, folder)
    click.echo(str(copy))
    click.echo(str(key_file_of(copy)))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--drill", is_flag=True, help="Only prove that the backup opens and is whole.")
@click.option("--recovery", is_flag=True, help="Open it with the recovery code instead of the passphrase.")
@click.option("--move-aside", is_flag=True, help="Keep a store that is there under a dated name.")
@_store
@click.pass_context
def restore(ctx: click.Context, file: Path, drill: bool, recovery: bool, move_aside: bool, store: str | None) -> None:
    """Put the backup FILE in place of a lost store, or prove with --drill that it could be.

    The backup is opened and checked whole before anything is moved. It opens with the passphrase of its own day.
    """
    del store
    from gsh_console.casework import keeping

    way = access(ctx)
    secret = _secret_for(keeping.key_file_of(file), recovery)
    if drill:
        proved = keeping.drill(way, file, secret, _progress)
        click.echo("\n".join((*proved.verified.lines(), f"drill: {file.name} opens and is whole; {proved.compared}")))
        return
    proved, aside = keeping.restore(way, file, secret, move_aside=move_aside, on_progress=_progress)
    click.echo("\n".join(proved.verified.lines()))
    if aside:
        click.echo(f"kept: {aside}")
    click.echo(f"restored: {way.folder}")


@click.command()
@_store
@click.pass_context
def passphrase(ctx: click.Context, store: str | None) -> None:
    """Change the passphrase. The recovery code stays as it is; older backups keep the passphrase of their day."""
    del store
    way = _set_up(access(ctx))
    old = ask_passphrase("Passphrase now")
    way.change_passphrase(old, _new_passphrase())
    click.echo("The passphrase is changed.")


@click.command()
@_store
@click.pass_context
def recover(ctx: click.Context, store: str | None) -> None:
    """Set a new passphrase with the recovery code that was shown when the store was set up."""
    del store
    way = _set_up(access(ctx))
    code = _asked("Recovery code", RECOVERY_VARIABLE)
    way.recover(code, _new_passphrase())
    click.echo("The passphrase is changed. The recovery code stays as it is.")


def _set_up(way: Access) -> Access:
    if not way.is_set_up:
        raise StoreMissing("There is no store here yet.", "Run gsh-console to set one up, or give --store.")
    if way.is_training:
        raise InputRefused("The training caseload has no passphrase.", "Give the --store of a real one.")
    return way


def _secret_for(keys: Path, recovery: bool) -> Secret:
    from gsh_console.casework.keeping import Secret
    from gsh_console.store.keys import is_training

    if is_training(keys):
        return Secret()
    if recovery:
        return Secret(_asked("Recovery code", RECOVERY_VARIABLE), "recovery")
    return Secret(_asked("Passphrase of the backup", PASSPHRASE_VARIABLE))


def _asked(prompt: str, variable: str) -> str:
    given = os.environ.get(variable)
    return given if given else str(click.prompt(prompt, hide_input=True, err=True))


def _new_passphrase() -> str:
    given = os.environ.get(NEW_PASSPHRASE_VARIABLE)
    if given:
        return given
    return str(click.prompt("New passphrase", hide_input=True, confirmation_prompt="Once more", err=True))


@click.command()
@_store
@click.pass_context
def doctor(ctx: click.Context, store: str | None) -> None:
    """Say what this machine has, and mark with ! what needs attention. Opens no store and asks no passphrase."""
    del store
    way = access(ctx)
    problems = []
    for what, told, wrong in _findings(way):
        click.echo(f"{'!' if wrong else ' '} {what:18}{told}")
        if wrong:
            problems.append(what)
    if problems == ["target"]:
        raise SyncFault("The target of the outbox cannot be reached.", "Plug the drive in, or correct the settings.")
    if problems:
        raise InputRefused(f"This needs attention: {', '.join(problems)}.", "The lines above marked ! say why.")


def _findings(way: Access) -> Iterator[tuple[str, str, bool]]:
    """What there is, what is told about it, whether it needs attention."""
    yield "gsh-console", __version__, False
    yield "python", f"{platform.python_version()} on {platform.platform()}", False
    yield "libraries", ", ".join(f"{name} {metadata.version(name)}" for name in _SHOWN), False
    yield _cipher()
    yield from _folder(way)
    yield _terminal()
    encoding = locale.getpreferredencoding(False)
    utf8 = encoding.lower().replace("-", "") == "utf8"
    yield "locale", f"{locale.setlocale(locale.LC_CTYPE)}, {encoding}", not utf8
    yield _booklets()
    yield _crisis_numbers(way)
    yield _fonts()
    yield _target(way)


def _cipher() -> tuple[str, str, bool]:
    from gsh_console.store.connection import DRIVER, SAFE_SQLITE

    with closing(DRIVER.connect(":memory:")) as connection:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    safe = DRIVER.sqlite_version_info >= SAFE_SQLITE
    cipher = row[0] if row else "none"
    return "sqlite, cipher", f"{DRIVER.sqlite_version}, SQLCipher {cipher}", not (row and safe)


def _folder(way: Access) -> Iterator[tuple[str, str, bool]]:
    kind = "training store" if way.is_training else "store" if way.is_set_up else "no store yet"
    yield "store", f"{way.folder} ({kind})", False
    there = way.folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    yield "free space", f"{free // (1024 * 1024)} MB", free < LEAST_FREE_SPACE
    writable = os.access(there, os.W_OK)
    yield "permissions", "the folder can be written to" if writable else "the folder cannot be written to", not writable
    now = way.clock().timestamp()
    newest = max((path.stat().st_mtime for path in way.folder.glob("*") if path.is_file()), default=now)
    behind = newest - now > 60
    told = "stands before the newest file of the store: check date and time" if behind else "later than every file"
    yield "clock", f"{way.clock():%Y-%m-%d %H:%M} UTC, {told}", behind


def _terminal() -> tuple[str, str, bool]:
    if not sys.stdout.isatty():
        return "terminal", "none (output goes to a file or a pipe)", False
    size = shutil.get_terminal_size()
    small = size.columns < SMALLEST_TERMINAL[0] or size.lines < SMALLEST_TERMINAL[1]
    told = f"{size.columns} by {size.lines}, TERM={os.environ.get('TERM', '')}"
    return "terminal", f"{told}{', smaller than 80 by 24' if small else ''}", small


def _booklets() -> tuple[str, str, bool]:
    from gsh_console.content.booklets import Library

    library = Library(locations.materials_folder(), locations.translations_folder())
    languages = ", ".join(language.code for language in library.languages)
    return "booklets", f"{len(library.booklets)} in {languages}", not library.booklets


def _crisis_numbers(way: Access) -> tuple[str, str, bool]:
    """Whose crisis numbers are in force and whether somebody checked them within a year; old ones need attention."""
    from gsh_console.content.definitions import Definitions

    try:
        own = way.settings.folder("definitions_folder")
        found = Definitions(own=own, nation=way.settings.nation).crisis_contacts()
    except GshFault as fault:
        return "crisis numbers", str(fault), True
    stale = found.is_stale(way.clock().date())
    told = f"{found.nation}, last checked {found.last_checked}: {found.checked_by}"
    return "crisis numbers", f"{told}{'; more than a year ago: check them again' if stale else ''}", stale


def _fonts() -> tuple[str, str, bool]:
    """The scripts paper can be printed in here; none is a fault, for the HTML copy needs no font of ours."""
    from gsh_console.content import fonts

    if not fonts.typst_version():
        told = 'typst is not installed: pip install "gsh-console[pdf]"; HTML copies need nothing'
        return "fonts", told, False
    found = fonts.printable_scripts()
    able = ", ".join(name for name, family in found.items() if family)
    unable = ", ".join(name for name, family in found.items() if not family)
    lacking = f"; no font here for {unable}, whose booklets open as HTML" if unable else ""
    return "fonts", f"{able or 'no script'}{lacking}", False


def _target(way: Access) -> tuple[str, str, bool]:
    from gsh_console.casework.target import reached

    try:
        return "target", reached(way.settings), False
    except GshFault as fault:
        return "target", str(fault), True
