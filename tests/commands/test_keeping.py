"""verify, backup, restore, passphrase, recover, doctor."""

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
from gsh_console.casework.signing import amend
from gsh_console.casework.verifying import verify
from gsh_console.faults import InputRefused, StoreDamaged, StoreFault, StoreLocked, StoreMissing, WrongPassphrase
from gsh_console.settings import Settings
from tests.builders import (
    ALEX,
    PASSPHRASE,
    SteadyClock,
    console,
    make_conduct,
    make_patient,
    put_patient,
    raw_connection,
    signed_contact,
)

NEW = "another quiet river"
RIGHT = {"GSH_CONSOLE_PASSPHRASE": PASSPHRASE}
WITH_PASSPHRASE = Secret(PASSPHRASE)


@pytest.fixture
def access(folder: Path, clock: SteadyClock) -> Access:
    """The way to a store that is not there yet."""
    return Access(folder, Settings(), clock)


@pytest.fixture
def code(access: Access) -> str:
    """The recovery code of a closed store with a signed, amended contact and one going on."""
    desk, code = access.set_up(PASSPHRASE, ALEX)
    amend(signed_contact(desk, put_patient(desk, make_patient())), "More.", "Found later")
    make_conduct(desk, put_patient(desk, make_patient(2)))
    desk.close()
    return code


@pytest.fixture
def working(access: Access, code: str) -> Desk:
    """That store, open."""
    desk = access.unlock(PASSPHRASE)
    raw = raw_connection(desk)
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    raw.close()
    return desk


def contents(desk: Desk) -> list[object]:
    return [
        desk.store.fetch(f"SELECT * FROM {table} ORDER BY rowid") for table in ("patient", "journal", "note", "outbox")
    ]


# ------------------------------------------------------------- verify


def test_a_whole_store_is_verified_with_its_counts(access: Access, code: str) -> None:
    desk = access.unlock(PASSPHRASE)
    found = verify(desk)
    assert (found.contacts, found.notes, found.scores, found.payloads, found.older) == (1, 2, 3, 2, 0)
    assert found.entries == desk.store.fetch("SELECT count(*) FROM journal")[0][0]
    desk.close()
    done = console("verify", folder=access.folder, **RIGHT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "\n".join(found.lines()) + "\n"


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        ("UPDATE journal SET body = replace(body, 'kitchen', 'garden')", "audit chain breaks"),
        ("DELETE FROM journal WHERE seq = 9", "audit chain breaks"),
        ("UPDATE note SET text = text || ' '", "text of a signed note was changed"),
        ("UPDATE note SET sha256 = 'x' WHERE amends IS NULL", "not the one the signature names"),
        ("DELETE FROM note WHERE amends IS NULL", "do not fit together"),
        ("DELETE FROM note WHERE amends IS NOT NULL", "amendment is not the one"),
        ("DELETE FROM note", "not the one the signature names"),
        ("UPDATE score SET total = total + 1 WHERE measure = 'gad-7'", "not what the journal gives"),
        ("UPDATE score SET prorated = 1 - prorated WHERE measure = 'wsas'", "not what the journal gives"),
        ("UPDATE score SET missing = '[]' WHERE measure = 'wsas'", "not what the journal gives"),
        ("DELETE FROM score WHERE measure = 'phq-9'", "name different measures"),
        ("UPDATE contact SET signed_at = NULL", "marked as signed without its entry"),
        ("UPDATE contact SET signed_at = opened_at", "marked as signed without its entry"),
        ("UPDATE outbox SET payload = replace(payload, 'Okafor', 'Okafar')", "payload in the outbox was changed"),
        ("DELETE FROM patient", "do not fit together"),
    ],
)
def test_whatever_was_changed_behind_the_console_is_found(working: Desk, tamper: str, words: str) -> None:
    verify(working)
    raw = raw_connection(working)
    raw.execute(tamper)
    assert raw.execute("SELECT changes()").fetchone()[0] > 0
    raw.close()
    with pytest.raises(StoreDamaged, match=words) as told:
        verify(working)
    assert told.value.exit_code == 6
    working.close()


def test_a_note_changed_together_with_its_digest_is_found_by_the_signature(working: Desk) -> None:
    import hashlib

    raw = raw_connection(working)
    text = raw.execute("SELECT text FROM note WHERE amends IS NULL").fetchone()[0].replace("moderate", "mild")
    digest = hashlib.sha256(text.encode()).hexdigest()
    raw.execute("UPDATE note SET text = ?, sha256 = ? WHERE amends IS NULL", (text, digest))
    raw.close()
    with pytest.raises(StoreDamaged, match="not the one the signature names"):
        verify(working)
    working.close()


def test_one_flipped_bit_anywhere_in_the_file_is_found(access: Access, code: str) -> None:
    path = access.folder / "store.db"
    whole = path.read_bytes()
    for page in range(0, len(whole), 4096 * 5):
        raw = bytearray(whole)
        raw[page + 777] ^= 1
        path.write_bytes(bytes(raw))
        with pytest.raises(StoreDamaged):
            _verify_and_close(access)
    path.write_bytes(whole)
    _verify_and_close(access)


def _verify_and_close(access: Access) -> None:
    desk = access.unlock(PASSPHRASE)
    try:
        verify(desk)
    finally:
        desk.store.reading.close()
        desk.store._lock.close()  # type: ignore[union-attr]


def test_scores_of_a_measure_version_no_longer_here_are_counted_and_not_judged(
    access: Access, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    desk = access.unlock(PASSPHRASE)
    newer = {
        name: dataclasses.replace(m, version="2.0.0", prorate_limit=0) for name, m in desk.definitions.measures.items()
    }
    monkeypatch.setattr(desk.definitions, "_measures", newer)
    found = verify(desk)
    assert found.older == 3
    assert "3 of an older measure version" in "\n".join(found.lines())
    desk.close()


def test_verify_as_a_process_ends_with_six_on_damage(working: Desk, access: Access) -> None:
    working.store.reading.execute("UPDATE score SET total = 0")
    working.close()
    done = console("verify", folder=access.folder, **RIGHT)
    assert done.returncode == 6
    assert "A score is not what the journal gives." in done.stderr


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
        *("terminal", "locale", "booklets", "fonts", "target"),
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


def test_a_store_on_a_fault_is_told_as_a_fault_and_nothing_else(access: Access, code: str) -> None:
    (access.folder / "store.db").write_bytes(b"")
    with pytest.raises(StoreFault):
        _verify_and_close(access)
    done = console("verify", folder=access.folder, **RIGHT)
    assert done.returncode == 6
