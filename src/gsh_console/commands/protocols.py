"""Protocols and what belongs to them on the command line: interventions, rules of what is due, note templates."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gsh_console.commands.definitions import check_everything, definitions_in_force
from gsh_console.faults import DefinitionFault, nearest

if TYPE_CHECKING:
    from gsh_console.content.definitions import Definitions
    from gsh_console.domain.protocols import Stage

_STORE = click.option("--store", expose_value=False, type=click.Path(file_okay=False), hidden=True)


@click.group()
def protocols() -> None:
    """Session protocols: the stages of a contact, what is recorded, what may not be left out."""


@protocols.command("list")
@_STORE
def list_protocols() -> None:
    """List protocols and ways of working: id, version, whose it is, stages with their minutes, measures."""
    known = definitions_in_force()
    for protocol in known.protocols.values():
        whose = "own" if known.is_own("protocols", protocol.id) else "ships"
        click.echo(f"{protocol.id} {protocol.version}  {whose}  {protocol.title}, {protocol.minutes} minutes")
        click.echo(f"  {protocol.summary}")
        click.echo(f"  stages: {', '.join(_stage(stage) for stage in protocol.stages)}")
        click.echo(f"  measures: {', '.join(protocol.measures) or 'none of its own'}")
    click.echo("Ways of working")
    for one in known.interventions.values():
        whose = "own" if known.is_own("interventions", one.id) else "ships"
        sheets = ", ".join(step.worksheet or step.title for step in one.steps if step.repeat)
        click.echo(f"  {one.id} {one.version}  {whose}  {one.title}; {sheets or 'no worksheet'}")


@protocols.command("show")
@click.argument("protocol_id", metavar="ID")
@_STORE
def show_protocol(protocol_id: str) -> None:
    """Show one protocol: each stage with its steps, what is recorded, its gates, and the sections of its note."""
    from gsh_console.content.note_templates import FACTS, section_names

    book = definitions_in_force().rulebook(protocol_id)
    protocol = book.protocol
    click.echo(f"{protocol.title} {protocol.version}: {protocol.source}")
    for stage in protocol.stages:
        click.echo(f"{stage.id}: {_stage(stage)}{'' if stage.skippable else ', never skipped'}")
        for gate in stage.enter:
            click.echo(f"  entered by {gate.rule}")
        for step in stage.steps:
            fields = ", ".join(f"{field.id}{'*' if field.required else ''}" for field in step.fields)
            click.echo(f"  {step.id} ({step.kind}){f': {fields}' if fields else ''}")
        for gate in stage.leave:
            click.echo(f"  left by {gate.rule}")
    click.echo(f"signed by {', '.join(gate.rule for gate in protocol.sign)}")
    click.echo(f"note: sections {', '.join(section_names(protocol))}; contact {', '.join(FACTS)}")


@protocols.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@_STORE
def check_protocol(path: Path | None) -> None:
    """Check a file of your own, a folder of them, or everything that ships.

    A file is a protocol, an intervention, rules of what is due (due.toml), crisis contacts, or a note template
    (PROTOCOL.txt.j2).
    """
    if path is None:
        check_everything(definitions_in_force())
    elif path.is_dir():
        from gsh_console.content.definitions import Definitions

        check_everything(Definitions(own=path))
    else:
        click.echo(f"{path.name}: {_checked(path, definitions_in_force())}: ok")


def _checked(path: Path, known: Definitions) -> str:
    """What kind of definition the file is, having read and checked it."""
    from gsh_console.content import protocol_files
    from gsh_console.content.crisis_contacts import read_crisis_contacts

    if path.suffix == ".j2":
        return _checked_note(path, known)
    keys = _keys(path)
    if "contacts" in keys:
        return f"crisis contacts of {read_crisis_contacts(path).nation}"
    if "rules" in keys:
        return f"{len(protocol_files.read_due(path, known.measures, known.protocols))} rules"
    if "steps" in keys and "stages" not in keys:
        one = protocol_files.read_intervention(path, known.parts)
        return f"{one.title} {one.version}, {len(one.steps)} steps"
    protocol = protocol_files.read_protocol(path, known.parts)
    return f"{protocol.title} {protocol.version}, {len(protocol.stages)} stages"


def _checked_note(path: Path, known: Definitions) -> str:
    from gsh_console.content.note_templates import read_template

    protocol_id = path.name.removesuffix(".txt.j2")
    if protocol_id not in known.protocols:
        raise DefinitionFault(
            f'{path.name}: a note template is called after its protocol, and there is no "{protocol_id}".',
            nearest(protocol_id, known.protocols),
        )
    read_template(path, known.protocols[protocol_id])
    return f"note of {known.protocols[protocol_id].title}"


def _keys(path: Path) -> frozenset[str]:
    try:
        return frozenset(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return frozenset()  # the reader says what is wrong with it


def _stage(stage: Stage) -> str:
    told = f"{stage.title} {stage.minutes}"
    return told if stage.when == "always" else f"{told} ({stage.when.replace('_', ' ')})"
