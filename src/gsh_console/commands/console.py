"""Opening the console itself: your own store, or the training caseload."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gsh_console import locations, settings
from gsh_console.casework.access import Access
from gsh_console.faults import InputRefused
from gsh_console.hardening import keep_secrets_in_memory

if TYPE_CHECKING:
    from gsh_console.casework.desk import Desk

BAR = 24  # cells of the bar: with its label and the time left it fits a line of 80


@click.command("console")
@click.pass_context
def console(ctx: click.Context) -> None:
    """Unlock the store and open today's list."""
    chosen = ctx.find_root().params.get("store")
    folder = Path(chosen) if chosen else locations.default_store()
    access = Access(folder, settings.load(locations.settings_file()))
    if access.is_training:
        show(access, access.unlock_training())
    else:
        show(access, None)


@click.command("demo")
@click.option("--seed", type=int, default=1, show_default=True, help="Another caseload, the same every time.")
@click.option("--patients", type=click.IntRange(30, 50_000), default=36, show_default=True, help="How many.")
@click.option("--fresh", is_flag=True, help="Throw the training caseload away and make it anew.")
@click.option("--store", type=click.Path(file_okay=False), help="The training store's folder.")
@click.pass_context
def demo(ctx: click.Context, seed: int, patients: int, fresh: bool, store: str | None) -> None:
    """Open the training caseload: synthetic patients, no passphrase, never sent.

    It is made on first use, which takes a few seconds, and kept after that.
    """
    chosen = store or ctx.find_root().params.get("store")
    folder = Path(chosen) if chosen else locations.training_store()
    access = Access(folder, settings.load(locations.settings_file()))
    if access.is_set_up and not access.is_training:
        raise InputRefused("That folder holds a real store, not a training one.", "Give another --store.")
    if fresh and access.is_set_up:
        _throw_away(access)
    desk = access.unlock_training() if access.is_set_up else _make(access, seed, patients)
    show(access, desk)


def _make(access: Access, seed: int, patients: int) -> Desk:
    from gsh_console.casework import training
    from gsh_console.domain.people import Practitioner

    desk = access.set_up_training(Practitioner("Alex Lang", "Trainee PWP"))
    with click.progressbar(length=patients, label="Making the training caseload", width=BAR, file=sys.stderr) as bar:
        if patients > training.LARGEST_REAL:
            training.make_large_caseload(desk, patients, seed)
            bar.update(patients)
        else:
            training.make_training_caseload(desk, seed=seed, patients=patients, on_progress=lambda: bar.update(1))
    return desk


def _throw_away(access: Access) -> None:
    desk = access.unlock_training()  # holds the lock: refused while another console has it open
    desk.close()
    for path in access.folder.iterdir():
        if path.is_file():
            path.unlink()


def show(access: Access, desk: Desk | None) -> None:
    """Run the console on this terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputRefused("The console needs a terminal of its own.", "Start it in a terminal window.")
    keep_secrets_in_memory()
    from gsh_console.tui.app import GshApp

    app = GshApp(access, desk)
    app.run()
    app.stop_sending()
    held = app.held_desk
    if held is not None:
        held.close()
    if app.return_code:
        sys.exit(app.return_code)
