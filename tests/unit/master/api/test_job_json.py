"""The JSON of a job: rate, time left, field names and formats."""

from datetime import datetime, timedelta, timezone

from master_service.api.job_json import overview
from master_service.monitoring.rate_estimator import RateEstimator
from master_service.storage.model import Job, JobState

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)


def test_rate_is_recent() -> None:
    """Ten files a second at first, then two: after the window it is two."""
    speed = RateEstimator()
    ended = 0
    for tick in range(120):
        speed.note(tick * 0.5, ended)
        ended += 5 if tick < 60 else 1
    rate = speed.rate(59.5, ended - 1)
    assert rate is not None
    assert abs(rate - 2) < 0.1


def test_there_is_no_rate_at_first() -> None:
    """There is no rate from a very short time."""
    speed = RateEstimator()
    assert speed.rate(0.0, 0) is None
    speed.note(0.0, 0)
    assert speed.rate(0.1, 50) is None


def test_rate_of_a_stalled_job_falls() -> None:
    """Without finished files the rate falls towards zero."""
    speed = RateEstimator()
    for tick in range(40):
        speed.note(tick * 0.25, tick)
    assert speed.rate(9.75, 39) == 4
    later = [speed.rate(9.75 + wait, 39) or 0.0 for wait in (10, 20, 200)]
    assert later == sorted(later, reverse=True)
    assert 0 < later[-1] < 0.01


def test_slow_files_have_a_rate() -> None:
    """If the time between files exceeds the window, the rate is that of the last files."""
    speed = RateEstimator()
    for number in range(6):
        speed.note(30.0 * number, number)
    for later in (0.0, 11.0, 29.0):  # at the end of a file, and all the way to the next one
        rate = speed.rate(150.0 + later, 5)
        assert rate is not None
        assert 1 / 60 < rate <= 1 / 30


def test_overview_has_the_time_left() -> None:
    """The time left is the number of files left by the rate; without a rate it is null."""
    job = Job(
        "j1", "text", NOW, JobState.RUNNING, NOW, total_files=10, done_files=3, failed_files=1
    )
    job_json = overview(job, 2.0, "No slaves available")
    assert (job_json["seconds_left"], job_json["files_per_second"]) == (3.0, 2.0)
    assert job_json["waiting_for"] == "No slaves available"
    assert overview(job)["seconds_left"] is None
    assert overview(job, 0.0)["seconds_left"] is None
    assert job_json["created_at"] == "2026-05-01T12:00:00.000Z"


def test_finished_job_has_its_average_rate() -> None:
    """The rate of a finished job is that of its whole duration."""
    end = NOW + timedelta(seconds=4)
    job = Job("j1", "text", NOW, JobState.DONE, NOW, end, total_files=10, done_files=10)
    assert (overview(job)["files_per_second"], overview(job)["seconds_left"]) == (2.5, None)


def test_cancelled_files_do_not_count_in_the_rate() -> None:
    """The rate of a cancelled job counts only done and failed files."""
    job = Job("j", "text", NOW, JobState.RUNNING, NOW, None, 0, 1000, 9, 1, 990)
    job.change(JobState.CANCELLED, NOW + timedelta(seconds=2))
    assert overview(job)["files_per_second"] == 5
