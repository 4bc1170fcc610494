"""The slave's calls, as `contract` promises them, answered to whoever asks without a master."""

import base64
import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sklearn.feature_extraction.text import TfidfVectorizer

from protocol.frames import FRAMES_TYPE, decode_frames
from protocol.task_types import TASK_TYPES
from scripts.local_cluster import LocalCluster
from tests.contract.programs import get_task, load, paused_workers, slow_text, wait_until

SLOW_S = 6


@pytest.fixture
def slave(cluster: LocalCluster) -> str:
    """Return the address of one slave of the shared cluster."""
    return f"http://127.0.0.1:{cluster.slaves[0].port}"


def post(url: str, data: dict[str, str], files: Any, **kwargs: Any) -> requests.Response:
    return requests.post(f"{url}/get_task", data=data, files=files, timeout=60, **kwargs)


def vectors(answer: list[dict[str, Any]]) -> Iterator[tuple[list[str], list[float]]]:
    for entry in answer:
        result = json.loads(base64.b64decode(entry["embedding_data"]))
        yield result["features"], result["vector"]


def test_root_says_that_it_works(slave: str) -> None:
    """GET / answers in plain text."""
    answer = requests.get(slave, timeout=10)
    assert (answer.status_code, answer.text) == (200, "Slave is working")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_status_says_how_busy_it_is(slave: str) -> None:
    """GET /check_status says that the slave is alive, and what its workers have to do."""
    status = requests.get(f"{slave}/check_status", timeout=10).json()
    assert status["status"] == "alive"
    assert status["workers"] == 1
    assert wait_until(lambda: load(slave) == (0, 0))


@pytest.mark.parametrize("task_type", list(TASK_TYPES))
def test_each_type_is_answered(
    cluster: LocalCluster, slave: str, sample_files: dict[str, list[Path]], task_type: str
) -> None:
    """Results come in upload order, names as sent, as Base64 under the type's own key."""
    if task_type not in cluster.present()[0]["task_types"]:
        pytest.skip(f"the slaves here do no {task_type}")
    task, files = TASK_TYPES[task_type], sample_files[task_type]
    parts = [(f"a folder/{file.name}", file.read_bytes()) for file in files]
    results = get_task(slave, task_type, task.form_field, parts)
    assert [entry["filename"] for entry in results] == [name for name, _ in parts]
    for entry in results:
        assert set(entry) == {"filename", task.result_key}
        result = base64.b64decode(entry[task.result_key], validate=True)
        assert result.startswith(b"\x89PNG" if task_type == "image" else b"{")


def test_names_come_back_as_sent(slave: str) -> None:
    """Equal, foreign and path-like names are answered each in its place, unchanged."""
    names = ["same.txt", "same.txt", "Grüße 日本 🌻.txt", "../../up.txt", '100%25 "it".txt', " "]
    results = get_task(slave, "text", "texts", [(name, b"a text") for name in names])
    assert [entry["filename"] for entry in results] == names


def test_failures_stand_in_their_place(slave: str) -> None:
    """A file that fails has a code and a sentence, and costs no other file its result."""
    parts = [("a.png", b"no picture"), ("b.png", b"")]
    results = get_task(slave, "image", "images", parts)
    assert [(entry["filename"], entry["code"]) for entry in results] == [
        ("a.png", "unsupported"),
        ("b.png", "empty"),
    ]
    assert all(len(entry["error"].split()) > 3 for entry in results)
    mixed = get_task(slave, "text", "texts", [("a.txt", b"a"), ("b.txt", b""), ("c.txt", b"c")])
    assert ["code" in entry for entry in mixed] == [False, True, False]


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
            {"task_type": "text"},
            [("texts", (None, "x"))],
            'No files provided for text processing: the form field "texts" came as text, without '
            "a file name: send it as a file (curl -F texts=@FILE).",
        ),
        (
            {"task_type": "ocr"},
            None,
            'No files provided for ocr processing: send them in the form field "images" '
            "(received: no other field).",
        ),
        (
            {},
            None,
            'No files provided for image processing: send them in the form field "images" '
            "(received: no other field).",
        ),
    ],
)
def test_bad_requests_are_told_why(
    slave: str, data: dict[str, str], files: Any, error: str
) -> None:
    """Unknown types and missing files are a 400 in the contract's words, which go on to help."""
    answer = post(slave, data, files)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"nothing of a form"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x'),
        ("application/json", b"{}"),
    ],
)
def test_what_is_no_form_is_told_so(slave: str, kind: str, body: bytes) -> None:
    """A body that is no form is a 400 in JSON, not a crash."""
    answer = requests.post(
        f"{slave}/get_task", data=body, headers={"Content-Type": kind}, timeout=30
    )
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/x", 404), ("GET", "/get_task", 405)]
)
def test_every_error_is_json(slave: str, method: str, path: str, status: int) -> None:
    """Unknown addresses and methods are answered with JSON too."""
    answer = requests.request(method, slave + path, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_embedding_is_fitted_over_the_request(slave: str) -> None:
    """Vectors are scikit-learn's over the texts of this request that can be read."""
    texts = [
        "Rivers carry water to the sea, and the sea gives it back as rain.",
        "Rain falls on the hills; rivers rise.",
        "",
        "The sea is salty. Salt comes from the hills, by the rivers.",
    ]
    parts = [(f"{i}.txt", text.encode()) for i, text in enumerate(texts)]
    results = get_task(slave, "embedding", "texts", parts)
    assert results.pop(2)["code"] == "empty"
    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    expected = vectorizer.fit_transform([text for text in texts if text]).toarray()
    features = vectorizer.get_feature_names_out().tolist()
    for row, (names, vector) in zip(expected, vectors(results), strict=True):
        assert names == features
        assert vector == pytest.approx(row.tolist(), rel=1e-12)


def test_frames_carry_the_same(slave: str) -> None:
    """Who accepts frames gets each outcome by its index, whole and not encoded."""
    parts = [("bad.txt", b"bad"), ("empty.txt", b""), ("good.txt", b"good")]
    files = [("texts", part) for part in parts]
    headers = {"Accept": f"{FRAMES_TYPE}, application/json"}
    answer = post(slave, {"task_type": "text"}, files, headers=headers)
    assert answer.headers["Content-Type"].startswith(FRAMES_TYPE)
    outcomes = dict(decode_frames([answer.content], len(parts)))
    assert [outcomes[i].filename for i in range(3)] == [name for name, _ in parts]
    assert json.loads(outcomes[2].data or b"")["positive_words"] == 1
    assert outcomes[1].failure is not None
    assert outcomes[1].failure.code == "empty"


def test_plain_json_for_who_asks_for_nothing_else(slave: str) -> None:
    """Without the frames' own name in Accept the answer is the contract's JSON."""
    for accept in ("*/*", "application/json", "application/*, text/html"):
        files = [("texts", ("a.txt", b"a"))]
        answer = post(slave, {"task_type": "text"}, files, headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/json"
        assert list(answer.json()) == ["results"]


def test_it_is_heard_while_it_works(cluster: LocalCluster, slave: str) -> None:
    """While a file takes long, white space comes ahead of the JSON, at least every 3 seconds."""
    files = [("texts", ("held.txt", b"a good text"))]
    times, body = [time.monotonic()], b""
    with contextlib.ExitStack() as pause:
        pause.enter_context(paused_workers(cluster.slaves[0]))
        with post(slave, {"task_type": "text"}, files, stream=True) as answer:
            for chunk in answer.iter_content(None):
                times.append(time.monotonic())
                body += chunk
                if len(times) == 4:
                    pause.close()
    assert body[:2].isspace()
    assert len(json.loads(body)["results"]) == 1
    silences = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(silences) < 3


def test_who_hangs_up_gets_nothing_more_done(slave: str) -> None:
    """Files of a request whose sender has gone are dropped where no worker has begun them."""
    parts = [(f"{i}.txt", slow_text(SLOW_S)) for i in range(20)]
    files = [("texts", part) for part in parts]
    with post(slave, {"task_type": "text"}, files, stream=True) as answer:
        assert answer.status_code == 200
        held, waiting = load(slave)
        assert held == 1
        assert waiting > 10
    # All twenty would be most of a minute's work.
    assert wait_until(lambda: load(slave) == (0, 0), limit_s=20)
