"""Where things are on disk: shipped files, the practitioner's data, settings. The only room that knows."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_root() -> Path:
    """The folder holding `materials/` and `translations/`: inside the wheel, or the checkout's top."""
    shipped = _PACKAGE / "_data"
    return shipped if shipped.is_dir() else _PACKAGE.parent.parent


def materials_folder() -> Path:
    """The booklets, one folder each."""
    return data_root() / "materials"


def translations_folder() -> Path:
    """The catalogues, one folder a language."""
    return data_root() / "translations"


def definitions_folder() -> Path:
    """Measures, protocols, the safety conversation and crisis contacts shipped with the code."""
    return Path(str(resources.files("gsh_console"))) / "definitions"


def default_store() -> Path:
    """The practitioner's own store folder, in the data folder that GSH_CONSOLE_STORE overrides."""
    return _user_folder("GSH_CONSOLE_STORE", "data") / "store"


def training_store() -> Path:
    """The folder of the training caseload."""
    return _user_folder("GSH_CONSOLE_STORE", "data") / "training"


def settings_file() -> Path:
    """The settings file; GSH_CONSOLE_SETTINGS overrides it."""
    override = os.environ.get("GSH_CONSOLE_SETTINGS")
    return Path(override) if override else _user_folder("", "config") / "settings.toml"


def server_file() -> Path:
    """The file that names the service's server, beside the settings file."""
    return settings_file().with_name("server.toml")


def _user_folder(variable: str, kind: str) -> Path:
    override = os.environ.get(variable) if variable else None
    if override:
        return Path(override)
    import platformdirs

    find = platformdirs.user_data_path if kind == "data" else platformdirs.user_config_path
    return find("gsh-console", appauthor=False)
