"""Lets other greenlets run while a loop has work without ever waiting."""

import time

_MAX_BUSY_S = 0.01
_YIELD_S = 0.0001
"""gevent switches greenlets only when one of them waits; ``sleep(0)`` rarely lets I/O run."""


class YieldTimer:
    """Interrupts one busy loop, such as one that reads data that has already arrived."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _MAX_BUSY_S

    def yield_if_due(self) -> None:
        """Sleep briefly if the loop has run for ``_MAX_BUSY_S``; else return at once."""
        if time.monotonic() > self._end:
            time.sleep(_YIELD_S)
            self._end = time.monotonic() + _MAX_BUSY_S
