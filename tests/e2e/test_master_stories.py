"""The master restarted, stopped, without slaves, or with too many files."""

import contextlib
import signal
import threading
import time

import psutil
import pytest
import requests

from protocol.task_types import TASK_TYPES
from scripts.local_cluster import LocalCluster, free_port
from tests.chaos.cluster import INSIDE, OUTSIDE, why_not_possible
from tests.chaos.proxy import Proxy
from tests.conftest import assign
from tests.contract.jobs_api import call, finished
from tests.contract.programs import paused_workers
from tests.e2e.steps import Background, has_connection, is_at_work, posix_only, until

SLAVE_TIMEOUT_S = 4


@posix_only
def test_slaves_come_back_to_a_restarted_master(own_cluster: LocalCluster) -> None:
    """A master killed and started again has its slaves again after a few heartbeats."""
    own_cluster.start_master()
    slaves = own_cluster.start_slaves(2)
    request = threading.Thread(target=_ignoring_errors, args=(own_cluster,), daemon=True)
    with paused_workers(*slaves):
        request.start()
        until(lambda: is_at_work(own_cluster, 0))
        assert own_cluster.master is not None
        own_cluster.master.stop(signal.SIGKILL)
    own_cluster.start_master()
    until(lambda: len(own_cluster.present()) == 2)
    assert {len(slave["task_types"]) for slave in own_cluster.present()} == {len(TASK_TYPES)}
    (left,) = call(own_cluster.url, "GET", "/jobs", 200).json()["jobs"]
    assert finished(own_cluster.url, left["job_id"])["done_files"] == 12
    folders = (own_cluster.folder / "spool" / "jobs").iterdir()
    assert [folder.name for folder in folders] == [left["job_id"]]


def _ignoring_errors(cluster: LocalCluster) -> None:
    # The master is killed before it answers.
    with contextlib.suppress(requests.RequestException):
        assign(cluster, "text", [(f"{i}.txt", b"a good day") for i in range(12)])


@posix_only
def test_a_request_without_slaves_gives_up(own_cluster: LocalCluster) -> None:
    """Without slaves, a synchronous request ends after SLAVE_TIMEOUT with ``no_slave``."""
    own_cluster.settings = {**own_cluster.settings, "SLAVE_TIMEOUT": "2"}
    own_cluster.start_master()
    (slave,) = own_cluster.start_slaves(1)
    psutil.Process(slave.process.pid).suspend()
    request = Background(own_cluster, "text", [("a.txt", b"a"), ("b.txt", b"b")])
    request.start()
    until(lambda: has_connection(psutil.Process(slave.process.pid)))
    slave.stop(signal.SIGKILL)
    failures = request.result()["failed_files"]
    assert [failure["code"] for failure in failures] == ["no_slave"] * 2


@pytest.mark.skipif(why_not_possible() is not None, reason=str(why_not_possible()))
def test_a_slave_that_works_counts_as_reachable(own_cluster: LocalCluster) -> None:
    """After a broken connection, a slave with a slow first file does not make other files fail."""
    own_cluster.settings = {**own_cluster.settings, "SLAVE_TIMEOUT": str(SLAVE_TIMEOUT_S)}
    own_cluster.start_master()
    port = free_port()
    proxy = Proxy((OUTSIDE, port), (INSIDE, port))
    address = {"SLAVE_PORT": str(port), "SLAVE_HOST": INSIDE, "SLAVE_IP": OUTSIDE}
    slaves = own_cluster.start_slaves(1, **address)
    request = Background(own_cluster, "text", [(f"{n}.txt", b"quick") for n in range(5)])
    with paused_workers(*slaves):
        request.start()
        until(lambda: is_at_work(own_cluster, 0))
        proxy.cut()
        time.sleep(2 * SLAVE_TIMEOUT_S)
    assert request.result()["failed_files"] == []
    proxy.close()


def test_no_slaves_is_said_at_once(own_cluster: LocalCluster) -> None:
    """Without any slave the response is the documented 503."""
    own_cluster.start_master()
    answer = requests.post(
        f"{own_cluster.url}/assign_task",
        data={"task_type": "text"},
        files=[("texts", ("a.txt", b"a"))],
        timeout=30,
    )
    assert answer.status_code == 503
    assert answer.json() == {"error": "No slaves available"}


def test_too_large_files_and_requests(own_cluster: LocalCluster) -> None:
    """A file over its limit fails alone; a request over its limit is a readable 413."""
    own_cluster.settings = {
        **own_cluster.settings,
        "MAX_FILE_SIZE": "1000",
        "MAX_JOB_SIZE": "5000000",
    }
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    summary = assign(own_cluster, "text", [("large.txt", b"x" * 1001), ("small.txt", b"x")])
    assert summary["total_files_processed"] == 1
    assert [failure["code"] for failure in summary["failed_files"]] == ["too_large"]
    answer = requests.post(
        f"{own_cluster.url}/assign_task",
        data={"task_type": "text"},
        files=[("texts", ("huge.txt", b"x" * 20_000_000))],
        timeout=30,
    )
    assert answer.status_code == 413
    assert "MAX_JOB_SIZE" in answer.json()["error"]


@posix_only
def test_waiting_requests_get_503_when_the_master_stops(own_cluster: LocalCluster) -> None:
    """A synchronous request gets a 503 in JSON, not a closed connection, when the master stops."""
    own_cluster.start_master()
    slaves = own_cluster.start_slaves(1)
    answers: list[requests.Response] = []

    def ask() -> None:
        parts = [("texts", (f"{i}.txt", b"a good day")) for i in range(20)]
        url = f"{own_cluster.url}/assign_task"
        answers.append(requests.post(url, data={"task_type": "text"}, files=parts, timeout=60))

    thread = threading.Thread(target=ask)
    with paused_workers(*slaves):
        thread.start()
        until(lambda: is_at_work(own_cluster, 0))
        assert own_cluster.master is not None
        assert own_cluster.master.stop() == 0
        thread.join(30)
    assert answers[0].status_code == 503
    assert "shutting down" in answers[0].json()["error"]
