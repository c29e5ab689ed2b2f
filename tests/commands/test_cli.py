"""The command line as a whole: help, exit codes, one sentence for every fault."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gsh_console import __version__
from gsh_console.cli import COMMANDS, cli
from gsh_console.store import migrate
from tests.builders import PASSPHRASE, child_environment, console, make_desk, make_patient, put_patient

RIGHT = {"GSH_CONSOLE_PASSPHRASE": PASSPHRASE}


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command and every command of a group, by its whole name."""
    for name, (module, attribute, _) in COMMANDS.items():
        if importlib.util.find_spec(module) is None:
            continue
        command: click.Command = getattr(importlib.import_module(module), attribute)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())


ALL = dict(every_command())


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed store with one patient."""
    folder = tmp_path_factory.mktemp("cli") / "store"
    desk = make_desk(folder)
    put_patient(desk, make_patient())
    desk.close()
    return folder


def test_the_list_of_commands_is_the_table_and_every_one_of_them_can_be_loaded() -> None:
    told = console("--help").stdout
    for name, (module, attribute, words) in COMMANDS.items():
        assert name in told
        assert words.split(":")[0].split(",")[0] in told
        assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)


@pytest.mark.parametrize("name", ALL)
def test_the_help_of_every_command_says_what_it_does_and_what_every_option_does(name: str) -> None:
    command = ALL[name]
    assert command.help
    assert command.help[0].isupper()
    assert command.help.splitlines()[0].rstrip().endswith((".", ":"))
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, f"{name} {option.opts[0]}"
    told = command.get_help(click.Context(command, info_name=name))
    assert "Usage:" in told


def test_every_command_takes_its_store_before_or_after_its_name(shut: Path) -> None:
    before = console("patients", "list", folder=shut, **RIGHT)
    after = console("patients", "list", "--store", str(shut), folder=None, **RIGHT)
    assert (before.returncode, before.stderr) == (0, "")
    assert before.stdout == after.stdout
    assert "OKAFOR, Maya" in before.stdout


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stdout == ""
    assert done.stderr.startswith("gsh-console: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pateints", "list"), 'Did you mean "patients"?'),
        (("patients", "list", "--jsno"), "--json"),
        (("patients", "export"), "Missing"),
        (("score", "/nowhere/forms.jsonl"), "nowhere"),
        (("demo", "--patients", "3"), "30"),
    ],
)
def test_wrong_usage_ends_with_two(arguments: tuple[str, ...], words: str) -> None:
    done = console(*arguments)
    assert done.returncode == 2
    assert words in one_sentence(done)


def test_refused_input_ends_with_one(tmp_path: Path) -> None:
    done = console(folder=tmp_path / "none", GSH_CONSOLE_SETTINGS=str(tmp_path / "none.toml"))
    assert done.returncode == 1
    assert "terminal" in one_sentence(done)


def test_a_missing_store_ends_with_three(tmp_path: Path) -> None:
    for command in (
        ("patients", "list"),
        ("verify",),
        ("backup", str(tmp_path)),
        ("passphrase",),
        ("recover",),
        ("outbox",),
    ):
        done = console(*command, folder=tmp_path / "none", **RIGHT)
        assert done.returncode == 3, command
        assert "no store here" in one_sentence(done)
    assert not (tmp_path / "none").exists()


def test_a_store_open_in_another_console_ends_with_four_for_what_writes_and_not_for_what_reads(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "store")
    try:
        done = console("verify", folder=tmp_path / "store", **RIGHT)
        assert done.returncode == 4
        assert "already open in another console" in one_sentence(done)
        assert console("patients", "list", folder=tmp_path / "store", **RIGHT).returncode == 0
    finally:
        desk.close()


def test_a_wrong_passphrase_ends_with_five(shut: Path) -> None:
    done = console("patients", "list", folder=shut, GSH_CONSOLE_PASSPHRASE="wrong wrong wrong")
    assert done.returncode == 5
    assert "does not open this store; nothing was changed" in one_sentence(done)
    assert "wrong wrong wrong" not in done.stderr


def test_a_passphrase_is_read_from_standard_input_where_there_is_no_terminal(shut: Path) -> None:
    done = console("patients", "list", folder=shut, given=f"{PASSPHRASE}\n")
    assert done.returncode == 0
    assert PASSPHRASE not in done.stdout + done.stderr


def test_a_damaged_or_newer_store_ends_with_six(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "store", training=True)
    desk.store.reading.execute(f"PRAGMA user_version = {migrate.newest() + 1}")
    desk.close()
    done = console("patients", "list", folder=tmp_path / "store")
    assert done.returncode == 6
    assert "newer console" in one_sentence(done)
    (tmp_path / "store" / "store.db").write_bytes(b"")
    done = console("patients", "list", folder=tmp_path / "store")
    assert done.returncode == 6
    assert "empty" in one_sentence(done)


def test_a_target_that_is_not_there_ends_with_seven(shut: Path, tmp_path: Path) -> None:
    done = console("sync", "--to", str(tmp_path / "unplugged"), folder=shut, **RIGHT)
    assert done.returncode == 7
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('outbox_foldr = "x"', 'Did you mean "outbox_folder"?'),
        ("theme = 3", "takes text"),
        ('theme = "pink"', "high-contrast"),
        ("theme", "not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_named_and_ends_with_two(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(content, "utf-8")
    done = console("doctor", folder=tmp_path / "none", GSH_CONSOLE_SETTINGS=str(tmp_path / "settings.toml"))
    assert done.returncode == 2
    assert words in one_sentence(done)


def test_the_version_is_told() -> None:
    assert console("--version").stdout == f"gsh-console, version {__version__}\n"


def test_a_reader_that_goes_away_ends_the_output_quietly() -> None:
    line = '{"measure": "wsas", "answers": [1,1,1,1,1]}\n'
    command = f"yes '{line.strip()}' | head -20000 | {sys.executable} -m gsh_console score | head -1"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=child_environment()
    )
    assert done.stderr == ""
    assert '"total": 5' in done.stdout


def test_casework_runs_without_a_screen_library_and_help_without_the_store() -> None:
    script = """
import sys
import gsh_console.casework.signing, gsh_console.casework.contacts, gsh_console.casework.verifying
assert "textual" not in sys.modules and "click" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=child_environment()
    )
    assert done.returncode == 0, done.stderr
    script = """
import sys
from gsh_console.cli import main
try:
    main(["--help"])
finally:
    heavy = {"textual", "sqlmodel", "sqlcipher3", "pydantic", "jinja2", "cryptography"} & set(sys.modules)
    assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=child_environment()
    )
    assert done.returncode == 0, done.stderr


def test_no_exit_code_is_told_that_no_fault_has() -> None:
    assert cli.help is not None
    assert re.findall(r"(\d) [a-z]", cli.help) == list("01234567")
