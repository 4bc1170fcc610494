"""Queues jobs, and runs a few of each task type at a time, each in a thread. READ SECOND.

``execution`` is the life of one job.
"""

import logging
import threading
from collections import Counter, defaultdict, deque
from contextlib import suppress

from master_service.engine import Engine
from master_service.errors import LedgerFull, ShuttingDown
from master_service.jobs.execution import JobExecutor
from master_service.jobs.job_run import JobRun
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.monitoring.metrics import Metrics
from master_service.storage.model import Job, JobState
from master_service.storage.results import Results
from master_service.storage.store import JobStore
from protocol.task_types import TASK_TYPES

_log = logging.getLogger(__name__)

MAX_RUNNING_JOBS = 4
"""Background jobs of one task type that run at a time: the files of each are held in memory, and
running more at a time makes none of them faster."""
MAX_EARLY_JOBS = 8
"""Open and arriving jobs of one task type that have files in the engine at a time."""
MAX_RUNNING_SYNC_JOBS = 32
"""Jobs of one task type with a waiting request that run at a time: most of them are small."""


class Runner:
    """All queued and running jobs."""

    def __init__(self, store: JobStore, engine: Engine, results: Results, metrics: Metrics) -> None:
        self._store = store
        self._engine = engine
        self._execution = JobExecutor(store, engine, results, metrics)
        self._running_jobs: dict[str, RunningJob] = {}
        self._early_runs: dict[str, JobRun] = {}
        """Runs of jobs that are open, or whose request still arrives; until their threads start."""
        self._waiting: defaultdict[QueueKey, deque[RunningJob]] = defaultdict(deque)
        self._running: Counter[QueueKey] = Counter()
        self._lock = threading.Lock()

    def begin_early(self, job: Job, is_accepted: bool) -> JobRun | None:
        """Begin to process an open job, or one whose request is still arriving.

        Returns None where the engine can't, or ``MAX_EARLY_JOBS`` of the type have files already;
        the job is processed when it has arrived or is started.
        """
        # Of a type with a merge module, an idle run too holds an open file.
        merges = TASK_TYPES[job.task_type].merge_module is not None
        others = [run for run in list(self._early_runs.values()) if merges or not run.is_idle]
        same = [run for run in others if run.running_job.job.task_type == job.task_type]
        if not self._engine.has_open_runs or len(same) >= MAX_EARLY_JOBS:
            return None
        running_job = RunningJob(job, None)
        running_job.is_accepted = is_accepted
        run = self._execution.begin(running_job, is_open=True)
        self._early_runs[job.job_id] = run
        return run

    def early_run(self, job_id: str) -> JobRun | None:
        """Return the run of a job that is open, or whose request is still arriving."""
        return self._early_runs.get(job_id)

    def forget(self, job_id: str) -> None:
        """End the run of a job that is not accepted, or was deleted."""
        run = self._early_runs.pop(job_id, None)
        if run is not None:
            run.abandon()

    def put(self, job: Job, blocked_timeout_s: float | None) -> RunningJob:
        """Add a queued job; with ``blocked_timeout_s`` it is a synchronous one."""
        run = self._early_runs.get(job.job_id)
        running_job = run.running_job if run else RunningJob(job, None)
        running_job.blocked_timeout_s = blocked_timeout_s
        with self._lock:
            if running_job.launched:
                return running_job  # it was cancelled meanwhile
            self._running_jobs[job.job_id] = running_job
            if self._has_free_slot(_queue_key(running_job)):
                self._launch(running_job)
            else:
                self._waiting[_queue_key(running_job)].append(running_job)
        return running_job

    def recover(self) -> None:
        """Resume the jobs that had unfinished files when the last master ended."""
        for job in self._store.ledger.jobs_in_state(JobState.QUEUED):
            _log.info("job %s: resumed after a restart", job.job_id)
            self.put(job, None)
        for job in self._store.ledger.jobs_in_state(JobState.OPEN):
            if job.ended_files < job.total_files:
                self.begin_early(job, is_accepted=True)

    def running_job(self, job_id: str) -> RunningJob | None:
        """Return the job if it is queued, running, or open with files in the engine; else None."""
        run = self._early_runs.get(job_id)
        if run is not None and run.running_job.is_accepted:
            return run.running_job
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
                waiting.remove(running_job)
            if not running_job.launched:
                # This may exceed the limit: the thread only cancels the job's files.
                self._running_jobs[running_job.job.job_id] = running_job
                self._launch(running_job)

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
        run = self._early_runs.pop(job.job_id, None)
        try:
            self._execution.process(running_job, run)
        except ShuttingDown:
            return  # the next master resumes the job from the ledger
        except JobCancelled:
            self._execution.abort(running_job)
        except Exception:  # noqa: BLE001 (border of a thread: its job must end)
            _log.exception("job %s: unexpected error", job.job_id)
            self._execution.abort(running_job)
        self._release_slot(running_job)
        running_job.over.set()

    def _release_slot(self, running_job: RunningJob) -> None:
        queue_key = _queue_key(running_job)
        with self._lock:
            self._running_jobs.pop(running_job.job.job_id, None)
            self._running[queue_key] -= 1
            if self._waiting[queue_key] and self._has_free_slot(queue_key):
                self._launch(self._waiting[queue_key].popleft())

    def _has_free_slot(self, queue_key: "QueueKey") -> bool:
        is_sync = queue_key[1]
        return self._running[queue_key] < (MAX_RUNNING_SYNC_JOBS if is_sync else MAX_RUNNING_JOBS)


QueueKey = tuple[str, bool]
"""Names a queue: a task type, and whether its jobs are synchronous."""


def _queue_key(running_job: RunningJob) -> QueueKey:
    return running_job.job.task_type, running_job.blocked_timeout_s is not None
