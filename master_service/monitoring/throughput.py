"""Measures the throughput of each slave on one job while it was busy with that job.

A slave's busy time lasts from its first file to its last answer. The combined time of all slaves
is the union of their busy times. Times are seconds of a monotonic clock. No I/O, clocks or threads.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class BusyTime:
    """When a slave began and last answered, and how many files it has done in that time."""

    began: float
    ended: float
    files: int = 0

    @property
    def seconds(self) -> float:
        """The length of the busy time."""
        return self.ended - self.began


class SlaveThroughput:
    """The busy times of the slaves that were handed files of one job."""

    def __init__(self) -> None:
        self._busy_times: dict[str, BusyTime] = {}

    def handed_over(self, slave: str, at: float) -> None:
        """Record that files were handed to a slave."""
        self._busy_times.setdefault(slave, BusyTime(at, at))

    def answered(self, slave: str, at: float, done: bool) -> None:
        """Record that a slave answered a file, and whether the file is done."""
        busy_time = self._busy_times.get(slave)
        if busy_time is not None:
            busy_time.ended = at
            busy_time.files += done

    def combined(self) -> tuple[int, float]:
        """Return the files that all slaves have done, and the seconds in which any was busy."""
        busy_times = sorted(
            (s for s in list(self._busy_times.values()) if s.files), key=lambda s: s.began
        )
        seconds, until = 0.0, float("-inf")
        for busy_time in busy_times:
            seconds += max(0.0, busy_time.ended - max(busy_time.began, until))
            until = max(until, busy_time.ended)
        return sum(busy_time.files for busy_time in busy_times), seconds

    def by_slave(self) -> dict[str, tuple[int, float]]:
        """Return the files done and the busy seconds of each slave that has done any."""
        busy_times = list(self._busy_times.items())
        return {
            slave: (busy_time.files, busy_time.seconds)
            for slave, busy_time in busy_times
            if busy_time.files
        }
