"""Exchanges HTTP requests with slaves, and translates the errors of the HTTP clients.

TransportError
├── SlaveFull      the slave is full
├── ConnectionLost the slave can't be reached, or stopped answering
└── InvalidAnswer  the slave's answer is invalid
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from pathlib import Path

import requests

from master_service.engine import InputFile
from master_service.slaves.connections import ConnectionClosed, Connections, SlaveConnection
from master_service.slaves.form_body import FormBody, check_size
from master_service.slaves.reachability import not_a_slave, why_unreachable
from protocol.cooperative_yield import YieldTimer
from protocol.frames import FRAMES_TYPE, decode_frames
from protocol.http.bounded_response import BoundedResponse
from protocol.http.sessions import new_session
from protocol.options import FIELD as OPTIONS_FIELD
from protocol.options import Options
from protocol.task_types import TaskType
from protocol.tls import certificate_problem
from protocol.wire import (
    MAX_ANSWER_BYTES,
    PARTIAL_FIELD,
    DataSink,
    Outcome,
    SourceChanged,
    WireError,
    bearer,
    decode_answer,
    json_bytes,
    one_line,
)

_CONNECT_TIMEOUT_S = 5
_CHUNK_BYTES = 256 * 1024
_ERROR_TEXT_BYTES = 200


class TransportError(Exception):
    """An exchange with a slave failed."""


class SlaveFull(TransportError):
    """The slave is full."""


class ConnectionLost(TransportError):
    """The slave can't be reached, or stopped answering."""


class InvalidAnswer(TransportError):
    """The slave's answer is invalid."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """The files of one request to a slave."""

    task: TaskType
    inputs: Sequence[InputFile]
    options: Options = field(default_factory=dict)
    new_sink: Callable[[], DataSink] | None = None
    """Returns where the bytes of a large result go; without it, they are held in memory."""


class Transport:
    """The HTTP client for slaves.

    A slave that sends nothing for ``timeout_s`` counts as dead. ``url_of`` returns the URL of a
    slave ("ip:port"), or None. ``authority`` is the file of the certificate authority that signs
    the slaves' certificates.
    """

    def __init__(
        self,
        token: str | None,
        timeout_s: float,
        url_of: Callable[[str], str | None],
        authority: Path | None = None,
    ) -> None:
        self._url_of = url_of
        self._new_session = partial(new_session, token, timeout_s, authority)
        self._connections = Connections(timeout_s, authority)
        fields = {
            "Accept": f"{FRAMES_TYPE}, application/json",
            # No program of a cluster compresses answers; one could unpack to 1,000 times its size.
            "Accept-Encoding": "identity",
        }
        self._fields = "".join(f"{n}: {value}\r\n" for n, value in (fields | bearer(token)).items())

    def close_long_idle(self) -> None:
        """Close the connections that have been idle for long."""
        self._connections.close_long_idle()

    def close_idle(self, slave: str | None = None) -> None:
        """Close the idle connections to a slave ("ip:port"), or to all slaves."""
        self._connections.close_idle(slave)

    def check_status(self, slave: str) -> None:
        """Call the slave ("ip:port"); raise ``ConnectionLost``, with a remedy, if that fails."""
        try:
            with self._new_session() as session:
                url = f"{self._url(slave)}/check_status"
                # Streamed: only the status is needed, and the body may be endless.
                with session.get(url, timeout=_CONNECT_TIMEOUT_S, stream=True) as response:
                    status = response.status_code
        except requests.RequestException as error:
            raise ConnectionLost(why_unreachable(slave, error)) from error
        if not requests.codes.ok <= status < requests.codes.multiple_choices:
            raise ConnectionLost(not_a_slave(slave, status))

    def process(
        self, slave: str, batch_request: BatchRequest, is_in_progress: Callable[[], bool]
    ) -> Iterator[tuple[int, Outcome | None] | None]:
        """Send the files and yield position and outcome of each as it is answered.

        The outcome is None for a file that the master can't read. A None instead of the pair means
        that the slave has accepted the files and begun to answer.

        Raises a ``TransportError`` when the exchange fails; outcomes yielded before remain valid.
        When ``is_in_progress`` turns false, closes the connection and raises ``ConnectionLost``.
        """
        remaining = list(range(len(batch_request.inputs)))
        while remaining:
            readable = replace(
                batch_request, inputs=[batch_request.inputs[position] for position in remaining]
            )
            try:
                for answered in self._exchange(slave, readable, is_in_progress):
                    yield answered and (remaining[answered[0]], answered[1])
            except SourceChanged as error:
                # A slave answers complete requests only, so that none of these files is answered.
                unreadable = [input_file.path for input_file in readable.inputs].index(error.path)
                yield remaining.pop(unreadable), None
            else:
                return

    def _exchange(
        self, slave: str, batch_request: BatchRequest, is_in_progress: Callable[[], bool]
    ) -> Iterator[tuple[int, Outcome] | None]:
        for input_file in batch_request.inputs:
            check_size(input_file)
        try:
            connection, response = self._request(
                slave, _body(batch_request), partial(_raise_if_cancelled, is_in_progress)
            )
            is_kept = False
            try:
                yield from _read_outcomes(response, batch_request, is_in_progress)
                is_at_end = response.isclosed() or response.length == 0
                is_kept = is_at_end and not response.will_close
            finally:
                response.close()
                if not is_kept:
                    connection.close()
            if is_kept:
                self._connections.keep(connection)
        except (OSError, HTTPException) as error:
            raise ConnectionLost(certificate_problem(error) or _described(error)) from error
        except WireError as error:
            raise InvalidAnswer(str(error)) from error

    def _request(
        self, slave: str, body: FormBody, check: Callable[[], None]
    ) -> tuple[SlaveConnection, BoundedResponse]:
        """Send the request and return the connection with the head of the answer.

        A slave may close a kept connection at any moment: the request is then sent once more, on a
        new one. It has no answer yet, and processing a file twice does no harm.
        """
        url = self._url(slave)
        head = self._head(url, body)
        connection = self._connections.take(slave, url)
        try:
            return connection, _sent(connection, head, body, check)
        except ConnectionClosed:
            connection = self._connections.open(slave, url)
            return connection, _sent(connection, head, body, check)

    def _head(self, url: str, body: FormBody) -> bytes:
        host = url.partition("://")[2].rstrip("/")
        return (
            f"POST /get_task HTTP/1.1\r\nHost: {host}\r\n{self._fields}"
            f"Content-Type: {body.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode("latin-1")

    def _url(self, slave: str) -> str:
        url = self._url_of(slave)
        if url is None:
            # No URL is guessed: the slave may have been one that is called over TLS only.
            raise ConnectionLost("the slave is not registered any more")
        return url


def _sent(
    connection: SlaveConnection, head: bytes, body: FormBody, check: Callable[[], None]
) -> BoundedResponse:
    """Send the request and return the head of the answer; close the connection on an error."""
    try:
        connection.send(head, body.pieces(), check)
        return connection.receive()
    except BaseException:
        connection.close()
        raise


def _raise_if_cancelled(is_in_progress: Callable[[], bool]) -> None:
    if not is_in_progress():
        raise ConnectionLost("cancelled: the master no longer needs this batch from this slave")


def _chunks(response: BoundedResponse, is_in_progress: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the body in chunks; check ``is_in_progress`` at each one.

    The slave sends at least a blank line every second. A slave that always has more to send does
    not keep other greenlets from running.
    """
    yield_timer = YieldTimer()
    while chunk := response.read1(_CHUNK_BYTES):
        _raise_if_cancelled(is_in_progress)
        yield_timer.yield_if_due()
        yield chunk
    if response.length:
        # http.client takes the end of the connection for the end of the answer.
        raise IncompleteRead(b"", response.length)


def _read_all(chunks: Iterable[bytes]) -> bytearray:
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > MAX_ANSWER_BYTES:
            raise WireError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
    return whole


def _read_outcomes(
    response: BoundedResponse, batch_request: BatchRequest, is_in_progress: Callable[[], bool]
) -> Iterator[tuple[int, Outcome] | None]:
    if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise SlaveFull("the slave is full")
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The slave's own error (a full disk, say), for which the files can't be blamed.
        raise ConnectionLost(_error_text(response))
    if response.status != HTTPStatus.OK:
        raise InvalidAnswer(_error_text(response))
    if response.getheader("Content-Encoding", "identity") != "identity":
        raise InvalidAnswer("the answer is compressed, which the master did not ask for")
    yield None
    key, expected = batch_request.task.result_key, len(batch_request.inputs)
    chunks = _chunks(response, is_in_progress)
    if response.getheader("Content-Type", "").startswith(FRAMES_TYPE):
        yield from decode_frames(chunks, expected, batch_request.new_sink)
    else:
        yield from enumerate(decode_answer(_read_all(chunks), key, expected))


def _error_text(response: BoundedResponse) -> str:
    prefix = response.read(_ERROR_TEXT_BYTES).decode(errors="replace")
    return f"HTTP {response.status}: {prefix!r}"


def _described(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__)


def _body(batch_request: BatchRequest) -> FormBody:
    fields = [("task_type", batch_request.task.name.encode())]
    if batch_request.task.merge_module is not None:
        fields.append((PARTIAL_FIELD, b"1"))
    if batch_request.options:
        fields.append((OPTIONS_FIELD, json_bytes(batch_request.options)))
    return FormBody(fields, batch_request.task.form_field, batch_request.inputs)
