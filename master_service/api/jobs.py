"""The calls about jobs: HTTP in, JSON out, no policy."""

import re

from flask import Blueprint, Response, request, send_file

from master_service.api import results_archive, similarity_json
from master_service.api.app_context import app_context
from master_service.api.job_json import file_entry, overview
from master_service.api.models import jobs as models
from master_service.api.models import similarity
from master_service.api.models.fields import FileIndex, JobId, TaskType
from master_service.api.models.forms import AddFilesForm
from master_service.api.operation import BYTES, Accepted, Created, download, operation
from master_service.api.request_parsing import idempotency_key, json_body, received_form
from master_service.errors import NotFound
from master_service.storage.ledger_rows import COMBINED
from master_service.storage.model import Job

blueprint = Blueprint("jobs", __name__)

_UPLOAD = download("The uploaded bytes.", is_attachment=True)
_ARCHIVE = download("A ZIP archive.", "application/zip", is_attachment=True)
_VECTORS = download("A NumPy archive (.npz).", is_attachment=True)
_RESULT = download(
    "The result: a picture, a PDF, or JSON.", "image/png", "application/pdf", json=models.Result
)


@blueprint.post("/jobs")
@operation("create_job", "jobs", errors=(503, 507))
def open_job(body: models.NewJob, headers: models.IdempotencyHeaders) -> Created:
    """Create an open job, which receives its files in any number of requests."""
    key = idempotency_key(headers, body=json_body())
    return created(app_context().service.open(body.task_type, body.options, key))


@blueprint.post("/jobs/<job_id>/files")
@operation("add_files", "jobs", form=AddFilesForm, errors=(404, 409, 503, 507))
def add_files(job_id: JobId, headers: models.IdempotencyHeaders) -> models.FileIndexes:
    """Add files to an open job; they are stored when the answer is sent."""
    service = app_context().service
    if headers.idempotency_key is None:
        service.check_open(job_id)  # before reading a large body
    with received_form(job_id) as (form, arrival):
        key = idempotency_key(headers, form)
        return {"indexes": service.add_files(form, key, arrival)}


@blueprint.post("/jobs/<job_id>/start")
@operation("start_job", "jobs", errors=(400, 404, 409, 503, 507))
def start(job_id: JobId) -> Accepted:
    """Start an open job."""
    app_context().service.start(job_id)
    return accepted(job_id)


@blueprint.get("/jobs")
@operation("list_jobs", "jobs")
def jobs(query: models.JobListQuery) -> models.JobList:
    """List jobs, the newest first."""
    ledger = app_context().service.store.ledger
    found = ledger.jobs(query.offset, query.limit, query.id_prefix or "")
    return {"jobs": [current_overview(job) for job in found]}


@blueprint.get("/jobs/<job_id>")
@operation("get_job", "jobs", errors=(404,))
def job(job_id: JobId, query: models.JobQuery) -> models.Job:
    """Return a job and a page of its files."""
    service = app_context().service
    found = service.job(job_id)
    if query.wait and (running_job := service.runner.running_job(found.job_id)):
        running_job.over.wait(query.wait)
        found = service.job(job_id)
    answer = current_overview(found)
    page = (query.offset, query.limit, query.state, query.code)
    files = service.store.ledger.files(job_id, *page) if query.limit else []
    return {**answer, "files": [file_entry(file) for file in files]}


@blueprint.get("/jobs/<job_id>/slaves")
@operation("get_job_slaves", "jobs", errors=(404,))
def slaves(job_id: JobId) -> models.JobSlaves:
    """Return how many of the job's files each slave has done, and how fast."""
    service = app_context().service
    job_id = service.job(job_id).job_id
    running_job, ledger = service.runner.running_job(job_id), service.store.ledger
    if running_job:
        speeds, together = running_job.throughput.by_slave(), running_job.throughput.combined()
    else:
        speeds = ledger.speeds(job_id)
        together = speeds.pop(COMBINED, (0, 0.0))
    return {
        "job_id": job_id,
        "by_slave": ledger.done_by_slave(job_id),
        "files_per_second": {slave: _rate(*speed) for slave, speed in speeds.items()},
        "together": _rate(*together),
    }


def _rate(files: int, seconds: float) -> float:
    return round(files / max(seconds, 0.001), 3)


@blueprint.get("/jobs/<job_id>/failures")
@operation("get_job_failures", "jobs", errors=(404,))
def failures(job_id: JobId) -> models.JobFailures:
    """Return how many of the job's files failed with which code."""
    service = app_context().service
    job_id = service.job(job_id).job_id
    return {"job_id": job_id, "by_code": service.store.ledger.failed_by_code(job_id)}


@blueprint.delete("/jobs/<job_id>")
@operation("cancel_job", "jobs", errors=(404, 507))
def cancel(job_id: JobId) -> models.JobOverview:
    """Cancel a job; one that is over stays unchanged."""
    return current_overview(app_context().service.cancel(job_id))


@blueprint.post("/jobs/<job_id>/retry")
@operation("retry_job", "jobs", errors=(404, 409, 503, 507))
def retry(job_id: JobId, headers: models.IdempotencyHeaders) -> Created:
    """Start a new job of the failed files of one that is over."""
    return created(app_context().service.retry(job_id, idempotency_key(headers)))


@blueprint.post("/jobs/<job_id>/drop")
@operation("exclude_slave", "jobs", errors=(404, 409))
def drop(job_id: JobId, body: models.ExcludedSlave) -> models.SlaveExcluded:
    """Exclude a slave from a job; the other slaves continue."""
    moved = app_context().service.exclude(job_id, body.slave)
    return {"job_id": job_id, "slave": body.slave, "files_moved": moved}


@blueprint.get("/jobs/<job_id>/inputs/<int:index>")
@operation("download_input", "results", answers={200: _UPLOAD}, errors=(404,))
def job_input(job_id: JobId, index: FileIndex) -> Response:
    """Download an uploaded file."""
    file, path = app_context().service.input(job_id, index)
    # Uploads are untrusted: a browser must save them, never show or run them.
    answer = send_file(path, BYTES, as_attachment=True, download_name=_download_name(file.filename))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/jobs/<job_id>/results.zip")
@operation("download_results", "results", answers={200: _ARCHIVE}, errors=(404,))
def results_zip(job_id: JobId) -> Response:
    """Download the results that a job has so far, in the folders of the uploads, with a
    manifest.csv of every file.
    """
    service = app_context().service
    found = service.job(job_id)
    archive = results_archive.stream(
        found, lambda: service.files(found), app_context().results.locate
    )
    answer = Response(archive, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job_id}.zip"'
    return _with_accepted_type(answer)


@blueprint.get("/jobs/<job_id>/similar")
@operation("compare_files", "results", errors=(404, 503, 507))
def similar(job_id: JobId, query: similarity.SimilarQuery) -> similarity.Comparison:
    """Compare the results that a job has so far: nearest neighbors, near-duplicates, clusters."""
    found = app_context().service.job(job_id)
    report = app_context().similarity.report(found)
    return similarity_json.comparison(job_id, report, query.offset, query.limit)


@blueprint.get("/jobs/<job_id>/vectors.npz")
@operation("download_vectors", "results", answers={200: _VECTORS}, errors=(404, 503, 507))
def vectors(job_id: JobId) -> Response:
    """Download the vectors of the results that a job has so far, as a NumPy archive."""
    found = app_context().service.job(job_id)
    path = app_context().similarity.vectors(found)
    return send_file(path, BYTES, as_attachment=True, download_name=f"{job_id}.npz")


@blueprint.get("/results/<task_type>/<name>")
@operation("download_result", "results", answers={200: _RESULT}, errors=(404,))
def result(task_type: TaskType, name: models.ResultName) -> Response:
    """Download one result."""
    path = app_context().results.find(task_type, name)
    if path is None:
        raise NotFound(f"There is no result {name} of {task_type}.")
    answer = send_file(path)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return _with_accepted_type(answer)


def accepted(job_id: str) -> Accepted:
    """Return the 202 that names a job which runs in the background."""
    return _reference(job_id), 202, {"Location": _url(job_id)}


def created(job_id: str) -> Created:
    """Return the 201 that names a new job."""
    return _reference(job_id), 201, {"Location": _url(job_id)}


def _with_accepted_type(answer: Response) -> Response:
    """Set ``application/octet-stream`` where ``Accept`` prefers it to the answer's own type."""
    own = answer.mimetype or BYTES
    answer.mimetype = request.accept_mimetypes.best_match((own, BYTES), own)
    answer.vary.add("Accept")
    return answer


def _reference(job_id: str) -> models.JobReference:
    return {"job_id": job_id, "status_url": _url(job_id)}


def _url(job_id: str) -> str:
    return f"/jobs/{job_id}"


def current_overview(job: Job) -> models.JobOverview:
    """Return a job without its files, with rate and ``waiting_for`` of a running one."""
    service = app_context().service
    running_job = service.runner.running_job(job.job_id)
    if running_job is None:
        return overview(job)
    return overview(running_job.job, running_job.rate(), service.waiting_for(running_job))


def _download_name(filename: str) -> str:
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(letter if letter.isprintable() else "_" for letter in last) or "file"
