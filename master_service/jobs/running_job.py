"""A job that is queued or under way: what those who work on it and those who watch it share."""

import errno
import threading
import time

from master_service.jobs.model import Job
from master_service.monitoring.rate_estimator import RateEstimator
from master_service.monitoring.throughput import SlaveThroughput

_RETRY_INTERVAL_S = 1.0
"""How long to wait before a full disk is tried again."""
_RATE_RESET_S = 5.0
"""Without a slave for longer, a job has paused; that is not its speed."""
_PERMANENT_ERRNOS = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""What no waiting cures."""


class RunningJob:
    """One job; ``patience_s`` is how long somebody waits for what does not come, None for ever."""

    def __init__(self, job: Job, patience_s: float | None) -> None:
        self.job = job
        self.patience_s = patience_s
        self.over = threading.Event()
        self.stopped = False
        """The master shuts down; the job goes on when it is started again."""
        self.launched = False
        """Whether the job's files may be handed over, and not those of other jobs alone."""
        self.blocked_reason: str | None = None
        """What the job waits for at the moment, as a sentence."""
        self.lock = threading.Lock()
        """Held while a pass begins, and while the job is cancelled: one comes before the other."""
        self.throughput = SlaveThroughput()
        self._cancelled = threading.Event()
        self._rate_estimator = RateEstimator()
        self._in_progress = 0
        self._idle_since = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants the job any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Note that nobody wants the job any more."""
        self._cancelled.set()

    @property
    def has_files_in_progress(self) -> bool:
        """Whether a slave holds a file of the job."""
        return self._in_progress > 0

    def record_progress(self) -> None:
        """Note how far the job has come."""
        self._rate_estimator.note(time.monotonic(), self.job.ended_files)

    def handed_over(self, files: int) -> None:
        """Note that slaves were given files; after a while without any, the rate begins anew."""
        now = time.monotonic()
        if not self._in_progress and now - self._idle_since > _RATE_RESET_S:
            self._rate_estimator = RateEstimator()
            self._rate_estimator.note(now, self.job.ended_files)
        self._in_progress += files

    def release(self, files: int) -> None:
        """Note that slaves hold so many files no more."""
        self._in_progress -= files
        self._idle_since = time.monotonic()

    def rate(self) -> float | None:
        """Return files a second, of late."""
        return self._rate_estimator.rate(time.monotonic(), self.job.ended_files)

    def wait_for_disk(self, error: OSError, since: float) -> bool:
        """Wait for a disk that does not take something; tell whether to leave it at that.

        ``since`` is when the trouble began, by the monotonic clock.
        """
        self.blocked_reason = (
            f"The master can't write ({error.strerror}): make room or give access to RESULTS_DIR "
            "and SPOOL_DIR, and the job goes on."
        )
        waited_s = time.monotonic() - since
        impatient = self.patience_s is not None and waited_s >= self.patience_s
        return (
            impatient or error.errno in _PERMANENT_ERRNOS or self._cancelled.wait(_RETRY_INTERVAL_S)
        )

    def clear_blocked_reason(self) -> None:
        """Note that the disk takes things again."""
        self.blocked_reason = None
