"""Tells who listens, through a WebSocket, how a job goes."""

import json
import re
import threading
import time
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_sock import Sock
from simple_websocket import Server

from master_service.api.app_context import app_context
from master_service.api.jobs import current_overview
from master_service.errors import InvalidRequest

blueprint = Blueprint("job_events", __name__)
sock = Sock()

_HANDSHAKE = re.compile(r"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in Base64."""
_MIN_INTERVAL_S = 0.1
"""Ten messages a second; what happens in between is told by the next one."""


@blueprint.before_request
def check_handshake() -> None:
    """Refuse what can't become a WebSocket while the answer can still be an HTTP error."""
    if request.endpoint != "job_events.events":
        return
    app_context().service.job(str((request.view_args or {})["job_id"]))
    version = request.headers.get("Sec-WebSocket-Version")
    if version != "13" or not _HANDSHAKE.fullmatch(request.headers.get("Sec-WebSocket-Key", "")):
        raise InvalidRequest("This handshake is none of a WebSocket (RFC 6455, version 13).")


@blueprint.get("/jobs/<job_id>/events")
def no_events(job_id: str) -> ResponseReturnValue:
    """Tell who comes without a WebSocket what to do."""
    app_context().service.job(job_id)
    raise InvalidRequest(
        f"A job's events come through a WebSocket: without one ask for /jobs/{job_id} at times."
    )


@sock.route("/jobs/<job_id>/events", bp=blueprint)  # type: ignore[untyped-decorator] # no types
def events(socket: Server, job_id: str) -> None:
    """Tell how a job goes until it is over; who listens slowly is told less often."""
    service = app_context().service
    # A message that finds half of the room it needs must wait, not be cut off.
    socket.sock = _SerializedSends(socket.sock)
    last_sent: dict[str, object] = {}
    # Some clients overlook a message that comes in one piece with the handshake's answer.
    time.sleep(_MIN_INTERVAL_S / 2)
    while True:
        job = service.job(job_id)
        # Before the message: the job may end while a slow listener takes it.
        is_over, running_job = job.is_over, service.runner.running_job(job_id)
        overview = current_overview(job)
        if overview != last_sent:
            socket.send(json.dumps(overview))
            last_sent = overview
        if is_over or (running_job and running_job.stopped) or not socket.connected:
            return
        # What a watcher says is of no interest, and must not pile up.
        socket.input_buffer.clear()
        time.sleep(_MIN_INTERVAL_S)


class _SerializedSends:
    """A socket whose ``send`` sends everything, and one message after the other."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 (whichever the server has)
        self._sock = sock
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        with self._lock:  # pings come from another thread
            self._sock.sendall(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (all else is the socket's own)
        return getattr(self._sock, name)
