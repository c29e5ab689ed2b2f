"""How a service words its notes: a sandboxed template that places the note's sections and never sees what they say."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsh_console.content.reading import fault
from gsh_console.domain.note import COMMON_SECTIONS, Note, Section, Sentence
from gsh_console.domain.protocols import Protocol
from gsh_console.faults import DefinitionFault, nearest

if TYPE_CHECKING:
    from jinja2 import Environment, Template, nodes

FACTS = ("title", "number", "date", "time", "minutes", "medium", "practitioner", "interpreted")
_MARK = re.compile("\ue000(\\d+)\ue001")
_TRIED: dict[str, object] = {
    **{"title": "x", "number": 1, "date": "x", "time": "x", "minutes": 1, "medium": "x", "practitioner": "x"},
    "interpreted": True,
}
_ONLY = "a note template holds words, sections and conditions only"


@dataclass
class _Placing:
    """The sections of one note while a template is rendered: which it placed, in what order, with heading or not."""

    sections: Mapping[str, Section]
    placed: list[Section] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def place(self, name: str, *, heading: bool) -> str:
        """The mark that stands for a section where the template put it; nothing where it has no sentence."""
        if name not in self.sections:
            return ""
        self.names.append(name)
        section = self.sections[name]
        self.placed.append(section if heading else dataclasses.replace(section, title=""))
        return f"\ue000{len(self.placed) - 1}\ue001"


@dataclass(frozen=True)
class _Place:
    """What `sections.safety` is in a template: written, the section; asked, whether there is one."""

    name: str
    placing: _Placing
    heading: bool = True

    @property
    def prose(self) -> _Place:
        """The section without its heading."""
        return dataclasses.replace(self, heading=False)

    def __str__(self) -> str:
        return self.placing.place(self.name, heading=self.heading)

    def __bool__(self) -> bool:
        return self.name in self.placing.sections


def read_template(path: Path, protocol: Protocol) -> str:
    """The text of a protocol's note template, checked: it parses, names only what there is, places nothing twice."""
    from jinja2 import TemplateSyntaxError

    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DefinitionFault(f"{path.name} cannot be read: {error.strerror}.", "Check the file.") from None
    except UnicodeDecodeError:
        raise DefinitionFault(f"{path.name} is not UTF-8 text.", "Save it as UTF-8.") from None
    try:
        tree = _environment().parse(source)
    except TemplateSyntaxError as error:
        wrong = f"{error.message or 'it cannot be read'}".rstrip(".")
        raise fault(path, f"line {error.lineno}", wrong, "Correct that line.") from None
    if _MARK.search(source) or "\ue000" in source:
        raise fault(path, "text", "it holds a character kept for the console", "Take it out.")
    known = section_names(protocol)
    for node in _nodes(tree):
        _check_node(path, node, known)
    _refuse_placed_twice(path, source, known)
    return source


def section_names(protocol: Protocol) -> tuple[str, ...]:
    """The sections a protocol's note may have, by the names a template uses."""
    return (*COMMON_SECTIONS, *(stage.id for stage in protocol.stages if stage.id not in COMMON_SECTIONS))


def written(note: Note, source: str, facts: Mapping[str, object]) -> Note:
    """The note as the template orders it; what it does not place follows, and nothing is ever told twice."""
    if not source:
        return note
    held = {section.name: section for section in note.sections}
    placing = _Placing(held)
    plain = {name: _without_marks(value) for name, value in facts.items()}
    text = _template(source).render(sections=_Sections(placing), contact=plain)
    sections: list[Section] = []
    told: set[str] = set()
    for at, piece in enumerate(_MARK.split(text)):
        if at % 2 == 0 and piece.strip():
            sections.append(Section("", (Sentence(piece.strip(), ()),), "words"))
        elif at % 2 and placing.names[int(piece)] not in told:
            told.add(placing.names[int(piece)])
            sections.append(placing.placed[int(piece)])
    left = [section for section in note.sections if section.name not in told]
    return dataclasses.replace(note, sections=(*sections, *left))


class _Sections:
    """Sections by name; a stage this contact did not have is empty, not unknown."""

    def __init__(self, placing: _Placing) -> None:
        self._placing = placing

    def __getattr__(self, name: str) -> _Place:
        return _Place(name, self._placing)


def _without_marks(value: object) -> object:
    return value.replace("\ue000", "").replace("\ue001", "") if isinstance(value, str) else value


def _refuse_placed_twice(path: Path, source: str, known: tuple[str, ...]) -> None:
    whole = {name: Section(name, (Sentence(name, ()),), name) for name in known}
    for interpreted in (True, False):
        placing = _Placing(whole)
        _template(source).render(sections=_Sections(placing), contact={**_TRIED, "interpreted": interpreted})
        twice = next((name for at, name in enumerate(placing.names) if name in placing.names[:at]), None)
        if twice:
            raise fault(path, f"sections.{twice}", "it is placed twice", "Place each section once.")


def _check_node(path: Path, node: nodes.Node, known: tuple[str, ...]) -> None:
    from jinja2 import nodes as kinds

    allowed = (
        kinds.Template, kinds.Output, kinds.TemplateData, kinds.Name, kinds.Getattr, kinds.Const, kinds.If,
        kinds.Not, kinds.And, kinds.Or, kinds.Compare, kinds.Operand, kinds.CondExpr,
    )  # fmt: skip
    place = f"line {node.lineno}"
    if not isinstance(node, allowed):
        raise fault(path, place, f"{_ONLY}, and {type(node).__name__} is none of them", "Take it out.")
    if isinstance(node, kinds.Name) and node.name not in ("sections", "contact"):
        raise fault(path, place, f'there is nothing called "{node.name}"', nearest(node.name, ("sections", "contact")))
    if isinstance(node, kinds.Getattr):
        _check_attribute(path, place, node, known)


def _check_attribute(path: Path, place: str, node: nodes.Getattr, known: tuple[str, ...]) -> None:
    from jinja2 import nodes as kinds

    if isinstance(node.node, kinds.Name):
        if node.node.name not in ("sections", "contact"):
            return  # the name itself is refused next
        names = known if node.node.name == "sections" else FACTS
        if node.attr not in names:
            wrong = f'{node.node.name} has nothing called "{node.attr}"'
            raise fault(path, place, wrong, nearest(node.attr, names))
        return
    inner = node.node
    of_section = (
        isinstance(inner, kinds.Getattr) and isinstance(inner.node, kinds.Name) and inner.node.name != "contact"
    )
    if node.attr != "prose" or not of_section:
        raise fault(path, place, f'there is nothing called "{node.attr}" there', 'A section has "prose" only.')


def _nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    for child in tree.iter_child_nodes():
        yield from _nodes(child)


@lru_cache(maxsize=64)
def _template(source: str) -> Template:
    return _environment().from_string(source)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made: Any = ImmutableSandboxedEnvironment(
        autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.clear()
    made.filters.clear()
    made.tests.clear()
    environment: Environment = made
    return environment
