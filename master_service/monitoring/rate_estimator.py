"""Estimates the current rate of ended files from samples of a count.

No I/O, clocks or threads.
"""

from collections import deque

_WINDOW_S = 10.0
_SAMPLE_INTERVAL_S = 0.25


class RateEstimator:
    """Files per second over the last ten seconds; times are seconds of a monotonic clock.

    Where samples are rarer, the rate since the last sample but one.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, at: float, ended_files: int) -> None:
        """Add a sample: how many files have ended by now."""
        if not self._samples or at - self._samples[-1][0] >= _SAMPLE_INTERVAL_S:
            self._samples.append((at, ended_files))
        self._forget(at)

    def rate(self, at: float, ended_files: int) -> float | None:
        """Return files per second; None while there are too few samples."""
        self._forget(at)
        if not self._samples or at - self._samples[0][0] < _SAMPLE_INTERVAL_S:
            return None
        began, ended_before = self._samples[0]
        return (ended_files - ended_before) / (at - began)

    def _forget(self, at: float) -> None:
        # Two samples always stay, so that a rate is known, and sinks, where files end rarely.
        while len(self._samples) > 2 and at - self._samples[1][0] > _WINDOW_S:
            self._samples.popleft()
