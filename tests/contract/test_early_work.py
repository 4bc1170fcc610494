"""Files are processed as soon as each is stored, while the rest of the request still arrives."""

import http.client
import json
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.contract.jobs_api import call, finished, form, job, texts
from tests.contract.programs import wait_until

BOUNDARY = "early"


@pytest.fixture
def ready(own_cluster: LocalCluster) -> LocalCluster:
    """A master with one slave, for tests that look at all that a master has."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    return own_cluster


class Request:
    """A form that is sent part by part."""

    def __init__(self, url: str, path: str = "/assign_task", **headers: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._connection.putrequest("POST", path)
        headers |= {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Transfer-Encoding": "chunked",
        }
        for name, value in headers.items():
            self._connection.putheader(name.replace("_", "-"), value)
        self._connection.endheaders()

    def add(self, field: str, data: bytes, filename: str | None = None) -> None:
        """Send a field or a file, with the boundary after it."""
        name = f'; filename="{filename}"' if filename else ""
        head = f'Content-Disposition: form-data; name="{field}"{name}\r\n\r\n'
        self._send(f"--{BOUNDARY}\r\n{head}".encode() + data + b"\r\n")

    def end(self) -> tuple[int, dict[str, Any]]:
        """End the form; return the status of the answer, and its JSON."""
        self._send(f"--{BOUNDARY}--\r\n".encode())
        self._connection.send(b"0\r\n\r\n")
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def close(self) -> None:
        """Break off, or close the connection of an ended request."""
        self._connection.close()

    def _send(self, data: bytes) -> None:
        self._connection.send(b"%x\r\n%b\r\n" % (len(data), data))


@pytest.fixture
def request_to(ready: LocalCluster) -> Iterator[Request]:
    """A request with its task type and two texts; the boundary after the second has arrived."""
    with closing(Request(ready.url)) as request:
        request.add("task_type", b"text")
        for name, data in texts("early", 2):
            request.add("texts", data, name)
        request.add("ignored", b"")
        yield request


def handed_over(cluster: LocalCluster) -> float:
    """Return how many files the master has handed to slaves since it started."""
    lines = requests.get(f"{cluster.url}/metrics", timeout=10).text.splitlines()
    counts = [line for line in lines if line.startswith("cluster_attempts_total{")]
    return sum(float(line.split()[-1]) for line in counts)


def staged(cluster: LocalCluster) -> list[Path]:
    """Return the results that have no name yet."""
    return list(cluster.results.glob("*/.*"))


def assert_nothing_is_left(cluster: LocalCluster) -> None:
    """There is no job, no upload and no result, with or without a name."""
    wait_until(lambda: not list((cluster.folder / "spool" / "jobs").iterdir()))
    assert [path for path in cluster.results.rglob("*") if path.is_file()] == []
    assert call(cluster.url, "GET", "/jobs", 200).json() == {"jobs": []}


def test_first_files_are_processed_before_the_last_arrives(
    ready: LocalCluster, request_to: Request
) -> None:
    """Their results get names when the request is complete, and its summary has all files."""
    wait_until(lambda: len(staged(ready)) == 2)
    assert call(ready.url, "GET", "/jobs", 200).json() == {"jobs": []}
    request_to.add("texts", b"The last one.", "last.txt")
    status, summary = request_to.end()
    assert (status, summary["total_files_processed"], summary["failed_files"]) == (200, 3, [])
    assert [entry["index"] for entry in summary["files"]] == [0, 1, 2]
    assert all(Path(path).is_file() for path in summary["saved_files"])
    files = job(ready.url, summary["job_id"])["files"]
    assert [(file["state"], file["attempts"]) for file in files] == [("done", 1)] * 3
    assert staged(ready) == []


def test_request_that_breaks_off_leaves_nothing(ready: LocalCluster, request_to: Request) -> None:
    """The results of its first files are dropped, and the slave goes on with other work."""
    wait_until(lambda: len(staged(ready)) == 2)
    request_to.close()
    assert_nothing_is_left(ready)
    told = call(ready.url, "POST", "/assign_task", 200, **form("text", texts("next", 3))).json()
    assert told["total_files_processed"] == 3


def test_refused_request_leaves_nothing(ready: LocalCluster, request_to: Request) -> None:
    """Here, the options are the last field, and are wrong."""
    wait_until(lambda: len(staged(ready)) == 2)
    request_to.add("options", b'{"keywords": "none"}')
    status, answer = request_to.end()
    assert status == 400, answer
    assert_nothing_is_left(ready)


def test_options_after_the_files_count(ready: LocalCluster) -> None:
    """What was begun with other options is done again, and only that result is saved."""
    with closing(Request(ready.url)) as request:
        request.add("task_type", b"image")
        picture = b"P6 2 1 255 " + bytes([255, 0, 0, 0, 0, 255])
        request.add("images", picture, "a.ppm")
        request.add("ignored", b"")
        wait_until(lambda: staged(ready))
        request.add("options", b'{"facts": "perceptual_hash"}')
        status, summary = request.end()
    assert (status, summary["failed_files"]) == (200, [])
    (result,) = (path for path in ready.results.rglob("*") if path.is_file())
    assert b"perceptual_hash" in result.read_bytes()


def test_master_that_is_killed_meanwhile_has_no_job(
    ready: LocalCluster, request_to: Request
) -> None:
    """Nothing was answered, so nothing is left after the next start."""
    wait_until(lambda: len(staged(ready)) == 2)
    assert ready.master is not None
    ready.master.stop(signal.SIGKILL)
    request_to.close()
    ready.start_master()
    assert_nothing_is_left(ready)


def open_job(cluster: LocalCluster, task_type: str, count: int) -> str:
    """Return the id of a new open job with texts."""
    answer = call(cluster.url, "POST", "/jobs", 201, json={"task_type": task_type})
    job_id = str(answer.json()["job_id"])
    call(cluster.url, "POST", f"/jobs/{job_id}/files", 200, **form(task_type, texts("a", count)))
    return job_id


def test_files_of_an_open_job_are_done_before_its_start(ready: LocalCluster) -> None:
    """The job stays open, takes more files, and is done soon after its start."""
    job_id = open_job(ready, "text", 3)
    wait_until(lambda: job(ready.url, job_id)["done_files"] == 3)
    told = job(ready.url, job_id)
    assert (told["state"], told["waiting_for"], told["finished_at"]) == ("open", None, None)
    assert all(Path(file["saved_file"]).is_file() for file in told["files"])
    path = f"/jobs/{job_id}/files"
    more = call(ready.url, "POST", path, 200, **form("text", texts("b", 2))).json()
    assert more == {"indexes": [3, 4]}
    call(ready.url, "POST", f"/jobs/{job_id}/start", 202)
    told = finished(ready.url, job_id)
    assert (told["state"], told["done_files"]) == ("done", 5)
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]
    assert [file["attempts"] for file in told["files"]] == [1] * 5


def test_request_for_an_open_job_that_breaks_off_adds_nothing(ready: LocalCluster) -> None:
    """The other files of the job are not touched."""
    job_id = open_job(ready, "text", 1)
    wait_until(lambda: job(ready.url, job_id)["done_files"] == 1)
    with closing(Request(ready.url, f"/jobs/{job_id}/files")) as request:
        request.add("texts", b"A good text.", "b.txt")
        request.add("ignored", b"")
        wait_until(lambda: staged(ready))
    wait_until(lambda: not staged(ready))
    told = job(ready.url, job_id)
    assert (told["state"], told["total_files"], told["done_files"]) == ("open", 1, 1)
    call(ready.url, "POST", f"/jobs/{job_id}/start", 202)
    assert finished(ready.url, job_id)["total_files"] == 1


def test_start_does_not_wait_for_files_that_still_arrive(ready: LocalCluster) -> None:
    """Their request is refused at its end, and leaves nothing."""
    job_id = open_job(ready, "text", 1)
    with closing(Request(ready.url, f"/jobs/{job_id}/files")) as request:
        request.add("texts", b"A good text.", "b.txt")
        request.add("ignored", b"")
        wait_until(lambda: staged(ready))
        call(ready.url, "POST", f"/jobs/{job_id}/start", 202)
        assert finished(ready.url, job_id)["total_files"] == 1
        assert request.end()[0] == 409
    wait_until(lambda: not staged(ready))
    assert len(list(ready.results.rglob("*.json"))) == 1


def test_open_job_that_is_cancelled_keeps_what_is_done(ready: LocalCluster) -> None:
    """It is cancelled also where all of its files were done."""
    job_id = open_job(ready, "text", 2)
    wait_until(lambda: job(ready.url, job_id)["done_files"] == 2)
    told = call(ready.url, "DELETE", f"/jobs/{job_id}", 200).json()
    assert (told["state"], told["done_files"]) == ("cancelled", 2)
    path = f"/jobs/{job_id}/files"
    call(ready.url, "POST", path, 409, **form("text", texts("b", 1)))
    assert call(ready.url, "DELETE", f"/jobs/{job_id}", 200).json() == told


def test_restarted_master_goes_on_with_an_open_job(own_cluster: LocalCluster) -> None:
    """What is done stays so; the other files are processed before the start, too."""
    own_cluster.start_master()
    job_id = open_job(own_cluster, "text", 2)
    assert own_cluster.master is not None
    own_cluster.master.stop(signal.SIGKILL)
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    wait_until(lambda: job(own_cluster.url, job_id)["done_files"] == 2)
    own_cluster.master.stop(signal.SIGKILL)
    own_cluster.start_master()
    told = job(own_cluster.url, job_id)
    assert (told["state"], told["done_files"], told["total_files"]) == ("open", 2, 2)
    call(own_cluster.url, "POST", f"/jobs/{job_id}/start", 202)
    assert [file["attempts"] for file in finished(own_cluster.url, job_id)["files"]] == [1, 1]


def test_embedding_counts_terms_before_the_start(ready: LocalCluster) -> None:
    """The results depend on all texts, so they come after the start, without a second journey."""
    job_id = open_job(ready, "embedding", 2)
    wait_until(lambda: handed_over(ready) == 2)
    path = f"/jobs/{job_id}/files"
    call(ready.url, "POST", path, 200, **form("embedding", [("c.txt", b"sea sea mountain")]))
    wait_until(lambda: handed_over(ready) == 3)
    assert job(ready.url, job_id)["done_files"] == 0
    call(ready.url, "POST", f"/jobs/{job_id}/start", 202)
    files = finished(ready.url, job_id)["files"]
    assert [(file["state"], file["attempts"]) for file in files] == [("done", 1)] * 3
    result = json.loads(Path(files[0]["saved_file"]).read_bytes())
    assert {"sea", "mountain"} <= set(result["features"])


def test_repeated_request_is_not_processed_again(ready: LocalCluster) -> None:
    """A request whose key has an answer already gives no work to slaves."""
    keyed = {"headers": {"Idempotency-Key": "once"}}
    parts = form("text", texts("a", 2))
    first = call(ready.url, "POST", "/assign_task", 200, **parts, **keyed).json()
    before = handed_over(ready)
    again = call(ready.url, "POST", "/assign_task", 200, **parts, **keyed).json()
    assert again["job_id"] == first["job_id"]
    assert handed_over(ready) == before == 2
