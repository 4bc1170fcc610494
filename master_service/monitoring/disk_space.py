"""Checks for free disk space before a request body is read."""

import shutil
import tempfile
import threading
import time
from pathlib import Path

from master_service.errors import StorageFull
from protocol.counts import counted

MIN_FREE_BYTES = 4 * 1024**2
"""Kept free on both disks, so that jobs accepted before can still be finished."""
_CHECK_INTERVAL_S = 1.0


class DiskSpace:
    """Measures the free space of SPOOL_DIR and RESULTS_DIR, once a second at most."""

    def __init__(self, spool_dir: Path, results_dir: Path) -> None:
        self._folders = {"SPOOL_DIR": spool_dir, "RESULTS_DIR": results_dir}
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._free_bytes: dict[str, int] = {}
        self._unwritable: dict[str, str] = {}

    def check(self, request_bytes: int) -> None:
        """Raise ``StorageFull`` where a request of that size does not fit."""
        with self._lock:
            self._measure()
        for name, reason in self._unwritable.items():
            raise StorageFull(
                f"{name} can't be written to on the master ({reason}): give it access or make "
                "room, then send the files again."
            )
        needed_bytes = {"SPOOL_DIR": request_bytes, "RESULTS_DIR": 0}
        for name, free in self._free_bytes.items():
            if free < needed_bytes[name] + MIN_FREE_BYTES:
                raise StorageFull(
                    f"The disk of {name} on the master is full "
                    f"({counted(free, 'byte is', 'bytes are')} free): "
                    "make room, then send the files again."
                )

    def _measure(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < _CHECK_INTERVAL_S:
            return
        self._checked_at = now
        self._unwritable.clear()
        for name, folder in self._folders.items():
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._free_bytes[name] = shutil.disk_usage(folder).free
                # Permission bits and quotas don't tell whether a write succeeds.
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"probe")
            except OSError as error:
                self._unwritable[name] = error.strerror or type(error).__name__
