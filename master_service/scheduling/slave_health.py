"""Judges a slave by its files: those that failed there and succeeded elsewhere. Pure.

A file that fails may be to blame, or the slave. When another slave gives a result for the same
file, it was the slave; after some such proofs it is rested, and what it blamed is forgiven.
"""

from dataclasses import dataclass, field

FileKey = tuple[str, int]
"""A run and the position of a file in it."""

CONTRADICTIONS_TO_QUARANTINE = 3
"""Fewer may be chance: a worker that the system killed, a file that fails now and then."""
MIN_QUARANTINE_S = 60.0
MAX_QUARANTINE_S = 600.0
"""A slave that is judged again rests twice as long each time, up to this."""
RESULTS_TO_RESET = 20
"""After so many results without a blame between them, the next rest is the shortest again."""


@dataclass(slots=True)
class SlaveHealth:
    """What is held against one slave (times in seconds)."""

    blamed: set[FileKey] = field(default_factory=set)
    """Files that failed here and have no end yet."""
    contradictions: int = 0
    quarantined_since: float = 0.0
    quarantined_until: float = 0.0
    quarantine_s: float = 0.0
    results: int = 0
    """How many in a row, since the last rest or blame."""

    def is_quarantined(self, at: float) -> bool:
        """Tell whether the slave rests by judgement."""
        return at < self.quarantined_until

    def blame(self, file: FileKey) -> None:
        """Note that the file failed here, and that the slave says the file is to blame."""
        self.blamed.add(file)
        self.results = 0

    def result(self, at: float) -> None:
        """Note a result; one during a rest was begun before it, and does not count."""
        if not self.is_quarantined(at):
            self.results += 1
            if self.results >= RESULTS_TO_RESET:
                self.quarantine_s = 0.0

    def contradict(self, file: FileKey, at: float) -> bool:
        """Another slave has a result for the file; tell whether this one is rested for it now."""
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
        """Cut a rest short; the next one is longer all the same."""
        self.quarantined_until = min(self.quarantined_until, at)
