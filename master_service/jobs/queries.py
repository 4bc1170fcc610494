"""Answers questions about jobs: from memory for jobs in progress, else from the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from master_service.engine import Engine
from master_service.errors import NotFound
from master_service.jobs.runner import Runner
from master_service.jobs.running_job import RunningJob
from master_service.storage.model import File, Job, JobState
from master_service.storage.store import JobStore
from protocol.options import described


@dataclass(frozen=True, slots=True)
class JobQueries:
    """Every question about jobs and their files; none changes anything."""

    store: JobStore
    runner: Runner
    engine: Engine

    def job(self, job_id: str) -> Job:
        """Return the job in its current state; raises ``NotFound``."""
        running_job = self.runner.running_job(job_id)
        job = running_job.job if running_job else self.store.ledger.job(job_id)
        if job is None:
            raise NotFound(
                f"There is no job {job_id} (finished ones are deleted after JOB_RETENTION days; "
                "GET /jobs lists the others)."
            )
        return job

    def files(self, job: Job) -> Iterator[File]:
        """Yield every file of the job in upload order."""
        return self.store.files(job.job_id)

    def why_unavailable(self, job: Job) -> str | None:
        """Return why no slave can process the job's files, as a sentence; None where one can."""
        return self.engine.why_unavailable(job.task_type, job.features)

    def waiting_for(self, running_job: RunningJob) -> str | None:
        """Return why the job makes no progress, as a sentence; None where it does."""
        if running_job.job.is_over or running_job.job.state is JobState.OPEN:
            return None
        if running_job.blocked_reason:
            return running_job.blocked_reason
        if not running_job.launched and not running_job.has_files_in_progress:
            return "Other jobs of its type run first."
        return self.why_unavailable(running_job.job) or self._all_resting(running_job)

    def _all_resting(self, running_job: RunningJob) -> str | None:
        """Return why all slaves that do the type are resting; None if one isn't or holds a file."""
        job = running_job.job
        able = self.engine.callable_slaves(job.needed)
        resting = self.engine.suspended()
        if running_job.has_files_in_progress or not able or any(n not in resting for n in able):
            return None
        reasons = "; ".join(f"{name}: {resting[name].reason}" for name in able)
        what = described(job.task_type, job.features)
        return f"Every slave that does {what} is resting ({reasons})."

    def input(self, job_id: str, index: int) -> tuple[File, Path]:
        """Return a file of the job and the path of its uploaded bytes; raises ``NotFound``."""
        exists = index < self.job(job_id).total_files
        file = self.store.ledger.file(job_id, index) if exists else None
        path = self.store.spool.path(job_id, file.upload) if file and file.upload else None
        if file is None or path is None or not path.is_file():
            raise NotFound(f"Job {job_id} has no upload {index} on the master's disk.")
        return file, path
