"""Identifiers: UUID version 7, so that ids sort by the moment they were made (RFC 9562)."""

from __future__ import annotations

import uuid
from datetime import datetime


def new_id(moment: datetime, randomness: bytes) -> str:
    """A UUIDv7 from an aware moment and ten random bytes."""
    milliseconds = int(moment.timestamp() * 1000)
    raw = bytearray(milliseconds.to_bytes(6, "big") + randomness[:10])
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))
