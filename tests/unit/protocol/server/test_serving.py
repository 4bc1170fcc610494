"""How master and slave listen, and for how long they wait for what does not come."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from protocol.server.serving import listen
from scripts.local_cluster import PROJECT

SOON_S = 10.0
IMPATIENT = """
from gevent import monkey; monkey.patch_all()
import socket, sys
from flask import Flask, request
from protocol.server import serving
from protocol.server.timeouts import Timeouts
app = Flask("impatient")
app.post("/")(lambda: str(len(request.get_data())))
app.get("/", endpoint="large")(lambda: bytes(50_000_000))
listener = serving.listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
timeouts = Timeouts(idle_timeout_s=0.5, head_timeout_s=0.5, min_body_bytes=1)
serving.Server(app, listener, timeouts=timeouts).run(lambda: None, lambda: None)
"""


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """Connections send at once, so that an answer in two parts costs no 40 ms on a kept one."""
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server listens that waits for half a second instead of a minute."""
    command = [sys.executable, "-c", IMPATIENT]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


def rest(connection: socket.socket) -> bytes:
    """Return what still comes until the server ends the connection."""
    connection.settimeout(SOON_S)
    received = bytearray()
    while data := connection.recv(1 << 16):
        received += data
    return bytes(received)


def request(body: bytes, length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length + body


def test_who_says_nothing_is_let_go(port: int) -> None:
    """A connection without a request ends, and so does one that is kept after its answer."""
    for first in (b"", request(b"abc", 3)):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(first)
            assert rest(connection).endswith(b"3" if first else b"")


@pytest.mark.parametrize("head", [b"POST / HTT", b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_head_that_drips_is_let_go(port: int, head: bytes) -> None:
    """A byte now and then keeps no connection open."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head)
        end = time.monotonic() + SOON_S
        with pytest.raises(ConnectionError):
            drip(connection, end)


def drip(connection: socket.socket, end: float) -> None:
    while time.monotonic() < end:
        connection.sendall(b"x")
        time.sleep(0.05)
    pytest.fail("the server went on listening")


def test_upload_that_stops_is_let_go(port: int) -> None:
    """A client whose computer went to sleep in the middle costs nobody a connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request(b"only a part", 1000))
        began = time.monotonic()
        rest(connection)
        assert time.monotonic() - began < SOON_S


def test_slow_but_steady_is_served(port: int) -> None:
    """What comes in pieces, with pauses shorter than the limit, is taken whole."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request(b"", 8))
        for _ in range(8):
            time.sleep(0.2)
            connection.sendall(b"x")
        assert rest(connection).endswith(b"8")


def test_who_takes_an_answer_slowly_gets_it_whole(port: int) -> None:
    """However long one large piece takes, and with pauses longer than silence is allowed."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = len(connection.recv(1000))
        time.sleep(1.5)
        assert received + len(rest(connection)) > 50_000_000
