"""Wires the master: the only place where its components are created and connected."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from master_service import routes
from master_service.api import job_events, jobs
from master_service.api.app_context import AppContext
from master_service.api.operation import operation_of
from master_service.dask_engine.client import Client
from master_service.dask_engine.engine import DaskEngine
from master_service.engine import Engine
from master_service.errors import Refusal
from master_service.jobs.runner import Runner
from master_service.jobs.service import Service, ServiceLimits
from master_service.monitoring.disk_space import DiskSpace
from master_service.monitoring.metrics import Metrics
from master_service.scheduling.replay_log import EventLog
from master_service.settings import DASK, MasterSettings
from master_service.similarity.service import Similarity
from master_service.slaves.heartbeat_monitor import HeartbeatMonitor
from master_service.slaves.registry import SLAVE_STATES, Registry, slave_state
from master_service.slaves.transport import Transport
from master_service.storage.durability import (
    StableStorage,
    SyncedStorage,
    UnsyncedStorage,
)
from master_service.storage.ledger import Ledger
from master_service.storage.results import Results
from master_service.storage.retention import Retention
from master_service.storage.store import JobStore
from master_service.ui import login, pages
from master_service.worker import BuiltinEngine
from protocol.server import access_control
from protocol.server.multipart_receiver import Limits

_TAGS_OF_JOBS = ("jobs", "results")


@dataclass(frozen=True, slots=True)
class Master:
    """The Flask app, and the components that ``start`` must stop and close."""

    app: Flask
    engine: Engine
    runner: Runner
    store: JobStore
    retention: Retention

    def stop(self) -> None:
        """End waiting requests and runs; the jobs resume when the master is restarted."""
        self.runner.stop()
        self.engine.stop()

    def close(self) -> None:
        """Stop the retention thread, and write pending changes of the ledger."""
        self.retention.stop()
        self.store.ledger.close()


def create_master(settings: MasterSettings) -> Master:
    """Create the master, start its threads, and resume unfinished jobs."""
    metrics = Metrics()

    registry = Registry(settings.heartbeat_interval_s)
    authority = settings.tls.authority
    transport = Transport(settings.token, settings.slave_timeout_s, registry.url_of, authority)
    engine = _engine(settings, registry, transport)
    registry.subscribe(engine.slave_changed)
    results = Results(settings.results_dir, settings.results_label)
    store = JobStore(settings.spool_dir, _storage(settings))
    runner = Runner(store, engine, results, metrics)
    service = Service(store, runner, engine, metrics, _service_limits(settings))
    context = AppContext(
        service=service,
        registry=registry,
        results=results,
        similarity=Similarity(service.files, results.locate, store.spool.folder),
        disk_space=DiskSpace(settings.spool_dir, settings.results_dir),
        metrics=metrics,
        limits=Limits(settings.max_file_bytes, settings.max_job_bytes),
        resting=engine.suspended,
        slave_refusal=engine.slave_refusal(),
        remote_slave_refusal=partial(_remote_slave_refusal, settings),
    )
    _add_gauges(context, runner)
    runner.recover()
    store.ledger.damage.start_logging()
    HeartbeatMonitor(registry, transport, engine.tick, engine.not_answering).start()
    retention = Retention(store, timedelta(days=settings.job_retention_days), runner.forget)
    retention.start()
    return Master(_app(context, settings), engine, runner, store, retention)


def _engine(settings: MasterSettings, registry: Registry, transport: Transport) -> Engine:
    if settings.engine == DASK:
        connect = partial(Client, settings.dask_scheduler)
        return DaskEngine(registry, settings.max_attempts, connect)
    log = settings.scheduler_log
    event_log = EventLog(log, settings.max_attempts) if log else None
    return BuiltinEngine(registry, transport, settings.max_attempts, event_log)


def _storage(settings: MasterSettings) -> StableStorage:
    if settings.durability == "process":
        return UnsyncedStorage()
    return SyncedStorage([settings.spool_dir, settings.results_dir])


class _Json(DefaultJSONProvider):
    """Flask's JSON with plain non-ASCII characters, and escaped lone surrogates."""

    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ANN401 (Flask's signature)
        """Encode as JSON; a lone surrogate, which UTF-8 can't encode, is escaped."""
        return super().dumps(obj, **kwargs).encode("utf-8", "backslashreplace").decode("utf-8")


def _app(context: AppContext, settings: MasterSettings) -> Flask:
    # Static files belong to the blueprint of the page.
    app = Flask("master_service", static_folder=None)
    app.json = _Json(app)
    app.extensions["master"] = context
    # Pings detect WebSocket clients that are gone.
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": 4096}
    plain = settings.allow_plain_http
    login.set_up(app, settings.token, secure=settings.tls.serves, plain=plain)
    access_control.install(
        app, settings.token, access_control.AccessRules(login.is_logged_in, pages.is_open)
    )
    app.register_error_handler(Refusal, _error_answer)
    app.after_request(partial(_durable, app, context.service.store.ledger))
    for module in (routes, jobs, job_events, pages):
        app.register_blueprint(module.blueprint)
    return app


def _durable(app: Flask, ledger: Ledger, answer: Response) -> Response:
    """Put what an answer tells of jobs on stable storage; return the refusal where it can't be."""
    declared = operation_of(app.view_functions.get(request.endpoint or "", _durable))
    if declared is not None and declared.tag in _TAGS_OF_JOBS:
        try:
            ledger.sync()
        except Refusal as refusal:
            return app.make_response(_error_answer(refusal))
    return answer


def _error_answer(error: Refusal) -> ResponseReturnValue:
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return jsonify(error=str(error)), error.status, headers


def _service_limits(settings: MasterSettings) -> ServiceLimits:
    return ServiceLimits(
        blocked_timeout_s=settings.slave_timeout_s,
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
        "unfinished", "Jobs and files that have not ended.", "what", runner.queue_sizes
    )


def _remote_slave_refusal(settings: MasterSettings, tls: bool) -> str | None:
    """Return why a slave on another computer can't register; None where it can."""
    if settings.token is None:
        return (
            "This master accepts only slaves on its own computer: set CLUSTER_TOKEN and "
            "MASTER_HOST on the master to accept others."
        )
    if not tls and not settings.allow_plain_http:
        return (
            "The master would have to send its token to this slave unencrypted: give the slave "
            "TLS_CERT and TLS_KEY, or set ALLOW_PLAIN_HTTP=1 on the master if you trust this "
            "network."
        )
    return None
