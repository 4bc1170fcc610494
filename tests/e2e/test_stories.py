"""Scenarios as users see them, with and without faults."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from protocol.task_types import TASK_TYPES
from scripts import samples
from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.programs import paused_workers
from tests.e2e.steps import Background, has_connection, is_at_work, posix_only, until
from tests.slave_pool import POOLED, PooledCluster, SlavePool


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
    """Process all files, type by type, and return the digests of the results."""
    for task_type, some in files.items():
        assert assign(cluster, task_type, some)["failed_files"] == []
    return digest(cluster.results)


@pytest.fixture(scope="session")
def expected_results(
    mixed_files: dict[str, list[Path]],
    tmp_path_factory: pytest.TempPathFactory,
    slave_pool: SlavePool | None,
) -> dict[str, str]:
    """The results of the sixty files with a single slave."""
    port = slave_pool.port if slave_pool else 0
    cluster = PooledCluster(tmp_path_factory.mktemp("calm"), POOLED, port, pool=slave_pool)
    try:
        cluster.start_master()
        cluster.start_slaves(1)
        return process_all(cluster, mixed_files)
    finally:
        cluster.stop()


def test_results_do_not_depend_on_how_many_slaves_there_are(
    own_cluster: LocalCluster,
    mixed_files: dict[str, list[Path]],
    expected_results: dict[str, str],
) -> None:
    """Sixty mixed files give the same bytes with one slave and with three."""
    own_cluster.start_master()
    own_cluster.start_slaves(3)
    assert process_all(own_cluster, mixed_files) == expected_results
    assert len(expected_results) == 60


@posix_only
@pytest.mark.parametrize("task_type", list(TASK_TYPES))
def test_a_slave_killed_half_way_changes_nothing(
    own_cluster: LocalCluster,
    mixed_files: dict[str, list[Path]],
    expected_results: dict[str, str],
    task_type: str,
) -> None:
    """One of two slaves is killed while it has files: the results have the same bytes."""
    own_cluster.start_master()
    slaves = own_cluster.start_slaves(2)
    # Held still at first, so that the blow falls while it surely has files.
    victim = psutil.Process(slaves[0].process.pid)
    victim.suspend()
    request = Background(own_cluster, task_type, mixed_files[task_type])
    request.start()
    until(lambda: has_connection(victim))
    victim.kill()
    assert request.result()["failed_files"] == []
    expected = {
        name: value for name, value in expected_results.items() if name.startswith(f"{task_type}/")
    }
    assert digest(own_cluster.results) == expected


@posix_only
def test_a_frozen_slave_costs_seconds_not_files(own_cluster: LocalCluster) -> None:
    """A frozen slave is missing after three heartbeats, and its files go to another."""
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
    """Of twelve fast files, each of two slaves gets six."""
    summary = assign(cluster, "text", [(f"even {i}.txt", b"one of twelve") for i in range(12)])
    assert sorted(summary["statistics"]["slaves"].values()) == [6, 6]


def test_a_slave_that_comes_later_takes_over(own_cluster: LocalCluster) -> None:
    """A slave that registers during a long job gets some of its files."""
    own_cluster.start_master()
    first = own_cluster.start_slaves(1)
    request = Background(own_cluster, "text", [(f"{i}.txt", b"a good day") for i in range(24)])
    with paused_workers(*first):
        request.start()
        until(lambda: is_at_work(own_cluster, 0))
        own_cluster.start_slaves(1)
        # Else the first slave, which goes on now, could do all before the master has called it.
        until(lambda: len(call(own_cluster.url, "GET", "/activity", 200).json()["slaves"]) == 2)
    summary = request.result()
    assert summary["total_files_processed"] == 24
    assert len(summary["statistics"]["slaves"]) == 2


def test_one_bad_file_fails_alone(cluster: LocalCluster, sample_files: Any) -> None:
    """Among valid pictures, only a text and a cut picture fail, each with its reason."""
    good = sample_files["image"][0]
    files = [
        ("good.jpg", good.read_bytes()),
        ("text.jpg", b"this is no picture"),
        ("cut.jpg", good.read_bytes()[: good.stat().st_size // 50]),
        ("empty.jpg", b""),
        ("good again.jpg", good.read_bytes()),
    ]
    summary = assign(cluster, "image", files)
    assert summary["total_files_processed"] == 2
    codes = {failure["filename"]: failure["code"] for failure in summary["failed_files"]}
    assert codes == {"text.jpg": "unsupported", "cut.jpg": "corrupt", "empty.jpg": "empty"}
    assert all(len(failure["error"]) > 20 for failure in summary["failed_files"])


def test_clashing_names_never_overwrite(cluster: LocalCluster) -> None:
    """Different files of one name are all saved; the same bytes give the same result."""
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


def test_a_busy_slave_is_not_missing(own_cluster: LocalCluster) -> None:
    """With every CPU at 100 %, no slave counts as missing."""
    own_cluster.settings = {**own_cluster.settings, "HEARTBEAT_INTERVAL": "1"}
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    burn = [sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(burn) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        parts = [(f"{n}.txt", b"The quick brown fox is good. " * 4000) for n in range(15)]
        assert assign(own_cluster, "text", parts)["failed_files"] == []
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert own_cluster.master is not None
    assert "is missing" not in own_cluster.master.log.read_text()
