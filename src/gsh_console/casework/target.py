"""Where this desk's records go: the service's server, an upload address, a folder, or nowhere yet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gsh_console import locations
from gsh_console.casework.caseload_down import came_from
from gsh_console.casework.courier import Target
from gsh_console.casework.desk import Desk
from gsh_console.faults import GshFault, InputRefused, SyncFault
from gsh_console.settings import ServerSettings, Settings, load_server
from gsh_console.store import facts
from gsh_console.store.lanes import Lanes
from gsh_console.sync.asking import Server
from gsh_console.sync.capability import Way, declared, find_way, probe_connection, way_as_text, way_from_text
from gsh_console.sync.folder import FolderTarget
from gsh_console.sync.link import Link, Security, private_file
from gsh_console.sync.rest import RestTarget
from gsh_console.sync.sign_in import KEY, Credentials, SignIn, refuse_key_in_store
from gsh_console.sync.upload import UploadTarget

WAY = "sync.way"
MakeServer = Callable[[Link, SignIn | None], Server]


def server_settings() -> ServerSettings:
    """What server.toml says."""
    return load_server(locations.server_file())


def target_of(desk: Desk) -> Target:
    """The target the settings name, opened for sending: what another address refused is due again at a new one."""
    target, address = _named_target(desk)
    with closing(Lanes(desk.store)) as lanes:
        lanes.go_to(address)
    return target


def _named_target(desk: Desk) -> tuple[Target, str]:
    server = server_settings()
    if server.url:
        rest = rest_target(desk, server)
        return rest, rest.server.link.base
    if server.upload_url:
        link = Link(server.upload_url, _security(server))
        return UploadTarget(Server(link, _sign_in(desk, server, None))), link.base
    folder = desk.settings.outbox_folder.strip()
    if not folder:
        raise SyncFault(
            "No target is set, so nothing can be sent.",
            "Name the service's server in server.toml (docs/sync.md), or a folder as outbox_folder in settings.toml.",
        )
    return FolderTarget(Path(folder)), folder


def rest_target(desk: Desk, settings: ServerSettings) -> RestTarget:
    """The FHIR server the settings name."""
    kept = way_from_text(settings.url, facts.read(desk.store, WAY))
    most = int(settings.most_entries or 0)

    def way(server: Server) -> Way:
        found = find_way(server, settings.ids, most)
        return kept if kept and settings.ids == "auto" and not most else found

    server = fhir_server(desk, settings)
    return RestTarget(server, way, knows_patients=came_from(desk) == server.link.base)


def needed_server(desk: Desk) -> ServerSettings:
    """The settings of the FHIR server; a fault in words where this desk has none."""
    if desk.training:
        raise InputRefused("This is the training caseload; it has no server.", "Use your own store.")
    settings = server_settings()
    if not settings.url:
        raise SyncFault("No FHIR server is set.", "Set url in server.toml.")
    return settings


def fhir_server(desk: Desk, settings: ServerSettings, make: MakeServer = Server) -> Server:
    """A signed-in way to ask the FHIR server the settings name."""
    link = Link(settings.url, _security(settings))
    return make(link, _sign_in(desk, settings, link))


def check_target(desk: Desk) -> tuple[str, ...]:
    """Try the target and say in words what it takes and what will be used; what was found is kept for sending."""
    settings = server_settings()
    if not settings.url:
        _named_target(desk)[0].check()
        return ("reached: records can be written there",)
    server = fhir_server(desk, settings)
    tested = probe_connection(server, settings.ids, int(settings.most_entries or 0))
    with desk.store.unit() as session:
        facts.write(session, WAY, way_as_text(settings.url, tested.way))
    return tested.lines


def reached(settings: Settings) -> str:
    """What answers where the settings point, without a store and without signing in; SyncFault where nothing does."""
    server = server_settings()
    if server.url:
        said = declared(Server(Link(server.url, _security(server))))
        return f"{server.url} answers: {said.software}, FHIR {said.version}"
    if server.upload_url:
        UploadTarget(Server(Link(server.upload_url, _security(server)))).check()
        return f"{server.upload_url} answers"
    if not settings.outbox_folder.strip():
        return "none set: signed notes wait in the outbox"
    FolderTarget(Path(settings.outbox_folder.strip())).check()
    return f"{settings.outbox_folder} can be written to"


def target_in_words(desk: Desk) -> tuple[tuple[str, str], ...]:
    """What is set, line by line, without testing it; nothing secret is in it."""
    try:
        server = server_settings()
    except GshFault as fault:
        return (("records go", f"nowhere. {fault}"),)
    if not server.is_set:
        folder = desk.settings.outbox_folder.strip()
        return (("records go to", f"the folder {folder}, on request" if folder else "nowhere: no target is set"),)
    lines = [("records go to", server.url or server.upload_url), ("form", _form(desk, server))]
    lines.append(("sign-in", f"as {server.client_id}" if server.client_id else "none"))
    if server.client_certificate:
        lines.append(("certificate", "shown to the server"))
    if server.authority:
        lines.append(("trusted", "this machine's authorities and the service's own"))
    return tuple(lines)


def _form(desk: Desk, server: ServerSettings) -> str:
    if server.upload_url:
        return "one file a record"
    kept = way_from_text(server.url, facts.read(desk.store, WAY))
    if kept is None:
        return "FHIR R4; not tested yet"
    return "FHIR R4, our ids" if kept.client_ids else f"FHIR R4, its ids, {kept.most_entries} parts at a time"


def _security(server: ServerSettings) -> Security:
    return Security(server.authority, server.client_certificate, server.client_key)


def _sign_in(desk: Desk, settings: ServerSettings, link: Link | None) -> SignIn | None:
    if not settings.client_id:
        return None
    refuse_key_in_store(settings.key_file, desk.store.folder)
    private_file(settings.key_file, KEY)
    credentials = Credentials(
        settings.client_id, settings.key_file, settings.key_id, settings.scope, settings.token_url
    )
    discovery = link or Link(settings.upload_url, _security(settings))
    return SignIn(credentials, discovery, lambda url: Link(url, _security(settings)))
