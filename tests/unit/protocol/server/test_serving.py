"""The HTTP server's socket options and read timeouts."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from protocol.server.serving import listen
from scripts.local_cluster import PROJECT

SOON_S = 10.0
SERVER = """
from gevent import monkey; monkey.patch_all()
import socket, sys
from flask import Flask, request
from protocol.server import serving
from protocol.server.timeouts import Timeouts
app = Flask("test")
app.post("/")(lambda: str(len(request.get_data())))
app.get("/", endpoint="large")(lambda: bytes(50_000_000))
listener = serving.listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
timeouts = Timeouts(idle_timeout_s=0.5, head_timeout_s=0.5, min_body_bytes=1)
serving.Server(app, listener, timeouts=timeouts).run(lambda: None, lambda: None)
"""


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """Connections have TCP_NODELAY, so that an answer in two parts is not delayed by 40 ms."""
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Yield the port of a server with timeouts of half a second."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


def rest(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    connection.settimeout(SOON_S)
    received = bytearray()
    while data := connection.recv(1 << 16):
        received += data
    return bytes(received)


def request(body: bytes, length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length + body


def test_idle_connection_is_closed(port: int) -> None:
    """A connection without a request is closed, and so is one that is idle after an answer."""
    for first in (b"", request(b"abc", 3)):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(first)
            assert rest(connection).endswith(b"3" if first else b"")


@pytest.mark.parametrize("head", [b"POST / HTT", b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_slow_head_is_refused(port: int, head: bytes) -> None:
    """A client that sends its head one byte at a time loses its connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head)
        end = time.monotonic() + SOON_S
        with pytest.raises(ConnectionError):
            drip(connection, end)


def drip(connection: socket.socket, end: float) -> None:
    while time.monotonic() < end:
        connection.sendall(b"x")
        time.sleep(0.05)
    pytest.fail("the server kept the connection open")


def test_stalled_upload_is_closed(port: int) -> None:
    """A client that stops in the middle of a body loses its connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request(b"only a part", 1000))
        began = time.monotonic()
        rest(connection)
        assert time.monotonic() - began < SOON_S


def test_slow_steady_upload_is_received(port: int) -> None:
    """A body in pieces, with pauses shorter than the timeout, is received whole."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request(b"", 8))
        for _ in range(8):
            time.sleep(0.2)
            connection.sendall(b"x")
        assert rest(connection).endswith(b"8")


def test_slow_reader_gets_the_whole_answer(port: int) -> None:
    """A client may pause reading an answer for longer than the idle timeout."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = len(connection.recv(1000))
        time.sleep(1.5)
        assert received + len(rest(connection)) > 50_000_000
