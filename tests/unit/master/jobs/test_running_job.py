"""What a job that is under way knows of its own speed."""

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
    """The clock by which jobs go."""
    clock = Clock()
    monkeypatch.setattr(running_job, "time", clock)
    return clock


def work(job: RunningJob, clock: Clock, files: int) -> None:
    """Let slaves do two files a second."""
    for _ in range(files):
        job.handed_over(1)
        clock.now += 0.5
        job.release(1)
        job.job.done_files += 1
        job.record_progress()


def test_a_pause_is_no_speed(clock: Clock) -> None:
    """Where no slave had any file for a while, the rate is that since then."""
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


def test_moments_between_two_files_are_no_pause(clock: Clock) -> None:
    """One slave that gets one file at a time has a rate all the while."""
    job = RunningJob(Job("j", "text", NOW, JobState.RUNNING, NOW, total_files=100), None)
    job.record_progress()
    for _ in range(6):
        work(job, clock, 1)
        clock.now += 4
    rate = job.rate()
    assert rate is not None
    assert 0.1 < rate < 0.3  # one in four and a half seconds
