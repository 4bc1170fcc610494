"""Wires the master: the only place where its parts are put together."""

import logging

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from master_service import routes
from master_service.errors import Refusal
from master_service.job_store import MemoryJobStore
from master_service.results import Results
from master_service.service import Service
from master_service.settings import MasterSettings
from master_service.slaves import Registry
from master_service.transport import Transport
from master_service.watch import Watch
from master_service.worker import Worker
from slave_service import door
from slave_service.intake import Limits

_log = logging.getLogger(__name__)


def create_app(settings: MasterSettings) -> Flask:
    """Return the master's app, its watch over the slaves already running."""
    transport = Transport(settings.token, settings.slave_timeout_s)
    worker = Worker(transport, settings.max_attempts)
    registry = Registry(settings.heartbeat_interval_s, worker.slave_changed)
    service = Service(
        store=MemoryJobStore(settings.spool_dir),
        engine=worker,
        results=Results(settings.results_dir, settings.results_label),
        why_unavailable=registry.why_unavailable,
        patience_s=settings.slave_timeout_s,
        max_file_bytes=settings.max_file_bytes,
    )
    app = Flask("master_service")
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's own JSON provider has it
    app.config.update(
        SERVICE=service,
        REGISTRY=registry,
        LIMITS=Limits(settings.max_file_bytes, settings.max_job_bytes),
        FOREIGN_SLAVES_REFUSAL=_foreign_slaves_refusal(settings),
    )
    door.guard(app, settings.token)
    app.register_error_handler(Refusal, _refused)
    app.register_blueprint(routes.blueprint)
    app.config.update(RESTING=worker.resting, STOP=worker.stop)
    Watch(registry, transport, worker.tick).start()
    return app


def _refused(error: Refusal) -> ResponseReturnValue:
    return jsonify(error=str(error)), error.status


def _foreign_slaves_refusal(settings: MasterSettings) -> str | None:
    """Return what a slave on another computer is told, or None where it is welcome."""
    if settings.token is None:
        return (
            "This master takes slaves of its own computer alone: set CLUSTER_TOKEN and "
            "MASTER_HOST on the master to take others."
        )
    if not settings.allow_plain_http:
        return (
            "The master would have to send its token to this slave readable by the network: set "
            "ALLOW_PLAIN_HTTP=1 on the master if you trust this network."
        )
    return None
