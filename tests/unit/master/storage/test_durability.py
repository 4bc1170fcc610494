"""Files of many callers are synced together, and each caller learns of its own errors."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from master_service.storage import durability, sync_calls
from master_service.storage.durability import GroupCommit, SyncedStorage, UnsyncedStorage
from master_service.storage.sync_calls import FileSystem, is_all_cheaper, sync_each


def test_callers_that_come_meanwhile_are_one_group() -> None:
    """While a group is carried out, later callers form the next one."""
    groups: list[list[int]] = []
    begun, may_end = threading.Event(), threading.Event()

    def carry_out(group: list[int]) -> Mapping[int, OSError]:
        groups.append(sorted(group))
        begun.set()
        may_end.wait(10)
        return {}

    commit = GroupCommit(carry_out)
    first = threading.Thread(target=commit.add, args=([0],))
    first.start()
    begun.wait(10)
    later = [threading.Thread(target=commit.add, args=([number],)) for number in (1, 2, 3)]
    for thread in later:
        thread.start()
    while len(commit._next.items) < 3:
        threading.Event().wait(0.001)
    may_end.set()
    for thread in (first, *later):
        thread.join(10)
    assert groups == [[0], [1, 2, 3]]


def test_errors_are_those_of_the_caller() -> None:
    """Of a group only the caller whose item failed gets the error."""
    commit = GroupCommit[str](lambda group: {"bad": OSError(5, "I/O")} if "bad" in group else {})
    commit.add(["good"])
    with pytest.raises(OSError, match="I/O"):
        commit.add(["good", "bad"])


def test_an_unexpected_error_fails_the_whole_group() -> None:
    """No caller takes a sync for done that did not happen."""

    def fail(_: list[str]) -> Mapping[str, OSError]:
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError, match="bug"):
        GroupCommit(fail).add(["file"])


@pytest.mark.parametrize("cheaper", [True, False])
def test_files_and_folders_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheaper: bool
) -> None:
    """Each way of syncing works on a real disk."""
    monkeypatch.setattr(durability, "is_all_cheaper", lambda count: cheaper and count > 0)
    storage = SyncedStorage([tmp_path / "spool", tmp_path / "results"])
    for number in range(9):
        (tmp_path / "spool" / str(number)).write_bytes(b"1")
    storage.sync([tmp_path / "spool" / str(number) for number in range(9)], [tmp_path / "spool"])


def test_a_file_that_is_gone_is_an_error_of_its_caller_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncing one by one, the errors name their files."""
    monkeypatch.setattr(durability, "is_all_cheaper", lambda _: False)
    (tmp_path / "there").write_bytes(b"1")
    storage = SyncedStorage([tmp_path])
    storage.sync([tmp_path / "there"], [tmp_path])
    with pytest.raises(FileNotFoundError):
        storage.sync([tmp_path / "gone"], ())
    assert list(sync_each([tmp_path / "there", tmp_path / "gone"], ())) == [tmp_path / "gone"]


def test_a_failed_sync_of_all_is_repeated_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of another program's file does not refuse these."""

    def fail(_: FileSystem) -> None:
        raise OSError(5, "I/O")

    (tmp_path / "there").write_bytes(b"1")
    storage = SyncedStorage([tmp_path])
    monkeypatch.setattr(durability, "is_all_cheaper", lambda _: True)
    monkeypatch.setattr(FileSystem, "sync", fail)
    storage.sync([tmp_path / "there"], [tmp_path])


def test_all_is_synced_only_where_that_is_known_to_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On file systems and kernels that might sync nothing, files are synced one by one."""
    monkeypatch.setattr(sync_calls, "_file_system_of", lambda _: "fuse.sshfs")
    assert not FileSystem(tmp_path).is_possible
    monkeypatch.setattr(sync_calls, "_file_system_of", lambda _: "ext4")
    monkeypatch.setattr(sync_calls, "_kernel", lambda: (5, 7))
    assert not FileSystem(tmp_path).is_possible


def test_many_files_are_synced_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While much of other programs waits to be written, few files are synced one by one."""
    monkeypatch.setattr(sync_calls, "_dirty_bytes", lambda: 50 * 1024**2)
    assert (is_all_cheaper(10), is_all_cheaper(100)) == (False, True)
    monkeypatch.setattr(sync_calls, "_dirty_bytes", lambda: None)
    assert not is_all_cheaper(1000)


def test_without_durability_nothing_is_synced(tmp_path: Path) -> None:
    """Not even a file that is gone matters."""
    UnsyncedStorage().sync([tmp_path / "gone"], [tmp_path])
