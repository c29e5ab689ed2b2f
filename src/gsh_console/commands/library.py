"""The definitions a command works with: what ships and what the settings file adds."""

from __future__ import annotations

from gsh_console.content.definitions import Definitions
from gsh_console.locations import settings_file
from gsh_console.settings import load


def own_definitions() -> Definitions:
    """What ships, with the service's own measures and crisis contacts in their places."""
    settings = load(settings_file())
    return Definitions(
        crisis_contacts=settings.folder("crisis_contacts"), own_measures=settings.folder("measures_folder")
    )
