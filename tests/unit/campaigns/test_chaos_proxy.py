"""The proxy between master and slaves: each fault, and the recovery from it."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from scripts.local_cluster import free_port
from tests.chaos.proxy import Address, Proxy

SOON_S = 0.2


@pytest.fixture
def echo() -> Iterator[Address]:
    """A server that echoes what it receives."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        threading.Thread(target=_echo_all, args=(server,), daemon=True).start()
        yield server.getsockname()


def _echo_all(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            return


@pytest.fixture
def proxy(echo: Address) -> Iterator[Proxy]:
    """A proxy before the echo server."""
    proxy = Proxy(("127.0.0.1", free_port()), echo)
    yield proxy
    proxy.close()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(proxy.address, timeout=10)


def exchange(connection: socket.socket, data: bytes = b"hello") -> bytes:
    connection.sendall(data)
    return connection.recv(65536)


def drain(connection: socket.socket) -> None:
    while exchange(connection):
        pass


def test_it_forwards_both_directions_and_the_close(proxy: Proxy) -> None:
    """A megabyte is echoed whole, and the close of one side reaches the other."""
    sent = bytes(range(256)) * 4096
    with connect(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(sent,))
        sender.start()
        received = bytearray()
        while len(received) < len(sent):
            received += connection.recv(65536)
        sender.join()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert received == sent


def test_a_cut_resets_what_is_open(proxy: Proxy) -> None:
    """Open connections are reset, not closed; new ones work."""
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"
        proxy.cut()
        with pytest.raises(ConnectionError):
            drain(connection)
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"


def test_it_refuses_until_it_recovers(proxy: Proxy) -> None:
    """New connections are refused until the recovery."""
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.recover()
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "new"])
def test_a_stalled_one_is_silent_until_it_recovers(proxy: Proxy, is_open: bool) -> None:
    """Nothing is forwarded on open and new connections until the recovery; then everything is."""
    early = connect(proxy)
    assert exchange(early) == b"hello"
    proxy.stall()
    with early, connect(proxy) as late:
        connection = early if is_open else late
        connection.sendall(b"later")
        connection.settimeout(SOON_S)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        proxy.recover()
        connection.settimeout(10)
        assert connection.recv(65536) == b"later"


def test_a_slow_link_limits_the_rate(proxy: Proxy) -> None:
    """Two thousand bytes at ten thousand a second take that long, there and back."""
    proxy.slow(10_000)
    began = time.monotonic()
    with connect(proxy) as connection:
        connection.sendall(bytes(2000))
        received = 0
        while received < 2000:
            received += len(connection.recv(65536))
    assert time.monotonic() - began >= SOON_S


def test_a_missing_target_gives_a_reset() -> None:
    """Where the target does not listen, a connection is reset."""
    proxy = Proxy(("127.0.0.1", free_port()), ("127.0.0.1", free_port()))
    # The reset may come before the connection is even there.
    with pytest.raises(ConnectionError), connect(proxy) as connection:
        drain(connection)
    proxy.close()
