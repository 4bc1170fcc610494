"""Requests are refused while a disk is full or a folder can't be written to."""

from pathlib import Path

import pytest

from master_service.errors import StorageFull
from master_service.monitoring.disk_space import DiskSpace


def test_enough_space_is_accepted(tmp_path: Path) -> None:
    """With enough free space nothing is raised, and a missing folder is created."""
    DiskSpace(tmp_path / "spool", tmp_path / "results").check(1000)
    assert (tmp_path / "results").is_dir()


def test_request_larger_than_the_free_space_is_refused(tmp_path: Path) -> None:
    """The error names the setting of the full disk."""
    with pytest.raises(StorageFull, match="SPOOL_DIR on the master is full"):
        DiskSpace(tmp_path, tmp_path).check(2**60)


def test_unwritable_folder_is_named(tmp_path: Path) -> None:
    """The error names the setting of a folder that is a file."""
    (tmp_path / "results").write_text("no folder")
    with pytest.raises(StorageFull, match="RESULTS_DIR can't be written to"):
        DiskSpace(tmp_path, tmp_path / "results").check(0)
