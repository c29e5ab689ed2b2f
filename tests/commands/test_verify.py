"""`verify`: whatever was changed behind the console is found."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.verifying import verify
from gsh_console.content.measure_library import MeasureLibrary
from gsh_console.faults import StoreDamaged
from gsh_console.locations import definitions_folder
from tests.builders import PASSPHRASE, console, raw_connection

RIGHT = {"GSH_CONSOLE_PASSPHRASE": PASSPHRASE}


@pytest.fixture
def working(access: Access, code: str) -> Desk:
    """That store, open."""
    desk = access.unlock(PASSPHRASE)
    raw = raw_connection(desk)
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    raw.close()
    return desk


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
        ("UPDATE payload SET content = replace(content, 'Okafor', 'Okafar')", "payload in the outbox was changed"),
        ("DELETE FROM payload", "payload in the outbox was changed"),
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


def test_a_bit_flipped_in_a_page_nothing_uses_any_more_is_found_too(access: Access, code: str) -> None:
    desk = access.unlock(PASSPHRASE)
    raw = raw_connection(desk)
    raw.execute("CREATE TABLE gone (x BLOB)")
    raw.execute("INSERT INTO gone VALUES (zeroblob(60000))")
    raw.execute("DROP TABLE gone")
    assert raw.execute("PRAGMA freelist_count").fetchone()[0] > 5
    raw.close()
    desk.close()
    _verify_and_close(access)
    path = access.folder / "store.db"
    whole = bytearray(path.read_bytes())
    whole[-4096 + 777] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(StoreDamaged, match="not authentic"):
        _verify_and_close(access)


def _verify_and_close(access: Access) -> None:
    desk = access.unlock(PASSPHRASE)
    try:
        verify(desk)
    finally:
        desk.store.reading.close()
        desk.store._lock.close()  # type: ignore[union-attr]


def test_scores_of_a_measure_version_no_longer_here_are_counted_and_not_judged(
    access: Access, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = access.unlock(PASSPHRASE)
    for shipped in (definitions_folder() / "measures").glob("*.toml"):
        newer = shipped.read_text("utf-8").replace('version = "1.', 'version = "9.', 1)
        (tmp_path / shipped.name).write_text(newer, "utf-8")
    monkeypatch.setattr(desk.definitions, "_measures", MeasureLibrary(tmp_path))
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
