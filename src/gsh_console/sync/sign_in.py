"""Signing in by SMART Backend Services: a short-lived assertion signed with the service's private key.

The key stays in a file of its own, outside the store, that only its owner may read. Tokens are kept in memory only.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from gsh_console.faults import SettingsFault
from gsh_console.loading import LOADING
from gsh_console.sync.discreet import shown
from gsh_console.sync.link import Link, Reply, private_file, skew_in_words
from gsh_console.sync.outcomes import TargetStopped, TryLater

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 240  # the profile allows five minutes; a clock may be a little wrong
EARLY = 30.0  # seconds before its end from which a token is renewed
KEY = "sign-in key (key_file in server.toml)"
AGAIN = "Sign in again: check the key and the client id with the service's IT."


@dataclass(frozen=True)
class Credentials:
    """Who signs in: the client id the service registered, its key's file and id, what is asked for."""

    client_id: str
    key_file: str
    key_id: str = ""
    scope: str = "system/*.cruds"
    token_url: str = ""


class SignIn:
    """The token of the moment. Safe to use from several threads."""

    def __init__(self, credentials: Credentials, link: Link, open_link: Callable[[str], Link]) -> None:
        self._credentials = credentials
        self._link = link
        self._open_link = open_link
        self._lock = Lock()
        self._token = ""
        self._ends = 0.0
        self._url = credentials.token_url
        self._token_link: Link | None = None

    def token(self, *, fresh: bool = False) -> str:
        """A token that is still good; `fresh`: another one than before."""
        seen = self._token
        with self._lock:
            renewed_meanwhile = fresh and self._token != seen
            if not self._token or time.monotonic() >= self._ends or (fresh and not renewed_meanwhile):
                self._renew()
            return self._token

    def _renew(self) -> None:
        self._token = ""
        private_file(self._credentials.key_file, KEY)  # before anybody is asked: the fault is then told as what it is
        self._url = self._url or self._discovered()
        form = {
            "grant_type": "client_credentials",
            "scope": self._credentials.scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion(self._credentials, self._url),
        }
        self._token_link = self._token_link or self._open_link(self._url)
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        reply = self._token_link.ask("POST", body=urlencode(form).encode(), headers=headers)
        said = _answer(reply, skew_in_words(self._token_link.skew))
        self._token = str(said["access_token"])
        lasts = said.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, (int, float)) else 60.0
        self._ends = time.monotonic() + max(1.0, seconds - min(EARLY, seconds / 2))

    def _discovered(self) -> str:
        reply = self._link.ask("GET", ".well-known/smart-configuration", headers={"accept": "application/json"})
        if reply.status >= 500:
            raise TryLater(f"The server is busy or has a fault ({reply.status}).", after=reply.says_wait)
        try:
            found = json.loads(reply.body)["token_endpoint"]
        except (ValueError, KeyError, TypeError):
            raise TargetStopped("The server does not say where to sign in.", "Set token_url in server.toml.") from None
        return str(found)


def _answer(reply: Reply, skew: str) -> dict[str, Any]:
    if reply.status in (408, 425, 429) or reply.status >= 500:
        raise TryLater(f"The sign-in server is busy or has a fault ({reply.status}).", after=reply.says_wait)
    try:
        said = json.loads(reply.body)
    except ValueError:
        raise TryLater("Something else than the sign-in server answered.") from None
    if reply.status != 200 or not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
        why = said.get("error_description") or said.get("error") if isinstance(said, dict) else ""
        told = f": {shown(str(why))}" if why else ""
        raise TargetStopped(
            f"The service's server does not let this console sign in ({reply.status}{told}).", skew or AGAIN
        )
    return said


def assertion(credentials: Credentials, token_url: str) -> str:
    """A signed statement of who asks, good for four minutes and one use: ES384 with a P-384 key, RS512 with RSA."""
    algorithm, key = _key(credentials)
    with LOADING:
        from joserfc import jwt
    header = {"alg": algorithm, "typ": "JWT", **({"kid": credentials.key_id} if credentials.key_id else {})}
    now = int(time.time())
    claims = {
        "iss": credentials.client_id,
        "sub": credentials.client_id,
        "aud": token_url,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
    }
    return str(jwt.encode(header, claims, key, algorithms=[algorithm]))


def _key(credentials: Credentials) -> tuple[str, Any]:
    pem = private_file(credentials.key_file, KEY).read_bytes()
    with LOADING:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from joserfc.jwk import ECKey, RSAKey
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise SettingsFault("The sign-in key cannot be read.", "It has to be a PEM private key, not locked.") from None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return "ES384", ECKey.import_key(pem)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "RS512", RSAKey.import_key(pem)
    raise SettingsFault(
        "The sign-in key is of a kind not used here.", "Use P-384 (ES384) or RSA from 2048 bits (RS512)."
    )


def refuse_key_in_store(key_file: str, store: Path) -> None:
    """SettingsFault where the key lies in the store's folder, so that a copy of the one is never one of the other."""
    if store.resolve() in Path(key_file).expanduser().resolve().parents:
        raise SettingsFault("The sign-in key lies in the store's folder.", "Move it elsewhere and correct key_file.")
