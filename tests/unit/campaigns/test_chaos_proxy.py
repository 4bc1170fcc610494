"""The proxy between master and slaves does to connections what it is told, and heals."""

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
    """A server that sends back whatever it is sent."""
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
    """A proxy before the echo."""
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


def test_it_passes_on_both_ways_to_the_end(proxy: Proxy) -> None:
    """A megabyte comes back whole, and the end of one side reaches the other."""
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
    """An open connection is reset, which is no proper end; the next one is as good as ever."""
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"
        proxy.cut()
        with pytest.raises(ConnectionError):
            drain(connection)
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"


def test_it_refuses_until_it_is_healed(proxy: Proxy) -> None:
    """New connections are refused, then taken again."""
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.heal()
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "new"])
def test_a_stalled_one_is_silent_until_it_is_healed(proxy: Proxy, is_open: bool) -> None:
    """Nothing passes, through an open connection or a new one; then all of it does."""
    early = connect(proxy)
    assert exchange(early) == b"hello"
    proxy.stall()
    with early, connect(proxy) as late:
        connection = early if is_open else late
        connection.sendall(b"later")
        connection.settimeout(SOON_S)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        proxy.heal()
        connection.settimeout(10)
        assert connection.recv(65536) == b"later"


def test_a_slow_one_takes_its_time(proxy: Proxy) -> None:
    """Two thousand bytes at ten thousand a second take that long, there and back."""
    proxy.slow(10_000)
    began = time.monotonic()
    with connect(proxy) as connection:
        connection.sendall(bytes(2000))
        received = 0
        while received < 2000:
            received += len(connection.recv(65536))
    assert time.monotonic() - began >= SOON_S


def test_nobody_behind_it_is_a_reset() -> None:
    """Where the target does not listen, a connection ends without a word."""
    proxy = Proxy(("127.0.0.1", free_port()), ("127.0.0.1", free_port()))
    # The reset may come before the connection is even there.
    with pytest.raises(ConnectionError), connect(proxy) as connection:
        drain(connection)
    proxy.close()
