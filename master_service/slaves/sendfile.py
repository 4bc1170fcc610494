"""Sends a file over a socket without copying its bytes through this process (``os.sendfile``).

``socket.sendfile`` of gevent copies them, since its sockets are never in blocking mode.
"""

import os
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from protocol.cooperative_yield import YieldTimer
from protocol.wire import SourceChanged

_MAX_BYTES = 1024 * 1024
"""For one call, which blocks other greenlets while the file is read from the disk."""


def send_file(
    sock: socket.socket, path: Path, size: int, timeout_s: float, check: Callable[[], None]
) -> None:
    """Send ``size`` bytes; ``check`` is called before each part.

    Raises ``SourceChanged`` if the file can't be read or is shorter, and ``OSError`` for errors of
    the connection: ``TimeoutError`` if the receiver takes nothing for ``timeout_s``.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        source = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise SourceChanged(path, f"can't be read ({error.strerror})") from error
    yield_timer = YieldTimer()
    try:
        offset = 0
        while offset < size:
            check()
            sent = _send(sock, source, offset, min(size - offset, _MAX_BYTES), timeout_s)
            if not sent:
                raise SourceChanged(path, "has become shorter while it was sent")
            offset += sent
            yield_timer.yield_if_due()
    finally:
        os.close(source)


def _send(sock: socket.socket, source: int, offset: int, count: int, timeout_s: float) -> int:
    """Send some bytes, and return how many; waits until the socket takes some."""
    while True:
        try:
            return os.sendfile(sock.fileno(), source, offset, count)
        except BlockingIOError:
            poll = select.poll()
            poll.register(sock.fileno(), select.POLLOUT)
            if not poll.poll(timeout_s * 1000):
                raise TimeoutError("the slave takes no more bytes") from None
