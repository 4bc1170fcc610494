"""Names results: file names and paths that are valid on every common file system.

Master (``results.zip``) and client (``--output``) compute the paths of a job's results here, in the
order of the job's files, so that both get the same paths and nothing has to be stored. No I/O,
clocks or threads.

Characters and devices are checked here: pathvalidate accepts ``..``, ``conin$`` and C1 control
characters as file names, and turns ``"aux "`` into the device ``aux``.
"""

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from protocol.task_types import TASK_TYPES

MANIFEST = "manifest.csv"
MISSING = "_missing.txt"
"""Files beside the results: the list of all files; in an archive, the list of missing results."""

_MAX_PART_BYTES = 180
"""File systems allow 255 bytes for a name; a result's name adds an ending and a number."""
_MAX_FOLDERS_BYTES = 512
"""For all folders of a path; macOS allows 1,024 bytes for these, the name and the user's folder."""
_SEPARATORS = re.compile(r"[/\\]")
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]')
"""Characters that some common file system forbids in a name."""
_DEVICE_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"]
)
_ENDINGS = (
    *{PurePosixPath(name).suffix for task in TASK_TYPES.values() for name in task.saved_names},
    MANIFEST,
    MISSING,
)


def safe_stem(filename: str) -> str:
    """Return the stem of an uploaded name, made valid everywhere; "file" if nothing is left."""
    last = _SEPARATORS.split(filename)[-1]
    return _safe(last.rpartition(".")[0] or last.lstrip(".")) or "file"


def safe_folders(filename: str) -> list[str]:
    """Return the folders of an uploaded name, made valid everywhere, the outermost first.

    ``.``, ``..``, a root, and the innermost folders of a path that is too long are left out. No
    folder has an ending of results, so that a folder and a result never have the same name.
    """
    *folders, last = _SEPARATORS.split(filename)
    found: list[str] = []
    left_bytes = _MAX_FOLDERS_BYTES
    # An uploaded name that ends in a separator has no file name, so its folders are ignored.
    for name in filter(None, map(_safe, folders)) if last else ():
        folder = f"{name}_" if canonical(name).endswith(_ENDINGS) else name
        left_bytes -= len(folder.encode()) + 1
        if left_bytes < 0:
            break
        found.append(folder)
    return found


def canonical(name: str) -> str:
    """Return a normal form that is equal for names that some file system treats as equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_device(name: str) -> bool:
    """Return whether Windows opens a device instead of a file of this name, with any extension."""
    return name.partition(".")[0].strip().lower() in _DEVICE_NAMES


def is_named_after_source(task_type: str, filename: str, saved_file: str) -> bool:
    """Return whether the saved name is the uploaded name's own, with no number and no folders."""
    task = TASK_TYPES.get(task_type)
    name = saved_file.rpartition("/")[2]
    is_plain = task is None or name == task.named_like(name).format(stem=safe_stem(filename))
    return is_plain and not safe_folders(filename)


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a result, with ``/``; ``is_new`` unless an earlier file has the same path."""

    path: str
    is_new: bool


class ResultPaths:
    """Assigns each result of one job its path; call ``place`` in the order of the job's files.

    It stores hashes of the paths instead of the paths: some 130 bytes for each file.
    """

    def __init__(self, task_type: str) -> None:
        self._task = TASK_TYPES.get(task_type)
        self._contents: dict[int, int] = {}
        """By the hash of each assigned path, the hash of its content."""
        self._numbers: dict[tuple[int, int], int] = {}
        """By the hashes of the unnumbered path and of the content, the number that was assigned."""
        self._next: dict[int, int] = {}
        """By the hash of the unnumbered path, the next number to try."""

    def place(self, filename: str, saved_file: str, sha256: str) -> Place:
        """Return the path of a result, with ``_2`` and so on if other content has the path.

        If ``filename`` has folders, the path is these folders and the name that the result would
        have in an empty folder; otherwise it is the name of the saved file. Results with the same
        content and the same path share it.
        """
        folders, saved = safe_folders(filename), saved_file.rpartition("/")[2]
        if folders and self._task:
            name_with = partial(_stem_numbered, self._task.named_like(saved), safe_stem(filename))
        else:
            name_with = partial(_numbered, saved)
        return self._first_free("/".join([*folders, ""]), name_with, _hash(sha256))

    def _first_free(self, folder: str, name_with: Callable[[int], str], content: int) -> Place:
        path = folder + name_with(1)
        first = _hash(canonical(path))
        held = self._contents.get(first)
        if held is None or held == content:
            self._contents[first] = content
            return Place(path, held is None)
        if number := self._numbers.get((first, content)):
            return Place(folder + name_with(number), is_new=False)
        number = self._next.get(first, 2)
        while (key := _hash(canonical(path := folder + name_with(number)))) in self._contents:
            number += 1
        self._contents[key] = content
        self._numbers[first, content] = number
        self._next[first] = number + 1
        return Place(path, is_new=True)


def _stem_numbered(saved_name: str, stem: str, number: int) -> str:
    return saved_name.format(stem=stem if number == 1 else f"{stem}_{number}")


def _numbered(name: str, number: int) -> str:
    stem, ending = os.path.splitext(name)  # noqa: PTH122 (a name, no path)
    return name if number == 1 else f"{stem}_{number}{ending}"


def _safe(part: str) -> str:
    """Return one part of a path, made valid everywhere; empty if nothing is left."""
    name = FORBIDDEN.sub("_", unicodedata.normalize("NFC", part))
    name = name.encode()[:_MAX_PART_BYTES].decode(errors="ignore").strip(" .")
    return f"_{name}" if is_device(name) else name


def _hash(text: str) -> int:
    from hashlib import blake2b  # which takes a while, and few users of this module need

    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big")
