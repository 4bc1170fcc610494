"""Sends the progress of a job through a WebSocket."""

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Blueprint, request
from flask_sock import Sock
from simple_websocket import Server

from master_service.api.app_context import app_context
from master_service.api.jobs import current_overview
from master_service.api.models.fields import JobId
from master_service.api.operation import Answer, operation
from master_service.errors import InvalidRequest

blueprint = Blueprint("job_events", __name__)
sock = Sock()

_HANDSHAKE = re.compile(r"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in Base64."""
_NO_HANDSHAKE = "This is not a WebSocket handshake (RFC 6455, version 13)."
_MIN_INTERVAL_S = 0.1
"""The interval between two messages, in seconds; changes in between are sent with the next."""


@blueprint.before_request
def check_handshake() -> None:
    """Refuse an invalid handshake while the answer can still be an HTTP error."""
    if request.endpoint != "job_events.events":
        return
    app_context().service.job(str((request.view_args or {})["job_id"]))
    version = request.headers.get("Sec-WebSocket-Version")
    if version != "13" or not _HANDSHAKE.fullmatch(request.headers.get("Sec-WebSocket-Key", "")):
        raise InvalidRequest(_NO_HANDSHAKE)


@blueprint.get("/jobs/<job_id>/events")
@operation(
    "watch_job",
    "jobs",
    answers={101: Answer("The WebSocket is open.")},
    errors=(404,),
    bad_request=_NO_HANDSHAKE,
)
def no_events(job_id: JobId) -> NoReturn:
    """Open a WebSocket that sends a JobOverview as JSON: the present one first, then at each
    change, ten a second at most, and the last one always.
    """
    # Handshakes go to ``events``; this is a plain GET.
    app_context().service.job(job_id)
    raise InvalidRequest(
        f"A job's events come through a WebSocket: without one, poll /jobs/{job_id}."
    )


@sock.route("/jobs/<job_id>/events", bp=blueprint)  # type: ignore[untyped-decorator] # no types
def events(socket: Server, job_id: str) -> None:
    """Send the job's overview at each change until it is over; less often to a slow client."""
    service = app_context().service
    # ``send`` alone may send only the beginning of a message.
    socket.sock = _SerializedSends(socket.sock)
    last_sent: Mapping[str, object] = {}
    # Some clients lose a message that arrives together with the handshake's answer.
    time.sleep(_MIN_INTERVAL_S / 2)
    while True:
        job = service.job(job_id)
        # Read before sending: the job may end while a slow client receives the message.
        is_over, running_job = job.is_over, service.runner.running_job(job_id)
        overview = current_overview(job)
        if overview != last_sent:
            service.store.ledger.sync()
            socket.send(json.dumps(overview))
            last_sent = overview
        if is_over or (running_job and running_job.stopped) or not socket.connected:
            return
        # Messages of the client are discarded, so that they don't accumulate.
        socket.input_buffer.clear()
        time.sleep(_MIN_INTERVAL_S)


class _SerializedSends:
    """A socket whose ``send`` sends all of its data, under a lock."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 (whichever the server has)
        self._sock = sock
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        with self._lock:  # pings come from another thread
            self._sock.sendall(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (all else is the socket's own)
        return getattr(self._sock, name)
