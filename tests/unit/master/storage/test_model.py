"""Allowed transitions of jobs and files, and what each records."""

from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from master_service.storage.model import (
    File,
    FileState,
    Job,
    JobState,
    TransitionError,
)
from protocol.failures import Failure

NOW = datetime(2024, 5, 1, 12, 30, tzinfo=timezone.utc)
LATER = datetime(2024, 5, 1, 12, 31, tzinfo=timezone.utc)
BROKEN = Failure("corrupt", "The file is damaged: send an intact copy.")

CHANGES: dict[FileState, Callable[[File], None]] = {
    FileState.QUEUED: File.requeue,
    FileState.RUNNING: lambda file: file.hand_over("10.0.0.1:3000"),
    FileState.DONE: lambda file: file.finish("processed_results/text/a_analysis.json", "ab12"),
    FileState.FAILED: lambda file: file.fail(BROKEN),
    FileState.CANCELLED: File.cancel,
}

ALLOWED = {
    (FileState.QUEUED, FileState.RUNNING),
    (FileState.QUEUED, FileState.FAILED),
    (FileState.QUEUED, FileState.CANCELLED),
    (FileState.RUNNING, FileState.QUEUED),
    (FileState.RUNNING, FileState.DONE),
    (FileState.RUNNING, FileState.FAILED),
    (FileState.RUNNING, FileState.CANCELLED),
}


def file_in(state: FileState) -> File:
    """Return a file in a state."""
    return File(3, "a.txt", 10, "cd34", state=state)


def job_in(state: JobState) -> Job:
    """Return a job of two files in a state."""
    return Job("j1", "text", NOW, state=state, total_files=2)


@pytest.mark.parametrize("state", FileState)
@pytest.mark.parametrize("new", FileState)
def test_file_transitions_follow_the_table(state: FileState, new: FileState) -> None:
    """Each transition of a file is allowed or raises an error that leaves the file unchanged."""
    file = file_in(state)
    if (state, new) in ALLOWED:
        CHANGES[new](file)
        assert file.state is new
    else:
        with pytest.raises(TransitionError, match="file 3"):
            CHANGES[new](file)
        assert file == file_in(state)


def test_each_hand_over_counts_as_an_attempt() -> None:
    """A file counts its hand-overs and names the slave of the last one."""
    file = file_in(FileState.QUEUED)
    file.hand_over("10.0.0.1:3000")
    file.requeue()
    assert (file.attempts, file.slave) == (1, "10.0.0.1:3000")
    file.hand_over("10.0.0.2:3000")
    assert (file.attempts, file.slave) == (2, "10.0.0.2:3000")


def test_done_file_has_a_result() -> None:
    """A done file has the path, the checksum and the warnings of its result, and no failure."""
    file = file_in(FileState.RUNNING)
    file.finish("processed_results/text/a_analysis.json", "ab12", ("A page is missing.",))
    assert (file.saved_file, file.result_sha256, file.failure) == (
        "processed_results/text/a_analysis.json",
        "ab12",
        None,
    )
    assert file.warnings == ("A page is missing.",)


def test_failed_file_has_a_failure() -> None:
    """A failed file has a failure, and no result."""
    file = file_in(FileState.QUEUED)
    file.fail(BROKEN)
    assert (file.failure, file.saved_file, file.result_sha256) == (BROKEN, None, None)


JOB_CHANGES = {
    (JobState.OPEN, JobState.QUEUED),
    (JobState.QUEUED, JobState.RUNNING),
    (JobState.QUEUED, JobState.DONE),
    (JobState.RUNNING, JobState.QUEUED),
    (JobState.RUNNING, JobState.DONE),
    (JobState.OPEN, JobState.CANCELLED),
    (JobState.QUEUED, JobState.CANCELLED),
    (JobState.RUNNING, JobState.CANCELLED),
}


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("new", JobState)
def test_job_transitions_follow_the_table(state: JobState, new: JobState) -> None:
    """Each transition of a job is allowed or raises an error that leaves the job unchanged."""
    job = job_in(state)
    if (state, new) in JOB_CHANGES:
        job.change(new, LATER)
        assert job.state is new
        assert job.finished_at == (LATER if new in (JobState.DONE, JobState.CANCELLED) else None)
        assert job.started_at == (LATER if new is JobState.RUNNING else None)
    else:
        with pytest.raises(TransitionError, match=r"job j1 .*; 0 of 2 files have ended"):
            job.change(new, LATER)
        assert job == job_in(state)


def test_resumed_job_keeps_its_start_time() -> None:
    """The duration of a job includes restarts of the master."""
    job = job_in(JobState.QUEUED)
    job.change(JobState.RUNNING, NOW)
    job.change(JobState.QUEUED, NOW)
    job.change(JobState.RUNNING, LATER)
    assert job.started_at == NOW


def test_ended_files_are_counted() -> None:
    """A job counts its files in each end state."""
    job = job_in(JobState.RUNNING)
    for state in [FileState.DONE] * 3 + [FileState.FAILED] * 2 + [FileState.CANCELLED] * 4:
        job.count(file_in(state))
    assert (job.done_files, job.failed_files, job.cancelled_files, job.ended_files) == (3, 2, 4, 9)


def test_illegal_transition_shows_the_history() -> None:
    """The error lists the previous states of the file."""
    file = file_in(FileState.QUEUED)
    file.hand_over("10.0.0.1:3000")
    file.requeue()
    file.hand_over("10.0.0.2:3000")
    file.finish("processed_results/text/a_analysis.json", "ab12")
    with pytest.raises(TransitionError, match="queued > running > queued > running > done"):
        file.cancel()


def test_blames_are_kept_unless_replaced() -> None:
    """A requeued file keeps its blames unless new ones are given."""
    file = file_in(FileState.RUNNING)
    file.requeue(("a:1",))
    file.hand_over("b:1")
    file.requeue()
    blames = [file.blamed_by]
    file.hand_over("b:1")
    file.requeue(())
    assert [*blames, file.blamed_by] == [("a:1",), ()]


def test_states_have_their_public_names() -> None:
    """The values of the states are those of the API."""
    assert [state.value for state in JobState] == "open queued running done cancelled".split()
    assert [state.value for state in FileState] == "queued running done failed cancelled".split()
