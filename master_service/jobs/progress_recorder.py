"""Records the progress of a run's files in the ledger, metrics and rates, and saves their results.

The engine reports each change by the file's position in the run.
"""

import logging
import time
from array import array
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import overload

from master_service.engine import InputFile
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.monitoring.activity import FileKey
from master_service.monitoring.metrics import Metrics
from master_service.storage.model import File, FileState, JobState
from master_service.storage.results import Results
from master_service.storage.store import JobStore
from protocol.failures import Failure, Internal
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome

_log = logging.getLogger(__name__)

_PAGE_FILES = 500
_YIELD_S = 0.0001
_MAX_NAME_CHARACTERS = 500
"""Only the end of a name is sent to the slave: quoted, a longer one may not fit in a header."""


class ProgressRecorder:
    """Records one run whose outcomes are results, and saves each under its upload's name."""

    def __init__(
        self,
        running_job: RunningJob,
        files: Sequence[File],
        store: JobStore,
        metrics: Metrics,
        results: Results,
    ) -> None:
        self.running_job = running_job
        task = TASK_TYPES[running_job.job.task_type]
        self._results = results
        self._task = task.with_options(running_job.job.options)
        self._files: list[File | None] = list(files)
        """By position; None once ended, to free memory, since a job may have very many."""
        self._store = store
        self._metrics = metrics
        self._handed_over_at = array("d", bytes(8 * len(files)))
        running_job.record_progress()

    def inputs(self) -> "InputFiles":
        """Return the files for the engine; each ``InputFile`` is created on access."""
        return InputFiles(self._files, self._store.spool.folder(self.running_job.job.job_id))

    def blamed_by_position(self) -> dict[int, tuple[str, ...]]:
        """Return the slaves that have blamed a file before, by position."""
        return {
            position: file.blamed_by
            for position, file in enumerate(self._files)
            if file is not None and file.blamed_by
        }

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        """Record that a slave ("ip:port") has files; the first ones set the job to running."""
        now, job = time.monotonic(), self.running_job.job
        if job.state is JobState.QUEUED:
            job.change(JobState.RUNNING, datetime.now(timezone.utc))
            self._store.ledger.job_changed(job)
        files = [self._file(position) for position in positions]
        for position, file in zip(positions, files, strict=True):
            file.hand_over(slave)
            self._handed_over_at[position] = now
        self.running_job.handed_over(len(files))
        self.running_job.throughput.handed_over(slave, now)
        self._metrics.handed_over(self._task.name, slave, len(files))
        names = [(self._key(file), file.filename) for file in files]
        self._metrics.activity.handed_over(slave, names)
        self._store.ledger.files_changed(job, files)

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        """Record that a file waits for another slave."""
        file = self._file(position)
        file.requeue(blamed_by)
        self.running_job.release(1)
        self._metrics.activity.release(self._key(file))
        self._store.ledger.files_changed(self.running_job.job, [file])

    def cancelled(self, positions: Sequence[int]) -> None:
        """Record that these files are cancelled."""
        for first in range(0, len(positions), _PAGE_FILES):
            page = positions[first : first + _PAGE_FILES]
            files = [self._file(position) for position in page]
            self.running_job.release(sum(file.state is FileState.RUNNING for file in files))
            for file in files:
                file.cancel()
                self._metrics.activity.release(self._key(file))
            self._end(page, files)
            # gevent switches threads only in a wait; a wait of zero does not switch.
            time.sleep(_YIELD_S)

    def ended(self, position: int, outcome: Outcome) -> None:
        """Record the outcome of a file."""
        file, now = self._file(position), time.monotonic()
        self.running_job.release(file.state is FileState.RUNNING)
        if began := self._handed_over_at[position]:
            self._metrics.answered(self._task.name, now - began)
        if file.slave is not None:
            self.running_job.throughput.answered(file.slave, now, outcome.failure is None)
        self._metrics.activity.ended(self._key(file), now)
        self.finish(position, outcome)

    def complete(self) -> None:
        """Finish the files that were not finished when they ended; called after the run."""

    def close(self) -> None:
        """Release what the recorder holds; called after ``complete``, or where that failed."""

    def finish(self, position: int, outcome: Outcome) -> None:
        """Save the result of a file, if it has one, and record how the file has ended."""
        file = self._file(position)
        try:
            failure = outcome.failure or self._save(file, outcome)
        except JobCancelled:
            failure = None
            file.cancel()
        except Exception:  # noqa: BLE001 (whatever the error, the file must end)
            _log.exception(
                "job %s: file %d: can't save its result", self.running_job.job.job_id, file.index
            )
            failure = _INTERNAL_ERROR
        if failure is not None:
            file.fail(failure)
        self._end([position], [file])

    def _save(self, file: File, outcome: Outcome) -> Failure | None:
        """Write the result, waiting while the disk is full; return why that is not possible."""
        data = outcome.data or b""
        try:
            saved = self.running_job.retry_writes(
                lambda: self._results.save(self._task, file.filename, data)
            )
        except OSError as error:
            return not_written(error)
        file.finish(saved.path, saved.sha256, outcome.warnings)
        self._metrics.saved(self._task.name, len(data))
        return None

    def _end(self, positions: Sequence[int], files: Sequence[File]) -> None:
        job = self.running_job.job
        for position, file in zip(positions, files, strict=True):
            self._files[position] = None
            job.count(file)
            end = file.failure.code if file.failure else file.state.value
            self._metrics.file_ended(self._task.name, end)
        for file in files:
            if file.failure is not None:
                reason = file.failure.code
                _log.info("job %s: %r failed: %r", job.job_id, file.filename, reason)
        self._store.ledger.files_changed(job, files)
        self.running_job.record_progress()

    def _key(self, file: File) -> FileKey:
        return self.running_job.job.job_id, file.index

    def _file(self, position: int) -> File:
        file = self._files[position]
        if file is None:
            raise LookupError(f"file {position} of the run has ended already")
        return file


class InputFiles(Sequence[InputFile]):
    """The files of a run as the engine sends them, by position."""

    def __init__(self, files: Sequence[File | None], folder: Path) -> None:
        self._files = files
        self._folder = folder

    def __len__(self) -> int:
        """Return how many files the run has, ended ones included."""
        return len(self._files)

    @overload
    def __getitem__(self, position: int) -> InputFile: ...
    @overload
    def __getitem__(self, position: slice) -> list[InputFile]: ...
    def __getitem__(self, position: int | slice) -> InputFile | list[InputFile]:
        """Return a file that has not ended; raises ``LookupError`` for others."""
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        file = self._files[position]
        if file is None:
            raise LookupError(f"file {position} of the run has ended already")
        path = self._folder / (file.upload or "none")
        return InputFile(file.filename[-_MAX_NAME_CHARACTERS:], path, file.size)

    def sizes(self) -> "array[int]":
        """Return the size of each file in bytes; 0 for those that have ended."""
        return array("Q", (file.size if file else 0 for file in self._files))


_INTERNAL_ERROR = Internal(
    "The result could not be saved because of an internal error; the log of the master "
    "has the details."
).as_failure()


def not_written(error: OSError) -> Failure:
    """Return the failure of a file whose result can't be written to disk."""
    return Internal(
        f"The result could not be written on the master ({error.strerror}): make room or "
        "give access to RESULTS_DIR, then send the file again."
    ).as_failure()
