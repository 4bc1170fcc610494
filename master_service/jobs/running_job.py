"""The state in memory of a job that is queued or running.

``retry_writes`` is a loop of its own: tenacity counts its time limit from the first attempt, which
may be a run of hours, and makes one more attempt after a cancellation.
"""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from master_service.errors import LedgerFull
from master_service.monitoring.rate_estimator import RateEstimator
from master_service.monitoring.throughput import SlaveThroughput
from master_service.storage.model import Job

_log = logging.getLogger(__name__)

T = TypeVar("T")

_RETRY_INTERVAL_S = 1.0
"""The interval between two writes to a full disk."""
_RATE_RESET_S = 5.0
"""After a longer time without files on slaves, the rate is measured anew."""
_PERMANENT_ERRNOS = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""Errors that are the same however often the write is repeated."""
_DISK_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class JobCancelled(Exception):
    """The job was cancelled while it waited for a full disk."""


class RunningJob:
    """One queued or running job, or one whose files are processed before it is complete.

    ``blocked_timeout_s`` is how long it waits for a slave or for a full disk (None: for ever); it
    is set for synchronous jobs alone.
    """

    def __init__(self, job: Job, blocked_timeout_s: float | None) -> None:
        self.job = job
        self.blocked_timeout_s = blocked_timeout_s
        self.is_accepted = True
        """Whether the ledger has the job; else its request is still arriving."""
        self.over = threading.Event()
        """Set when the job has finished, or when the master shuts down."""
        self.stopped = False
        """Whether the master shuts down; the job resumes when it is restarted."""
        self.launched = False
        """Whether the job has a thread, rather than waiting in its queue."""
        self.blocked_reason: str | None = None
        """Why the job can't write to disk at the moment, as a sentence."""
        self.lock = threading.Lock()
        """Held while a run starts and while the job is cancelled, so that these don't overlap."""
        self.throughput = SlaveThroughput()
        self._cancelled = threading.Event()
        self._rate_estimator = RateEstimator()
        self._in_progress = 0
        self._idle_since = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        """Whether the job was cancelled."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Mark the job as cancelled, and end the wait of ``retry_writes``."""
        self._cancelled.set()

    @property
    def has_files_in_progress(self) -> bool:
        """Whether a slave holds a file of the job."""
        return self._in_progress > 0

    def record_progress(self) -> None:
        """Add the number of finished files, now, to the rate."""
        self._rate_estimator.note(time.monotonic(), self.job.ended_files)

    def handed_over(self, files: int) -> None:
        """Count files handed to slaves; after ``_RATE_RESET_S`` without any, reset the rate."""
        now = time.monotonic()
        if not self._in_progress and now - self._idle_since > _RATE_RESET_S:
            self._rate_estimator = RateEstimator()
            self._rate_estimator.note(now, self.job.ended_files)
        self._in_progress += files

    def release(self, files: int) -> None:
        """Count files that slaves no longer hold."""
        self._in_progress -= files
        self._idle_since = time.monotonic()

    def rate(self) -> float | None:
        """Return the recent rate in files a second; None while it is too early to say."""
        return self._rate_estimator.rate(time.monotonic(), self.job.ended_files)

    def retry_writes(self, write: Callable[[], T]) -> T:
        """Call ``write``, and repeat it while the disk can't be written; return its result.

        Raises the error of ``write`` if that is permanent, or if ``blocked_timeout_s`` is over
        since its first failure, and ``JobCancelled`` if the job is cancelled meanwhile.
        """
        first_failure: float | None = None
        while True:
            try:
                done = write()
            except (OSError, LedgerFull) as error:
                _log.error("job %s: blocked by a storage error: %s", self.job.job_id, error)
                now = time.monotonic()
                first_failure = now if first_failure is None else first_failure
                reason = error if isinstance(error, OSError) else _DISK_FULL
                if not self._wait_to_retry(reason, now - first_failure):
                    if self.is_cancelled:
                        raise JobCancelled from error
                    raise
            else:
                self.blocked_reason = None
                return done

    def _wait_to_retry(self, error: OSError, waited_s: float) -> bool:
        """Wait after a failed write; return whether to repeat it."""
        self.blocked_reason = (
            f"The master can't write ({error.strerror}): make room or give access to RESULTS_DIR "
            "and SPOOL_DIR; the job then continues."
        )
        timed_out = self.blocked_timeout_s is not None and waited_s >= self.blocked_timeout_s
        if timed_out or error.errno in _PERMANENT_ERRNOS:
            return False
        return not self._cancelled.wait(_RETRY_INTERVAL_S)
