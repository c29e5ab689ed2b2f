"""Sending on the command line: what waits and why, sending now, testing the target, reading back what it holds."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from gsh_console.commands.session import open_desk
from gsh_console.faults import InputRefused, SyncFault

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk
    from gsh_console.casework.sending import OutboxLine, Target
    from gsh_console.sync.asking import Server

_STORE = click.option("--store", type=click.Path(file_okay=False), help="The store's folder, instead of your own.")
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("outbox", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_STORE
@click.pass_context
def outbox(ctx: click.Context, as_json: bool, store: str | None) -> None:
    """What waits to be sent, since when, and why it did not go. Names no patient."""
    del store
    if ctx.invoked_subcommand is not None:
        return
    with closing(open_desk(ctx, locked=False)) as desk:
        from gsh_console.casework.lists import count_unsent
        from gsh_console.casework.sending import outbox_lines

        lines, total = outbox_lines(desk, desk.now()), count_unsent(desk)
    if as_json:
        for line in lines:
            click.echo(json.dumps(_as_json(line), ensure_ascii=False))
        return
    if not lines:
        click.echo("Nothing waits to be sent.")
        return
    click.echo(f"{'waiting':18}{'tries':>5}  what")
    for line in lines:
        click.echo(f"{line.waiting:18}{line.tries:>5}  {line.what}{_state(line)}")
        click.echo(f"{'':25}{line.id}")
        if line.last_error:
            click.echo(f"{'':25}{line.last_error}")
    if total > len(lines):
        click.echo(f"and {total - len(lines)} more")


@outbox.command("retry")
@click.argument("item_id", metavar="ID")
@_STORE
@click.pass_context
def retry(ctx: click.Context, item_id: str, store: str | None) -> None:
    """Let a refused record go again, at the next sending."""
    del store
    with closing(open_desk(ctx, locked=True)) as desk:
        from gsh_console.casework import sending

        sending.retry(desk, item_id)
    click.echo("It goes again at the next sending: gsh-console sync")


@outbox.command("export")
@click.argument("item_id", metavar="ID")
@click.option("--to", "folder", type=_FOLDER, required=True, help="The folder the copy is written into.")
@_STORE
@click.pass_context
def export(ctx: click.Context, item_id: str, folder: Path, store: str | None) -> None:
    """Write one record, as it was signed, to a file. It is readable there and stays in the outbox."""
    del store
    with closing(open_desk(ctx, locked=False)) as desk:
        from gsh_console.casework import sending

        written = sending.export(desk, item_id, folder)
    click.echo(f"{written}: not encrypted; it holds the patient's details.")


@click.command("sync")
@click.option("--to", "folder", type=_FOLDER, help="Send to this folder instead of the set target.")
@click.option("--test", "test", is_flag=True, help="Send nothing: say in words what the target takes.")
@_STORE
@click.pass_context
def sync(ctx: click.Context, folder: Path | None, test: bool, store: str | None) -> None:
    """Send what waits now, oldest first. Ctrl-C stops after the record being sent; nothing is lost either way."""
    del store
    with closing(open_desk(ctx, locked=True)) as desk:
        if test:
            _test(desk)
            return
        from gsh_console.casework.sending import send_waiting, target_of
        from gsh_console.sync.folder import FolderTarget

        _refuse_training(desk)
        if folder and not folder.is_dir():
            raise SyncFault(f"There is no folder {folder}.", "Make it first; a mistyped path is never made here.")
        target = FolderTarget(folder) if folder else target_of(desk)
        with until_interrupted() as stop:
            report = send_waiting(desk, target, progress("Sending"), stop)
    click.echo(err=True)
    click.echo(f"sent: {report.sent}, failed: {report.failed}, left: {report.left}")
    if clock := _clock(target):
        click.echo(clock)
    if report.failed:
        raise SyncFault("Not everything could be sent.", "gsh-console outbox says why.")


@click.command("reconcile")
@_STORE
@click.pass_context
def reconcile(ctx: click.Context, store: str | None) -> None:
    """Read back from the server what it acknowledged and compare it, part by part, with what was signed."""
    del store
    with closing(open_desk(ctx, locked=False)) as desk:
        from gsh_console.casework import reconciling
        from gsh_console.casework.target import rest_target, server_settings

        _refuse_training(desk)
        settings = server_settings()
        if not settings.url:
            raise SyncFault("Only a FHIR server can be read back from, and none is set.", "Set url in server.toml.")
        with until_interrupted() as stop:
            report = reconciling.reconcile(desk, rest_target(desk, settings), progress("Reading back"), stop)
    click.echo(err=True)
    for line in report.lines():
        click.echo(line)
    if not report.is_even:
        raise SyncFault("What was signed and what the server holds are not the same.", "Keep everything, and ask.")


def _test(desk: Desk) -> None:
    from gsh_console.casework.target import check_target

    for line in check_target(desk):
        click.echo(line)


def _clock(target: Target) -> str:
    from gsh_console.sync.link import skew_in_words

    server: Server | None = getattr(target, "server", None)  # a folder has none
    return skew_in_words(server.link.skew) if server else ""


def _refuse_training(desk: Desk) -> None:
    if desk.training:
        raise InputRefused("This is the training caseload; nothing in it is ever sent.", "Use your own store.")


def _as_json(line: OutboxLine) -> dict[str, object]:
    return {
        "id": line.id,
        "what": line.what,
        "state": line.state,
        "queued_at": line.queued_at.isoformat(),
        "waiting": line.waiting,
        "tries": line.tries,
        "last_error": line.last_error,
    }


def _state(line: OutboxLine) -> str:
    told = {"training": " (training: never sent)", "refused": " (refused)", "sending": " (being sent)"}
    return told.get(line.state, "")


def progress(what: str) -> Callable[[int, int], None]:
    """A line on standard error that tells how far something is."""

    def tell(done: int, total: int) -> None:
        click.echo(f"\r{what}: {done} of {total}", nl=False, err=True)

    return tell


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, asked instead of being thrown out."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)
