"""Opens HTTP connections to slaves, and keeps idle ones open for the next exchange.

``http.client`` reads the answers. ``requests`` in its place takes four times the CPU time, which
limits how many small files a master can hand over in a second.
"""

import os
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from master_service.engine import InputFile
from master_service.slaves.sendfile import send_file
from protocol.http.bounded_response import BoundedResponse
from protocol.wire import LazyFile

_CONNECT_TIMEOUT_S = 5
_MAX_IDLE_S = 20.0
"""An idle connection is closed after this time, well before a slave closes it (60 s)."""
_PIECE_BYTES = 256 * 1024
_MAX_JOINED_BYTES = 64 * 1024
"""Smaller files are sent together with what precedes them."""


class ConnectionClosed(Exception):
    """The slave had closed a kept connection before it was used again."""


@dataclass(slots=True, eq=False)
class SlaveConnection:
    """One connection to a slave, for one exchange at a time."""

    slave: str
    url: str
    sock: socket.socket
    timeout_s: float
    is_reused: bool = False
    idle_since: float = 0.0
    _joined: bytearray = field(default_factory=bytearray)

    def send(
        self, head: bytes, pieces: Iterable[bytes | InputFile], check: Callable[[], None]
    ) -> None:
        """Send the head and the body of a request; call ``check`` before each piece.

        Returns at once where the slave has closed the connection: it may have refused the request,
        and then its answer can still be read. Raises ``OSError`` for other errors, and
        ``SourceChanged`` for a file that can't be read.
        """
        self._joined = bytearray(head)
        try:
            for piece in pieces:
                if isinstance(piece, bytes):
                    self._joined += piece
                elif piece.size <= _MAX_JOINED_BYTES:
                    self._joined += LazyFile(piece.path, piece.size).read_all()
                else:
                    self._flush(check)
                    self._send_file(piece, check)
                if len(self._joined) > _MAX_JOINED_BYTES:
                    self._flush(check)
            self._flush(check)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            return

    def receive(self) -> BoundedResponse:
        """Wait for the head of the answer and read it.

        Raises ``ConnectionClosed`` if the connection was kept and the slave closes it without a
        byte of an answer, or else ``OSError`` or ``http.client.HTTPException``.
        """
        response = BoundedResponse(self.sock, method="POST")
        try:
            if self.is_reused:
                self._await_first_byte(response)
            response.begin()
        except BaseException:
            response.close()
            raise
        return response

    def _await_first_byte(self, response: BoundedResponse) -> None:
        try:
            first = response.fp.peek(1)
        except TimeoutError:
            raise
        except OSError as error:
            raise ConnectionClosed from error
        if not first:
            raise ConnectionClosed

    def is_usable(self) -> bool:
        """Return whether the slave has neither closed the idle connection nor sent anything."""
        if isinstance(self.sock, ssl.SSLSocket):
            return True  # can't be read without decryption; a closed one is noticed later
        self.sock.settimeout(0)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.sock.settimeout(self.timeout_s)
        return False

    def close(self) -> None:
        """Close the connection."""
        self.sock.close()

    def _flush(self, check: Callable[[], None]) -> None:
        check()
        if self._joined:
            self.sock.sendall(self._joined)
            self._joined = bytearray()

    def _send_file(self, file: InputFile, check: Callable[[], None]) -> None:
        if hasattr(os, "sendfile") and not isinstance(self.sock, ssl.SSLSocket):
            send_file(self.sock, file.path, file.size, self.timeout_s, check)
            return
        source = LazyFile(file.path, file.size)
        while data := source.read(_PIECE_BYTES):
            check()
            self.sock.sendall(data)


class Connections:
    """The connections to all slaves; safe to use from several threads.

    A slave that is silent for ``timeout_s`` raises ``TimeoutError``. ``authority`` is the file of
    the certificate authority that signs the slaves' certificates.
    """

    def __init__(self, timeout_s: float, authority: Path | None) -> None:
        self._timeout_s = timeout_s
        self._authority = authority
        self._context: ssl.SSLContext | None = None
        self._idle: dict[str, deque[SlaveConnection]] = {}
        """By slave; the connection that was used last is at the end."""
        self._lock = threading.Lock()

    def take(self, slave: str, url: str) -> SlaveConnection:
        """Return an idle connection to this URL of the slave, or a new one; raises ``OSError``."""
        with self._lock:
            idle = self._idle.get(slave)
            while idle:
                connection = idle.pop()
                if connection.url == url and connection.is_usable():
                    connection.is_reused = True
                    return connection
                connection.close()
        return self.open(slave, url)

    def open(self, slave: str, url: str) -> SlaveConnection:
        """Return a new connection; raises ``OSError``."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        sock = socket.create_connection((parts.hostname or "", port), _CONNECT_TIMEOUT_S)
        try:
            # The last part of a request must not wait until the slave acknowledges the others.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if is_secure:
                sock = self._tls().wrap_socket(sock, server_hostname=parts.hostname)
            sock.settimeout(self._timeout_s)
        except BaseException:
            sock.close()
            raise
        return SlaveConnection(slave, url, sock, self._timeout_s)

    def keep(self, connection: SlaveConnection) -> None:
        """Keep a connection whose answer was read to its end."""
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault(connection.slave, deque()).append(connection)

    def close_long_idle(self) -> None:
        """Close the connections that have been idle for ``_MAX_IDLE_S``."""
        oldest = time.monotonic() - _MAX_IDLE_S
        with self._lock:
            for slave, idle in list(self._idle.items()):
                while idle and idle[0].idle_since < oldest:
                    idle.popleft().close()
                if not idle:
                    del self._idle[slave]

    def close_idle(self, slave: str | None = None) -> None:
        """Close the idle connections to one slave, or to all slaves."""
        with self._lock:
            for each in [slave] if slave else list(self._idle):
                for connection in self._idle.pop(each, ()):
                    connection.close()

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            authorities = self._authority or certifi.where()
            self._context = ssl.create_default_context(cafile=authorities)
        return self._context
