"""What the scheduler knows of one run and of one slave, and what follows from it. Pure."""

from collections import Counter, deque
from collections.abc import Iterable
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
    alone: deque[int] = field(default_factory=deque)
    """Files that a slave blamed: to be sent by themselves, and elsewhere."""
    blamed_by: dict[int, list[str]] = field(default_factory=dict)
    """The slaves that blamed a file, once for each time."""
    held: Counter[str] = field(default_factory=Counter)
    """How many files of the run each slave has been given and not answered."""
    first_sent: dict[str, float] = field(default_factory=dict)
    last_answer: dict[str, float] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    starved_since: float | None = None

    def blame(self, index: int, slave: str, max_attempts: int) -> bool:
        """Note that the file failed there; tell whether it now waits to be tried again."""
        blamed_by = self.blamed_by.setdefault(index, [])
        blamed_by.append(slave)
        if len(blamed_by) >= max_attempts:
            return False
        self.alone.append(index)
        return True

    def put_back(self, indexes: Iterable[int]) -> None:
        """Take back files that were not tried; one that was blamed before stays by itself."""
        untried = sorted(indexes, reverse=True)
        self.alone.extendleft(index for index in untried if index in self.blamed_by)
        self.shares.put_back(index for index in untried if index not in self.blamed_by)

    def take_alone(self, slave: str, reachable: Iterable[str]) -> list[int]:
        """Take one file that is to be tried by itself, where it failed least and not just now."""
        for position, index in enumerate(self.alone):
            blamed_by = self.blamed_by[index]
            doubts = {
                name: (blamed_by.count(name), name == blamed_by[-1]) for name in [slave, *reachable]
            }
            if doubts[slave] == min(doubts.values()):
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
        waiting = sorted([*self.alone, *self.shares.take_all()])
        self.alone.clear()
        return waiting

    def room(self, slave: str, workers: int, at: float, room_for_all: int) -> int:
        """Return how many files to give now: none until half of the slave's reserve is gone.

        ``room_for_all`` is what the slave has left for all runs together.
        """
        reserve = max(1, self.reserve(slave, at))
        room = min(workers + reserve - self.held[slave], room_for_all)
        return room if room > reserve // 2 else 0

    def reserve(self, slave: str, at: float) -> int:
        """Return how many files the slave does in ``RESERVE_S``, as far as it has proved it."""
        # Never more than it has answered: the first file may be quick to fail, and no other.
        answered = self.answered[slave]
        files = int(RESERVE_S / self.seconds_per_file(slave, at)) if answered else 0
        return min(files, answered, MAX_RESERVE_FILES)

    def seconds_per_file(self, slave: str, at: float) -> float:
        """Measured over this run, but at least as long as the slave has been silent now."""
        began = self.first_sent.get(slave, self.started_at)
        silent_s = at - self.last_answer.get(slave, began)
        return max((at - began) / max(1, self.answered[slave]), silent_s, 1e-6)
