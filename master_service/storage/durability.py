"""Puts what is answered for on stable storage: the files of many callers together, in threads.

A sync takes milliseconds, in which it would stop all greenlets of the process: so it runs in a
thread of the operating system. While one runs, later callers form the next group, so that a busy
master makes few syncs for many files.
"""

import errno
import logging
import os
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from gevent import monkey
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from master_service.storage.sync_calls import FileSystem, is_all_cheaper, sync_each

H = TypeVar("H", bound=Hashable)

_log = logging.getLogger(__name__)

_THREADS = 4
"""Files that are synced one by one are, in so many threads, in a third of the time."""


class _Path(NamedTuple):
    path: Path
    is_folder: bool


class StableStorage(Protocol):
    """What makes files durable, or leaves that to the operating system."""

    is_durable: bool

    def sync(self, files: Iterable[Path], folders: Iterable[Path]) -> None:
        """Put the bytes of files and the names in folders on stable storage.

        Raises ``OSError``; the bytes must then be written again before they are synced again.
        """
        ...

    def call(self, function: Callable[[], None]) -> None:
        """Call a function that blocks, while other greenlets go on."""
        ...


class UnsyncedStorage:
    """Does nothing: the operating system writes files when it wants to."""

    is_durable = False

    def sync(self, files: Iterable[Path], folders: Iterable[Path]) -> None:
        """Leave them to the operating system."""

    def call(self, function: Callable[[], None]) -> None:
        """Call it in this thread."""
        function()


class SyncedStorage:
    """Syncs files in ``roots``, which it creates; those of other folders too, but one by one.

    It begins to sync all that the roots have, and the first call waits for that: a master that did
    not sync, or was killed, may have left files that this one answers for.
    """

    is_durable = True

    def __init__(self, roots: Sequence[Path]) -> None:
        for root in roots:
            root.mkdir(parents=True, exist_ok=True)
        self._systems = {root.stat().st_dev: FileSystem(root) for root in roots}
        # Without gevent, as in unit tests, the caller's thread will do.
        patched = monkey.is_module_patched("threading")
        self._threads = ThreadPool(_THREADS) if patched else None
        self._group = GroupCommit(self._sync_group)
        self._roots = roots
        self._begun: AsyncResult | None = None
        if self._threads is not None:
            self._begun = self._threads.spawn(self._sync_all)
        else:
            self._sync_all()

    def sync(self, files: Iterable[Path], folders: Iterable[Path]) -> None:
        """Sync them with those of other callers."""
        paths = [_Path(file, False) for file in files]
        self._group.add(paths + [_Path(folder, True) for folder in folders])

    def call(self, function: Callable[[], None]) -> None:
        """Call it in a thread of the operating system."""
        if self._threads is None:
            function()
        else:
            self._threads.apply(function)

    def _sync_group(self, paths: Iterable[_Path]) -> dict[_Path, OSError]:
        if self._begun is not None and self._threads is not None:
            try:
                self._begun.get()
            except OSError as error:
                _log.error("the first sync of the folders failed, and is tried again: %s", error)
                self._begun = self._threads.spawn(self._sync_all)
                return dict.fromkeys(paths, error)
            self._begun = None
        by_system: dict[int, list[_Path]] = {}
        devices: dict[Path, int] = {}
        failed = {}
        for path in dict.fromkeys(paths):
            folder = path.path if path.is_folder else path.path.parent
            try:
                if folder not in devices:
                    devices[folder] = folder.stat().st_dev
            except OSError as error:
                failed[path] = error
            else:
                by_system.setdefault(devices[folder], []).append(path)
        for device, members in by_system.items():
            failed |= self._sync_on_one(self._systems.get(device), members)
        return failed

    def _sync_on_one(
        self, system: FileSystem | None, paths: Sequence[_Path]
    ) -> dict[_Path, OSError]:
        if system is not None and system.is_possible and is_all_cheaper(len(paths)):
            try:
                self.call(system.sync)
            except OSError:
                pass  # maybe of another program's file; those that failed here fail again
            else:
                return {}
        files = [path.path for path in paths if not path.is_folder]
        folders = [path.path for path in paths if path.is_folder]
        failed = self._sync_each(files, folders)
        return {path: failed[path.path] for path in paths if path.path in failed}

    def _sync_each(self, files: list[Path], folders: list[Path]) -> dict[Path, OSError]:
        if self._threads is None:
            return sync_each(files, folders)
        shares = [files[first::_THREADS] for first in range(min(_THREADS, len(files)))]
        running = [self._threads.spawn(sync_each, share, ()) for share in shares]
        running.append(self._threads.spawn(sync_each, (), folders))
        return {path: error for thread in running for path, error in thread.get().items()}

    def _sync_all(self) -> None:
        for root in self._roots:
            sync_each((), [root.parent])
        for system in self._systems.values():
            if system.is_possible:
                system.sync()
            elif hasattr(os, "sync"):
                os.sync()


@dataclass(slots=True)
class _Group(Generic[H]):
    items: list[H] = field(default_factory=list)
    has_leader: bool = False
    is_done: threading.Event = field(default_factory=threading.Event)
    failed: Mapping[H, OSError] | None = None


class GroupCommit(Generic[H]):
    """Carries out the items of many callers together, one group at a time.

    ``carry_out`` returns those that failed.
    """

    def __init__(self, carry_out: Callable[[list[H]], Mapping[H, OSError]]) -> None:
        self._carry_out = carry_out
        self._next = _Group[H]()
        self._lock = threading.Lock()
        self._running = threading.Lock()

    def add(self, items: Sequence[H]) -> None:
        """Add items to the next group, and wait until it is carried out.

        Raises the error of the first item of the caller that failed.
        """
        with self._lock:
            group = self._next
            group.items.extend(items)
            leads, group.has_leader = not group.has_leader, True
        if leads:
            self._lead(group)
        else:
            group.is_done.wait()
        if group.failed is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        for item in items:
            if error := group.failed.get(item):
                raise OSError(error.errno, error.strerror) from error

    def _lead(self, group: _Group[H]) -> None:
        """Wait for the present group, while this one grows; then carry this one out."""
        with self._running:
            with self._lock:
                self._next = _Group()
            try:
                group.failed = self._carry_out(group.items)
            finally:
                group.is_done.set()
