"""Signing in to a real token endpoint, with both kinds of key, and what is said when it does not work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey

from gsh_console.faults import SettingsFault
from gsh_console.sync.asking import Server
from gsh_console.sync.capability import find_way
from gsh_console.sync.link import Link, skew_in_words
from gsh_console.sync.outcomes import Ledger, TargetStopped
from gsh_console.sync.rest import RestTarget
from gsh_console.sync.sign_in import Credentials, SignIn, refuse_key_in_store
from tests.servers.medplum_server import Choices, MedplumServer

from .test_rest import a_contact, counts, expected_counts

CLIENT = "gsh-console-test"


def key_pem(kind: str) -> bytes:
    key = ec.generate_private_key(ec.SECP384R1()) if kind == "ES384" else rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def kept_key(folder: Path, pem: bytes, mode: int = 0o600) -> str:
    file = folder / "sign-in.pem"
    file.write_bytes(pem)
    file.chmod(mode)
    return str(file)


def public(kind: str, pem: bytes) -> dict[str, Any]:
    key = ECKey.import_key(pem) if kind == "ES384" else RSAKey.import_key(pem)
    return {"keys": [{**key.as_dict(private=False), "kid": "k1", "alg": kind, "use": "sig"}]}


def signing_in(base: str, key_file: str, **changes: str) -> Server:
    link = Link(base)
    credentials = Credentials(**{"client_id": CLIENT, "key_file": key_file, "key_id": "k1", **changes})
    return Server(link, SignIn(credentials, link, Link))


@pytest.mark.parametrize("kind", ["ES384", "RS512"])
def test_records_are_sent_with_a_token_signed_for_and_renewed_by_itself(
    kind: str, tmp_path: Path, make_medplum: Callable[[Choices], MedplumServer]
) -> None:
    pem = key_pem(kind)
    server = make_medplum(Choices(client_id=CLIENT, jwks=public(kind, pem)))
    target = RestTarget(signing_in(server.base, kept_key(tmp_path, pem)), find_way)
    target.deliver("", a_contact(), "", Ledger())
    assert counts(server) == expected_counts(a_contact())
    assert server.tokens_issued() == 1
    server.revoke_tokens()
    target.deliver("", a_contact(), "", Ledger(tried=True))
    assert server.tokens_issued() == 2
    assert target.differences(a_contact()) == []


def test_a_token_is_renewed_before_its_end(tmp_path: Path, make_medplum: Callable[[Choices], MedplumServer]) -> None:
    pem = key_pem("ES384")
    server = make_medplum(Choices(client_id=CLIENT, jwks=public("ES384", pem), token_seconds=2))
    asked = signing_in(server.base, kept_key(tmp_path, pem))
    for _ in range(2):
        assert asked.ask("GET", "Patient/none").status == 404
    assert server.tokens_issued() == 1
    sign_in = asked._sign_in
    assert isinstance(sign_in, SignIn)
    sign_in._ends = 0.0
    assert asked.ask("GET", "Patient/none").status == 404
    assert server.tokens_issued() == 2


def test_an_unknown_key_stops_the_target_in_words(
    tmp_path: Path, make_medplum: Callable[[Choices], MedplumServer]
) -> None:
    server = make_medplum(Choices(client_id=CLIENT, jwks=public("ES384", key_pem("ES384"))))
    with pytest.raises(TargetStopped, match=r"does not let this console sign in \(400: .*Sign in again") as told:
        signing_in(server.base, kept_key(tmp_path, key_pem("ES384"))).ask("GET", "Patient/none")
    assert "eyJ" not in str(told.value)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights in another way")
def test_a_key_others_can_read_is_not_used(tmp_path: Path) -> None:
    server = signing_in(
        "http://127.0.0.1:9", kept_key(tmp_path, key_pem("ES384"), 0o644), token_url="http://127.0.0.1:9"
    )
    with pytest.raises(SettingsFault, match="can be read by others"):
        server.ask("GET", "metadata")


@pytest.mark.parametrize("content", [b"", b"not a key", None])
def test_a_key_that_is_none_is_named_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if content is None else content
    server = signing_in("http://127.0.0.1:9", kept_key(tmp_path, pem), token_url="http://127.0.0.1:9")
    with pytest.raises(SettingsFault, match="sign-in key"):
        server.ask("GET", "metadata")


def test_a_key_file_that_is_not_there_is_told_before_the_server_is_asked(tmp_path: Path) -> None:
    server = signing_in("http://127.0.0.1:9", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsFault, match=r"key_file in server\.toml\) cannot be read"):
        server.ask("GET", "metadata")


def test_a_key_kept_in_the_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="lies in the store's folder"):
        refuse_key_in_store(str(tmp_path / "store" / "keys" / "k.pem"), tmp_path / "store")
    refuse_key_in_store(str(tmp_path / "k.pem"), tmp_path / "store")


def test_a_wrong_clock_is_told_before_it_breaks_sign_in(make_medplum: Callable[[Choices], MedplumServer]) -> None:
    link = Link(make_medplum(Choices(clock_offset=200)).base)
    link.ask("GET", "metadata")
    assert link.skew is not None
    assert 190 < link.skew < 210
    assert "3 minutes behind" in skew_in_words(link.skew)
    assert "ahead of" in skew_in_words(-400.0)
    assert skew_in_words(119.0) == skew_in_words(None) == ""


def test_a_sign_in_that_fails_for_the_clock_says_so(
    tmp_path: Path, make_medplum: Callable[[Choices], MedplumServer]
) -> None:
    pem = key_pem("ES384")
    server = make_medplum(Choices(client_id=CLIENT, jwks=public("ES384", pem), clock_offset=900))
    with pytest.raises(TargetStopped, match="clock is 15 minutes behind the server's"):
        signing_in(server.base, kept_key(tmp_path, pem)).ask("GET", "Patient/none")
