"""Keeps the spool in order: forgets old jobs, and writes what a full disk did not take."""

import logging
import threading
import time
from datetime import datetime, timedelta, timezone

from master_service.errors import StorageFull
from master_service.jobs.store import JobStore
from protocol.counts import counted

_log = logging.getLogger(__name__)

_FLUSH_INTERVAL_S = 1.0
_REMOVE_INTERVAL_S = 60.0
_STOP_TIMEOUT_S = 5.0
_OPEN_JOB_RETENTION = timedelta(days=1)


class Retention:
    """Looks after the store; finished jobs are kept for ``retention``."""

    def __init__(self, store: JobStore, retention: timedelta) -> None:
        self._store = store
        self._retention = retention
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End, before the store is closed; what takes long is not waited for."""
        self._stopped.set()
        self._thread.join(_STOP_TIMEOUT_S)

    def remove_expired(self) -> None:
        """Forget the jobs that have been kept for long enough, with their uploads."""
        now = datetime.now(timezone.utc)
        removed = self._store.remove_expired(now - self._retention, now - _OPEN_JOB_RETENTION)
        if removed:
            _log.info("forgot %s kept for long enough", counted(removed, "job"))

    def _run(self) -> None:
        next_removal = time.monotonic()
        while not self._stopped.is_set():
            try:
                self._store.ledger.flush()
                if time.monotonic() >= next_removal:
                    next_removal = time.monotonic() + _REMOVE_INTERVAL_S
                    self.remove_expired()
            except StorageFull as error:
                _log.warning("old jobs can't be forgotten now: %s", error)
            except Exception:  # noqa: BLE001 (border of a thread that the whole master needs)
                _log.exception("housekeeping stumbled, and goes on")
            self._stopped.wait(_FLUSH_INTERVAL_S)
