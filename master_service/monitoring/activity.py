"""Knows which files the slaves hold, and how many came to an end there in the last minutes.

Times are of one clock that never goes back, in seconds. Every call may come from any thread.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

INTERVAL_S = 5
_INTERVALS = 120
"""Ten minutes."""
_MINUTE_INTERVALS = 60 // INTERVAL_S
_MAX_CURRENT_FILES = 5

FileKey = tuple[str, int]
"""A job's id, and the index of one of its files."""


@dataclass(frozen=True, slots=True)
class SlaveActivity:
    """What one slave is doing; ``current_files`` are those it has had longest, five at most.

    ``files_per_minute`` counts the last minute up to now, to within an interval at its far end.
    """

    held_files: int
    current_files: list[str]
    files_per_minute: int


@dataclass(slots=True)
class Activity:
    """The files that slaves hold, and those that ended in each interval of late, by slave."""

    _held: dict[FileKey, tuple[str, str]] = field(default_factory=dict)
    """Slave and file name, in the order in which they were handed over."""
    _ended: deque[dict[str, int]] = field(default_factory=lambda: deque([{}], _INTERVALS))
    _interval: int | None = None
    """The number of the interval that is the last in ``_ended``."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handed_over(self, slave: str, files: Sequence[tuple[FileKey, str]]) -> None:
        """Note that a slave was given files, with their names."""
        with self._lock:
            for key, filename in files:
                # A file that moves stands last again.
                self._held.pop(key, None)
                self._held[key] = (slave, filename)

    def release(self, key: FileKey) -> None:
        """Note that no slave holds the file any more, and that it was not done."""
        with self._lock:
            self._held.pop(key, None)

    def ended(self, key: FileKey, at: float) -> None:
        """Note that the file has come to its end on the slave that holds it."""
        with self._lock:
            self._advance(at)
            slave, _ = self._held.pop(key, ("", ""))
            if slave:
                self._ended[-1][slave] = self._ended[-1].get(slave, 0) + 1

    def finished_files(self, at: float) -> list[int]:
        """Return how many files ended in each interval that is over, the oldest first."""
        with self._lock:
            self._advance(at)
            return [sum(interval.values()) for interval in self._ended][:-1]

    def by_slave(self, at: float) -> dict[str, SlaveActivity]:
        """Return what each slave is doing, of those that hold a file or ended one of late."""
        with self._lock:
            passed_s = self._advance(at)
            last_minute = list(self._ended)[-_MINUTE_INTERVALS - 1 :]
            # Of the oldest, as much lies within the minute as is still to come of the newest.
            weights = [1.0] * len(last_minute)
            if len(last_minute) > _MINUTE_INTERVALS:
                weights[0] = 1 - passed_s / INTERVAL_S
            names: dict[str, list[str]] = {
                slave: [] for interval in last_minute for slave in interval
            }
            for slave, filename in self._held.values():
                names.setdefault(slave, []).append(filename)
            return {
                slave: SlaveActivity(
                    held_files=len(held),
                    current_files=held[:_MAX_CURRENT_FILES],
                    files_per_minute=round(
                        sum(
                            w * ended.get(slave, 0)
                            for w, ended in zip(weights, last_minute, strict=True)
                        )
                    ),
                )
                for slave, held in names.items()
            }

    def _advance(self, at: float) -> float:
        """Come to the interval of this time; returns how much of it has passed."""
        now = int(at // INTERVAL_S)
        if self._interval is not None and now < self._interval:
            return 0.0  # of two calls at once the later one may come first
        passed = 0 if self._interval is None else now - self._interval
        self._interval = now
        self._ended.extend({} for _ in range(min(passed, _INTERVALS)))
        return at % INTERVAL_S
