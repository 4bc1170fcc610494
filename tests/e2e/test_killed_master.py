"""The master is killed around its writes to the ledger, and loses nothing."""

import functools
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.local_cluster import PROJECT, LocalCluster
from tests.contract.jobs_api import call, finished, form
from tests.contract.programs import Part, wait_until
from tests.e2e.steps import posix_only

KILLED_AT_EVERY = int(os.environ.get("KILLED_AT_EVERY", "3"))
"""1 is before and after each write (``make chaos``), 3 every third of these moments."""
DYING = PROJECT / "tests" / "e2e" / "dying_master.py"
FILES: list[Part] = [
    ("one.txt", b"The first text tells of a good day."),
    ("two.txt", b"The second text tells of rain and a day."),
    ("empty.txt", b""),
    ("three.txt", b"Neither rain nor sun."),
]


def ask(cluster: LocalCluster, method: str, path: str, **kwargs: Any) -> requests.Response:
    """Repeat the request until the master, which may die several times, has answered."""
    answers: list[requests.Response] = []

    def answered() -> bool:
        if not is_up(cluster):
            death_file(cluster).unlink()
            cluster.start_master(DYING)
        try:
            answers.append(requests.request(method, cluster.url + path, timeout=30, **kwargs))
        except requests.RequestException:
            return False
        return True

    wait_until(answered)
    assert answers[0].ok, answers[0].text
    return answers[0]


def death_file(cluster: LocalCluster) -> Path:
    """Return the file that tells the master at which of its next writes to die."""
    return Path(cluster.settings["DEATH_FILE"])


def is_up(cluster: LocalCluster) -> bool:
    return cluster.master is not None and cluster.master.process.poll() is None


def submit(cluster: LocalCluster, key: str) -> str:
    """Send the job in two batches and start it; the master may die at every call."""
    keys = ({"Idempotency-Key": f"{key} {number}"} for number in itertools.count())
    new = ask(cluster, "POST", "/jobs", json={"task_type": "embedding"}, headers=next(keys)).json()
    path = new["status_url"]
    for batch in (FILES[:2], FILES[2:]):
        ask(cluster, "POST", f"{path}/files", headers=next(keys), **form("embedding", batch))
    ask(cluster, "POST", f"{path}/start")
    return str(new["job_id"])


def ends(told: dict[str, Any]) -> list[tuple[object, ...]]:
    return [(f["filename"], f["state"], f["code"], f["result_sha256"]) for f in told["files"]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    """A slave, and a master that is restarted."""
    settings = {"SLAVE_WORKERS": "1", "HEARTBEAT_INTERVAL": "0.2"}
    cluster = LocalCluster(tmp_path, settings | {"DEATH_FILE": str(tmp_path / "death")})
    cluster.start_master(DYING)
    cluster.start_slaves(1)
    yield cluster
    cluster.stop()


@posix_only
@pytest.mark.timeout(400)
def test_killed_around_its_writes(cluster: LocalCluster) -> None:
    """Killed before or after a write, it ends a job that is merged as without faults."""
    calm = ends(finished(cluster.url, submit(cluster, "calm")))
    assert [end[1] for end in calm] == ["done", "done", "failed", "done"]
    deaths = 0
    moments = ((number, moment) for number in itertools.count(1) for moment in ("before", "after"))
    for number, moment in itertools.islice(moments, 0, None, KILLED_AT_EVERY):
        dying = cluster.master
        assert dying is not None
        death_file(cluster).write_text(f"{number} {moment}")
        job_id = submit(cluster, f"{number} {moment}")
        wait_until(functools.partial(over, cluster, job_id))
        told = finished(cluster.url, job_id)
        assert ends(told) == calm, f"killed {moment} change {number}"
        assert told["total_files"] == told["done_files"] + told["failed_files"] == len(FILES)
        if dying.process.poll() is None:
            break
        deaths += 1
    assert deaths >= 20 // KILLED_AT_EVERY
    check_folders(cluster)


def over(cluster: LocalCluster, job_id: str) -> bool:
    return bool(ask(cluster, "GET", f"/jobs/{job_id}?limit=0").json()["state"] == "done")


def check_folders(cluster: LocalCluster) -> None:
    """There are no leftover files, and the results are those that the ledger has."""
    left = [path.name for path in cluster.results.rglob("*") if path.is_file()]
    assert sorted(left) == [f"{name}_embedding.json" for name in ("one", "three", "two")]
    jobs = call(cluster.url, "GET", "/jobs?limit=1000", 200).json()["jobs"]
    inputs = cluster.folder / "spool" / "jobs"
    assert {path.name for path in inputs.iterdir()} == {job["job_id"] for job in jobs}
    digests = [hashlib.sha256(data).hexdigest() for _, data in FILES]
    for job in jobs:
        stored = [path for path in (inputs / job["job_id"]).rglob("*") if path.is_file()]
        found = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in stored)
        assert found == sorted(digests)
