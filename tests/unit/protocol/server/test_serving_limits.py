"""What a connection may not do: drip, stop taking, send on for ever, use up the open files."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from scripts.local_cluster import PROJECT

SOON_S = 20.0
MIB = 1024 * 1024
SERVER = """
from gevent import monkey; monkey.patch_all()
import json, ssl, sys
from flask import Flask, request
from protocol.server import serving
from protocol.server.access_control import install
from protocol.server.timeouts import Timeouts
app = Flask("impatient")
install(app, "a-token")
app.post("/check_status")(lambda: str(len(request.get_data())))
app.get("/", endpoint="large")(lambda: bytes(50_000_000))
serving.set_up_logging("DEBUG")
listener = serving.listen("127.0.0.1", 0)
settings = json.loads(sys.argv[1])
if files := settings.pop("open_files", None):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, files)
context = None
if certificate := settings.pop("certificate", None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, settings.pop("key"))
held = settings.pop("held_files", 0)
server = serving.Server(app, listener, context, Timeouts(**settings))
held = [open("/dev/null") for _ in range(held)]
print(listener.getsockname()[1], flush=True)
server.run(lambda: None, lambda: None)
"""


@contextlib.contextmanager
def serving(log: IO[bytes], **settings: object) -> Iterator[int]:
    """Keep a server of that patience up; yield its port."""
    command = [sys.executable, "-c", SERVER, json.dumps(settings)]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=log,
    ) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.kill()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IO[bytes]]:
    """What the servers of this module say."""
    with (tmp_path_factory.mktemp("serving") / "log").open("w+b") as file:
        yield file


@pytest.fixture(scope="module", params=["http", "https"])
def connect(
    request: pytest.FixtureRequest, log: IO[bytes], tls: dict[str, str]
) -> Iterator[Callable[[], socket.socket]]:
    """Return how to get a connection to a server that is quickly impatient; plain, and TLS."""
    secure = request.param == "https"
    files = {"certificate": tls["TLS_CERT"], "key": tls["TLS_KEY"]} if secure else {}
    timeouts = {
        "idle_timeout_s": 0.5,
        "min_body_bytes": 1000,
        "write_timeout_s": 0.5,
        "drain_idle_s": 0.5,
    }
    settings: dict[str, object] = {**files, **timeouts, "drain_timeout_s": 3.0}
    with serving(log, **settings) as port:

        def connect() -> socket.socket:
            plain = socket.create_connection(("127.0.0.1", port), timeout=SOON_S)
            if not secure:
                return plain
            context = ssl.create_default_context(cafile=tls["TLS_CA"])
            return context.wrap_socket(plain, server_hostname="127.0.0.1")

        yield connect


def post(path: bytes, length: int, *fields: bytes) -> bytes:
    """Return the head of a request that brings so many bytes."""
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: a", b"Content-Length: %d" % length, *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def rest(connection: socket.socket) -> bytes:
    """Return what still comes until the server ends the connection."""
    received = bytearray()
    # TLS calls it an error when the connection ends without its own goodbye.
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        while data := connection.recv(1 << 16):
            received += data
    return bytes(received)


def status_of(answer: bytes) -> int:
    """Return the status of the only answer, which closes the connection and, if bad, is JSON."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"\r\nConnection: close" in head, answer
    if head[9:10] != b"2":
        assert json.loads(body)["error"].endswith((".", "with."))
    return int(head[9:12])


def drip(connection: socket.socket, piece: bytes, pause_s: float) -> None:
    """Send a piece now and then until the server ends the connection."""
    end = time.monotonic() + SOON_S
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            connection.sendall(piece)
            time.sleep(pause_s)
    assert time.monotonic() < end, "the server went on listening"


@pytest.mark.parametrize(
    ("path", "coding"),
    [
        (b"/check_status", "length"),
        (b"/check_status", "chunks"),
        (b"/check_status", "chunk head"),
        (b"/elsewhere", "length"),
    ],
)
def test_body_that_drips_is_let_go(
    connect: Callable[[], socket.socket], path: bytes, coding: str
) -> None:
    """A byte now and then keeps no connection, be the body wanted or not, chunked or not."""
    head = post(path, 10_000_000)
    piece = {"length": b"x", "chunks": b"1\r\nx\r\n", "chunk head": b"0"}[coding]
    if coding != "length":
        head = head.replace(b"Content-Length: 10000000", b"Transfer-Encoding: chunked")
    with connect() as connection:
        connection.sendall(head)
        drip(connection, piece, 0.1)


def test_body_at_a_least_pace_is_taken(connect: Callable[[], socket.socket]) -> None:
    """Who sends slowly, but faster than the least pace, is read to the end."""
    with connect() as connection:
        connection.sendall(post(b"/check_status", 20_000, b"Connection: close"))
        for _ in range(20):
            time.sleep(0.1)  # the pace is what this is about
            connection.sendall(b"x" * 1000)
        assert rest(connection).endswith(b"20000")


def test_who_takes_nothing_is_let_go(connect: Callable[[], socket.socket]) -> None:
    """A client that reads nothing of its answer does not keep the connection and the answer."""
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(3)  # in which nothing at all is taken
        assert len(rest(connection)) < 50_000_000


def test_who_takes_little_gets_it_whole(connect: Callable[[], socket.socket]) -> None:
    """A client that takes some of its answer now and then gets all of it in the end."""
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = 0
        for _ in range(12):
            time.sleep(0.2)  # over two seconds in all, four times what one may take nothing for
            left = received + 3 * MIB
            while received < left:
                received += len(connection.recv(1 << 16))
        assert received + len(rest(connection)) > 50_000_000


@pytest.mark.parametrize("coding", ["length", "chunks", "upgrade"])
def test_refusal_can_be_read_after_a_hundred_megabytes(
    connect: Callable[[], socket.socket], coding: str
) -> None:
    """Who looks for the answer only when all is sent finds it, if it was not endless."""
    piece = b"x" * MIB
    with connect() as connection:
        head = post(b"/elsewhere", 100 * MIB)
        if coding == "chunks":
            head = head.replace(b"Content-Length: 104857600", b"Transfer-Encoding: chunked")
            piece = b"100000\r\n" + piece + b"\r\n"
        if coding == "upgrade":
            head = head.replace(b"Host: a", b"Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket")
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(piece)
        assert status_of(rest(connection)) == 401


def test_refused_body_is_not_read_without_end(connect: Callable[[], socket.socket]) -> None:
    """A stranger can't make the server read on and on."""
    sent, piece = 0, b"x" * MIB
    with connect() as connection:
        connection.sendall(post(b"/elsewhere", 10**15))
        with contextlib.suppress(OSError):
            while sent < 1024 * MIB:
                connection.sendall(piece)
                sent += MIB
    assert sent < (128 + 32) * MIB  # the limit, and what the two ends' buffers hold


def test_who_asks_first_is_refused_unsent(connect: Callable[[], socket.socket]) -> None:
    """A client that waits to be told to go on gets the refusal instead, and need send nothing."""
    with connect() as connection:
        connection.sendall(post(b"/elsewhere", 100 * MIB, b"Expect: 100-continue"))
        assert status_of(rest(connection)) == 401


def test_who_asks_first_is_told_to_go_on(connect: Callable[[], socket.socket]) -> None:
    """The word to go on comes before the body is read."""
    with connect() as connection:
        fields = (b"Expect: 100-continue", b"Connection: close")
        connection.sendall(post(b"/check_status", 5, *fields))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert rest(connection).endswith(b"\r\n\r\n5")


def test_small_refused_body_does_not_cost_the_connection(
    connect: Callable[[], socket.socket],
) -> None:
    """After a small refused body the connection takes the next request."""
    with connect() as connection:
        for _ in range(3):
            connection.sendall(post(b"/elsewhere", 5) + b"hello")
            answer = b""
            while not answer.endswith(b"}\n"):
                answer += connection.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.usefixtures("connect")
def test_no_fault_was_logged(log: IO[bytes]) -> None:
    """Whatever the clients above did, none of it is an error of the server."""
    said = Path(log.name).read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert " ERROR " not in said
    assert " WARNING " not in said


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such limit")
@pytest.mark.parametrize("held", [0, 180])
def test_open_files_run_out_for_nobody(tmp_path: Path, held: int) -> None:
    """With fewer files than callers, new ones are served as soon as stalled ones are let go.

    The same where the program itself has more files open than was reckoned with.
    """
    path = tmp_path / "log"
    limits = {
        "idle_timeout_s": 1.0,
        "head_timeout_s": 1.0,
        "open_files": [128, 256],
        "held_files": held,
    }
    settings: dict[str, object] = {**limits}
    with (
        path.open("wb") as log,
        serving(log, **settings) as port,
        contextlib.ExitStack() as stalled,
    ):
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", port), timeout=SOON_S)
            stalled.enter_context(connection)
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\n")
        with socket.create_connection(("127.0.0.1", port), timeout=2 * SOON_S) as connection:
            connection.sendall(b"GET /elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert status_of(rest(connection)) == 401
    said = path.read_text(encoding="utf-8")
    assert "Traceback" not in said
    warnings = said.count(" WARNING ")
    assert (0 < warnings < 30) if held else not warnings


def test_who_does_not_wait_for_answers_keeps_nobody_waiting(tmp_path: Path) -> None:
    """However many requests one connection sends at once, others have their turn between them."""
    flood = b"GET /check_status HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
    with (tmp_path / "log").open("wb") as log, serving(log) as port:
        over = threading.Event()
        with socket.create_connection(("127.0.0.1", port)) as greedy:
            greedy.settimeout(SOON_S)
            drain = threading.Thread(target=drained, args=(greedy,))
            send = threading.Thread(target=sent_over_and_over, args=(greedy, flood, over))
            drain.start()
            send.start()
            try:
                for _ in range(5):
                    with socket.create_connection(("127.0.0.1", port), timeout=SOON_S / 2) as other:
                        other.sendall(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
                        assert other.recv(100).startswith(b"HTTP/1.1 401")
            finally:
                over.set()
                send.join()
                greedy.shutdown(socket.SHUT_RDWR)
                drain.join()


def drained(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(MIB):
            pass


def sent_over_and_over(connection: socket.socket, data: bytes, over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not over.is_set():
            connection.sendall(data)
