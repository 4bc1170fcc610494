"""Runs one slave: self-tests, registration, serving, shutdown. READ FIRST."""

import logging
import socket
import threading
import time
from dataclasses import dataclass

from protocol.counts import counted
from protocol.server.serving import Server, listen, listen_on_first_free
from slave_service.app import create_app
from slave_service.registration import RefusedError, Registration
from slave_service.settings import DEFAULT_PORT, SlaveSettings, settings_by_processor
from slave_service.workers.pool import Pool

_log = logging.getLogger(__name__)

DRAIN_LIMIT_S = 20
"""How long a stopping slave waits for the files that its workers have started."""


def run(settings: SlaveSettings) -> int:
    """Run a slave until it is stopped or refused by its master; return the exit code."""
    if settings.port is None:
        listener = listen_on_first_free(settings.host, DEFAULT_PORT)
    else:
        listener = listen(settings.host, settings.port)
    pool = Pool(
        settings.workers,
        settings.file_timeout_s,
        settings.worker_memory_bytes,
        settings_by_processor(settings),
        settings.task_types,
    )
    try:
        return _serve(settings, listener, pool)
    finally:
        pool.close()


def _serve(settings: SlaveSettings, listener: socket.socket, pool: Pool) -> int:
    stopping = threading.Event()
    app = create_app(pool, settings.token, stopping)
    server = Server(app, listener, settings.tls.server_context())
    lifecycle = _Lifecycle(settings, pool, server, stopping, listener.getsockname()[1])
    server.run(lifecycle.start, lifecycle.end)
    return 1 if lifecycle.refusal else 0


@dataclass(slots=True)
class _Lifecycle:
    """What a slave does before and after it serves: register; deregister and drain."""

    settings: SlaveSettings
    pool: Pool
    server: Server
    stopping: threading.Event
    port: int
    registration: Registration | None = None
    heartbeats: threading.Thread | None = None
    refusal: Exception | None = None

    def start(self) -> None:
        settings = self.settings
        _log.info("starting and testing %s", counted(settings.workers, "worker"))
        self_tests = self.pool.start()
        for task_type, reason in self_tests.reasons.items():
            if reason and task_type in settings.task_types:
                _log.warning("this slave can't do %s: %s", task_type, reason)
        _log.info("listening on %s:%d", settings.host, self.port)
        if not self.server.is_stopping():
            self.registration = Registration(
                settings.master_url,
                settings.token,
                settings.tls,
                settings.ip,
                self.port,
                settings.workers,
                self_tests,
            )
            self.heartbeats = threading.Thread(
                target=self._send_heartbeats, args=(self.registration,)
            )
            self.heartbeats.start()

    def end(self) -> None:
        self.stopping.set()
        if self.heartbeats is not None:
            self.heartbeats.join()
        if self.registration is not None and self.refusal is None:
            self.registration.leave()
        _drain(self.pool)

    def _send_heartbeats(self, registration: Registration) -> None:
        try:
            registration.run(self.stopping)
        except RefusedError as refusal:
            _log.error("stopping: %s", refusal)
            self._stop(refusal)
        except Exception as error:  # noqa: BLE001 (border of a thread; without heartbeats the slave is of no use)
            _log.exception("the heartbeat thread failed")
            self._stop(error)

    def _stop(self, reason: Exception) -> None:
        self.refusal = reason
        self.server.stop()


def _drain(pool: Pool) -> None:
    """Hand the queued files back to the master, and wait up to ``DRAIN_LIMIT_S`` for the others."""
    pool.hand_back_queued()
    end = time.monotonic() + DRAIN_LIMIT_S
    while pool.running and time.monotonic() < end:
        time.sleep(0.05)
    pool.close()
