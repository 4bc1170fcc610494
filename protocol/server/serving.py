"""Serves a Flask app over HTTP until the process is told to stop; for both programs.

The server is gevent's: a connection costs a greenlet instead of a thread, so that hundreds of
stalled uploads keep nobody waiting, and it runs on Windows and macOS as on Linux. The rest of
the code is written with plain threads and sockets, which ``gevent.monkey`` (first thing in
``master.py`` and ``slave.py``) makes cooperative.
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
"""Further ones wait in the backlog until one of these ends."""
_BACKLOG = 1024
_FLUSH_S = 1.0
"""What the last answers have to get out, once there is nothing left to work on."""
_MAX_PORTS_TRIED = 100
_RESERVED_FILES = 64
"""Open files that no connection needs: the ledger, logs, workers, calls to slaves."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_EXHAUSTED_PAUSE_S = 1.0
_TLS_FIRST_BYTES = (b"\x16", b"")
"""The type of a handshake's record (RFC 8446, section 5.1), or nobody there."""


class AddressError(Exception):
    """The address can't be listened on; its text says why.

    ``is_port`` tells that another port of the same host may do.
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
    """Bind and listen; raises ``AddressError`` when the address can't be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"can't listen on {host}:{port} (no such address)") from error
    try:
        if os.name == "posix":
            # Elsewhere the option means that two programs may share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A client whose computer is gone without a word is noticed in the end.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # Connections take it over. Without it, an answer's body waits until its head has been
        # acknowledged, which on a kept connection takes the other side 40 ms.
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
    """Listen on ``first_port``, or on the next one that is free."""
    for port in range(first_port, first_port + _MAX_PORTS_TRIED):
        try:
            return listen(host, port)
        except AddressError as error:
            if not error.is_port:
                raise
            last = error
    raise last


class _Server(WSGIServer):  # type: ignore[misc] # gevent has no types
    """Lets go of who breaks off, or does not get through the handshake: no traceback for each."""

    handler_class = Handler
    timeouts = Timeouts()

    def do_read(self) -> object:
        """Accept a connection; gevent logs and retries whatever this raises, here too often."""
        try:
            return super().do_read()
        except ConnectionAbortedError:
            return None
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            _log.warning("no further connection can be taken for now: %s", error)
            # The waiting connection would be reported over and over, at the full speed of a CPU.
            self.stop_accepting()
            self._timer = self.loop.timer(_EXHAUSTED_PAUSE_S)
            self._timer.start(self._start_accepting_if_started)
            return None

    def handle(self, client_socket: socket.socket, address: object) -> None:
        client_socket.settimeout(self.timeouts.idle_timeout_s)
        try:
            super().handle(client_socket, address)
        except OSError as error:
            _log.debug("broken off by %s: %s", address, error)

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: object) -> None:
        try:
            with gevent.Timeout(self.timeouts.handshake_timeout_s):
                if client_socket.recv(1, socket.MSG_PEEK) not in _TLS_FIRST_BYTES:
                    # Else who forgot a letter of the address would see a broken connection.
                    client_socket.sendall(refusal_bytes(400, PLAIN_TO_TLS))
                    client_socket.close()
                    return
                secure = self.wrap_socket(client_socket, **self.ssl_args)
        except (OSError, gevent.Timeout) as error:
            _log.debug("no TLS with %s: %s", address, error)
            client_socket.close()
            return
        try:
            self.handle(secure, address)
        finally:
            secure.close()


def _max_connections() -> int:
    """Return how many connections the system's limit on open files leaves room for.

    The soft limit is raised as far as is of use: not to a hard one of a billion, as containers
    have it, which some programs started from here would count through. Each connection may need a
    second file, for what it brings or gets.
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
    except (OSError, ValueError):  # some systems say more than they keep
        files = soft
    return max(1, (files - _RESERVED_FILES) // 2)


class Server:
    """Answers requests with one app until it is told to stop, by a signal or by ``stop``."""

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
        """Serve; ``on_start`` runs once requests are answered, ``on_stop`` while they still are.

        A second SIGTERM or Ctrl-C ends the process at once.
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
        """Make ``run`` come to its end."""
        self._stopping.set()

    def is_stopping(self) -> bool:
        """Tell whether it was told to stop."""
        return bool(self._stopping.is_set())

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            os._exit(1)
        self.stop()
