"""The streamed ZIP archive."""

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from master_service.api.zip_stream import stream

AT = datetime(2026, 5, 1, 12, 30, tzinfo=timezone.utc)


def test_archive_holds_every_file(tmp_path: Path) -> None:
    """The archive contains every file, with non-ASCII names too."""
    contents = {"ü.json": b"{}", "empty": b"", "large": bytes(range(256)) * 4096}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    data = b"".join(stream(((name, tmp_path / name) for name in contents), AT))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_missing_files_are_listed(tmp_path: Path) -> None:
    """Removed results are listed in ``_missing.txt``; the others are archived."""
    (tmp_path / "a").write_bytes(b"a")
    files = [("a", tmp_path / "a"), ("b", tmp_path / "b"), ("c", None)]
    with zipfile.ZipFile(io.BytesIO(b"".join(stream(files, AT)))) as archive:
        assert archive.namelist() == ["a", "_missing.txt"]
        assert archive.read("_missing.txt").decode().splitlines()[1:] == ["b", "c"]


def test_large_file_is_sent_in_blocks(tmp_path: Path) -> None:
    """A file of many blocks is yielded in pieces of limited size."""
    (tmp_path / "large").write_bytes(bytes(4 * 1024 * 1024))
    pieces = list(stream([("large", tmp_path / "large")], AT))
    assert max(map(len, pieces)) < 512 * 1024


def test_manifest_is_last(tmp_path: Path) -> None:
    """The manifest gets the missing names, and its lines are joined into a few blocks."""
    (tmp_path / "a").write_bytes(b"a")
    lines = [f"line {number}\n" for number in range(100_000)]
    missing_names: list[str] = []

    def manifest(missing: Iterable[str]) -> Iterable[str]:
        missing_names.extend(missing)
        return lines

    files = [("a", tmp_path / "a"), ("b", None)]
    pieces = list(stream(files, AT, ("list.csv", manifest)))
    assert max(map(len, pieces)) < 512 * 1024
    assert len(pieces) < 100
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.namelist() == ["a", "_missing.txt", "list.csv"]
        assert archive.read("list.csv").decode() == "".join(lines)
    assert missing_names == ["b"]
