"""Quarantines a slave on which files fail that succeed on other slaves.

When a file fails, the file or the slave may be the cause. A result for the same file from another
slave contradicts the blame. After ``CONTRADICTIONS_TO_QUARANTINE`` contradictions the slave is
quarantined, and the caller withdraws its blames. No I/O, clocks or threads.
"""

from dataclasses import dataclass, field

FileKey = tuple[str, int]
"""The name of a run, and the position of a file in it."""

CONTRADICTIONS_TO_QUARANTINE = 3
"""Fewer may be chance: a worker that the system killed, a file that fails intermittently."""
MIN_QUARANTINE_S = 60.0
MAX_QUARANTINE_S = 600.0
"""Each further quarantine of a slave lasts twice as long, up to this."""
RESULTS_TO_RESET = 20
"""After this many results in a row without a blame, the next quarantine is the shortest again."""


@dataclass(slots=True)
class SlaveHealth:
    """The blames, contradictions and quarantine of one slave (times in seconds)."""

    blamed: set[FileKey] = field(default_factory=set)
    """Files that failed on this slave and have not ended yet."""
    contradictions: int = 0
    quarantined_since: float = 0.0
    quarantined_until: float = 0.0
    quarantine_s: float = 0.0
    results: int = 0
    """Results in a row, since the last quarantine or blame."""

    def is_quarantined(self, at: float) -> bool:
        """Tell whether the slave is quarantined at this time."""
        return at < self.quarantined_until

    def blame(self, file: FileKey) -> None:
        """Record that the file failed on this slave, and that the slave blames the file."""
        self.blamed.add(file)
        self.results = 0

    def result(self, at: float) -> None:
        """Record a result; one during a quarantine was sent before it, and does not count."""
        if not self.is_quarantined(at):
            self.results += 1
            if self.results >= RESULTS_TO_RESET:
                self.quarantine_s = 0.0

    def contradict(self, file: FileKey, at: float) -> bool:
        """Record that another slave has a result for the file; return whether to quarantine."""
        if file not in self.blamed:
            return False
        self.blamed.remove(file)
        self.contradictions += 1
        if self.contradictions < CONTRADICTIONS_TO_QUARANTINE:
            return False
        self.quarantine_s = min(max(2 * self.quarantine_s, MIN_QUARANTINE_S), MAX_QUARANTINE_S)
        self.quarantined_since, self.quarantined_until = at, at + self.quarantine_s
        self.blamed.clear()
        self.contradictions = self.results = 0
        return True

    def end_quarantine(self, at: float) -> None:
        """End the quarantine early; the next one is still twice as long."""
        self.quarantined_until = min(self.quarantined_until, at)
