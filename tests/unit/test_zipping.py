"""An archive that is sent while it is made."""

import io
import zipfile
from datetime import datetime, timezone
from pathlib import Path

from master_service.zipping import stream

AT = datetime(2026, 5, 1, 12, 30, tzinfo=timezone.utc)


def test_archive_holds_every_file(tmp_path: Path) -> None:
    """What was put in comes out, names beyond ASCII too."""
    contents = {"ü.json": b"{}", "empty": b"", "large": bytes(range(256)) * 4096}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    data = b"".join(stream(((name, tmp_path / name) for name in contents), AT))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_what_is_gone_is_listed(tmp_path: Path) -> None:
    """A result that somebody has moved away does not spoil the archive of the others."""
    (tmp_path / "a").write_bytes(b"a")
    files = [("a", tmp_path / "a"), ("b", tmp_path / "b"), ("c", None)]
    with zipfile.ZipFile(io.BytesIO(b"".join(stream(files, AT)))) as archive:
        assert archive.namelist() == ["a", "_missing.txt"]
        assert archive.read("_missing.txt").decode().splitlines()[1:] == ["b", "c"]


def test_a_large_file_is_never_held_whole(tmp_path: Path) -> None:
    """A file of many blocks comes in as many pieces."""
    (tmp_path / "large").write_bytes(bytes(4 * 1024 * 1024))
    pieces = list(stream([("large", tmp_path / "large")], AT))
    assert max(map(len, pieces)) < 512 * 1024
