"""The world's own books of who blamed which file, and which slave rests for it.

They are kept in the plainest way that comes to mind, to be compared with the scheduler's.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from master_service.scheduling.slave_health import (
    CONTRADICTIONS_TO_QUARANTINE,
    MAX_QUARANTINE_S,
    MIN_QUARANTINE_S,
    RESULTS_TO_RESET,
)

FileKey = tuple[str, int]
"""A run and the position of a file in it."""


@dataclass
class Live:
    """A batch that a slave holds, and which of its files it has not answered."""

    slave: str
    run: str
    unanswered: set[int]


@dataclass
class Books:
    """What is held against files, and against slaves."""

    blames: defaultdict[FileKey, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The slaves that blamed a file, whether it has ended or not."""
    suspects: defaultdict[str, set[FileKey]] = field(default_factory=lambda: defaultdict(set))
    """Files without an end that a slave has blamed since it came."""
    contradictions: Counter[str] = field(default_factory=Counter)
    suspended_until: dict[str, float] = field(default_factory=dict)
    rest_s: dict[str, float] = field(default_factory=dict)
    in_a_row: Counter[str] = field(default_factory=Counter)
    judged: list[tuple[float, str, float]] = field(default_factory=list)
    """When which slave was rested, and for how many seconds."""

    def is_suspended(self, slave: str, now: float) -> bool:
        return now < self.suspended_until.get(slave, 0.0)

    def blame(self, file: FileKey, slave: str, there: bool, now: float) -> bool:
        """A slave blames a file; returns whether that counts."""
        if there and self.is_suspended(slave, now):
            return False
        self.blames[file].append(slave)
        if there:
            self.suspects[slave].add(file)
            self.in_a_row[slave] = 0
        return True

    def result(self, file: FileKey, slave: str, there: bool, now: float) -> None:
        """A slave gives a result for a file, which others may have blamed."""
        if there and not self.is_suspended(slave, now):
            self.in_a_row[slave] += 1
            if self.in_a_row[slave] >= RESULTS_TO_RESET:
                self.rest_s.pop(slave, None)
        for other in [name for name, files in self.suspects.items() if file in files]:
            if other != slave:
                self.suspects[other].remove(file)
                self.contradictions[other] += 1
                if self.contradictions[other] == CONTRADICTIONS_TO_QUARANTINE:
                    self._judge(other, now)

    def _judge(self, slave: str, now: float) -> None:
        rest_s = min(2 * self.rest_s.get(slave, MIN_QUARANTINE_S / 2), MAX_QUARANTINE_S)
        self.judged.append((now, slave, rest_s))
        self.forget(slave)
        self.rest_s[slave] = rest_s
        self.suspended_until[slave] = now + rest_s
        for names in self.blames.values():
            names[:] = [name for name in names if name != slave]

    def file_ended(self, file: FileKey) -> None:
        for files in self.suspects.values():
            files.discard(file)

    def forget(self, slave: str) -> None:
        """The slave is gone; what it blamed stays blamed."""
        for known in (
            self.suspects,
            self.contradictions,
            self.suspended_until,
            self.rest_s,
            self.in_a_row,
        ):
            known.pop(slave, None)
