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
    definitions_folder: str = ""
    nation: str = "England"
    theme: str = "plain"
    forbid_drafts: str = "no"

    def folder(self, name: str) -> Path | None:
        """The path a setting names, ~ written out; None where it is not set."""
        held: str = getattr(self, name)
        return Path(held).expanduser() if held else None


@dataclass(frozen=True)
class ServerSettings:
    """The service's server, as server.toml names it. Every key is text; an empty one is not set.

    `url`: a FHIR R4 base address; or `upload_url`: where the records are put as files. `ids`: auto, put or post.
    `practitioner`: whose caseload comes down ("Practitioner/12" or "system|value"); `caseload`: the search that
    finds the patients, instead of the one by general practitioner. `pull_every`: minutes, 0 for only on request.
    """

    url: str = ""
    upload_url: str = ""
    ids: str = "auto"
    most_entries: str = ""
    authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    client_id: str = ""
    key_file: str = ""
    key_id: str = ""
    scope: str = "system/*.cruds"
    token_url: str = ""
    practitioner: str = ""
    caseload: str = ""
    pull_every: str = "30"

    @property
    def is_set(self) -> bool:
        """Whether there is a server to send to."""
        return bool(self.url or self.upload_url)


def load(path: Path) -> Settings:
    """The settings in force; a file that is not there means the defaults."""
    values = _read(path, Settings)
    if values.get("theme", "plain") not in ("plain", "high-contrast"):
        raise SettingsFault(f"{path.name}: the theme is not known.", 'Use "plain" or "high-contrast".')
    if values.get("forbid_drafts", "no") not in ("yes", "no"):
        raise SettingsFault(f"{path.name}: forbid_drafts is not known.", 'Use "yes" or "no".')
    return Settings(**values)


def load_server(path: Path) -> ServerSettings:
    """The server the service named; a file that is not there means none."""
    server = ServerSettings(**_read(path, ServerSettings))
    if server.url and server.upload_url:
        raise SettingsFault(f"{path.name}: url and upload_url are both set.", "Keep one of them.")
    if server.ids not in ("auto", "put", "post"):
        raise SettingsFault(f"{path.name}: ids is not known.", 'Use "auto", "put" or "post".')
    if server.most_entries and not (server.most_entries.isascii() and server.most_entries.isdigit()):
        raise SettingsFault(f"{path.name}: most_entries is not a number.", 'Write it as "8".')
    if not (server.pull_every.isascii() and server.pull_every.isdigit() and len(server.pull_every) <= 4):
        raise SettingsFault(
            f"{path.name}: pull_every is not a number of minutes.", 'Write it as "30", or "0" for never.'
        )
    if bool(server.client_id) != bool(server.key_file):
        raise SettingsFault(f"{path.name}: client_id and key_file go together.", "Set both, or neither.")
    return server


def _read(path: Path, known_as: type[Settings] | type[ServerSettings]) -> dict[str, str]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsFault(f"{path.name} cannot be read: {error.strerror}.", "Check its permissions.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFault(f"{path.name} is not valid TOML: {error}.", "Correct that place.") from None
    known = {field.name: field for field in dataclasses.fields(known_as)}
    for name, value in values.items():
        if name not in known:
            raise SettingsFault(f'{path.name}: there is no setting "{name}".', nearest(name, known))
        if not isinstance(value, str):
            raise SettingsFault(f'{path.name}: the setting "{name}" takes text.', 'Put it in "quotes".')
    return values
