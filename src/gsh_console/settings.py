"""The settings file: one TOML file, every key known, an unknown one refused with the nearest name."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from gsh_console.faults import SettingsFault, nearest


@dataclass(frozen=True)
class Settings:
    """What a service sets. Paths may begin with ~."""

    service_name: str = "your Talking Therapies service"
    ods_code: str = ""
    identifier_root: str = "https://gsh-console.invalid/fhir"
    outbox_folder: str = ""
    crisis_contacts: str = ""
    theme: str = "plain"


def load(path: Path) -> Settings:
    """The settings in force; a file that is not there means the defaults."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsFault(f"{path.name} cannot be read: {error.strerror}.", "Check its permissions.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFault(f"{path.name} is not valid TOML: {error}.", "Correct that place.") from None
    known = {field.name: field for field in dataclasses.fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise SettingsFault(f'{path.name}: there is no setting "{name}".', nearest(name, known))
        if not isinstance(value, str):
            raise SettingsFault(f'{path.name}: the setting "{name}" takes text.', 'Put it in "quotes".')
    if values.get("theme", "plain") not in ("plain", "high-contrast"):
        raise SettingsFault(f"{path.name}: the theme is not known.", 'Use "plain" or "high-contrast".')
    return Settings(**values)
