"""The calls about jobs: HTTP in, JSON out, no policy."""

import re

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue

from master_service.api import results_archive
from master_service.api.app_context import app_context
from master_service.api.job_json import file_entry, overview
from master_service.api.request_parsing import (
    file_state,
    id_prefix,
    idempotency_key_of,
    json_body,
    page,
    received_form,
)
from master_service.errors import InvalidRequest, NotFound
from master_service.jobs.ledger_rows import COMBINED
from master_service.jobs.model import Job

blueprint = Blueprint("jobs", __name__)

_BYTES = "application/octet-stream"
_MAX_FILES = 10_000
_MAX_JOBS = 1000


@blueprint.post("/jobs")
def open_job() -> ResponseReturnValue:
    """Create an open job, which receives its files in further requests."""
    body = json_body()
    if not isinstance(body, dict) or not isinstance(body.get("task_type"), str):
        raise InvalidRequest('The body must be JSON with a task_type: {"task_type": "text"}.')
    job_id = app_context().service.open(body["task_type"], idempotency_key_of(body=body))
    return _job_reference(job_id), 201, {"Location": _url(job_id)}


@blueprint.post("/jobs/<job_id>/files")
def add_files(job_id: str) -> ResponseReturnValue:
    """Add files to an open job; they are stored when the answer is sent."""
    service = app_context().service
    if "Idempotency-Key" not in request.headers:
        service.check_open(job_id)  # before reading a large body
    with received_form(new_job=False) as form:
        return jsonify(indexes=service.add_files(job_id, form, idempotency_key_of(form)))


@blueprint.post("/jobs/<job_id>/start")
def start(job_id: str) -> ResponseReturnValue:
    """Start an open job."""
    app_context().service.start(job_id)
    return accepted(job_id)


@blueprint.get("/jobs")
def jobs() -> ResponseReturnValue:
    """Return a page of jobs without their files, newest first."""
    offset, limit = page(100, _MAX_JOBS)
    found = app_context().service.store.ledger.jobs(offset, limit, id_prefix())
    return jsonify(jobs=[current_overview(job) for job in found])


@blueprint.get("/jobs/<job_id>")
def job(job_id: str) -> ResponseReturnValue:
    """Return a job and a page of its files."""
    service = app_context().service
    (offset, limit), state, code = page(1000, _MAX_FILES), file_state(), request.args.get("code")
    found = current_overview(service.job(job_id))
    files = service.store.ledger.files(job_id, offset, limit, state, code) if limit else []
    return jsonify(found | {"files": [file_entry(file) for file in files]})


@blueprint.get("/jobs/<job_id>/slaves")
def slaves(job_id: str) -> ResponseReturnValue:
    """Return how many of a job's files each slave has done, and its rate while it had some."""
    service = app_context().service
    job_id = service.job(job_id).job_id
    running_job, ledger = service.runner.running_job(job_id), service.store.ledger
    if running_job:
        speeds, together = running_job.throughput.by_slave(), running_job.throughput.combined()
    else:
        speeds = ledger.speeds(job_id)
        together = speeds.pop(COMBINED, (0, 0.0))
    return jsonify(
        job_id=job_id,
        by_slave=ledger.done_by_slave(job_id),
        files_per_second={slave: _rate(*speed) for slave, speed in speeds.items()},
        together=_rate(*together),
    )


def _rate(files: int, seconds: float) -> float:
    return round(files / max(seconds, 0.001), 3)


@blueprint.get("/jobs/<job_id>/failures")
def failures(job_id: str) -> ResponseReturnValue:
    """Return how many of a job's files failed, by code."""
    service = app_context().service
    job_id = service.job(job_id).job_id
    return jsonify(job_id=job_id, by_code=service.store.ledger.failed_by_code(job_id))


@blueprint.delete("/jobs/<job_id>")
def cancel(job_id: str) -> ResponseReturnValue:
    """Cancel a job; one that is over stays unchanged."""
    return jsonify(current_overview(app_context().service.cancel(job_id)))


@blueprint.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> ResponseReturnValue:
    """Start a new job of the failed files of one that is over."""
    new_id = app_context().service.retry(job_id, idempotency_key_of())
    return _job_reference(new_id), 201, {"Location": _url(new_id)}


@blueprint.post("/jobs/<job_id>/drop")
def drop(job_id: str) -> ResponseReturnValue:
    """Exclude a slave from a job; the other slaves continue."""
    body = json_body()
    if not isinstance(body, dict) or not isinstance(body.get("slave"), str):
        raise InvalidRequest('The body must be JSON with a slave: {"slave": "ip:port"}.')
    moved = app_context().service.drop(job_id, body["slave"])
    return jsonify(job_id=job_id, slave=body["slave"], files_moved=moved)


@blueprint.get("/jobs/<job_id>/inputs/<int:index>")
def job_input(job_id: str, index: int) -> ResponseReturnValue:
    """Return an uploaded file."""
    file, path = app_context().service.input(job_id, index)
    # Uploads are untrusted: a browser must save them, never show or run them.
    answer = send_file(
        path, _BYTES, as_attachment=True, download_name=_download_name(file.filename)
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/jobs/<job_id>/results.zip")
def results_zip(job_id: str) -> ResponseReturnValue:
    """Return the results that a job has so far, in folders, with a manifest."""
    service = app_context().service
    found = service.job(job_id)
    archive = results_archive.stream(
        found, lambda: service.files(found), app_context().results.locate
    )
    answer = Response(archive, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job_id}.zip"'
    return _with_accepted_type(answer)


@blueprint.get("/results/<task_type>/<name>")
def result(task_type: str, name: str) -> ResponseReturnValue:
    """Return the file of one result."""
    path = app_context().results.find(task_type, name)
    if path is None:
        raise NotFound(f"There is no result {name} of {task_type}.")
    answer = send_file(path)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return _with_accepted_type(answer)


def accepted(job_id: str) -> ResponseReturnValue:
    """Return the 202 that names a job which runs in the background."""
    return _job_reference(job_id), 202, {"Location": _url(job_id)}


def _with_accepted_type(answer: Response) -> Response:
    """Set ``application/octet-stream`` where ``Accept`` prefers it to the answer's own type."""
    own = answer.mimetype or _BYTES
    answer.mimetype = request.accept_mimetypes.best_match((own, _BYTES), own)
    answer.vary.add("Accept")
    return answer


def _job_reference(job_id: str) -> Response:
    return jsonify(job_id=job_id, status_url=_url(job_id))


def _url(job_id: str) -> str:
    return f"/jobs/{job_id}"


def current_overview(job: Job) -> dict[str, object]:
    """Return a job without its files, with rate and ``waiting_for`` of a running one."""
    service = app_context().service
    running_job = service.runner.running_job(job.job_id)
    if running_job is None:
        return overview(job)
    return overview(running_job.job, running_job.rate(), service.waiting_for(running_job))


def _download_name(filename: str) -> str:
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(letter if letter.isprintable() else "_" for letter in last) or "file"
