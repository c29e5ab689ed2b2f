"""The connection: verified, private, never led astray, never flooded, and told in words when there is none."""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gsh_console.faults import SettingsFault
from gsh_console.sync.link import Link, Reply, Security, Timing, checked_address, private_file, proxy_for
from gsh_console.sync.outcomes import Patience, TargetStopped, TryLater
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.medplum_server import Choices

QUICK = Timing(connect=1.0, read=1.0, whole=1.5)


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that gives every connection the same bytes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://fhir.example.org/r4", "not encrypted"),
        ("http://127.0.0.1.example.org/r4", "not encrypted"),
        ("ftp://fhir.example.org", "not an https address"),
        ("fhir.example.org", "not an https address"),
        ("https://me:secret@fhir.example.org", "user or a password"),
        ("https://fhir.example.org/r4?x=1", "not an https address"),
    ],
)
def test_an_address_that_is_not_safe_is_refused_in_words(address: str, why: str) -> None:
    with pytest.raises(SettingsFault, match=why) as told:
        checked_address(address)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("address", ["https://fhir.example.org/r4/", "http://localhost:8080/", "http://[::1]:8080"])
def test_https_is_taken_and_http_only_on_this_very_machine(address: str) -> None:
    assert checked_address(address) == address.rstrip("/")


def test_a_redirection_is_not_followed_and_told_by_the_reader() -> None:
    with answering(b"HTTP/1.1 302 x\r\nlocation: https://elsewhere.example\r\ncontent-length: 0\r\n\r\n") as base:
        assert Link(base).ask("GET", "metadata").status == 302


def test_an_address_on_another_origin_is_not_asked() -> None:
    link = Link("http://127.0.0.1:9/fhir")
    for place in ("http://127.0.0.1:10/fhir/Patient?page=2", "https://127.0.0.1:9/fhir", "http://127.0.0.2:9/fhir"):
        with pytest.raises(TargetStopped, match="another server"):
            link.ask("GET", place)


def test_nobody_there_and_no_such_name_are_told_apart_and_are_no_ones_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TryLater, match="cannot be reached") as refused:
        Link(f"http://127.0.0.1:{port}", timing=QUICK).ask("GET")
    with pytest.raises(TryLater, match="name is not known") as unknown:
        Link("https://no-such-host.invalid", timing=QUICK).ask("GET")
    assert refused.value.unreachable
    assert unknown.value.unreachable


def test_a_packed_answer_is_not_unpacked() -> None:
    with (
        answering(b"HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nzzzz") as base,
        pytest.raises(TryLater, match="packed"),
    ):
        Link(base).ask("GET")


def test_the_operating_systems_trust_is_used_and_our_own_authority_on_top(
    make_medplum, certificates: Certificates, tmp_path: Path
) -> None:
    server = make_medplum(Choices(certificates=certificates))
    trusted = Security(authority=str(certificates.ca))
    assert Link(server.base, trusted).ask("GET", "metadata").status == 200
    with pytest.raises(TryLater, match="certificate is not accepted") as told:
        Link(server.base).ask("GET", "metadata")
    assert told.value.unreachable
    assert Link(server.base.replace("127.0.0.1", "localhost"), trusted).ask("GET", "metadata").status == 200


@pytest.mark.parametrize("flaw", ["expired", "self-signed", "another host"])
def test_a_certificate_that_does_not_fit_is_never_accepted(flaw: str, make_medplum, tmp_path: Path) -> None:
    flaws = {"expired": flaw == "expired", "self_signed": flaw == "self-signed"}
    bad = make_certificates(tmp_path / "bad", host="example.org", **flaws)
    base = make_medplum(Choices(certificates=bad)).base
    if flaw == "another host":
        base = base.replace("127.0.0.1", "localhost")
    with pytest.raises(TryLater, match="certificate is not accepted"):
        Link(base, Security(authority=str(bad.ca))).ask("GET", "metadata")


def test_a_client_certificate_is_shown_where_the_server_asks_for_one(make_medplum, certificates: Certificates) -> None:
    server = make_medplum(Choices(certificates=certificates, client_certificates=True))
    shown = Security(str(certificates.ca), str(certificates.client_cert), str(certificates.client_key))
    assert Link(server.base, shown).ask("GET", "metadata").status == 200
    with pytest.raises(TryLater):
        Link(server.base, dataclasses.replace(shown, client_certificate="", client_key="")).ask("GET", "metadata")


@pytest.mark.parametrize("key", ["authority", "client_certificate", "client_key"])
def test_a_certificate_that_cannot_be_read_is_named_by_its_key_in_server_toml(
    certificates: Certificates, tmp_path: Path, key: str
) -> None:
    whole = Security(str(certificates.ca), str(certificates.client_cert), str(certificates.client_key))
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    wrong.chmod(0o600)
    for path in (wrong, tmp_path / "none.pem"):
        with pytest.raises(SettingsFault, match=f"named as {key} in server.toml"):
            Link("https://127.0.0.1:9", dataclasses.replace(whole, **{key: str(path)}))


def test_an_address_that_speaks_no_tls_is_told_with_what_to_check() -> None:
    with (
        answering(b"HTTP/1.1 400 x\r\ncontent-length: 0\r\n\r\n") as base,
        pytest.raises(TryLater, match="Check that the address is an https one") as told,
    ):
        Link(base.replace("http:", "https:"), timing=QUICK).ask("GET")
    assert told.value.unreachable


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights in another way")
def test_a_private_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("x")
    file.chmod(0o640)
    with pytest.raises(SettingsFault, match="chmod 600"):
        private_file(str(file), "sign-in key")
    file.chmod(0o600)
    assert private_file(str(file), "sign-in key") == file
    with pytest.raises(SettingsFault, match="cannot be read"):
        private_file(str(tmp_path / "none"), "sign-in key")


@pytest.mark.parametrize(
    ("asked", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-3", None), ("Fri, 01 Jan 2021 00:00:00 GMT", 0.0)]
)
def test_retry_after_is_read_as_seconds_or_a_date(asked: str, seconds: float | None) -> None:
    assert Reply(503, "", {"retry-after": asked}, b"").says_wait == seconds


def test_patience_grows_to_its_cap_and_believes_an_hour_at_most() -> None:
    patience = Patience()
    for tries in (1, 3, 9, 40, 10_000):
        waits = [patience.delay(tries) for _ in range(200)]
        assert min(waits) >= 0.0
        assert max(waits) <= min(900.0, 2.0 * 2.0 ** min(tries, 20))
    assert max(patience.delay(40) for _ in range(200)) > 450.0
    assert (patience.asked(7_200), patience.asked(5), patience.asked(-1)) == (3600.0, 5, 0.0)


@pytest.mark.parametrize(
    ("environment", "address", "proxy"),
    [
        ({}, "https://fhir.example.org/r4", None),
        (
            {"HTTPS_PROXY": "http://proxy.example.org:3128"},
            "https://fhir.example.org/r4",
            "http://proxy.example.org:3128",
        ),
        ({"HTTPS_PROXY": "proxy.example.org:3128"}, "https://fhir.example.org/r4", "http://proxy.example.org:3128"),
        ({"ALL_PROXY": "http://proxy.example.org"}, "https://fhir.example.org/r4", "http://proxy.example.org"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "a.org,example.org"}, "https://fhir.example.org/r4", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, "https://fhir.example.org/r4", None),
        ({"HTTPS_PROXY": "http://p", "ALL_PROXY": "http://p"}, "https://127.0.0.1:8443", None),
        ({"HTTP_PROXY": "http://p", "ALL_PROXY": "http://p"}, "http://localhost:8080", None),
    ],
)
def test_the_networks_proxy_is_used_except_for_what_is_exempt_and_this_very_machine(
    environment: dict[str, str], address: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(address) == proxy


def test_an_encrypted_server_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("https_proxy", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(TryLater, match="proxy did not let") as told:
            Link("https://fhir.example.org/r4", timing=QUICK).ask("GET", "metadata")
    assert told.value.unreachable


def test_no_cookie_is_given_back() -> None:
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _address = listening.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    )

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        link = Link(f"http://127.0.0.1:{listening.getsockname()[1]}", timing=QUICK)
        assert [link.ask("GET").status for _ in range(2)] == [200, 200]
        serving.join(2)
    assert len(seen) == 2
    assert all(b"cookie" not in each.lower() for each in seen)
