"""`measures import`, `measures export` and `measures wording`: FHIR R4 in and out, and the words by language."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from gsh_console.faults import GshFault, InputRefused

if TYPE_CHECKING:
    from gsh_console.content.definitions import Definitions
    from gsh_console.content.questionnaires import Found
    from gsh_console.domain.measures import Measure

_STORE: Callable[..., Any] = click.option("--store", expose_value=False, type=click.Path(file_okay=False), hidden=True)
_OUT: Callable[..., Any] = click.option(
    "--out", type=click.Path(path_type=Path), help="Write there instead of to standard output."
)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "measure_id", default="", help="What the measure is to be called.")
@click.option("--rule", type=click.Choice(["sum", "none"]), help="How its items become one number.")
@click.option("--measure", default="", help="Which measure a response belongs to.")
@_OUT
@_STORE
def import_measure(file: Path, measure_id: str, rule: str | None, measure: str, out: Path | None) -> None:
    """Import a FHIR R4 Questionnaire as a measure file, or a QuestionnaireResponse as a line for `score`.

    What the file does not say stays empty and is told on standard error. With --out FOLDER, the folder
    of your own definitions, the measure is written to measures/ in it and its words in other languages to wordings/.
    Nothing that is there already is written over.
    """
    from gsh_console.content.questionnaires import read_resource

    found, definitions = read_resource(file), _definitions()
    if found.kind == "QuestionnaireResponse":
        from gsh_console.content.questionnaire_responses import read_response

        answered = read_response(found, definitions.measures, measure)
        _tell(answered.remarks)
        _give(json.dumps(answered.line) + "\n", out)
        return
    _tell(_questionnaire_in(found, definitions, measure_id, rule, out))


def _questionnaire_in(
    found: Found, definitions: Definitions, measure_id: str, rule: str | None, out: Path | None
) -> list[str]:
    from datetime import date

    from gsh_console.content.questionnaire_import import GENERATED, TO_FILL_IN, Wish, import_questionnaire
    from gsh_console.content.toml_writing import measure_toml, wording_toml
    from gsh_console.domain.measures import Rule

    wish = Wish(measure_id, Rule(rule) if rule else None)
    today = date.today()  # noqa: DTZ011  # the practitioner's own calendar day
    imported = import_questionnaire(found, definitions.measures, today, wish)
    text = measure_toml(imported.measure, {"examples": GENERATED, "licence": TO_FILL_IN})
    if out is None or not out.is_dir():
        _give(text, out)
        if imported.wordings:
            imported.remarks.append("Words in other languages are written only with --out FOLDER.")
        return imported.remarks
    name = imported.measure.id
    files = {out / "measures" / f"{name}.toml": text}
    for wording in imported.wordings:
        path = out / "wordings" / name / f"{wording.language}.toml"
        files[path] = wording_toml(wording, {"licence": TO_FILL_IN})
    for path, content in files.items():
        _write(path, content)
        click.echo(f"written: {path.relative_to(out)}", err=True)
    return imported.remarks


@click.command("export")
@click.argument("measure_id", metavar="ID")
@click.option("--response", type=click.File("r", encoding="utf-8"), help="Forms as for `score`, one a line.")
@_OUT
@_STORE
def export_measure(measure_id: str, response: IO[str] | None, out: Path | None) -> None:
    """Export a measure as a FHIR R4 Questionnaire, or scored forms as QuestionnaireResponses, one a line."""
    from gsh_console.content.questionnaire_export import questionnaire
    from gsh_console.locations import settings_file
    from gsh_console.settings import load

    definitions = _definitions()
    measure, root = definitions.measure(measure_id), load(settings_file()).identifier_root
    if response is not None:
        sys.exit(_responses(measure, response, root))
    sets = [each.wording for each in definitions.wordings.installed(measure_id) if each.wording]
    used = [each for each in sets if definitions.wording_of(measure_id, each.language) is each]
    _give(json.dumps(questionnaire(measure, root, used), ensure_ascii=False, indent=2) + "\n", out)


def _responses(measure: Measure, forms: IO[str], root: str) -> int:
    from gsh_console.commands.lines import each_line

    return int(each_line(forms, lambda line: _response_line(measure, line, root)))


def _response_line(measure: Measure, line: str, root: str) -> str:
    from gsh_console.commands.lines import json_object
    from gsh_console.commands.score import read_answers
    from gsh_console.content.questionnaire_export import response
    from gsh_console.domain.scoring import AnswerRefused, score

    form = json_object(line)
    if form.get("measure", measure.id) != measure.id or "answers" not in form:
        raise InputRefused(f"This line is no form of {measure.name}.", 'Give its "answers".')
    answers = read_answers(measure, form["answers"])
    try:
        result = score(measure, answers)
    except AnswerRefused as error:
        raise InputRefused(f"{error}.", "Correct the answer; null means missing.") from None
    return json.dumps(response(measure, answers, result, root), ensure_ascii=False)


@click.command("wording")
@click.argument("measure_id", metavar="[ID]", required=False)
@click.argument("language", metavar="[LANGUAGE]", required=False)
@_STORE
def wording(measure_id: str | None, language: str | None) -> None:
    """List the words installed in other languages; with ID and LANGUAGE show one set, to be sent or read."""
    definitions = _definitions()
    if measure_id and language:
        click.echo("\n".join(_shown(definitions, measure_id, language)))
        return
    faulty = 0
    library = definitions.wordings
    for each in library.installed(definitions.measure(measure_id).id) if measure_id else library:
        whose = "own" if each.own else "ships"
        told = f"{each.wording.language_name}, {each.wording.status}" if each.wording else f"not usable: {each.fault}"
        click.echo(f"{each.measure:16} {each.language:5}{whose:7}{told}")
        faulty += each.wording is None
    for stranger in library.strangers():
        click.echo(stranger)
    if faulty:
        raise InputRefused(f"{faulty} of these cannot be used.", "Correct them; until then they count as not there.")


def _shown(definitions: Definitions, measure_id: str, language: str) -> list[str]:
    from gsh_console.content.wordings import name_of
    from gsh_console.domain.wording import notice, worded

    measure = definitions.measure(measure_id)
    used = definitions.wording_of(measure_id, language)
    lines = [notice(measure, used, name_of(language))]
    if used is None:
        return lines
    told = worded(measure, used)
    lines += ["", told.stem]
    for item in (*told.items, *told.extras):
        lines.append(f"{item.id}. {item.text}")
        lines += [f"     {choice.value}  {choice.label}" for choice in item.choices]
    lines += ["", *(f"     {choice.value}  {choice.label}" for choice in told.choices)]
    return [*lines, "", f"source: {used.source}", f"licence: {used.licence}", f"in doubt: {used.doubt}"]


def _definitions() -> Definitions:
    from gsh_console.commands.library import own_definitions

    return own_definitions()


def _tell(remarks: list[str]) -> None:
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)


def _give(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text.encode(), nl=False)  # UTF-8 on every terminal, as the file is to be
    else:
        _write(out, text)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputRefused(f"{path.name} is there already.", "Name another file; nothing was written over.") from None
    except OSError as error:
        raise GshFault(f"{path.name} cannot be written: {error.strerror}.", "Check the folder.") from None
