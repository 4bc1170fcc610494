"""Measures how fast each slave worked on one job while it worked on it. Pure.

A slave's span goes from its first file to its last answer; what others did before and after does
not count against it. The time of all together is that in which any was at work, so that both leave
out when nobody was there. Times are of one clock that never goes back, in seconds.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class BusyTime:
    """From when to when a slave worked, and how many files it has done in that time."""

    began: float
    ended: float
    files: int = 0

    @property
    def seconds(self) -> float:
        """How long that was."""
        return self.ended - self.began


class SlaveThroughput:
    """The span of every slave that was given files of one job."""

    def __init__(self) -> None:
        self._spans: dict[str, BusyTime] = {}

    def handed_over(self, slave: str, at: float) -> None:
        """Note that a slave was given files."""
        self._spans.setdefault(slave, BusyTime(at, at))

    def answered(self, slave: str, at: float, done: bool) -> None:
        """Note that a slave has answered for a file, and whether it is done with that."""
        span = self._spans.get(slave)
        if span is not None:
            span.ended = at
            span.files += done

    def together(self) -> tuple[int, float]:
        """Return the files that all have done, and the seconds in which any was at work."""
        throughput = sorted(
            (s for s in list(self._spans.values()) if s.files), key=lambda s: s.began
        )
        seconds, until = 0.0, float("-inf")
        for span in throughput:
            seconds += max(0.0, span.ended - max(span.began, until))
            until = max(until, span.ended)
        return sum(span.files for span in throughput), seconds

    def of_slaves(self) -> dict[str, tuple[int, float]]:
        """Return the files and seconds of each slave that has done any."""
        throughput = list(self._spans.items())
        return {slave: (span.files, span.seconds) for slave, span in throughput if span.files}
