"""Accepts, starts and cancels jobs; ``queries`` answers questions about them. READ FIRST.

A job is accepted once its files and its row in the ledger are on disk; ``runner`` then processes
it, whether a caller waits or not. A synchronous request calls ``accept``, then ``wait``.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from typing import cast

from master_service.errors import (
    JobTooLarge,
    LedgerFull,
    NoFiles,
    NoSlaves,
    NotFound,
    ShuttingDown,
    StateConflict,
    TooManyJobs,
    TooManyOpenJobs,
)
from master_service.jobs.arrival import Arrival, BeginRun, begin_new_job
from master_service.jobs.creation import (
    new_job,
    new_job_id,
    new_job_of,
    options_of,
    task_type_of,
    uploads_for,
)
from master_service.jobs.job_run import JobRun
from master_service.jobs.queries import JobQueries
from master_service.jobs.running_job import RunningJob
from master_service.monitoring.metrics import Metrics
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.model import File, FileState, Job, JobState
from protocol.options import Options, described
from protocol.server.missing_files import no_files
from protocol.server.multipart_receiver import Form, Upload

_CANCEL_TIMEOUT_S = 10.0
_POLL_INTERVAL_S = 0.5


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Limits on what is accepted.

    ``blocked_timeout_s`` is how long a synchronous request waits for a slave or for a full disk.
    """

    blocked_timeout_s: float
    max_file_bytes: int
    max_job_bytes: int
    max_waiting_jobs: int


@dataclass(frozen=True, slots=True)
class Service(JobQueries):
    """Every operation on jobs; each raises a ``Refusal`` where it isn't possible."""

    metrics: Metrics
    limits: ServiceLimits
    _open_job_lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while an open job receives files, starts or is cancelled."""

    # A whole job in one request

    def arrive(self, idempotency_key: str | None = None) -> Arrival:
        """Prepare to receive the files of a new job; raises ``OSError``."""
        job_id = new_job_id()
        return self._arrival(job_id, idempotency_key, partial(begin_new_job, self.runner, job_id))

    def _arrival(self, job_id: str, idempotency_key: str | None, begin_run: BeginRun) -> Arrival:
        # A repeated request gets the answer of the first one.
        is_repeated = idempotency_key is not None and self.store.ledger.is_key_stored(
            idempotency_key
        )
        begin = None if is_repeated else begin_run
        limit, forget = self.limits.max_file_bytes, self.runner.forget
        return Arrival(self.store.spool, job_id, limit, begin, forget)

    def accept(
        self,
        task_type: str,
        form: Form,
        idempotency_key: IdempotencyKey | None,
        arrival: Arrival,
        waits: bool,
    ) -> str:
        """Store and start a job of the uploads in the task type's form field; return its id.

        A file over the size limit fails; the others are processed. ``waits`` says whether the
        caller will call ``wait``.
        """
        task = task_type_of(task_type)
        options, uploads = options_of(task, form), uploads_for(task, form)
        if (answer := self.store.ledger.stored_answer(idempotency_key)) is not None:
            return str(answer)
        job = arrival.begun_job(task_type, options) or new_job(
            arrival.job_id, task_type, JobState.QUEUED, options
        )
        if waits and (reason := self.why_unavailable(job)):
            raise NoSlaves(reason)
        self.check_capacity()
        self._make_durable(uploads)
        files = arrival.files(uploads, 0)
        job.add_files(files, form.bytes_received)
        job_id = self.store.ledger.add(job, files, idempotency_key)
        if job_id == job.job_id:
            arrival.accept(files, self.runner.early_run(job_id))
            self._count_accepted(job, files, form.bytes_received)
            self._enqueue(job, self.limits.blocked_timeout_s if waits else None)
        return job_id

    def wait(self, job_id: str) -> Job:
        """Return the finished job; raises ``ShuttingDown`` when the master stops first."""
        running_job = self.runner.running_job(job_id)
        if running_job is not None:
            self._wait_for(running_job)
            if running_job.stopped and not running_job.job.is_over:
                raise ShuttingDown(job_id)
        job = self.job(job_id)
        if not job.is_over:
            raise RuntimeError(f"job {job_id} is stuck until the master is restarted")
        return job

    def _wait_for(self, running_job: RunningJob) -> None:
        """Wait until the job is over; raises ``NoSlaves``.

        A job resumed after a restart waits for slaves without a limit; a repeated request waits
        ``limits.blocked_timeout_s``.
        """
        unavailable_since: float | None = None
        while not running_job.over.wait(_POLL_INTERVAL_S):
            reason = self.why_unavailable(running_job.job)
            if reason is None or running_job.blocked_timeout_s is not None:
                unavailable_since = None
                continue
            now = time.monotonic()
            unavailable_since = now if unavailable_since is None else unavailable_since
            if now - unavailable_since >= self.limits.blocked_timeout_s:
                raise NoSlaves(f"{reason} (job {running_job.job.job_id} waits for one)")

    # A job in several requests

    def open(self, task_type: str, options: Options, idempotency_key: IdempotencyKey | None) -> str:
        """Create a job that receives its files later; return its id."""
        task_type_of(task_type)
        if (answer := self.store.ledger.stored_answer(idempotency_key)) is not None:
            return str(answer)
        if self.store.ledger.count_in_states(JobState.OPEN) >= self.limits.max_waiting_jobs:
            raise TooManyOpenJobs(self.limits.max_waiting_jobs)
        job = new_job(new_job_id(), task_type, JobState.OPEN, options)
        return self.store.ledger.add(job, [], idempotency_key)

    def arrive_at(self, job_id: str, idempotency_key: str | None = None) -> Arrival:
        """Prepare to receive files of an open job; raises ``OSError``."""
        self.job(job_id)
        return self._arrival(job_id, idempotency_key, partial(self._begin_open, job_id))

    def _begin_open(self, job_id: str, _: Form) -> JobRun | None:
        """Return the run of an open job, which begins with its first files."""
        with self._open_job_lock:
            job = self.job(job_id)
            if job.state is not JobState.OPEN or self._is_being_cancelled(job_id):
                return None
            return self.runner.early_run(job_id) or self.runner.begin_early(job, is_accepted=True)

    def add_files(
        self, form: Form, idempotency_key: IdempotencyKey | None, arrival: Arrival
    ) -> list[int]:
        """Store more files of an open job; return their indexes."""
        uploads = uploads_for(task_type_of(self.job(arrival.job_id).task_type), form)
        self._make_durable(uploads)
        with self._open_job_lock:
            job = self.job(arrival.job_id)
            if (answer := self.store.ledger.stored_answer(idempotency_key)) is not None:
                return cast(list[int], answer)  # what this method returned
            self.check_open(job.job_id)
            if job.bytes_received + form.bytes_received > self.limits.max_job_bytes:
                raise JobTooLarge(self.limits.max_job_bytes)
            files = arrival.files(uploads, job.total_files)
            job.add_files(files, form.bytes_received)
            try:
                self.store.ledger.add_files(job, files, idempotency_key)
            except BaseException:
                job.remove_files(files, form.bytes_received)
                raise
            arrival.accept(files, self.runner.early_run(job.job_id))
            self._count_accepted(job, files, form.bytes_received)
            return [file.index for file in files]

    def check_open(self, job_id: str) -> None:
        """Raise ``StateConflict`` unless the job is open."""
        job = self.job(job_id)
        if self._is_being_cancelled(job_id):
            raise StateConflict(f"Job {job_id} is being cancelled and takes no more files.")
        if job.state is not JobState.OPEN:
            raise StateConflict(f"Job {job_id} is {job.state.value} and takes no more files.")

    def start(self, job_id: str) -> None:
        """Start an open job; does nothing for one that was started before."""
        with self._open_job_lock:
            job = self.job(job_id)
            if job.state is JobState.CANCELLED or self._is_being_cancelled(job_id):
                raise StateConflict(f"Job {job_id} was cancelled: send the files as a new job.")
            if job.state is not JobState.OPEN:
                return
            if not job.total_files:
                raise NoFiles(
                    f"{no_files(job.task_type)}: send some with POST /jobs/{job_id}/files first."
                )
            self.check_capacity()
            job.change(JobState.QUEUED, _now())
            if self.runner.early_run(job_id) is not None and job.started_at is not None:
                job.change(JobState.RUNNING, job.started_at)
            try:
                self.store.ledger.start(job)
            except BaseException:
                job.state = JobState.OPEN  # the object is that of the early run
                raise
            self._enqueue(job, None)

    # Changes to a job

    def cancel(self, job_id: str) -> Job:
        """Cancel the job unless it is over; return it.

        Waits ``_CANCEL_TIMEOUT_S`` at most: a result that is being saved to a full disk may take
        longer. Raises ``LedgerFull`` when the cancellation can't be written.
        """
        with self._open_job_lock:
            job = self.job(job_id)
            running_job = self.runner.running_job(job_id)
            if job.state is JobState.OPEN and running_job is None:
                self.store.ledger.cancel(job)
                return job
            if running_job is not None:
                # From here on an open job takes no files and can't be started.
                running_job.cancel()
        if running_job is not None:
            self.runner.cancel(running_job)
            running_job.over.wait(_CANCEL_TIMEOUT_S)
        if not self.store.ledger.flush():
            # The work has stopped, but after a crash the next master would resume it.
            raise LedgerFull
        return self.job(job_id)

    def retry(self, job_id: str, idempotency_key: IdempotencyKey | None) -> str:
        """Start a new job of the failed files of one that is over; return its id."""
        if (answer := self.store.ledger.stored_answer(idempotency_key)) is not None:
            return str(answer)
        old = self.job(job_id)
        if not old.is_over:
            raise StateConflict(
                f"Job {job_id} is still {old.state.value}: retry it when it is over."
            )
        failed = self._retriable_files(old)
        if not failed:
            raise StateConflict(f"Job {job_id} has no failed file that could be tried again.")
        self.check_capacity()
        job, files = new_job_of(old, failed)
        new_id = self.store.add_copy(job, files, old, failed, idempotency_key)
        if new_id == job.job_id:
            self._enqueue(job, None)
        return new_id

    def exclude(self, job_id: str, slave: str) -> int:
        """Exclude a slave from this job; return how many files are requeued."""
        job = self.job(job_id)
        # An unreachable slave can be excluded too: it keeps the files that it holds.
        needed, what = job.needed, described(job.task_type, job.features)
        if slave not in self.engine.registered_slaves(needed):
            raise NotFound(f"No slave {slave} that does {what} is registered.")
        if not set(self.engine.callable_slaves(needed)) - {slave}:
            raise StateConflict(f"{slave} is the only slave that does {what}.")
        if job.state is not JobState.RUNNING:
            raise StateConflict(f"Job {job_id} is {job.state.value}, not running.")
        return self.engine.exclude(job_id, slave)

    # Helpers

    def check_capacity(self) -> None:
        """Raise ``TooManyJobs`` where ``max_waiting_jobs`` are queued or running."""
        waiting = self.store.ledger.count_in_states(JobState.QUEUED, JobState.RUNNING)
        if waiting >= self.limits.max_waiting_jobs:
            raise TooManyJobs(self.limits.max_waiting_jobs)

    def _is_being_cancelled(self, job_id: str) -> bool:
        running_job = self.runner.running_job(job_id)
        return running_job is not None and running_job.is_cancelled

    def _make_durable(self, uploads: Sequence[Upload]) -> None:
        self.store.sync_uploads([upload.path for upload in uploads if not upload.too_large])

    def _count_accepted(self, job: Job, files: Sequence[File], bytes_received: int) -> None:
        """Count accepted files in the metrics; those over the size limit have failed already."""
        self.metrics.received(job.task_type, bytes_received)
        for file in files:
            if file.failure is not None:
                self.metrics.file_ended(job.task_type, file.failure.code)

    def _enqueue(self, job: Job, blocked_timeout_s: float | None) -> None:
        self.metrics.job_accepted(job.task_type)
        self.runner.put(job, blocked_timeout_s)

    def _retriable_files(self, job: Job) -> list[File]:
        """Return the failed files that have an upload: files over the size limit have none."""
        failed = (file for file in self.files(job) if file.state is FileState.FAILED)
        path = self.store.spool.path
        return [f for f in failed if f.upload and path(job.job_id, f.upload).is_file()]


def _now() -> datetime:
    return datetime.now(timezone.utc)
