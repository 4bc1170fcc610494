"""Tracks the files that each slave holds, and counts those that ended in the last ten minutes.

Times are seconds of a monotonic clock. Thread-safe.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge

INTERVAL_S = 5
_INTERVALS = 120
"""Ten minutes."""
_MINUTE_INTERVALS = 60 // INTERVAL_S
_MAX_CURRENT_FILES = 5

FileKey = tuple[str, int]
"""The id of a job, and the index of one of its files."""


@dataclass(frozen=True, slots=True)
class SlaveActivity:
    """The activity of one slave, also in the API.

    ``current_files`` names the five files that it has held longest. ``files_per_minute`` counts
    the files that ended in the last minute, interpolated in the oldest interval.
    """

    held_files: Annotated[int, Ge(0)]
    current_files: list[str]
    files_per_minute: Annotated[int, Ge(0)]


@dataclass(slots=True)
class Activity:
    """The files that slaves hold, and the number that ended in each interval, by slave."""

    _held: dict[FileKey, tuple[str, str]] = field(default_factory=dict)
    """Slave and file name, oldest hand-over first."""
    _ended: deque[dict[str, int]] = field(default_factory=lambda: deque([{}], _INTERVALS))
    _interval: int | None = None
    """The number of the last interval in ``_ended``."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handed_over(self, slave: str, files: Sequence[tuple[FileKey, str]]) -> None:
        """Record that files, with their names, were handed to a slave."""
        with self._lock:
            for key, filename in files:
                # Removed first, so that a file handed over again moves to the end.
                self._held.pop(key, None)
                self._held[key] = (slave, filename)

    def release(self, key: FileKey) -> None:
        """Record that no slave holds the file any more, without an outcome."""
        with self._lock:
            self._held.pop(key, None)

    def ended(self, key: FileKey, at: float) -> None:
        """Record that the file has ended, and count it for the slave that holds it."""
        with self._lock:
            self._advance(at)
            slave, _ = self._held.pop(key, ("", ""))
            if slave:
                self._ended[-1][slave] = self._ended[-1].get(slave, 0) + 1

    def finished_files(self, at: float) -> list[int]:
        """Return how many files ended in each complete interval, the oldest first."""
        with self._lock:
            self._advance(at)
            return [sum(interval.values()) for interval in self._ended][:-1]

    def by_slave(self, at: float) -> dict[str, SlaveActivity]:
        """Return the activity of each slave that holds a file or ended one in the last minute."""
        with self._lock:
            passed_s = self._advance(at)
            last_minute = list(self._ended)[-_MINUTE_INTERVALS - 1 :]
            # The newest interval is incomplete; the oldest one counts for the part that it lacks.
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
        """Begin the intervals up to ``at``; return how many seconds of the last have passed."""
        now = int(at // INTERVAL_S)
        if self._interval is not None and now < self._interval:
            return 0.0  # concurrent calls may arrive out of order
        passed = 0 if self._interval is None else now - self._interval
        self._interval = now
        self._ended.extend({} for _ in range(min(passed, _INTERVALS)))
        return at % INTERVAL_S
