"""What each step of a pass means for the ledger; the engine reports them by position."""

import json
import logging
import time
from array import array
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol, overload

from master_service.jobs.model import File, FileState, JobState
from master_service.jobs.results import Results
from master_service.jobs.running_job import RunningJob
from master_service.jobs.store import JobStore
from master_service.monitoring.activity import FileKey
from master_service.monitoring.metrics import Metrics
from master_service.slaves.transport import InputFile
from protocol.failures import Failure, Internal
from protocol.task_types import TaskType
from protocol.wire import Outcome

_log = logging.getLogger(__name__)

_PAGE_FILES = 500
_YIELD_S = 0.0001
_MAX_NAME_CHARACTERS = 500
"""Of a name, its end goes to the slave: quoted for a header, a longer one may not fit there."""


class Fit(Protocol):
    """Where the first of two passes leads to; the task table names who makes one."""

    def add(self, survey: object) -> None:
        """Take in one file's survey; raises ``ValueError`` for one that makes no sense."""
        ...


class JobCancelled(Exception):
    """The job was cancelled while it waited for a disk that is full."""


class ProgressRecorder:
    """Keeps the ledger while a pass is under way; what an outcome means, its heirs know."""

    def __init__(
        self, running_job: RunningJob, files: Sequence[File], store: JobStore, metrics: Metrics
    ) -> None:
        self.running_job = running_job
        self._files: list[File | None] = list(files)
        """By position; those that have ended are forgotten, for a job may have very many."""
        self._store = store
        self._metrics = metrics
        self._handed_over_at = array("d", bytes(8 * len(files)))
        self._task_type = running_job.job.task_type
        running_job.record_progress()

    def inputs(self) -> "InputFiles":
        """Return the files as the engine sends them, each made when it is asked for."""
        return InputFiles(self._files, self._store.spool.inputs(self.running_job.job.job_id))

    def blamed_by_position(self) -> dict[int, tuple[str, ...]]:
        """Return, by position, the slaves that have blamed a file before."""
        return {
            position: file.blamed_by
            for position, file in enumerate(self._files)
            if file is not None and file.blamed_by
        }

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        """Note that a slave ("ip:port") was given files; with the first one the job runs."""
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
        self._metrics.handed_over(self._task_type, slave, len(files))
        named = [(self._key(file), file.filename) for file in files]
        self._metrics.activity.handed_over(slave, named)
        self._store.ledger.files_changed(job, files)

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        """Note that a file waits for another slave."""
        file = self._file(position)
        file.requeue(blamed_by)
        self.running_job.release(1)
        self._metrics.activity.release(self._key(file))
        self._store.ledger.files_changed(self.running_job.job, [file])

    def discarded(self, positions: Sequence[int]) -> None:
        """Note that nobody wants these files any more."""
        for first in range(0, len(positions), _PAGE_FILES):
            page = positions[first : first + _PAGE_FILES]
            files = [self._file(position) for position in page]
            self.running_job.release(sum(file.state is FileState.RUNNING for file in files))
            for file in files:
                file.cancel()
                self._metrics.activity.release(self._key(file))
            self._end(page, files)
            # Under gevent nobody else gets a turn until this thread waits, and zero is no wait.
            time.sleep(_YIELD_S)

    def ended(self, position: int, outcome: Outcome) -> None:
        """Take in the outcome that a file has come to."""
        file, now = self._file(position), time.monotonic()
        self.running_job.release(file.state is FileState.RUNNING)
        if began := self._handed_over_at[position]:
            self._metrics.answered(self._task_type, now - began)
        try:
            failure = outcome.failure or self.store_outcome(file, outcome)
        except JobCancelled:
            failure = None
            file.cancel()
        except Exception:  # noqa: BLE001 (whatever a result runs into, its file has an end)
            _log.exception(
                "job %s: file %d: its result is lost", self.running_job.job.job_id, file.index
            )
            failure = _INTERNAL_ERROR
        if failure is not None:
            file.fail(failure)
        if file.state is FileState.QUEUED:
            self._metrics.activity.release(self._key(file))  # it has another pass to go
        else:
            self._metrics.activity.ended(self._key(file), time.monotonic())
        if file.slave is not None:
            self.running_job.throughput.answered(file.slave, now, file.state is FileState.DONE)
        self._end([position], [file])

    def store_outcome(self, file: File, outcome: Outcome) -> Failure | None:
        """Make something of the bytes a slave answered; returns why that was not possible."""
        raise NotImplementedError

    def _end(self, positions: Sequence[int], files: Sequence[File]) -> None:
        job = self.running_job.job
        for position, file in zip(positions, files, strict=True):
            self._files[position] = None
            if file.state is not FileState.QUEUED:
                job.count(file)
                end = file.failure.code if file.failure else file.state.value
                self._metrics.file_ended(self._task_type, end)
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
            raise LookupError(f"file {position} of the pass has ended already")
        return file


class FitRecorder(ProgressRecorder):
    """The first of two passes: every answer goes into the fit.

    ``fit_error`` is set when the fit has lost count because the disk was full: then the pass has to
    be done again.
    """

    def __init__(
        self,
        running_job: RunningJob,
        files: Sequence[File],
        store: JobStore,
        metrics: Metrics,
        fit: Fit,
    ) -> None:
        super().__init__(running_job, files, store, metrics)
        self._fit = fit
        self.fit_error: OSError | None = None

    def store_outcome(self, file: File, outcome: Outcome) -> Failure | None:
        """Count the file in; it waits for the second pass."""
        try:
            if self.fit_error is None:
                self._fit.add(json.loads(outcome.data or b""))
        except ValueError as error:
            return Internal(f"The slave's survey of the file makes no sense: {error}").as_failure()
        except OSError as error:
            self.fit_error = error
        file.requeue()
        return None


class ResultRecorder(ProgressRecorder):
    """The pass that gives results: every answer is written, under the upload's name."""

    def __init__(
        self,
        running_job: RunningJob,
        files: Sequence[File],
        store: JobStore,
        metrics: Metrics,
        results: Results,
        task: TaskType,
    ) -> None:
        super().__init__(running_job, files, store, metrics)
        self._results = results
        self._task = task

    def store_outcome(self, file: File, outcome: Outcome) -> Failure | None:
        """Write the result; a disk that is full is waited for."""
        began, data = time.monotonic(), outcome.data or b""
        while True:
            try:
                saved = self._results.save(self._task, file.filename, data)
                break
            except OSError as error:
                _log.error("a result can't be written: %s", error)
                if self.running_job.wait_for_disk(error, began):
                    if self.running_job.is_cancelled:
                        raise JobCancelled from error
                    return _not_written(error)
        self.running_job.clear_blocked_reason()
        file.finish(saved.path, saved.sha256, outcome.warnings)
        self._metrics.saved(self._task.name, len(data))
        return None


class InputFiles(Sequence[InputFile]):
    """The files of a pass as the engine sees them."""

    def __init__(self, files: Sequence[File | None], inputs: Path) -> None:
        self._files = files
        self._inputs = inputs

    def __len__(self) -> int:
        """Return how many files the pass began with."""
        return len(self._files)

    @overload
    def __getitem__(self, position: int) -> InputFile: ...
    @overload
    def __getitem__(self, position: slice) -> list[InputFile]: ...
    def __getitem__(self, position: int | slice) -> InputFile | list[InputFile]:
        """Return a file that has no end yet."""
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        file = self._files[position]
        if file is None:
            raise LookupError(f"file {position} of the pass has ended already")
        return InputFile(
            file.filename[-_MAX_NAME_CHARACTERS:], self._inputs / str(file.index), file.size
        )

    def sizes(self) -> "array[int]":
        """Return the size of each in bytes, while none has ended."""
        return array("Q", (file.size if file else 0 for file in self._files))


_INTERNAL_ERROR = Internal(
    "The result could not be taken in because of an internal error; the log of the master "
    "has the details."
).as_failure()


def _not_written(error: OSError) -> Failure:
    return Internal(
        f"The result could not be written on the master ({error.strerror}): make room or "
        "give access to RESULTS_DIR, then send the file again."
    ).as_failure()
