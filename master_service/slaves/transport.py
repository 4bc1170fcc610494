"""Exchanges HTTP requests with slaves, and translates the errors of ``requests``.

TransportError
├── SlaveFull      the slave is full
├── ConnectionLost the slave can't be reached, or stopped answering
└── InvalidAnswer  the slave's answer is invalid
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import requests
from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from master_service.engine import InputFile
from master_service.slaves.reachability import not_a_slave, why_unreachable
from protocol.cooperative_yield import YieldTimer
from protocol.frames import FRAMES_TYPE, decode_frames
from protocol.http_client import new_session, read_prefix
from protocol.options import FIELD as OPTIONS_FIELD
from protocol.options import Options
from protocol.task_types import TaskType
from protocol.tls import certificate_problem
from protocol.wire import (
    MAX_ANSWER_BYTES,
    PARTIAL_FIELD,
    LazyFile,
    Outcome,
    SourceChanged,
    WireError,
    decode_answer,
    json_bytes,
    root_cause,
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
        self._timeout_s = (_CONNECT_TIMEOUT_S, timeout_s)
        self._url_of = url_of
        # A session for each exchange: the slave may be closing a connection that was kept open,
        # which would look like a dead slave.
        self._new_session = partial(new_session, token, timeout_s, authority)

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
        _check_sources(batch_request)
        body = _body(batch_request)
        monitored_body = MultipartEncoderMonitor(
            body, lambda _: _raise_if_cancelled(is_in_progress)
        )
        headers = {"Content-Type": body.content_type, "Accept": f"{FRAMES_TYPE}, application/json"}
        try:
            with (
                self._new_session() as session,
                session.post(
                    f"{self._url(slave)}/get_task",
                    data=monitored_body,
                    headers=headers,
                    timeout=self._timeout_s,
                    stream=True,
                ) as response,
            ):
                yield from _read_outcomes(response, batch_request, is_in_progress)
        except requests.RequestException as error:
            raise ConnectionLost(certificate_problem(error) or root_cause(error)) from error
        except WireError as error:
            raise InvalidAnswer(str(error)) from error

    def _url(self, slave: str) -> str:
        url = self._url_of(slave)
        if url is None:
            # No URL is guessed: the slave may have been one that is called over TLS only.
            raise ConnectionLost("the slave is not registered any more")
        return url


def _check_sources(batch_request: BatchRequest) -> None:
    """Raise ``SourceChanged`` for a file that is missing or has another size, before sending."""
    for input_file in batch_request.inputs:
        try:
            is_whole = input_file.path.stat().st_size == input_file.size
        except OSError:
            is_whole = False
        if not is_whole:
            raise SourceChanged(input_file.path, "is no longer what was uploaded")


def _raise_if_cancelled(is_in_progress: Callable[[], bool]) -> None:
    if not is_in_progress():
        raise ConnectionLost("cancelled: the master no longer needs this batch from this slave")


def _chunks(response: requests.Response, is_in_progress: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the body in chunks; check ``is_in_progress`` at each one.

    The slave sends at least a blank line every second. A slave that always has more to send does
    not keep other greenlets from running.
    """
    yield_timer = YieldTimer()
    for chunk in response.iter_content(_CHUNK_BYTES):
        _raise_if_cancelled(is_in_progress)
        yield_timer.yield_if_due()
        yield chunk


def _read_all(chunks: Iterable[bytes]) -> bytearray:
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > MAX_ANSWER_BYTES:
            raise WireError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
    return whole


def _read_outcomes(
    response: requests.Response, batch_request: BatchRequest, is_in_progress: Callable[[], bool]
) -> Iterator[tuple[int, Outcome] | None]:
    if response.status_code == requests.codes.service_unavailable:
        raise SlaveFull("the slave is full")
    if response.status_code >= requests.codes.internal_server_error:
        # The slave's own error (a full disk, say), for which the files can't be blamed.
        raise ConnectionLost(_error_text(response))
    if response.status_code != requests.codes.ok:
        raise InvalidAnswer(_error_text(response))
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise InvalidAnswer("the answer is compressed, which the master did not ask for")
    yield None
    key, expected = batch_request.task.result_key, len(batch_request.inputs)
    chunks = _chunks(response, is_in_progress)
    if response.headers.get("Content-Type", "").startswith(FRAMES_TYPE):
        yield from decode_frames(chunks, expected)
    else:
        yield from enumerate(decode_answer(_read_all(chunks), key, expected))


def _error_text(response: requests.Response) -> str:
    prefix = read_prefix(response, _ERROR_TEXT_BYTES).decode(errors="replace")
    return f"HTTP {response.status_code}: {prefix!r}"


def _body(batch_request: BatchRequest) -> MultipartEncoder:
    fields: list[tuple[str, Any]] = [("task_type", batch_request.task.name)]
    if batch_request.task.merge_module is not None:
        fields.append((PARTIAL_FIELD, "1"))
    if batch_request.options:
        fields.append((OPTIONS_FIELD, json_bytes(batch_request.options)))
    fields += _file_fields(batch_request.task.form_field, batch_request.inputs)
    return MultipartEncoder(fields)


def _file_fields(form_field: str, inputs: Iterable[InputFile]) -> Iterator[tuple[str, Any]]:
    for input_file in inputs:
        source = LazyFile(input_file.path, input_file.size)
        yield form_field, (input_file.filename, source, "application/octet-stream")
