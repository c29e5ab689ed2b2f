"""The outbox on the command line: what waits, since when and why; and sending it now."""

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
    from gsh_console.casework.sending import OutboxLine

_STORE = click.option("--store", type=click.Path(file_okay=False), help="The store's folder, instead of your own.")


@click.command("outbox")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_STORE
@click.pass_context
def outbox(ctx: click.Context, as_json: bool, store: str | None) -> None:
    """What waits to be sent, since when, and why it did not go. Names no patient."""
    del store
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


@click.command("sync")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Send to this folder instead of the set one.")
@_STORE
@click.pass_context
def sync(ctx: click.Context, folder: Path | None, store: str | None) -> None:
    """Send what waits now, oldest first. Ctrl-C stops after the record being sent; nothing is lost either way."""
    del store
    with closing(open_desk(ctx, locked=True)) as desk:
        from gsh_console.casework.sending import send_waiting, target_of
        from gsh_console.sync.folder import FolderTarget

        if desk.training:
            raise InputRefused("This is the training caseload; nothing in it is ever sent.", "Use your own store.")
        if folder and not folder.is_dir():
            raise SyncFault(f"There is no folder {folder}.", "Make it first; a mistyped path is never made here.")
        target = FolderTarget(folder) if folder else target_of(desk)
        with _until_interrupted() as stop:
            report = send_waiting(desk, target, _progress, stop)
    click.echo(err=True)
    click.echo(f"sent: {report.sent}, failed: {report.failed}, left: {report.left}")
    if report.failed:
        raise SyncFault("Not everything could be sent.", "gsh-console outbox says why.")


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
    return "" if line.state == "waiting" else f" ({line.state}: never sent)"


def _progress(done: int, total: int) -> None:
    click.echo(f"\rSending: {done} of {total}", nl=False, err=True)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)
