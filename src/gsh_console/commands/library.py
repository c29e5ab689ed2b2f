"""The definitions a command works with: what ships and what the settings file adds."""

from __future__ import annotations

from gsh_console.content.definitions import Definitions
from gsh_console.locations import settings_file
from gsh_console.settings import load


def own_definitions() -> Definitions:
    """What ships, with the service's own files in their places."""
    settings = load(settings_file())
    return Definitions(own=settings.folder("definitions_folder"), nation=settings.nation)
