"""Queues jobs and processes each to its end, a few of each task type at a time. READ SECOND.

``_process`` is the life of one job. The engine knows no jobs, and ``results`` knows no slaves.
"""

import importlib
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from datetime import datetime, timezone

from master_service.engine import Engine, RunRequest
from master_service.errors import LedgerFull, ShuttingDown
from master_service.jobs.ledger_rows import COMBINED
from master_service.jobs.model import File, FileState, Job, JobState
from master_service.jobs.progress_recorder import FitRecorder, ProgressRecorder, ResultRecorder
from master_service.jobs.results import Results
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.jobs.store import JobStore
from master_service.monitoring.metrics import Metrics
from protocol.counts import counted
from protocol.failures import Internal
from protocol.task_types import TASK_TYPES, TaskType

_log = logging.getLogger(__name__)

MAX_RUNNING_JOBS = 4
"""Background jobs of one task type that run at a time: the files of each are held in memory, and
running more at a time makes none of them faster."""
MAX_RUNNING_SYNC_JOBS = 32
"""Jobs of one task type with a waiting request that run at a time: most of them are small."""
_PAGE_FILES = 2000
_YIELD_S = 0.0001


class Runner:
    """All queued and running jobs."""

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
        """Add a queued job; with ``patience_s`` it is a synchronous one, which a request awaits."""
        running_job = RunningJob(job, patience_s)
        with self._lock:
            self._running_jobs[job.job_id] = running_job
            if self._has_free_slot(_queue_key(running_job)):
                self._launch(running_job)
            else:
                self._waiting[_queue_key(running_job)].append(running_job)
        return running_job

    def recover(self) -> None:
        """Resume the jobs that were queued or running when the last master ended."""
        for job in self._store.ledger.jobs_in_state(JobState.QUEUED):
            _log.info("job %s: resumed after a restart", job.job_id)
            self.put(job, None)

    def running_job(self, job_id: str) -> RunningJob | None:
        """Return the job if it is queued or running, else None."""
        return self._running_jobs.get(job_id)

    def queue_sizes(self) -> dict[str, float]:
        """Return the number of unfinished ``jobs`` and of their unfinished ``files``."""
        jobs = [running_job.job for running_job in list(self._running_jobs.values())]
        files = sum(job.total_files - job.ended_files for job in jobs)
        return {"jobs": len(jobs), "files": files}

    def cancel(self, running_job: RunningJob) -> None:
        """Cancel the files without an outcome; a result that is being saved may still be done."""
        # Should the process end before this is complete, the next start completes it.
        with suppress(LedgerFull):
            self._store.ledger.request_cancel(running_job.job)
        with running_job.lock:
            running_job.cancel()
            self._engine.cancel(running_job.job.job_id)
        with self._lock:
            waiting = self._waiting[_queue_key(running_job)]
            if running_job in waiting:
                # This may exceed the limit: the thread only cancels the job's files.
                waiting.remove(running_job)
                self._launch(running_job)

    def exclude(self, job_id: str, slave: str) -> int:
        """Exclude a slave from a job; return how many of its files the slave held."""
        return self._engine.exclude(job_id, slave)

    def stop(self) -> None:
        """Wake the requests that wait for jobs; the jobs resume when the master is restarted."""
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
            return  # the next master resumes the job from the ledger
        except JobCancelled:
            self._abort(running_job)
        except Exception:  # noqa: BLE001 (border of a thread: its job must end)
            _log.exception("job %s: unexpected error", job.job_id)
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
        """Process every file of the job, and finish the job."""
        job, task = running_job.job, TASK_TYPES[running_job.job.task_type]
        fit = self._load_or_make_fit(running_job, task) if task.fit else None
        files = self._files_in_states(job, FileState.QUEUED)
        recorder = ResultRecorder(
            running_job, files, self._store, self._metrics, self._results, task
        )
        self._run_engine(running_job, task, recorder, fit=fit)
        self._finish(running_job)

    def _load_or_make_fit(self, running_job: RunningJob, task: TaskType) -> object:
        """Return the fit of a job of two runs: the stored one, or that of a first run, stored."""
        fit = self._store.ledger.fit(running_job.job)
        if fit is None:
            fit = running_job.retry_writes(lambda: self._make_fit(running_job, task))
            # Stored before the second run: after a restart in it, files that are done already
            # would be missing from another first run.
            running_job.retry_writes(lambda: self._store.ledger.store_fit(running_job.job, fit))
        return fit

    def _make_fit(self, running_job: RunningJob, task: TaskType) -> object:
        """Survey every file on the slaves, and return the merged surveys."""
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
        """Return the job's files in these states, read in pages so that other threads can run."""
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
            raise RuntimeError(f"job {job.job_id} would end with unfinished files")
        with suppress(LedgerFull):  # the speeds are informative only
            speeds = running_job.throughput.by_slave() | {
                COMBINED: running_job.throughput.combined()
            }
            self._store.ledger.store_speeds(job, speeds)
        self._change_state(job, JobState.CANCELLED if job.cancelled_files else JobState.DONE)
        self._metrics.job_ended(job.task_type, job.state.value)
        total = counted(job.total_files, "file")
        _log.info("job %s: %s, %d of %s done", job.job_id, job.state.value, job.done_files, total)

    def _abort(self, running_job: RunningJob) -> None:
        """Cancel the unfinished files of a cancelled job; fail those of one with an error."""
        try:
            self._abort_files(running_job)
            self._finish(running_job)
        except Exception:  # noqa: BLE001 (nothing is left to try; waiting requests are still woken)
            _log.exception("job %s is stuck until the master is restarted", running_job.job.job_id)

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
"""Names a queue: a task type, and whether its jobs are synchronous."""


def _queue_key(running_job: RunningJob) -> QueueKey:
    return running_job.job.task_type, running_job.patience_s is not None


_INTERNAL_ERROR = Internal(
    "The job stopped because of an internal error or a full disk: see the log of the master for "
    "the details, then retry the job."
).as_failure()
