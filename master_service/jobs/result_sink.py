"""Writes one result to disk while its bytes arrive, and waits while the disk is full."""

from collections.abc import Callable

from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.storage.results import Staged, Staging


class ResultSink:
    """A ``DataSink`` for one result; ``begin`` creates its file."""

    def __init__(self, running_job: RunningJob, begin: Callable[[], Staging]) -> None:
        self._running_job = running_job
        self._begin = begin
        self._staging: Staging | None = None
        self._left = memoryview(b"")
        self._error: OSError | JobCancelled | None = None

    def write(self, data: bytes) -> None:
        """Write the next bytes; after an error, which ``staged`` raises, drop them."""
        if self._error is not None:
            return
        self._left = memoryview(data)
        try:
            self._running_job.retry_writes(self._write_left)
        except (OSError, JobCancelled) as error:
            self._error = error
            self.discard()

    def staged(self) -> Staged:
        """Return the whole result; raises ``OSError`` or ``JobCancelled`` if writing failed."""
        self.write(b"")  # creates the file of an empty result
        if self._error is not None or self._staging is None:
            raise self._error or OSError("the result was discarded")
        return self._staging.finish()

    def discard(self) -> None:
        """Delete the temporary file, which a saved result no longer needs."""
        if self._staging is not None:
            self._staging.discard()

    def _write_left(self) -> None:
        if self._staging is None:
            self._staging = self._begin()
        while self._left:
            self._left = self._left[self._staging.write(self._left) :]
