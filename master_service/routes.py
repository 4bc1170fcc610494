"""The calls that the master answers: HTTP in, JSON out, no policy."""

import contextlib
import logging
import shutil
import time
from collections.abc import Collection, Iterator
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from master_service.registration import read_address, read_details
from master_service.service import Service
from master_service.slaves import Registry, SlaveRecord
from master_service.summary import summary
from slave_service.door import is_trusted
from slave_service.intake import Form, Limits, receive
from slave_service.task_types import DEFAULT_TASK_TYPE

blueprint = Blueprint("master", __name__)
_log = logging.getLogger(__name__)
_MAX_JSON_BYTES = 64 * 1024


@blueprint.get("/")
def index() -> Response:
    """Say that the master is up."""
    return Response("Master is working", mimetype="text/plain")


@blueprint.post("/register")
def register() -> Response:
    """Take a slave in; repeating it is the heartbeat."""
    registry = _registry()
    body = _json()
    ip, port = read_address(body, current_app.config["FOREIGN_SLAVES_REFUSAL"])
    news = registry.register(ip, port, read_details(body), time.monotonic())
    if news and (mixed := registry.mixed_versions()):
        _log.warning("slaves differ in %s: the same file may give different results", mixed)
    return jsonify(status="success", heartbeat_interval=registry.interval_s)


@blueprint.delete("/register")
def leave() -> Response:
    """Let a slave go that leaves in good order."""
    ip, port = read_address(_json(), None)
    _registry().leave(ip, port)
    return jsonify(status="success")


@blueprint.get("/check_status")
def check_status() -> Response:
    """Say who is there; without the token, only that the master is."""
    if not is_trusted():
        return jsonify(status="alive")
    registry, now = _registry(), time.monotonic()
    resting = current_app.config["RESTING"]()
    return jsonify(
        status="alive",
        slaves=[_describe(record, now, resting) for record in registry.present()],
        missing=[_describe(record, now, resting) for record in registry.missing()],
        mixed_versions=registry.mixed_versions(),
    )


@blueprint.post("/assign_task")
def assign_task() -> Response:
    """Take files, wait until each has its end, and say how it went."""
    service = cast(Service, current_app.config["SERVICE"])
    with _received(service) as form:
        job = service.accept(form.fields.get("task_type", DEFAULT_TASK_TYPE), form)
    try:
        elapsed_s = service.process(job)
        return jsonify(summary(job, elapsed_s))
    finally:
        service.store.remove(job)


@contextlib.contextmanager
def _received(service: Service) -> Iterator[Form]:
    """Store the request's uploads; those that no job has taken at the end are removed."""
    folder = service.store.incoming()
    limits = cast(Limits, current_app.config["LIMITS"])
    kind, length = request.content_type or "", request.content_length
    try:
        yield receive(request.stream, kind, length, folder, limits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _json() -> object:
    """Return the small JSON body of the request; None for anything else."""
    request.max_content_length = _MAX_JSON_BYTES
    try:
        return request.get_json(silent=True)
    except (OSError, RecursionError):
        return None


def _registry() -> Registry:
    return cast(Registry, current_app.config["REGISTRY"])


def _describe(record: SlaveRecord, now: float, resting: Collection[str]) -> dict[str, object]:
    state = "missing" if record.missing else "resting" if record.name in resting else "ready"
    return {
        "slave_ip": record.ip,
        "slave_port": record.port,
        "workers": record.details.workers,
        "task_types": sorted(record.details.task_types),
        "unavailable": record.details.unavailable,
        "versions": record.details.versions,
        "state": state,
        "last_seen_seconds": round(now - record.last_seen, 3),
    }
