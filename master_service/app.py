"""Wires the master: the only place where its parts are put together."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask, jsonify
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from master_service import routes
from master_service.api import job_events, jobs
from master_service.api.app_context import AppContext
from master_service.errors import Refusal
from master_service.jobs.disk_space import DiskSpace
from master_service.jobs.results import Results
from master_service.jobs.retention import Retention
from master_service.jobs.runner import Runner
from master_service.jobs.service import Service, ServiceLimits
from master_service.jobs.store import JobStore
from master_service.monitoring.metrics import Metrics
from master_service.scheduling.replay_log import EventLog
from master_service.settings import MasterSettings
from master_service.slaves.heartbeat_monitor import HeartbeatMonitor
from master_service.slaves.registry import SLAVE_STATES, Registry, slave_state
from master_service.slaves.transport import Transport
from master_service.ui import login, pages
from master_service.worker import Worker
from protocol.server import access_control
from protocol.server.multipart_receiver import Limits

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Master:
    """The app, and what the program around it has to see to."""

    app: Flask
    worker: Worker
    runner: Runner
    store: JobStore
    retention: Retention

    def stop(self) -> None:
        """Let everybody go who waits; the jobs go on when the master is started again."""
        self.runner.stop()
        self.worker.stop()

    def close(self) -> None:
        """Write what is left to write."""
        self.retention.stop()
        self.store.ledger.close()


def create_master(settings: MasterSettings) -> Master:
    """Return the master, its watch over the slaves and the jobs it was left with under way."""
    metrics = Metrics()

    def url_of(slave: str) -> str | None:
        return registry.url_of(slave)  # which comes into being below

    authority = settings.tls.authority
    transport = Transport(settings.token, settings.slave_timeout_s, url_of, authority)
    log = settings.scheduler_log
    event_log = EventLog(log, settings.max_attempts) if log else None
    worker = Worker(transport, settings.max_attempts, event_log)
    registry = Registry(settings.heartbeat_interval_s, worker.slave_changed)
    results = Results(settings.results_dir, settings.results_label)
    store = JobStore(settings.spool_dir)
    runner = Runner(store, worker, results, metrics)
    context = AppContext(
        service=Service(
            store, runner, registry, metrics, _service_limits(settings), worker.resting
        ),
        registry=registry,
        results=results,
        disk_space=DiskSpace(settings.spool_dir, settings.results_dir),
        metrics=metrics,
        limits=Limits(settings.max_file_bytes, settings.max_job_bytes),
        resting=worker.resting,
        remote_slave_refusal=partial(_remote_slave_refusal, settings),
    )
    _add_gauges(context, runner)
    runner.recover()
    store.ledger.damage.start_logging()
    HeartbeatMonitor(registry, transport, worker.tick, worker.suspects).start()
    retention = Retention(store, timedelta(days=settings.job_retention_days))
    retention.start()
    return Master(_app(context, settings), worker, runner, store, retention)


class _Json(DefaultJSONProvider):
    """Flask's own JSON, readable, and whole where a text holds what is no character of UTF-8."""

    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ANN401 (Flask's signature)
        """Encode; a lone surrogate, which some JSON brings, keeps its escape."""
        return super().dumps(obj, **kwargs).encode("utf-8", "backslashreplace").decode("utf-8")


def _app(context: AppContext, settings: MasterSettings) -> Flask:
    # Files of its own it serves from the page's folder alone.
    app = Flask("master_service", static_folder=None)
    app.json = _Json(app)
    app.extensions["master"] = context
    # Finds out whether who listens is still there.
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": 4096}
    plain = settings.allow_plain_http
    login.set_up(app, settings.token, secure=settings.tls.serves, plain=plain)
    access_control.install(
        app, settings.token, access_control.AccessRules(login.is_logged_in, pages.is_open)
    )
    app.register_error_handler(Refusal, _error_answer)
    for module in (routes, jobs, job_events, pages):
        app.register_blueprint(module.blueprint)
    return app


def _error_answer(error: Refusal) -> ResponseReturnValue:
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return jsonify(error=str(error)), error.status, headers


def _service_limits(settings: MasterSettings) -> ServiceLimits:
    return ServiceLimits(
        patience_s=settings.slave_timeout_s,
        max_file_bytes=settings.max_file_bytes,
        max_job_bytes=settings.max_job_bytes,
        max_waiting_jobs=settings.max_waiting_jobs,
    )


def _add_gauges(context: AppContext, runner: Runner) -> None:
    def slaves() -> dict[str, float]:
        resting = context.resting()
        counts = dict.fromkeys(SLAVE_STATES, 0.0)
        for record in context.registry.present() + context.registry.missing():
            counts[slave_state(record, resting)] += 1
        return counts

    context.metrics.add_gauge("slaves", "Slaves by state.", "state", slaves)
    context.metrics.add_gauge(
        "unfinished", "Jobs and files that are not finished.", "what", runner.queue_sizes
    )


def _remote_slave_refusal(settings: MasterSettings, tls: bool) -> str | None:
    """Return what a slave on another computer is told, or None where it is welcome."""
    if settings.token is None:
        return (
            "This master takes slaves of its own computer alone: set CLUSTER_TOKEN and "
            "MASTER_HOST on the master to take others."
        )
    if not tls and not settings.allow_plain_http:
        return (
            "The master would have to send its token to this slave readable by the network: give "
            "the slave TLS_CERT and TLS_KEY, or set ALLOW_PLAIN_HTTP=1 on the master if you trust "
            "this network."
        )
    return None
