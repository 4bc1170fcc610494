"""A second, simple implementation of blames and quarantines.

The simulation compares it with the scheduler's state after each event.
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
"""The name of a run, and the position of a file in it."""


@dataclass
class HeldBatch:
    """A batch that a slave holds, and the files of it that are not answered yet."""

    slave: str
    run: str
    unanswered: set[int]


@dataclass
class ExpectedHealth:
    """The blames of each file, and the health of each slave, as they have to be."""

    blames: defaultdict[FileKey, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The slaves that blamed a file, whether it has ended or not."""
    blamed_files: defaultdict[str, set[FileKey]] = field(default_factory=lambda: defaultdict(set))
    """Files that have not ended, by the slaves that have blamed them since they registered."""
    contradictions: Counter[str] = field(default_factory=Counter)
    quarantined_until: dict[str, float] = field(default_factory=dict)
    quarantine_s: dict[str, float] = field(default_factory=dict)
    results_in_a_row: Counter[str] = field(default_factory=Counter)
    quarantines: list[tuple[float, str, float]] = field(default_factory=list)
    """When a slave was quarantined, which one, and for how many seconds."""

    def is_quarantined(self, slave: str, now: float) -> bool:
        return now < self.quarantined_until.get(slave, 0.0)

    def blame(self, file: FileKey, slave: str, is_registered: bool, now: float) -> bool:
        """Record a blame; return whether it counts."""
        if is_registered and self.is_quarantined(slave, now):
            return False
        self.blames[file].append(slave)
        if is_registered:
            self.blamed_files[slave].add(file)
            self.results_in_a_row[slave] = 0
        return True

    def result(self, file: FileKey, slave: str, is_registered: bool, now: float) -> None:
        """Record a result, which contradicts the blames of other slaves."""
        if is_registered and not self.is_quarantined(slave, now):
            self.results_in_a_row[slave] += 1
            if self.results_in_a_row[slave] >= RESULTS_TO_RESET:
                self.quarantine_s.pop(slave, None)
        for other in [name for name, files in self.blamed_files.items() if file in files]:
            if other != slave:
                self.blamed_files[other].remove(file)
                self.contradictions[other] += 1
                if self.contradictions[other] == CONTRADICTIONS_TO_QUARANTINE:
                    self._quarantine(other, now)

    def _quarantine(self, slave: str, now: float) -> None:
        quarantine_s = min(2 * self.quarantine_s.get(slave, MIN_QUARANTINE_S / 2), MAX_QUARANTINE_S)
        self.quarantines.append((now, slave, quarantine_s))
        self.forget(slave)
        self.quarantine_s[slave] = quarantine_s
        self.quarantined_until[slave] = now + quarantine_s
        for names in self.blames.values():
            names[:] = [name for name in names if name != slave]

    def file_ended(self, file: FileKey) -> None:
        for files in self.blamed_files.values():
            files.discard(file)

    def forget(self, slave: str) -> None:
        """Remove the health of a slave that is gone; its blames stay with the files."""
        for known in (
            self.blamed_files,
            self.contradictions,
            self.quarantined_until,
            self.quarantine_s,
            self.results_in_a_row,
        ):
            known.pop(slave, None)
