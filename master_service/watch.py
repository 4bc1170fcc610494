"""Keeps the time: notices slaves that fall silent, asks those that do not beat by themselves."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from master_service.slaves import Registry, SlaveRecord
from master_service.transport import Transport, TransportError

_log = logging.getLogger(__name__)

_TICK_S = 0.25
_LATE_S = 1.0
"""A tick later than this means that the master itself stood still."""
_MOST_ASKERS = 16
"""Each has a thread and a connection, and waits for seconds where nobody answers."""


class Watch:
    """Wakes four times a second; ``on_tick`` is told the time, and how late it is."""

    def __init__(
        self, registry: Registry, transport: Transport, on_tick: Callable[[float, float], None]
    ) -> None:
        self._registry = registry
        self._transport = transport
        self._on_tick = on_tick
        self._asking: set[str] = set()
        """Those whose turn is still to come, too."""
        self._to_ask: deque[SlaveRecord] = deque()
        self._askers = threading.Semaphore(_MOST_ASKERS)

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        last = next_asking = time.monotonic()
        while True:
            time.sleep(_TICK_S)
            now = time.monotonic()
            late_s = now - last if now - last - _TICK_S > _LATE_S else 0.0
            if late_s:
                _log.warning("stood still for %.1f s; no slave is blamed for that", late_s)
                self._registry.forgive(late_s, now)
            last = now
            try:
                self._registry.sweep(now)
                if now >= next_asking:
                    next_asking = now + self._registry.interval_s
                    self._ask_silent_ones()
                self._on_tick(now, late_s)
            except Exception:  # noqa: BLE001 (border of a thread that the whole master needs)
                _log.exception("the watch stumbled, and goes on")

    def _ask_silent_ones(self) -> None:
        # Also those that are missing already: it is the only way for them to come back.
        for record in self._registry.present() + self._registry.missing():
            if not record.beats and record.name not in self._asking:
                self._asking.add(record.name)
                self._to_ask.append(record)
        for _ in range(min(len(self._to_ask), _MOST_ASKERS)):
            if self._askers.acquire(blocking=False):
                threading.Thread(target=self._ask_in_turn, daemon=True).start()

    def _ask_in_turn(self) -> None:
        """Ask until nobody is left to be asked."""
        try:
            while True:
                self._ask(self._to_ask.popleft())
        except IndexError:
            return
        finally:
            self._askers.release()

    def _ask(self, record: SlaveRecord) -> None:
        try:
            self._transport.check_status(record.name)
            self._registry.heard(record.ip, record.port, time.monotonic())
        except TransportError as error:
            _log.debug("%s does not answer: %s", record.name, error)
        finally:
            self._asking.discard(record.name)
