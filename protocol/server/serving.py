"""The HTTP server of master and slave: serves a Flask app until the process is told to stop.

The server is gevent's: a connection costs a greenlet instead of a thread, so that hundreds of
stalled uploads delay no other request, and it runs on Windows and macOS as on Linux. The rest of
the code uses plain threads and sockets, which ``gevent.monkey`` (called first in ``master.py`` and
``slave.py``) makes cooperative.
"""

import errno
import logging
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable

import gevent.event
import gevent.pool
from flask import Flask
from gevent.pywsgi import WSGIServer

from protocol.server import memory
from protocol.server.connection import Handler, refusal_bytes
from protocol.server.timeouts import Timeouts
from protocol.wrong_address import PLAIN_TO_TLS

_log = logging.getLogger(__name__)
MAX_CONNECTIONS = 4096
"""Further connections wait in the listen backlog until one of these ends."""
_BACKLOG = 1024
_FLUSH_S = 1.0
"""How long a stopping server waits for its last answers to be sent."""
_MAX_PORTS_TRIED = 100
_RESERVED_FILES = 64
"""File descriptors reserved for other uses: the ledger, logs, workers, calls to slaves."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_EXHAUSTED_PAUSE_S = 1.0
_TLS_FIRST_BYTES = (b"\x16", b"")
"""The record type of a handshake (RFC 8446, section 5.1); empty if the client has closed."""


class AddressError(Exception):
    """The program can't listen on the address; the message says why.

    ``is_port`` means that another port of the same host may be free.
    """

    def __init__(self, problem: str, *, is_port: bool = False) -> None:
        super().__init__(problem)
        self.is_port = is_port


def set_up_logging(level: str) -> None:
    """Log to standard error, one line an event, times in UTC."""
    logging.Formatter.converter = time.gmtime
    form = "%(asctime)sZ %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, format=form, stream=sys.stderr, datefmt="%Y-%m-%dT%H:%M:%S")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises ``AddressError`` if the address can't be used."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"can't listen on {host}:{port} (no such address)") from error
    try:
        if os.name == "posix":
            # On Windows the option would let two programs use the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Detects clients whose computer was switched off or disconnected.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # Accepted connections inherit this. Without it, an answer's body waits until its head has
        # been acknowledged, which on a kept connection takes 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "another program uses it" if taken else error.strerror
        raise AddressError(
            f"can't listen on {host}:{port} ({reason})",
            is_port=taken or error.errno == errno.EACCES,
        ) from error
    return listener


def listen_on_first_free(host: str, first_port: int) -> socket.socket:
    """Return a socket that listens on ``first_port``, or on the next free port."""
    for port in range(first_port, first_port + _MAX_PORTS_TRIED):
        try:
            return listen(host, port)
        except AddressError as error:
            if not error.is_port:
                raise
            last = error
    raise last


class _Server(WSGIServer):  # type: ignore[misc] # gevent has no types
    """Closes connections that break, or fail the TLS handshake, without logging a traceback."""

    handler_class = Handler
    timeouts = Timeouts()

    def do_read(self) -> object:
        """Accept a connection; pause accepting when the system has no file descriptors left."""
        try:
            return super().do_read()
        except ConnectionAbortedError:
            return None
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            _log.warning("can't accept connections for now: %s", error)
            # The connection still waits, so gevent would fail and retry without end at full load.
            self.stop_accepting()
            self._timer = self.loop.timer(_EXHAUSTED_PAUSE_S)
            self._timer.start(self._start_accepting_if_started)
            return None

    def handle(self, client_socket: socket.socket, address: object) -> None:
        client_socket.settimeout(self.timeouts.idle_timeout_s)
        try:
            super().handle(client_socket, address)
        except OSError as error:
            _log.debug("connection with %s failed: %s", address, error)

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: object) -> None:
        try:
            with gevent.Timeout(self.timeouts.handshake_timeout_s):
                if client_socket.recv(1, socket.MSG_PEEK) not in _TLS_FIRST_BYTES:
                    # Otherwise a client that calls http:// would only see a broken connection.
                    client_socket.sendall(refusal_bytes(400, PLAIN_TO_TLS))
                    client_socket.close()
                    return
                secure = self.wrap_socket(client_socket, **self.ssl_args)
        except (OSError, gevent.Timeout) as error:
            _log.debug("TLS handshake with %s failed: %s", address, error)
            client_socket.close()
            return
        try:
            self.handle(secure, address)
        finally:
            secure.close()


def _max_connections() -> int:
    """Return how many connections the system's limit on open files allows; raise the soft limit.

    The soft limit is raised only as far as needed. Containers have hard limits of a billion, and
    some child programs close every possible descriptor one by one. Each connection may need a
    second file, for an upload or a result.
    """
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_CONNECTIONS + _RESERVED_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MAX_CONNECTIONS
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    except (OSError, ValueError):  # some systems refuse values up to their hard limit
        files = soft
    return max(1, (files - _RESERVED_FILES) // 2)


class Server:
    """Answers requests with one app until a signal or ``stop`` ends it."""

    def __init__(
        self,
        app: Flask,
        listener: socket.socket,
        context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._connections = gevent.pool.Pool(_max_connections())
        secure = {} if context is None else {"ssl_context": context}
        self._server = _Server(
            listener, app, spawn=self._connections, log=None, error_log=_log, **secure
        )
        self._server.timeouts = timeouts or Timeouts()
        self._stopping = gevent.event.Event()

    def run(self, on_start: Callable[[], object], on_stop: Callable[[], object]) -> None:
        """Serve until stopped.

        ``on_start`` is called once requests are answered, ``on_stop`` before this ends. A second
        SIGTERM or Ctrl-C ends the process at once.
        """
        memory.release_large_blocks()
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self._on_signal)
        self._server.start()
        on_start()
        self._stopping.wait()
        on_stop()
        self._server.stop(timeout=_FLUSH_S)

    def stop(self) -> None:
        """Make ``run`` return."""
        self._stopping.set()

    def is_stopping(self) -> bool:
        """Return whether the server was told to stop."""
        return bool(self._stopping.is_set())

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            os._exit(1)
        self.stop()
