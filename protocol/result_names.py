"""Names results: a file name, or a path, that every common file system takes. Pure.

Master (``results.zip``) and client (``--output``) compute the paths of a job's results here, in the
order of the ledger, so that both agree and nothing has to be stored.
"""

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import PurePosixPath

from protocol.task_types import TASK_TYPES

MANIFEST = "manifest.csv"
MISSING = "_missing.txt"
"""What stands beside the results: the list of all files; in an archive, that of lost results."""

_MAX_PART_BYTES = 180
"""File systems allow 255 for a name, of which a result's ending and a number need some."""
_MAX_FOLDERS_BYTES = 512
"""For all folders of a path: macOS allows 1,024 for the name, these and the user's own folder."""
_SEPARATORS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_DEVICE_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"]
)
_ENDINGS = (
    *{PurePosixPath(task.saved_name).suffix for task in TASK_TYPES.values()},
    MANIFEST,
    MISSING,
)


def safe_stem(filename: str) -> str:
    """Return the stem of an uploaded name as it can be saved anywhere; "file" for none."""
    last = _SEPARATORS.split(filename)[-1]
    return _safe(last.rpartition(".")[0] or last.lstrip(".")) or "file"


def safe_folders(filename: str) -> list[str]:
    """Return the folders of an uploaded name as they can be made anywhere, the outermost first.

    Left out are ``.`` and ``..``, a root, and the innermost folders of a path that is too long. A
    folder is never called as a result may be, so that no folder takes the name of a file.
    """
    *folders, last = _SEPARATORS.split(filename)
    found: list[str] = []
    room = _MAX_FOLDERS_BYTES
    # A name that ends in a separator names no file in a folder.
    for name in filter(None, map(_safe, folders)) if last else ():
        folder = f"{name}_" if canonical(name).endswith(_ENDINGS) else name
        room -= len(folder.encode()) + 1
        if room < 0:
            break
        found.append(folder)
    return found


def canonical(name: str) -> str:
    """Return the form in which names are equal that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_named_after_source(task_type: str, filename: str, saved_file: str) -> bool:
    """Tell whether the result is called after the uploaded name: no folder, and no number."""
    task = TASK_TYPES.get(task_type)
    name = saved_file.rpartition("/")[2]
    is_plain = task is None or name == task.saved_name.format(stem=safe_stem(filename))
    return is_plain and not safe_folders(filename)


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a result, with ``/``; ``is_new`` unless an earlier file has led to it."""

    path: str
    is_new: bool


class ResultPaths:
    """Gives each result of one job its path; to be asked in the order of the ledger.

    Hashes of the paths are kept instead of the paths: some 130 bytes for each file.
    """

    def __init__(self, task_type: str) -> None:
        self._task = TASK_TYPES.get(task_type)
        self._contents: dict[int, int] = {}
        """What lies at each path that was given."""
        self._numbers: dict[tuple[int, int], int] = {}
        """Which number a content has that is not the first to want its path."""
        self._next: dict[int, int] = {}

    def place(self, filename: str, saved_file: str, sha256: str) -> Place:
        """Return the path of a result, with ``_2`` and so on where another one has it.

        With folders in ``filename`` it is the name that the result would have in an empty folder,
        in these; without, the name of the saved file. The same bytes for the same path share it.
        """
        folders, saved = safe_folders(filename), saved_file.rpartition("/")[2]
        if folders and self._task:
            called = partial(_stem_numbered, self._task.saved_name, safe_stem(filename))
        else:
            called = partial(_numbered, saved)
        return self._first_free("/".join([*folders, ""]), called, _hash(sha256))

    def _first_free(self, above: str, called: Callable[[int], str], content: int) -> Place:
        path = above + called(1)
        first = _hash(canonical(path))
        held = self._contents.get(first)
        if held is None or held == content:
            self._contents[first] = content
            return Place(path, held is None)
        if number := self._numbers.get((first, content)):
            return Place(above + called(number), is_new=False)
        number = self._next.get(first, 2)
        while (key := _hash(canonical(path := above + called(number)))) in self._contents:
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
    """Return one part of a path as it can stand anywhere; empty where nothing of it can."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", part))
    name = name.encode()[:_MAX_PART_BYTES].decode(errors="ignore").strip(" .")
    return f"_{name}" if name.partition(".")[0].strip().lower() in _DEVICE_NAMES else name


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big")
