"""Note templates: what a service may write, and that no template can lose, double or run anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.casework.signing import note_of
from gsh_console.content.note_templates import read_template, section_names, written
from gsh_console.domain.entries import Entry, Filled, Jotted
from gsh_console.domain.note import Note, compose_note
from gsh_console.domain.note_contact import letter_facts
from gsh_console.domain.refusals import cleaned, refusal
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, follow, replay
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from tests.builders import OPENING, SAFETY, book, definitions, opening_entry, recorded, state_after, whole_contact
from tests.domain.test_no_way_around_safety import calls
from tests.domain.test_note import seqs_to_tell
from tests.strategies import HOSTILE, contacts

BROKEN = sorted((Path(__file__).parents[1] / "data" / "broken").glob("note-*.j2"))
PROTOCOL = definitions().rulebook("support_contact").protocol
NAMES = section_names(PROTOCOL)


def noted(entries: list[Entry], source: str) -> tuple[Note, Note]:
    """The note as it comes, and as a template writes it."""
    held = book()
    state = replay(recorded(opening_entry(), first=41))
    for raw in entries:
        entry = cleaned(raw)
        if refusal(held, state, entry) is None:
            state = follow(state, recorded(entry, first=41 + state.entries)[0])
    plain = compose_note(held, state)
    return plain, written(plain, source, letter_facts(held, state))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_each_broken_template_is_refused_with_the_sentence_it_ends_in(path: Path) -> None:
    told = path.read_text("utf-8").splitlines()[-1].removeprefix("{# ").removesuffix(" #}")
    if told == "Accepted":
        assert read_template(path, PROTOCOL)
        return
    with pytest.raises(DefinitionFault) as refused:
        read_template(path, PROTOCOL)
    assert f"Refused: {refused.value}".startswith(told.partition("@")[0])
    assert "\n" not in str(refused.value)


def test_there_are_broken_templates_for_every_way_out_of_the_box() -> None:
    assert len(BROKEN) > 12


def test_every_protocol_ships_with_a_template_that_orders_all_its_sections() -> None:
    for protocol in definitions().protocols.values():
        source = read_template(definitions_folder() / "notes" / f"{protocol.id}.txt.j2", protocol)
        placed = set(re.findall(r"sections\.(\w+)", source))
        interpreter_only = {"before", "after"}  # told under "interpreter"
        never = {"safety_plan", "interpreter"} if protocol.id == "missed_contact" else set()
        assert set(section_names(protocol)) - placed <= interpreter_only | never, protocol.id
        assert definitions().rulebook(protocol.id).note_template == source


CONDITIONS = st.sampled_from(
    ["contact.interpreted", "not contact.interpreted", *(f"sections.{name}" for name in NAMES)]
)
WORDS = st.sampled_from(["Dear colleague,", "We spoke {{ contact.medium }}.", "Yours {{ contact.practitioner }}", "  "])


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A template a service might write: words, sections in any order, some under a condition, some left out."""
    parts = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        place = f"{{{{ sections.{name}{draw(st.sampled_from(['', '.prose']))} }}}}"
        if draw(st.booleans()):
            place = f"{{% if {draw(CONDITIONS)} %}}{place}{{% endif %}}"
        parts += [draw(WORDS), place] if draw(st.booleans()) else [place]
    return "\n".join(parts)


@given(contacts(), templates())
def test_no_template_loses_doubles_or_moves_the_source_of_anything(entries: list[Entry], source: str) -> None:
    plain, told = noted(entries, source)
    assert sorted(told.sources) == sorted(plain.sources)
    assert len(set(told.sources)) == len(told.sources)
    assert sorted(_sentences(told)) == sorted(_sentences(plain))


@given(calls())
def test_under_every_protocol_everything_recorded_is_told_exactly_once(call: tuple[Rulebook, SessionState]) -> None:
    held, state = call
    note = note_of(held, state)
    assert sorted(note.sources) == seqs_to_tell(state)
    assert len(_sentences(note)) == len(_sentences(compose_note(held, state))) > 0


def _sentences(note: Note) -> list[tuple[str, tuple[int, ...]]]:
    return [
        (sentence.text, sentence.sources)
        for section in note.sections
        if section.name != "words"
        for sentence in section.sentences
    ]


@given(st.sampled_from(NAMES), st.integers(2, 4))
def test_a_section_placed_again_under_a_condition_of_the_moment_is_told_once(name: str, times: int) -> None:
    source = "\n".join(f"{{% if sections.{name} %}}{{{{ sections.{name} }}}}{{% endif %}}" for _ in range(times))
    plain, told = noted([*whole_contact()], source)
    assert sorted(told.sources) == sorted(plain.sources)


@pytest.mark.parametrize("text", [*HOSTILE, "{{ sections.safety }}", "{% raw %}", "\ue0000\ue001", "{# gone #}"])
def test_what_a_person_said_is_never_a_template(text: str) -> None:
    for shipped in ("support_contact", "assessment"):
        source = definitions().rulebook(shipped).note_template
        plain, told = noted([*OPENING, *SAFETY, Jotted(f"<<{text}>>"), Filled("recap.change", f"<<{text}>>")], source)
        assert sorted(_sentences(told)) == sorted(_sentences(plain))


def test_a_practitioners_name_is_words_too() -> None:
    state = replay(recorded(opening_entry(practitioner="{{ 7*7 }} \ue0000\ue001"), *SAFETY))
    plain = compose_note(book(), state)
    told = written(plain, "Yours {{ contact.practitioner }}", letter_facts(book(), state))
    assert told.sections[0].text == "Yours {{ 7*7 }} 0"
    assert sorted(told.sources) == sorted(plain.sources)


def test_without_a_template_the_note_takes_the_stages_in_order() -> None:
    state: SessionState = state_after(*SAFETY)
    assert written(compose_note(book(), state), "", {}) == compose_note(book(), state)


def test_an_interpreted_contact_tells_the_interpreter_in_one_place() -> None:
    opened = opening_entry(interpreted=True, language="bn")
    held = rulebook_of(definitions(), opened)
    entries = [
        Filled("booking.language", "Sylheti"), Filled("prebrief.terms", "worry time"),
        Filled("interpreter.present", "professional"), Filled("read_by.how", "at_sight"), Filled("debrief.done", "done"),
    ]  # fmt: skip
    state = replay(recorded(opened, *entries))
    section = next(each for each in compose_note(held, state).sections if each.name == "interpreter")
    assert [sentence.text for sentence in section.sentences] == [
        "Through an interpreter (language code bn).",
        "Interpreting from and into Sylheti.",
        "Terms settled beforehand: worry time.",
        "Interpreter: a professional interpreter.",
        "Questionnaires: read in English and interpreted at sight, not validated.",
        "Debrief with the interpreter: held.",
    ]
