"""Deletes expired jobs, and writes ledger changes that were deferred by a full disk."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from master_service.errors import StorageFull
from master_service.storage.store import JobStore
from protocol.counts import counted

_log = logging.getLogger(__name__)

_FLUSH_INTERVAL_S = 1.0
_REMOVE_INTERVAL_S = 60.0
_STOP_TIMEOUT_S = 5.0
_OPEN_JOB_RETENTION = timedelta(days=1)


class Retention:
    """A thread that keeps finished jobs for ``retention``, and unstarted ones for a day.

    ``deleted`` is called with the id of each deleted job.
    """

    def __init__(
        self, store: JobStore, retention: timedelta, deleted: Callable[[str], None]
    ) -> None:
        self._store = store
        self._retention = retention
        self._deleted = deleted
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Start the thread, which ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread before the store is closed; waits five seconds at most."""
        self._stopped.set()
        self._thread.join(_STOP_TIMEOUT_S)

    def remove_expired(self) -> None:
        """Delete expired jobs with their uploads."""
        now = datetime.now(timezone.utc)
        expired = now - self._retention, now - _OPEN_JOB_RETENTION
        removed = 0
        for job_id in self._store.remove_expired(*expired):
            self._deleted(job_id)
            removed += 1
        if removed:
            _log.info("deleted %s", counted(removed, "expired job"))

    def _run(self) -> None:
        next_removal = time.monotonic()
        while not self._stopped.is_set():
            try:
                self._store.ledger.flush()
                self._store.ledger.checkpoint()
                if time.monotonic() >= next_removal:
                    next_removal = time.monotonic() + _REMOVE_INTERVAL_S
                    self.remove_expired()
            except StorageFull as error:
                _log.warning("expired jobs can't be deleted: %s", error)
            except Exception:  # noqa: BLE001 (border of a thread that must not end)
                _log.exception("retention: unexpected error, continuing")
            self._stopped.wait(_FLUSH_INTERVAL_S)
