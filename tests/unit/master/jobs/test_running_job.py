"""The rate of a running job."""

from datetime import datetime, timezone

import pytest

from master_service.jobs import running_job
from master_service.jobs.model import Job, JobState
from master_service.jobs.running_job import RunningJob

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
