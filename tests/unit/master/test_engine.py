"""The interface of engines, tried with an engine that has no slaves."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from master_service.engine import ActiveRun, Engine, RunObserver, RunRequest
from master_service.jobs.runner import Runner
from master_service.jobs.service import Service, ServiceLimits
from master_service.monitoring.metrics import Metrics
from master_service.storage.model import JobState
from master_service.storage.results import Results
from master_service.storage.store import JobStore
from protocol.server.multipart_receiver import Form, Upload
from protocol.wire import Outcome
from tests.contract.programs import wait_until


class ThreadEngine(Engine):
    """Returns each file's bytes as its result, in one thread for each run, once it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self._runs: dict[str, ActiveRun] = {}

    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        run = self._runs[name] = ActiveRun(request, observer)
        threading.Thread(target=self._process, args=(run,), daemon=True).start()
        return run

    def _process(self, run: ActiveRun) -> None:
        for position in range(len(run.request.inputs)):
            run.observer.handed_over([position], "thread")
            self.may_answer.wait()
            file = run.request.inputs[position]
            run.observer.ended(position, Outcome(file.filename, data=file.path.read_bytes()))
            run.unfinished -= 1
        run.finished.set()

    def cancel(self, name: str) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        for run in self._runs.values():
            run.finished.set()

    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        return None if task_type == "text" and not features else "This engine does text alone."


@pytest.fixture
def engine() -> Iterator[ThreadEngine]:
    """An engine that does not answer yet."""
    engine = ThreadEngine()
    yield engine
    engine.may_answer.set()
    engine.stop()


def test_an_engine_needs_no_slaves(engine: ThreadEngine, tmp_path: Path) -> None:
    """A job is accepted and done, although nothing of the registry of slaves is there."""
    store, metrics = JobStore(tmp_path / "spool"), Metrics()
    runner = Runner(store, engine, Results(tmp_path / "results", "results"), metrics)
    service = Service(store, runner, engine, metrics, ServiceLimits(60, 1000, 1000, 10))
    arrival = service.arrive()
    upload = Upload("texts", "a.txt", arrival.folder / "0", size=2)
    upload.path.write_bytes(b"{}")
    job_id = service.accept("text", Form(uploads=[upload]), None, arrival, waits=True)
    running_job = runner.running_job(job_id)
    assert running_job is not None
    wait_until(lambda: running_job.has_files_in_progress)
    assert service.waiting_for(running_job) is None
    engine.may_answer.set()
    job = service.wait(job_id)
    assert (job.state, job.done_files) == (JobState.DONE, 1)
    assert [file.slave for file in service.files(job)] == ["thread"]
    store.ledger.close()
