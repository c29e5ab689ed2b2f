"""`measures` and `protocols`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gsh_console.commands.definitions import measures, protocols
from gsh_console.faults import DefinitionFault
from tests.builders import console, definitions

BROKEN = Path(__file__).parents[1] / "data" / "broken"


@pytest.mark.parametrize("group", [measures, protocols], ids=["measures", "protocols"])
def test_checking_without_a_file_checks_everything_that_ships(group: object) -> None:
    result = CliRunner().invoke(group, ["check"])  # type: ignore[arg-type]
    assert (result.exit_code, result.stdout) == (0, "3 measures, 1 protocols: ok\n")


def test_listing_names_every_measure_and_every_protocol() -> None:
    listed = CliRunner().invoke(measures, ["list"]).stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(definitions().measures)
    assert "9 items, 0 to 27" in listed
    told = CliRunner().invoke(protocols, ["list"]).stdout
    assert told.startswith("support_contact 1.0.0  Support contact, 35 minutes\n")
    assert "measures: phq-9, gad-7, wsas" in told


@pytest.mark.parametrize("name", ["phq-9", "gad-7", "wsas"])
def test_showing_a_measure_tells_items_figures_sources_and_licence(name: str) -> None:
    measure = definitions().measures[name]
    told = CliRunner().invoke(measures, ["show", name]).stdout
    assert all(item.text in told for item in measure.items)
    assert all(f"{band.low} to {band.high}: {band.label}" in told for band in measure.bands)
    assert measure.licence in told
    assert measure.prorate_source in told
    figures = [t for t in (measure.caseness, measure.reliable_change) if t]
    assert all(f"{figure.value} or more ({figure.source}" in told for figure in figures)
    assert told.count("no national figure") == 2 - len(figures)
    assert ("opens the safety conversation from 1" in told) == (name == "phq-9")


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
