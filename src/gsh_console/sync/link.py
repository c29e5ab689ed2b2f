"""One HTTPS connection to one server: verified, never redirected, never more read than asked for.

urllib3 is imported when a link is opened: in a sending thread or a command, never before a screen is drawn.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from gsh_console.faults import SettingsFault, SyncFault
from gsh_console.loading import LOADING
from gsh_console.sync.outcomes import RefusedForGood, TargetStopped, TryLater

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

MOST_READ = 8 * 2**20  # bytes of one answer
CONNECT, READ, WHOLE = 10.0, 30.0, 90.0  # seconds: to connect, between two pieces, for one answer
AGENT = "gsh-console"
COMPARED_EVERY = 5.0  # seconds between two looks at the server's clock
SKEW_TOLD = 120.0  # seconds a clock may be wrong before it is said; tokens break at 300
_PRIVATE = 0o077
_PIECE = 2**16  # bytes
_CONNECTIONS = 8
_ALWAYS = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"}


@dataclass(frozen=True)
class Security:
    """What a link trusts and shows: paths of the service's own authority and of a client certificate with its key."""

    authority: str = ""
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True)
class Timing:
    """How long a link waits, in seconds."""

    connect: float = CONNECT
    read: float = READ
    whole: float = WHOLE


@dataclass(frozen=True)
class Reply:
    """An answer, whole: status, media type without parameters, headers in lower case, body."""

    status: int
    kind: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether it says that it is JSON."""
        return self.kind in ("application/fhir+json", "application/json")

    @property
    def says_wait(self) -> float | None:
        """How many seconds Retry-After asks for, None where it does not."""
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        until = _date(asked)
        return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until else None


class Link:
    """Questions to one origin. Safe to use from several threads."""

    def __init__(self, base: str, security: Security | None = None, timing: Timing | None = None) -> None:
        self.base = checked_address(base)
        self.timing = timing or Timing()
        self.skew: float | None = None  # seconds our clock is behind the server's, as last seen
        self._compare_from = 0.0  # time.monotonic()
        self._pool = _open(self.base, security or Security())

    def ask(
        self, method: str, place: str = "", *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask for a place below the base, or for a whole address on the same origin."""
        address = self._address(place)
        with _in_words():
            began = time.monotonic()
            answer = self._send(method, address, body, headers or {})
            try:
                reply = self._read(answer, began)
            finally:
                answer.close()  # of no effect on an answer read to its end, whose connection serves the next question
                answer.release_conn()
        self._compare_clocks(reply)
        return reply

    def close(self) -> None:
        """Hang up."""
        self._pool.close()

    def _send(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """One request, one answer: nothing is followed, nothing repeated, no cookie kept, no file of passwords read."""
        from urllib3 import Timeout

        parts = urlsplit(address)
        return self._pool.urlopen(
            method, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
            body=body, headers={**_ALWAYS, **headers}, timeout=Timeout(self.timing.connect, self.timing.read),
            retries=False, redirect=False, preload_content=False, decode_content=False,
        )  # fmt: skip

    def _address(self, place: str) -> str:
        if "://" not in place:
            return f"{self.base}/{place}" if place else self.base
        if _origin(place) != _origin(self.base):
            raise TargetStopped("The server points at another server, and this console does not follow.")
        return place

    def _read(self, answer: BaseHTTPResponse, began: float) -> Reply:
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise TryLater("The answer came packed although it was asked for plain, so it was not read.")
        body = bytearray()
        while piece := answer.read1(_PIECE):
            body += piece
            if len(body) > MOST_READ:
                raise TryLater("The answer was far too long, so it was not read to its end.")
            if time.monotonic() - began > self.timing.whole:
                raise TryLater("The answer came too slowly.")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Reply(answer.status, kind, {k.lower(): v for k, v in answer.headers.items()}, bytes(body))

    def _compare_clocks(self, reply: Reply) -> None:
        if time.monotonic() < self._compare_from:
            return
        server = _date(reply.headers.get("date", ""))
        if server is not None:
            self.skew = (server - datetime.now(UTC)).total_seconds()
            self._compare_from = time.monotonic() + COMPARED_EVERY


def checked_address(base: str) -> str:
    """The address without a slash at its end; SettingsFault unless it is https, or http on this very machine."""
    parts = urlsplit(base.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsFault("The server's address is not an https address.", "Correct it in server.toml.")
    if parts.username or parts.password:
        raise SettingsFault("The server's address holds a user or a password.", "Take it out; see docs/sync.md.")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise SettingsFault("The server's address is not encrypted (http).", "Use its https address.")
    return base.strip().rstrip("/")


def skew_in_words(skew: float | None) -> str:
    """A sentence where this machine's clock and the server's differ too much, else nothing."""
    if skew is None or abs(skew) <= SKEW_TOLD:
        return ""
    behind = "behind" if skew > 0 else "ahead of"
    return (
        f"This machine's clock is {round(abs(skew) / 60)} minutes {behind} the server's; sign-in fails from 5 minutes "
        "on. Set the clock."
    )


def private_file(path: str, what: str) -> Path:
    """A file only its owner may read; SettingsFault says what is wrong with it."""
    file = Path(path).expanduser()
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise SettingsFault(f"The {what} cannot be read: {error.strerror}.", "Correct its path.") from None
    if not file.is_file():
        raise SettingsFault(f"The {what} is no file.", "Correct its path.")
    if os.name == "posix" and mode & _PRIVATE:
        raise SettingsFault(f"The {what} can be read by others.", f'Run: chmod 600 "{file.name}" where it lies.')
    return file


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or standard


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _open(base: str, security: Security) -> HTTPConnectionPool:
    with LOADING:
        from urllib3 import PoolManager, ProxyManager, make_headers
    # where nothing is encrypted nothing has to be trusted, and the long list of authorities need not be read
    trusted = _trust(security) if base.startswith("https") else None
    proxy = proxy_for(base)
    if proxy is None:
        return PoolManager(maxsize=_CONNECTIONS, block=True, ssl_context=trusted).connection_from_url(base)
    named = urlsplit(proxy)
    who = f"{unquote(named.username or '')}:{unquote(named.password or '')}"
    through = ProxyManager(
        proxy, maxsize=_CONNECTIONS, block=True, ssl_context=trusted, proxy_ssl_context=trusted,
        proxy_headers=make_headers(proxy_basic_auth=who) if named.username else None,
    )  # fmt: skip
    return through.connection_from_url(base)


def proxy_for(base: str) -> str | None:
    """The proxy the environment or the system names for an address, None for this very machine and what is exempt."""
    host = urlsplit(base).hostname or ""
    named = getproxies()
    proxy = named.get(urlsplit(base).scheme) or named.get("all")
    if not proxy or _is_this_machine(host) or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _trust(security: Security) -> ssl.SSLContext:
    with LOADING:
        import truststore
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if security.authority:
        _load_authority(context, security.authority, "authority")
    if security.client_certificate:
        _load_authority(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), security.client_certificate, "client_certificate")
        key = private_file(security.client_key, "key named as client_key in server.toml") if security.client_key else ""
        try:
            context.load_cert_chain(str(Path(security.client_certificate).expanduser()), str(key) or None)
        except (OSError, ssl.SSLError):
            raise SettingsFault(
                "The key named as client_key in server.toml cannot be used with client_certificate.",
                "It has to be that certificate's PEM private key, not locked.",
            ) from None
    return context


def _load_authority(context: ssl.SSLContext, path: str, key: str) -> None:
    """Read a file of certificates; SettingsFault names the key of server.toml where it is none."""
    try:
        context.load_verify_locations(str(Path(path).expanduser()))
    except (OSError, ssl.SSLError):
        raise SettingsFault(
            f"The certificate named as {key} in server.toml cannot be read.", "Correct its path; it has to be PEM."
        ) from None


@contextmanager
def _in_words() -> Iterator[None]:
    from urllib3 import exceptions as told

    try:
        yield
    except SyncFault:
        raise
    except (told.NewConnectionError, told.SSLError) as error:
        raise _not_connected(error) from None
    except (told.ConnectTimeoutError, told.EmptyPoolError):
        raise TryLater("The server did not answer in time.", unreachable=True) from None
    except told.TimeoutError:
        raise TryLater("The server did not answer in time.") from None
    except told.ProxyError as error:
        if isinstance(_cause(error), ssl.SSLError):
            raise _not_connected(error) from None
        raise TryLater("The network's proxy did not let the connection through.", unreachable=True) from None
    except told.LocationValueError:
        raise RefusedForGood("The server gave an address that is none.") from None
    except told.HTTPError:
        raise TryLater("The connection broke off.") from None


def _cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return error


def _not_connected(error: Exception) -> TryLater:
    cause: Any = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = (cause.verify_message or "not trusted").rstrip(".")
        return TryLater(
            f"The server's certificate is not accepted ({why}), so nothing was sent.",
            "On a guest network, sign in to it first; else tell the service's IT.",
            unreachable=True,
        )
    if isinstance(cause, ssl.SSLError):
        return TryLater(
            "No encrypted connection could be made.",
            "Check that the address is an https one; else tell the service's IT.",
            unreachable=True,
        )
    if isinstance(cause, OSError) and cause.__class__.__name__ == "gaierror":
        return TryLater("The server's name is not known here: no network?", unreachable=True)
    return TryLater("The server cannot be reached.", unreachable=True)
