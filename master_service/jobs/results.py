"""Writes results, and is the only writer there: whole or not at all, and never over another.

A name is safe on every common file system, whatever was uploaded. Names that differ only in case
or in how an accented letter is composed count as the same, since they are on some systems.
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
"""A longer one is no file's on any common system, and most fail when they are asked for it."""
_MAX_SEQUENCES = 10_000
"""Remembered for each task type, so that memory does not grow with every file ever saved."""


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a result lies, as users are told, and its SHA-256 in hexadecimal."""

    path: str
    sha256: str


@dataclass(slots=True)
class _NameSequence:
    """The names that one stem leads to: its own, then with _2, _3 and so on."""

    names: dict[str, str] = field(default_factory=dict)
    """Those seen so far, by the SHA-256 of what they hold."""
    unread: dict[int, list[str]] = field(default_factory=dict)
    """Those whose content is not known yet, by their size in bytes: few need to be read."""
    next_number: int = 1


@dataclass(slots=True)
class _Folder:
    """What is known of the folder of one task type."""

    path: Path
    names: dict[str, str]
    """Canonical name to the name as it stands on disk."""
    sequences: dict[str, _NameSequence] = field(default_factory=dict)
    """By the first name of each, canonical."""


class Results:
    """The folder of results; ``label`` is how the user wrote its path."""

    def __init__(self, root: Path, label: str) -> None:
        self._root = root
        self._label = PurePosixPath(label.replace(os.sep, "/"))
        self._folders: dict[str, _Folder] = {}
        self._lock = threading.Lock()
        for temporary in root.glob(f"*/{_TEMPORARY}*"):
            temporary.unlink(missing_ok=True)  # of a master that was killed while it wrote

    def save(self, task: TaskType, filename: str, data: bytes) -> Saved:
        """Write one result; where the same bytes are already there, that place is the answer.

        Raises ``OSError`` when it can't be written; then nothing of it is there.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        with self._lock:
            folder = self._folder(task.name)
        temporary = folder.path / f"{_TEMPORARY}{uuid.uuid4().hex}"
        try:
            temporary.write_bytes(data)
            with self._lock:
                name = self._publish(folder, task, safe_stem(filename), temporary, sha256)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
        return Saved(str(self._label / task.name / name), sha256)

    def find(self, task_type: str, name: str) -> Path | None:
        """Return where a result of that name lies; None where there is none."""
        if Path(name).name != name or name.startswith(".") or "\\" in name:
            return None
        if len(name.encode(errors="replace")) > _MAX_NAME_BYTES:
            return None
        path = self._root / task_type / name
        return path if task_type in TASK_TYPES and path.is_file() else None

    def locate(self, saved_file: str) -> Path | None:
        """Return where a saved result lies, if it is still there."""
        task_type, name = saved_file.split("/")[-2:]
        return self.find(task_type, name)

    def _folder(self, task_type: str) -> _Folder:
        folder = self._folders.get(task_type)
        path = self._root / task_type
        # Each time: whoever tidies up may have taken the folder away too.
        path.mkdir(parents=True, exist_ok=True)
        if folder is None:
            names = os.listdir(path)  # noqa: PTH208 (names are wanted, as many as there are)
            folder = _Folder(path, {canonical(name): name for name in names})
            self._folders[task_type] = folder
        return folder

    def _publish(
        self, folder: _Folder, task: TaskType, stem: str, temporary: Path, sha256: str
    ) -> str:
        """Give the finished file its name, or find the one it already has."""
        sequence = self._sequence(folder, canonical(task.saved_name.format(stem=stem)))
        size = temporary.stat().st_size
        self._read_candidates(folder, sequence, size)
        same = sequence.names.get(sha256)
        # Read again: somebody may have edited it since.
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
        """Learn the content of those names in the series that have this size."""
        for name in sequence.unread.pop(size, ()):
            with contextlib.suppress(OSError):
                sequence.names.setdefault(_sha256(folder.path / name), name)

    def _sequence(self, folder: _Folder, first: str) -> _NameSequence:
        """Return what is known of the series; nothing where its first name has come free."""
        sequence = folder.sequences.pop(first, None)
        if sequence is None or self._existing_name(folder, first) is None:
            sequence = _NameSequence()
        # The latest stand last; what is forgotten is found again on disk.
        folder.sequences[first] = sequence
        if len(folder.sequences) > _MAX_SEQUENCES:
            del folder.sequences[next(iter(folder.sequences))]
        return sequence

    def _existing_name(self, folder: _Folder, name: str) -> str | None:
        """Return the name on disk that counts as the same, if it is still there."""
        existing_name = folder.names.get(canonical(name))
        return existing_name if existing_name and (folder.path / existing_name).exists() else None


def _rename_without_replacing(temporary: Path, target: Path) -> bool:
    """Rename without ever replacing; False where something came to stand there meanwhile."""
    try:
        if os.name == "nt":
            temporary.rename(target)  # fails on Windows where the name is taken
        else:
            target.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError:
        # No hard links on this file system (FAT, some network drives); the lock keeps this
        # program's own writers apart, which is all that can be had there.
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
