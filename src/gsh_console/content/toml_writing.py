"""Measures and wordings as TOML that a person can read: text first, then figures, items, worked examples."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gsh_console.domain.measures import Measure
from gsh_console.domain.wording import Wording

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def measure_toml(measure: Measure, remarks: Mapping[str, str] | None = None) -> str:
    """The file of a measure, whatever is at its default left out; `remarks`: a comment before the key it names."""
    return _file(measure, remarks or {})


def wording_toml(wording: Wording, remarks: Mapping[str, str] | None = None) -> str:
    """The file of a set of words."""
    return _file(wording, remarks or {})


def _file(shape: Any, remarks: Mapping[str, str]) -> str:
    plain: list[str] = []
    tables: list[str] = []
    for key, value in _held(shape).items():
        block = _block(key, value)
        remark = f"# {remarks[key]}\n" if key in remarks else ""
        (tables if block.startswith("[") else plain).append(remark + block)
    return "\n".join([*plain, *(f"\n{table}" for table in tables)]) + "\n"


def _block(key: str, value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return f"[{key}]\n" + _pairs(_held(value))
    if isinstance(value, Mapping):
        own = {name: held for name, held in value.items() if not isinstance(held, Mapping)}
        parts = [f"[{key}]\n" + _pairs(own)] if own else []
        parts += [f"[{key}.{_key(name)}]\n" + _pairs(held) for name, held in value.items() if isinstance(held, Mapping)]
        return "\n\n".join(parts)
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return "\n".join(f"[[{key}]]\n" + _pairs(_held(each)) for each in value)
    return f"{_key(key)} = {_value(value)}"


def _pairs(table: Mapping[str, Any]) -> str:
    return "\n".join(f"{_key(name)} = {_value(value)}" for name, value in table.items())


def _held(shape: Any) -> dict[str, Any]:
    """The fields that say something: what has no default, and what differs from it."""
    told = {}
    for each in dataclasses.fields(shape):
        value = getattr(shape, each.name)
        made = each.default_factory() if each.default_factory is not dataclasses.MISSING else each.default
        if value is not None and value != made:
            told[each.name] = value
    return told


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _text(value.value if isinstance(value, StrEnum) else value)
    if isinstance(value, Mapping):
        return _inline(value)
    if dataclasses.is_dataclass(value):
        return _inline(_held(value))
    return f"[{', '.join(_value(each) for each in value)}]"


def _inline(table: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{_key(name)} = {_value(value)}" for name, value in table.items()) + " }"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but for the delete character, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
