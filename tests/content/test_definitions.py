"""Definition files: what ships loads, what is wrong is refused in one sentence, what is released is never edited."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from gsh_console.content.crisis_contacts import NATIONS, read_crisis_contacts
from gsh_console.content.definitions import Definitions, read_safety_conversation, read_safety_plan
from gsh_console.content.measure_files import read_measure
from gsh_console.content.protocol_files import read_due, read_intervention, read_protocol
from gsh_console.domain.protocols import StepKind
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from tests.builders import SOURCE, book, definitions

DATA = Path(__file__).parents[1] / "data"
BROKEN = sorted((DATA / "broken").glob("*.toml"))
EVERY = sorted(definitions_folder().rglob("*.toml"))
SHIPPED = [path for path in EVERY if "version" in tomllib.loads(path.read_text("utf-8"))]
MEASURES = sorted((definitions_folder() / "measures").glob("*.toml"))
READERS = {
    "measure": read_measure,
    "protocol": lambda path: read_protocol(path, definitions().parts),
    "safety": read_safety_conversation,
    "crisis": read_crisis_contacts,
    "plan": read_safety_plan,
    "intervention": lambda path: read_intervention(path, definitions().parts),
    "due": lambda path: read_due(path, definitions().measures, definitions().protocols),
}


def test_everything_that_ships_loads_and_fits_together() -> None:
    shipped = Definitions()
    assert set(shipped.measures) >= {"phq-9", "gad-7", "wsas"}
    for protocol in shipped.protocols:
        loaded = shipped.rulebook(protocol)
        assert set(loaded.protocol.measures) <= set(loaded.measures)
    assert shipped.crisis_contacts().contacts
    assert shipped.outcome_rules().pairings


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_each_broken_file_is_refused_with_the_sentence_it_ends_in(path: Path) -> None:
    expected = path.read_text("utf-8", errors="replace").splitlines()[-1].removeprefix("# ")
    read = READERS[path.name.split("-")[0]]
    if expected == "Accepted":
        read(path)
        return
    with pytest.raises(DefinitionFault) as told:
        read(path)
    assert f"Refused: {told.value}" == expected
    assert "\n" not in str(told.value)


def test_the_broken_files_are_broken_in_one_place_only() -> None:
    """Each differs from the accepted file of its kind, so the refusal is for that difference."""
    good = {path.name.split("-")[0] for path in BROKEN if path.stem.endswith("-good")}
    assert good == set(READERS)
    assert len(BROKEN) > 45


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(DefinitionFault, match=r"gone\.toml cannot be read"):
        read_measure(tmp_path / "gone.toml")


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(DefinitionFault, match='Did you mean "phq-9"'):
        definitions().measure("phq9")
    with pytest.raises(DefinitionFault, match='Did you mean "support_contact"'):
        definitions().rulebook("support-contact")


def test_a_service_may_bring_its_own_crisis_contacts(tmp_path: Path) -> None:
    own = tmp_path / "crisis_contacts.toml"
    own.write_text((DATA / "broken" / "crisis-good.toml").read_text("utf-8"), "utf-8")
    assert [c.number for c in Definitions(own=tmp_path).crisis_contacts().contacts][:1] == ["999"]


# ------------------------------------------------------------- a released file is never edited

RELEASED: dict[str, dict[str, str]] = json.loads((DATA / "released.json").read_text("utf-8"))


def digest(text: str) -> str:
    """The digest of a definition file, the same whatever a checkout does to line ends."""
    return hashlib.sha256(text.encode()).hexdigest()


def complaint(name: str, text: str) -> str | None:
    """What is wrong with a definition file as it stands, against what was released."""
    version = tomllib.loads(text)["version"]
    released = RELEASED.get(name, {}).get(version)
    if released is None:
        return (
            f"{name} {version} is not in tests/data/released.json: python -m tests.content.test_definitions records it."
        )
    if digest(text) != released:
        return f"{name} {version} was released and then edited: copy it and raise its version instead."
    return None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_released_definition_file_was_not_edited(path: Path) -> None:
    assert complaint(path.relative_to(definitions_folder()).as_posix(), path.read_text("utf-8")) is None


def test_only_these_files_may_change_without_a_version() -> None:
    """A service brings its own contacts; the other two are parts of protocols, which carry the version."""
    assert {path.name for path in EVERY} - {path.name for path in SHIPPED} <= {
        *NATIONS.values(), "due.toml", "shared.toml",
    }  # fmt: skip


def test_every_released_file_still_ships() -> None:
    names = {path.relative_to(definitions_folder()).as_posix() for path in SHIPPED}
    assert set(RELEASED) == names


def numbers(text: str, key: str) -> list[tuple[int, int, int]]:
    """Where each `key = number` stands: start and end of the number, and its value."""
    return [(m.start(1), m.end(1), int(m[1])) for m in re.finditer(rf"^{key} = (\d+)$", text, re.MULTILINE)]


def mutants(path: Path, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every text with one of these numbers one higher or one lower."""
    text = path.read_text("utf-8")
    bands_from = text.find("[[bands]]")
    found = []
    for key in keys:
        for start, end, value in numbers(text, key):
            if key in ("low", "high") and start < bands_from:
                continue
            for changed in (value - 1, value + 1):
                found.append((f"{key}@{start}: {value}->{changed}", f"{text[:start]}{changed}{text[end:]}"))
    return found


@pytest.mark.parametrize("path", MEASURES, ids=lambda path: path.stem)
def test_any_number_of_a_released_measure_changed_is_noticed(path: Path) -> None:
    keys = ("value", "prorate_limit", "low", "high", "total", "safety_prompt_from", "before", "now")
    changed = mutants(path, keys)
    assert changed
    assert all(
        "was released and then edited" in (complaint(f"measures/{path.name}", text) or "") for _, text in changed
    )


def test_the_thresholds_of_every_contact_are_the_national_ones() -> None:
    asked = {name: definitions().measures[name] for name in ("phq-9", "gad-7", "wsas")}
    held = {
        name: (m.caseness.value if m.caseness else None, m.reliable_change.value if m.reliable_change else None)
        for name, m in asked.items()
    }
    assert held == {"phq-9": (10, 6), "gad-7": (8, 4), "wsas": (None, None)}
    assert {name: m.prorate_limit for name, m in asked.items()} == {"phq-9": 2, "gad-7": 2, "wsas": 1}


def test_the_codes_are_those_of_the_reference() -> None:
    codes = {name: dict(m.codes) for name, m in definitions().measures.items()}
    assert codes["phq-9"] == {"loinc_panel": "44249-1", "loinc_total": "44261-6", "snomed_total": "720433000"}
    assert codes["gad-7"] == {"loinc_panel": "69737-5", "loinc_total": "70274-6", "snomed_total": "445455005"}
    assert [item.loinc for item in definitions().measures["phq-9"].items] == [
        *("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"),
    ]


# ------------------------------------------------------------- nothing ranks a person

RANKING = re.compile(
    r"risk[_ -]?(level|score|rating|colou?r)|(low|medium|high)[_ -]risk|traffic[_ -]?light", re.IGNORECASE
)


def test_the_pattern_finds_what_it_is_for() -> None:
    for word in (
        "risk_level",
        "risk score",
        "riskRating",
        "risk-colour",
        "riskcolor",
        "Low risk",
        "high_risk",
        "Traffic light",
    ):
        assert RANKING.search(word), word
    assert not RANKING.search("at risk of harm; keep the score; a low number; the highest risks")


@pytest.mark.parametrize("ending", ["py", "toml", "sql", "tcss", "j2", "css"])
def test_no_name_label_column_or_file_ranks_a_person_by_danger(ending: str) -> None:
    paths = sorted(SOURCE.rglob(f"*.{ending}"))
    assert paths
    found = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in paths
        for number, line in enumerate((path.name, *path.read_text("utf-8").splitlines()))
        if RANKING.search(line)
    ]
    assert found == []


def test_the_safety_conversation_holds_no_number_but_the_patients_own() -> None:
    scales = [field.label for _, field in book().safety.fields() if field.kind == "scale"]
    assert all("patient's own number" in label for label in scales)
    assert [s.id for s in book().protocol.stages if any(step.kind is StepKind.SAFETY for step in s.steps)] == ["safety"]


def record() -> None:
    """Write the digests of versions not recorded yet; one that is recorded stays as it is."""
    for path in SHIPPED:
        text = path.read_text("utf-8")
        versions = RELEASED.setdefault(path.relative_to(definitions_folder()).as_posix(), {})
        versions.setdefault(tomllib.loads(text)["version"], digest(text))
    (DATA / "released.json").write_text(json.dumps(RELEASED, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record()
