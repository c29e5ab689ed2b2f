"""Wordings by language: `wordings/<measure>/<language>.toml`, each a whole set or refused with what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gsh_console.content.letters import accents_lost, damage_in, foreign_in, script_of
from gsh_console.content.measure_library import MeasureLibrary
from gsh_console.content.reading import closed, fault, read_toml
from gsh_console.domain.measures import Measure
from gsh_console.domain.people import SAID_IN_ENGLAND
from gsh_console.domain.wording import Wording, filled, slots
from gsh_console.faults import DefinitionFault, nearest

_LONGEST_ALIKE = 20  # letters; a name or a number may be the same in two languages, a sentence is not
_MOST_NAMED = 8
_MARKUP = ("<", ">", "{", "}")

closed(Wording)


def read_wording(path: Path, measure: Measure) -> Wording:
    """One set of words, held against the measure it words."""
    wording: Wording = read_toml(path, Wording)
    check_wording(path, wording, measure)
    return wording


def check_wording(path: Path, wording: Wording, measure: Measure) -> None:
    """Raise DefinitionFault for the first thing wrong with a set of words; `path` is only named."""
    _check_names(path, wording, measure)
    wanted, given = slots(measure, wording.left_out), filled(wording)
    for place in given:
        if place not in wanted:
            raise fault(path, place, f"{measure.name} has no such place", nearest(place, wanted))
    lacking = [place for place in wanted if place not in given]
    if lacking:
        more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
        told = ", ".join(lacking[:_MOST_NAMED]) + more
        raise fault(path, wording.language_name, f"words are missing: {told}", "A set is whole or not used at all.")
    for place, text in given.items():
        if wrong := _wrong_with(text, wording.language, wanted[place]):
            raise fault(path, place, wrong, "Please correct it from the official copy.")
    _refuse_told_twice(path, wanted, given)
    if accents_lost(" ".join(given.values()), wording.language):
        wrong = f"a {wording.language_name} text of this length without one accented letter has lost them"
        raise fault(path, wording.language_name, wrong, "Please copy it again from the official copy.")


def _check_names(path: Path, wording: Wording, measure: Measure) -> None:
    if (wording.measure, wording.version) != (measure.id, measure.version):
        wrong = f"it words {wording.measure} {wording.version}, not {measure.id} {measure.version}"
        raise fault(path, "version", wrong, "Check it against this version and say so.")
    extras = [item.id for item in measure.extras]
    for left in wording.left_out:
        if left not in extras:
            raise fault(path, "left_out", f'"{left}" is not asked beside the items', nearest(left, extras))
    if wording.language != path.stem:
        raise fault(path, "language", f'the file is called after "{path.stem}"', "Make them agree.")
    if wording.language == "en" or script_of(wording.language) is None:
        raise fault(path, "language", f'"{wording.language}" is English or no known language', "Give its code.")
    for key in ("source", "licence", "language_name"):
        if not getattr(wording, key).strip():
            raise fault(path, key, "it is empty", "Say where the words come from and by whose leave.")


def _wrong_with(text: str, language: str, english: str) -> str | None:
    if text != text.strip():
        return "it begins or ends with a space"
    if any(sign in text for sign in _MARKUP):
        return "it holds a sign of markup"
    if text == english and len(text) > _LONGEST_ALIKE:
        return "it is the English text"
    return damage_in(text, language) or foreign_in(text, language)


def _refuse_told_twice(path: Path, wanted: dict[str, str], given: dict[str, str]) -> None:
    """Two answers or two items that differ in English must differ here: one of them was copied over the other."""
    seen: dict[tuple[str, str], str] = {}
    for place, text in given.items():
        group = place.rpartition(".")[0]
        before = seen.setdefault((group, text), place)
        if group and before != place and wanted[before] != wanted[place]:
            raise fault(path, place, f"it reads the same as {before}", "Please correct it from the official copy.")


@dataclass(frozen=True)
class Installed:
    """One file of words: whose it is, and what is in it, or the fault that keeps it from being used."""

    path: Path
    measure: str
    language: str
    own: bool
    wording: Wording | None
    fault: DefinitionFault | None = None


class Wordings:
    """Every installed set: what ships, and in its place the service's own of the same measure and language."""

    def __init__(self, measures: MeasureLibrary, shipped: Path, own: Path | None = None) -> None:
        self._measures = measures
        self._folders = ((shipped, False), *(((own, True),) if own else ()))
        self._read: dict[str, tuple[Installed, ...]] = {}

    def of(self, measure: Measure, language: str) -> Wording | None:
        """The set for this very version in this language; None where there is none that can be used."""
        found: Wording | None = None
        for each in self.installed(measure.id):  # the service's own come last
            if each.language == language and each.wording and each.wording.version == measure.version:
                found = each.wording
        return found

    def installed(self, measure_id: str) -> tuple[Installed, ...]:
        """Every file of words of one measure, faulty ones with their fault; the service's own last."""
        if measure_id not in self._read:
            self._read[measure_id] = tuple(self._installed(measure_id))
        return self._read[measure_id]

    def __iter__(self) -> Iterator[Installed]:
        """Every file of words of every measure."""
        for measure_id in self._measures:
            yield from self.installed(measure_id)

    def strangers(self) -> list[str]:
        """Folders of words that belong to no measure, as sentences."""
        told = []
        for folder, _ in self._folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.is_dir() and path.name not in self._measures:
                    told.append(f"wordings/{path.name}: there is no such measure. {nearest(path.name, self._measures)}")
        return told

    def _installed(self, measure_id: str) -> Iterator[Installed]:
        for folder, own in self._folders:
            for path in sorted((folder / measure_id).glob("*.toml")):
                try:
                    wording = self._one(path, measure_id)
                except DefinitionFault as wrong:
                    yield Installed(path, measure_id, path.stem, own, None, wrong)
                else:
                    yield Installed(path, measure_id, path.stem, own, wording)

    def _one(self, path: Path, measure_id: str) -> Wording:
        wording: Wording = read_toml(path, Wording)
        measure = self._measures.version(measure_id, wording.version)
        if measure is None:
            known = ", ".join(each.version for each in self._measures.versions(measure_id))
            wrong = f"there is no version {wording.version} of {measure_id}"
            raise fault(path, "version", wrong, f"Carried: {known}.")
        check_wording(path, wording, measure)
        return wording


@cache
def name_of(language: str) -> str:
    """The English name of a language, its code where it has none."""
    from babel import Locale, UnknownLocaleError

    if language in SAID_IN_ENGLAND:
        return SAID_IN_ENGLAND[language]
    try:
        return Locale.parse(language).get_display_name("en") or language
    except (UnknownLocaleError, ValueError):
        return language
