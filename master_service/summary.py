"""Tells how a job went, in the words of the contract. Pure."""

from collections import Counter

from master_service.jobs import FileState, Job


def summary(job: Job, elapsed_s: float) -> dict[str, object]:
    """Return the answer to a request that waited for its job."""
    done = job.in_state(FileState.DONE)
    failed = [
        {
            "index": file.index,
            "filename": file.filename,
            "code": file.failure.code,
            "error": file.failure.error,
        }
        for file in job.files
        if file.failure is not None
    ]
    slaves = Counter(file.slave for file in done if file.slave)
    return {
        "message": _message(job.task_type, len(failed), len(job.files)),
        "task_type": job.task_type,
        "total_files_processed": len(done),
        "saved_files": [file.saved_file for file in done],
        "files": [{"index": file.index, "saved_file": file.saved_file} for file in done],
        "job_id": job.job_id,
        "failed_files": failed,
        "statistics": {
            "elapsed_seconds": round(elapsed_s, 3),
            "files_per_second": round(len(done) / max(elapsed_s, 0.001), 3),
            "bytes_received": job.bytes_received,
            "slaves": dict(slaves),
        },
    }


def _message(task_type: str, failed: int, total: int) -> str:
    message = f"{task_type.title()} processing complete"
    return f"{message}, but {failed} of {total} files failed" if failed else message
