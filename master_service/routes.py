"""The calls about the cluster, and ``/assign_task``: HTTP in, JSON out, no policy."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify, redirect
from flask.typing import ResponseReturnValue

from master_service.api.app_context import app_context
from master_service.api.jobs import accepted
from master_service.api.openapi.description import description as openapi_description
from master_service.api.request_parsing import (
    idempotency_key_of,
    json_body,
    received_form,
    respond_async,
)
from master_service.api.slave_registration import check_is_local, read_address, read_capabilities
from master_service.api.summary import summary
from master_service.jobs.model import Job
from master_service.monitoring.activity import INTERVAL_S
from master_service.monitoring.metrics import CONTENT_TYPE
from master_service.scheduling.state import Suspension
from master_service.slaves.registry import SlaveRecord, slave_state
from master_service.ui.pages import wants_page
from protocol.server.access_control import is_authenticated
from protocol.task_types import DEFAULT_TASK_TYPE

blueprint = Blueprint("master", __name__)
_log = logging.getLogger(__name__)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Return that the master is up; redirects a browser to the page."""
    if wants_page():
        return redirect("/ui", 303)
    return Response("Master is working", mimetype="text/plain")


@blueprint.post("/register")
def register() -> Response:
    """Register a slave; repeated calls are its heartbeats."""
    registry = app_context().registry
    body = json_body()
    ip, port = read_address(body)
    capabilities = read_capabilities(body)
    known = capabilities or registry.capabilities_of(ip, port)
    check_is_local(ip, app_context().remote_slave_refusal(known is not None and known.tls))
    is_new = registry.register(ip, port, capabilities, time.monotonic())
    if is_new and (mixed := registry.mixed_versions()):
        _log.warning(
            "the slaves' versions of %s differ: the same file may give different results", mixed
        )
    answer: dict[str, object] = {"status": "success", "heartbeat_interval": registry.interval_s}
    if reason := registry.unreachable_reason(ip, port):
        answer["unreachable_reason"] = reason
    return jsonify(answer)


@blueprint.delete("/register")
def leave() -> Response:
    """Unregister a slave that shuts down."""
    ip, port = read_address(json_body())
    app_context().registry.leave(ip, port)
    return jsonify(status="success")


@blueprint.get("/check_status")
def check_status() -> Response:
    """Return all slaves; to a caller without the token, only that the master is up."""
    if not is_authenticated():
        return jsonify(status="alive")
    registry, now = app_context().registry, time.monotonic()
    resting = app_context().resting()
    return jsonify(
        status="alive",
        slaves=[_slave_json(record, now, resting) for record in registry.present()],
        missing=[_slave_json(record, now, resting) for record in registry.missing()],
        mixed_versions=registry.mixed_versions(),
    )


@blueprint.post("/assign_task")
def assign_task() -> ResponseReturnValue:
    """Accept files as a job; return its summary when it is over, or a 202 at once."""
    service = app_context().service
    waits = not respond_async()
    with received_form() as form:
        task_type = form.fields.get("task_type", DEFAULT_TASK_TYPE)
        job_id = service.accept(task_type, form, idempotency_key_of(form), waits)
    if not waits:
        return accepted(job_id)
    job = service.wait(job_id)
    return jsonify(summary(job, service.files(job), _elapsed_s(job)))


@blueprint.get("/activity")
def activity() -> Response:
    """Return what each slave holds, and how many files ended in each of the last intervals."""
    found, now = app_context().metrics.activity, time.monotonic()
    return jsonify(
        interval_seconds=INTERVAL_S,
        finished_files=found.finished_files(now),
        slaves={name: asdict(slave) for name, slave in found.by_slave(now).items()},
    )


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the metrics in Prometheus' text format."""
    return Response(app_context().metrics.text(), content_type=CONTENT_TYPE)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI description, unsorted, since client generators depend on its order."""
    text = current_app.json.dumps(openapi_description(), sort_keys=False)
    return Response(text, mimetype="application/json")


def _elapsed_s(job: Job) -> float:
    if job.started_at is None or job.finished_at is None:
        return 0.0
    return max(0.0, (job.finished_at - job.started_at).total_seconds())


def _slave_json(
    record: SlaveRecord, now: float, resting: Mapping[str, Suspension]
) -> dict[str, object]:
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
        "ocr_languages": list(record.capabilities.ocr_languages),
        "state": slave_state(record, resting),
        "last_seen_seconds": round(now - record.last_seen, 3),
        "resting_reason": rest and rest.reason,
        "resting_seconds": rest and round(rest.elapsed_s, 3),
        "resting_seconds_left": rest and round(rest.remaining_s, 3),
        "unreachable_reason": record.unreachable,
    }
