"""The summary of a job."""

from datetime import datetime, timezone

import pytest

from master_service.api.summary import summary
from master_service.storage.model import File, FileState, Job
from protocol.failures import Failure
from protocol.task_types import TASK_TYPES

NOW = datetime(2024, 5, 1, tzinfo=timezone.utc)

JobWithFiles = tuple[Job, list[File]]


def job_of(*ends: str | None, task_type: str = "text") -> JobWithFiles:
    """Return a job whose files ended on the given slaves, or failed where there is None."""
    job = Job("j1", task_type, NOW, bytes_received=1234, total_files=len(ends))
    files = []
    for index, slave in enumerate(ends):
        file = File(index, f"{index}.txt", 10, "")
        file.hand_over(slave or "10.0.0.9:3000")
        if slave is None:
            file.fail(Failure("corrupt", "It is damaged."))
        else:
            file.finish(f"processed_results/text/{index}_analysis.json", "ab12")
        files.append(file)
    return job, files


def test_summary_of_done_and_failed_files() -> None:
    """Results are in upload order, failures have code and error, slaves have file counts."""
    assert summary(*job_of("b:1", None, "a:1", "b:1"), elapsed_s=2.0004) == {
        "message": "Text processing complete, but 1 of 4 files failed",
        "task_type": "text",
        "total_files_processed": 3,
        "saved_files": [f"processed_results/text/{index}_analysis.json" for index in (0, 2, 3)],
        "files": [
            {"index": index, "saved_file": f"processed_results/text/{index}_analysis.json"}
            for index in (0, 2, 3)
        ],
        "job_id": "j1",
        "failed_files": [
            {"index": 1, "filename": "1.txt", "code": "corrupt", "error": "It is damaged."}
        ],
        "statistics": {
            "elapsed_seconds": 2.0,
            "files_per_second": 1.5,
            "bytes_received": 1234,
            "slaves": {"b:1": 2, "a:1": 1},
        },
    }


def test_file_with_warnings_has_them() -> None:
    """A file with warnings lists them; other files have no such key."""
    job, files = job_of("a:1", "a:1")
    files[1].warnings = ("One page was read.", "It is cut off.")
    saved = "processed_results/text/{}_analysis.json"
    assert summary(job, files, 1)["files"] == [
        {"index": 0, "saved_file": saved.format(0)},
        {
            "index": 1,
            "saved_file": saved.format(1),
            "warnings": ["One page was read.", "It is cut off."],
        },
    ]


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_message_names_the_type(task_type: str) -> None:
    """Without failures the message is ``<Type> processing complete``, as scripts expect."""
    message = summary(*job_of("a:1", task_type=task_type), 1)["message"]
    assert message == f"{task_type.title()} processing complete"


def test_summary_of_a_job_without_results() -> None:
    """If every file failed, the message says so and the lists of results are empty."""
    answer = summary(*job_of(None, None), 1)
    assert answer["message"] == "Text processing complete, but 2 of 2 files failed"
    assert (answer["total_files_processed"], answer["saved_files"], answer["files"]) == (0, [], [])


def test_file_without_a_slave_is_not_in_the_statistics() -> None:
    """A file over the size limit fails without a slave, and counts for none."""
    file = File(0, "big.txt", 10**12, "")
    file.fail(Failure("too_large", "Too large."))
    answer = summary(Job("j1", "text", NOW, total_files=1), [file], 1)
    assert answer["statistics"] == {
        "elapsed_seconds": 1,
        "files_per_second": 0,
        "bytes_received": 0,
        "slaves": {},
    }


def test_zero_duration_has_a_rate() -> None:
    """A job shorter than the resolution of the clock has a finite rate."""
    statistics = summary(*job_of("a:1"), 0.0)["statistics"]
    assert isinstance(statistics, dict)
    assert statistics["files_per_second"] == 1000


def test_cancelled_file_is_neither_done_nor_failed() -> None:
    """Cancelled files are not in the failures, and the message counts them."""
    job, files = job_of("a:1", "a:1")
    files.append(File(2, "2.txt", 10, "", state=FileState.CANCELLED))
    job.total_files, job.cancelled_files = 3, 1
    answer = summary(job, files, 1)
    assert (answer["total_files_processed"], answer["failed_files"]) == (2, [])
    assert answer["message"] == "Text processing complete; 1 of 3 files were cancelled"
