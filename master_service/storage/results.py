"""Writes results atomically under unique names; the only writer of RESULTS_DIR.

Names are safe on every common file system. Names that differ only in case or in Unicode
composition count as equal, since some file systems take them for one.
"""

import contextlib
import hashlib
import os
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from protocol.result_names import canonical, safe_stem
from protocol.task_types import TASK_TYPES, TaskType

_TEMPORARY = ".tmp-"
_MAX_NAME_BYTES = 255
"""No common file system has longer names, and most raise an error for them."""
_MAX_SEQUENCES = 10_000
"""Sequences in memory for each task type; others are read from disk again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The path of a result, as users see it, its SHA-256 in hexadecimal, and its size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A result on disk that has no name yet, its SHA-256 in hexadecimal, its size in bytes."""

    path: Path
    sha256: str
    size: int

    def discard(self) -> None:
        """Delete the temporary file, if it is there and can be; else the next start does."""
        with contextlib.suppress(OSError):
            self.path.unlink()


class Staging:
    """A result that is written under a temporary name, and hashed at the same time."""

    def __init__(self, path: Path) -> None:
        """Create the file; raises ``OSError``."""
        self._path = path
        self._file = path.open("xb", buffering=0)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write the next bytes, or some of them; return how many. Raises ``OSError``."""
        written = self._file.write(data)
        self._sha256.update(data[:written])
        self._size += written
        return written

    def finish(self) -> Staged:
        """Close the file and return it; raises ``OSError``."""
        self._file.close()
        return Staged(self._path, self._sha256.hexdigest(), self._size)

    def discard(self) -> None:
        """Delete the file, if it is still there."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


@dataclass(slots=True)
class _NameSequence:
    """The result names of one stem: the plain one, then with _2, _3 and so on."""

    names: dict[str, str] = field(default_factory=dict)
    """Names by the SHA-256 of their content, as far as known."""
    unread: dict[int, list[str]] = field(default_factory=dict)
    """Names whose SHA-256 is not known, by size in bytes: only equal sizes need to be read."""
    next_number: int = 1


@dataclass(slots=True)
class _Folder:
    """The folder of one task type, and its names in memory."""

    path: Path
    names: dict[str, str]
    """The name on disk by its canonical form."""
    sequences: dict[str, _NameSequence] = field(default_factory=dict)
    """By the canonical form of each one's first name, least recently used first."""


class Results:
    """The folder of results; ``label`` is its path as the user wrote it, for answers."""

    def __init__(self, root: Path, label: str) -> None:
        self._root = root
        self._label = PurePosixPath(label.replace(os.sep, "/"))
        self._folders: dict[str, _Folder] = {}
        self._lock = threading.Lock()
        for temporary in root.glob(f"*/{_TEMPORARY}*"):
            temporary.unlink(missing_ok=True)  # left by a master that was killed

    def save(self, task: TaskType, filename: str, data: bytes) -> Saved:
        """Write one result, or find the same bytes under one of its names.

        Raises ``OSError`` when it can't be written; nothing of it is left then.
        """
        staged = self.stage(task, data)
        try:
            return self.publish(task, filename, staged)
        finally:
            staged.discard()

    def stage(self, task: TaskType, data: bytes) -> Staged:
        """Write one result under a temporary name; raises ``OSError``, and leaves nothing then."""
        staging = self.begin(task)
        try:
            left = memoryview(data)
            while left:
                left = left[staging.write(left) :]
            return staging.finish()
        except BaseException:
            staging.discard()
            raise

    def begin(self, task: TaskType) -> Staging:
        """Create a file with a temporary name for one result; raises ``OSError``.

        A master that starts deletes the temporary files of the last one.
        """
        path = self._root / task.name / f"{_TEMPORARY}{uuid.uuid4().hex}"
        try:
            return Staging(path)
        except FileNotFoundError:
            # Users may remove the folder.
            path.parent.mkdir(parents=True, exist_ok=True)
            return Staging(path)

    def publish(self, task: TaskType, filename: str, staged: Staged) -> Saved:
        """Give a staged result its name, unless the same bytes have one; raises ``OSError``.

        The caller discards the temporary file afterwards.
        """
        with self._lock:
            folder = self._folder(task.name)
            stem = safe_stem(filename)
            name = self._publish(folder, task, stem, staged)
        return Saved(str(self._label / task.name / name), staged.sha256, staged.size)

    def folders(self, task: TaskType) -> tuple[Path, Path]:
        """Return the folders whose names lead to the results of a task type."""
        return self._root / task.name, self._root

    def find(self, task_type: str, name: str) -> Path | None:
        """Return the path of the result of that name; None where there is none."""
        if Path(name).name != name or name.startswith(".") or "\\" in name:
            return None
        if len(name.encode(errors="replace")) > _MAX_NAME_BYTES:
            return None
        path = self._root / task_type / name
        return path if task_type in TASK_TYPES and path.is_file() else None

    def locate(self, saved_file: str) -> Path | None:
        """Return the path of a saved result, or None where it was removed."""
        task_type, name = saved_file.split("/")[-2:]
        return self.find(task_type, name)

    def _folder(self, task_type: str) -> _Folder:
        folder = self._folders.get(task_type)
        if folder is None:
            path = self._root / task_type
            names = os.listdir(path)  # noqa: PTH208 (only names are needed)
            folder = _Folder(path, {canonical(name): name for name in names})
            self._folders[task_type] = folder
        return folder

    def _publish(self, folder: _Folder, task: TaskType, stem: str, staged: Staged) -> str:
        """Move the temporary file to a free name, or find an equal file; return the name."""
        sequence = self._sequence(folder, canonical(task.saved_name.format(stem=stem)))
        temporary, sha256, size = staged.path, staged.sha256, staged.size
        self._read_candidates(folder, sequence, size)
        same = sequence.names.get(sha256)
        # A user may have edited it since it was written.
        if same is not None:
            if _has_sha256(folder.path / same, sha256):
                return same
            del sequence.names[sha256]
        while True:
            numbered = stem if sequence.next_number == 1 else f"{stem}_{sequence.next_number}"
            wanted = task.saved_name.format(stem=numbered)
            sequence.next_number += 1
            name = self._existing_name(folder, wanted)
            if name is None:
                name = folder.names[canonical(wanted)] = wanted
                if _rename_without_replacing(temporary, folder.path / wanted):
                    sequence.names[sha256] = wanted
                    return wanted
            with contextlib.suppress(OSError):
                sequence.unread.setdefault((folder.path / name).stat().st_size, []).append(name)
            self._read_candidates(folder, sequence, size)
            if sha256 in sequence.names:
                return sequence.names[sha256]

    def _read_candidates(self, folder: _Folder, sequence: _NameSequence, size: int) -> None:
        """Hash the files in the sequence that have this size and no known SHA-256."""
        for name in sequence.unread.pop(size, ()):
            with contextlib.suppress(OSError):
                sequence.names.setdefault(_sha256(folder.path / name), name)

    def _sequence(self, folder: _Folder, first: str) -> _NameSequence:
        """Return the sequence that begins with a name; a new one where that name is free."""
        sequence = folder.sequences.pop(first, None)
        if sequence is None or self._existing_name(folder, first) is None:
            sequence = _NameSequence()
        # Most recently used last.
        folder.sequences[first] = sequence
        if len(folder.sequences) > _MAX_SEQUENCES:
            del folder.sequences[next(iter(folder.sequences))]
        return sequence

    def _existing_name(self, folder: _Folder, name: str) -> str | None:
        """Return the existing name that is equal in canonical form, or None."""
        existing_name = folder.names.get(canonical(name))
        return existing_name if existing_name and (folder.path / existing_name).exists() else None


def _rename_without_replacing(temporary: Path, target: Path) -> bool:
    """Move a file; return False where the target exists."""
    try:
        if os.name == "nt":
            temporary.rename(target)  # fails on Windows where the name is taken
        else:
            target.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError:
        # No hard links on this file system (FAT, some network drives). The lock excludes other
        # writers of this program; other programs can't be excluded there.
        if target.exists():
            return False
        temporary.rename(target)
    return True


def _has_sha256(path: Path, sha256: str) -> bool:
    try:
        return _sha256(path) == sha256
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        # hashlib.file_digest came with Python 3.11.
        digest = hashlib.sha256()
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()
