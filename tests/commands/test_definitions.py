"""`measures` and `protocols`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gsh_console.commands.definitions import measures
from gsh_console.commands.protocols import protocols
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from tests.builders import console, definitions

BROKEN = Path(__file__).parents[1] / "data" / "broken"


@pytest.mark.parametrize("group", [measures, protocols], ids=["measures", "protocols"])
def test_checking_without_a_file_checks_everything_that_ships(group: object) -> None:
    result = CliRunner().invoke(group, ["check"])  # type: ignore[arg-type]
    held = definitions()
    counts = f"{len(held.measures)} measures, {len(held.protocols)} protocols, {len(held.interventions)} interventions"
    assert (result.exit_code, result.stdout) == (0, f"{counts}: ok\n")


def test_listing_names_every_measure_and_every_protocol() -> None:
    listed = CliRunner().invoke(measures, ["list"]).stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(definitions().measures)
    assert "9 items, 0 to 27" in listed
    told = CliRunner().invoke(protocols, ["list"]).stdout
    assert "support_contact " in told
    assert "measures: phq-9, gad-7, wsas" in told


@pytest.mark.parametrize("name", list(definitions().measures))
def test_showing_a_measure_tells_items_figures_sources_and_licence(name: str) -> None:
    measure = definitions().measures[name]
    told = CliRunner().invoke(measures, ["show", name]).stdout
    assert all(item.text in told for item in (*measure.items, *measure.extras))
    assert measure.licence in told
    assert told.count("counts the other way round") == sum(item.reverse for item in measure.items)
    assert told.count("opens the safety conversation from") == sum(
        i.safety_prompt_from is not None for i in measure.items
    )
    figures = 0
    for scale in measure.scales:
        assert measure.prorate_source in told
        for band in scale.bands:
            assert f"{band.low} to {band.high}: {band.label}" in told
            assert f"bands: {scale.bands_source}; confidence {scale.bands_confidence}" in told
        for figure in (scale.caseness, scale.reliable_change):
            if figure is not None:
                figures += 1
                shown = f"above {figure.value}" if figure.operator == ">" else f"{figure.value} or more"
                assert f"{shown} ({figure.source}; confidence {figure.confidence})" in told
    assert told.count("no confirmed figure") == 2 * len(measure.scales) - figures
    assert ("no total: the items are never made into one number" in told) == (measure.total is None)


def test_the_measures_that_ship_would_miss_no_changed_figure() -> None:
    result = CliRunner().invoke(measures, ["check", "--mutations"])
    assert result.exit_code == 0
    assert result.stdout.count(" 0 not noticed") == len(definitions().measures)


def test_weak_examples_of_an_own_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "weak.toml"
    path.write_text((BROKEN / "measure-good.toml").read_text("utf-8"), "utf-8")
    result = CliRunner().invoke(measures, ["check", "--mutations", str(path)])
    assert "two-items: 16 changes, 3 not noticed" in result.stdout
    assert "  bands[0].high -1" in result.stdout
    assert isinstance(result.exception, DefinitionFault)
    assert "would miss 3 changed figures" in str(result.exception)


def test_a_services_own_measures_are_listed_as_own_and_what_counts_otherwise_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "measures"
    folder.mkdir(parents=True)
    good = (BROKEN / "measure-good.toml").read_text("utf-8")
    (folder / "ours.toml").write_text(good, "utf-8")
    wsas = (definitions_folder() / "measures" / "wsas.toml").read_text("utf-8")
    worded = wsas.replace('version = "1.', 'version = "ours-1.', 1)
    (folder / "wsas.toml").write_text(worded.replace("higher_is_worse = true\n", ""), "utf-8")
    settings = tmp_path / "settings.toml"
    settings.write_text(f"definitions_folder = '{folder.parent}'\n", "utf-8")
    environment = {"GSH_CONSOLE_SETTINGS": str(settings)}
    listed = {
        line.split()[0]: line for line in CliRunner().invoke(measures, ["list"], env=environment).stdout.splitlines()
    }
    assert " own " in listed["two-items"]
    assert " own " in listed["wsas"]
    assert "in place of 1." in listed["wsas"]
    assert " ships " in listed["phq-9"]
    shown = CliRunner().invoke(measures, ["show", "wsas"], env=environment).stdout
    assert "the service's own, in place of the shipped 1." in shown
    assert "only the wording differs" in shown
    assert "also carried: 1." in shown


def test_a_service_can_check_its_own_files() -> None:
    good = CliRunner().invoke(measures, ["check", str(BROKEN / "measure-good.toml")])
    assert good.stdout == "measure-good.toml: Two items 1.0.0, 2 worked examples: ok\n"
    good = CliRunner().invoke(protocols, ["check", str(BROKEN / "protocol-good.toml")])
    assert good.stdout == "protocol-good.toml: Short 1.0.0, 4 stages: ok\n"
    wrong = CliRunner().invoke(protocols, ["check", str(BROKEN / "protocol-safety-skippable.toml")])
    assert isinstance(wrong.exception, DefinitionFault)


def test_as_a_process_a_wrong_file_is_one_sentence_and_exit_code_one() -> None:
    done = console("measures", "check", str(BROKEN / "measure-unknown-key.toml"))
    assert (done.returncode, done.stdout) == (1, "")
    expected = 'gsh-console: measure-unknown-key.toml › recal: there is no such key. Did you mean "recall"?\n'
    assert done.stderr == expected
    unknown = console("measures", "show", "phq9")
    assert unknown.returncode == 1
    assert 'Did you mean "phq-9"?' in unknown.stderr
