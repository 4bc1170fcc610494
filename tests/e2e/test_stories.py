"""Whole stories: what a user would see when things go right, and when they go wrong."""

import contextlib
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from scripts import samples
from scripts.local_cluster import LocalCluster
from slave_service.task_types import TASK_TYPES
from tests.conftest import assign

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")


def until(condition: Callable[[], object], limit_s: float = 30) -> None:
    """Wait for a condition, and fail when it does not come about in time."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


class Background(threading.Thread):
    """A request under way while the test does something else."""

    def __init__(self, cluster: LocalCluster, task_type: str, files: list[Any]) -> None:
        super().__init__(daemon=True)
        self._ask = (cluster, task_type, files)
        self.summary: dict[str, Any] = {}

    def run(self) -> None:
        self.summary = assign(*self._ask)

    def result(self) -> dict[str, Any]:
        """Wait for the answer."""
        self.join(120)
        assert self.summary, "no answer came"
        return self.summary


def workers_of(slave: psutil.Process) -> list[psutil.Process]:
    """Return the worker processes of a slave."""
    return [p for p in slave.children() if "slave_service.worker_process" in p.cmdline()]


def is_at_work(cluster: LocalCluster, number: int) -> bool:
    """Tell whether a slave's workers have been given files, by the slave's own word."""
    slave = cluster.present()[number]
    url = f"http://{slave['slave_ip']}:{slave['slave_port']}/check_status"
    return bool(requests.get(url, timeout=10).json()["running"])


@pytest.fixture(scope="session")
def mixed_files(
    sample_files: dict[str, list[Path]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Path]]:
    """Sixty files of all types."""
    texts = samples.texts(tmp_path_factory.mktemp("texts"), 20, 2000)
    files = {name: list(some) for name, some in sample_files.items()}
    files["text"] += texts
    files["embedding"] += texts[: 60 - sum(map(len, files.values()))]
    assert sum(map(len, files.values())) == 60
    return files


def digest(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below the folder, by its path there."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def process_all(cluster: LocalCluster, files: dict[str, list[Path]]) -> dict[str, str]:
    """Have all files processed, type by type, and return the results' digests."""
    for task_type, some in files.items():
        assert assign(cluster, task_type, some)["failed_files"] == []
    return digest(cluster.results)


@pytest.fixture(scope="session")
def calm_results(
    mixed_files: dict[str, list[Path]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What the sixty files give with a single slave."""
    cluster = LocalCluster(tmp_path_factory.mktemp("calm"), {"SLAVE_WORKERS": "1"})
    try:
        cluster.start_master()
        cluster.start_slaves(1)
        return process_all(cluster, mixed_files)
    finally:
        cluster.stop()


@pytest.mark.parametrize("slaves", [2, 4])
def test_results_do_not_depend_on_how_many_slaves_there_are(
    own_cluster: LocalCluster,
    mixed_files: dict[str, list[Path]],
    calm_results: dict[str, str],
    slaves: int,
) -> None:
    """Sixty mixed files give the same bytes with one, two and four slaves."""
    own_cluster.start_master()
    own_cluster.start_slaves(slaves)
    assert process_all(own_cluster, mixed_files) == calm_results
    assert len(calm_results) == 60


@posix_only
@pytest.mark.parametrize("task_type", list(TASK_TYPES))
def test_a_slave_killed_half_way_changes_nothing(
    own_cluster: LocalCluster,
    mixed_files: dict[str, list[Path]],
    calm_results: dict[str, str],
    task_type: str,
) -> None:
    """One of two slaves is killed while files of a type are under way: the same bytes come."""
    own_cluster.start_master()
    slaves = own_cluster.start_slaves(2)
    # Held still at first, so that the blow falls while it surely has files.
    victim = psutil.Process(slaves[0].process.pid)
    victim.suspend()
    request = Background(own_cluster, task_type, mixed_files[task_type])
    request.start()
    until(lambda: _has_connection(victim))
    victim.kill()
    assert request.result()["failed_files"] == []
    expected = {
        name: value for name, value in calm_results.items() if name.startswith(f"{task_type}/")
    }
    assert digest(own_cluster.results) == expected


def _has_connection(slave: psutil.Process) -> bool:
    """Tell whether the master has opened a connection to the slave."""
    port = next(c.laddr.port for c in slave.net_connections() if c.status == "LISTEN")
    peers = psutil.net_connections("tcp")
    return any(c.raddr and c.raddr.port == port for c in peers if c.status == "ESTABLISHED")


@posix_only
def test_a_frozen_slave_costs_seconds_not_files(own_cluster: LocalCluster) -> None:
    """A slave that stands still is missed after three beats, its files go on elsewhere."""
    own_cluster.settings = {**own_cluster.settings, "HEARTBEAT_INTERVAL": "0.5"}
    own_cluster.start_master()
    slaves = own_cluster.start_slaves(2)
    frozen = psutil.Process(slaves[0].process.pid)
    frozen.suspend()
    began = time.monotonic()
    summary = assign(own_cluster, "text", [(f"{i}.txt", b"still here") for i in range(20)])
    assert summary["total_files_processed"] == 20
    assert time.monotonic() - began < 15
    assert len(own_cluster.status()["missing"]) == 1
    frozen.resume()
    until(lambda: len(own_cluster.present()) == 2)
    assert assign(own_cluster, "text", [("after.txt", b"well")])["total_files_processed"] == 1


def test_files_are_split_evenly(cluster: LocalCluster) -> None:
    """Twelve quick files over two slaves are six each."""
    summary = assign(cluster, "text", [(f"even {i}.txt", b"one of twelve") for i in range(12)])
    assert sorted(summary["statistics"]["slaves"].values()) == [6, 6]


def test_a_slave_that_comes_later_takes_over(own_cluster: LocalCluster) -> None:
    """A slave that joins in the middle of a long job is given part of what is left."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    text = ("It was a good day. " * 10_000).encode()
    request = Background(own_cluster, "text", [(f"{i}.txt", text) for i in range(40)])
    request.start()
    until(lambda: is_at_work(own_cluster, 0))
    own_cluster.start_slaves(1)
    summary = request.result()
    assert summary["total_files_processed"] == 40
    assert len(summary["statistics"]["slaves"]) == 2


def test_one_bad_file_fails_alone(cluster: LocalCluster, sample_files: Any) -> None:
    """Among good pictures, a text and a cut picture fail with their reasons and nothing else."""
    good = sample_files["image"][0]
    files = [
        ("good.jpg", good.read_bytes()),
        ("text.jpg", b"this is no picture"),
        ("cut.jpg", good.read_bytes()[: good.stat().st_size // 3]),
        ("empty.jpg", b""),
        ("good again.jpg", good.read_bytes()),
    ]
    summary = assign(cluster, "image", files)
    assert summary["total_files_processed"] == 2
    codes = {failure["filename"]: failure["code"] for failure in summary["failed_files"]}
    assert codes == {"text.jpg": "unsupported", "cut.jpg": "corrupt", "empty.jpg": "empty"}
    assert all(len(failure["error"]) > 20 for failure in summary["failed_files"])


def test_clashing_names_never_overwrite(cluster: LocalCluster) -> None:
    """Different files of one name are all kept; the same bytes again are the same result."""
    parts = [("clash.txt", f"text number {i}".encode()) for i in range(5)]
    first = assign(cluster, "text", parts)
    names = sorted(Path(path).name for path in first["saved_files"])
    numbers = ["_2", "_3", "_4", "_5", ""]
    assert names == [f"clash{number}_analysis.json" for number in numbers]
    again = assign(cluster, "text", parts)
    assert sorted(again["saved_files"]) == sorted(first["saved_files"])


@pytest.mark.parametrize("name", ["../../escape.txt", "..\\..\\escape.txt", "/etc/escape.txt"])
def test_no_name_leads_out_of_the_results(cluster: LocalCluster, name: str) -> None:
    """Only the last part of an uploaded name counts."""
    summary = assign(cluster, "text", [(name, b"stay inside")])
    assert summary["saved_files"] == [str(cluster.results / "text" / "escape_analysis.json")]
    assert (cluster.results / "text" / "escape_analysis.json").is_file()


@posix_only
def test_slaves_come_back_to_a_restarted_master(own_cluster: LocalCluster) -> None:
    """A master killed and started again finds its slaves within a few beats, nothing left over."""
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    request = threading.Thread(target=_ignoring_errors, args=(own_cluster,), daemon=True)
    request.start()
    until(lambda: is_at_work(own_cluster, 0))
    assert own_cluster.master is not None
    own_cluster.master.stop(signal.SIGKILL)
    own_cluster.start_master()
    until(lambda: len(own_cluster.present()) == 2)
    assert {len(slave["task_types"]) for slave in own_cluster.present()} == {len(TASK_TYPES)}
    assert assign(own_cluster, "text", [("after.txt", b"after")])["total_files_processed"] == 1
    assert list((own_cluster.folder / "spool" / "jobs").iterdir()) == []


def _ignoring_errors(cluster: LocalCluster) -> None:
    text = ("It was a good day. " * 30_000).encode()
    # The master is killed in the middle: that is the story.
    with contextlib.suppress(requests.RequestException):
        assign(cluster, "text", [(f"{i}.txt", text) for i in range(40)])


@posix_only
def test_a_request_without_slaves_gives_up(own_cluster: LocalCluster) -> None:
    """When the last slave dies, a waiting request ends after SLAVE_TIMEOUT with ``no_slave``."""
    own_cluster.settings = {**own_cluster.settings, "SLAVE_TIMEOUT": "2"}
    own_cluster.start_master()
    (slave,) = own_cluster.start_slaves(1)
    psutil.Process(slave.process.pid).suspend()
    request = Background(own_cluster, "text", [("a.txt", b"a"), ("b.txt", b"b")])
    request.start()
    until(lambda: _has_connection(psutil.Process(slave.process.pid)))
    slave.stop(signal.SIGKILL)
    failures = request.result()["failed_files"]
    assert [failure["code"] for failure in failures] == ["no_slave"] * 2


def test_no_slaves_is_said_at_once(own_cluster: LocalCluster) -> None:
    """Without any slave the answer is a 503 in the contract's words."""
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
