"""XLIFF for translation agencies, written and read by the Translate Toolkit, which runs as a program of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gsh_console.content.catalogues import read_po_file
from gsh_console.content.extract import write_catalogue
from gsh_console.faults import InputRefused, MaterialFault

SECONDS = 120


@dataclass(frozen=True)
class Brought:
    """What an import changed, and how many messages it left because the same English stands in several places."""

    changed: int
    ambiguous: int


def to_xliff(catalogue: Path) -> bytes:
    """A language's catalogue of one booklet as XLIFF."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / catalogue.name
        source.write_bytes(catalogue.read_bytes())
        return _converted("po2xliff", Path(folder), source.name, f"{catalogue.stem}.xlf")


def from_xliff(catalogue: Path, language: str, xliff: bytes) -> Brought:
    """Take the translations of an XLIFF file into the catalogue it was made from; nothing else of it changes."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "given.xlf").write_bytes(xliff)
        (Path(folder) / "given.po").write_bytes(_converted("xliff2po", Path(folder), "given.xlf", "made.po"))
        given = read_po_file(Path(folder) / "given.po")
    translated = {message.id: message.string for message in given if message.string and not message.fuzzy}
    held = read_po_file(catalogue, language)
    if not any(message.id in translated for message in held if message.id):
        raise InputRefused("The file holds no message of this booklet.", "Please give the file of this booklet.")
    changed = ambiguous = 0
    seen: dict[object, int] = {}
    for message in held:
        seen[message.id] = seen.get(message.id, 0) + 1
    for message in held:
        new = translated.get(message.id) if message.id else None
        if not new or (new == message.string and not message.fuzzy):
            continue
        if seen[message.id] > 1 and message.string:
            ambiguous += 1
            continue
        message.string = new
        message.flags.discard("fuzzy")
        message.previous_id = []
        changed += 1
    write_catalogue(catalogue, held)
    return Brought(changed, ambiguous)


def _converted(tool: str, folder: Path, source: str, target: str) -> bytes:
    """Run one converter in its own process: the toolkit has a licence of its own and is no part of the console."""
    if find_spec("translate") is None:
        raise MaterialFault(
            "XLIFF needs the Translate Toolkit, which is not installed.",
            'Please install it with: pip install "gsh-console[translators]".',
        )
    program = f"import sys; from translate.convert.{tool} import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--progress=none", "-i", source, "-o", target]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
        return (folder / target).read_bytes()
    except (subprocess.SubprocessError, OSError):
        raise MaterialFault("The file could not be converted.", "Please check that it is an XLIFF 1 file.") from None
