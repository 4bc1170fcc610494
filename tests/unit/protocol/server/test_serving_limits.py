"""The HTTP server's limits: slow senders, slow readers, refused bodies, open files."""

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
app = Flask("test")
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
    """Run a server with these settings; yield its port."""
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
    """The log of the servers of this module."""
    with (tmp_path_factory.mktemp("serving") / "log").open("w+b") as file:
        yield file


@pytest.fixture(scope="module", params=["http", "https"])
def connect(
    request: pytest.FixtureRequest, log: IO[bytes], tls: dict[str, str]
) -> Iterator[Callable[[], socket.socket]]:
    """Yield a function that connects to a server with short timeouts; plain, and with TLS."""
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
    """Return the head of a POST with a body of ``length`` bytes."""
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: a", b"Content-Length: %d" % length, *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def rest(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    received = bytearray()
    # A TLS connection that ends without close_notify is an error.
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        while data := connection.recv(1 << 16):
            received += data
    return bytes(received)


def status_of(answer: bytes) -> int:
    """Check that this is one answer that closes the connection; return its status."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"\r\nConnection: close" in head, answer
    if head[9:10] != b"2":
        assert json.loads(body)["error"].endswith((".", "with."))
    return int(head[9:12])


def drip(connection: socket.socket, piece: bytes, pause_s: float) -> None:
    """Send a piece every ``pause_s`` until the server closes the connection."""
    end = time.monotonic() + SOON_S
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            connection.sendall(piece)
            time.sleep(pause_s)
    assert time.monotonic() < end, "the server kept the connection open"


@pytest.mark.parametrize(
    ("path", "coding"),
    [
        (b"/check_status", "length"),
        (b"/check_status", "chunks"),
        (b"/check_status", "chunk head"),
        (b"/elsewhere", "length"),
    ],
)
def test_slow_body_is_closed(
    connect: Callable[[], socket.socket], path: bytes, coding: str
) -> None:
    """A body below the minimum speed ends the connection, chunked or not, accepted or refused."""
    head = post(path, 10_000_000)
    piece = {"length": b"x", "chunks": b"1\r\nx\r\n", "chunk head": b"0"}[coding]
    if coding != "length":
        head = head.replace(b"Content-Length: 10000000", b"Transfer-Encoding: chunked")
    with connect() as connection:
        connection.sendall(head)
        drip(connection, piece, 0.1)


def test_body_above_the_minimum_speed_is_received(connect: Callable[[], socket.socket]) -> None:
    """A slow body above the minimum speed is read to its end."""
    with connect() as connection:
        connection.sendall(post(b"/check_status", 20_000, b"Connection: close"))
        for _ in range(20):
            time.sleep(0.1)  # the speed is what is tested
            connection.sendall(b"x" * 1000)
        assert rest(connection).endswith(b"20000")


def test_client_that_reads_nothing_is_closed(connect: Callable[[], socket.socket]) -> None:
    """A client that reads nothing of its answer for the write timeout loses its connection."""
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(3)  # six times the write timeout
        assert len(rest(connection)) < 50_000_000


def test_slow_reader_gets_the_whole_answer(connect: Callable[[], socket.socket]) -> None:
    """A client that keeps reading its answer slowly gets all of it."""
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = 0
        for _ in range(12):
            time.sleep(0.2)  # over two seconds in all, four times the write timeout
            left = received + 3 * MIB
            while received < left:
                received += len(connection.recv(1 << 16))
        assert received + len(rest(connection)) > 50_000_000


@pytest.mark.parametrize("coding", ["length", "chunks", "upgrade"])
def test_refusal_can_be_read_after_a_hundred_megabytes(
    connect: Callable[[], socket.socket], coding: str
) -> None:
    """A client that reads the answer only after it has sent a refused body gets the answer."""
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


def test_refused_body_is_read_up_to_a_limit(connect: Callable[[], socket.socket]) -> None:
    """The server closes the connection after ``drain_bytes`` of a refused body."""
    sent, piece = 0, b"x" * MIB
    with connect() as connection:
        connection.sendall(post(b"/elsewhere", 10**15))
        with contextlib.suppress(OSError):
            while sent < 1024 * MIB:
                connection.sendall(piece)
                sent += MIB
    assert sent < (128 + 32) * MIB  # the limit, and the socket buffers of both ends


def test_expect_continue_is_refused_before_the_body(connect: Callable[[], socket.socket]) -> None:
    """A client that waits for ``100 Continue`` gets the refusal before it sends the body."""
    with connect() as connection:
        connection.sendall(post(b"/elsewhere", 100 * MIB, b"Expect: 100-continue"))
        assert status_of(rest(connection)) == 401


def test_expect_continue_is_answered(connect: Callable[[], socket.socket]) -> None:
    """A client that waits for ``100 Continue`` gets it before the body is read."""
    with connect() as connection:
        fields = (b"Expect: 100-continue", b"Connection: close")
        connection.sendall(post(b"/check_status", 5, *fields))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert rest(connection).endswith(b"\r\n\r\n5")


def test_small_refused_body_keeps_the_connection(
    connect: Callable[[], socket.socket],
) -> None:
    """After a small refused body the connection serves the next request."""
    with connect() as connection:
        for _ in range(3):
            connection.sendall(post(b"/elsewhere", 5) + b"hello")
            answer = b""
            while not answer.endswith(b"}\n"):
                answer += connection.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.usefixtures("connect")
def test_no_error_was_logged(log: IO[bytes]) -> None:
    """The server logs no error, warning or traceback for the clients of the tests above."""
    text = Path(log.name).read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert " ERROR " not in text
    assert " WARNING " not in text


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such limit")
@pytest.mark.parametrize("held", [0, 180])
def test_more_connections_than_file_descriptors(tmp_path: Path, held: int) -> None:
    """With too few file descriptors, new clients are served once stalled ones time out.

    This also holds if the program has more files open than the server reserves.
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
    text = path.read_text(encoding="utf-8")
    assert "Traceback" not in text
    warnings = text.count(" WARNING ")
    assert (0 < warnings < 30) if held else not warnings


def test_pipelined_requests_do_not_block_other_connections(tmp_path: Path) -> None:
    """While one connection sends requests without a pause, other connections are served."""
    flood = b"GET /check_status HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
    with (tmp_path / "log").open("wb") as log, serving(log) as port:
        stopped = threading.Event()
        with socket.create_connection(("127.0.0.1", port)) as greedy:
            greedy.settimeout(SOON_S)
            drain = threading.Thread(target=read_all, args=(greedy,))
            send = threading.Thread(target=send_repeatedly, args=(greedy, flood, stopped))
            drain.start()
            send.start()
            try:
                for _ in range(5):
                    with socket.create_connection(("127.0.0.1", port), timeout=SOON_S / 2) as other:
                        other.sendall(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
                        assert other.recv(100).startswith(b"HTTP/1.1 401")
            finally:
                stopped.set()
                send.join()
                greedy.shutdown(socket.SHUT_RDWR)
                drain.join()


def read_all(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(MIB):
            pass


def send_repeatedly(connection: socket.socket, data: bytes, stopped: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not stopped.is_set():
            connection.sendall(data)
