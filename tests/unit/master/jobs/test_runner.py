"""Limits of running jobs, tested with an engine whose runs end on demand."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from master_service.engine import ActiveRun, Engine, RunObserver, RunRequest
from master_service.jobs.runner import MAX_RUNNING_JOBS, MAX_RUNNING_SYNC_JOBS, Runner
from master_service.monitoring.activity import INTERVAL_S
from master_service.monitoring.metrics import Metrics
from master_service.storage.ledger_rows import COMBINED
from master_service.storage.model import File, FileState, Job, JobState
from master_service.storage.results import Results
from master_service.storage.spool import upload_name
from master_service.storage.store import JobStore
from protocol.wire import Outcome
from tests.contract.programs import wait_until

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


class EngineOnDemand(Engine):
    """An engine whose runs stay active until ``finish``."""

    def __init__(self) -> None:
        self.active_run: dict[str, ActiveRun] = {}

    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        active_run = ActiveRun(request, observer)
        self.active_run[name] = active_run
        return active_run

    def cancel(self, name: str) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        raise NotImplementedError

    def finish(self, run: str, data: bytes = b"{}") -> None:
        """End a run of one file with a result."""
        active_run = self.active_run.pop(run)
        active_run.observer.handed_over([0], "a:1")
        active_run.observer.ended(0, Outcome("a.txt", data=data))
        active_run.unfinished = 0
        active_run.finished.set()


class Bench:
    """A runner with its own store."""

    def __init__(self, folder: Path) -> None:
        self.engine = EngineOnDemand()
        self.store = JobStore(folder / "spool")
        self.results = Results(folder / "results", "results")
        self.metrics = Metrics()
        self.runner = Runner(self.store, self.engine, self.results, self.metrics)
        self._jobs = 0

    def put(self, blocked_timeout_s: float | None, task_type: str = "text") -> str:
        """Add a job of one file; a synchronous one if ``blocked_timeout_s`` is given."""
        self._jobs += 1
        job = Job(f"j{self._jobs}", task_type, NOW, JobState.QUEUED, total_files=1)
        upload = self.store.spool.request_folder(job.job_id) / "0"
        upload.write_bytes(b"a")
        self.store.ledger.add(job, [File(0, "a.txt", 1, "", upload_name(upload))], None)
        self.runner.put(job, blocked_timeout_s)
        return job.job_id

    def is_running(self, job_id: str) -> bool:
        return job_id in self.engine.active_run


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A runner without jobs."""
    bench = Bench(tmp_path)
    yield bench
    bench.runner.stop()
    bench.store.ledger.close()


def test_synchronous_jobs_do_not_delay_background_jobs(bench: Bench) -> None:
    """A background job runs although more synchronous jobs than its limit do."""
    sync_jobs = [bench.put(blocked_timeout_s=60) for _ in range(MAX_RUNNING_JOBS + 1)]
    background = bench.put(blocked_timeout_s=None)
    wait_until(lambda: all(map(bench.is_running, [*sync_jobs, background])))


@pytest.mark.parametrize(
    ("timeout_s", "limit"), [(None, MAX_RUNNING_JOBS), (60, MAX_RUNNING_SYNC_JOBS)]
)
def test_next_job_starts_when_one_ends(bench: Bench, timeout_s: float | None, limit: int) -> None:
    """The jobs of one queue run up to its limit, and start in the order of arrival."""
    jobs = [bench.put(timeout_s) for _ in range(limit + 2)]
    wait_until(lambda: set(bench.engine.active_run) == set(jobs[:limit]))
    bench.engine.finish(jobs[0])
    wait_until(lambda: set(bench.engine.active_run) == set(jobs[1 : limit + 1]))
    wait_until(lambda: bench.runner.running_job(jobs[0]) is None)
    ended = bench.store.ledger.job(jobs[0])
    assert ended is not None
    assert ended.state is JobState.DONE


def test_partial_result_is_not_the_end_of_a_file(bench: Bench) -> None:
    """A file of a type with a merge module is done when the results of all files are saved."""
    job_id = bench.put(None, "embedding")
    wait_until(lambda: bench.is_running(job_id))
    bench.engine.finish(job_id, b'{"terms": {"sea": 1}}')
    wait_until(lambda: bench.runner.running_job(job_id) is None)
    (file,) = bench.store.files(job_id)
    assert (file.state, file.attempts) == (FileState.DONE, 1)
    path = bench.results.locate(str(file.saved_file))
    assert path is not None
    result = json.loads(path.read_bytes())
    assert (result["vector"], result["features"]) == ([1.0], ["sea"])
    later = time.monotonic() + INTERVAL_S
    assert sum(bench.metrics.activity.finished_files(later)) == 1


@pytest.mark.parametrize(
    "partial",
    [b"", b"[", b"[]", b"{}", b'{"terms": 1}', b'{"terms": {"a": 0}}', b"[" * 100_000,
     b'{"terms": {}, "warnings": 1}', b'{"terms": {}, "semantic": [1]}',
     b'{"terms": {}, "semantic": {"x": NaN}}'],
)  # fmt: skip
def test_invalid_partial_result_fails_its_file_alone(bench: Bench, partial: bytes) -> None:
    """The file fails with a reason, and the job ends."""
    job_id = bench.put(None, "embedding")
    wait_until(lambda: bench.is_running(job_id))
    bench.engine.finish(job_id, partial)
    wait_until(lambda: bench.runner.running_job(job_id) is None)
    (file,) = bench.store.files(job_id)
    assert file.failure is not None
    assert file.failure.error.startswith("The slave's term counts of the file are invalid: ")


def test_speed_of_each_slave_is_stored(bench: Bench) -> None:
    """The ledger stores files and seconds of each slave when the job is over."""
    job_id = bench.put(None)
    wait_until(lambda: bench.is_running(job_id))
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
