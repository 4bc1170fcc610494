"""Partial results wait on disk, each under the position of its file."""

from pathlib import Path

import pytest

from master_service.jobs.partial_results import PartialResults


def test_each_position_has_its_bytes(tmp_path: Path) -> None:
    """They may come in any order, more than once, and be discarded; closing leaves no file."""
    partials = PartialResults(tmp_path / "job")
    for position, data in ((2, b"two"), (0, b""), (1, bytes(3_000_000)), (2, b"again")):
        partials.put(position, data)
    assert partials.positions() == [0, 1, 2]
    assert [partials.get(position) for position in range(3)] == [b"", bytes(3_000_000), b"again"]
    partials.discard(1)
    partials.discard(7)
    assert partials.positions() == [0, 2]
    partials.close()
    assert list((tmp_path / "job").iterdir()) == []


@pytest.mark.parametrize("kept", [0, 3])
def test_failed_write_keeps_nothing(
    tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a write that fails, even in the middle, the next one works."""
    partials = PartialResults(tmp_path)
    partials.put(0, b"first")
    file = partials._file
    assert file is not None
    seek, write = file.seek, file.write

    class FullDisk:
        def seek(self, offset: int) -> None:
            seek(offset)

        def write(self, data: memoryview) -> int:
            if kept and len(data) == 6:
                return write(data[:kept])
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(partials, "_file", FullDisk())
        with pytest.raises(OSError, match="No space"):
            partials.put(1, b"second")
    assert partials.positions() == [0]
    partials.put(1, b"2nd")
    assert [partials.get(0), partials.get(1)] == [b"first", b"2nd"]
    partials.close()
