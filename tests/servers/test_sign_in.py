"""Signing in to the Medplum server is as strict as SMART Backend Services asks."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.servers.asking import Reply, ask
from tests.servers.fixtures import MakeMedplum
from tests.servers.medplum_server import Choices, MedplumServer

CLIENT = "gsh-console-test"
EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
FORM = "application/x-www-form-urlencoded"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return unpadded(value.to_bytes(size, "big"))


def jwks() -> dict[str, Any]:
    point, modulus = EC_KEY.public_key().public_numbers(), RSA_KEY.public_key().public_numbers()
    elliptic = {"kty": "EC", "crv": "P-384", "kid": "ec", "x": number(point.x, 48), "y": number(point.y, 48)}
    return {"keys": [elliptic, {"kty": "RSA", "kid": "rsa", "n": number(modulus.n, 256), "e": number(modulus.e, 3)}]}


def es384(content: bytes) -> bytes:
    r, s = decode_dss_signature(EC_KEY.sign(content, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def rs512(content: bytes) -> bytes:
    return RSA_KEY.sign(content, padding.PKCS1v15(), hashes.SHA512())


SIGNERS: Mapping[str, Callable[[bytes], bytes]] = {"ES384": es384, "RS512": rs512}


def assertion(server: MedplumServer, algorithm: str = "ES384", kid: str = "ec", **claims: object) -> str:
    said = {"iss": CLIENT, "sub": CLIENT, "aud": server.token_url, "exp": time.time() + 290, "jti": str(time.time_ns())}
    head = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    content = ".".join(unpadded(json.dumps(part).encode()) for part in (head, {**said, **claims}))
    return f"{content}.{unpadded(SIGNERS[algorithm](content.encode()))}"


def sign_in(server: MedplumServer, signed: str, **form: str) -> Reply:
    words = {
        "grant_type": "client_credentials",
        "scope": "system/*.cruds",
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
    }
    body = urllib.parse.urlencode({**words, **form}).encode()
    return ask("POST", server.token_url, body, {"Content-Type": FORM})


@pytest.fixture(scope="module")
def server(medplum_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    choices = Choices(client_id=CLIENT, jwks=jwks())
    with MedplumServer(tmp_path_factory.mktemp("signing-in"), choices) as running:
        yield running


@pytest.mark.parametrize(("algorithm", "kid"), [("ES384", "ec"), ("RS512", "rsa")])
def test_a_signed_assertion_buys_a_token_that_opens_the_door(server: MedplumServer, algorithm: str, kid: str) -> None:
    assert server.ask("GET", "metadata").status == 200
    shut = server.ask("GET", "Patient")
    assert (shut.status, shut.headers["WWW-Authenticate"]) == (401, "Bearer")
    issued = server.tokens_issued()
    token = sign_in(server, assertion(server, algorithm, kid)).json
    assert token["token_type"] == "bearer"
    assert server.ask("GET", "Patient", Authorization=f"Bearer {token['access_token']}").status == 200
    assert server.tokens_issued() == issued + 1


def test_the_door_says_where_to_sign_in(server: MedplumServer) -> None:
    said = server.ask("GET", ".well-known/smart-configuration").json
    assert said["token_endpoint"] == server.token_url
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": time.time() - 1},
        {"exp": time.time() + 3600},
        {"aud": "https://elsewhere.example/token"},
        {"iss": "somebody-else"},
        {"sub": "somebody-else"},
        {"jti": ""},
    ],
    ids=lambda claims: str(next(iter(claims))),
)
def test_a_wrong_claim_is_refused(server: MedplumServer, claims: dict[str, Any]) -> None:
    refused = sign_in(server, assertion(server, **claims))
    assert (refused.status, refused.json["error"]) == (400, "invalid_client")


def test_an_assertion_works_once_and_only_as_it_was_signed(server: MedplumServer) -> None:
    signed = assertion(server)
    head, _, signature = signed.split(".")
    forged = unpadded(json.dumps({"iss": CLIENT, "sub": CLIENT, "aud": server.token_url, "jti": "x"}).encode())
    assert sign_in(server, f"{head}.{forged}.{signature}").status == 400
    assert sign_in(server, "not a token").status == 400
    assert sign_in(server, assertion(server, "RS512", "ec")).status == 400
    assert sign_in(server, signed, scope="").json["error"] == "invalid_scope"
    assert sign_in(server, signed).status == 200
    assert sign_in(server, signed).status == 400


def test_a_token_ends_by_time_and_by_word(make_medplum: MakeMedplum) -> None:
    server = make_medplum(Choices(client_id=CLIENT, jwks=jwks(), token_seconds=1))
    token = sign_in(server, assertion(server)).json["access_token"]
    assert server.ask("GET", "Patient", Authorization=f"Bearer {token}").status == 200
    time.sleep(1.1)
    assert server.ask("GET", "Patient", Authorization=f"Bearer {token}").status == 401
    server.set(token_seconds=300)
    token = sign_in(server, assertion(server)).json["access_token"]
    assert server.ask("GET", "Patient", Authorization=f"Bearer {token}").status == 200
    server.revoke_tokens()
    assert server.ask("GET", "Patient", Authorization=f"Bearer {token}").status == 401
