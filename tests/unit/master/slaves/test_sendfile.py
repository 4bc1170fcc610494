"""Sending files over real sockets without copying them."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from master_service.slaves.sendfile import send_file
from protocol.wire import SourceChanged

pytestmark = pytest.mark.skipif(not hasattr(os, "sendfile"), reason="there is no os.sendfile")
CONTENT = os.urandom(3 * 1024 * 1024)
LIMIT_S = 30.0


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield a sender with a timeout, as that of a connection to a slave, and its receiver."""
    sender, receiver = socket.socketpair()
    sender.settimeout(LIMIT_S)
    with sender, receiver:
        yield sender, receiver


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "0"
    path.write_bytes(CONTENT)
    return path


def test_all_bytes_arrive(ends: tuple[socket.socket, socket.socket], path: Path) -> None:
    """A file larger than the buffers of the socket arrives as it is."""
    sender, receiver = ends
    received = bytearray()

    def receive() -> None:
        while len(received) < len(CONTENT) and (data := receiver.recv(100_000)):
            received.extend(data)

    thread = threading.Thread(target=receive)
    thread.start()
    checks: list[None] = []
    send_file(sender, path, len(CONTENT), LIMIT_S, lambda: checks.append(None))
    thread.join()
    assert received == CONTENT
    assert len(checks) >= 3


def test_receiver_that_takes_nothing_is_an_error(
    ends: tuple[socket.socket, socket.socket], path: Path
) -> None:
    """The timeout is that of a slave that is silent."""
    with pytest.raises(TimeoutError):
        send_file(ends[0], path, len(CONTENT), 0.05, lambda: None)


def test_changed_file_is_reported(
    ends: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    """A file that is missing, or shorter than it was, is not the connection's fault."""
    (tmp_path / "short").write_bytes(b"12345")
    for name in ("short", "missing"):
        with pytest.raises(SourceChanged):
            send_file(ends[0], tmp_path / name, 6, LIMIT_S, lambda: None)
