"""The disk model keeps what was synced, and what else survives is decided by chance."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.power_cuts.disk import Disk, Survival

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the model needs Linux")
NOTHING, ALL = 0.0, 1.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk with one file."""
    root = tmp_path / "disk"
    root.mkdir()
    (root / "old").write_bytes(b"old")
    disk = Disk(root, tmp_path / "kept")
    yield disk
    disk.close()


def sync(disk: Disk, path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    disk.sync(fd)
    os.close(fd)


def survival(share: float, torn: bool = False, seed: int = 1) -> Survival:
    return Survival(share, torn, random.Random(seed))  # noqa: S311 (repeatable)


def left(disk: Disk) -> dict[str, bytes]:
    files = (path for path in disk.root.rglob("*") if path.is_file())
    return {str(path.relative_to(disk.root)): path.read_bytes() for path in files}


def test_what_was_there_before_is_on_the_disk(disk: Disk) -> None:
    """A file that is not changed survives."""
    disk.cut(survival(NOTHING))
    assert left(disk) == {"old": b"old"}


def test_bytes_and_name_are_synced_each(disk: Disk) -> None:
    """Without a sync of its folder a file is lost, without one of its own it is empty."""
    for name in ("bytes", "name", "both", "neither"):
        (disk.root / name).mkdir()
        sync(disk, disk.root)
        (disk.root / name / "file").write_bytes(b"new")
        if name in ("bytes", "both"):
            sync(disk, disk.root / name / "file")
        if name in ("name", "both"):
            sync(disk, disk.root / name)
    disk.cut(survival(NOTHING))
    assert left(disk) == {"old": b"old", "name/file": b"", "both/file": b"new"}


def test_changes_and_deletions_are_undone(disk: Disk) -> None:
    """A file has the bytes and the names that it had at the last sync."""
    file = disk.root / "old"
    file.write_bytes(b"new")
    file.rename(disk.root / "renamed")
    disk.cut(survival(NOTHING))
    assert left(disk) == {"old": b"old"}


def test_all_may_survive(disk: Disk) -> None:
    """Writes that were not synced may be on the disk all the same."""
    (disk.root / "old").write_bytes(b"new")
    (disk.root / "other").write_bytes(b"other")
    disk.cut(survival(ALL))
    assert left(disk) == {"old": b"new", "other": b"other"}


def test_a_sync_of_all_is_one_of_each(disk: Disk) -> None:
    """After ``syncfs`` everything survives."""
    (disk.root / "folder").mkdir()
    (disk.root / "folder" / "file").write_bytes(b"new")
    disk.sync_all()
    disk.cut(survival(NOTHING))
    assert left(disk) == {"old": b"old", "folder/file": b"new"}


def test_some_sectors_survive(disk: Disk) -> None:
    """Of a long file, some sectors of 512 bytes are the new ones and some the old ones."""
    file = disk.root / "long"
    file.write_bytes(b"a" * 51_200)
    disk.sync_all()
    file.write_bytes(b"b" * 51_200)
    disk.cut(survival(0.5))
    sectors = [left(disk)["long"][begin : begin + 512] for begin in range(0, 51_200, 512)]
    assert {bytes(set(sector)) for sector in sectors} == {b"a", b"b"}


def test_a_write_may_be_torn(disk: Disk) -> None:
    """New bytes end at any place, and the old ones follow."""
    file = disk.root / "long"
    file.write_bytes(b"a" * 10_000)
    disk.sync_all()
    file.write_bytes(b"b" * 10_000)
    disk.cut(survival(0.5, torn=True))
    data = left(disk)["long"]
    assert 0 < data.count(b"b") < 10_000
    assert data == b"b" * data.count(b"b") + b"a" * data.count(b"a")


def test_synced_bytes_of_a_deleted_file_do_not_return_under_another_name(disk: Disk) -> None:
    """A new file is not taken for a deleted one, whose number it might have got."""
    for number in range(20):
        file = disk.root / f"file {number}"
        file.write_bytes(b"synced")
        sync(disk, file)
        file.unlink()
        file.write_bytes(b"not synced")
        sync(disk, disk.root)
    disk.cut(survival(NOTHING))
    assert set(left(disk).values()) == {b"old", b""}
