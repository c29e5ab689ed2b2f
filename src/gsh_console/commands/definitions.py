"""Measures on the command line: list, show, check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gsh_console.commands import exchange
from gsh_console.faults import DefinitionFault

if TYPE_CHECKING:
    from gsh_console.content.definitions import Definitions
    from gsh_console.domain.measures import Choice, Item, Measure, Scale, Threshold

_PATH = click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _store(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--store", expose_value=False, type=click.Path(file_okay=False), hidden=True)(command)


def definitions_in_force() -> Definitions:
    """What ships, with the service's own files in their places."""
    from gsh_console.commands.library import own_definitions

    return own_definitions()


@click.group()
def measures() -> None:
    """Measures: what is asked, how it is scored, where each figure comes from."""


for command in (exchange.import_measure, exchange.export_measure, exchange.wording):
    measures.add_command(command)


@measures.command("list")
@_store
def list_measures() -> None:
    """List the measures: id, version, whose it is, items, range, how it is given, wording."""
    library = definitions_in_force().measures
    for measure in library.values():
        whose = "own" if library.is_own(measure) else "ships"
        shape = f"{len(measure.items)} items, {_range(measure)}"
        given = measure.administration.replace("_", " ")
        row = f"{measure.id:15} {measure.version:8} {whose:6} {measure.name:17} {shape:23} {given:9} {measure.wording}"
        before = library.in_place_of(measure)
        click.echo(f"{row}, in place of {before.version}" if before else row)


@measures.command()
@click.argument("measure_id", metavar="ID")
@_store
def show(measure_id: str) -> None:
    """Show one measure: items, choices, scoring rules, figures with their sources, licence."""
    definitions = definitions_in_force()
    library, measure = definitions.measures, definitions.measure(measure_id)
    lines = _shown(measure)
    before = library.in_place_of(measure)
    if library.is_own(measure):
        lines.append(f"  the service's own{_counts_otherwise(measure, before)}")
    lines += [
        f"  also carried: {other.version}, in force from {other.effective_from}"
        for other in library.versions(measure_id)
        if other.version != measure.version
    ]
    click.echo("\n".join(lines))


@measures.command("check")
@_PATH
@click.option("--mutations", is_flag=True, help="Also tell which changed figures the worked examples would miss.")
@_store
def check_measure(path: Path | None, mutations: bool) -> None:
    """Check a measure file of your own, or everything that ships."""
    if path is None:
        check_everything(definitions_in_force())
        checked = list(definitions_in_force().measures.values())
    else:
        from gsh_console.content.measure_files import read_measure

        checked = [read_measure(path)]
        examples = f"{len(checked[0].examples)} worked examples"
        click.echo(f"{path.name}: {checked[0].name} {checked[0].version}, {examples}: ok")
    if mutations:
        _check_mutations(checked)


def _check_mutations(checked: list[Measure]) -> None:
    from gsh_console.content.measure_mutations import mutants, survivors

    missed = 0
    for measure in checked:
        unnoticed = survivors(measure)
        missed += len(unnoticed)
        tried = sum(1 for _ in mutants(measure))
        click.echo(f"{measure.id}: {tried} changes, {len(unnoticed)} not noticed")
        for name in unnoticed:
            click.echo(f"  {name}")
    if missed:
        raise DefinitionFault(
            f"The worked examples would miss {missed} changed figures.", "Add forms at both sides of each of them."
        )


def check_everything(known: Definitions) -> None:
    """Read all definitions; the first fault is told."""
    for protocol in known.protocols:
        known.rulebook(protocol)
    _ = known.crisis_contacts(), known.interventions, known.due, known.safety, known.safety_plan
    for measure in known.measures:
        known.measures.versions(measure)
    known.outcome_rules()
    for installed in known.wordings:
        if installed.fault:
            raise installed.fault
    contacts = f"{len(known.protocols)} protocols, {len(known.interventions)} interventions"
    click.echo(f"{len(known.measures)} measures, {contacts}: ok")


def _shown(measure: Measure) -> list[str]:
    lines = [f"{measure.name} {measure.version}, in force from {measure.effective_from}"]
    lines += [f"  {line}" for line in (measure.title, measure.stem) if line]
    for item in measure.items:
        lines.append(f"  {item.id:>3}  {item.text}{_marks(item)}")
    for item in measure.extras:
        lines.append(f"  {item.id:>3}  {item.text} (asked, never counted)")
    if measure.choices:
        lines.append("  choices: " + _choices(measure.choices))
    if measure.total is None:
        lines.append("  no total: the items are never made into one number")
    else:
        lines += _scale(measure, measure.total, "  ")
    for scale in measure.subscales:
        lines.append(f"  {scale.name} ({scale.id}), items {' '.join(scale.items)}")
        lines += _scale(measure, scale, "    ")
    lines += [f"  {name}: {code}" for name, code in measure.codes.items()]
    if measure.notes:
        lines.append(f"  note: {measure.notes}")
    return [*lines, f"  licence: {measure.licence}", f"  {measure.credit}"]


def _marks(item: Item) -> str:
    marks = [f"{item.span.low} to {item.span.high}"] if item.span else []
    marks += [_choices(item.choices)] if item.choices else []
    marks += ["counts the other way round"] if item.reverse else []
    if item.safety_prompt_from is not None:
        marks.append(f"opens the safety conversation from {item.safety_prompt_from}")
    marks += ["may not apply"] if item.may_not_apply else []
    return f" ({', '.join(marks)})" if marks else ""


def _choices(choices: tuple[Choice, ...]) -> str:
    labels = [choice.label if choice.label != str(choice.value) else "" for choice in choices]
    return ", ".join(f"{choice.value} {label}".strip() for choice, label in zip(choices, labels, strict=True))


def _scale(measure: Measure, scale: Scale, indent: str) -> list[str]:
    low, high = measure.ends(scale)
    places = f", to {scale.decimals} decimal places" if scale.decimals else ""
    of = "" if len(scale.items) == len(measure.items) else f" of {len(scale.items)} items"
    direction = "" if measure.higher_is_worse else ", higher is better"
    told = [f"{scale.rule}{of}, {low} to {high}{places}{direction}"]
    told.append(f"missing items: up to {scale.prorate_limit}; {measure.prorate_source}")
    told += [f"{band.low} to {band.high}: {band.label}" for band in scale.bands]
    if scale.bands and scale.bands_source:
        told.append(f"bands: {scale.bands_source}; confidence {scale.bands_confidence}")
    told.append(f"caseness: {_figure(scale.caseness)}")
    told.append(f"reliable change: {_figure(scale.reliable_change)}")
    return [f"{indent}{line}" for line in told]


def _figure(threshold: Threshold | None) -> str:
    if threshold is None:
        return "no confirmed figure"
    above = threshold.operator == ">"
    told = f"above {threshold.value}" if above else f"{threshold.value} or more"
    return f"{told} ({threshold.source}; confidence {threshold.confidence})"


def _range(measure: Measure) -> str:
    return "no total" if measure.total is None else f"{measure.minimum} to {measure.maximum}"


def _counts_otherwise(own: Measure, shipped: Measure | None) -> str:
    from gsh_console.content.measure_library import differences

    if shipped is None:
        return ""
    differ = [name.replace("_", " ") for name in differences(own, shipped)]
    told = f"counts otherwise in {', '.join(differ)}" if differ else "only the wording differs"
    return f", in place of the shipped {shipped.version}: {told}"
