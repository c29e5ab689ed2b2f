"""The caseload on the command line: bring it down, what the server said otherwise, tasks, changes, who left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from gsh_console.commands.outbox import until_interrupted
from gsh_console.commands.session import open_desk
from gsh_console.faults import InputRefused, SyncFault

if TYPE_CHECKING:
    from gsh_console.casework.changing import ThreeWay
    from gsh_console.casework.desk import Desk
    from gsh_console.sync.asking import Server

_STORE = click.option("--store", type=click.Path(file_okay=False), help="The store's folder, instead of your own.")


@click.group("caseload")
def caseload() -> None:
    """Patients, calls and tasks from the service's server."""


@caseload.command("pull")
@_STORE
@click.pass_context
def pull(ctx: click.Context, store: str | None) -> None:
    """Bring down what is new. Ctrl-C stops after the page being read; the next run goes on there."""
    del store
    with closing(open_desk(ctx, locked=True)) as desk:
        from gsh_console.casework import fetching

        with until_interrupted() as stop:
            lines = fetching.pull(desk, _progress, stop)
    click.echo(err=True)
    for line in lines:
        click.echo(line)


@caseload.command("tasks")
@_STORE
@click.pass_context
def tasks(ctx: click.Context, store: str | None) -> None:
    """What the service asked of you, by when it is due."""
    del store
    with closing(open_desk(ctx, locked=False)) as desk:
        from gsh_console.store import remote

        found = remote.open_tasks(desk.store)
        for task in found:
            click.echo(f"{(task.due or 'no date')[:10]:12}{task.patient:28}{task.what}")
        if not found:
            click.echo("No task from the service is open.")


@caseload.command("proposals")
@click.option("--settle", "proposal_id", metavar="ID", help="Close one, once it is dealt with.")
@_STORE
@click.pass_context
def proposals(ctx: click.Context, proposal_id: str | None, store: str | None) -> None:
    """Details you had changed and the server says otherwise. The server's are in force; yours are kept here."""
    del store
    with closing(open_desk(ctx, locked=proposal_id is not None)) as desk:
        from gsh_console.store import remote

        if proposal_id is not None:
            with desk.store.unit() as session:
                if not remote.settle_proposal(session, proposal_id, desk.now()):
                    raise InputRefused("There is no such open proposal.", "gsh-console caseload proposals lists them.")
            return
        found = remote.open_proposals(desk.store)
        for each in found:
            told = f"{each.field.replace('_', ' ')}: you had “{each.ours}”, the server has “{each.theirs}”"
            click.echo(f"{each.patient}  {told}  ({each.id})")
        if not found:
            click.echo("Nothing of yours differs from the server.")


@caseload.command("change")
@click.argument("reference")
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", required=True, help="What to change; repeatable.")
@click.option("--over", is_flag=True, help="Take yours even where somebody changed it meanwhile.")
@_STORE
@click.pass_context
def change(ctx: click.Context, reference: str, sets: tuple[str, ...], over: bool, store: str | None) -> None:
    """Change an appointment or a goal on the server (Appointment/…, Goal/…).

    Where somebody changed it meanwhile, the three versions are shown and nothing is written.
    """
    del store
    wanted = dict(each.partition("=")[::2] for each in sets)
    with _asking(ctx) as (desk, server):
        from gsh_console.casework import changing

        done = changing.change(desk, server, changing.look(server, reference), wanted)
        if isinstance(done, changing.ThreeWay) and over:
            done = changing.choose(desk, server, done, ours=True)
    if isinstance(done, changing.ThreeWay):
        _show(done)
        raise SyncFault(
            "Somebody changed it meanwhile, so nothing was written.",
            "Add --over to take yours, or choose in the console: it waits there (d in the Outbox).",
        )
    click.echo("; ".join(f"{name}: {done.value(name)}" for name in wanted))


def _show(three: ThreeWay) -> None:
    for name, was, wanted, now in three.rows():
        click.echo(f"{name}: it was {was or 'empty'}; you want {wanted}; it is now {now or 'empty'}")


def _progress(told: str) -> None:
    click.echo(f"\r{told:<60}", nl=False, err=True)


@contextmanager
def _asking(ctx: click.Context) -> Iterator[tuple[Desk, Server]]:
    with closing(open_desk(ctx, locked=True)) as desk:
        from gsh_console.casework.target import fhir_server, server_settings

        settings = server_settings()
        if desk.training or not settings.url:
            raise SyncFault("No FHIR server is set for this store.", "Set url in server.toml.")
        yield desk, fhir_server(desk, settings)
