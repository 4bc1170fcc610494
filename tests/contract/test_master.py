"""The master's calls, as `contract` promises them, against running processes."""

import concurrent.futures
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from protocol.task_types import TASK_TYPES
from scripts.local_cluster import LocalCluster
from tests.conftest import assign

SUMMARY_KEYS = {
    "message",
    "task_type",
    "total_files_processed",
    "saved_files",
    "files",
    "job_id",
    "failed_files",
    "statistics",
}
RESULT_KEYS = {
    "text": "word_count character_count sentence_count common_words sentiment_score "
    "positive_words negative_words",
    "embedding": "vector features vector_size non_zero_features",
    "ocr": "extracted_text word_count character_count average_confidence image_size image_mode",
    "audio": "duration_seconds sample_rate channels sample_width rms_energy zero_crossings "
    "file_size_bytes",
    "document": "document_type text_content word_count character_count metadata",
}


def post(cluster: LocalCluster, path: str, **kwargs: Any) -> requests.Response:
    return requests.post(f"{cluster.url}{path}", timeout=60, **kwargs)


def test_root_says_that_it_works(cluster: LocalCluster) -> None:
    """GET / answers in plain text."""
    answer = requests.get(cluster.url, timeout=10)
    assert (answer.status_code, answer.text) == (200, "Master is working")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_status_lists_the_slaves(cluster: LocalCluster) -> None:
    """GET /check_status tells of each slave what it can do and when it was last seen."""
    status = cluster.status()
    assert status["status"] == "alive"
    assert len(status["slaves"]) == 2
    for slave in status["slaves"]:
        assert slave["name"] == f"{slave['slave_ip']}:{slave['slave_port']}"
        assert slave["workers"] == 1
        assert set(slave["task_types"]) <= set(TASK_TYPES)
        assert slave["state"] == "ready"
        assert 0 <= slave["last_seen_seconds"] < 6
        assert slave["versions"]["Pillow"]


@pytest.mark.parametrize("task_type", list(TASK_TYPES))
def test_each_type_comes_back_with_its_keys(
    cluster: LocalCluster, sample_files: dict[str, list[Path]], task_type: str
) -> None:
    """Every type's samples are processed, saved under the promised name, with the kept keys."""
    task, files = TASK_TYPES[task_type], sample_files[task_type]
    summary = assign(cluster, task_type, files)
    assert set(summary) == SUMMARY_KEYS
    assert summary["message"] == f"{task_type.title()} processing complete"
    assert summary["total_files_processed"] == len(files)
    assert summary["failed_files"] == []
    assert sum(summary["statistics"]["slaves"].values()) == len(files)
    for file, saved in zip(files, summary["saved_files"], strict=True):
        assert Path(saved).name == task.saved_name.format(stem=file.stem)
        content = Path(saved).read_bytes()
        if task_type == "image":
            assert content.startswith(b"\x89PNG")
        else:
            assert set(RESULT_KEYS[task_type].split()) <= set(json.loads(content))


def test_files_are_named_by_index_in_upload_order(cluster: LocalCluster) -> None:
    """``files`` and ``failed_files`` name each upload by its index, successes in upload order."""
    parts = [("order 1.txt", b"one"), ("order 2.txt", b""), ("order 3.txt", b"three")]
    summary = assign(cluster, "text", parts)
    assert [file["index"] for file in summary["files"]] == [0, 2]
    assert [Path(path).name for path in summary["saved_files"]] == [
        "order 1_analysis.json",
        "order 3_analysis.json",
    ]
    assert [(f["index"], f["filename"], f["code"]) for f in summary["failed_files"]] == [
        (1, "order 2.txt", "empty")
    ]
    assert summary["message"] == "Text processing complete, but 1 of 3 files failed"


def test_image_is_the_default_type(cluster: LocalCluster, sample_files: Any) -> None:
    """A request without task_type is one for images."""
    picture = sample_files["image"][0]
    answer = post(cluster, "/assign_task", files=[("images", picture.read_bytes())])
    assert answer.json()["task_type"] == "image"


def test_all_failed_is_still_an_answer(cluster: LocalCluster) -> None:
    """A request in which every file failed is a 200 that says so."""
    summary = assign(cluster, "image", [("a.png", b"no picture"), ("b.png", b"nor this")])
    assert summary["total_files_processed"] == 0
    assert [failure["code"] for failure in summary["failed_files"]] == ["unsupported"] * 2


@pytest.mark.parametrize(
    ("data", "files", "error"),
    [
        ({"task_type": "video"}, [("images", b"x")], "Unknown task type: video"),
        (
            {"task_type": "text"},
            [("images", b"x")],
            'No files provided for text processing: send them in the form field "texts" '
            '(received: "images"). "images" is the field of task_type image or ocr.',
        ),
        (
            {"task_type": "ocr"},
            [],
            'No files provided for ocr processing: send them in the form field "images" '
            "(received: no other field).",
        ),
        (
            {"texts": "hi"},
            [],
            'No files provided for image processing: send them in the form field "images" '
            '(received: "texts").',
        ),
    ],
)
def test_bad_requests_are_told_why(
    cluster: LocalCluster, data: dict[str, str], files: list[Any], error: str
) -> None:
    """Unknown types and missing files are a 400 in the contract's words, which go on to help."""
    answer = post(cluster, "/assign_task", data=data, files=files)
    assert answer.status_code == 400
    assert answer.json() == {"error": error}


def test_a_part_without_a_name_is_ignored(cluster: LocalCluster) -> None:
    """A form part of the type's field that has no file name is no file."""
    parts = [("texts", (None, "not a file")), ("texts", ("a.txt", b"a file"))]
    answer = post(cluster, "/assign_task", data={"task_type": "text"}, files=parts)
    assert answer.json()["total_files_processed"] == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"slave_ip": "127.0.0.1"},
        {"slave_port": 3000},
        {"slave_ip": "127.0.0.1", "slave_port": "many"},
        {"slave_ip": "127.0.0.1", "slave_port": 0},
        {"slave_ip": "127.0.0.1", "slave_port": True},
        {"slave_ip": "no host!", "slave_port": 3000},
        {"slave_ip": "127.0.0.1", "slave_port": 3000, "workers": "two"},
        {"slave_ip": "192.168.7.7", "slave_port": 3000},
    ],
)
def test_malformed_registrations_are_refused(cluster: LocalCluster, body: Any) -> None:
    """A registration that lacks a part, or has a wrong one, is a 400 with ``error``."""
    answer = post(cluster, "/register", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_slave_of_another_contract_is_refused(cluster: LocalCluster) -> None:
    """A registration of another contract version is refused in one clear sentence."""
    body = {"slave_ip": "127.0.0.1", "slave_port": 3999, "contract_version": 99}
    answer = post(cluster, "/register", json=body)
    assert answer.status_code == 409
    assert "version 99" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/register", 405)]
)
def test_every_error_is_json(cluster: LocalCluster, method: str, path: str, status: int) -> None:
    """Unknown addresses and methods are answered with JSON too."""
    answer = requests.request(method, cluster.url + path, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Host": host} for host in ("evil.example", "[::1].evil.example", "localhost#.evil")),
        *({"Host": host} for host in ("localhost/evil", "localhost:evil", "a@localhost")),
        *({"Origin": origin} for origin in ("http://evil.example", "null", "//localhost")),
        *({"Origin": origin} for origin in ("http://[::1].evil.example", "x://localhost")),
    ],
    ids=str,
)
def test_foreign_pages_are_kept_out(cluster: LocalCluster, headers: dict[str, str]) -> None:
    """Without a token, a foreign Host or Origin is a 403 on master and slave alike."""
    slave = cluster.present()[0]
    for url in (cluster.url, f"http://{slave['slave_ip']}:{slave['slave_port']}"):
        answer = requests.get(f"{url}/check_status", headers=headers, timeout=10)
        assert answer.status_code == 403
        assert answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:5000", "LOCALHOST."])
def test_this_computer_is_let_in_by_each_of_its_names(cluster: LocalCluster, host: str) -> None:
    """However it is called, and with a page of its own as the origin, loopback is loopback."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert requests.get(f"{cluster.url}/check_status", headers=headers, timeout=10).ok


def test_two_hundred_stalled_uploads_stall_nobody(cluster: LocalCluster) -> None:
    """While 200 uploads have stopped half-way, beats are answered and files processed."""
    head = (
        b"POST /assign_task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    stalled = []
    try:
        for _ in range(200):
            connection = socket.create_connection(("127.0.0.1", cluster.port), timeout=10)
            connection.sendall(head)
            stalled.append(connection)
        assert len(cluster.present()) == 2
        assert assign(cluster, "text", [("a.txt", b"a")])["total_files_processed"] == 1
    finally:
        for connection in stalled:
            connection.close()


def test_requests_do_not_wait_for_each_other(cluster: LocalCluster) -> None:
    """Twenty requests at once are all answered whole."""

    def one(number: int) -> int:
        files = [(f"at once {number}-{i}.txt", f"text {number} {i}".encode()) for i in range(5)]
        return int(assign(cluster, "text", files)["total_files_processed"])

    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        assert list(threads.map(one, range(20))) == [5] * 20


def test_more_than_a_thousand_parts_in_one_request(cluster: LocalCluster) -> None:
    """More than a thousand files in one request all come back; the benchmark sends ten thousand."""
    summary = assign(cluster, "text", [(f"{i}.txt", b"word") for i in range(1200)])
    assert summary["total_files_processed"] == 1200
    assert len(set(summary["saved_files"])) == 1200
    assert len(cluster.present()) == 2
