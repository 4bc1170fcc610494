"""Estimates how many files a second end at the moment, from samples of a count. Pure."""

from collections import deque

_WINDOW_S = 10.0
_SAMPLE_INTERVAL_S = 0.25


class RateEstimator:
    """Files a second of late; times are of one clock that never goes back.

    That is over the last ten seconds, or since the last end but one where files end more seldom.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, at: float, ended_files: int) -> None:
        """Note how many files have ended by now."""
        if not self._samples or at - self._samples[-1][0] >= _SAMPLE_INTERVAL_S:
            self._samples.append((at, ended_files))
        self._forget(at)

    def rate(self, at: float, ended_files: int) -> float | None:
        """Return files a second; None as long as there is nothing to tell."""
        self._forget(at)
        if not self._samples or at - self._samples[0][0] < _SAMPLE_INTERVAL_S:
            return None
        began, ended_before = self._samples[0]
        return (ended_files - ended_before) / (at - began)

    def _forget(self, at: float) -> None:
        # Two stay: from the last end but one on, the rate of what ends seldom is known, and sinks.
        while len(self._samples) > 2 and at - self._samples[1][0] > _WINDOW_S:
            self._samples.popleft()
