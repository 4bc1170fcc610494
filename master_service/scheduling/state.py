"""What the scheduler knows of one run and of one slave, and what follows from it. Pure."""

import itertools
import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.partition import Partition
from master_service.scheduling.slave_health import SlaveHealth
from protocol.counts import counted
from protocol.failures import Failure, Internal, NoSlave

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""One request to a slave, unless a single file is larger."""
MIN_BACKOFF_S = 1.0
MAX_BACKOFF_S = 30.0
"""A slave that is in trouble is left alone for twice as long each time, up to this."""
MAX_PREFETCH_FILES = 500
PREFETCH_S = 1.0
"""A slave holds as many files beyond its workers as it does in this time, so that no worker waits
for the network, and so few that a slave which runs dry finds something to take over."""
MIN_STOLEN_WORK_S = 1.0
"""Less work than this stays with the slave it was meant for: moving it would gain nothing."""
ISOLATED_SCAN_LIMIT = 100
"""So many of the files to be sent alone are looked at for one that suits a slave, however many
there are: those at the front suit another, which comes for them."""

INVALID = Internal(
    "No slave gave a usable answer for this file; the log of the master has the details."
).as_failure()
INPUT_UNREADABLE = Internal(
    "The upload can't be read on the master's disk any more (SPOOL_DIR): send the file again."
).as_failure()

SUSPENSION_REASONS = {
    ExchangeFailure.FULL: "it said that it has enough for now",
    ExchangeFailure.LOST: "it could not be reached, or fell silent",
    ExchangeFailure.INVALID: "it gave an answer that is none",
}
QUARANTINED = "files failed on it that other slaves could do"
"""In the words that follow "because"."""


class Suspension(NamedTuple):
    """Why a slave is given nothing now, since when, and for how much longer (both in seconds)."""

    reason: str
    elapsed_s: float
    remaining_s: float


@dataclass(slots=True)
class Slave:
    """A slave that can be given work, or is paused for a while (times in seconds)."""

    workers: int
    task_types: frozenset[str]
    backoff_until: float = -math.inf
    backoff_s: float = 0.0
    trouble: ExchangeFailure = ExchangeFailure.FULL
    """What it is paused for."""
    failing_since: float = 0.0
    """When that began: one pause may follow on another."""
    reachable: bool = True
    refusals: int = 0
    """How often in a row it has said that it is full, or handed a file back."""
    health: SlaveHealth = field(default_factory=SlaveHealth)

    @property
    def suspended_until(self) -> float:
        """When it may be given something again; a time in the past where it may be now."""
        return max(self.backoff_until, self.health.quarantined_until)

    def is_suspended(self, at: float) -> bool:
        """Tell whether it is given nothing now: after trouble with it, or by judgement."""
        return at < self.suspended_until

    def suspension(self, at: float) -> Suspension | None:
        """Return what is to be told of its rest; None where it is given work."""
        if not self.is_suspended(at):
            return None
        is_quarantined = self.health.is_quarantined(at)
        reason = QUARANTINED if is_quarantined else SUSPENSION_REASONS[self.trouble]
        since = self.health.quarantined_since if is_quarantined else self.failing_since
        return Suspension(reason, at - since, self.suspended_until - at)

    def back_off(self, trouble: ExchangeFailure, at: float) -> None:
        """Leave it alone for a while after trouble, longer each time until it answers again."""
        self.reachable = trouble is ExchangeFailure.FULL
        self.refusals += trouble is ExchangeFailure.FULL
        # Its other batches tell of the same trouble; one pause is enough for all of them.
        if at < self.backoff_until:
            return
        # One pause may follow on another, unless it has long been at work, or idle, in between.
        is_new = not self.backoff_s or at - self.backoff_until > MAX_BACKOFF_S
        if is_new or trouble is not self.trouble:
            self.trouble, self.failing_since = trouble, at
        longer_s = 2 * self.backoff_s if trouble is not ExchangeFailure.FULL else 0.0
        self.backoff_s = min(max(longer_s, MIN_BACKOFF_S), MAX_BACKOFF_S)
        self.backoff_until = at + self.backoff_s


@dataclass(slots=True)
class Run:
    """One pass over the files of a job, each meant by its position in the run."""

    task_type: str
    partition: Partition
    files_left: int
    patience_s: float | None
    started_at: float
    isolated: deque[int] = field(default_factory=deque)
    """Files under suspicion: to be sent by themselves and, where a slave blamed them, elsewhere."""
    blamed_by: dict[int, list[str]] = field(default_factory=dict)
    """The slaves that blamed a file without an end, once for each time; no list is empty."""
    suspected: set[int] = field(default_factory=set)
    """Files from a batch whose answer was none: one of them may be the cause, and is not blamed."""
    excluded: set[str] = field(default_factory=set)
    """Slaves that are not to work on this run."""
    in_progress: Counter[str] = field(default_factory=Counter)
    """How many files of the run each slave has been given and not answered."""
    first_sent: dict[str, float] = field(default_factory=dict)
    last_answer: dict[str, float] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    starved_since: float | None = None

    @property
    def has_waiting_files(self) -> bool:
        """Whether a file of it is in nobody's hands."""
        return self.files_left > self.in_progress.total()

    def blame(self, index: int, slave: str, max_attempts: int) -> bool:
        """Note that the file failed there; tell whether it now waits to be tried again."""
        blamed_by = self.blamed_by.setdefault(index, [])
        blamed_by.append(slave)
        if len(blamed_by) >= max_attempts:
            return False
        self.isolated.append(index)
        return True

    def withdraw_blames(self, slave: str) -> None:
        """Take back what the slave blamed; what no other blames waits among the rest again."""
        for index, blamed_by in list(self.blamed_by.items()):
            if slave in blamed_by:
                blamed_by[:] = [name for name in blamed_by if name != slave]
                if not blamed_by:
                    del self.blamed_by[index]
        cleared = [index for index in self.isolated if not self._is_isolated(index)]
        if cleared:
            self.isolated = deque(index for index in self.isolated if self._is_isolated(index))
            self.partition.put_back(cleared)

    def put_back(self, indexes: Iterable[int]) -> None:
        """Take back files that were not tried; one that was blamed before stays by itself."""
        untried = sorted(indexes, reverse=True)
        self.isolated.extendleft(index for index in untried if self._is_isolated(index))
        self.partition.put_back(index for index in untried if not self._is_isolated(index))

    def take_isolated(self, slave: str, others: Iterable[str]) -> list[int]:
        """Take one file that is to be tried by itself, where it failed least and not just now."""
        for position, index in enumerate(itertools.islice(self.isolated, ISOLATED_SCAN_LIMIT)):
            blamed_by = self.blamed_by.get(index, [])
            failures = {
                name: (blamed_by.count(name), name in blamed_by[-1:]) for name in [slave, *others]
            }
            if failures[slave] == min(failures.values()):
                del self.isolated[position]
                return [index]
        return []

    def _is_isolated(self, index: int) -> bool:
        return index in self.blamed_by or index in self.suspected

    def steal(self, max_files: int, at: float) -> list[int]:
        """Take from the slave that would be busy longest with what it has not been given yet."""
        work_s = {
            owner: self.partition.waiting_for(owner) * self.seconds_per_file(owner, at)
            for owner in self.partition.owners()
        }
        owner = max(work_s, key=lambda name: work_s[name], default=None)
        if owner is None or work_s[owner] <= MIN_STOLEN_WORK_S:
            return []
        return self.partition.take_from(owner, max_files, MAX_BATCH_BYTES)

    def take_all(self) -> list[int]:
        """Take every file that no slave holds."""
        waiting = sorted([*self.isolated, *self.partition.take_all()])
        self.isolated.clear()
        return waiting

    def free_slots(self, slave: str, workers: int, at: float, free_slots_for_all: int) -> int:
        """Return how many files to give now: none until half of the slave's reserve is gone.

        ``free_slots_for_all`` is what the slave has left for all runs together.
        """
        prefetch = max(1, self.prefetch(slave, at))
        free_slots = min(workers + prefetch - self.in_progress[slave], free_slots_for_all)
        return free_slots if free_slots > prefetch // 2 else 0

    def prefetch(self, slave: str, at: float) -> int:
        """Return how many files the slave does in ``PREFETCH_S``, as far as it has proved it."""
        # Never more than it has answered: the first file may be quick to fail, and no other.
        answered = self.answered[slave]
        files = int(PREFETCH_S / self.seconds_per_file(slave, at)) if answered else 0
        return min(files, answered, MAX_PREFETCH_FILES)

    def seconds_per_file(self, slave: str, at: float) -> float:
        """Measured over this run, but at least as long as the slave has been silent now."""
        began = self.first_sent.get(slave, self.started_at)
        silent_s = at - self.last_answer.get(slave, began)
        return max((at - began) / max(1, self.answered[slave]), silent_s, 1e-6)

    def no_slave_failure(self) -> Failure:
        """Return why files of the run fail that nobody was there for."""
        return NoSlave(
            f"No slave that can do {self.task_type} answered for "
            f"{counted(self.patience_s or 0, 'second')}: start one (python slave.py) or, where "
            "/check_status and the page list one, do what its state says there; then send the "
            "file again."
        ).as_failure()
