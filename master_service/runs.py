"""What the scheduler knows of one run and of one slave, and what follows from it. Pure."""

from collections import deque
from dataclasses import dataclass, field

from master_service.shares import Shares

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""One request to a slave, unless a single file is larger."""
MAX_RESERVE_FILES = 500
RESERVE_S = 1.0
"""A slave holds as many files beyond its workers as it does in this time, so that no worker waits
for the network, and so few that a slave which runs dry finds something to take over."""
WORTH_TAKING_OVER_S = 1.0
"""Less work than this stays with the slave it was meant for: moving it would gain nothing."""


@dataclass(slots=True)
class Slave:
    """A slave that can be given work, or is paused for a while (times in seconds)."""

    workers: int
    task_types: frozenset[str]
    files_held: int = 0
    paused_until: float = 0.0
    pause_s: float = 0.0
    reachable: bool = True


@dataclass(slots=True)
class Run:
    """One pass over the files of a job, each meant by its position in the run."""

    task_type: str
    shares: Shares
    files_left: int
    patience_s: float | None
    started_at: float
    alone: deque[tuple[int, str]] = field(default_factory=deque)
    """Files that a slave blamed, with that slave: to be sent by themselves, and elsewhere."""
    blames: dict[int, int] = field(default_factory=dict)
    first_sent: dict[str, float] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    starved_since: float | None = None

    def may_retry(self, index: int, max_attempts: int) -> bool:
        """Count one more try that the file is blamed for; tell whether another is allowed."""
        self.blames[index] = self.blames.get(index, 0) + 1
        return self.blames[index] < max_attempts

    def take_alone(self, slave: str, others_can: bool) -> list[int]:
        """Take one file that is to be tried by itself, not where it failed if others can."""
        for position, (index, blamed_by) in enumerate(self.alone):
            if blamed_by != slave or not others_can:
                del self.alone[position]
                return [index]
        return []

    def take_over(self, most_files: int, at: float) -> list[int]:
        """Take from the slave that would be busy longest with what it has not been given yet."""
        work_s = {
            owner: self.shares.waiting_for(owner) * self.seconds_per_file(owner, at)
            for owner in self.shares.owners()
        }
        owner = max(work_s, key=lambda name: work_s[name], default=None)
        if owner is None or work_s[owner] <= WORTH_TAKING_OVER_S:
            return []
        return self.shares.take_from(owner, most_files, MAX_BATCH_BYTES)

    def take_all(self) -> list[int]:
        """Take every file that no slave holds."""
        waiting = [index for index, _ in self.alone]
        self.alone.clear()
        return sorted(waiting + self.shares.take_all())

    def room(self, name: str, slave: Slave, at: float) -> int:
        """Return how many files to give now: none until half of the slave's reserve is gone."""
        measured = name in self.answered
        files_per_s = 1 / self.seconds_per_file(name, at) if measured else 0.0
        reserve = min(MAX_RESERVE_FILES, max(1, int(files_per_s * RESERVE_S)))
        room = slave.workers + reserve - slave.files_held
        return room if room > reserve // 2 else 0

    def seconds_per_file(self, slave: str, at: float) -> float:
        """Measured over this run; where nothing has been answered yet, at least what has passed."""
        elapsed_s = at - self.first_sent.get(slave, self.started_at)
        return max(elapsed_s, 1e-6) / self.answered.get(slave, 1)
