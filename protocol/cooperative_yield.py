"""Gives the others in this process their turn while one is busy without ever waiting."""

import time

_MAX_BUSY_S = 0.01
_YIELD_S = 0.0001
"""Under gevent nobody else gets a turn until a thread waits, and a zero wait is none."""


class YieldTimer:
    """One busy loop's turns: what comes is there already, so that nothing else would end one."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _MAX_BUSY_S

    def yield_if_due(self) -> None:
        """Pause where the turn is over; else go on at once."""
        if time.monotonic() > self._end:
            time.sleep(_YIELD_S)
            self._end = time.monotonic() + _MAX_BUSY_S
