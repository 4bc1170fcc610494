"""The calls about jobs: HTTP in, JSON out, no policy."""

import json
import re
import threading
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from flask_sock import Sock
from simple_websocket import Server

from master_service import zipping
from master_service.errors import BadRequestPart, NoSuchThing
from master_service.jobs import Job
from master_service.parts import parts
from master_service.progress import entry, head
from master_service.reading import claim_of, file_state, json_body, page, received_form

blueprint = Blueprint("jobs", __name__)
sock = Sock()

_HANDSHAKE = re.compile(r"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in Base64."""
_MOST_FILES = 10_000
_MOST_JOBS = 1000
_EVENT_S = 0.1
"""Ten messages a second; what happens in between is told by the next one."""


@blueprint.post("/jobs")
def open_job() -> ResponseReturnValue:
    """Make a job that takes files in as many requests as it needs."""
    body = json_body()
    if not isinstance(body, dict) or not isinstance(body.get("task_type"), str):
        raise BadRequestPart('The body must be JSON with a task_type: {"task_type": "text"}.')
    job_id = parts().service.open(body["task_type"], claim_of(body=body))
    return _named(job_id), 201, {"Location": _url(job_id)}


@blueprint.post("/jobs/<job_id>/files")
def add_files(job_id: str) -> ResponseReturnValue:
    """Take files of an open job; they are safe once this is answered."""
    service = parts().service
    if "Idempotency-Key" not in request.headers:
        service.check_open(job_id)  # before a large body is read
    with received_form(new_job=False) as form:
        return jsonify(indexes=service.add_files(job_id, form, claim_of(form)))


@blueprint.post("/jobs/<job_id>/start")
def start(job_id: str) -> ResponseReturnValue:
    """Let an open job begin."""
    parts().service.start(job_id)
    return accepted(job_id)


@blueprint.get("/jobs")
def jobs() -> ResponseReturnValue:
    """Return jobs without their files, the newest first."""
    offset, limit = page(100, _MOST_JOBS)
    found = parts().service.store.ledger.jobs(offset, limit)
    return jsonify(jobs=[_head(job) for job in found])


@blueprint.get("/jobs/<job_id>")
def job(job_id: str) -> ResponseReturnValue:
    """Return a job and a page of the ledger of its files."""
    service = parts().service
    (offset, limit), state, code = page(1000, _MOST_FILES), file_state(), request.args.get("code")
    found = _head(service.job(job_id))
    files = service.store.ledger.files(job_id, offset, limit, state, code) if limit else []
    return jsonify(found | {"files": [entry(file) for file in files]})


@blueprint.get("/jobs/<job_id>/slaves")
def slaves(job_id: str) -> ResponseReturnValue:
    """Say how many of a job's files each slave has done."""
    service = parts().service
    job_id = service.job(job_id).job_id
    return jsonify(job_id=job_id, done_files=service.store.ledger.done_by(job_id))


@blueprint.get("/jobs/<job_id>/failures")
def failures(job_id: str) -> ResponseReturnValue:
    """Say how many of a job's files failed in which way."""
    service = parts().service
    job_id = service.job(job_id).job_id
    return jsonify(job_id=job_id, failed_files=service.store.ledger.failed_by_code(job_id))


@blueprint.delete("/jobs/<job_id>")
def cancel(job_id: str) -> ResponseReturnValue:
    """End a job early; one that is over stays as it is."""
    return jsonify(_head(parts().service.cancel(job_id)))


@blueprint.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> ResponseReturnValue:
    """Make a new job of the failed files of one that is over."""
    new_id = parts().service.retry(job_id, claim_of())
    return _named(new_id), 201, {"Location": _url(new_id)}


@blueprint.post("/jobs/<job_id>/drop")
def drop(job_id: str) -> ResponseReturnValue:
    """Take a job from one slave, which goes on with every other."""
    body = json_body()
    if not isinstance(body, dict) or not isinstance(body.get("slave"), str):
        raise BadRequestPart('The body must be JSON with a slave: {"slave": "ip:port"}.')
    moved = parts().service.drop(job_id, body["slave"])
    return jsonify(job_id=job_id, slave=body["slave"], files_moved=moved)


@blueprint.get("/jobs/<job_id>/inputs/<int:index>")
def job_input(job_id: str, index: int) -> ResponseReturnValue:
    """Return what was uploaded."""
    file, path = parts().service.input(job_id, index)
    # Somebody else's upload is never to be run or shown as a page of this master.
    answer = send_file(
        path, "application/octet-stream", as_attachment=True, download_name=_plain(file.filename)
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/jobs/<job_id>/results.zip")
def results_zip(job_id: str) -> ResponseReturnValue:
    """Return all results of a job that are there by now, while they are put together."""
    service, results = parts().service, parts().results
    found = service.job(job_id)
    # Files of the same content have one result between them.
    saved = dict.fromkeys(file.saved_file for file in service.files(found) if file.saved_file)
    located = (results.locate(path) for path in saved)
    answer = Response(zipping.stream(located, found.created_at), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job_id}.zip"'
    return answer


@blueprint.get("/results/<task_type>/<name>")
def result(task_type: str, name: str) -> ResponseReturnValue:
    """Return one result."""
    path = parts().results.find(task_type, name)
    if path is None:
        raise NoSuchThing(f"There is no result {name} of {task_type}.")
    answer = send_file(path)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.before_request
def check_handshake() -> None:
    """Refuse what can't become a WebSocket while the answer can still be an HTTP error."""
    if request.endpoint != "jobs.events":
        return
    parts().service.job(str((request.view_args or {})["job_id"]))
    version = request.headers.get("Sec-WebSocket-Version")
    if version != "13" or not _HANDSHAKE.fullmatch(request.headers.get("Sec-WebSocket-Key", "")):
        raise BadRequestPart("This handshake is none of a WebSocket (RFC 6455, version 13).")


@blueprint.get("/jobs/<job_id>/events")
def no_events(job_id: str) -> ResponseReturnValue:
    """Tell who comes without a WebSocket what to do."""
    parts().service.job(job_id)
    raise BadRequestPart(
        f"A job's events come through a WebSocket: without one ask for {_url(job_id)} at times."
    )


@sock.route("/jobs/<job_id>/events", bp=blueprint)  # type: ignore[untyped-decorator] # no types
def events(socket: Server, job_id: str) -> None:
    """Tell how a job goes until it is over; who listens slowly is told less often."""
    service = parts().service
    # A message that finds half of the room it needs must wait, not be cut off.
    socket.sock = _WholeSends(socket.sock)
    said: dict[str, object] = {}
    # Some clients overlook a message that comes in one piece with the handshake's answer.
    time.sleep(_EVENT_S / 2)
    while True:
        job = service.job(job_id)
        # Before the message: the job may end while a slow listener takes it.
        over, live = job.is_over, service.runner.live(job_id)
        news = _head(job)
        if news != said:
            socket.send(json.dumps(news))
            said = news
        if over or (live and live.stopped) or not socket.connected:
            return
        # What a watcher says is of no interest, and must not pile up.
        socket.input_buffer.clear()
        time.sleep(_EVENT_S)


class _WholeSends:
    """A socket whose ``send`` sends everything, and one message after the other."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 (whichever the server has)
        self._sock = sock
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        with self._lock:  # pings come from another thread
            self._sock.sendall(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (all else is the socket's own)
        return getattr(self._sock, name)


def accepted(job_id: str) -> ResponseReturnValue:
    """Answer that a job goes on without the caller."""
    return _named(job_id), 202, {"Location": _url(job_id)}


def _named(job_id: str) -> Response:
    return jsonify(job_id=job_id, status_url=_url(job_id))


def _url(job_id: str) -> str:
    return f"/jobs/{job_id}"


def _head(job: Job) -> dict[str, object]:
    service = parts().service
    live = service.runner.live(job.job_id)
    if live is None:
        return head(job)
    return head(live.job, live.rate(), service.waiting_for(live))


def _plain(filename: str) -> str:
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(letter if letter.isprintable() else "_" for letter in last) or "file"
