"""How a command gets to its store: folder, settings, passphrase."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gsh_console import locations, settings
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.faults import StoreMissing

PASSPHRASE_VARIABLE = "GSH_CONSOLE_PASSPHRASE"


def access(ctx: click.Context) -> Access:
    """The way to the store this command was pointed at."""
    chosen = ctx.find_root().params.get("store") or ctx.params.get("store")
    folder = Path(chosen) if chosen else locations.default_store()
    return Access(folder, settings.load(locations.settings_file()))


def open_desk(ctx: click.Context, *, locked: bool) -> Desk:
    """The desk of this command's store, asking for the passphrase where there is one.

    `locked` keeps other consoles out while the command writes; reading commands work beside an open console.
    """
    way = access(ctx)
    if not way.is_set_up:
        raise StoreMissing("There is no store here yet.", "Run gsh-console to set one up, or give --store.")
    if way.is_training:
        return way.unlock_training(locked=locked)
    return way.unlock(ask_passphrase("Passphrase"), locked=locked)


def ask_passphrase(prompt: str) -> str:
    """The passphrase, from the environment for scripts or typed unseen."""
    given = os.environ.get(PASSPHRASE_VARIABLE)
    return given if given else str(click.prompt(prompt, hide_input=True, err=True))
