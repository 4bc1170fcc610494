"""A master whose files are processed by a real Dask cluster, with workers and schedulers killed."""

import hashlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from scripts.local_cluster import LocalCluster, Program
from tests.conftest import assign
from tests.contract.jobs_api import call, finished, form, job, send, texts
from tests.contract.programs import (
    WORKER,
    children,
    page,
    registration_refusal,
    running,
    wait_until,
)
from tests.dask_cluster import DaskCluster, needs_dask
from tests.e2e.steps import posix_only

pytestmark = [needs_dask, posix_only]
_LIMIT_S = 120


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A master with two Dask workers of one thread each; the last two tests kill some of it."""
    cluster = DaskCluster(tmp_path_factory.mktemp("dask"))
    try:
        cluster.start_master(MAX_ATTEMPTS="2")
        cluster.start_slaves(2)
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def paused(*workers: Program) -> Iterator[None]:
    """Pause the sandboxed processes of Dask workers, which then hold what they have."""
    processes = [process for worker in workers for process in children(worker, WORKER)]
    assert processes
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in running(processes):
            process.resume()


def saved(cluster: LocalCluster, files: dict[str, list[Path]]) -> dict[str, str]:
    """Process files of all types; return the SHA-256 of each result by its path."""
    for task_type, some in files.items():
        assert assign(cluster, task_type, some)["failed_files"] == []
    return {
        path.relative_to(cluster.results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in cluster.results.rglob("*.*")
    }


def tasks_of(cluster: DaskCluster) -> dict[str, int]:
    """Return how many tasks and how many bytes the scheduler knows, and its resident bytes."""
    from distributed import Client

    def count(dask_scheduler: object) -> dict[str, int]:
        tasks = dask_scheduler.tasks.values()  # type: ignore[attr-defined]
        specs = sum(len(bytes(repr(task.run_spec), "utf-8")) for task in tasks if task.run_spec)
        return {"tasks": len(tasks), "spec_bytes": specs}

    with Client(cluster.scheduler_url, set_as_default=False) as client:
        found: dict[str, int] = client.run_on_scheduler(count)
        return found


def test_results_are_those_of_slaves(
    dask: DaskCluster, cluster: LocalCluster, sample_files: dict[str, list[Path]]
) -> None:
    """Files of all six types have the same bytes, names and warnings as with slaves."""
    by_slaves = saved(cluster, sample_files)
    by_dask = saved(dask, sample_files)
    assert len(by_dask) >= 6
    assert by_dask == {name: by_slaves[name] for name in by_dask}


def test_workers_are_listed_like_slaves(dask: DaskCluster) -> None:
    """The status lists Dask workers with what they can do; the ledger names who did a file."""
    listed = {slave["name"] for slave in dask.present()}
    assert len(listed) == 2
    assert all("text" in slave["task_types"] for slave in dask.present())
    assert all(slave["state"] == "ready" for slave in dask.present())
    summary = assign(dask, "text", texts("listed", 5))
    assert set(summary["statistics"]["slaves"]) <= listed


def test_slave_is_refused(dask: DaskCluster) -> None:
    """A slave that would register is told what to start instead."""
    assert "start a Dask worker instead" in registration_refusal(dask.url)


def test_crashing_file_is_tried_elsewhere_and_fails(dask: DaskCluster) -> None:
    """A file whose process crashes on two workers fails after MAX_ATTEMPTS; others are done."""
    job_id = send(dask.url, "ocr", [("crash.png", page(120))])
    blamed = []
    for attempt in (1, 2):
        wait_until(lambda: _is_running(dask, job_id, attempt), _LIMIT_S)  # noqa: B023
        blamed.append(job(dask.url, job_id)["files"][0]["slave"])
        _kill_busy_process(dask)
    file = finished(dask.url, job_id, _LIMIT_S)["files"][0]
    assert (file["state"], file["code"], file["attempts"]) == ("failed", "crashed", 2)
    assert len(set(blamed)) == 2
    assert assign(dask, "text", texts("after", 3))["failed_files"] == []


def _is_running(cluster: DaskCluster, job_id: str, attempt: int) -> bool:
    file = job(cluster.url, job_id)["files"][0]
    return (file["state"], file["attempts"]) == ("running", attempt)


def _kill_busy_process(cluster: DaskCluster) -> None:
    """Kill the sandboxed processes; an idle one is replaced and blames no file."""
    processes = [each for worker in cluster.slaves for each in children(worker, WORKER)]
    wait_until(lambda: any(_has_tesseract(process) for process in running(processes)))
    for process in running(processes):
        process.kill()


def _has_tesseract(process: psutil.Process) -> bool:
    return bool(process.children())


def test_few_batches_are_in_flight_and_no_bytes_at_the_scheduler(dask: DaskCluster) -> None:
    """However many files a job has, few tasks are submitted, and none carries its bytes."""
    big = b"many words " * 20_000
    with paused(*dask.slaves):
        job_id = send(dask.url, "text", [(f"{n}.txt", big) for n in range(40)])
        wait_until(lambda: job(dask.url, job_id, limit=0)["state"] == "running")
        found = tasks_of(dask)
        # Two batches for each of two threads: a task, and the bytes that it depends on.
        assert 0 < found["tasks"] <= 8
        assert found["spec_bytes"] < len(big)
    assert finished(dask.url, job_id, _LIMIT_S)["done_files"] == 40
    wait_until(lambda: tasks_of(dask)["tasks"] == 0)


def test_cancelled_job_leaves_nothing_at_the_scheduler(dask: DaskCluster) -> None:
    """A cancelled job ends at once, and its tasks are dropped; the next job is processed."""
    with paused(*dask.slaves):
        job_id = send(dask.url, "text", texts("cancelled", 50))
        wait_until(lambda: job(dask.url, job_id, limit=0)["state"] == "running")
        call(dask.url, "DELETE", f"/jobs/{job_id}", 200)
        assert job(dask.url, job_id)["state"] == "cancelled"
    assert assign(dask, "text", texts("next", 3))["total_files_processed"] == 3
    wait_until(lambda: tasks_of(dask)["tasks"] == 0)


def test_killed_client_process_loses_no_file(dask: DaskCluster) -> None:
    """The master starts another Dask client process, which finds the workers again."""
    assert dask.master is not None
    with paused(*dask.slaves):
        job_id = send(dask.url, "text", texts("client", 30))
        wait_until(lambda: len(_at_work(dask, job_id)) == 2)
        [client] = children(dask.master, "dask_engine.client_process")
        client.kill()
        wait_until(lambda: not _at_work(dask, job_id))
    assert finished(dask.url, job_id, _LIMIT_S)["done_files"] == 30


def test_killed_worker_loses_no_file(dask: DaskCluster) -> None:
    """The files that a killed Dask worker held are processed by another one."""
    first = dask.slaves[0]
    with paused(*dask.slaves):
        job_id = send(dask.url, "text", texts("worker", 30))
        wait_until(lambda: len(_at_work(dask, job_id)) == 2)
        first.stop(signal.SIGKILL)
        wait_until(lambda: len(_at_work(dask, job_id)) == 1)
    assert finished(dask.url, job_id, _LIMIT_S)["done_files"] == 30
    assert len(dask.present()) == 1


def _at_work(cluster: DaskCluster, job_id: str) -> set[str]:
    files = job(cluster.url, job_id)["files"]
    return {file["slave"] for file in files if file["state"] == "running"}


def test_job_waits_for_a_lost_scheduler(dask: DaskCluster) -> None:
    """A job survives the death of the scheduler, says what it waits for, and goes on."""
    workers = [worker for worker in dask.slaves if worker.process.poll() is None]
    with paused(*workers):
        job_id = send(dask.url, "text", texts("scheduler", 20))
        wait_until(lambda: _at_work(dask, job_id))
        assert dask.scheduler is not None
        dask.scheduler.stop(signal.SIGKILL)
        wait_until(lambda: not dask.present(), _LIMIT_S)
    refused = call(dask.url, "POST", "/assign_task", 503, **form("text", texts("refused", 1)))
    assert dask.scheduler_url in refused.json()["error"]
    for worker in workers:
        worker.stop(signal.SIGKILL)
    dask.start_scheduler()
    dask.start_slave()
    assert finished(dask.url, job_id, _LIMIT_S)["done_files"] == 20
