"""The command line. Commands are imported only when called, so that the list is on screen at once."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from gsh_console import __version__
from gsh_console.faults import GshFault

# command -> (module, attribute, one line for --help)
COMMANDS = {
    "demo": ("gsh_console.commands.console", "demo", "Open the training caseload."),
    "score": ("gsh_console.commands.score", "score_command", "Score forms: JSON Lines in, JSON Lines out."),
    "outcome": ("gsh_console.commands.outcome", "outcome_command", "National outcomes: JSON Lines in, JSON Lines out."),
    "patients": ("gsh_console.commands.patients", "patients", "Bring a caseload in, list it."),
    "materials": ("gsh_console.commands.materials", "materials", "Booklets: list, check, render."),
    "outbox": ("gsh_console.commands.outbox", "outbox", "What waits to be sent, since when, and why."),
    "sync": ("gsh_console.commands.outbox", "sync", "Send what waits now; test the target."),
    "caseload": ("gsh_console.commands.caseload", "caseload", "Bring the caseload down from the service's server."),
    "reconcile": ("gsh_console.commands.outbox", "reconcile", "Compare what was signed with what the server holds."),
    "protocols": ("gsh_console.commands.protocols", "protocols", "Session protocols: list, show, check."),
    "measures": (
        "gsh_console.commands.definitions",
        "measures",
        "Measures: list, show, check, import, export.",
    ),
    "verify": ("gsh_console.commands.keeping", "verify", "Check audit chain, notes, scores and file."),
    "backup": ("gsh_console.commands.keeping", "backup", "A verified copy of the store with its key file."),
    "restore": ("gsh_console.commands.keeping", "restore", "Put a backup in place of a lost store."),
    "passphrase": ("gsh_console.commands.keeping", "passphrase", "Change the passphrase."),
    "recover": ("gsh_console.commands.keeping", "recover", "Set a new passphrase with the recovery code."),
    "doctor": ("gsh_console.commands.keeping", "doctor", "Versions, cipher, terminal, disk: what this machine has."),
}


class Commands(click.Group):
    """The commands above, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, _, told) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from gsh_console.faults import nearest

            raise click.UsageError(f'There is no command "{args[0]}". {nearest(args[0], COMMANDS)}') from None


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--store", type=click.Path(file_okay=False), help="The store's folder, instead of your own.")
@click.version_option(__version__, prog_name="gsh-console")
@click.pass_context
def cli(ctx: click.Context, store: str | None) -> None:
    """Telephone guided self-help, from today's list to the signed note.

    Without a command: unlock the store (or set it up the first time) and open today's list.

    \b
    Exit codes: 0 ok · 1 refused input · 2 usage · 3 store missing · 4 store open elsewhere
                5 wrong passphrase · 6 store damaged · 7 nothing reachable
    """
    del store
    if ctx.invoked_subcommand is None:
        from gsh_console.commands.console import console

        ctx.invoke(console)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; every fault ends as one sentence on standard error and its exit code."""
    try:
        cli.main(args=arguments, prog_name="gsh-console", standalone_mode=False)
    except GshFault as fault:
        click.echo(f"gsh-console: {fault}", err=True)
        sys.exit(fault.exit_code)
    except click.ClickException as error:
        click.echo(f"gsh-console: {error.format_message()}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("gsh-console: stopped.", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)
