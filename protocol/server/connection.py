"""Handles one connection: its requests one after the other, its timeouts, and its end.

The class extends gevent's handler, which runs the application, with a stricter request parser,
errors as JSON, and limits in time and size for clients that send, read, or do neither.
"""

import contextlib
import errno
import json
import logging
import socket
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

import gevent
from gevent.pywsgi import OldMessage, WSGIHandler

from protocol.cooperative_yield import YieldTimer
from protocol.server.request_body import Body
from protocol.server.request_head import BadHead, read_head, read_line
from protocol.server.timeouts import Timeouts

_log = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BUFFER_BYTES = 16 * 1024
"""Small, since thousands of connections may be refused at the same time."""
_INTERNAL_ERROR = "An internal error; the program's log has the details."


def refusal_bytes(status: int, why: str) -> bytes:
    """Return a whole answer, sent without the application, after which the connection closes."""
    body = _error(why)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


class Handler(WSGIHandler):  # type: ignore[misc] # gevent has no types
    """Answers the requests of one connection.

    The connection closes after a WebSocket, whose data is not HTTP, and after a request that can't
    be read to its end, since the start of the next request is unknown.
    """

    response_headers: list[tuple[bytes, bytes]]
    _body: Body

    @property
    def _timeouts(self) -> Timeouts:
        return cast(Timeouts, self.server.timeouts)

    def handle(self) -> None:
        """Answer one request after the other."""
        yield_timer = YieldTimer()
        try:
            with contextlib.suppress(OSError):
                while self.handle_one_request():
                    # Pipelined requests have all arrived already, so no read would wait.
                    yield_timer.yield_if_due()
        finally:
            with contextlib.suppress(OSError):
                # Closing with unread bytes resets the connection, which may lose the last answer.
                self.socket._sock.recv(_BUFFER_BYTES)
            self.rfile.close()
            with contextlib.suppress(OSError):
                self.socket.close()

    def handle_one_request(self) -> bool:
        """Answer the next request; return whether another may follow."""
        try:
            return bool(super().handle_one_request())
        except BadHead as refusal:
            self._refuse(refusal)
            return False

    def read_requestline(self) -> str:
        """Return the next request line; empty if the client has closed the connection."""
        with gevent.Timeout(self._timeouts.idle_timeout_s, TimeoutError("no request arrived")):
            return read_line(self.rfile).decode("latin-1")

    def read_request(self, raw_requestline: str) -> bool:
        """Read the head that begins with this line, and set the attributes that gevent reads."""
        late = BadHead(408, "The head of the request took too long: send it again.")
        with gevent.Timeout(self._timeouts.head_timeout_s, late):
            head = read_head(raw_requestline.encode("latin-1"), self.rfile)
        self.command, self.path, self.request_version = head.method, head.target, head.version
        self.headers = OldMessage()
        for name, value in head.fields:
            self.headers[name] = value
        self.content_length = head.content_length
        self.close_connection = head.closes
        self._body = Body(self.rfile, head, self._send_continue, self._timeouts)
        return True

    def _handle_client_error(self, ex: Exception) -> None:
        if not isinstance(ex, OSError):
            raise ex
        _log.debug("connection with %s failed before a request: %s", self.client_address, ex)

    def get_environ(self) -> dict[str, Any]:
        """Return the WSGI environment of the request."""
        environ: dict[str, Any] = super().get_environ()
        environ["wsgi.input"] = self.wsgi_input = self._body
        environ["wsgi.input_terminated"] = True
        return environ

    def handle_one_response(self) -> None:
        """Let the application answer, then decide whether the connection stays open."""
        super().handle_one_response()
        is_taken_over = self.status is None  # by a WebSocket, which is closed by now
        if self.headers.get("Upgrade"):
            self.close_connection = True
        if not (self._body.is_at_end or is_taken_over):
            self.close_connection = True
            if not self._body.is_timed_out:
                self._drain()

    def _send_continue(self) -> None:
        self._sendall(_CONTINUE)
        self.response_length = 0  # the interim answer does not count

    # Answers

    def finalize_headers(self) -> None:
        """Add ``Connection: close`` if the server will close the connection."""
        super().finalize_headers()
        if self.headers.get("Upgrade") or not self._body.is_nearly_at_end:
            self.close_connection = True
        if self.close_connection and not self.connection_upgraded:
            others = [field for field in self.response_headers if field[0].lower() != b"connection"]
            self.response_headers = [*others, (b"Connection", b"close")]

    def _sendall(self, data: bytes | bytearray) -> None:
        # In pieces, since the socket's timeout applies to each call of ``send``.
        self.socket.settimeout(self._timeouts.write_timeout_s)
        left = memoryview(data)
        try:
            while left:
                left = left[self.socket.send(left) :]
        except OSError as error:
            # gevent does not log this exception as an error of the program.
            raise BrokenPipeError(errno.EPIPE, f"the client is gone: {error}") from error
        finally:
            self.socket.settimeout(self._timeouts.idle_timeout_s)
        self.response_length += len(data)

    def _refuse(self, refusal: BadHead) -> None:
        _log.debug("refused %s: %s", self.client_address, refusal)
        with contextlib.suppress(OSError):
            self._sendall(refusal_bytes(refusal.status, str(refusal)))
            if refusal.status != HTTPStatus.REQUEST_TIMEOUT:
                self._drain()

    def _drain(self) -> None:
        """Read and discard the body: most clients read the answer only after they have sent it."""
        timeouts = self._timeouts
        buffer = bytearray(_BUFFER_BYTES)
        left = timeouts.drain_bytes
        yield_timer = YieldTimer()
        with contextlib.suppress(OSError), gevent.Timeout(timeouts.drain_timeout_s, False):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(timeouts.drain_idle_s)
            while left > 0 and (read := self.socket.recv_into(buffer, min(left, len(buffer)))):
                left -= read
                yield_timer.yield_if_due()

    # Errors of the program

    def _send_error_response_if_possible(self, error_code: int) -> None:
        if self.response_length:
            self.close_connection = True
            return
        body = _error(_INTERNAL_ERROR)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        status = f"{error_code} {HTTPStatus(error_code).phrase}"
        with contextlib.suppress(OSError):
            self.close_connection = True
            self.start_response(status, headers)
            self.write(body)

    def _log_error(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType
    ) -> None:
        if not issubclass(kind, gevent.GreenletExit):
            exc_info: Any = (kind, error, trace)
            _log.error("%s %s failed", self.command, self.path, exc_info=exc_info)


def _error(text: str) -> bytes:
    return json.dumps({"error": text}).encode() + b"\n"
