"""Which jobs are under way at a time, told by an engine that does nothing until it is told to."""

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from master_service.jobs.ledger_rows import COMBINED
from master_service.jobs.model import File, Job, JobState
from master_service.jobs.results import Results
from master_service.jobs.runner import MAX_RUNNING_JOBS, MAX_RUNNING_SYNC_JOBS, Runner
from master_service.jobs.store import JobStore
from master_service.monitoring.activity import INTERVAL_S
from master_service.monitoring.metrics import Metrics
from master_service.worker import ActiveRun, Listener, RunRequest
from protocol.wire import Outcome
from tests.contract.programs import wait_until

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


class Engine:
    """Keeps every pass under way until its files are said to be done."""

    def __init__(self) -> None:
        self.active_run: dict[str, ActiveRun] = {}

    def begin(self, run: str, work: RunRequest, listener: Listener) -> ActiveRun:
        active_run = ActiveRun(work, listener, unfinished=len(work.inputs))
        self.active_run[run] = active_run
        return active_run

    def cancel(self, run: str) -> None:
        raise NotImplementedError

    def drop(self, run: str, slave: str) -> int:
        raise NotImplementedError

    def finish(self, run: str, data: bytes = b"{}") -> None:
        """Let a pass of one file end well."""
        active_run = self.active_run.pop(run)
        active_run.listener.handed_over([0], "a:1")
        active_run.listener.ended(0, Outcome("a.txt", data=data))
        active_run.unfinished = 0
        active_run.finished.set()


class Bench:
    """A runner with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine()
        self.store = JobStore(folder / "spool")
        results = Results(folder / "results", "results")
        self.metrics = Metrics()
        self.runner = Runner(self.store, self.engine, results, self.metrics)
        self._jobs = 0

    def put(self, patience_s: float | None, task_type: str = "text") -> str:
        """Add a job of one file that somebody waits for, or nobody."""
        self._jobs += 1
        job = Job(f"j{self._jobs}", task_type, NOW, JobState.QUEUED, total_files=1)
        upload = self.store.spool.incoming() / "0"
        upload.write_bytes(b"a")
        self.store.add(job, [File(0, "a.txt", 1, "")], [upload], None)
        self.runner.put(job, patience_s)
        return job.job_id

    def is_under_way(self, job_id: str) -> bool:
        return job_id in self.engine.active_run


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Nothing is under way."""
    bench = Bench(tmp_path)
    yield bench
    bench.runner.stop()
    bench.store.ledger.close()


def test_jobs_that_somebody_waits_for_do_not_hold_up_the_others(bench: Bench) -> None:
    """However many people wait for jobs of their own, one in the background goes on."""
    waited_for = [bench.put(patience_s=60) for _ in range(MAX_RUNNING_JOBS + 1)]
    background = bench.put(patience_s=None)
    wait_until(lambda: all(map(bench.is_under_way, [*waited_for, background])))


@pytest.mark.parametrize(
    ("patience_s", "most"), [(None, MAX_RUNNING_JOBS), (60, MAX_RUNNING_SYNC_JOBS)]
)
def test_so_many_are_under_way_and_the_next_follows(
    bench: Bench, patience_s: float | None, most: int
) -> None:
    """Jobs of one lane begin in the order in which they came, as others end."""
    jobs = [bench.put(patience_s) for _ in range(most + 2)]
    wait_until(lambda: set(bench.engine.active_run) == set(jobs[:most]))
    bench.engine.finish(jobs[0])
    wait_until(lambda: set(bench.engine.active_run) == set(jobs[1 : most + 1]))
    wait_until(lambda: bench.runner.running_job(jobs[0]) is None)
    ended = bench.store.ledger.job(jobs[0])
    assert ended is not None
    assert ended.state is JobState.DONE


def test_two_passes_count_a_file_once(bench: Bench) -> None:
    """A file that is surveyed first is held then, but has come to its end after the second pass."""
    job_id = bench.put(None, "embedding")
    activity = bench.metrics.activity
    wait_until(lambda: bench.is_under_way(job_id))
    bench.engine.finish(job_id, b'{"terms": {"a": 1}}')
    wait_until(lambda: bench.is_under_way(job_id))
    later = time.monotonic() + INTERVAL_S
    assert (sum(activity.finished_files(later)), activity.by_slave(later)) == (0, {})
    bench.engine.finish(job_id)
    wait_until(lambda: bench.runner.running_job(job_id) is None)
    assert sum(activity.finished_files(later + INTERVAL_S)) == 1


def test_speed_of_each_slave_is_kept(bench: Bench) -> None:
    """When a job is over, the ledger knows how many files each slave has done in what time."""
    job_id = bench.put(None)
    wait_until(lambda: bench.is_under_way(job_id))
    bench.engine.finish(job_id)
    wait_until(lambda: bench.runner.running_job(job_id) is None)
    speeds = bench.store.ledger.speeds(job_id)
    assert speeds.keys() == {"a:1", COMBINED}
    assert speeds["a:1"] == speeds[COMBINED]
    files, seconds = speeds["a:1"]
    assert files == 1
    assert 0 <= seconds < 60
    bench.store.ledger.remove(job_id)
    assert bench.store.ledger.speeds(job_id) == {}
