"""The scheduler's state of one run and of one slave. No I/O, clocks or threads."""

import itertools
import math
from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from master_service.engine import Suspension
from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.partition import Partition
from master_service.scheduling.slave_health import SlaveHealth
from protocol.counts import counted
from protocol.failures import Failure, Internal, NoSlave
from protocol.options import described

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""Limit of the files of one request to a slave; a single larger file is sent alone."""
MIN_BACKOFF_S = 1.0
MAX_BACKOFF_S = 30.0
"""After each failed exchange in a row a slave is backed off for twice as long, up to this."""
MAX_PREFETCH_FILES = 500
PREFETCH_S = 1.0
"""Beyond its workers, a slave holds the files that it processes in this time, so that no worker
waits for the network. Files that take longer are sent one at a time: a slave that holds one which
it has not begun keeps it from idle slaves."""
MIN_PREFETCH_S = 0.1
"""Near the end of a run a slave holds less, down to the files that it processes in this time."""
MIN_STOLEN_WORK_S = 0.2
"""A share with less work than this is not stolen from: moving it would gain nothing."""
YOUNG_RUN_S = 1.0
"""Until a run is this old, times per file are little known, and ``MIN_STOLEN_WORK_S`` is as long:
small runs of quick files stay evenly split."""
ISOLATED_SCAN_LIMIT = 100
"""How many of the isolated files are searched for one that suits a slave. Those at the front that
do not suit it suit another slave, which will ask for them."""

NO_VALID_ANSWER = Internal(
    "No slave gave a usable answer for this file; the log of the master has the details."
).as_failure()
INPUT_UNREADABLE = Internal(
    "The upload can't be read on the master's disk any more (SPOOL_DIR): send the file again."
).as_failure()

SUSPENSION_REASONS = {
    ExchangeFailure.FULL: "it reported that it is full",
    ExchangeFailure.CONNECTION_LOST: "it could not be reached, or stopped answering",
    ExchangeFailure.INVALID_ANSWER: "it sent an invalid answer",
}
QUARANTINED = "files failed on it that other slaves could do"
"""Like ``SUSPENSION_REASONS``, a clause that follows the word "because"."""


@dataclass(slots=True)
class Slave:
    """A registered slave, which may be suspended: backed off or quarantined (times in seconds)."""

    workers: int
    capabilities: frozenset[str]
    """Task types, and features such as ``ocr:deu``."""
    backoff_until: float = -math.inf
    backoff_s: float = 0.0
    last_failure: ExchangeFailure = ExchangeFailure.FULL
    """The cause of the backoff."""
    failing_since: float = 0.0
    """When the first of an unbroken series of backoffs with this cause began."""
    answering: bool = True
    refusals: int = 0
    """How often in a row it reported that it is full, or handed a file back."""
    health: SlaveHealth = field(default_factory=SlaveHealth)
    file_s: dict[frozenset[str], float] = field(default_factory=dict)
    """Seconds per file in the last run that needed these capabilities."""

    @property
    def suspended_until(self) -> float:
        """When the slave may get files again; in the past if it may now."""
        return max(self.backoff_until, self.health.quarantined_until)

    def is_suspended(self, at: float) -> bool:
        """Tell whether the slave gets no files now: it is backed off or quarantined."""
        return at < self.suspended_until

    def suspension(self, at: float) -> Suspension | None:
        """Return the cause and times of the suspension; None if the slave may get files."""
        if not self.is_suspended(at):
            return None
        is_quarantined = self.health.is_quarantined(at)
        reason = QUARANTINED if is_quarantined else SUSPENSION_REASONS[self.last_failure]
        since = self.health.quarantined_since if is_quarantined else self.failing_since
        return Suspension(reason, at - since, self.suspended_until - at)

    def back_off(self, failure: ExchangeFailure, at: float) -> None:
        """Back off after a failed exchange, exponentially unless the slave was only full."""
        self.answering = failure is ExchangeFailure.FULL
        self.refusals += failure is ExchangeFailure.FULL
        # One outage ends several batches, but is one backoff.
        if at < self.backoff_until:
            return
        # A backoff continues the last one unless the slave was working or idle for long since.
        is_new = not self.backoff_s or at - self.backoff_until > MAX_BACKOFF_S
        if is_new or failure is not self.last_failure:
            self.last_failure, self.failing_since = failure, at
        longer_s = 2 * self.backoff_s if failure is not ExchangeFailure.FULL else 0.0
        self.backoff_s = min(max(longer_s, MIN_BACKOFF_S), MAX_BACKOFF_S)
        self.backoff_until = at + self.backoff_s


@dataclass(slots=True)
class Run:
    """One pass over the files of a job; a file is identified by its position in the run."""

    task_type: str
    partition: Partition
    files_left: int
    no_slave_timeout_s: float | None
    started_at: float
    isolated: deque[int] = field(default_factory=deque)
    """Waiting files that are sent in a batch of their own; blamed ones preferably to a slave that
    has not blamed them."""
    blamed_by: dict[int, list[str]] = field(default_factory=dict)
    """For each blamed file that has not ended, one entry for each blame; no list is empty."""
    suspected: set[int] = field(default_factory=set)
    """Files of batches with invalid answers: any may be the cause, so that none is blamed."""
    excluded: set[str] = field(default_factory=set)
    """Slaves that get no files of this run."""
    in_progress: Counter[str] = field(default_factory=Counter)
    """How many files of the run each slave holds."""
    first_sent: dict[str, float] = field(default_factory=dict)
    last_answer: dict[str, float] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    no_slave_since: float | None = None
    features: frozenset[str] = frozenset()
    """What a slave must have besides the task type."""
    is_open: bool = False
    """Whether it may get more files."""
    needed: frozenset[str] = field(init=False)
    """The capabilities that a slave must have to process its files."""

    def __post_init__(self) -> None:
        self.needed = self.features | {self.task_type}

    @property
    def has_waiting_files(self) -> bool:
        """Whether some of its files are waiting: not ended, and held by no slave."""
        return self.files_left > self.in_progress.total()

    def blame(self, position: int, slave: str, max_attempts: int) -> bool:
        """Record that the file failed on the slave; return whether it has attempts left."""
        blamed_by = self.blamed_by.setdefault(position, [])
        blamed_by.append(slave)
        if len(blamed_by) >= max_attempts:
            return False
        self.isolated.append(position)
        return True

    def withdraw_blames(self, slave: str) -> None:
        """Remove the slave's blames; files without other blames are no longer isolated."""
        for position, blamed_by in list(self.blamed_by.items()):
            if slave in blamed_by:
                blamed_by[:] = [name for name in blamed_by if name != slave]
                if not blamed_by:
                    del self.blamed_by[position]
        cleared = [position for position in self.isolated if not self._is_isolated(position)]
        if cleared:
            self.isolated = deque(
                position for position in self.isolated if self._is_isolated(position)
            )
            self.partition.put_back(cleared)

    def put_back(self, positions: Iterable[int]) -> None:
        """Return files that were not processed to the waiting ones, isolated or unassigned."""
        untried = sorted(positions, reverse=True)
        self.isolated.extendleft(position for position in untried if self._is_isolated(position))
        self.partition.put_back(position for position in untried if not self._is_isolated(position))

    def take_isolated(self, slave: str, others: Iterable[str]) -> list[int]:
        """Take one isolated file for which no slave in ``others`` suits better.

        A slave suits better if it has blamed the file less often or, if equally often, was not
        the last one to blame it.
        """
        for offset, position in enumerate(itertools.islice(self.isolated, ISOLATED_SCAN_LIMIT)):
            blamed_by = self.blamed_by.get(position, [])
            failures = {
                name: (blamed_by.count(name), name in blamed_by[-1:]) for name in [slave, *others]
            }
            if failures[slave] == min(failures.values()):
                del self.isolated[offset]
                return [position]
        return []

    def _is_isolated(self, position: int) -> bool:
        return position in self.blamed_by or position in self.suspected

    def steal(self, max_files: int, at: float) -> list[int]:
        """Take files from the share that would keep its slave busy for the longest time."""
        work_s = {
            owner: self.partition.waiting_for(owner) * self.seconds_per_file(owner, at)
            for owner in self.partition.owners()
        }
        owner = max(work_s, key=lambda name: work_s[name], default=None)
        is_young = at - self.started_at < YOUNG_RUN_S
        least_s = YOUNG_RUN_S if is_young else MIN_STOLEN_WORK_S
        if owner is None or work_s[owner] <= least_s:
            return []
        return self.partition.take_from(owner, max_files, MAX_BATCH_BYTES)

    def remove_waiting(self, positions: Collection[int]) -> list[int]:
        """Remove files that no slave holds; return those that were waiting."""
        isolated = [position for position in self.isolated if position in positions]
        if isolated:
            self.isolated = deque(p for p in self.isolated if p not in positions)
        return isolated + self.partition.remove(positions)

    def take_all(self) -> list[int]:
        """Take every file that no slave holds."""
        waiting = sorted([*self.isolated, *self.partition.take_all()])
        self.isolated.clear()
        return waiting

    def free_slots(self, slave: str, workers: int, prefetch: int, free_slots_for_all: int) -> int:
        """Return how many files to send now: none until half of the prefetch is used up.

        ``free_slots_for_all`` is how many more files the slave takes from all runs together.
        """
        free_slots = min(workers + prefetch - self.in_progress[slave], free_slots_for_all)
        return free_slots if free_slots > prefetch // 2 else 0

    def prefetch(self, slave: str, at: float, usual_file_s: float | None = None) -> int:
        """Return how many files to prefetch: those that the slave processes in ``PREFETCH_S``.

        Near the end of a run on several slaves, no more than half of the slave's part of the
        waiting files: all slaves then end at about the same time, whatever the lengths of the last
        files. ``usual_file_s`` is the slave's time per file in an earlier run like this one.
        """
        part, answered = self._part(), self.answered[slave]
        if not answered:
            return min(1, part) if usual_file_s is None else int(usual_file_s <= PREFETCH_S)
        file_s = self.seconds_per_file(slave, at)
        files = min(int(PREFETCH_S / file_s), max(part, int(MIN_PREFETCH_S / file_s)))
        # No more than it has answered: a first file that fails quickly says little of the next.
        return min(files, answered, MAX_PREFETCH_FILES)

    def _part(self) -> int:
        """Return half of the waiting files, divided by the number of slaves."""
        slaves = max(self.partition.shares, len(self.first_sent))
        return self.partition.waiting // (2 * slaves) if slaves > 1 else MAX_PREFETCH_FILES

    def seconds_per_file(self, slave: str, at: float) -> float:
        """Return the slave's mean time per file in this run, or the time since its last answer.

        The larger of the two, so that a slave which is stuck does not count as fast. The time in
        which an open run had no files for the slave does not count.
        """
        began = self.first_sent.get(slave, self.started_at)
        last_answer = self.last_answer.get(slave, began)
        is_idle = not (self.in_progress[slave] or self.partition.waiting_for(slave))
        until = last_answer if is_idle else at
        return max((until - began) / max(1, self.answered[slave]), until - last_answer, 1e-6)

    def sent(self, slave: str, files: int, at: float) -> None:
        """Record that files were sent to a slave."""
        began, last_answer = self.first_sent.setdefault(slave, at), self.last_answer.get(slave)
        if not self.in_progress[slave] and last_answer is not None:
            self.first_sent[slave] = began + at - last_answer
            self.last_answer[slave] = at
        self.in_progress[slave] += files

    def no_slave_failure(self) -> Failure:
        """Return the failure of files for which no slave was reachable in time."""
        waited = counted(self.no_slave_timeout_s or 0, "second")
        what = described(self.task_type, self.features)
        return NoSlave(
            f"No slave that can do {what} answered for {waited}: start one (python slave.py) or, "
            "where /check_status and the page list one, do what its state says there; then send "
            "the file again."
        ).as_failure()
