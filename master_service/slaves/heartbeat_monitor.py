"""Monitors the slaves: finds those whose heartbeats stop, and those that can't be called.

The master calls a slave back when it registers, when it comes back, after a failed request and as
long as it is unreachable. A slave that sends no heartbeats is called once in each interval.
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
"""A tick later than this means that the master itself stood still."""
_RECHECK_INTERVAL_S = 1.0
"""How often a slave is called that is unreachable, or whose last request failed."""
_MAX_CHECKERS = 16
"""Each has a thread and a connection, and waits for seconds where nobody answers."""


class HeartbeatMonitor:
    """Wakes four times a second; ``on_tick`` is told the time, and how late it is.

    ``suspects`` returns the slaves ("ip:port") whose last request failed on the way.
    """

    def __init__(
        self,
        registry: Registry,
        transport: Transport,
        on_tick: Callable[[float, float], None],
        suspects: Callable[[], Collection[str]],
    ) -> None:
        self._registry = registry
        self._transport = transport
        self._on_tick = on_tick
        self._suspects = suspects
        self._being_checked: set[str] = set()
        """Those whose turn is still to come, too."""
        self._to_check: deque[SlaveRecord] = deque()
        self._checkers = threading.Semaphore(_MAX_CHECKERS)

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        last_tick = next_poll = next_check = time.monotonic()
        while True:
            time.sleep(_TICK_INTERVAL_S)
            now = time.monotonic()
            late_s = now - last_tick if now - last_tick - _TICK_INTERVAL_S > _MIN_STALL_S else 0.0
            if late_s:
                _log.warning("stood still for %.1f s; no slave is blamed for that", late_s)
                self._registry.compensate_stall(late_s, now)
            last_tick = now
            try:
                self._registry.sweep(now)
                self._check_all(self._new_slaves())
                if now >= next_check:
                    next_check = now + _RECHECK_INTERVAL_S
                    self._check_all(self._suspect_slaves())
                if now >= next_poll:
                    next_poll = now + self._registry.interval_s
                    self._check_all(self._slaves_without_heartbeats())
                self._on_tick(now, late_s)
            except Exception:  # noqa: BLE001 (border of a thread that the whole master needs)
                _log.exception("the watch stumbled, and goes on")

    def _new_slaves(self) -> list[SlaveRecord]:
        return [record for record in self._registry.present() if not record.checked]

    def _suspect_slaves(self) -> list[SlaveRecord]:
        suspects = self._suspects()
        present = self._registry.present()
        return [record for record in present if record.unreachable or record.name in suspects]

    def _slaves_without_heartbeats(self) -> list[SlaveRecord]:
        # Also those that are missing already: it is the only way for them to come back.
        known = self._registry.present() + self._registry.missing()
        return [record for record in known if not record.sends_heartbeats]

    def _check_all(self, records: list[SlaveRecord]) -> None:
        """Call each slave that is not being called already, in a few threads."""
        for record in records:
            if record.name not in self._being_checked:
                self._being_checked.add(record.name)
                self._to_check.append(record)
        for _ in range(min(len(self._to_check), _MAX_CHECKERS)):
            if self._checkers.acquire(blocking=False):
                threading.Thread(target=self._check_until_empty, daemon=True).start()

    def _check_until_empty(self) -> None:
        """Ask until nobody is left to be asked."""
        try:
            while True:
                self._check(self._to_check.popleft())
        except IndexError:
            return
        finally:
            self._checkers.release()

    def _check(self, record: SlaveRecord) -> None:
        problem = None
        try:
            self._transport.check_status(record.name)
            if not record.sends_heartbeats:
                self._registry.record_answer(record.ip, record.port, time.monotonic())
        except TransportError as error:
            problem = str(error)
        finally:
            self._registry.record_check(record.ip, record.port, problem)
            self._being_checked.discard(record.name)
