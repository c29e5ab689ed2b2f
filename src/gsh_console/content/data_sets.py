"""Data sets from their files: every field reported somewhere, every answer with its national code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gsh_console.content.measure_files import CONFIDENCES
from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.domain.data_sets import DataSet, DataSetPart
from gsh_console.domain.protocols import Field, FieldKind, Option, Reminder
from gsh_console.faults import DefinitionFault, nearest

MOST_OPTIONS = 9  # one digit key each

closed(DataSet, DataSetPart, Field, Option, Reminder)


def read_data_sets(folder: Path) -> Mapping[str, DataSet]:
    """All data sets of a folder by id; empty where there is none."""
    found = [read_data_set(path) for path in sorted(folder.glob("*.toml"))]
    return {data_set.id: data_set for data_set in found}


def read_data_set(path: Path) -> DataSet:
    """One data set file, checked."""
    data_set: DataSet = read_toml(path, DataSet)
    if not data_set.source:
        raise fault(path, "source", "a data set needs the place it was taken from", "Please add it.")
    if data_set.confidence not in CONFIDENCES:
        raise fault(path, "confidence", "it is none of H, M, K, L", "Say how sure the source is.")
    refuse_repeated(path, "parts", [part.id for part in data_set.parts])
    for at, part in enumerate(data_set.parts):
        _check_part(path, f"parts[{at}]", part)
    return data_set


def part_named(data_sets: Mapping[str, DataSet], name: str) -> DataSetPart:
    """The part a step names as "data set.part"; DefinitionFault with the nearest name if there is none."""
    parts = {f"{data_set.id}.{part.id}": part for data_set in data_sets.values() for part in data_set.parts}
    if name not in parts:
        raise DefinitionFault(f'There is no data set part "{name}".', nearest(name, parts))
    return parts[name]


def _check_part(path: Path, place: str, part: DataSetPart) -> None:
    refuse_repeated(path, f"{place}.asked", list(part.asked))
    refuse_repeated(path, f"{place}.fields", [field.id for field in part.fields])
    for at, field in enumerate(part.fields):
        _check_field(path, f"{place}.fields[{at}]", field)
    refuse_repeated(path, f"{place}.fields.code", [field.code for field in part.fields])


def _check_field(path: Path, place: str, field: Field) -> None:
    if not field.code:
        raise fault(path, f"{place}.code", "it names no national field", "Please add it.")
    if field.kind is FieldKind.DATE and not field.options:
        return
    if field.kind is not FieldKind.CHOICE:
        raise fault(path, f"{place}.kind", "a data set asks a choice or a date", "Give one of them.")
    if len(field.options) > MOST_OPTIONS:
        raise fault(path, f"{place}.options", f"there are more than {MOST_OPTIONS}", "Split the field.")
    refuse_repeated(path, f"{place}.options", [option.value for option in field.options])
    for at, option in enumerate(field.options):
        if not option.code:
            raise fault(path, f"{place}.options[{at}].code", "it has no national code", "Please add it.")
    refuse_repeated(path, f"{place}.options.code", [option.code or "" for option in field.options])
