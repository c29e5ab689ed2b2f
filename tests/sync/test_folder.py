"""The folder target: whole files or none, the same record twice harmless, another under its id refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from gsh_console.faults import SyncFault
from gsh_console.sync.folder import FolderTarget

RECORD = '{"name":"Ążź آپ"}'
DIGEST = hashlib.sha256(RECORD.encode()).hexdigest()
NAME = f"0190-a_{DIGEST[:12]}.json"


def deliver(folder: Path, record: str = RECORD) -> None:
    FolderTarget(folder).deliver("0190-a", record, hashlib.sha256(record.encode()).hexdigest())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_record_lands_whole_under_its_id_and_digest(tmp_path):
    FolderTarget(tmp_path).check()
    deliver(tmp_path)
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == RECORD.encode()


def test_only_the_owner_and_the_folders_group_may_read_it(tmp_path):
    deliver(tmp_path)
    assert (tmp_path / NAME).stat().st_mode & 0o007 == 0


def test_delivering_again_changes_nothing(tmp_path):
    deliver(tmp_path)
    before = (tmp_path / NAME).stat()
    deliver(tmp_path)
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).stat().st_mtime_ns == before.st_mtime_ns


def test_one_target_delivers_many_and_sees_its_own(tmp_path):
    target = FolderTarget(tmp_path)
    for _ in range(2):
        target.deliver("0190-a", RECORD, DIGEST)
        target.deliver("0190-b", RECORD, DIGEST)
    assert len(names(tmp_path)) == 2


def test_a_record_that_was_collected_can_be_delivered_again(tmp_path):
    target = FolderTarget(tmp_path)
    target.deliver("0190-a", RECORD, DIGEST)
    target.check()
    target.deliver("0190-b", RECORD, DIGEST)
    (tmp_path / NAME).unlink()
    target.deliver("0190-a", RECORD, DIGEST)
    assert NAME in names(tmp_path)


def test_another_record_under_the_same_id_is_refused_and_the_first_kept(tmp_path):
    deliver(tmp_path)
    with pytest.raises(SyncFault, match="holds a different record under this id"):
        deliver(tmp_path, "other")
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == RECORD.encode()


def test_other_bytes_under_the_very_name_are_refused(tmp_path):
    (tmp_path / NAME).write_text("half a rec")
    with pytest.raises(SyncFault, match="holds a different record under this id"):
        deliver(tmp_path)
    assert (tmp_path / NAME).read_text() == "half a rec"


def test_a_run_killed_before_the_rename_leaves_nothing_a_collector_would_take(tmp_path):
    (tmp_path / f"{NAME}.part").write_text(RECORD[:5])
    assert list(tmp_path.glob("*.json")) == []
    deliver(tmp_path)
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == RECORD.encode()


@pytest.mark.parametrize("place", ["absent", "a file/below"])
def test_a_folder_that_is_not_there_is_named_in_one_sentence_and_never_made(tmp_path, place):
    (tmp_path / "a file").write_text("")
    folder = tmp_path / place
    for attempt in (FolderTarget(folder).check, lambda: deliver(folder)):
        with pytest.raises(SyncFault, match=r"^The outbox folder is not there\. Plug in the drive"):
            attempt()
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named_in_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SyncFault, match="may not be written to"):
        FolderTarget(tmp_path).check()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_folder_is_named_in_one_sentence_and_leaves_no_half_file(tmp_path):
    (tmp_path / f"{NAME}.part").symlink_to("/dev/full")
    with pytest.raises(SyncFault, match=r"^The outbox folder is full\. Make room"):
        deliver(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("item_id", ["", "../x", "a/b", "a_b", "x" * 65])
def test_an_id_that_is_no_plain_name_is_refused(tmp_path, item_id):
    with pytest.raises(SyncFault):
        FolderTarget(tmp_path).deliver(item_id, RECORD, DIGEST)
    assert names(tmp_path) == []
