"""Runs functions in threads that are used again, since starting one takes CPU time."""

import queue
import threading
from collections.abc import Callable

_MAX_IDLE_S = 30.0

Work = Callable[[], object]


class ReusedThreads:
    """Any number of daemon threads, of which idle ones take the next function.

    ``concurrent.futures`` would wait for functions in progress when the interpreter ends.
    """

    def __init__(self) -> None:
        self._idle: list[queue.SimpleQueue[Work]] = []
        """The inbox of each idle thread, the one that was used last at the end."""
        self._lock = threading.Lock()

    def run(self, work: Work) -> None:
        """Call ``work`` in a thread of its own, without waiting for its end."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
            if inbox is not None:
                inbox.put(work)
        if inbox is None:
            threading.Thread(target=self._serve, args=(work,), daemon=True).start()

    def _serve(self, work: Work) -> None:
        inbox: queue.SimpleQueue[Work] = queue.SimpleQueue()
        while True:
            work()
            del work  # it holds a batch, which must not stay in memory until the next one
            with self._lock:
                self._idle.append(inbox)
            try:
                work = inbox.get(timeout=_MAX_IDLE_S)
            except queue.Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        return
                work = inbox.get()
