"""Decides when to retry a request to a master that does not answer or has no room.

A restart of the master must not fail an upload of hours. (A master that never answered is not
retried; ``connection`` decides that.) tenacity counts its time limit from the first attempt, which
may be such an upload: time limit, ``Retry-After`` and reports would be own code with it too.
"""

import time
from collections.abc import Callable

from protocol.counts import counted

RETRY_FOR_S = 120.0
"""Enough for a restart of the master's computer, or for a user to free space on its disk."""
_WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0)
"""The first retry is at once: a keep-alive connection may have ended while the master runs."""
_MAX_WAIT_S = 30.0
"""Upper limit of the master's ``Retry-After``, so that the client soon notices a recovery."""


class RetrySchedule:
    """The retries of one request: when to try again, and when to give up."""

    def __init__(
        self,
        notify: Callable[[str], None],
        retry_for_s: float = RETRY_FOR_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._notify = notify
        self._retry_for_s = retry_for_s
        self._clock = clock
        self._sleep = sleep
        self._began: float | None = None
        self._failures = 0
        self._reported = ""

    def wait(self, reason: str, asked_s: float | None = None) -> bool:
        """Wait before the next try, ``asked_s`` seconds if given; returns False to give up.

        A new reason is reported to the user, a repeated one is not.
        """
        now = self._clock()
        if self._began is None:
            self._began = now
        left_s = self._began + self._retry_for_s - now
        if left_s <= 0:
            return False
        wait_s = _WAITS_S[min(self._failures, len(_WAITS_S) - 1)] if asked_s is None else asked_s
        wait_s = min(wait_s, left_s, _MAX_WAIT_S)
        self._failures += 1
        if wait_s and reason != self._reported:
            self._reported = reason
            self._notify(f"{reason}; trying again for {counted(round(left_s), 'second')}")
        self._sleep(wait_s)
        return True
