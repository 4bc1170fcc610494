"""A model of a disk that loses power: what of a folder is on it, and what is only in memory.

A folder on a real disk is the memory of the operating system. The model copies what is synced: the
bytes of a file, or the names in a folder. ``cut`` replaces the folder by what a disk could hold
after a loss of power: all that was synced, and any part of the rest.

POSIX promises no more than that: a file's name is on the disk when its folder has been synced, its
bytes when it has been synced itself. Real file systems often keep more.
"""

import contextlib
import os
import random
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_SECTOR_BYTES = 512
"""What a disk writes whole or not at all."""
_TIME_STEP_NS = 100_000_000
"""Changes of a file within this time may have the same time."""


class Entry(NamedTuple):
    """A name in a folder: the number of its inode, and whether that is a folder."""

    inode: int
    is_folder: bool


@dataclass(slots=True)
class _Folder:
    """An open folder, whose inode is not used for another one, and its names on the disk."""

    fd: int
    synced: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class _File:
    """A further name of a file, whose inode is not used for another one, and its bytes on the disk.

    ``synced`` is None where it was never synced; ``version`` says which bytes it is a copy of, by
    the time of the last change and the size.
    """

    live: Path
    synced: Path | None = None
    version: tuple[int, int] | None = None


class Disk:
    """The folder ``root`` and what of it is on the disk; at first, all of it.

    ``kept`` is an empty folder on the same file system.
    """

    def __init__(self, root: Path, kept: Path) -> None:
        self.root = root
        self.syncs = 0
        self._kept = kept
        self._folders: dict[int, _Folder] = {}
        self._files: dict[int, _File] = {}
        self._lock = threading.Lock()
        kept.mkdir(parents=True)
        self._seen_folder(root.stat().st_ino, root)
        self.sync_all()
        self.syncs = 0

    def close(self) -> None:
        """Forget the model; the folder stays as it is."""
        for folder in self._folders.values():
            os.close(folder.fd)
        self._folders.clear()
        shutil.rmtree(self._kept)

    def sync(self, fd: int) -> None:
        """Put a file's bytes, or a folder's names, on the disk, if it is in ``root``."""
        status, path = os.fstat(fd), Path(f"/proc/self/fd/{fd}").readlink()
        if not path.is_relative_to(self.root) or not status.st_nlink:
            return
        with self._lock:
            self.syncs += 1
            if stat.S_ISDIR(status.st_mode):
                self._sync_folder(status.st_ino, path)
            else:
                # By number: the file may have other names than the one it was opened under.
                self._sync_file(status.st_ino, Path(f"/proc/self/fd/{fd}"))

    def sync_all(self) -> None:
        """Put everything on the disk."""
        with self._lock:
            self.syncs += 1
            for folder, _, files in os.walk(self.root, topdown=False):
                for name in files:
                    path = Path(folder) / name
                    with contextlib.suppress(FileNotFoundError):
                        self._sync_file(path.stat().st_ino, path)
                with contextlib.suppress(FileNotFoundError):
                    self._sync_folder(Path(folder).stat().st_ino, Path(folder))

    def cut(self, survival: "Survival") -> None:
        """Replace the folder by what a disk holds; no program may use it meanwhile."""
        with self._lock:
            for path, _, _ in os.walk(self.root):
                self._seen_folder(Path(path).stat().st_ino, Path(path))
                for name, entry in _entries(path).items():
                    if not entry.is_folder:
                        self._seen_file(entry.inode, Path(path) / name)
            left = self._kept / "left"
            self._build(self.root.stat().st_ino, left, survival)
            shutil.rmtree(self.root)
            left.rename(self.root)

    # What is on the disk

    def _sync_folder(self, inode: int, path: Path) -> None:
        folder = self._seen_folder(inode, path)
        names = _entries(folder.fd)
        for name, entry in names.items():
            # Until its own sync it is on the disk without bytes or names.
            with contextlib.suppress(FileNotFoundError):
                seen = self._seen_folder if entry.is_folder else self._seen_file
                seen(entry.inode, path / name)
        folder.synced = {
            name: entry
            for name, entry in names.items()
            if entry.inode in (self._folders if entry.is_folder else self._files)
        }

    def _sync_file(self, inode: int, path: Path) -> None:
        file = self._seen_file(inode, path)
        status = file.live.stat()
        version = (status.st_mtime_ns, status.st_size)
        if version != file.version:
            file.synced = self._kept / f"{inode}.synced"
            is_recent = time.time_ns() - status.st_mtime_ns < _TIME_STEP_NS
            file.version = None if is_recent else version
            shutil.copyfile(file.live, file.synced)

    def _seen_folder(self, inode: int, path: Path) -> _Folder:
        if inode not in self._folders:
            self._folders[inode] = _Folder(os.open(path, os.O_RDONLY))
        return self._folders[inode]

    def _seen_file(self, inode: int, path: Path) -> _File:
        if inode not in self._files:
            live = self._kept / f"{inode}.live"
            # Without a folder, Python calls link(2), which does not follow links on Linux.
            os.link(path, live, src_dir_fd=self._folders[self.root.stat().st_ino].fd)
            self._files[inode] = _File(live)
        return self._files[inode]

    # What is left of it

    def _build(self, inode: int, target: Path, survival: "Survival") -> None:
        """Create the folder as it is on the disk."""
        folder = self._folders[inode]
        synced, live = folder.synced, _entries(folder.fd)
        target.mkdir()
        for name in sorted(synced.keys() | live.keys()):
            entry = synced.get(name)
            if entry != live.get(name) and survival.name_survives():
                entry = live.get(name)
            if entry is None:
                continue
            if entry.is_folder:
                self._build(entry.inode, target / name, survival)
            else:
                (target / name).write_bytes(self._left_of(self._files[entry.inode], survival))

    def _left_of(self, file: _File, survival: "Survival") -> bytes:
        synced = file.synced.read_bytes() if file.synced else b""
        return survival.bytes_left(synced, file.live.read_bytes())


class Survival:
    """Decides at random what of the writes that were not synced is on the disk all the same.

    ``share`` is that of the names and sectors that are, from 0 to 1. With ``torn``, a file's bytes
    are the new ones up to a random place, and the old ones from there on.
    """

    def __init__(self, share: float, torn: bool, chance: random.Random) -> None:
        self._share = share
        self._torn = torn
        self._chance = chance

    def __str__(self) -> str:
        """Describe it."""
        return f"{self._share:.0%} of what was not synced survives{', torn' * self._torn}"

    def name_survives(self) -> bool:
        """Tell whether a change of a name in a folder is on the disk."""
        return self._chance.random() < self._share

    def bytes_left(self, synced: bytes, live: bytes) -> bytes:
        """Return what is on the disk of a file that had the bytes ``live`` in memory."""
        if synced == live or self._share in (0, 1):
            return live if self._share == 1 else synced
        size = len(live) if self.name_survives() else len(synced)
        if self._torn:
            end = self._chance.randrange(max(len(synced), len(live)) + 1)
            return (live[:end] + synced[end:]).ljust(size, b"\0")[:size]
        sectors = range(0, size, _SECTOR_BYTES)
        return b"".join(self._sectors(sectors, synced, live))[:size]

    def _sectors(self, begins: range, synced: bytes, live: bytes) -> Iterator[bytes]:
        for begin in begins:
            source = live if self.name_survives() else synced
            # A sector that the file has, but that was never written, reads as zeros.
            yield source[begin : begin + _SECTOR_BYTES].ljust(_SECTOR_BYTES, b"\0")


def _entries(folder: int | str) -> dict[str, Entry]:
    with os.scandir(folder) as found:
        return {
            entry.name: Entry(entry.inode(), entry.is_dir(follow_symlinks=False)) for entry in found
        }
