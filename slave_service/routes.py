"""The HTTP endpoints of a slave."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from protocol import options
from protocol.frames import FRAMES_TYPE, KEEP_ALIVE, encode_frame
from protocol.server.access_control import is_authenticated
from protocol.server.missing_files import why_no_files
from protocol.server.multipart_receiver import Form, Limits, receive
from protocol.task_types import DEFAULT_TASK_TYPE, TASK_TYPES, TaskType
from protocol.wire import (
    JSON_TYPE,
    PARTIAL_FIELD,
    Outcome,
    encode_outcome,
    json_bytes,
)
from protocol.wrong_address import SLAVE_IS_UP
from slave_service.workers.batch import Batch, in_upload_order, process_batch
from slave_service.workers.pool import Pool

blueprint = Blueprint("slave", __name__)

_MAX_QUEUED_PER_WORKER = 1000
"""Number of queued files for each worker from which the slave refuses further ones with 503."""
_LIMITS = Limits(file_bytes=2**62, request_bytes=2**63)
"""In effect no limits: the master enforces them, and a slave takes what the master accepted."""


@blueprint.get("/")
def index() -> Response:
    """Confirm that the slave is up."""
    return Response(SLAVE_IS_UP, mimetype="text/plain")


@blueprint.get("/check_status")
def check_status() -> Response:
    """Return the slave's status; its load only to authenticated callers."""
    status: dict[str, object] = {"status": "alive"}
    if is_authenticated():
        pool = _pool()
        status |= {"workers": pool.size, "running": pool.running, "waiting": pool.queued}
    return jsonify(status)


@blueprint.post("/get_task")
def get_task() -> Response:
    """Process the files of the request; the response sends a keep-alive in each idle second.

    It is one JSON object in upload order, or for a caller that accepts frames (``protocol.frames``)
    one frame for each outcome as soon as it is known.
    """
    pool = _pool()
    if current_app.config["STOPPING"].is_set():
        raise ServiceUnavailable("The slave is shutting down.")
    if pool.queued >= _MAX_QUEUED_PER_WORKER * pool.size:
        raise ServiceUnavailable("The slave is full: try again later.", retry_after=1)
    folder = Path(tempfile.mkdtemp(prefix="request-", dir=pool.folder))
    try:
        batch = _read_request(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    framed = request.accept_mimetypes.best == FRAMES_TYPE
    body = _as_frames(pool, batch) if framed else _as_object(pool, batch)
    return Response(_cleaned_up(body, folder), mimetype=FRAMES_TYPE if framed else JSON_TYPE)


def _pool() -> Pool:
    return cast(Pool, current_app.config["POOL"])


def _read_request(folder: Path) -> Batch:
    form = receive(
        request.stream, request.content_type or "", request.content_length, folder, _LIMITS
    )
    task = _task_type(form)
    uploads = [upload for upload in form.uploads if upload.field == task.form_field]
    if not uploads:
        raise BadRequest(why_no_files(task, form))
    partial = form.fields.get(PARTIAL_FIELD) == "1"
    return Batch(task, uploads, folder, partial, _options(form, task))


def _options(form: Form, task: TaskType) -> options.Options:
    try:
        values = options.parse(form.fields.get(options.FIELD, ""), task.options)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if lacking := options.features(values, task.options) - _pool().features:
        raise BadRequest(f"This slave can't do {options.described(task.name, lacking)}.")
    return values


def _task_type(form: Form) -> TaskType:
    name = form.fields.get("task_type", DEFAULT_TASK_TYPE)
    if name not in TASK_TYPES:
        raise BadRequest(f"Unknown task type: {name}")
    if name not in _pool().task_types:
        raise BadRequest(f"This slave does not do {name} (SLAVE_TASK_TYPES leaves it out).")
    return TASK_TYPES[name]


def _as_frames(pool: Pool, batch: Batch) -> Iterator[bytes]:
    for event in process_batch(pool, batch):
        if event is None:
            yield KEEP_ALIVE
        else:
            yield from encode_frame(*event)


def _as_object(pool: Pool, batch: Batch) -> Iterator[bytes]:
    before = b'{"results": ['
    for outcome in in_upload_order(process_batch(pool, batch)):
        if outcome is None:
            yield KEEP_ALIVE
        else:
            yield before + _entry(outcome, batch.task.result_key)
            before = b",\n"
    yield b"]}\n"


def _entry(outcome: Outcome, result_key: str) -> bytes:
    return json_bytes(encode_outcome(outcome, result_key))


def _cleaned_up(body: Iterator[bytes], folder: Path) -> Iterator[bytes]:
    """Yield from ``body``, then remove the folder, also where the server closes the generator.

    Windows does not remove a file that a worker still has open; the end of the slave removes it.
    """
    try:
        with contextlib.closing(body):  # type: ignore[type-var] # every body is a generator
            yield from body
    finally:
        shutil.rmtree(folder, ignore_errors=True)
