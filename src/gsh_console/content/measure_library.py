"""Every measure by id and version: what ships, and what a service adds or words for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from gsh_console.content.measure_files import read_measure
from gsh_console.content.reading import fault
from gsh_console.domain.measures import Measure
from gsh_console.faults import DefinitionFault, nearest

# What a service may word for itself without the scores meaning anything else.
WORDING = frozenset({
    "name", "title", "version", "effective_from", "stem", "stem_again", "recall", "wording", "licence", "credit",
    "notes", "examples", "changes", "prorate_source", "bands_source", "bands_confidence", "codes", "administration",
    "in_data_set",
})  # fmt: skip


@dataclass(frozen=True)
class _Held:
    path: Path
    measure: Measure
    own: bool


class MeasureLibrary(Mapping[str, Measure]):
    """Measures by id, each the version in force today; a shipped file is read when first asked for.

    A shipped file is called after its measure: `phq-9.toml`, a later version `phq-9@2.0.0.toml`. A service's own
    version stands in for the shipped one from its own `effective_from` on.
    """

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self._shipped: dict[str, list[Path]] = {}
        for path in sorted(shipped.glob("*.toml")):
            self._shipped.setdefault(path.stem.partition("@")[0], []).append(path)
        self._own = own
        self._own_read: dict[str, list[_Held]] | None = None
        self._read: dict[str, tuple[_Held, ...]] = {}

    def __getitem__(self, measure_id: str) -> Measure:
        return self.on(measure_id, date.today())  # noqa: DTZ011  # the practitioner's own calendar day

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._shipped, *self._own_versions()}))

    def __len__(self) -> int:
        return len({*self._shipped, *self._own_versions()})

    def __contains__(self, measure_id: object) -> bool:
        return measure_id in self._shipped or measure_id in self._own_versions()

    def on(self, measure_id: str, day: date) -> Measure:
        """The version in force on a day, the earliest where none was yet; KeyError if there is no such measure."""
        held = self._versions(measure_id)
        for own in (True, False):
            begun = [each for each in held if each.own is own and each.measure.effective_from <= day]
            if begun:
                return begun[-1].measure
        return next((each for each in held if not each.own), held[0]).measure

    def versions(self, measure_id: str) -> tuple[Measure, ...]:
        """Every version of a measure, oldest first; KeyError if there is no such measure."""
        return tuple(held.measure for held in self._versions(measure_id))

    def version(self, measure_id: str, version: str) -> Measure | None:
        """This very version of a measure, or None where the console does not carry it."""
        if measure_id not in self:
            return None
        return next((each for each in self.versions(measure_id) if each.version == version), None)

    def is_own(self, measure: Measure) -> bool:
        """Whether this version is the service's own and not one that ships."""
        return any(held.own and held.measure.version == measure.version for held in self._versions(measure.id))

    def in_place_of(self, measure: Measure) -> Measure | None:
        """The shipped version a service's own one stands in for; None for a shipped or a new measure."""
        if not self.is_own(measure):
            return None
        shipped = [held.measure for held in self._versions(measure.id) if not held.own]
        begun = [each for each in shipped if each.effective_from <= measure.effective_from]
        return begun[-1] if begun else next(iter(shipped), None)

    def _versions(self, measure_id: str) -> tuple[_Held, ...]:
        if measure_id not in self._read:
            if measure_id not in self:
                raise KeyError(measure_id)
            held = [_Held(path, read_measure(path), own=False) for path in self._shipped.get(measure_id, ())]
            for each in held:
                if each.measure.id != measure_id:
                    raise fault(each.path, "id", f'the file is called after "{measure_id}"', "Make them agree.")
            held += self._own_versions().get(measure_id, ())
            _refuse_the_same_twice(held)
            self._read[measure_id] = tuple(sorted(held, key=lambda each: (each.measure.effective_from, each.own)))
        return self._read[measure_id]

    def _own_versions(self) -> dict[str, list[_Held]]:
        if self._own_read is None:
            found: dict[str, list[_Held]] = {}
            for path in sorted(self._own.glob("*.toml")) if self._own else ():
                held = _Held(path, read_measure(path), own=True)
                found.setdefault(held.measure.id, []).append(held)
            self._own_read = found
        return self._own_read


def differences(own: Measure, shipped: Measure) -> tuple[str, ...]:
    """The keys, other than wording, in which a service's own version counts differently from the shipped one."""
    changed = [each.name for each in fields(Measure) if each.name not in WORDING]
    return tuple(name for name in changed if _counted(own, name) != _counted(shipped, name))


def _counted(measure: Measure, key: str) -> object:
    if key in ("items", "extras"):
        return [(i.id, measure.range_of(i), i.reverse, i.may_not_apply, i.safety_prompt_from)
                for i in getattr(measure, key)]  # fmt: skip
    if key == "choices":
        return [choice.value for choice in measure.choices]
    held = getattr(measure, key)
    if key in ("caseness", "reliable_change") and held is not None:
        return held.value, held.operator
    return held


def _refuse_the_same_twice(held: list[_Held]) -> None:
    for at, each in enumerate(held):
        for before in held[:at]:
            if each.measure.version == before.measure.version:
                wrong = f"{each.measure.id} {each.measure.version} stands in {before.path.name} already"
                raise fault(each.path, "version", wrong, "Give the file a version of its own.")
            if each.own is before.own and each.measure.effective_from == before.measure.effective_from:
                wrong = f"{before.path.name} is in force from the same day"
                raise fault(each.path, "effective_from", wrong, "Give each version its own day.")


def known_measure(measures: Mapping[str, Measure], measure_id: str) -> Measure:
    """The measure of this id; DefinitionFault with the nearest id if there is none."""
    if measure_id not in measures:
        raise DefinitionFault(f'There is no measure "{measure_id}".', nearest(measure_id, measures))
    return measures[measure_id]
