"""The life of one job: its run, and its end. READ THIRD.

The engine knows no jobs, and ``results`` knows no slaves.
"""

import logging
import time
from contextlib import suppress
from datetime import datetime, timezone

from master_service.engine import Engine
from master_service.errors import LedgerFull
from master_service.jobs.job_run import JobRun
from master_service.jobs.merging_recorder import MergingRecorder
from master_service.jobs.progress_recorder import ProgressRecorder
from master_service.jobs.running_job import RunningJob
from master_service.monitoring.metrics import Metrics
from master_service.storage.ledger_rows import COMBINED
from master_service.storage.model import File, FileState, Job, JobState
from master_service.storage.results import Results
from master_service.storage.store import JobStore
from protocol.counts import counted
from protocol.failures import Internal
from protocol.task_types import TASK_TYPES

_log = logging.getLogger(__name__)

_YIELD_S = 0.0001


class JobExecutor:
    """Processes jobs, each in the thread of its caller."""

    def __init__(self, store: JobStore, engine: Engine, results: Results, metrics: Metrics) -> None:
        self._store = store
        self._engine = engine
        self._results = results
        self._metrics = metrics

    def begin(self, running_job: RunningJob, is_open: bool) -> JobRun:
        """Begin to process the queued files that the ledger has of the job."""
        job = running_job.job
        files = self._files_in_states(job, FileState.QUEUED) if running_job.is_accepted else []
        merges = TASK_TYPES[job.task_type].merge_module is not None
        recorder_class = MergingRecorder if merges else ProgressRecorder
        recorder = recorder_class(running_job, files, self._store, self._metrics, self._results)
        return JobRun(running_job, recorder, self._engine, is_open)

    def process(self, running_job: RunningJob, run: JobRun | None) -> None:
        """Process every file of the job, and finish the job; ``run`` has begun, if there is one."""
        (run or self.begin(running_job, is_open=False)).finish()
        self._finish(running_job)

    def _files_in_states(self, job: Job, *states: FileState) -> list[File]:
        return [file for file in self._store.files(job.job_id) if file.state in states]

    def _finish(self, running_job: RunningJob) -> None:
        job = running_job.job
        if job.ended_files != job.total_files:
            raise RuntimeError(f"job {job.job_id} would end with unfinished files")
        with suppress(LedgerFull):  # the speeds are informative only
            speeds = running_job.throughput.by_slave() | {
                COMBINED: running_job.throughput.combined()
            }
            self._store.ledger.store_speeds(job, speeds)
        # An open job never started: it is here because it was cancelled.
        is_cancelled = job.cancelled_files or job.state is JobState.OPEN
        self._change_state(job, JobState.CANCELLED if is_cancelled else JobState.DONE)
        self._metrics.job_ended(job.task_type, job.state.value)
        total = counted(job.total_files, "file")
        _log.info("job %s: %s, %d of %s done", job.job_id, job.state.value, job.done_files, total)

    def abort(self, running_job: RunningJob) -> None:
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


_INTERNAL_ERROR = Internal(
    "The job stopped because of an internal error or a full disk: see the log of the master for "
    "the details, then retry the job."
).as_failure()
