"""Finds the files that the arguments name, in the same order each time.

The files are walked anew to check them, to send them, and to resume, and are never held as a list:
only the names of the folders being read are in memory.

Each file is named by a relative path with ``/``, so that equal names in different folders differ.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from client_service.errors import UsageError
from protocol.result_names import canonical

_MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""Errors of a path that does not exist; with any other error, a file may be there."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to send: its path, the name that is sent, and its size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(slots=True)
class FileTotals:
    """The number of files and their total size in bytes."""

    files: int = 0
    size: int = 0

    def add(self, source: Source) -> None:
        """Count one more."""
        self.files += 1
        self.size += source.size


def walk(arguments: Sequence[str]) -> Iterator[Source]:
    """Yield the named files and those in the named folders, without hidden ones in folders.

    Raises ``UsageError`` at the first file that is missing or can't be read.
    """
    for argument, name in zip(arguments, _names(arguments), strict=True):
        path = Path(argument)
        # An empty argument, from an empty variable of a script, would mean the current folder.
        status = _stat(path) if argument else None
        if status is None:
            what = (
                "this link leads nowhere"
                if _is_link(argument)
                else "there is no such file or folder"
            )
            raise UsageError(f"{argument or repr(argument)}: {what}")
        if stat.S_ISDIR(status.st_mode):
            # As with ``cp -r``: of several arguments, each keeps its own name; / has none.
            keeps_name = len(arguments) > 1 and name.name
            yield from _walk_folder(path, f"{name.as_posix()}/" if keeps_name else "")
        elif stat.S_ISREG(status.st_mode):
            yield _source(path, name.as_posix(), status.st_size)
        else:
            raise UsageError(f"{argument}: this is neither a file nor a folder")


def check(arguments: Sequence[str]) -> FileTotals:
    """Walk the files once before anything is sent; raises ``UsageError`` if one can't be sent."""
    totals = FileTotals()
    try:
        for source in walk(arguments):
            totals.add(source)
        if not totals.files:
            raise UsageError(f"{', '.join(arguments)}: no files in there")
    except UsageError as error:
        raise UsageError(f"{error}; nothing was sent") from error
    return totals


def _names(arguments: Sequence[str]) -> list[PurePosixPath]:
    """Return the name of each argument: its last part, or a path if two have the same last part.

    Paths are relative to the innermost common folder. The same file or folder, given twice, gets
    the same name twice.
    """
    paths = [os.path.abspath(argument) for argument in arguments]  # noqa: PTH100 (as text: links stay as they are)
    names = [PurePosixPath(os.path.basename(path)) for path in paths]  # noqa: PTH119 (a Path of each would not be small)
    if len({canonical(name.name) for name in names}) == len(set(paths)):
        return names
    try:
        top = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120 (the same)
    except ValueError:  # they are on several drives
        return [PurePosixPath(PurePath(path).as_posix().replace(":", "")) for path in paths]
    return [PurePosixPath(PurePath(path).relative_to(top).as_posix()) for path in paths]


def _walk_folder(folder: Path, prefix: str) -> Iterator[Source]:
    """Yield the files of a folder and below; their names are paths from it, after the prefix."""
    try:
        names = sorted(name for name in os.listdir(folder) if name[0] != ".")  # noqa: PTH208 (names alone: a hundred thousand paths would not be small)
    except OSError as error:
        raise UsageError(f"{folder}: this folder can't be read ({error.strerror})") from error
    for name in names:
        path = folder / name
        status = _stat(path)
        if status is None:
            continue
        if stat.S_ISDIR(status.st_mode):
            # Links to folders are not followed, since they can form cycles.
            if not path.is_symlink():
                yield from _walk_folder(path, f"{prefix}{name}/")
        elif stat.S_ISREG(status.st_mode):
            yield _source(path, prefix + name, status.st_size)


def _stat(path: Path) -> os.stat_result | None:
    """Return the status of a path's target; None if there is none.

    Raises ``UsageError`` if that is unknown, for example in a folder without the right to enter.
    """
    try:
        return path.stat()
    except OSError as error:
        if error.errno in _MISSING:
            return None
        raise UsageError(f"{path}: can't be read ({error.strerror})") from error


def _is_link(argument: str) -> bool:
    return argument != "" and Path(argument).is_symlink()


def _source(path: Path, name: str, size: int) -> Source:
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: this file can't be read")
    # Linux allows names of bytes that are not valid UTF-8; those bytes could not be sent.
    return Source(path, name.encode("utf-8", "replace").decode("utf-8"), size)
