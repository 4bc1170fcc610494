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
from gevent.pywsgi import WSGIHandler, WSGIServer

_log = logging.getLogger(__name__)
MAX_CONNECTIONS = 4096
"""Further ones wait in the backlog until one of these ends."""
_BACKLOG = 1024
_LAST_ANSWERS_S = 1.0
"""What the last answers have to get out, once there is nothing left to work on."""
_PORTS_TRIED = 100
STALL_S = 60.0
"""A connection on which nothing comes for so long, though something is waited for, is let go: a
client that still wants something sends it again."""
HEAD_S = 20.0
"""For all of a request's headers together, however slowly they drip."""
_HANDSHAKE_S = 30.0
"""For a slow computer at a slow line; who says nothing must not keep a connection."""


class AddressError(Exception):
    """The address can't be listened on; its text is one line that says why."""


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
        raise AddressError(f"can't listen on {host}:{port}: no such address") from error
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
        taken = " (another program uses it)" if error.errno == errno.EADDRINUSE else ""
        raise AddressError(f"can't listen on {host}:{port}{taken}: {error.strerror}") from error
    return listener


def listen_from(host: str, first_port: int) -> socket.socket:
    """Listen on ``first_port``, or on the next one that is free."""
    for port in range(first_port, first_port + _PORTS_TRIED):
        try:
            return listen(host, port)
        except AddressError as error:
            last = error
    raise last


class _Handler(WSGIHandler):  # type: ignore[misc] # gevent has no types
    """Gives who sends a request the time it takes, and no more.

    A connection ends with the WebSocket that it was used for: what follows is not HTTP.
    """

    def read_requestline(self) -> str:
        with gevent.Timeout(STALL_S, TimeoutError("no request came")):
            return str(super().read_requestline())

    def read_request(self, raw_requestline: str) -> bool:
        with gevent.Timeout(HEAD_S, ValueError("the head of the request took too long")):
            return bool(super().read_request(raw_requestline))

    def _sendall(self, data: bytes) -> None:
        # Whoever takes an answer slowly, or has to wait for a disk first, is waited for.
        self.socket.settimeout(None)
        try:
            super()._sendall(data)
        finally:
            self.socket.settimeout(STALL_S)

    def handle_one_response(self) -> None:
        super().handle_one_response()
        if self.headers.get("Upgrade"):
            self.close_connection = True


class _Server(WSGIServer):  # type: ignore[misc] # the same
    """Lets go of who breaks off, or does not get through the handshake: no traceback for each."""

    handler_class = _Handler

    def handle(self, client_socket: socket.socket, address: object) -> None:
        client_socket.settimeout(STALL_S)
        try:
            super().handle(client_socket, address)
        except OSError as error:
            _log.debug("broken off by %s: %s", address, error)

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: object) -> None:
        try:
            with gevent.Timeout(_HANDSHAKE_S):
                secure = self.wrap_socket(client_socket, **self.ssl_args)
        except (OSError, gevent.Timeout) as error:
            _log.debug("no TLS with %s: %s", address, error)
            client_socket.close()
            return
        try:
            self.handle(secure, address)
        finally:
            secure.close()


class Server:
    """Answers requests with one app until it is told to stop, by a signal or by ``stop``."""

    def __init__(
        self, app: Flask, listener: socket.socket, context: ssl.SSLContext | None = None
    ) -> None:
        self._connections = gevent.pool.Pool(MAX_CONNECTIONS)
        secure = {} if context is None else {"ssl_context": context}
        self._server = _Server(
            listener, app, spawn=self._connections, log=None, error_log=_log, **secure
        )
        self._stopping = gevent.event.Event()

    def run(self, on_start: Callable[[], object], on_stop: Callable[[], object]) -> None:
        """Serve; ``on_start`` runs once requests are answered, ``on_stop`` while they still are.

        A second SIGTERM or Ctrl-C ends the process at once.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self._on_signal)
        self._server.start()
        on_start()
        self._stopping.wait()
        on_stop()
        self._server.stop(timeout=_LAST_ANSWERS_S)

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
