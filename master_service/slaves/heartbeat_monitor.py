"""Finds the slaves whose heartbeats have stopped and those that the master can't call.

The master calls a slave (``GET /check_status``) when it registers, when it comes back after it was
missing, after a failed exchange, and every second while it is unreachable. A slave that sends no
heartbeats is called once in each heartbeat interval.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection

from master_service.slaves.registry import Registry, SlaveRecord
from master_service.slaves.transport import Transport, TransportError

_log = logging.getLogger(__name__)

_TICK_INTERVAL_S = 0.25
_MIN_STALL_S = 1.0
"""A tick that comes later than this means that the master process itself was stalled."""
_RECHECK_INTERVAL_S = 1.0
"""How often a slave is called that is unreachable, or whose last exchange failed."""
_MAX_CHECKERS = 16
"""Each checker has a thread and a connection, and waits for seconds if the slave doesn't answer."""


class HeartbeatMonitor:
    """Runs a loop four times a second.

    ``on_tick`` gets the time and, if the master was stalled, for how many seconds (else 0).
    ``unhealthy`` returns the slaves ("ip:port") whose last exchange was lost or invalid.
    """

    def __init__(
        self,
        registry: Registry,
        transport: Transport,
        on_tick: Callable[[float, float], None],
        unhealthy: Callable[[], Collection[str]],
    ) -> None:
        self._registry = registry
        self._transport = transport
        self._on_tick = on_tick
        self._unhealthy = unhealthy
        self._being_checked: set[str] = set()
        """Slaves that are being called, or wait in ``_to_check``."""
        self._to_check: deque[SlaveRecord] = deque()
        self._checkers = threading.Semaphore(_MAX_CHECKERS)

    def start(self) -> None:
        """Start the loop in a daemon thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        last_tick = next_poll = next_check = time.monotonic()
        while True:
            time.sleep(_TICK_INTERVAL_S)
            now = time.monotonic()
            late_s = now - last_tick if now - last_tick - _TICK_INTERVAL_S > _MIN_STALL_S else 0.0
            if late_s:
                _log.warning(
                    "the master was stalled for %.1f s; heartbeat deadlines are extended", late_s
                )
                self._registry.compensate_stall(late_s, now)
            last_tick = now
            try:
                self._registry.sweep(now)
                self._check_all(self._new_slaves())
                if now >= next_check:
                    next_check = now + _RECHECK_INTERVAL_S
                    self._check_all(self._unhealthy_slaves())
                if now >= next_poll:
                    next_poll = now + self._registry.interval_s
                    self._check_all(self._slaves_without_heartbeats())
                self._on_tick(now, late_s)
            except Exception:  # noqa: BLE001 (border of a thread that must not end)
                _log.exception("unexpected error in the heartbeat monitor; it continues")

    def _new_slaves(self) -> list[SlaveRecord]:
        return [record for record in self._registry.present() if not record.checked]

    def _unhealthy_slaves(self) -> list[SlaveRecord]:
        unhealthy = self._unhealthy()
        present = self._registry.present()
        return [record for record in present if record.unreachable or record.name in unhealthy]

    def _slaves_without_heartbeats(self) -> list[SlaveRecord]:
        # Missing slaves too: an answer is the only way for them to come back.
        known = self._registry.present() + self._registry.missing()
        return [record for record in known if not record.sends_heartbeats]

    def _check_all(self, records: list[SlaveRecord]) -> None:
        """Queue the slaves that are not queued yet, and call them in a few threads."""
        for record in records:
            if record.name not in self._being_checked:
                self._being_checked.add(record.name)
                self._to_check.append(record)
        for _ in range(min(len(self._to_check), _MAX_CHECKERS)):
            if self._checkers.acquire(blocking=False):
                threading.Thread(target=self._check_until_empty, daemon=True).start()

    def _check_until_empty(self) -> None:
        """Call slaves until the queue is empty."""
        try:
            while True:
                self._check(self._to_check.popleft())
        except IndexError:
            return
        finally:
            self._checkers.release()

    def _check(self, record: SlaveRecord) -> None:
        try:
            self._registry.record_check(record.ip, record.port, self._problem_of(record))
        finally:
            self._being_checked.discard(record.name)

    def _problem_of(self, record: SlaveRecord) -> str | None:
        """Call the slave; return why that failed, None if it answered."""
        try:
            self._transport.check_status(record.name)
        except TransportError as error:
            return str(error)
        if not record.sends_heartbeats:
            self._registry.record_answer(record.ip, record.port, time.monotonic())
        return None
