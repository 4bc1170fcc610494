"""Carries out items in groups, in a thread of its own that lives while there are any."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from protocol.counts import counted

_log = logging.getLogger(__name__)
T = TypeVar("T")

_INTERVAL_S = 0.1
"""From the beginning of one group to that of the next: a single item is carried out at once, and a
stream of them in ten groups a second, as often as anybody is told of progress."""
_MAX_ITEMS = 500
"""So many are not kept waiting for that."""


class GroupQueue(Generic[T]):
    """A queue of items; ``carry_out`` is called with one group at a time.

    Its errors are logged.
    """

    def __init__(self, carry_out: Callable[[list[T]], None]) -> None:
        self._carry_out = carry_out
        self._items: list[T] = []
        self._is_running = False
        self._is_draining = False
        self._changed = threading.Condition()

    def put(self, item: T) -> None:
        """Add an item; does not wait."""
        with self._changed:
            self._items.append(item)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, daemon=True).start()
            elif len(self._items) == _MAX_ITEMS:
                self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all items are carried out, which now happens at once."""
        with self._changed:
            self._is_draining = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_running)
            self._is_draining = False

    def _run(self) -> None:
        while True:
            with self._changed:
                group, self._items = self._items, []
                if not group:
                    self._is_running = False
                    self._changed.notify_all()
                    return
            began = time.monotonic()
            try:
                self._carry_out(group)
            except Exception:  # noqa: BLE001 (border of a thread: later groups, and drain, go on)
                _log.exception("a group of %s failed", counted(len(group), "item"))
            with self._changed:
                left_s = began + _INTERVAL_S - time.monotonic()
                self._changed.wait_for(self._is_due, max(0.0, left_s))

    def _is_due(self) -> bool:
        return self._is_draining or len(self._items) >= _MAX_ITEMS
