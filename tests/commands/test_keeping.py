"""backup, restore, passphrase, recover, doctor."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.casework.contacts import resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.keeping import Secret, back_up, drill, restore
from gsh_console.casework.verifying import verify
from gsh_console.faults import InputRefused, StoreDamaged, StoreLocked, StoreMissing, WrongPassphrase
from gsh_console.settings import Settings
from tests.builders import (
    ALEX,
    PASSPHRASE,
    SteadyClock,
    console,
    make_conduct,
    make_patient,
    put_patient,
)

NEW = "another quiet river"
RIGHT = {"GSH_CONSOLE_PASSPHRASE": PASSPHRASE}
WITH_PASSPHRASE = Secret(PASSPHRASE)


def contents(desk: Desk) -> list[object]:
    return [
        desk.store.fetch(f"SELECT * FROM {table} ORDER BY rowid") for table in ("patient", "journal", "note", "outbox")
    ]


# ------------------------------------------------------------- backup and restore


def made_backup(access: Access, into: Path) -> Path:
    desk = access.unlock(PASSPHRASE)
    try:
        return back_up(desk, into)
    finally:
        desk.close()


def test_backup_drill_and_restore_as_processes(access: Access, code: str, tmp_path: Path) -> None:
    done = console("backup", str(tmp_path / "copies"), folder=access.folder, **RIGHT)
    assert (done.returncode, done.stderr) == (0, "")
    copy, keys = (Path(line) for line in done.stdout.splitlines())
    assert re.fullmatch(r"gsh-console-\d{4}-\d{2}-\d{2}-\d{6}\.db", copy.name)
    assert keys.is_file()
    done = console("restore", str(copy), "--drill", folder=access.folder, **RIGHT)
    assert done.returncode == 0
    assert f"drill: {copy.name} opens and is whole; it holds everything the store holds" in done.stdout
    done = console("restore", str(copy), folder=access.folder, **RIGHT)
    assert done.returncode == 1
    assert "never overwrites" in done.stderr
    shutil.rmtree(access.folder)
    done = console("restore", str(copy), "--recovery", folder=access.folder, GSH_CONSOLE_RECOVERY_CODE=code)
    assert done.returncode == 0
    assert done.stdout.endswith(f"restored: {access.folder}\n")
    assert console("verify", folder=access.folder, **RIGHT).returncode == 0


def test_a_restored_store_is_what_was_backed_up(access: Access, code: str, tmp_path: Path) -> None:
    copy = made_backup(access, tmp_path / "copies")
    desk = access.unlock(PASSPHRASE)
    before = contents(desk)
    put_patient(desk, make_patient(3))
    desk.close()
    _, aside = restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    desk = access.unlock(PASSPHRASE)
    assert contents(desk) == before
    desk.close()
    assert aside is not None
    assert aside.name.startswith("store-aside-2026-11-20-")
    kept = Access(aside, Settings()).unlock(PASSPHRASE)
    assert kept.store.fetch("SELECT count(*) FROM patient") == [(3,)]
    kept.close()
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in access.folder.iterdir()} == {0}


def test_a_backup_lying_inside_the_store_folder_is_restored_too(access: Access, code: str) -> None:
    copy = made_backup(access, access.folder / "backups")
    restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    access.unlock(PASSPHRASE).close()


def test_a_drill_says_how_much_newer_the_store_is_and_touches_nothing(
    access: Access, code: str, tmp_path: Path
) -> None:
    copy = made_backup(access, tmp_path)
    desk = access.unlock(PASSPHRASE)
    make_conduct(desk, put_patient(desk, make_patient(3)))
    before = contents(desk)
    proved = drill(access, copy, WITH_PASSPHRASE)  # the console stays open meanwhile
    assert proved.compared == "the store has 1 newer entries"
    assert contents(desk) == before
    desk.close()
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == sorted([copy.name, copy.with_suffix(".keys.json").name])


def test_a_store_swapped_for_an_older_one_is_found_by_the_drill(access: Access, code: str, tmp_path: Path) -> None:
    old = made_backup(access, tmp_path / "old")
    desk = access.unlock(PASSPHRASE)
    conduct = resume(desk, desk.store.fetch("SELECT id FROM contact WHERE signed_at IS NULL")[0][0])
    conduct.enter("opening")
    desk.close()
    newer = made_backup(access, tmp_path / "new")
    shutil.copyfile(old, access.folder / "store.db")
    desk = access.unlock(PASSPHRASE)
    verify(desk)  # the chain alone cannot tell
    desk.close()
    with pytest.raises(StoreDamaged, match="different entries"):
        drill(access, newer, WITH_PASSPHRASE)


def test_a_restore_is_refused_before_anything_is_moved(access: Access, code: str, tmp_path: Path) -> None:
    copy = made_backup(access, tmp_path / "copies")
    before = sorted(access.folder.iterdir())
    with pytest.raises(InputRefused, match="never overwrites"):
        restore(access, copy, WITH_PASSPHRASE, move_aside=False)
    with pytest.raises(WrongPassphrase):
        restore(access, copy, Secret("wrong wrong wrong"), move_aside=True)
    desk = access.unlock(PASSPHRASE)
    with pytest.raises(StoreLocked):
        restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    desk.close()
    raw = bytearray(copy.read_bytes())
    raw[5000] ^= 1
    copy.write_bytes(bytes(raw))
    with pytest.raises(StoreDamaged):
        restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    copy.with_suffix(".keys.json").unlink()
    with pytest.raises(StoreMissing, match="no key file beside it"):
        restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    with pytest.raises(StoreMissing, match="no backup called"):
        restore(access, tmp_path / "nowhere.db", WITH_PASSPHRASE, move_aside=True)
    assert sorted(access.folder.iterdir()) == before
    access.unlock(PASSPHRASE).close()


def test_a_leftover_log_is_never_replayed_onto_a_restored_store(access: Access, code: str, tmp_path: Path) -> None:
    copy = made_backup(access, tmp_path / "copies")
    for name in ("store.db", "keys.json"):
        (access.folder / name).unlink()
    (access.folder / "store.db-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(5000))
    with pytest.raises(InputRefused):
        restore(access, copy, WITH_PASSPHRASE, move_aside=False)
    restore(access, copy, WITH_PASSPHRASE, move_aside=True)
    access.unlock(PASSPHRASE).close()


def test_two_backups_in_one_second_do_not_overwrite_each_other(access: Access, code: str, tmp_path: Path) -> None:
    access.clock = lambda: SteadyClock().moment
    made_backup(access, tmp_path)
    with pytest.raises(InputRefused, match="already"):
        made_backup(access, tmp_path)


def test_a_training_store_is_backed_up_and_restored_without_a_passphrase(folder: Path, tmp_path: Path) -> None:
    Access(folder, Settings()).set_up_training(ALEX).close()
    done = console("backup", str(tmp_path / "copies"), folder=folder)
    assert done.returncode == 0
    copy = done.stdout.splitlines()[0]
    done = console("restore", copy, "--move-aside", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "kept: " in done.stdout


# ------------------------------------------------------------- passphrase and recovery code


def test_the_passphrase_is_changed_and_recovered_as_processes(access: Access, code: str) -> None:
    done = console("passphrase", folder=access.folder, GSH_CONSOLE_NEW_PASSPHRASE=NEW, **RIGHT)
    assert (done.returncode, done.stdout) == (0, "The passphrase is changed.\n")
    with pytest.raises(WrongPassphrase):
        access.unlock(PASSPHRASE)
    access.unlock(NEW).close()
    typed = f"{code}\nthird secret words\nthird secret words\n"
    done = console("recover", folder=access.folder, given=typed)
    assert done.returncode == 0
    access.unlock("third secret words").close()
    assert code not in done.stdout + done.stderr


def test_a_new_passphrase_typed_differently_twice_changes_nothing(access: Access, code: str) -> None:
    before = (access.folder / "keys.json").read_bytes()
    done = console("passphrase", folder=access.folder, given="first new words\nother new words\n", **RIGHT)
    assert done.returncode != 0
    assert (access.folder / "keys.json").read_bytes() == before


def test_a_wrong_code_ends_with_five_and_a_weak_passphrase_with_one(access: Access, code: str) -> None:
    wrong = {"GSH_CONSOLE_RECOVERY_CODE": "AAAA-" * 7 + "AAAA", "GSH_CONSOLE_NEW_PASSPHRASE": NEW}
    assert console("recover", folder=access.folder, **wrong).returncode == 5
    weak = {"GSH_CONSOLE_RECOVERY_CODE": code, "GSH_CONSOLE_NEW_PASSPHRASE": "short"}
    done = console("recover", folder=access.folder, **weak)
    assert done.returncode == 1
    assert "shorter than 10" in done.stderr
    access.unlock(PASSPHRASE).close()


def test_the_training_caseload_has_no_passphrase_to_change(folder: Path) -> None:
    Access(folder, Settings()).set_up_training(ALEX).close()
    for command in ("passphrase", "recover"):
        done = console(command, folder=folder)
        assert done.returncode == 1
        assert "has no passphrase" in done.stderr


# ------------------------------------------------------------- doctor


def test_the_doctor_names_versions_cipher_space_clock_and_target(folder: Path) -> None:
    Access(folder, Settings()).set_up_training(ALEX).close()
    done = console("doctor", folder=folder)
    assert done.returncode == 0
    told = {line[2:20].strip(): line[20:] for line in done.stdout.splitlines()}
    assert set(told) == {
        *("gsh-console", "python", "libraries", "sqlite, cipher", "store", "free space", "permissions", "clock"),
        *("terminal", "locale", "booklets", "crisis numbers", "fonts", "target"),
    }
    assert "SQLCipher 4" in told["sqlite, cipher"]
    assert "training store" in told["store"]
    assert "textual 8.2.8" in told["libraries"]
    assert told["target"] == "none set: signed notes wait in the outbox"
    assert "\x1b" not in done.stdout


def test_the_doctor_ends_with_seven_when_the_target_is_not_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f"outbox_folder = '{tmp_path / 'unplugged'}'\n", "utf-8")
    done = console("doctor", folder=folder, GSH_CONSOLE_SETTINGS=str(tmp_path / "settings.toml"))
    assert done.returncode == 7
    assert "! target" in done.stdout
    (tmp_path / "unplugged").mkdir()
    done = console("doctor", folder=folder, GSH_CONSOLE_SETTINGS=str(tmp_path / "settings.toml"))
    assert done.returncode == 0
    assert list((tmp_path / "unplugged").iterdir()) == []


def test_the_doctor_notices_a_clock_behind_the_stores_own_files(folder: Path) -> None:
    Access(folder, Settings()).set_up_training(ALEX).close()
    ahead = (folder / "keys.json").stat().st_mtime + 90_000
    os.utime(folder / "keys.json", (ahead, ahead))
    done = console("doctor", folder=folder)
    assert done.returncode == 1
    assert "! clock" in done.stdout
