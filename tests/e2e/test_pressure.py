"""Full and unwritable disks: requests are refused, and accepted jobs still end."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.contract.jobs_api import call, finished, form, job, send
from tests.contract.programs import only_line, run, slow_text, wait_until


def test_unwritable_results(own_cluster: LocalCluster) -> None:
    """A job waits for its folder of results and says so; new requests are refused until then."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    url, results = own_cluster.url, own_cluster.results
    job_id = send(url, "text", [(f"{n}.txt", slow_text(1)) for n in range(3)])
    wait_until(lambda: job(url, job_id)["state"] == "running")
    shutil.rmtree(results)
    results.write_text("a file where the folder should be")
    wait_until(lambda: "RESULTS_DIR" in (job(url, job_id)["waiting_for"] or ""))
    error, retry_after = wait_until(lambda: _refusal(url))
    assert "RESULTS_DIR" in error
    assert int(retry_after) > 0
    results.unlink()
    told = finished(url, job_id)
    assert (told["done_files"], told["waiting_for"]) == (3, None)
    assert all(Path(file["saved_file"]).is_file() for file in told["files"])
    wait_until(lambda: _is_taken(url))


def _refusal(url: str) -> tuple[str, ...]:
    """The disk is checked once a second; a request before that is accepted."""
    parts = form("text", [("late.txt", b"late")])
    headers = {"Prefer": "respond-async"}
    answer = requests.post(f"{url}/assign_task", headers=headers, timeout=30, **parts)
    if answer.status_code != 507:
        return ()
    return answer.json()["error"], answer.headers["Retry-After"]


def _is_taken(url: str) -> bool:
    """The disk is checked once a second."""
    try:
        call(url, "POST", "/assign_task", 200, **form("text", [("after.txt", b"after")]))
    except AssertionError:
        return False
    return True


def test_synchronous_requests_end_on_an_unwritable_disk(own_cluster: LocalCluster) -> None:
    """If its result can't be written, a synchronous request ends after SLAVE_TIMEOUT."""
    own_cluster.settings = {**own_cluster.settings, "SLAVE_TIMEOUT": "2"}
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    # The one folder that the door does not look at.
    own_cluster.results.joinpath("text").write_text("in the way")
    answer = call(own_cluster.url, "POST", "/assign_task", 200, **form("text", [("a.txt", b"a")]))
    (failure,) = answer.json()["failed_files"]
    assert failure["code"] == "internal"
    assert "RESULTS_DIR" in failure["error"]


def test_cancelling_a_job_that_waits_for_disk_space(own_cluster: LocalCluster) -> None:
    """A job whose results can't be written can be cancelled."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    own_cluster.results.joinpath("text").write_text("in the way")
    job_id = send(own_cluster.url, "text", [("a.txt", b"a")])
    wait_until(lambda: job(own_cluster.url, job_id)["waiting_for"])
    told = call(own_cluster.url, "DELETE", f"/jobs/{job_id}", 200).json()
    assert (told["state"], told["cancelled_files"]) == ("cancelled", 1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB, where it can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("no small disk can be made here (Linux, and root, are needed)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(own_cluster: LocalCluster, small_disk: Path) -> None:
    """With a full spool nothing is accepted, and nothing that was accepted before is lost."""
    own_cluster.settings = {**own_cluster.settings, "SPOOL_DIR": str(small_disk / "spool")}
    own_cluster.start_master()
    url = own_cluster.url
    job_id = send(url, "text", [(f"{n}.txt", b"before") for n in range(20)])
    ballast = small_disk / "ballast"
    _fill(ballast)
    own_cluster.start_slaves(1)
    assert finished(url, job_id)["done_files"] == 20
    refused = call(url, "POST", "/assign_task", 507, **form("text", [("late.txt", b"late")]))
    assert "SPOOL_DIR" in refused.json()["error"]
    too_large = form("text", [("large.txt", bytes(20 * 1024 * 1024))])
    ballast.unlink()
    wait_until(lambda: _is_taken(url))
    call(url, "POST", "/assign_task", 507, **too_large)
    folders = {folder.name for folder in (small_disk / "spool" / "jobs").iterdir()}
    listed = call(url, "GET", "/jobs", 200).json()["jobs"]
    assert folders == {told["job_id"] for told in listed}
    assert own_cluster.master is not None
    own_cluster.master.stop()
    own_cluster.start_master()
    assert job(url, job_id)["done_files"] == 20


def test_cancelling_a_first_run_that_waits_for_disk_space(
    own_cluster: LocalCluster, small_disk: Path
) -> None:
    """A job whose partial results find a full disk is cancelled once that can be recorded."""
    own_cluster.settings = {**own_cluster.settings, "SPOOL_DIR": str(small_disk / "spool")}
    own_cluster.start_master()
    url = own_cluster.url
    job_id = send(url, "embedding", [("a.txt", b"a good text"), ("b.txt", b"another one")])
    _fill(small_disk / "ballast")
    own_cluster.start_slaves(1)
    wait_until(lambda: "SPOOL_DIR" in (job(url, job_id)["waiting_for"] or ""))
    for _ in range(2):
        refused = call(url, "DELETE", f"/jobs/{job_id}", 507)
        assert int(refused.headers["Retry-After"]) > 0
    (small_disk / "ballast").unlink()
    told = call(url, "DELETE", f"/jobs/{job_id}", 200).json()
    assert (told["state"], told["cancelled_files"]) == ("cancelled", 2)
    assert own_cluster.master is not None
    assert "Traceback" not in own_cluster.master.log.read_text()
    # What was answered is so, whatever becomes of the master.
    own_cluster.master.stop(signal.SIGKILL)
    own_cluster.start_master()
    assert job(url, job_id)["state"] == "cancelled"


def test_a_start_on_a_full_disk(small_disk: Path) -> None:
    """A master that has no space for its ledger exits with one line."""
    _fill(small_disk / "ballast")
    done = run("master.py", SPOOL_DIR=str(small_disk), RESULTS_DIR=str(small_disk.parent / "r"))
    assert done.returncode == 2
    assert "SPOOL_DIR" in only_line(done.stderr)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        _write_on(file)


def _write_on(file: IO[bytes]) -> NoReturn:
    while True:
        file.write(bytes(4096))
