"""Open jobs whose files are processed already, with an engine whose runs end on demand."""

import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from master_service.engine import ActiveRun, Engine, RunObserver, RunRequest
from master_service.errors import LedgerFull, StateConflict
from master_service.jobs.runner import MAX_EARLY_JOBS, Runner
from master_service.jobs.service import Service, ServiceLimits
from master_service.monitoring.metrics import Metrics
from master_service.storage.model import JobState
from master_service.storage.results import Results
from master_service.storage.store import JobStore
from protocol.server.multipart_receiver import Form, Upload
from protocol.wire import Outcome
from tests.waiting import wait_until


class OpenRuns(Engine):
    """An engine with open runs, in which nothing happens by itself."""

    has_open_runs = True

    def __init__(self) -> None:
        self.runs: dict[str, ActiveRun] = {}
        self.may_cancel = threading.Event()
        self.may_cancel.set()

    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        self.runs[name] = ActiveRun(request, observer)
        return self.runs[name]

    def extend(self, name: str, sizes: Sequence[int]) -> None:
        self.runs[name].unfinished += len(sizes)

    def complete(self, name: str, *_: object) -> None:
        self._close(name)

    def withdraw(self, name: str, positions: Collection[int]) -> None:
        self._ended(name, len(positions))

    def cancel(self, name: str) -> None:
        self.may_cancel.wait()
        run = self.runs[name]
        run.observer.cancelled(range(len(run.request.inputs)))
        self._ended(name, run.unfinished - 1)
        self._close(name)

    def stop(self) -> None:
        raise NotImplementedError

    def why_unavailable(self, *_: object) -> str | None:
        return None

    def do(self, name: str, position: int) -> None:
        """End a file with a result."""
        self.runs[name].observer.handed_over([position], "a:1")
        self.runs[name].observer.ended(position, Outcome("", data=b"{}"))
        self._ended(name, 1)

    def _close(self, name: str) -> None:
        if self.runs[name].is_open:
            self.runs[name].is_open = False
            self._ended(name, 1)

    def _ended(self, name: str, count: int) -> None:
        run = self.runs[name]
        run.unfinished -= count
        if run.unfinished == 0:
            run.finished.set()


class Bench:
    """A service with its own store, and that engine."""

    def __init__(self, folder: Path) -> None:
        self.engine = OpenRuns()
        self.store = JobStore(folder / "spool")
        results, metrics = Results(folder / "results", "results"), Metrics()
        runner = Runner(self.store, self.engine, results, metrics)
        limits = ServiceLimits(60, 1000, 1000, 100)
        self.service = Service(self.store, runner, self.engine, metrics, limits)

    def open_job(self, task_type: str = "text") -> str:
        """Return the id of an open job with one file, which is in the engine."""
        job_id = self.service.open(task_type, {}, None)
        self.add_file(job_id)
        return job_id

    def add_file(self, job_id: str) -> None:
        """Send a file in a request of its own."""
        arrival = self.service.arrive_at(job_id)
        path = arrival.folder / "0"
        path.write_bytes(b"a")
        form = Form(uploads=[Upload("texts", "a.txt", path, size=1)])
        try:
            arrival.upload_received(form, form.uploads[0])
            self.service.add_files(form, None, arrival)
        finally:
            arrival.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A service with its own store."""
    bench = Bench(tmp_path)
    yield bench
    for job_id in bench.engine.runs:
        bench.service.runner.forget(job_id)
    bench.store.ledger.close()


def test_start_that_could_not_be_written_can_be_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job stays open, and the next start starts it."""
    job_id = bench.open_job()
    bench.engine.do(job_id, 0)

    def full(*_: object) -> None:
        raise LedgerFull

    with monkeypatch.context() as patched:
        patched.setattr(bench.store.ledger, "start", full)
        with pytest.raises(LedgerFull):
            bench.service.start(job_id)
    assert bench.service.job(job_id).state is JobState.OPEN
    bench.service.start(job_id)
    job = bench.service.wait(job_id)
    assert (job.state, job.done_files) == (JobState.DONE, 1)


def test_job_that_is_being_cancelled_takes_nothing(bench: Bench) -> None:
    """While an open job is being cancelled it can't be started, and gets no files."""
    job_id = bench.open_job()
    bench.engine.may_cancel.clear()
    cancelling = threading.Thread(target=bench.service.cancel, args=(job_id,))
    cancelling.start()
    running_job = bench.service.runner.running_job(job_id)
    assert running_job is not None
    wait_until(lambda: running_job.is_cancelled, 10)
    with pytest.raises(StateConflict, match="was cancelled"):
        bench.service.start(job_id)
    with pytest.raises(StateConflict, match="being cancelled"):
        bench.add_file(job_id)
    bench.engine.may_cancel.set()
    cancelling.join(10)
    job = bench.service.job(job_id)
    assert (job.state, job.cancelled_files, job.total_files) == (JobState.CANCELLED, 1, 1)
    assert bench.service.runner.running_job(job_id) is None


@pytest.mark.parametrize(("task_type", "most"), [("text", 10), ("embedding", MAX_EARLY_JOBS)])
def test_idle_open_jobs_take_no_place(bench: Bench, task_type: str, most: int) -> None:
    """Only those with files in the engine count, but for types that keep partial results."""
    for _ in range(10):
        job_id = bench.open_job(task_type)
        if job_id in bench.engine.runs:
            bench.engine.do(job_id, 0)
    assert len(bench.engine.runs) == most
