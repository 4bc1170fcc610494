"""Finds the slaves whose heartbeats have stopped and those that the master can't call.

The master probes a slave (``GET /check_status``) when it registers, when it comes back after it was
missing, after a failed exchange, and every second while it is unreachable. A slave that sends no
heartbeats is probed once in each heartbeat interval.
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
_PROBE_INTERVAL_S = 1.0
"""How often a slave is probed that is unreachable, or whose last exchange failed."""
_MAX_PROBERS = 16
"""Each prober has a thread and a connection, and waits for seconds if the slave doesn't answer."""


class HeartbeatMonitor:
    """Runs a loop four times a second.

    ``on_tick`` gets the time and, if the master was stalled, for how many seconds (else 0).
    ``not_answering`` returns the slaves ("ip:port") whose last request failed.
    """

    def __init__(
        self,
        registry: Registry,
        transport: Transport,
        on_tick: Callable[[float, float], None],
        not_answering: Callable[[], Collection[str]],
    ) -> None:
        self._registry = registry
        self._transport = transport
        self._on_tick = on_tick
        self._not_answering = not_answering
        self._being_probed: set[str] = set()
        """Slaves that are being probed, or wait in ``_to_probe``."""
        self._to_probe: deque[SlaveRecord] = deque()
        self._probers = threading.Semaphore(_MAX_PROBERS)

    def start(self) -> None:
        """Start the loop in a daemon thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        last_tick = next_poll = next_probe = time.monotonic()
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
                self._registry.expire(now)
                self._probe_all(self._new_slaves())
                if now >= next_probe:
                    next_probe = now + _PROBE_INTERVAL_S
                    self._probe_all(self._slaves_in_doubt())
                if now >= next_poll:
                    next_poll = now + self._registry.interval_s
                    self._probe_all(self._slaves_without_heartbeats())
                self._on_tick(now, late_s)
            except Exception:  # noqa: BLE001 (border of a thread that must not end)
                _log.exception("unexpected error in the heartbeat monitor; it continues")

    def _new_slaves(self) -> list[SlaveRecord]:
        return [record for record in self._registry.present() if not record.probed]

    def _slaves_in_doubt(self) -> list[SlaveRecord]:
        not_answering = self._not_answering()
        present = self._registry.present()
        return [record for record in present if record.unreachable or record.name in not_answering]

    def _slaves_without_heartbeats(self) -> list[SlaveRecord]:
        # Missing slaves too: an answer is the only way for them to come back.
        known = self._registry.present() + self._registry.missing()
        return [record for record in known if not record.sends_heartbeats]

    def _probe_all(self, records: list[SlaveRecord]) -> None:
        """Queue the slaves that are not queued yet, and call them in a few threads."""
        for record in records:
            if record.name not in self._being_probed:
                self._being_probed.add(record.name)
                self._to_probe.append(record)
        for _ in range(min(len(self._to_probe), _MAX_PROBERS)):
            if self._probers.acquire(blocking=False):
                threading.Thread(target=self._probe_until_empty, daemon=True).start()

    def _probe_until_empty(self) -> None:
        """Call slaves until the queue is empty."""
        try:
            while True:
                self._probe(self._to_probe.popleft())
        except IndexError:
            return
        finally:
            self._probers.release()

    def _probe(self, record: SlaveRecord) -> None:
        try:
            self._registry.record_probe(record.ip, record.port, self._problem_of(record))
        finally:
            self._being_probed.discard(record.name)

    def _problem_of(self, record: SlaveRecord) -> str | None:
        """Call the slave; return why that failed, None if it answered."""
        try:
            self._transport.check_status(record.name)
        except TransportError as error:
            return str(error)
        if not record.sends_heartbeats:
            self._registry.record_answer(record.ip, record.port, time.monotonic())
        return None
