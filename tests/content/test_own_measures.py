"""Versions by date, and what a service adds or words for itself."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from gsh_console.content.definitions import Definitions
from gsh_console.content.measure_library import MeasureLibrary, differences
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder

SHIPPED = definitions_folder() / "measures"
WSAS = (SHIPPED / "wsas.toml").read_text("utf-8")
PHQ9 = (SHIPPED / "phq-9.toml").read_text("utf-8")


def with_keys(text: str, **keys: str) -> str:
    for key, value in keys.items():
        text, changed = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text, count=1)
        assert changed == 1, key
    return text


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own" / "measures"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "wsas.toml").write_text(WSAS, "utf-8")
    later = with_keys(WSAS, version='"2.0.0"', effective_from="2027-04-01")
    (folder / "wsas@2.0.0.toml").write_text(later, "utf-8")
    return folder


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def test_the_version_in_force_on_a_day_is_the_newest_that_had_begun(shipped: Path) -> None:
    library = MeasureLibrary(shipped)
    assert [m.version for m in library.versions("wsas")] == ["1.0.0", "2.0.0"]
    begins = library.versions("wsas")[0].effective_from
    told = [(day, library.on("wsas", day).version) for day in (date(1999, 1, 1), begins, date(2027, 3, 31))]
    assert [version for _, version in told] == ["1.0.0"] * 3
    assert library.on("wsas", date(2027, 4, 1)).version == "2.0.0"
    assert library.version("wsas", "2.0.0") is library.versions("wsas")[1]
    assert library.version("wsas", "3.0.0") is None
    assert library.version("gone", "1.0.0") is None


def test_a_shipped_file_is_read_when_first_asked_for(shipped: Path) -> None:
    put(shipped, "broken.toml", "id = ")
    library = MeasureLibrary(shipped)
    assert library["wsas"].id == "wsas"
    assert set(library) == {"broken", "wsas"}
    with pytest.raises(DefinitionFault, match=r"broken\.toml is not valid TOML"):
        library["broken"]


def test_a_file_called_after_another_measure_is_refused(shipped: Path) -> None:
    put(shipped, "phq-9.toml", WSAS)
    with pytest.raises(DefinitionFault, match=r'phq-9\.toml › id: the file is called after "phq-9"'):
        MeasureLibrary(shipped)["phq-9"]


def test_a_service_adds_a_measure_of_its_own(own: Path) -> None:
    put(own, "ours.toml", with_keys(WSAS, id='"ours"', name='"Ours"', version='"1.0.0"'))
    held = Definitions(own=own.parent).measures
    assert "ours" in held
    assert "ours" in list(held)
    assert held.is_own(held["ours"])
    assert held.in_place_of(held["ours"]) is None
    assert not held.is_own(held["wsas"])
    assert len(held) == len(Definitions().measures) + 1


def test_a_service_brings_its_licensed_wording_under_a_version_of_its_own(own: Path) -> None:
    worded = with_keys(WSAS, version='"1.0.0-ours"', stem='"Our licensed stem"', wording='"exact"')
    put(own, "wsas.toml", worded)
    held = Definitions(own=own.parent).measures
    before = held.in_place_of(held["wsas"])
    assert before is not None
    assert (held["wsas"].stem, held["wsas"].version, before.version) == ("Our licensed stem", "1.0.0-ours", "1.0.0")
    assert differences(held["wsas"], before) == ()
    assert held.version("wsas", "1.0.0") is before  # what was signed with it can still be read and verified


def test_a_threshold_of_a_services_own_is_named_as_a_difference_and_listed_as_own(own: Path) -> None:
    changed = with_keys(PHQ9, version='"1.0.0-ours"', prorate_limit="1")
    gaps = re.compile(r"\[\[examples\]\]\nanswers = \[(?=[^\]]*-1)[^\]]*\]\n(?:(?!\[\[).*\n)*")
    changed = gaps.sub("", changed).replace(
        "[[examples]]", "[[examples]]\nanswers = [1, 1, 1, 1, 1, 1, 1, 1, -1]\ntotal = 9\nprorated = true\n[[examples]]", 1
    )  # fmt: skip
    put(own, "phq-9.toml", changed)
    held = Definitions(own=own.parent).measures
    before = held.in_place_of(held["phq-9"])
    assert before is not None
    assert held.is_own(held["phq-9"])
    assert differences(held["phq-9"], before) == ("prorate_limit",)


def test_a_file_under_a_version_that_ships_is_refused_and_never_takes_its_place(own: Path) -> None:
    put(own, "mine.toml", with_keys(WSAS, stem='"Otherwise"'))
    with pytest.raises(DefinitionFault, match=r"mine\.toml › version: wsas 1\.0\.0 stands in wsas\.toml already"):
        Definitions(own=own.parent).measures["wsas"]


def test_two_own_versions_from_the_same_day_are_refused(own: Path) -> None:
    put(own, "a.toml", with_keys(WSAS, version='"a"'))
    put(own, "b.toml", with_keys(WSAS, version='"b"'))
    with pytest.raises(DefinitionFault, match=r"effective_from: a\.toml is in force from the same day"):
        Definitions(own=own.parent).measures["wsas"]


def test_an_own_version_stands_in_only_from_its_own_day(own: Path) -> None:
    put(own, "wsas.toml", with_keys(WSAS, version='"ours"', effective_from="2030-01-01"))
    definitions = Definitions(own=own.parent)
    assert definitions.measure_on("wsas", date(2029, 12, 31)).version == "1.0.0"
    assert definitions.measure_on("wsas", date(2030, 1, 1)).version == "ours"


def test_a_folder_that_is_not_there_and_a_name_that_is_not_known_are_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionFault, match=r'gone, is not there\..*"definitions_folder"'):
        len(Definitions(own=tmp_path / "gone").measures)
    with pytest.raises(DefinitionFault, match='Did you mean "phq-9"'):
        Definitions().measure_on("phq9", date(2026, 1, 1))
