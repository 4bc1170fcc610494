"""Writes files into the folder of ``--output``: atomically, over no other file, never outside."""

import contextlib
import errno
import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from client_service.errors import MasterError, UsageError
from client_service.terminal.safe_text import is_safe

_BLOCK_BYTES = 1 << 20
_OF_THIS_PATH = frozenset(
    {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOENT, errno.EINVAL}
)
"""Errors of one path alone, not of the folder; Windows reports a long path with the last two."""


class NotStored(Exception):
    """One result can't be written to its path; others may be."""


def prepare(folder: Path) -> None:
    """Make the folder before anything is sent; raises ``UsageError`` if it can't be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or "it is no folder"
        raise UsageError(f"--output {folder}: can't write there ({reason})") from error


def store(root: Path, path: str, sha256: str, download: Callable[[Path], None]) -> str:
    """Store a result at the path, numbered if that is taken; returns the path used, with ``/``.

    ``download`` writes the result to the file that it is given. It is not called if one of these
    paths has the same bytes already. Raises ``MasterError`` for an unsafe path, ``NotStored`` if
    this path can't be created, and ``OSError`` if the folder can't be written to.
    """
    check(path)
    wanted = PurePosixPath(path)
    try:
        folder = _make_folder(root, wanted.parent)
        existing = _existing(folder, wanted.name)
        if (place := next((file for file in existing if _sha256(file) == sha256), None)) is None:
            with temporary(folder) as new:
                download(new)
                place = _move_to_free_name(new, folder, wanted.name)
    except OSError as error:
        if error.errno in _OF_THIS_PATH:
            raise NotStored(f"its path can't be made in {root} ({error.strerror})") from error
        raise
    return wanted.with_name(place.name).as_posix()


def check(path: str) -> None:
    """Raise ``MasterError`` for a path, with ``/``, that is unsafe on some system."""
    if not all(map(is_safe, path.split("/"))):
        raise MasterError("a file of that name could do harm, here or on another system")


def numbered_names(name: str) -> Iterator[str]:
    """Yield the name, then with _2, _3 and so on."""
    yield name
    stem, ending = os.path.splitext(name)  # noqa: PTH122 (a name, no path)
    for number in itertools.count(2):
        yield f"{stem}_{number}{ending}"


@contextlib.contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which is removed afterwards unless it was renamed."""
    # Not from tempfile: such files, and so the results, could be read by their owner only.
    path = folder / f".tmp-{os.urandom(16).hex()}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _make_folder(root: Path, below: PurePosixPath) -> Path:
    """Make a folder below the root; raises ``NotStored`` if a link leads out of the root."""
    folder = root / below
    if not folder.resolve().is_relative_to(root.resolve()):
        raise NotStored(f"a link in {root} leads out of it")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _existing(folder: Path, name: str) -> Iterator[Path]:
    """Yield the existing files with this name or a numbered one."""
    places = (folder / candidate for candidate in numbered_names(name))
    # A link without a target occupies its name too.
    return itertools.takewhile(lambda place: place.exists() or place.is_symlink(), places)


def _move_to_free_name(new: Path, folder: Path, name: str) -> Path:
    """Rename the file to the first free name; other clients may do the same at the same time."""
    for candidate in numbered_names(name):
        place = folder / candidate
        with contextlib.suppress(FileExistsError):
            place.open("xb").close()
            new.replace(place)
            return place
    raise AssertionError("numbers have no end")


def _sha256(path: Path) -> str | None:
    """Return the SHA-256 of a file; None if it can't be read as a file."""
    sha256 = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                sha256.update(block)
    except OSError:
        return None
    return sha256.hexdigest()
