"""The calls about the cluster, and ``/assign_task``: HTTP in, JSON out, no policy."""

import logging
import time
from collections.abc import Mapping

from flask import Blueprint, Response, current_app, redirect
from werkzeug.wrappers import Response as AnyResponse

from master_service.api.app_context import app_context
from master_service.api.jobs import accepted
from master_service.api.models import cluster as models
from master_service.api.models.forms import AssignTaskForm
from master_service.api.models.jobs import AssignTaskHeaders, Summary
from master_service.api.openapi.description import description
from master_service.api.operation import JSON, Accepted, Answer, operation, text_answer
from master_service.api.request_parsing import idempotency_key, received_form
from master_service.api.slave_registration import capabilities, check_is_local
from master_service.api.summary import summary
from master_service.engine import Suspension
from master_service.errors import StateConflict
from master_service.monitoring.activity import INTERVAL_S
from master_service.monitoring.metrics import CONTENT_TYPE
from master_service.slaves.registry import SlaveRecord, slave_state
from master_service.storage.model import Job
from master_service.ui.pages import wants_page
from protocol.option_values import ocr_languages
from protocol.server.access_control import is_authenticated
from protocol.task_types import DEFAULT_TASK_TYPE

blueprint = Blueprint("master", __name__)
_log = logging.getLogger(__name__)

_PING = {
    200: text_answer("The master is up.", "Master is working"),
    303: Answer("The address of the page."),
}
_METRICS = {200: text_answer("The metrics.", 'cluster_jobs_total{task_type="text"} 1.0\n')}
_DESCRIPTION = {200: Answer("The description.", {JSON: models.ApiDescription})}


@blueprint.get("/")
@operation("ping", "cluster", answers=_PING)
def index() -> AnyResponse:
    """Return that the master is up; a browser, which asks for text/html, is redirected to the
    page.
    """
    if wants_page():
        return redirect("/ui", 303)
    return Response("Master is working", mimetype="text/plain")


@blueprint.post("/register")
@operation("register_slave", "slaves", errors=(409, 503))
def register(body: models.SlaveRegistration) -> models.RegistrationAnswer:
    """Register a slave; repeated, this is its heartbeat."""
    registry = app_context().registry
    if (refusal := app_context().slave_refusal) is not None:
        raise StateConflict(refusal)
    ip, port = body.address
    sent = capabilities(body)
    known = sent or registry.capabilities_of(ip, port)
    check_is_local(ip, app_context().remote_slave_refusal(known is not None and known.tls))
    is_new = registry.register(ip, port, sent, time.monotonic())
    if is_new and (mixed := registry.mixed_versions()):
        _log.warning(
            "the slaves' versions of %s differ: the same file may give different results", mixed
        )
    answer: models.RegistrationAnswer = {
        "status": "success",
        "heartbeat_interval": registry.interval_s,
    }
    if reason := registry.unreachable_reason(ip, port):
        answer["unreachable_reason"] = reason
    return answer


@blueprint.delete("/register")
@operation("unregister_slave", "slaves")
def deregister(body: models.SlaveAddress) -> models.RegistrationAnswer:
    """Unregister a slave that shuts down."""
    app_context().registry.deregister(*body.address)
    return {"status": "success"}


@blueprint.get("/check_status")
@operation("check_status", "cluster")
def check_status() -> models.ClusterStatus:
    """Return the registered slaves and those that are missing."""
    if not is_authenticated():
        return {"status": "alive"}
    registry, now = app_context().registry, time.monotonic()
    resting = app_context().resting()
    return {
        "status": "alive",
        "slaves": [_slave_status(record, now, resting) for record in registry.present()],
        "missing": [_slave_status(record, now, resting) for record in registry.missing()],
        "mixed_versions": registry.mixed_versions(),
    }


@blueprint.post("/assign_task")
@operation("assign_task", "jobs", form=AssignTaskForm, errors=(503, 507))
def assign_task(headers: AssignTaskHeaders) -> Summary | Accepted:
    """Send files, and wait until each is done or has failed; with 'Prefer: respond-async' the
    answer comes at once.
    """
    service = app_context().service
    waits = not headers.respond_async
    with received_form() as (form, arrival):
        task_type = form.fields.get("task_type", DEFAULT_TASK_TYPE)
        key = idempotency_key(headers, form)
        job_id = service.accept(task_type, form, key, arrival, waits)
    if not waits:
        return accepted(job_id)
    job = service.wait(job_id)
    return summary(job, service.files(job), _elapsed_s(job))


@blueprint.get("/activity")
@operation("get_activity", "cluster")
def activity() -> models.Activity:
    """Return what each slave holds, and how many files ended in each of the last intervals, the
    latest last.
    """
    found, now = app_context().metrics.activity, time.monotonic()
    return {
        "interval_seconds": INTERVAL_S,
        "finished_files": found.finished_files(now),
        "slaves": found.by_slave(now),
    }


@blueprint.get("/metrics")
@operation("get_metrics", "cluster", answers=_METRICS)
def metrics() -> Response:
    """Return the metrics for Prometheus."""
    return Response(app_context().metrics.text(), content_type=CONTENT_TYPE)


@blueprint.get("/openapi.json")
@operation("get_openapi", "cluster", answers=_DESCRIPTION)
def openapi() -> Response:
    """Return this description."""
    known = current_app.extensions
    if "openapi" not in known:
        # Unsorted, since client generators depend on the order.
        known["openapi"] = current_app.json.dumps(description(current_app), sort_keys=False)
    return Response(known["openapi"], mimetype="application/json")


def _elapsed_s(job: Job) -> float:
    if job.started_at is None or job.finished_at is None:
        return 0.0
    return max(0.0, (job.finished_at - job.started_at).total_seconds())


def _slave_status(
    record: SlaveRecord, now: float, resting: Mapping[str, Suspension]
) -> models.SlaveStatus:
    rest = None if record.missing else resting.get(record.name)
    return {
        "name": record.name,
        "slave_ip": record.ip,
        "slave_port": record.port,
        "workers": record.capabilities.workers,
        "task_types": sorted(record.capabilities.task_types),
        "unavailable": record.capabilities.unavailable,
        "versions": record.capabilities.versions,
        "tls": record.capabilities.tls,
        "features": sorted(record.capabilities.features),
        "ocr_languages": ocr_languages.installed(record.capabilities.features),
        "state": slave_state(record, resting),
        "last_seen_seconds": round(now - record.last_seen, 3),
        "resting_reason": rest and rest.reason,
        "resting_seconds": rest and round(rest.elapsed_s, 3),
        "resting_seconds_left": rest and round(rest.remaining_s, 3),
        "unreachable_reason": record.unreachable,
    }
