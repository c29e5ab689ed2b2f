"""A service's own protocols, ways of working, rules and notes: in place of ours, and held to the same rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gsh_console.commands.protocols import protocols
from gsh_console.content.definitions import Definitions
from gsh_console.domain.due import due_measures
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder

SHIPPED = definitions_folder()
BROKEN = Path(__file__).parents[1] / "data" / "broken"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An empty folder of a service's own definitions."""
    folder = tmp_path / "own"
    for name in ("protocols", "interventions", "notes", "measures"):
        (folder / name).mkdir(parents=True)
    return folder


def copied(own: Path, name: str, **changes: str) -> Path:
    """A shipped file in the service's folder with some words changed."""
    text = (SHIPPED / name).read_text("utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after, 1)
    (own / name).write_text(text, "utf-8")
    return own / name


def test_a_file_of_the_same_id_stands_in_for_ours_and_is_listed_as_own(own: Path) -> None:
    copied(own, "protocols/check_in.toml", **{"Telephone check-in": "Quick call"})
    copied(own, "interventions/panic.toml", **{'title = "Panic"': 'title = "Our panic"'})
    found = Definitions(own=own)
    assert found.protocols["check_in"].title == "Quick call"
    assert found.interventions["panic"].title == "Our panic"
    assert set(found.protocols) == set(Definitions().protocols)
    assert [name for name in found.protocols if found.is_own("protocols", name)] == ["check_in"]
    assert [name for name in found.interventions if found.is_own("interventions", name)] == ["panic"]


def test_a_file_of_a_new_id_is_added(own: Path) -> None:
    copied(own, "protocols/check_in.toml", **{'id = "check_in"': 'id = "welfare_call"'})
    assert set(Definitions(own=own).protocols) == {*Definitions().protocols, "welfare_call"}


@pytest.mark.parametrize("name", ["safety-missing", "safety-skippable", "identity-missing", "sign-gate-left-out"])
def test_an_own_protocol_is_held_to_the_same_rules(own: Path, name: str) -> None:
    text = (BROKEN / f"protocol-{name}.toml").read_text("utf-8")
    (own / "protocols" / "ours.toml").write_text(text, "utf-8")
    with pytest.raises(DefinitionFault, match=r"ours\.toml › "):
        _ = Definitions(own=own).protocols


def test_an_own_rule_is_added_to_ours(own: Path) -> None:
    (own / "due.toml").write_text((BROKEN / "due-good.toml").read_text("utf-8"), "utf-8")
    rules = Definitions(own=own).due
    assert due_measures(rules, "support_contact", "F51.0", 1) == ("isi",)
    assert due_measures(rules, "support_contact", "F51.0", 2) == ()
    assert due_measures(rules, "support_contact", "F410", 2) == ("pdss",)


def test_an_own_note_is_written_in_the_services_words(own: Path) -> None:
    (own / "notes" / "check_in.txt.j2").write_text("Dear colleague,\n{{ sections.safety }}\n", "utf-8")
    assert Definitions(own=own).rulebook("check_in").note_template.startswith("Dear colleague")
    (own / "notes" / "check_in.txt.j2").write_text("{{ sections.saftey }}\n", "utf-8")
    with pytest.raises(DefinitionFault, match=r'check_in.*line 1.*Did you mean "safety"'):
        Definitions(own=own).rulebook("check_in")


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionFault, match=r'own definitions, gone, is not there\..*"definitions_folder"'):
        _ = Definitions(own=tmp_path / "gone").protocols


def test_whatever_else_lies_in_the_folder_is_left_alone(own: Path) -> None:
    before = Definitions(own=own).digest
    (own / "drafts").mkdir()
    (own / "drafts" / "x.toml").write_text("id = ", "utf-8")
    (own / "notes.txt").write_text("x", "utf-8")
    assert Definitions(own=own).digest == before == Definitions().digest


def run(*arguments: str) -> str:
    """What `protocols` prints, or the sentence it is refused with."""
    done = CliRunner().invoke(protocols, arguments)
    return done.output if done.exception is None else str(done.exception)


def test_the_command_checks_a_file_of_each_kind_or_the_whole_folder(own: Path) -> None:
    (own / "notes" / "check_in.txt.j2").write_text("{{ sections.safety }}\n", "utf-8")
    (own / "notes" / "chek_in.txt.j2").write_text("{{ sections.safety }}\n", "utf-8")
    kinds = {
        SHIPPED / "protocols" / "check_in.toml": "Telephone check-in 1.0.0",
        SHIPPED / "interventions" / "panic.toml": "Panic 1.0.0",
        SHIPPED / "due.toml": "11 rules",
        SHIPPED / "safety" / "crisis_contacts-wales.toml": "crisis contacts of Wales",
        own / "notes" / "check_in.txt.j2": "note of Telephone check-in",
    }
    for path, told in kinds.items():
        assert told in run("check", str(path))
    assert 'Did you mean "check_in"' in run("check", str(own / "notes" / "chek_in.txt.j2"))
    assert "6 protocols" in run("check", str(own))
    broken = run("check", str(BROKEN / "protocol-unknown-shared-step.toml"))
    assert 'stages[3].steps[1].use: no shared step is called "endings". Did you mean "ending"?' in broken


def test_the_list_says_which_are_the_services_own(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied(own, "protocols/check_in.toml")
    settings = own.parent / "settings.toml"
    settings.write_text(f"definitions_folder = '{own}'\n", "utf-8")
    monkeypatch.setenv("GSH_CONSOLE_SETTINGS", str(settings))
    listed = run("list")
    assert "check_in 1.0.0  own  " in listed
    assert "assessment 1.0.0  ships  " in listed
    shown = run("show", "check_in")
    assert "safety: Safety 5, never skipped" in shown
    assert "sections contact, interpreter, safety_plan, actions" in shown
