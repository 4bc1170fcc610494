"""Sees jobs through: each from its files to its results, a few of a kind at a time. READ SECOND.

``_process`` tells the story of one job; the engine it asks knows nothing of jobs, and the results
nothing of slaves.
"""

import errno
import importlib
import logging
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Protocol

from master_service.errors import LedgerFull, ShuttingDown
from master_service.jobs.ledger_rows import COMBINED
from master_service.jobs.model import File, FileState, Job, JobState
from master_service.jobs.progress_recorder import (
    FitRecorder,
    JobCancelled,
    ProgressRecorder,
    ResultRecorder,
)
from master_service.jobs.results import Results
from master_service.jobs.running_job import RunningJob
from master_service.jobs.store import JobStore
from master_service.monitoring.metrics import Metrics
from master_service.worker import ActiveRun, Listener, RunRequest
from protocol.counts import counted
from protocol.failures import Internal
from protocol.task_types import TASK_TYPES, TaskType

_log = logging.getLogger(__name__)

MAX_RUNNING_JOBS = 4
"""Jobs of one type that are under way at a time: the files of each are held in memory, and more
at a time would not make any of them faster."""
MAX_RUNNING_SYNC_JOBS = 32
"""The same for jobs that somebody waits for, beside the others: most of them are small."""
_PAGE_FILES = 2000
_YIELD_S = 0.0001


class Engine(Protocol):
    """What brings files to slaves and outcomes back; ``worker.Worker`` is the one there is."""

    def begin(self, run: str, request: RunRequest, listener: Listener) -> ActiveRun:
        """Begin a pass; its ``wait`` comes back when every file has its outcome."""
        ...

    def cancel(self, run: str) -> None:
        """Give up a pass for which nobody waits any more."""
        ...

    def drop(self, run: str, slave: str) -> int:
        """Give a slave nothing more of a pass; returns how many of its files it held."""
        ...


class Runner:
    """Every job that is queued or under way."""

    def __init__(self, store: JobStore, engine: Engine, results: Results, metrics: Metrics) -> None:
        self._store = store
        self._engine = engine
        self._results = results
        self._metrics = metrics
        self._running_jobs: dict[str, RunningJob] = {}
        self._waiting: defaultdict[QueueKey, deque[RunningJob]] = defaultdict(deque)
        self._running: Counter[QueueKey] = Counter()
        self._lock = threading.Lock()

    def put(self, job: Job, patience_s: float | None) -> RunningJob:
        """Take a queued job; one that somebody waits for (with patience) has a lane of its own."""
        running_job = RunningJob(job, patience_s)
        with self._lock:
            self._running_jobs[job.job_id] = running_job
            if self._has_free_slot(_queue_key(running_job)):
                self._launch(running_job)
            else:
                self._waiting[_queue_key(running_job)].append(running_job)
        return running_job

    def recover(self) -> None:
        """Go on with the jobs that a master left behind which was stopped or killed."""
        for job in self._store.ledger.jobs_in_state(JobState.QUEUED):
            _log.info("job %s: going on with it", job.job_id)
            self.put(job, None)

    def running_job(self, job_id: str) -> RunningJob | None:
        """Return the job if it is queued or under way."""
        return self._running_jobs.get(job_id)

    def queue_sizes(self) -> dict[str, float]:
        """Return how many jobs and files have been accepted and have no end yet."""
        jobs = [running_job.job for running_job in list(self._running_jobs.values())]
        files = sum(job.total_files - job.ended_files for job in jobs)
        return {"jobs": len(jobs), "files": files}

    def cancel(self, running_job: RunningJob) -> None:
        """End the job: what has no outcome is cancelled, what is being saved now may be done."""
        # Should the process end on the way: after the next start it goes no further.
        with suppress(LedgerFull):
            self._store.ledger.request_cancel(running_job.job)
        with running_job.lock:
            running_job.cancel()
            self._engine.cancel(running_job.job.job_id)
        with self._lock:
            waiting = self._waiting[_queue_key(running_job)]
            if running_job in waiting:
                # Its way to the end is short now.
                waiting.remove(running_job)
                self._launch(running_job)

    def drop(self, job_id: str, slave: str) -> int:
        """Take from a slave what it holds of a job; returns how many files those were."""
        return self._engine.drop(job_id, slave)

    def stop(self) -> None:
        """Tell everybody who waits for a job that it goes on another time."""
        for running_job in list(self._running_jobs.values()):
            running_job.stopped = True
            running_job.over.set()

    def _launch(self, running_job: RunningJob) -> None:
        self._running[_queue_key(running_job)] += 1
        running_job.launched = True
        threading.Thread(target=self._run_job, args=(running_job,), daemon=True).start()

    def _run_job(self, running_job: RunningJob) -> None:
        job = running_job.job
        try:
            self._process(running_job)
        except ShuttingDown:
            return  # the ledger says how far it has come
        except JobCancelled:
            self._abort(running_job)
        except Exception:  # noqa: BLE001 (border of a thread: its job has to have an end)
            _log.exception("job %s went wrong", job.job_id)
            self._abort(running_job)
        self._release_slot(running_job)
        running_job.over.set()

    def _release_slot(self, running_job: RunningJob) -> None:
        queue_key = _queue_key(running_job)
        with self._lock:
            del self._running_jobs[running_job.job.job_id]
            self._running[queue_key] -= 1
            if self._waiting[queue_key] and self._has_free_slot(queue_key):
                self._launch(self._waiting[queue_key].popleft())

    def _has_free_slot(self, queue_key: "QueueKey") -> bool:
        is_sync = queue_key[1]
        return self._running[queue_key] < (MAX_RUNNING_SYNC_JOBS if is_sync else MAX_RUNNING_JOBS)

    def _process(self, running_job: RunningJob) -> None:
        """See every file of the job to its end."""
        job, task = running_job.job, TASK_TYPES[running_job.job.task_type]
        fit = self._load_or_make_fit(running_job, task) if task.fit else None
        files = self._files_in_states(job, FileState.QUEUED)
        recorder = ResultRecorder(
            running_job, files, self._store, self._metrics, self._results, task
        )
        self._run_engine(running_job, task, recorder, fit=fit)
        self._finish(running_job)

    def _load_or_make_fit(self, running_job: RunningJob, task: TaskType) -> object:
        """Survey every file on the slaves, and put the surveys together, once for each job."""
        fit = self._store.ledger.fit(running_job.job)
        if fit is None:
            fit = self._retry_while_disk_full(
                running_job, lambda: self._make_fit(running_job, task)
            )
            # Before anything is made with it: a master that is started again when some files are
            # done already could not survey them once more.
            self._retry_while_disk_full(
                running_job, lambda: self._store.ledger.store_fit(running_job.job, fit)
            )
        return fit

    def _retry_while_disk_full(
        self, running_job: RunningJob, action: Callable[[], object]
    ) -> object:
        """Do something as soon as the disk takes it; raises its error when that takes too long.

        Raises ``JobCancelled`` when the job is cancelled meanwhile.
        """
        began: float | None = None
        while True:
            try:
                done = action()
            except (OSError, LedgerFull) as error:
                began = time.monotonic() if began is None else began
                _log.error("job %s can't go on: %s", running_job.job.job_id, error)
                reason = error if isinstance(error, OSError) else _DISK_FULL
                if running_job.wait_for_disk(reason, began):
                    if running_job.is_cancelled:
                        raise JobCancelled from error
                    raise
            else:
                running_job.clear_blocked_reason()
                return done

    def _make_fit(self, running_job: RunningJob, task: TaskType) -> object:
        module = importlib.import_module(str(task.fit))
        with module.open_fit(self._store.spool.inputs(running_job.job.job_id)) as fit:
            files = self._files_in_states(running_job.job, FileState.QUEUED)
            recorder = FitRecorder(running_job, files, self._store, self._metrics, fit)
            self._run_engine(running_job, task, recorder, survey=True)
            if recorder.fit_error is not None:
                raise recorder.fit_error
            return fit.finish()

    def _run_engine(
        self,
        running_job: RunningJob,
        task: TaskType,
        recorder: ProgressRecorder,
        survey: bool = False,
        fit: object = None,
    ) -> None:
        inputs = recorder.inputs()
        work = RunRequest(
            task,
            inputs,
            inputs.sizes(),
            recorder.blamed_by_position(),
            survey,
            fit,
            running_job.patience_s,
        )
        with running_job.lock:
            if running_job.is_cancelled:
                recorder.discarded(range(len(inputs)))
                return
            active_run = self._engine.begin(running_job.job.job_id, work, recorder)
        active_run.wait()

    def _files_in_states(self, job: Job, *states: FileState) -> list[File]:
        """Return the job's files that stand there, read in pages so that nobody waits for it."""
        found: list[File] = []
        first = 0
        while page := self._store.ledger.files(job.job_id, first, _PAGE_FILES):
            found += [file for file in page if file.state in states]
            first = page[-1].index + 1
            time.sleep(_YIELD_S)
        return found

    def _finish(self, running_job: RunningJob) -> None:
        job = running_job.job
        if job.ended_files != job.total_files:
            raise RuntimeError(f"job {job.job_id} would end with files that have no end")
        with suppress(LedgerFull):  # then nobody will know how fast they were
            speeds = running_job.throughput.by_slave() | {
                COMBINED: running_job.throughput.combined()
            }
            self._store.ledger.store_speeds(job, speeds)
        self._change_state(job, JobState.CANCELLED if job.cancelled_files else JobState.DONE)
        self._metrics.job_ended(job.task_type, job.state.value)
        told = job.job_id, job.state.value, job.done_files, counted(job.total_files, "file")
        _log.info("job %s: %s, %d of %s done", *told)

    def _abort(self, running_job: RunningJob) -> None:
        """Give every file an end when the job can't be seen through, or is not wanted any more."""
        try:
            self._abort_files(running_job)
            self._finish(running_job)
        except Exception:  # noqa: BLE001 (nothing is left to try; who waits has to be told)
            _log.exception("job %s stands still until the next start", running_job.job.job_id)

    def _abort_files(self, running_job: RunningJob) -> None:
        job = running_job.job
        for file in self._files_in_states(job, FileState.QUEUED, FileState.RUNNING):
            if running_job.is_cancelled:
                file.cancel()
            else:
                file.fail(_INTERNAL_ERROR)
            job.count(file)
            self._store.ledger.files_changed(job, [file])
            time.sleep(_YIELD_S)

    def _change_state(self, job: Job, state: JobState) -> None:
        job.change(state, datetime.now(timezone.utc))
        self._store.ledger.job_changed(job)


QueueKey = tuple[str, bool]
"""A task type, and whether somebody waits for the job: those of one lane follow each other."""


def _queue_key(running_job: RunningJob) -> QueueKey:
    return running_job.job.task_type, running_job.patience_s is not None


_DISK_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
_INTERNAL_ERROR = Internal(
    "The job could not go on because of an internal error or a full disk; the log of the master "
    "has the details. Then try again: retry the job."
).as_failure()
