"""The client through Ctrl-C, a master that is killed, and slaves that are not there."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.local_cluster import PROJECT, LocalCluster, clean_environment
from tests.contract.programs import paused_workers, run, run_client_here, wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
DONE, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130
FILES = 2000
Client = subprocess.Popen[str]


@pytest.fixture
def ready(own_cluster: LocalCluster) -> LocalCluster:
    """A cluster to harm, up with two slaves."""
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    return own_cluster


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Small files for several requests."""
    (folder := tmp_path / "many files").mkdir()
    for number in range(FILES):
        (folder / f"{number:04}.txt").write_text(f"a good text, number {number}")
    return folder


@pytest.fixture
def started() -> Iterator[list[Client]]:
    """The clients that a test has started; none outlives it."""
    clients: list[Client] = []
    yield clients
    for client in clients:
        client.kill()
        client.communicate()


def start(started: list[Client], cluster: LocalCluster, *words: str | Path) -> Client:
    client = subprocess.Popen(
        [sys.executable, PROJECT / "client.py", cluster.url, *words],
        env=clean_environment() | {"PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(client)
    return client


def only_job(cluster: LocalCluster) -> dict[str, Any]:
    """Return the head of the one job there is, as soon as there is one."""
    jobs = requests.get(f"{cluster.url}/jobs", timeout=30).json()["jobs"]
    assert len(jobs) <= 1
    return dict(jobs[0]) if jobs else {"state": None, "total_files": 0, "done_files": 0}


def in_the_middle_of_sending(cluster: LocalCluster, client: Client) -> str:
    """Stop the client when some of its files are there, and not all; return the job's id."""
    wait_until(lambda: only_job(cluster)["total_files"] >= 500)
    client.send_signal(signal.SIGSTOP)
    job = only_job(cluster)
    assert (job["state"], job["total_files"] < FILES) == ("open", True)
    return str(job["job_id"])


def names_of(cluster: LocalCluster, job_id: str) -> list[str]:
    url = f"{cluster.url}/jobs/{job_id}?limit=10000"
    return [file["filename"] for file in requests.get(url, timeout=30).json()["files"]]


def finished(client: Client) -> tuple[int, str, str]:
    out, err = client.communicate(timeout=150)
    return client.returncode, out, err


def test_interrupted_upload_goes_on(ready: LocalCluster, many: Path, started: list[Client]) -> None:
    """Ctrl-C while sending prints the command line that sends the rest; every file comes once.

    A file that changed, or another type, is told before anything more is sent.
    """
    client = start(started, ready, "text", many)
    job_id = in_the_middle_of_sending(ready, client)
    client.send_signal(signal.SIGINT)
    client.send_signal(signal.SIGCONT)
    code, out, err = finished(client)
    assert (code, out) == (INTERRUPTED, "")
    (line,) = re.findall(r"^  (.* --resume .*)$", err, re.MULTILINE)
    assert "Traceback" not in err
    way_back = shlex.split(line)[2:]
    refuses_other_files(ready, many, job_id)
    resumed = run("client.py", *way_back)
    assert (resumed.returncode, resumed.stderr) == (DONE, "")
    assert f"Files Processed: {FILES}" in resumed.stdout
    assert names_of(ready, job_id) == [f"{number:04}.txt" for number in range(FILES)]
    assert only_job(ready)["job_id"] == job_id
    again = run_client_here(*way_back)
    assert again.returncode == DONE
    assert "has all its files already" in again.stderr
    (many / "late.txt").write_text("a good text that came late")
    late = run_client_here(*way_back)
    assert (late.returncode, late.stdout) == (NOTHING_DONE, "")
    assert "was started without" in late.stderr
    assert "late.txt" in late.stderr


def refuses_other_files(cluster: LocalCluster, many: Path, job_id: str) -> None:
    """Check that only the same files resume the job, and that it can't be followed yet."""
    # What the master was still taking in when the client was stopped is there or not.
    there = len(names_of(cluster, job_id))
    content = (changed := many / "0007.txt").read_text()
    changed.write_text("something else")
    other = run_client_here(cluster.url, "text", str(many), "--resume", job_id)
    changed.write_text(content)
    assert (other.returncode, other.stdout) == (NOTHING_DONE, "")
    assert "0007.txt" in other.stderr
    wrong = run_client_here(cluster.url, "image", str(many), "--resume", job_id)
    assert wrong.returncode == NOTHING_DONE
    assert "text files" in wrong.stderr
    assert only_job(cluster)["state"] == "open"
    assert there <= len(names_of(cluster, job_id)) <= there + 500
    follow = run_client_here(cluster.url, "follow", job_id)
    assert follow.returncode == NOTHING_DONE
    assert "--resume" in follow.stderr


def test_master_killed_while_it_is_sent_to(
    own_cluster: LocalCluster, many: Path, started: list[Client]
) -> None:
    """The upload waits for the master and goes on; every file is there once, and the job begins."""
    own_cluster.start_master()
    client = start(started, own_cluster, "text", many, "--background")
    job_id = in_the_middle_of_sending(own_cluster, client)
    assert own_cluster.master is not None
    own_cluster.master.stop(signal.SIGKILL)
    client.send_signal(signal.SIGCONT)
    assert client.stderr is not None
    assert "can't be reached or broke off" in client.stderr.readline()
    own_cluster.start_master()
    code, _, err = finished(client)
    assert (code, "Traceback" in err) == (DONE, False), err
    assert only_job(own_cluster)["state"] in ("queued", "running")
    assert names_of(own_cluster, job_id) == [f"{number:04}.txt" for number in range(FILES)]


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Eight small files."""
    (folder := tmp_path / "few").mkdir()
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"a good text, number {number}")
    return folder


def test_master_killed_while_it_is_followed(
    ready: LocalCluster, few: Path, started: list[Client]
) -> None:
    """The job goes on when the master is back, and so does the client; nothing is lost."""
    with paused_workers(ready.slaves[0]):
        client = start(started, ready, "text", few)
        wait_until(lambda: only_job(ready)["done_files"] >= 1)
        assert ready.master is not None
        ready.master.stop(signal.SIGKILL)
        assert client.stderr is not None
        assert "trying again" in client.stderr.readline()
        ready.start_master()
        assert only_job(ready)["done_files"] < 8
    code, out, err = finished(client)
    assert (code, "Traceback" in err) == (DONE, False), err
    assert "Files Processed: 8" in out


def test_interrupt_while_following_tells_the_way_back(
    ready: LocalCluster, few: Path, started: list[Client]
) -> None:
    """Ctrl-C leaves the job to the master, and says how to come back and how to stop it."""
    with paused_workers(ready.slaves[0]):
        client = start(started, ready, "text", few)
        wait_until(lambda: only_job(ready)["done_files"] >= 1)
        client.send_signal(signal.SIGINT)
        code, out, err = finished(client)
        assert (code, out, "Traceback" in err) == (INTERRUPTED, "", False)
        job_id = only_job(ready)["job_id"]
        assert f"client.py {ready.url} follow {job_id}\n" in err
        assert f"client.py {ready.url} cancel {job_id}\n" in err
        done = run_client_here(ready.url, "cancel", job_id)
    assert done.stdout.startswith(f"Job {job_id}: cancelled, ")


def test_job_waits_for_a_slave(
    own_cluster: LocalCluster, tmp_path: Path, started: list[Client]
) -> None:
    """A job in the background needs no slave yet; who follows it is told what it waits for."""
    own_cluster.start_master()
    (tmp_path / "a.txt").write_text("a good text")
    sent = run_client_here(own_cluster.url, "text", "--background", str(tmp_path / "a.txt"))
    assert sent.returncode == DONE
    client = start(started, own_cluster, "follow", sent.stdout.split()[1])
    assert client.stderr is not None
    assert client.stderr.readline() == "client.py: the job waits: No slaves available\n"
    own_cluster.start_slaves(1)
    code, out, _ = finished(client)
    assert code == DONE
    assert "Files Processed: 1" in out


def test_interrupted_drill_cancels_its_job(ready: LocalCluster, started: list[Client]) -> None:
    """Ctrl-C in the middle of a drill: nobody would come back to its job, so it is cancelled."""
    with paused_workers(*ready.slaves):
        client = start(started, ready, "drill")
        wait_until(lambda: only_job(ready)["state"] == "running")
        client.send_signal(signal.SIGINT)
        code, _, err = finished(client)
    job_id = only_job(ready)["job_id"]
    assert code == INTERRUPTED
    assert err == f"client.py: job {job_id} is cancelled\nclient.py: stopped\n"
    assert only_job(ready)["state"] == "cancelled"


def test_refused_upload_leaves_no_open_job(own_cluster: LocalCluster, tmp_path: Path) -> None:
    """Files that are more than a job may have: the reason is told, and the job is cancelled."""
    own_cluster.start_master(MAX_JOB_SIZE="1000")
    own_cluster.start_slaves(1)
    (tmp_path / "a.txt").write_text("a good text" * 200)
    refused = run_client_here(own_cluster.url, "text", str(tmp_path / "a.txt"))
    assert (refused.returncode, refused.stdout) == (NOTHING_DONE, "")
    said, left = refused.stderr.splitlines()
    assert "MAX_JOB_SIZE" in said
    assert left == f"job {only_job(own_cluster)['job_id']} is cancelled"
    assert only_job(own_cluster)["state"] == "cancelled"
