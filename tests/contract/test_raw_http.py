"""What is no proper request, sent byte by byte: refused in a sentence, and never believed."""

import contextlib
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.raw import BOUND_S, Answer, exchange
from tests.rows import check_rows
from tests.unit.protocol.server.test_request_body import BROKEN
from tests.unit.protocol.server.test_request_head import FIELDS, REFUSED

FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "400"))
FUZZ_SEED = int(os.environ.get("FUZZ_SEED", "1"))
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""Answered with a 404 where the server takes it for a request."""
PATHS = {"master": b"/jobs", "slave": b"/get_task"}


@pytest.fixture(scope="module", autouse=True)
def logs(cluster: LocalCluster) -> Callable[[], str]:
    """Return what tells what the programs have logged since this module began."""
    paths = [cluster.folder / "master.log", cluster.folder / "slave-1.log"]
    before = {path: path.stat().st_size for path in paths}

    def news() -> str:
        return "".join(_since(path, size) for path, size in before.items())

    return news


def _since(path: Path, size: int) -> str:
    with path.open("rb") as log:
        log.seek(size)
        return log.read().decode(errors="replace")


@pytest.fixture(params=["master", "slave"])
def program(request: pytest.FixtureRequest) -> str:
    """Return the name of the program that is spoken to."""
    return str(request.param)


@pytest.fixture
def url(cluster: LocalCluster, program: str) -> str:
    """Return its address."""
    if program == "master":
        return cluster.url
    first = min(cluster.present(), key=lambda slave: int(slave["slave_port"]))
    return f"http://{first['slave_ip']}:{first['slave_port']}"


def only(answers: list[Answer]) -> Answer:
    """Return the one answer there is; a second would be one to what was smuggled in."""
    assert len(answers) == 1, answers
    return answers[0]


def check_alive(url: str) -> None:
    assert requests.get(f"{url}/check_status", timeout=10).json()["status"] == "alive"


def test_improper_head_is_refused(url: str) -> None:
    """Each is a 400 with a sentence, the connection is closed, and nothing after it is read."""

    def check(row: tuple[str, bytes]) -> None:
        name, head = row
        is_cut_off = name.startswith("cut off")
        answer = only(exchange(url, head + (b"" if is_cut_off else SMUGGLED), end=is_cut_off))
        assert answer.status == 400
        assert b"\r\nConnection: close" in answer.head
        assert b"application/json" in answer.head
        assert answer.error.endswith(".")
        check_alive(url)

    check_rows({name: (name, head) for name, head in REFUSED.items()}, check)


def test_nothing_is_smuggled_in_a_body(url: str, program: str) -> None:
    """A body of debatable length is not read, not even as another request."""

    def check(fields: bytes) -> None:
        head = b"POST " + PATHS[program] + b" HTTP/1.1\r\nHost: localhost\r\n" + fields
        for body in (b"0\r\n\r\n", b"hello", b"5\r\nhello\r\n0\r\n\r\n"):
            assert only(exchange(url, head + b"\r\n\r\n" + body + SMUGGLED)).status == 400

    check_rows(FIELDS, check)


@pytest.mark.parametrize("kind", [b"application/json", b"multipart/form-data; boundary=b"])
def test_broken_chunks_end_the_connection(url: str, program: str, kind: bytes) -> None:
    """Malformed chunks are a 400, and what follows them is no request."""
    head = (
        b"POST "
        + PATHS[program]
        + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        + kind
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    def check(chunks: bytes) -> None:
        answer = only(exchange(url, head + chunks + SMUGGLED, end=True))
        assert answer.status == 400
        assert answer.error

    check_rows(BROKEN, check)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (414, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (414, b"x" * 5_000_000),
        (431, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        (431, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 1_000_000),
    ],
)
def test_endless_heads_are_refused(url: str, status: int, sent: bytes) -> None:
    """Addresses and headers without an end are told so while they still come."""
    answer = only(exchange(url, sent))
    assert answer.status == status
    assert answer.error.endswith(".")
    check_alive(url)


@pytest.mark.parametrize("length", [60, 10**6, 10**12, 10**18 - 1])
def test_length_that_lies_is_no_form(url: str, program: str, length: int) -> None:
    """A body that ends before its length, or long before, is a 4xx or 507 and never a stall."""
    path = {"master": b"/assign_task", "slave": b"/get_task"}[program]
    head = (
        b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    answer = only(exchange(url, head % length + b"--b\r\nContent-Disposition: form-", end=True))
    assert answer.status in (400, 413, 507)
    assert answer.error
    check_alive(url)


def test_requests_in_one_go_are_answered_in_order(url: str) -> None:
    """Proper requests that are sent without waiting each get their answer, bodies or not."""
    one = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    body = b"DELETE /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nGET "
    chunks = (
        b"PUT /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4\r\nGET \r\n0\r\n\r\n"
    )
    answers = exchange(url, one + body + one + chunks + one)
    # What is left of a chunked body is not read for the next request.
    assert [answer.status for answer in answers] == [200, 404, 200, 404]
    assert b"\r\nConnection: close" in answers[-1].head


def test_head_has_no_body(url: str) -> None:
    """HEAD is answered with the head alone, so that the next answer is found."""
    sent = b"HEAD /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = exchange(url, sent)[0]
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    "fields",
    [
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: \xff\xfe\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: short\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: x\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
    ],
)
def test_odd_handshakes_are_refused(cluster: LocalCluster, fields: bytes) -> None:
    """What is no handshake of a WebSocket is a 400, also for a job that is there."""
    job = requests.post(f"{cluster.url}/jobs", json={"task_type": "text"}, timeout=10).json()
    path = f"/jobs/{job['job_id']}/events".encode()
    sent = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n"
    answer = only(exchange(cluster.url, sent + SMUGGLED))
    assert answer.status == 400
    assert answer.error


NO_ADDRESSES = [
    "/results/text/" + "x" * 300,
    "/results/text/" + "%CC%A4" * 1000,
    "/results/text/a%00",
    "/results/text/..%2f..%2fetc",
    "/results/%2e%2e/lock",
    "/results/text/%ff%fe",
    "/results/none/a.json",
    "/jobs/" + "x" * 5000,
    "/jobs/%ff",
    "/jobs/none/inputs/" + "9" * 400,
    "/jobs/none/inputs/" + "9" * 5000,
    "/jobs/none/inputs/-1",
    "/jobs/none/inputs/%D9%A5",
    "/%0d%0aX:%20y",
    "//evil.example/jobs",
]


def test_odd_addresses_are_not_found(cluster: LocalCluster) -> None:
    """An address of nothing is a 404, however long and whatever is in it."""
    job = requests.post(f"{cluster.url}/jobs", json={"task_type": "text"}, timeout=10).json()
    paths = [*NO_ADDRESSES, *(path.replace("none", job["job_id"]) for path in NO_ADDRESSES[9:11])]

    def check(path: str) -> None:
        sent = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = only(exchange(cluster.url, sent.encode()))
        assert answer.status == 404
        assert answer.error

    check_rows({path: path for path in paths}, check)


FRAMES = {
    "noise": b"\xff" * 5000,
    "not masked": b"\x81\x05hello",
    "huge": b"\x82\xff" + b"\x7f" + b"\xff" * 7 + b"mask" + b"x" * 100_000,
    "no UTF-8": b"\x81\x82\0\0\0\0\xff\xfe",
    "unknown kind": b"\x83\x80\0\0\0\0",
    "ping too long": b"\x89\xfe\x00\xff" + b"\0" * 300,
    "end without a beginning": b"\x80\x80\0\0\0\0",
    "not compressed": b"\xc1\x84\0\0\0\0\xff\xff\xff\xff",
    "message too long": b"\x82\xfe\x20\x00" + b"\0" * 8196,
    "close that is none": b"\x88\x81\0\0\0\0x",
    "close of no such reason": b"\x88\x82\0\0\0\0\xff\xff",
    "HTTP": SMUGGLED,
}


def test_odd_frames_end_a_websocket(cluster: LocalCluster) -> None:
    """A connection that breaks the protocol after the handshake ends, and nothing else happens."""
    job = requests.post(f"{cluster.url}/jobs", json={"task_type": "text"}, timeout=10).json()
    handshake = (
        f"GET /jobs/{job['job_id']}/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )

    def check(frames: bytes) -> None:
        with socket.create_connection(("127.0.0.1", cluster.port), timeout=BOUND_S) as connection:
            connection.sendall(handshake.encode())
            received = connection.recv(1000)
            assert received.startswith(b"HTTP/1.1 101 ")
            with contextlib.suppress(ConnectionError):
                connection.sendall(frames)
                while data := connection.recv(1 << 16):
                    received += data
        assert received.count(b"HTTP/1.1") == 1
        check_alive(cluster.url)

    check_rows(FRAMES, check)


FORM = (
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nPrefer: respond-async\r\n\r\n"
)
PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="task_type"\r\n\r\ntext\r\n'
    b'--b\r\nContent-Disposition: form-data; name="texts"; filename="a.txt"\r\n\r\nwords\r\n'
    b"--b--\r\n"
)
JSON = (
    b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Idempotency-Key: a key\r\nContent-Length: 21\r\n\r\n" + b'{"task_type": "text"}'
)
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b'"', b"%", b"%00", b"\xff",
    b"\xc3", b"../", b"{", b"[", b"NaN", b"1e999", b"9" * 400, b"chunked", b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n", b"--b", b"--b--", b"HTTP/1.1", b"x" * 5000, b"filename*=",
]  # fmt: skip


def proper(program: str) -> list[bytes]:
    """Return proper requests of many kinds."""
    path = {"master": b"/assign_task", "slave": b"/get_task"}[program]
    form = FORM.replace(b"{path}", path).replace(b"{length}", b"%d" % len(PARTS)) + PARTS
    chunked = form.partition(b"\r\n\r\n")[0].replace(
        b"Content-Length: %d" % len(PARTS), b"Transfer-Encoding: chunked"
    )
    half = len(PARTS) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in (PARTS[:half], PARTS[half:]))
    gets = [
        b"/",
        b"/check_status",
        b"/jobs?offset=0&limit=2",
        b"/jobs/none",
        b"/results/text/a.json",
    ]
    return [
        form,
        chunked + b"\r\n\r\n" + chunks + b"0\r\n\r\n",
        JSON,
        *(b"GET " + get + b" HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n" for get in gets),
    ]


def mutated(source: random.Random, request: bytes) -> bytes:
    """Change a few places of a request: cut, doubled, swapped, or with something odd put in."""
    data = bytearray(request)
    for _ in range(source.randint(1, 4)):
        place = source.randrange(len(data) + 1)
        length = source.choice([1, 1, 2, 5, 20])
        match source.randrange(5):
            case 0:
                del data[place : place + length]
            case 1:
                data[place:place] = source.choice(TOKENS)
            case 2:
                data[place : place + length] = source.choice(TOKENS)
            case 3:
                data[place:place] = data[place : place + length]
            case _:
                data[place : place + 1] = bytes([source.randrange(256)])
    return bytes(data)


def test_mutated_requests_break_nothing(url: str, program: str) -> None:
    """Proper requests with a few odd bytes get proper answers: never a 500, never a stall."""
    source = random.Random(f"{FUZZ_SEED} {program}")  # noqa: S311 (to be the same each time)
    kinds = proper(program)
    assert [answer.status for answer in exchange(url, kinds[-5], end=True)] == [200]
    for number in range(FUZZ_CASES):
        sent = mutated(source, source.choice(kinds))
        for answer in exchange(url, sent, end=True):
            assert answer.status < 500 or answer.status in (503, 507), (number, sent, answer)
            if answer.status >= 400 and not sent.startswith(b"HEAD"):
                assert answer.error, (number, sent, answer)
    check_alive(url)


def test_nothing_of_it_is_a_fault_of_the_programs(
    cluster: LocalCluster, logs: Callable[[], str]
) -> None:
    """After all that there is no traceback in a log, no error, and files are still processed."""
    said = logs()
    assert "Traceback" not in said
    assert " ERROR " not in said
    assert assign(cluster, "text", [("still.txt", b"here")])["total_files_processed"] == 1
