"""Writes files into the folder of ``--output``: whole, never over another one, never outside."""

import contextlib
import errno
import hashlib
import itertools
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from client_service.errors import MasterError, UsageError
from client_service.terminal.safe_text import is_safe

_BLOCK_BYTES = 1 << 20
_OF_THIS_PATH = frozenset(
    {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOENT, errno.EINVAL}
)
"""Errors that the next path need not meet; Windows tells of a long one with either of the last."""


class Unplaced(Exception):
    """One result can't be written where it belongs; others may be."""


def prepare(folder: Path) -> None:
    """Make the folder, before anything is sent; raises ``UsageError`` where that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or "it is no folder"
        raise UsageError(f"--output {folder}: can't write there ({reason})") from error


def bring(root: Path, path: str, sha256: str, download: Callable[[Path], None]) -> str:
    """Have a result at the path, or one numbered where that is taken; returns which, with ``/``.

    ``download`` fills the file that it is given. Where the same bytes are at one of these paths
    already, they stay, and nothing is fetched. Raises ``MasterError`` for a path that could do
    harm, ``Unplaced`` where it can't be made, and ``OSError`` where nothing can.
    """
    check(path)
    wanted = PurePosixPath(path)
    try:
        folder = _folder(root, wanted.parent)
        taken = _taken(folder, wanted.name)
        if (place := next((file for file in taken if _sha256(file) == sha256), None)) is None:
            with temporary(folder) as new:
                download(new)
                place = _place(new, folder, wanted.name)
    except OSError as error:
        if error.errno in _OF_THIS_PATH:
            raise Unplaced(f"its path can't be made in {root} ({error.strerror})") from error
        raise
    return wanted.with_name(place.name).as_posix()


def check(path: str) -> None:
    """Raise ``MasterError`` for a path, with ``/``, that could lead elsewhere on some system."""
    if not all(map(is_safe, path.split("/"))):
        raise MasterError("a file of that name could do harm, here or on another system")


def numbered(name: str) -> Iterator[str]:
    """Yield the name, then with _2, _3 and so on."""
    yield name
    stem, ending = os.path.splitext(name)  # noqa: PTH122 (a name, no path)
    for number in itertools.count(2):
        yield f"{stem}_{number}{ending}"


@contextlib.contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """Yield the path of a file to write, which is gone afterwards unless it was renamed."""
    # Not one of tempfile's, which are for the owner's eyes alone, and would stay so.
    path = folder / f".tmp-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _folder(root: Path, below: PurePosixPath) -> Path:
    """Make a folder below the root; raises ``Unplaced`` where a link leads out of that."""
    folder = root / below
    if not folder.resolve().is_relative_to(root.resolve()):
        raise Unplaced(f"a link in {root} leads out of it")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _taken(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files that have one of its names already."""
    places = (folder / candidate for candidate in numbered(name))
    # A link to nothing keeps its name too.
    return itertools.takewhile(lambda place: place.exists() or place.is_symlink(), places)


def _place(new: Path, folder: Path, name: str) -> Path:
    """Give the file the first name that is free; another client may be at it as well."""
    for candidate in numbered(name):
        place = folder / candidate
        with contextlib.suppress(FileExistsError):
            place.open("xb").close()
            new.replace(place)
            return place
    raise AssertionError("numbers have no end")


def _sha256(path: Path) -> str | None:
    """Return the sum of a file; None for what is none."""
    sha256 = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                sha256.update(block)
    except OSError:
        return None
    return sha256.hexdigest()
