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
        self._busy_times: dict[str, BusyTime] = {}

    def handed_over(self, slave: str, at: float) -> None:
        """Note that a slave was given files."""
        self._busy_times.setdefault(slave, BusyTime(at, at))

    def answered(self, slave: str, at: float, done: bool) -> None:
        """Note that a slave has answered for a file, and whether it is done with that."""
        busy_time = self._busy_times.get(slave)
        if busy_time is not None:
            busy_time.ended = at
            busy_time.files += done

    def combined(self) -> tuple[int, float]:
        """Return the files that all have done, and the seconds in which any was at work."""
        throughput = sorted(
            (s for s in list(self._busy_times.values()) if s.files), key=lambda s: s.began
        )
        seconds, until = 0.0, float("-inf")
        for busy_time in throughput:
            seconds += max(0.0, busy_time.ended - max(busy_time.began, until))
            until = max(until, busy_time.ended)
        return sum(busy_time.files for busy_time in throughput), seconds

    def by_slave(self) -> dict[str, tuple[int, float]]:
        """Return the files and seconds of each slave that has done any."""
        throughput = list(self._busy_times.items())
        return {
            slave: (busy_time.files, busy_time.seconds)
            for slave, busy_time in throughput
            if busy_time.files
        }
