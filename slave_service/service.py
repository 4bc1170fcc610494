"""The life of one slave, from warming up to leaving. READ FIRST."""

import logging
import socket
import threading
import time
from dataclasses import dataclass

from protocol.counts import counted
from protocol.server.serving import Server, listen, listen_on_first_free
from protocol.task_types import TASK_TYPES
from slave_service.app import create_app
from slave_service.registration import RefusedError, Registration
from slave_service.settings import DEFAULT_PORT, SlaveSettings
from slave_service.workers.pool import Pool
from slave_service.workers.worker import ProcessorSettings

_log = logging.getLogger(__name__)

DRAIN_LIMIT_S = 20
"""How long a slave that was told to stop goes on with what its workers have begun."""


def run(settings: SlaveSettings) -> int:
    """Run a slave until it is told to stop or refused by its master; returns the exit code."""
    if settings.port is None:
        listener = listen_on_first_free(settings.host, DEFAULT_PORT)
    else:
        listener = listen(settings.host, settings.port)
    pool = Pool(
        settings.workers,
        settings.file_timeout_s,
        settings.worker_memory_bytes,
        _processor_settings(settings),
    )
    try:
        return _serve(settings, listener, pool)
    finally:
        pool.close()


def _processor_settings(settings: SlaveSettings) -> ProcessorSettings:
    """Return, for each task type that takes settings, those by the processor's keywords."""
    return {
        task.name: {keyword: getattr(settings, name) for keyword, name in task.settings.items()}
        for task in TASK_TYPES.values()
        if task.settings
    }


def _serve(settings: SlaveSettings, listener: socket.socket, pool: Pool) -> int:
    stopping = threading.Event()
    app = create_app(pool, settings.token, stopping)
    server = Server(app, listener, settings.tls.server_context())
    life = _Lifecycle(settings, pool, server, stopping, listener.getsockname()[1])
    server.run(life.begin, life.end)
    return 1 if life.refusal else 0


@dataclass(slots=True)
class _Lifecycle:
    """What a slave does around answering requests: warm up and register, then leave."""

    settings: SlaveSettings
    pool: Pool
    server: Server
    stopping: threading.Event
    port: int
    registration: Registration | None = None
    beats: threading.Thread | None = None
    refusal: Exception | None = None

    def begin(self) -> None:
        settings = self.settings
        _log.info("warming up %s", counted(settings.workers, "worker"))
        readiness = self.pool.start()
        for task_type, reason in readiness.reasons.items():
            if reason:
                _log.warning("this slave does no %s: %s", task_type, reason)
        _log.info("listening on %s:%d", settings.host, self.port)
        if not self.server.is_stopping():
            self.registration = Registration(
                settings.master_url,
                settings.token,
                settings.tls,
                settings.ip,
                self.port,
                settings.workers,
                readiness,
            )
            self.beats = threading.Thread(target=self._beat, args=(self.registration,))
            self.beats.start()

    def end(self) -> None:
        self.stopping.set()
        if self.beats is not None:
            self.beats.join()
        if self.registration is not None and self.refusal is None:
            self.registration.leave()
        _drain(self.pool)

    def _beat(self, registration: Registration) -> None:
        try:
            registration.keep(self.stopping)
        except RefusedError as refusal:
            _log.error("stopping: %s", refusal)
            self._give_up(refusal)
        except Exception as error:  # noqa: BLE001 (border of a thread without which nobody knows this slave)
            _log.exception("the heartbeat failed")
            self._give_up(error)

    def _give_up(self, reason: Exception) -> None:
        self.refusal = reason
        self.server.stop()


def _drain(pool: Pool) -> None:
    """Let the workers end what they have begun, within the limit; the rest is handed back."""
    pool.return_waiting()
    end = time.monotonic() + DRAIN_LIMIT_S
    while pool.running and time.monotonic() < end:
        time.sleep(0.05)
    pool.close()
