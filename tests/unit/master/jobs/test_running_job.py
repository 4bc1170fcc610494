"""A running job: its rate, and its writes while the disk is full."""

import errno
import threading
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from master_service.errors import LedgerFull
from master_service.jobs import running_job
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.storage.model import Job, JobState

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that jobs read."""
    clock = Clock()
    monkeypatch.setattr(running_job, "time", clock)
    return clock


def work(job: RunningJob, clock: Clock, files: int) -> None:
    """Process files at two a second."""
    for _ in range(files):
        job.handed_over(1)
        clock.now += 0.5
        job.release(1)
        job.job.done_files += 1
        job.record_progress()


def test_rate_is_reset_after_a_pause(clock: Clock) -> None:
    """After a time in which no slave had a file, the rate is measured anew."""
    job = RunningJob(Job("j", "text", NOW, JobState.RUNNING, NOW, total_files=100), None)
    job.record_progress()
    work(job, clock, 10)
    assert job.rate() == 2
    clock.now += 60
    sunk = job.rate()
    assert sunk is not None
    assert sunk < 0.1
    work(job, clock, 4)
    assert job.rate() == 2


def test_short_gaps_do_not_reset_the_rate(clock: Clock) -> None:
    """Gaps of four seconds between single files lower the rate, but don't reset it."""
    job = RunningJob(Job("j", "text", NOW, JobState.RUNNING, NOW, total_files=100), None)
    job.record_progress()
    for _ in range(6):
        work(job, clock, 1)
        clock.now += 4
    rate = job.rate()
    assert rate is not None
    assert 0.1 < rate < 0.3  # one in four and a half seconds


def new_job(timeout_s: float | None) -> RunningJob:
    return RunningJob(Job("j", "text", NOW, JobState.RUNNING, NOW, total_files=1), timeout_s)


class Disk:
    """A disk on which each write takes an hour and fails with the next error, until none is left.

    ``reasons`` are the job's reasons for waiting, as each write found them.
    """

    def __init__(self, job: RunningJob, clock: Clock, *errors: Exception) -> None:
        self._job, self._clock = job, clock
        self._errors: Iterator[Exception] = iter(errors)
        self.reasons: list[str | None] = []

    def write(self) -> str:
        self.reasons.append(self._job.blocked_reason)
        self._clock.now += 3600
        if error := next(self._errors, None):
            raise error
        return "saved"


FULL = OSError(errno.ENOSPC, "No space left on device")


def test_write_is_repeated_until_there_is_room(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write to a full disk or ledger is repeated; while it waits, the job has a reason."""
    monkeypatch.setattr(running_job, "_RETRY_INTERVAL_S", 0)
    job = new_job(None)
    disk = Disk(job, clock, FULL, LedgerFull(), FULL)
    assert job.retry_writes(disk.write) == "saved"
    assert disk.reasons[0] is None
    assert len(disk.reasons) == 4
    assert all(reason and "No space left on device" in reason for reason in disk.reasons[1:])
    assert job.blocked_reason is None


def test_patience_counts_from_the_first_failure(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit counts from the first failure, however long the first write took."""
    monkeypatch.setattr(running_job, "_RETRY_INTERVAL_S", 0)
    job = new_job(45)
    disk = Disk(job, clock, FULL, FULL, FULL)
    with pytest.raises(OSError, match="No space left"):
        job.retry_writes(disk.write)
    assert len(disk.reasons) == 2


def test_permanent_error_is_raised_at_once(clock: Clock) -> None:
    """An error that a repetition would not change is raised after the first write."""
    job = new_job(None)
    disk = Disk(job, clock, OSError(errno.ENAMETOOLONG, "File name too long"))
    with pytest.raises(OSError, match="File name too long"):
        job.retry_writes(disk.write)
    assert len(disk.reasons) == 1


def test_cancellation_ends_the_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is cancelled while it waits for a full disk does not write again."""
    monkeypatch.setattr(running_job, "_RETRY_INTERVAL_S", 60)
    job = new_job(None)
    disk = Disk(job, clock, FULL)
    cancelling = threading.Timer(0.05, job.cancel)
    cancelling.start()
    with pytest.raises(JobCancelled):
        job.retry_writes(disk.write)
    cancelling.join()
    assert len(disk.reasons) == 1
