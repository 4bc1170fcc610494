"""The files of a run as the engine sends them."""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from master_service.engine import InputFile
from master_service.storage.model import File

_MAX_NAME_CHARACTERS = 500
"""Only the end of a name is sent to the slave: quoted, a longer one may not fit in a header."""


class InputFiles(Sequence[InputFile]):
    """The files of a run by position; it grows with the sequence of files that it is given.

    ``folder`` is that of the job in the spool.
    """

    def __init__(self, files: Sequence[File | None], folder: Path) -> None:
        self._files = files
        self._folder = folder

    def __len__(self) -> int:
        """Return how many files the run has, ended ones included."""
        return len(self._files)

    @overload
    def __getitem__(self, position: int) -> InputFile: ...
    @overload
    def __getitem__(self, position: slice) -> list[InputFile]: ...
    def __getitem__(self, position: int | slice) -> InputFile | list[InputFile]:
        """Return a file that has not ended; raises ``LookupError`` for others."""
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        file = self._files[position]
        if file is None:
            raise LookupError(f"file {position} of the run has ended already")
        path = self._folder / (file.upload or "none")
        return InputFile(file.filename[-_MAX_NAME_CHARACTERS:], path, file.size)

    def sizes(self) -> "array[int]":
        """Return the size of each file in bytes; 0 for those that have ended."""
        return array("Q", (file.size if file else 0 for file in self._files))
