"""Keeps the partial results of a run on disk until those of all its files can be merged."""

import tempfile
import threading
from pathlib import Path
from typing import IO


class PartialResults:
    """One temporary file with the partial result of each position; ``close`` deletes it.

    It is created in ``folder`` by the first ``put``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

        self._lock = threading.Lock()
        self._end = 0
        self._places: dict[int, tuple[int, int]] = {}
        """By position: offset and length in bytes."""

    def close(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()

    def put(self, position: int, data: bytes) -> None:
        """Keep the partial result of a file; raises ``OSError``, and keeps nothing of it then."""
        with self._lock:
            file = self._opened()
            file.seek(self._end)
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            self._places[position] = self._end, len(data)
            self._end += len(data)

    def get(self, position: int) -> bytes:
        """Return the partial result of a file."""
        offset, length = self._places[position]
        with self._lock:
            file = self._opened()
            file.seek(offset)
            data = bytearray()
            while len(data) < length and (block := file.read(length - len(data))):
                data += block
            return bytes(data)

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a buffer that could not be written would be written again by each call.
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 (``close`` closes it)
                prefix="partial-", dir=self._folder, buffering=0
            )
        return self._file

    def discard(self, position: int) -> None:
        """Forget the partial result of a file, if it has one."""
        self._places.pop(position, None)

    def positions(self) -> list[int]:
        """Return the positions that have a partial result, in order."""
        return sorted(self._places)
