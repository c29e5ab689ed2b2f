"""The key file: a random 256-bit data key, wrapped once by the passphrase and once by the recovery code.

The passphrase goes through argon2id (RFC 9106, second recommended choice); changing it rewrites this file only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gsh_console.faults import StoreDamaged, StoreFault, StoreMissing, WrongPassphrase

ARGON2 = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}
RECOVERY_BYTES = 20
MINIMUM_PASSPHRASE = 10


@dataclass(frozen=True)
class Keys:
    """An opened key file: the store's id, its data key, and whether it is the training store."""

    store_id: str
    data_key: bytes
    training: bool


def create_keys(path: Path, passphrase: str) -> tuple[Keys, str]:
    """Write a new key file; return the keys and the recovery code, which is shown once and kept nowhere."""
    refuse_weak(passphrase)
    keys = Keys(secrets.token_hex(8), secrets.token_bytes(32), training=False)
    code = _new_recovery_code()
    document: dict[str, Any] = {"format": 1, "store_id": keys.store_id, "training": False, "slots": {}}
    _set_slot(document, "passphrase", passphrase, keys.data_key)
    _set_slot(document, "recovery", code, keys.data_key)
    _write(path, document)
    return keys, code


def create_training_keys(path: Path) -> Keys:
    """Write the key file of a training store: its key lies open, because nothing in it is about a real person."""
    keys = Keys(secrets.token_hex(8), secrets.token_bytes(32), training=True)
    opened = base64.b64encode(keys.data_key).decode()
    _write(path, {"format": 1, "store_id": keys.store_id, "training": True, "slots": {"open": {"key": opened}}})
    return keys


def is_training(path: Path) -> bool:
    """Whether this key file belongs to a training store."""
    return _read(path).get("training") is True


def unlock_training(path: Path) -> Keys:
    """The keys of a training store."""
    document = _read(path)
    if "open" not in document["slots"]:
        raise StoreFault("This is not a training store.", "Open it with its passphrase.")
    return Keys(document["store_id"], base64.b64decode(document["slots"]["open"]["key"]), training=True)


def unlock(path: Path, secret: str, *, slot: str = "passphrase") -> Keys:
    """The keys opened by a passphrase or a recovery code; WrongPassphrase if it is not the right one."""
    document = _read(path)
    try:
        held = document["slots"][slot]
        salt, wrapped = base64.b64decode(held["salt"]), base64.b64decode(held["key"])
    except (KeyError, TypeError, binascii.Error):
        raise _damaged(path) from None
    data_key = _unwrap(_wrapping_key(slot, secret, salt, held), wrapped, _bound_to(document, slot), slot)
    return Keys(document["store_id"], data_key, training=False)


def change_passphrase(path: Path, keys: Keys, passphrase: str) -> None:
    """Wrap the same data key with a new passphrase; the recovery code stays as it is."""
    refuse_weak(passphrase)
    document = _read(path)
    _set_slot(document, "passphrase", passphrase, keys.data_key)
    _write(path, document)


def refuse_weak(passphrase: str) -> None:
    """Refuse a passphrase shorter than ten characters."""
    if len(passphrase.strip()) < MINIMUM_PASSPHRASE:
        raise StoreFault(
            f"The passphrase is shorter than {MINIMUM_PASSPHRASE} characters.",
            "Three or four unrelated words are good.",
        )


def write_atomically(path: Path, content: bytes) -> None:
    """Put a file in place whole and durable, readable by its owner only."""
    draft = path.with_name(path.name + ".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _new_recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def _set_slot(document: dict[str, Any], slot: str, secret: str, data_key: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    parameters = {"kdf": "argon2id", **ARGON2} if slot == "passphrase" else {"kdf": "hkdf-sha256"}
    wrapping = _wrapping_key(slot, secret, salt, parameters)
    wrapped = nonce + AESGCM(wrapping).encrypt(nonce, data_key, _bound_to(document, slot))
    encoded = {"salt": base64.b64encode(salt).decode(), "key": base64.b64encode(wrapped).decode()}
    document["slots"][slot] = {**parameters, **encoded}


def _wrapping_key(slot: str, secret: str, salt: bytes, parameters: dict[str, Any]) -> bytes:
    if slot == "passphrase":
        from argon2.low_level import Type, hash_secret_raw

        costs = (parameters["time_cost"], parameters["memory_cost"], parameters["parallelism"])
        typed = unicodedata.normalize("NFKC", secret).encode()
        return hash_secret_raw(typed, salt, *costs, hash_len=32, type=Type.ID)
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), 32, salt, b"gsh-console recovery").derive(_recovery_bytes(secret))


def _recovery_bytes(code: str) -> bytes:
    letters = re.sub(r"[\s-]", "", code.upper())
    try:
        raw = base64.b32decode(letters)
    except binascii.Error:
        raw = b""
    if len(raw) != RECOVERY_BYTES:
        raise WrongPassphrase("That is not a whole recovery code.", "It has eight groups of four letters and digits.")
    return raw


def _unwrap(wrapping: bytes, wrapped: bytes, bound_to: bytes, slot: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(wrapping).decrypt(wrapped[:12], wrapped[12:], bound_to)
    except InvalidTag:
        what = "passphrase" if slot == "passphrase" else "recovery code"
        remedy = "Try again, or use the recovery code: gsh-console recover." if slot == "passphrase" else "Check it."
        raise WrongPassphrase(f"That {what} does not open this store; nothing was changed.", remedy) from None


def _bound_to(document: dict[str, Any], slot: str) -> bytes:
    return f"gsh-console keys 1|{document['store_id']}|{slot}".encode()


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StoreMissing("There is no store here yet.", "Start gsh-console to set one up, or give --store.") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise _damaged(path) from None
    if not isinstance(document, dict) or document.pop("sha256", "") != _checksum(document):
        raise _damaged(path)
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    write_atomically(path, json.dumps({**document, "sha256": _checksum(document)}, indent=1).encode())


def _checksum(document: dict[str, Any]) -> str:
    # Tells a damaged key file from a wrong passphrase; it keeps no secret and proves nothing about who wrote it.
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path) -> StoreDamaged:
    return StoreDamaged(f"The key file {path.name} is damaged.", "Put back the copy kept with your last backup.")
