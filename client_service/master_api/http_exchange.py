"""Sends requests over HTTP/1.1 and reads the answers, in steps, on connections that are kept.

It uses http.client, since the import of requests takes 0.15 s of CPU time: more than all else that
the client does for a hundred small files. What requests would do besides is little here: the
client follows no redirects, ignores proxies and cookies, and reads no compressed answers.
"""

import contextlib
import http.client
import ssl
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from protocol.http.bounded_response import BoundedResponse

_CONNECT_S = 10
_BLOCK_BYTES = 1 << 18
_MAX_REASON_CHARACTERS = 500
_MAX_PAUSE_S = 30.0
"""Servers refuse a body in which nothing comes for a while; the master, after a minute."""


class TransferError(Exception):
    """The connection failed; the cause is the exception of socket, ssl or http.client."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request sends after its head: the ``pieces``, then the ``end``."""

    kind: str
    """Its media type."""
    length: int
    """In bytes, with ``end``."""
    end: bytes
    pieces: Callable[[], Iterable[bytes]] = tuple
    """Returns the pieces anew for each try."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``path`` is encoded for a URL, and has the query."""

    method: str
    path: str
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Exchange:
    """One request that was begun, and its answer; made by ``HttpClient.begin``.

    Every method raises ``TransferError``. ``close`` is called in any case.
    """

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        request: Request,
        free: Callable[[http.client.HTTPConnection], None],
    ) -> None:
        self._connection = connection
        self._end = request.body.end if request.body else b""
        self._free = free
        self._broken: OSError | None = None
        self._response: http.client.HTTPResponse | None = None
        self._last_sent = time.monotonic()

    def send(self, data: bytes) -> None:
        """Send a piece of the body; after the server has stopped reading, do nothing."""
        if self._broken or not data:
            return
        with _translated():
            try:
                self._connection.send(data)
            except ConnectionError as error:
                # It may have answered before it stopped: that the files are too large, for example.
                self._broken = error
        self._last_sent = time.monotonic()

    def end(self) -> None:
        """Send the end of the body, unless that was done; fails after a long pause before it."""
        if self._end and time.monotonic() - self._last_sent > _MAX_PAUSE_S:
            raise TransferError("the request was not ended in time")
        self.send(self._end)
        self._end = b""

    def response(self, timeout_s: float) -> http.client.HTTPResponse:
        """Send the end, and return the answer as soon as its head is there."""
        self.end()
        with _translated():
            try:
                self._connection.sock.settimeout(timeout_s)
                self._response = self._connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise self._broken or error from error
            return self._response

    def blocks(self) -> Iterator[bytes]:
        """Yield the content of the answer as it arrives."""
        response = self._response
        if response is None:
            return
        while True:
            with _translated():
                block = response.read(_BLOCK_BYTES)
                # http.client reports this only of a content that is read in one call.
                if not block and response.length:
                    raise http.client.IncompleteRead(b"", response.length)
            if not block:
                return
            yield block

    def close(self) -> None:
        """Free the connection for other requests; reconnect for these if the answer has a rest."""
        if self._response is None or not self._response.isclosed():
            self._connection.close()
        self._free(self._connection)


class HttpClient:
    """Connections to one server, as many as there are exchanges at a time; all send ``headers``.

    ``authority`` is a file of CA certificates to trust instead of those that browsers trust. A
    server that takes no bytes for ``send_timeout_s`` ends the exchange.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str], send_timeout_s: float, authority: Path | None
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._is_secure = parts.scheme == "https"
        self._headers = headers
        self._send_timeout_s = send_timeout_s
        self._authority = authority
        self._context: ssl.SSLContext | None = None
        self._connections: list[http.client.HTTPConnection] = []
        self._idle: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close all connections, and so break off the exchanges that are under way."""
        for connection in self._connections:
            connection.close()

    def begin(self, request: Request) -> Exchange:
        """Send the head of the request; raises ``TransferError``."""
        connection = self._idle.pop() if self._idle else self._new_connection()
        exchange = Exchange(connection, request, self._idle.append)
        try:
            with _translated():
                if connection.sock is None:
                    connection.connect()
                # The timeout for connecting is short: a receiver that pauses for a few seconds in
                # the middle of a large file would end the request.
                connection.sock.settimeout(self._send_timeout_s)
                connection.putrequest(request.method, request.path)
                for name, value in self._all_headers(request).items():
                    connection.putheader(name, value)
                connection.endheaders()
        except BaseException:
            exchange.close()
            raise
        return exchange

    def _all_headers(self, request: Request) -> Mapping[str, str]:
        headers = {**self._headers, **request.headers}
        if request.body:
            headers["Content-Type"] = request.body.kind
        if request.body or request.method == "POST":
            headers["Content-Length"] = str(request.body.length if request.body else 0)
        return headers

    def _new_connection(self) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(
                self._host, self._port, timeout=_CONNECT_S, context=self._trusted()
            )
            if self._is_secure
            else http.client.HTTPConnection(self._host, self._port, timeout=_CONNECT_S)
        )
        connection.response_class = BoundedResponse
        self._connections.append(connection)
        return connection

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            # The same authorities on every system, and those that requests trusts.
            import certifi

            self._context = ssl.create_default_context(cafile=self._authority or certifi.where())
        return self._context


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        # Many texts of http.client are but a line of the answer.
        kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
        raise TransferError(f"{kind}{error}"[:_MAX_REASON_CHARACTERS]) from error
    except UnicodeError as error:
        raise TransferError("the host has no valid name") from error
