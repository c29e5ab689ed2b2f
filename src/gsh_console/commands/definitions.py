"""Measures and protocols on the command line: list, show, check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gsh_console.content.definitions import Definitions
    from gsh_console.domain.measures import Measure, Threshold

_PATH = click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _store(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--store", expose_value=False, type=click.Path(file_okay=False), hidden=True)(command)


def _definitions() -> Definitions:
    from gsh_console.content.definitions import Definitions

    return Definitions()


@click.group()
def measures() -> None:
    """Measures: what is asked, how it is scored, where each figure comes from."""


@measures.command("list")
@_store
def list_measures() -> None:
    """List the measures: id, version, items, range, wording."""
    for measure in _definitions().measures.values():
        shape = f"{len(measure.items)} items, {measure.minimum} to {measure.maximum}"
        click.echo(f"{measure.id:10}{measure.version:9}{measure.name:10}{shape:22}{measure.wording}")


@measures.command()
@click.argument("measure_id", metavar="ID")
@_store
def show(measure_id: str) -> None:
    """Show one measure: items, choices, scoring rule, figures with their sources, licence."""
    click.echo("\n".join(_shown(_definitions().measure(measure_id))))


@measures.command("check")
@_PATH
@_store
def check_measure(path: Path | None) -> None:
    """Check a measure file of your own, or everything that ships."""
    if path is None:
        _check_everything()
        return
    from gsh_console.content.measure_files import read_measure

    measure = read_measure(path)
    click.echo(f"{path.name}: {measure.name} {measure.version}, {len(measure.examples)} worked examples: ok")


@click.group()
def protocols() -> None:
    """Session protocols: the stages of a contact, what is recorded, what may not be left out."""


@protocols.command("list")
@_store
def list_protocols() -> None:
    """List the protocols: id, version, stages with their minutes, measures."""
    for protocol in _definitions().protocols.values():
        click.echo(f"{protocol.id} {protocol.version}  {protocol.title}, {protocol.minutes} minutes")
        stages = ", ".join(f"{stage.title} {stage.minutes}" for stage in protocol.stages)
        click.echo(f"  stages: {stages}")
        click.echo(f"  measures: {', '.join(protocol.measures)}")


@protocols.command("check")
@_PATH
@_store
def check_protocol(path: Path | None) -> None:
    """Check a protocol file of your own, or everything that ships."""
    if path is None:
        _check_everything()
        return
    from gsh_console.content.protocol_files import read_protocol

    protocol = read_protocol(path, _definitions().parts)
    click.echo(f"{path.name}: {protocol.title} {protocol.version}, {len(protocol.stages)} stages: ok")


def _check_everything() -> None:
    known = _definitions()
    for protocol in known.protocols:
        known.rulebook(protocol)
    known.crisis_contacts()
    click.echo(f"{len(known.measures)} measures, {len(known.protocols)} protocols: ok")


def _shown(measure: Measure) -> list[str]:
    lines = [f"{measure.name} {measure.version}, in force from {measure.effective_from}", f"  {measure.stem}"]
    for item in measure.items:
        marks = [f"opens the safety conversation from {item.safety_prompt_from}"] if item.safety_prompt_from else []
        marks += ["may not apply"] if item.may_not_apply else []
        lines.append(f"  {item.id:>3}  {item.text}" + (f" ({', '.join(marks)})" if marks else ""))
    lines.append("  choices: " + ", ".join(f"{choice.value} {choice.label}" for choice in measure.choices))
    lines.append(f"  missing items: up to {measure.prorate_limit}; {measure.prorate_source}")
    lines += [f"  {band.low} to {band.high}: {band.label}" for band in measure.bands]
    lines.append(f"  caseness: {_figure(measure.caseness)}")
    lines.append(f"  reliable change: {_figure(measure.reliable_change)}")
    lines += [f"  {name}: {code}" for name, code in measure.codes.items()]
    return [*lines, f"  licence: {measure.licence}", f"  {measure.credit}"]


def _figure(threshold: Threshold | None) -> str:
    if threshold is None:
        return "no national figure"
    return f"{threshold.value} or more ({threshold.source}; confidence {threshold.confidence})"
