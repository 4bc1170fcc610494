"""Jobs as the contract promises them: sent in the background, in batches, cancelled, retried."""

import concurrent.futures
import hashlib
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import simple_websocket

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.jobs_api import Json, call, finished, form, job, send, texts
from tests.contract.programs import paused_workers, slow_text, wait_until

ENDED = {"done", "failed", "cancelled"}


def test_a_job_in_the_background(cluster: LocalCluster) -> None:
    """``Prefer: respond-async`` is answered at once; the ledger then has every file's end."""
    answer = call(
        cluster.url,
        "POST",
        "/assign_task",
        202,
        headers={"Prefer": "handling=lenient, Respond-Async; wait=3"},
        **form("text", [*texts("background", 3), ("empty.txt", b"")]),
    )
    job_id = answer.json()["job_id"]
    assert answer.headers["Location"] == answer.json()["status_url"] == f"/jobs/{job_id}"
    told = finished(cluster.url, job_id)
    assert (told["state"], told["total_files"]) == ("done", 4)
    assert (told["done_files"], told["failed_files"], told["cancelled_files"]) == (3, 1, 0)
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]
    for file, (name, data) in zip(told["files"], texts("background", 3), strict=False):
        assert file["filename"] == name
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        result = Path(file["saved_file"]).read_bytes()
        assert file["result_sha256"] == hashlib.sha256(result).hexdigest()
        assert (file["state"], file["attempts"], file["code"]) == ("done", 1, None)
        assert file["slave"] in {f"127.0.0.1:{s['slave_port']}" for s in cluster.present()}
    failed = told["files"][3]
    assert (failed["state"], failed["code"], failed["saved_file"]) == ("failed", "empty", None)
    assert failed["error"].endswith(".")


def test_a_background_job_needs_no_slave_yet(own_cluster: LocalCluster) -> None:
    """Sent before any slave is there, a job waits, says for what, and is done once one comes.

    A file whose stored upload somebody took away meanwhile fails alone, with a sentence; no slave
    is blamed.
    """
    own_cluster.start_master()
    url = own_cluster.url
    job_id = send(url, "text", texts("early", 2))
    told = job(url, job_id)
    assert told["state"] in ("queued", "running")
    assert told["waiting_for"] == "No slaves available"
    lossy = send(url, "text", texts("lost", 3))
    (upload,) = (own_cluster.folder / "spool" / "jobs" / lossy).glob("*/1")
    upload.unlink()
    own_cluster.start_slaves(1)
    assert finished(url, job_id)["done_files"] == 2
    told = finished(url, lossy)
    assert [file["state"] for file in told["files"]] == ["done", "failed", "done"]
    lost = told["files"][1]
    assert (lost["code"], "SPOOL_DIR" in lost["error"], lost["attempts"]) == ("internal", True, 1)


def test_an_answer_can_wait_for_the_end(cluster: LocalCluster) -> None:
    """With ``wait``, one call returns when the job is over; that of an open job does not wait."""
    job_id = send(cluster.url, "text", [("long.txt", slow_text(1))])
    assert job(cluster.url, job_id, limit=0, wait=60)["state"] == "done"
    opened = call(cluster.url, "POST", "/jobs", 201, json={"task_type": "text"}).json()["job_id"]
    began = time.monotonic()
    assert job(cluster.url, opened, wait=60)["state"] == "open"
    assert time.monotonic() - began < 30
    call(cluster.url, "DELETE", f"/jobs/{opened}", 200)
    call(cluster.url, "GET", f"/jobs/{job_id}", 400, params={"wait": 61})


def test_a_job_in_several_requests(cluster: LocalCluster) -> None:
    """An open job takes files in batches, counts them on, and begins when it is told to."""
    url = cluster.url
    answer = call(url, "POST", "/jobs", 201, json={"task_type": "text"})
    path = answer.headers["Location"]
    assert job(url, answer.json()["job_id"])["state"] == "open"
    call(url, "POST", f"{path}/start", 400)  # without files there is nothing to start
    first = call(url, "POST", f"{path}/files", 200, **form("text", texts("batch a", 2)))
    second = call(url, "POST", f"{path}/files", 200, **form("text", texts("batch b", 3)))
    assert (first.json(), second.json()) == ({"indexes": [0, 1]}, {"indexes": [2, 3, 4]})
    call(url, "POST", f"{path}/start", 202)
    call(url, "POST", f"{path}/start", 202)  # once more does no harm
    told = finished(url, answer.json()["job_id"])
    assert [file["filename"] for file in told["files"]] == [
        name for name, _ in [*texts("batch a", 2), *texts("batch b", 3)]
    ]
    assert told["done_files"] == 5
    call(url, "POST", f"{path}/files", 409, **form("text", texts("late", 1)))


def test_repeating_a_request_does_it_once(cluster: LocalCluster) -> None:
    """The same key with the same content is the same job, whether waited for or not; other: 422."""
    url, key = cluster.url, {"Idempotency-Key": "once only"}
    parts = texts("repeated", 3)
    first = call(url, "POST", "/assign_task", 200, headers=key, **form("text", parts)).json()
    again = call(url, "POST", "/assign_task", 200, headers=key, **form("text", parts)).json()
    assert first == again
    behind = key | {"Prefer": "respond-async"}
    named = call(url, "POST", "/assign_task", 202, headers=behind, **form("text", parts)).json()
    assert named["job_id"] == first["job_id"]
    other = call(url, "POST", "/assign_task", 422, headers=key, **form("text", parts[:2]))
    assert "Idempotency-Key" in other.json()["error"]


def test_repeating_a_batch_adds_it_once(cluster: LocalCluster) -> None:
    """A batch whose answer was lost can be sent again, and so can every call that creates."""
    url = cluster.url
    new = [
        call(url, "POST", "/jobs", 201, json={"task_type": "text"}, headers=_key("new")).json()
        for _ in range(2)
    ]
    assert new[0] == new[1]
    path = new[0]["status_url"]
    bad = [*texts("twice", 2), ("bad.txt", b"")]
    for _ in range(2):
        answer = call(url, "POST", f"{path}/files", 200, headers=_key("b1"), **form("text", bad))
        assert answer.json() == {"indexes": [0, 1, 2]}
    call(url, "POST", f"{path}/start", 202)
    assert finished(url, new[0]["job_id"])["total_files"] == 3
    # Also after the job has begun: the answer may have been lost long ago.
    call(url, "POST", f"{path}/files", 200, headers=_key("b1"), **form("text", bad))
    retried = [
        call(url, "POST", f"{path}/retry", 201, headers=_key("r")).json()["job_id"]
        for _ in range(2)
    ]
    assert retried[0] == retried[1]


def test_the_same_request_twice_at_once(cluster: LocalCluster) -> None:
    """Of two requests with the same key that arrive together, one makes the job."""
    key = {"Idempotency-Key": "twice at once"}

    def ask(_: int) -> str:
        parts = form("text", texts("at once", 200))
        answer = call(cluster.url, "POST", "/assign_task", 200, headers=key, **parts)
        return str(answer.json()["job_id"])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1


def _key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"test of batches {name}"}


@pytest.mark.parametrize("key", ["", "ü".encode().decode("latin-1"), "k" * 256])
def test_keys_that_are_none(cluster: LocalCluster, key: str) -> None:
    """A key that can't be told from another is refused."""
    headers = {"Idempotency-Key": key}
    parts = form("text", texts("key", 1))
    call(cluster.url, "POST", "/assign_task", 400, headers=headers, **parts)


def test_retry_is_a_new_job_of_what_failed(cluster: LocalCluster) -> None:
    """Only the failed files go into the new job, under their names, from the stored uploads."""
    url = cluster.url
    job_id = send(url, "text", [("good one.txt", b"good"), ("bad one.txt", b"")])
    finished(url, job_id)
    answer = call(url, "POST", f"/jobs/{job_id}/retry", 201)
    told = finished(url, answer.json()["job_id"])
    assert [(f["filename"], f["code"]) for f in told["files"]] == [("bad one.txt", "empty")]
    well = send(url, "text", texts("well", 1))
    finished(url, well)
    call(url, "POST", f"/jobs/{well}/retry", 409)


def test_what_was_too_large_can_not_be_retried(own_cluster: LocalCluster) -> None:
    """Its bytes were not kept, so the answer is no; the upload is said to be missing."""
    own_cluster.settings = {**own_cluster.settings, "MAX_FILE_SIZE": "10"}
    own_cluster.start_master()
    url = own_cluster.url
    job_id = send(url, "text", [("large.txt", b"more than ten bytes")])
    (file,) = finished(url, job_id)["files"]
    assert (file["code"], file["attempts"]) == ("too_large", 0)
    call(url, "GET", f"/jobs/{job_id}/inputs/0", 404)
    call(url, "POST", f"/jobs/{job_id}/retry", 409)


def test_cancel(own_cluster: LocalCluster) -> None:
    """A cancelled job ends at once: each file done or cancelled, and its slave is free again."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    url = own_cluster.url
    job_id = send(url, "text", [("quick.txt", b"quick"), *[("slow.txt", slow_text(1))] * 5])
    wait_until(lambda: job(url, job_id)["done_files"])
    call(url, "POST", f"/jobs/{job_id}/retry", 409)  # not over yet
    answer = call(url, "DELETE", f"/jobs/{job_id}", 200).json()
    assert answer["state"] == "cancelled"
    told = job(url, job_id)
    assert {file["state"] for file in told["files"]} == {"done", "cancelled"}
    assert told["done_files"] + told["cancelled_files"] == 6
    assert told["finished_at"]
    assert call(url, "DELETE", f"/jobs/{job_id}", 200).json() == answer
    call(url, "POST", f"/jobs/{job_id}/start", 409)
    after = send(url, "text", [("after.txt", b"after")])
    assert finished(url, after)["done_files"] == 1


def test_cancel_before_the_start(cluster: LocalCluster) -> None:
    """An open job can be cancelled too; a finished one stays as it is."""
    url = cluster.url
    path = call(url, "POST", "/jobs", 201, json={"task_type": "text"}).headers["Location"]
    call(url, "POST", f"{path}/files", 200, **form("text", texts("never", 2)))
    told = call(url, "DELETE", path, 200).json()
    # Slaves may have done them already.
    assert (told["state"], told["cancelled_files"] + told["done_files"]) == ("cancelled", 2)
    done = send(url, "text", texts("done", 1))
    before = finished(url, done)
    assert call(url, "DELETE", f"/jobs/{done}", 200).json()["state"] == "done"
    assert job(url, done) == before


def test_the_ledger_comes_in_pages(cluster: LocalCluster) -> None:
    """``offset`` and ``limit`` cut the ledger; without files only the head is told."""
    url = cluster.url
    job_id = send(url, "text", texts("paged", 25))
    finished(url, job_id)
    pages = [job(url, job_id, offset=offset, limit=10)["files"] for offset in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert [file["index"] for page in pages for file in page] == list(range(25))
    assert job(url, job_id, limit=0)["files"] == []
    newest = call(url, "GET", "/jobs?limit=1", 200).json()["jobs"]
    assert [one["job_id"] for one in newest] == [job_id]
    assert "files" not in newest[0]
    for query in ("limit=-1", "offset=x", "limit=10001", "limit=1e3"):
        call(url, "GET", f"/jobs/{job_id}?{query}", 400)


def test_files_of_one_state_and_who_did_them(cluster: LocalCluster) -> None:
    """The failed files of a job can be had alone, and which slave did how many of the rest."""
    summary = assign(cluster, "text", [("a.txt", b"a"), ("b.txt", b""), ("c.txt", b"c")])
    path = f"/jobs/{summary['job_id']}"
    failed = call(cluster.url, "GET", f"{path}?state=failed", 200).json()["files"]
    assert [file["filename"] for file in failed] == ["b.txt"]
    done = call(cluster.url, "GET", f"{path}?state=done&offset=1", 200).json()["files"]
    assert [file["filename"] for file in done] == ["c.txt"]
    assert "queued" in call(cluster.url, "GET", f"{path}?state=lost", 400).json()["error"]
    told = call(cluster.url, "GET", f"{path}/slaves", 200).json()
    assert sum(told["by_slave"].values()) == 2
    assert told["by_slave"] == summary["statistics"]["slaves"]
    assert told["files_per_second"].keys() == told["by_slave"].keys()
    assert all(rate > 0 for rate in told["files_per_second"].values())
    assert told["together"] > 0


def test_failures_are_counted_by_code(cluster: LocalCluster) -> None:
    """How many files failed in which way can be had, and the files of each way alone."""
    bad = [("a.png", b""), ("b.png", b"\x89PNG\r\n\x1a\nno"), ("c.png", b"")]
    path = f"/jobs/{assign(cluster, 'image', bad)['job_id']}"
    counts = call(cluster.url, "GET", f"{path}/failures", 200).json()["by_code"]
    assert counts == {"corrupt": 1, "empty": 2}
    empty = call(cluster.url, "GET", f"{path}?code=empty&limit=1&offset=1", 200).json()["files"]
    assert [file["filename"] for file in empty] == ["c.png"]
    assert call(cluster.url, "GET", f"{path}?code=none", 200).json()["files"] == []


def test_activity_tells_what_goes_on(cluster: LocalCluster) -> None:
    """Who holds which files is told, and then how many came to an end in the last minutes."""
    url = cluster.url

    def activity() -> Json:
        told: Json = call(url, "GET", "/activity", 200).json()
        return told

    def holders() -> list[Json]:
        slaves = activity()["slaves"].values()
        return [slave for slave in slaves if "held.txt" in slave["current_files"]]

    with paused_workers(*cluster.slaves):
        job_id = send(url, "text", [("held.txt", b"a good text")])
        (holder,) = wait_until(holders)
        assert holder["held_files"] == 1
    finished(url, job_id)
    assert holders() == []
    told = activity()
    assert told["interval_seconds"] == 5
    assert wait_until(lambda: sum(activity()["finished_files"]) > 0)
    ended = [slave["files_per_minute"] for slave in activity()["slaves"].values()]
    assert sum(ended) > 0


def test_downloads(cluster: LocalCluster) -> None:
    """Inputs come back as they were sent, results one by one and all in an archive."""
    url = cluster.url
    parts = [*texts("down load", 3), ("<b>ü</b>\r\n.txt", b"odd name"), ("empty.txt", b"")]
    told = finished(url, send(url, "text", parts))
    path = f"/jobs/{told['job_id']}"
    for index, (_, data) in enumerate(parts):
        answer = call(url, "GET", f"{path}/inputs/{index}", 200)
        assert answer.content == data
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    call(url, "GET", f"{path}/inputs/{len(parts)}", 404)
    call(url, "GET", f"{path}/inputs/{10**30}", 404)
    archive = zipfile.ZipFile(io.BytesIO(call(url, "GET", f"{path}/results.zip", 200).content))
    assert archive.testzip() is None
    saved = [file for file in told["files"] if file["saved_file"]]
    flat = [Path(file["saved_file"]).name for file in saved[:3]]
    paths = [*flat, "_b_ü_/b____analysis.json"]
    assert archive.namelist() == [*paths, "manifest.csv"]
    for file, packed in zip(saved, paths, strict=True):
        name = Path(file["saved_file"]).name
        result = call(url, "GET", f"/results/text/{name}", 200).content
        assert hashlib.sha256(result).hexdigest() == file["result_sha256"]
        assert archive.read(packed) == result


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/jobs/none"),
        ("DELETE", "/jobs/none"),
        ("POST", "/jobs/none/files"),
        ("POST", "/jobs/none/start"),
        ("POST", "/jobs/none/retry"),
        ("GET", "/jobs/none/results.zip"),
        ("GET", "/jobs/none/inputs/0"),
        ("GET", "/results/text/none"),
        ("GET", "/results/text/..%2f..%2fmaster.log"),
        ("GET", "/results/..%2f/master.log"),
        ("GET", "/results/text/.tmp-1"),
        ("GET", "/results/none/a"),
    ],
)
def test_what_is_not_there_is_a_404(cluster: LocalCluster, method: str, path: str) -> None:
    """A job, an upload or a result that is not there is said to be missing, as JSON."""
    assert call(cluster.url, method, path, 404).json()["error"]


def test_jobs_by_the_beginning_of_their_ids(cluster: LocalCluster) -> None:
    """``id_prefix`` finds jobs; all other calls take whole ids alone."""
    job_id = send(cluster.url, "text", [("a.txt", b"found by its beginning")])
    finished(cluster.url, job_id)
    found = call(cluster.url, "GET", f"/jobs?id_prefix={job_id[:10]}", 200).json()["jobs"]
    assert [job["job_id"] for job in found] == [job_id]
    assert call(cluster.url, "GET", "/jobs?id_prefix=none-such", 200).json() == {"jobs": []}
    for malformed in ("abc", "", "ab%20cd", "ab'%3bcd", "%2525", "a" * 65, "\u00e9" * 4):
        assert call(cluster.url, "GET", f"/jobs?id_prefix={malformed}", 400).json()["error"]
    call(cluster.url, "GET", f"/jobs/{job_id[:10]}", 404)
    call(cluster.url, "DELETE", f"/jobs/{job_id[:10]}", 404)


@pytest.mark.parametrize(
    "body",
    [
        *[None, b"[]", b'{"task_type": 1}', b"{", b'{"task_type": "\\ud800"}'],
        b'{"task_type": "text", "more": NaN}',
        b'{"task_type": "text", "more": 1' + b"0" * 5000 + b"}",
        b'{"task_type": "text", "more": ' + b"[" * 60_000,
        b'{"task_type": "text", "more": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_malformed_new_jobs_are_refused(cluster: LocalCluster, body: bytes | None) -> None:
    """A job needs a task type."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "malformed"}
    call(cluster.url, "POST", "/jobs", 400, data=body, headers=headers)


def events_of(cluster: LocalCluster, job_id: str) -> list[dict[str, Any]]:
    """Listen to a job until the master closes the connection in good order."""
    address = cluster.url.replace("http", "ws", 1) + f"/jobs/{job_id}/events"
    listener = simple_websocket.Client(address)
    heard: list[dict[str, Any]] = []

    def listen() -> None:
        while (message := listener.receive(timeout=60)) is not None:
            heard.append(json.loads(message))

    with pytest.raises(simple_websocket.ConnectionClosed, match="1000"):
        listen()
    return heard


def test_live_events(cluster: LocalCluster) -> None:
    """The WebSocket tells the present state first, then what changes, the end last, and closes."""
    job_id = send(cluster.url, "text", texts("live", 800))
    heard = events_of(cluster, job_id)
    done = [message["done_files"] for message in heard]
    assert done == sorted(done)
    assert len(heard) > 2
    assert (heard[-1]["state"], heard[-1]["done_files"]) == ("done", 800)
    assert heard[0]["total_files"] == 800
    assert any(message["files_per_second"] and message["seconds_left"] for message in heard)
    again = events_of(cluster, job_id)
    assert again == heard[-1:]


def test_watchers_that_leave_are_let_go(own_cluster: LocalCluster) -> None:
    """Also those of a job of which there is no news; what a watcher says does not pile up."""
    own_cluster.start_master()
    url = own_cluster.url
    path = call(url, "POST", "/jobs", 201, json={"task_type": "text"}).headers["Location"]
    assert own_cluster.master is not None
    master = psutil.Process(own_cluster.master.process.pid)
    watchers = [
        simple_websocket.Client(url.replace("http", "ws", 1) + f"{path}/events") for _ in range(20)
    ]
    for watcher in watchers:
        assert json.loads(watcher.receive(timeout=10))["state"] == "open"
        watcher.send("hello")
    ports = {watcher.sock.getsockname()[1] for watcher in watchers}

    def watching() -> set[int]:
        """Return those whose connection the master still has open, in whatever state."""
        return ports & {peer.raddr.port for peer in master.net_connections() if peer.raddr}

    assert watching() == ports
    for watcher in watchers:
        watcher.close()
    wait_until(lambda: not watching())


def test_events_of_no_job(cluster: LocalCluster) -> None:
    """Without a job, or without a WebSocket, the answer is an error in JSON."""
    job_id = send(cluster.url, "text", texts("no socket", 1))
    url, path = cluster.url, f"/jobs/{job_id}/events"
    assert "WebSocket" in call(url, "GET", path, 400).json()["error"]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert call(url, "GET", path, 400, headers=upgrade).json()["error"]
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert call(url, "GET", "/jobs/none/events", 404, headers=upgrade).json()["error"]
    assert call(url, "GET", "/jobs/none/events", 404).json()["error"]


def test_metrics(cluster: LocalCluster) -> None:
    """What happened is counted: jobs, files by end, attempts, seconds, slaves, queue, bytes."""
    finished(cluster.url, send(cluster.url, "text", [("m.txt", b"m"), ("empty.txt", b"")]))
    answer = call(cluster.url, "GET", "/metrics", 200)
    assert answer.headers["Content-Type"].startswith("text/plain")
    figures = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    for name in (
        'cluster_jobs_total{task_type="text"}',
        'cluster_jobs_ended_total{state="done",task_type="text"}',
        'cluster_files_total{end="done",task_type="text"}',
        'cluster_files_total{end="empty",task_type="text"}',
        'cluster_received_bytes_total{task_type="text"}',
        'cluster_result_bytes_total{task_type="text"}',
        'cluster_file_seconds_count{task_type="text"}',
    ):
        assert float(figures[name]) > 0, name
    assert float(figures['cluster_slaves{state="ready"}']) == 2
    assert float(figures['cluster_unfinished{what="files"}']) == 0
    assert any(name.startswith("cluster_attempts_total") for name in figures)


def test_a_slave_can_be_dropped_for_one_job(own_cluster: LocalCluster) -> None:
    """A dropped slave's files of that job are done by the others, and it stays in the cluster."""
    own_cluster.start_master()
    own_cluster.start_slaves(2)
    url = own_cluster.url
    names = [f"127.0.0.1:{slave['slave_port']}" for slave in own_cluster.present()]
    with paused_workers(*own_cluster.slaves):
        job_id = send(url, "text", texts("moved", 6))
        wait_until(lambda: {f["slave"] for f in job(url, job_id)["files"]} >= set(names))
        answer = call(url, "POST", f"/jobs/{job_id}/drop", 200, json={"slave": names[0]}).json()
    assert answer["job_id"] == job_id
    assert answer["slave"] == names[0]
    assert answer["files_moved"] >= 1
    told = finished(url, job_id)
    assert told["done_files"] == 6
    assert [f["attempts"] for f in told["files"]].count(2) >= answer["files_moved"]
    assert len(own_cluster.present()) == 2
    call(url, "POST", f"/jobs/{job_id}/drop", 409, json={"slave": names[0]})  # it is over
    call(url, "POST", f"/jobs/{job_id}/drop", 404, json={"slave": "127.0.0.1:1"})
    call(url, "POST", f"/jobs/{job_id}/drop", 400, json={})


def test_who_hangs_up_has_a_job_all_the_same(own_cluster: LocalCluster) -> None:
    """A client that goes away while it waits does not stop its job."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    parts = form("text", texts("waits", 1))
    with paused_workers(*own_cluster.slaves):
        with pytest.raises(requests.ReadTimeout):
            requests.post(f"{own_cluster.url}/assign_task", timeout=(5, 1), **parts)
        (told,) = call(own_cluster.url, "GET", "/jobs", 200).json()["jobs"]
        assert told["state"] == "running"
    assert finished(own_cluster.url, told["job_id"])["done_files"] == 1


def test_too_many_waiting_jobs(own_cluster: LocalCluster) -> None:
    """Over MAX_WAITING_JOBS a job is refused with a time to come back; cancelling makes room."""
    own_cluster.settings = {**own_cluster.settings, "MAX_WAITING_JOBS": "2"}
    own_cluster.start_master()
    url, headers = own_cluster.url, {"Prefer": "respond-async"}
    waiting = [send(url, "text", texts("wait", 1)) for _ in range(2)]
    parts = form("text", texts("too many", 1))
    refused = call(url, "POST", "/assign_task", 503, headers=headers, **parts)
    assert int(refused.headers["Retry-After"]) > 0
    assert "MAX_WAITING_JOBS" in refused.json()["error"]
    assert call(url, "DELETE", f"/jobs/{waiting[0]}", 200).json()["state"] == "cancelled"
    call(url, "POST", "/assign_task", 202, headers=headers, **parts)
    opened = [call(url, "POST", "/jobs", 201, json={"task_type": "text"}) for _ in range(2)]
    refused = call(url, "POST", "/jobs", 503, json={"task_type": "text"})
    assert "not started" in refused.json()["error"]
    call(url, "DELETE", opened[0].headers["Location"], 200)
    call(url, "POST", "/jobs", 201, json={"task_type": "text"})


def test_retention(own_cluster: LocalCluster) -> None:
    """After JOB_RETENTION days ledger and uploads are gone, results are not."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    url = own_cluster.url
    job_id = send(url, "text", texts("kept", 1))
    (file,) = finished(url, job_id)["files"]
    assert own_cluster.master is not None
    own_cluster.master.stop()
    own_cluster.start_master(JOB_RETENTION="0")
    wait_until(lambda: requests.get(f"{url}/jobs/{job_id}", timeout=10).status_code == 404)
    assert call(url, "GET", "/jobs", 200).json() == {"jobs": []}
    assert not (own_cluster.folder / "spool" / "jobs" / job_id).exists()
    assert Path(file["saved_file"]).is_file()
