"""The life of one slave, from warming up to leaving. READ FIRST."""

import logging
import socket
import threading
import time

from slave_service.app import create_app
from slave_service.pool import Pool
from slave_service.registration import RefusedError, Registration
from slave_service.serving import Server, listen, listen_from
from slave_service.settings import DEFAULT_PORT, SlaveSettings

_log = logging.getLogger(__name__)

DRAIN_LIMIT_S = 20
"""How long a slave that was told to stop goes on with what its workers have begun."""


def run(settings: SlaveSettings) -> int:
    """Run a slave until it is told to stop or refused by its master; returns the exit code."""
    if settings.port is None:
        listener = listen_from(settings.host, DEFAULT_PORT)
    else:
        listener = listen(settings.host, settings.port)
    pool = Pool(settings.workers, settings.file_timeout_s, settings.worker_memory_bytes)
    try:
        return _serve(settings, listener, pool)
    finally:
        pool.close()


def _serve(settings: SlaveSettings, listener: socket.socket, pool: Pool) -> int:
    _log.info("warming up %d workers", settings.workers)
    readiness = pool.start()
    for task_type, reason in readiness.reasons.items():
        if reason:
            _log.warning("this slave does no %s: %s", task_type, reason)
    port = listener.getsockname()[1]
    registration = Registration(
        settings.master_url, settings.token, settings.ip, port, settings.workers, readiness
    )
    stopping = threading.Event()
    server = Server(create_app(pool, settings.token, stopping), listener)
    refusals: list[RefusedError] = []

    def beat() -> None:
        try:
            registration.keep(stopping)
        except RefusedError as refusal:
            _log.error("stopping: %s", refusal)
            refusals.append(refusal)
            server.stop()

    beats = threading.Thread(target=beat, daemon=True)

    def begin() -> None:
        _log.info("listening on %s:%d", settings.host, port)
        beats.start()

    def leave() -> None:
        stopping.set()
        beats.join()
        if not refusals:
            registration.leave()
        _drain(pool)

    server.run(begin, leave)
    return 1 if refusals else 0


def _drain(pool: Pool) -> None:
    """Let the workers end what they have begun, within the limit; the rest is handed back."""
    pool.return_waiting()
    end = time.monotonic() + DRAIN_LIMIT_S
    while pool.running and time.monotonic() < end:
        time.sleep(0.05)
    pool.close()
