"""A certificate authority for one test, a server's certificate from it, and a client's."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, what the server shows, and what a client may show."""

    ca: Path
    cert: Path
    key: Path
    client_cert: Path
    client_key: Path

    def client_context(self) -> ssl.SSLContext:
        """A client that trusts this authority alone and shows its certificate when asked."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.client_cert, self.client_key)
        return context


def make_certificates(
    folder: Path, *, expired: bool = False, self_signed: bool = False, host: str = "localhost"
) -> Certificates:
    """Certificates for 127.0.0.1 and `host`; `expired` makes the server's one of last week's.

    `self_signed`: the server's is signed with its own key, whatever authority there is.
    """
    now = datetime.now(UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _builder("gsh-console test authority", ca_key, "gsh-console test authority", now - 30 * _DAY, now + _DAY)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    ca = ca.add_extension(_ca_usage(), critical=True)
    end = now - _DAY if expired else now + _DAY
    server_key = ec.generate_private_key(ec.SECP256R1())
    issuer, signer = (host, server_key) if self_signed else ("gsh-console test authority", ca_key)
    server = _builder(host, server_key, issuer, now - 8 * _DAY, end)
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(IPv4Address("127.0.0.1"))])
    server = server.add_extension(names, critical=False)
    server = server.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    client_key = ec.generate_private_key(ec.SECP256R1())
    client = _builder("gsh-console", client_key, "gsh-console test authority", now - _DAY, now + _DAY)
    client = client.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    folder.mkdir(parents=True, exist_ok=True)
    return Certificates(
        ca=_written(folder / "ca.pem", ca.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)),
        cert=_written(folder / "server.pem", server.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)),
        key=_written(folder / "server.key", _pem(server_key)),
        client_cert=_written(folder / "client.pem", client.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)),
        client_key=_written(folder / "client.key", _pem(client_key)),
    )


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _ca_usage() -> x509.KeyUsage:
    unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    flags = dict.fromkeys((*unused, "decipher_only", "digital_signature"), False)
    return x509.KeyUsage(**flags, key_cert_sign=True, crl_sign=True)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path
