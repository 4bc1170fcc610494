"""Formats jobs and their files as the JSON of the API, for HTTP and the WebSocket.

No I/O, clocks or threads.
"""

from datetime import datetime

from master_service.api.models.jobs import JobFile, JobOverview
from master_service.storage.model import File, Job, JobState


def overview(job: Job, rate: float | None = None, waiting_for: str | None = None) -> JobOverview:
    """Return a job without its files; ``rate`` is the recent one (files/s) of a running job."""
    left = job.total_files - job.ended_files
    if job.is_over and job.started_at and job.finished_at:
        elapsed_s = (job.finished_at - job.started_at).total_seconds()
        # Cancelled files took no time.
        rate = (job.done_files + job.failed_files) / max(elapsed_s, 0.001)
    return {
        "job_id": job.job_id,
        "task_type": job.task_type,
        "options": dict(job.options),
        "state": job.state,
        "created_at": _text(job.created_at),
        "started_at": _text(job.started_at) if job.started_at else None,
        "finished_at": _text(job.finished_at) if job.finished_at else None,
        "total_files": job.total_files,
        "done_files": job.done_files,
        "failed_files": job.failed_files,
        "cancelled_files": job.cancelled_files,
        "bytes_received": job.bytes_received,
        "files_per_second": None if rate is None else round(rate, 3),
        "seconds_left": round(left / rate, 1) if rate and job.state is JobState.RUNNING else None,
        "waiting_for": waiting_for,
    }


def file_entry(file: File) -> JobFile:
    """Return one file of a job."""
    return {
        "index": file.index,
        "filename": file.filename,
        "size": file.size,
        "sha256": file.sha256,
        "state": file.state,
        "attempts": file.attempts,
        "slave": file.slave,
        "saved_file": file.saved_file,
        "result_sha256": file.result_sha256,
        "code": file.failure.code if file.failure else None,
        "error": file.failure.error if file.failure else None,
        "warnings": list(file.warnings),
    }


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
