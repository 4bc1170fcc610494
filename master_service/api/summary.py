"""Formats the summary of a job, the answer of ``/assign_task``. No I/O, clocks or threads."""

from collections import Counter
from collections.abc import Iterable

from master_service.api.models.jobs import FailedFile, SavedFile, Summary
from master_service.storage.model import File, FileState, Job
from protocol.counts import counted


def summary(job: Job, files: Iterable[File], elapsed_s: float) -> Summary:
    """Return the summary of a finished job; ``files`` must be in upload order."""
    saved: list[SavedFile] = []
    failed: list[FailedFile] = []
    slaves: Counter[str] = Counter()
    for file in files:
        if file.state is FileState.DONE and file.saved_file is not None:
            saved.append({"index": file.index, "saved_file": file.saved_file})
            if file.warnings:
                saved[-1]["warnings"] = list(file.warnings)
            slaves.update([file.slave] if file.slave else ())
        if file.failure is not None:
            failed.append(
                {
                    "index": file.index,
                    "filename": file.filename,
                    "code": file.failure.code,
                    "error": file.failure.error,
                }
            )
    return {
        "message": _message(job, len(failed)),
        "task_type": job.task_type,
        "total_files_processed": len(saved),
        "saved_files": [entry["saved_file"] for entry in saved],
        "files": saved,
        "job_id": job.job_id,
        "failed_files": failed,
        "statistics": {
            "elapsed_seconds": round(elapsed_s, 3),
            "files_per_second": round(len(saved) / max(elapsed_s, 0.001), 3),
            "bytes_received": job.bytes_received,
            "slaves": dict(slaves),
        },
    }


def _message(job: Job, failed: int) -> str:
    total = counted(job.total_files, "file")
    message = f"{job.task_type.title()} processing complete"
    if failed:
        message = f"{message}, but {failed} of {total} failed"
    if job.cancelled_files:
        were = counted(job.total_files, "file was", "files were")
        message = f"{message}; {job.cancelled_files} of {were} cancelled"
    return message
