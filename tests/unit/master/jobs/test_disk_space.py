"""What the master says at the door when a disk is full or a folder is not there to be used."""

from pathlib import Path

import pytest

from master_service.errors import StorageFull
from master_service.jobs.disk_space import DiskSpace


def test_room_enough(tmp_path: Path) -> None:
    """Folders that can be written to take a request; a missing one is made."""
    DiskSpace(tmp_path / "spool", tmp_path / "results").check(1000)
    assert (tmp_path / "results").is_dir()


def test_more_than_the_disk_has(tmp_path: Path) -> None:
    """A request larger than the free space is refused before it is read."""
    with pytest.raises(StorageFull, match="SPOOL_DIR on the master is full"):
        DiskSpace(tmp_path, tmp_path).check(2**60)


def test_folder_that_is_none(tmp_path: Path) -> None:
    """The folder that can't be written to is named."""
    (tmp_path / "results").write_text("no folder")
    with pytest.raises(StorageFull, match="RESULTS_DIR can't be written to"):
        DiskSpace(tmp_path, tmp_path / "results").check(0)
