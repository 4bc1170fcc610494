"""Records the progress of a run's files in the ledger, metrics and rates, and saves their results.

The engine reports each change by the file's position in the run.
"""

import logging
import threading
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial

from master_service.jobs.input_files import InputFiles
from master_service.jobs.provisional_files import Held, ProvisionalFiles
from master_service.jobs.result_saver import Ended, ResultSaver
from master_service.jobs.result_sink import ResultSink
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.monitoring.activity import FileKey
from master_service.monitoring.metrics import Metrics
from master_service.storage.model import File, JobState
from master_service.storage.results import Results, Staged
from master_service.storage.store import JobStore
from protocol.task_types import TASK_TYPES
from protocol.wire import DataSink, Outcome

_log = logging.getLogger(__name__)

_PAGE_FILES = 500
_YIELD_S = 0.0001


class ProgressRecorder:
    """Records one run whose outcomes are results, and saves each under its upload's name.

    A file stays ``running`` until its result is saved, soon after it has ended.
    """

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
        self._task = task.with_options(running_job.job.options)
        self._results = results
        self._saver = ResultSaver(running_job, self._task, results, store.storage, self._saved)
        self._files: list[File | None] = list(files)
        """By position; None once ended, to free memory, since a job may have very many."""
        self._store = store
        self._metrics = metrics
        self._handed_over_at = array("d", bytes(8 * len(files)))
        self._provisional = ProvisionalFiles()
        self._held_lock = threading.Lock()
        """Held while results that were held are saved, so that ``complete`` waits for their end."""
        running_job.record_progress()

    def inputs(self) -> InputFiles:
        """Return the files for the engine; each ``InputFile`` is created on access."""
        return InputFiles(self._files, self._store.spool.folder(self.running_job.job.job_id))

    def blamed_by_position(self) -> dict[int, tuple[str, ...]]:
        """Return the slaves that have blamed a file before, by position."""
        return {
            position: file.blamed_by
            for position, file in enumerate(self._files)
            if file is not None and file.blamed_by
        }

    def sink_factory(self) -> Callable[[], DataSink] | None:
        """Return what creates the sinks for large results."""
        return partial(ResultSink, self.running_job, partial(self._results.begin, self._task))

    # Provisional files

    def add(self, files: Sequence[File], is_provisional: bool) -> list[int]:
        """Add files at the next positions; return these."""
        positions = list(range(len(self._files), len(self._files) + len(files)))
        self._files.extend(files)
        self._handed_over_at.extend(0.0 for _ in files)
        if is_provisional:
            self._provisional.add(positions)
        return positions

    def accept(self, positions: Collection[int]) -> None:
        """Record that the ledger has these provisional files now.

        ``finish_held`` is to be called then.
        """
        # Their rows are as old as the moment in which they were written.
        files = (self._files[position] for position in self._provisional.accept(positions))
        changed = [file for file in files if file is not None and file.attempts]
        self._store.ledger.files_changed(self.running_job.job, changed)

    def finish_held(self) -> None:
        """Save the results of accepted files that ended while they were provisional."""
        with self._held_lock:
            while (accepted := self._provisional.pop_accepted()) is not None:
                position, held = accepted
                self.finish(position, *held)

    def reject(self, positions: Collection[int]) -> None:
        """Drop provisional files, whose request broke off, with their outcomes."""
        for position in positions:
            self.drop(position, self._provisional.discard(position))

    def provisional(self) -> list[int]:
        """Return the positions of all provisional files."""
        return self._provisional.positions()

    def drop(self, position: int, held: Held | None) -> None:
        """Forget a provisional file, and what is held of it."""
        if held is not None and held[1] is not None:
            held[1].discard()
        file = self._files[position]
        if file is not None:
            self._release(position)
            self._files[position] = None

    def hold(self, position: int, outcome: Outcome) -> Held:
        """Return the outcome of a file to be held: its result is written to disk."""
        if isinstance(sink := outcome.sink, ResultSink):
            # An error is raised again when the file is finished.
            with suppress(OSError, JobCancelled):
                return replace(outcome, sink=None), sink.staged()
        if outcome.failure is not None or outcome.data is None:
            return outcome, None
        try:
            staged = self._results.stage(self._task, outcome.data)
        except OSError as error:
            # It waits in memory until the disk can be written.
            _log.warning("file %d: its result can't be written yet: %s", position, error)
            return outcome, None
        return replace(outcome, data=None), staged

    # Steps, which the engine reports

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        """Record that a slave ("ip:port") has files; the first ones set the job to running."""
        now = time.monotonic()
        self.begin_job()
        files = [self._file(position) for position in positions]
        for position, file in zip(positions, files, strict=True):
            file.hand_over(slave)
            self._handed_over_at[position] = now
        self.running_job.handed_over(len(files))
        self.running_job.throughput.handed_over(slave, now)
        self._metrics.handed_over(self._task.name, slave, len(files))
        names = [
            (self._key(position), file.filename)
            for position, file in zip(positions, files, strict=True)
        ]
        self._metrics.activity.handed_over(slave, names)
        self._write(positions, files)

    def begin_job(self) -> None:
        """Set a queued job to running; an open one notes when its first file was handed over."""
        job = self.running_job.job
        if job.state is JobState.QUEUED:
            job.change(JobState.RUNNING, datetime.now(timezone.utc))
            if self.running_job.is_accepted:
                self._store.ledger.job_changed(job)
        elif job.started_at is None:
            job.started_at = datetime.now(timezone.utc)

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        """Record that a file waits for another slave."""
        file = self._file(position)
        file.requeue(blamed_by)
        self._release(position)
        self._write([position], [file])

    def cancelled(self, positions: Sequence[int]) -> None:
        """Record that these files are cancelled; rejected ones are dropped."""
        for first in range(0, len(positions), _PAGE_FILES):
            page = [
                position
                for position in positions[first : first + _PAGE_FILES]
                if self._files[position] is not None and position not in self._provisional
            ]
            files = [self._file(position) for position in page]
            for position, file in zip(page, files, strict=True):
                file.cancel()
                self._release(position)
            self._end(page, files)
            # gevent switches threads only in a wait; a wait of zero does not switch.
            time.sleep(_YIELD_S)

    def ended(self, position: int, outcome: Outcome) -> None:
        """Record the outcome of a file."""
        file, now = self._files[position], time.monotonic()
        if file is None:
            if outcome.sink is not None:
                outcome.sink.discard()
            return  # rejected since the engine decided
        if began := self._handed_over_at[position]:
            self._metrics.answered(self._task.name, now - began)
        if file.slave is not None:
            self.running_job.throughput.answered(file.slave, now, outcome.failure is None)
        self._metrics.activity.ended(self._key(position), now)
        self._release(position)
        if position in self._provisional:
            held = self.hold(position, outcome)
            if self._provisional.hold(position, held):
                return
            if self._files[position] is None:
                self.drop(position, held)
            else:
                self.finish(position, *held)
        else:
            self.finish(position, outcome)

    # Ends of files

    def complete(self) -> None:
        """Finish the files that were not finished when they ended; called after the run."""
        self.finish_held()

    def close(self) -> None:
        """Wait until every result is saved; called after ``complete``, or where that failed."""
        self.reject(self.provisional())
        self._saver.drain()

    def finish(self, position: int, outcome: Outcome, staged: Staged | None = None) -> None:
        """Give the result of a file to be saved soon, or record its failure.

        A result is either in ``staged``, or in ``data`` or ``sink`` of the outcome.
        """
        file = self._file(position)
        if outcome.failure is None:
            self._saver.put(position, file, outcome, staged)
        else:
            file.fail(outcome.failure)
            self._end([position], [file])

    def _saved(self, ended: Sequence[Ended]) -> None:
        for file in ended:
            self._metrics.saved(self._task.name, file.result_bytes)
        self._end([file.position for file in ended], [file.file for file in ended])

    def _end(self, positions: Iterable[int], files: Sequence[File]) -> None:
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

    def _write(self, positions: Iterable[int], files: Iterable[File]) -> None:
        """Write the state of the files to the ledger, if it has them."""
        known = [
            file
            for position, file in zip(positions, files, strict=True)
            if position not in self._provisional
        ]
        if known:
            self._store.ledger.files_changed(self.running_job.job, known)

    def _release(self, position: int) -> None:
        """Record that no slave holds the file any more; does nothing where none does."""
        if self._handed_over_at[position]:
            self._handed_over_at[position] = 0.0
            self.running_job.release(1)
            self._metrics.activity.release(self._key(position))

    def _key(self, position: int) -> FileKey:
        return self.running_job.job.job_id, position

    def _file(self, position: int) -> File:
        file = self._files[position]
        if file is None:
            raise LookupError(f"file {position} of the run has ended already")
        return file
