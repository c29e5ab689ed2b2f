"""One definition file into its dataclass, or one sentence that names the file, the place and the nearest right key."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from gsh_console.faults import DefinitionFault, nearest

_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")


def closed(*shapes: type) -> None:
    """Let these dataclasses refuse an unknown key; the domain classes themselves know no pydantic."""
    for shape in shapes:
        setattr(shape, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010


def read_toml(
    path: Path,
    shape: type,
    quoted_numbers: frozenset[str] = frozenset(),
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Any:
    """The file as an instance of `shape`. `quoted_numbers`: keys that take a number and must not stand in quotes.

    `prepare` may complete the file's own table before it is held against the shape.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionFault(
            f"{path.name} cannot be read: {error.strerror}.", "Check the file and try again."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionFault(f"{path.name} is not valid TOML: {error}.", "Correct that place.") from None
    if prepare is not None:
        data = prepare(data)
    _refuse_quoted(path, data, quoted_numbers)
    try:
        text = json.dumps(data, default=str, allow_nan=False)
    except ValueError:
        raise DefinitionFault(f"{path.name} holds a number that is not finite.", "Correct that place.") from None
    try:
        return _adapter(shape).validate_json(text, strict=True)
    except ValidationError as error:
        raise _shape_fault(path, shape, error) from None


def fault(path: Path, place: str, wrong: str, remedy: str) -> DefinitionFault:
    """The sentence for one wrong place in a file."""
    return DefinitionFault(f"{path.name} › {place}: {wrong}.", remedy)


def refuse_repeated(path: Path, place: str, ids: list[str]) -> None:
    """Refuse an empty list of names, or one that holds a name twice."""
    if not ids:
        raise fault(path, place, "there is none", "Add at least one.")
    repeated = next((each for at, each in enumerate(ids) if each in ids[:at]), None)
    if repeated is not None:
        raise fault(path, place, f'"{repeated}" stands there twice', "Give each its own.")


@cache
def _adapter(shape: type) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _refuse_quoted(path: Path, data: Any, keys: frozenset[str], place: tuple[int | str, ...] = ()) -> None:
    if isinstance(data, dict):
        for key, value in data.items():
            if key in keys and isinstance(value, str):
                raise fault(path, _place((*place, key)), "a number stands without quotes", "Please correct it.")
            _refuse_quoted(path, value, keys, (*place, key))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            _refuse_quoted(path, value, keys, (*place, at))


def _shape_fault(path: Path, shape: type, error: ValidationError) -> DefinitionFault:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    first = next((each for each in found if each["type"] in _UNKNOWN_KEY), found[0])  # a slip also leaves a key missing
    location = tuple(part for part in first["loc"] if part not in ("int", "decimal"))
    place = _place(location)
    kind = first["type"]
    if kind in _UNKNOWN_KEY:
        return fault(path, place, "there is no such key", nearest(str(location[-1]), _owner(shape, location)))
    if kind in ("missing", "missing_argument"):
        return fault(path, place, "this key is missing", "Please add it.")
    if location != first["loc"]:
        return fault(path, place, "a number is needed", "Please correct it.")
    return fault(path, place, first["msg"][0].lower() + first["msg"][1:], "Please correct it.")


def _owner(shape: type, location: tuple[int | str, ...]) -> Iterable[str]:
    """The keys of the dataclass that the last part of a location belongs to."""
    owner: Any = shape
    for part in location[:-1]:
        if isinstance(part, str) and hasattr(owner, "__dataclass_fields__"):
            owner = _dataclass_in(get_type_hints(owner).get(part))
    return getattr(owner, "__dataclass_fields__", {})


def _dataclass_in(hint: Any) -> Any:
    if hasattr(hint, "__dataclass_fields__"):
        return hint
    inner = get_args(hint)
    if isinstance(hint, UnionType) or inner:
        return next((found for each in inner if (found := _dataclass_in(each)) is not None), None)
    return None


def _place(location: Iterable[int | str]) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and parts:
            parts[-1] += f"[{part}]"
        else:
            parts.append(str(part))
    return ".".join(parts)
