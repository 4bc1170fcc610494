"""Holds the slaves, runs and batches in progress, and assigns the next files to slaves.

``scheduler`` updates this state from events. No I/O, clocks or threads.
"""

import itertools
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from master_service.scheduling.events import Send
from master_service.scheduling.state import MAX_BATCH_BYTES, Run, Slave

MAX_REFUSALS = 3
"""A file that failed on one slave waits for another that is full, until that one has refused this
many requests in a row."""


@dataclass(slots=True)
class Batch:
    """Files of one run that were sent to a slave in one request."""

    slave: str
    run: str
    unanswered: set[int]
    is_single_file: bool
    """Whether it holds a single file."""


class Assignment:
    """The slaves, the runs and the batches in progress."""

    def __init__(self) -> None:
        self.slaves: dict[str, Slave] = {}
        self.runs: dict[str, Run] = {}
        self.batches: dict[int, Batch] = {}
        self._run_queue: deque[str] = deque()
        """Runs in round-robin order: the first one is served next."""
        self._batch_numbers = itertools.count(1)
        self._changed: dict[str, None] | None = {}
        """The slaves that may take more files since the last call of ``assign``; None: any."""

    # Runs

    def add_run(self, name: str, run: Run) -> None:
        """Add a run at the end of the round-robin order."""
        self.runs[name] = run
        self._run_queue.append(name)

    def remove_run(self, name: str) -> None:
        """Remove a run, its batches and the blames of its files."""
        for position in list(self.runs[name].blamed_by):
            self._remove_blames(name, position)
        for number in [n for n, batch in self.batches.items() if batch.run == name]:
            del self.batches[number]
        del self.runs[name]
        self._run_queue.remove(name)

    def file_ended(self, name: str, position: int) -> None:
        """Record that a file has ended; remove the run after its last file."""
        self._remove_blames(name, position)
        run = self.runs[name]
        run.files_left -= 1
        self.remove_if_over(name)

    def remove_if_over(self, name: str) -> None:
        """Remove a run that has no files left and gets no more."""
        run = self.runs[name]
        if run.files_left == 0 and not run.is_open:
            # Its batches stay, without files: if an exchange fails, its slave is still backed off.
            del self.runs[name]
            self._run_queue.remove(name)

    def _remove_blames(self, name: str, position: int) -> None:
        for slave in self.runs[name].blamed_by.pop(position, ()):
            if slave in self.slaves:
                self.slaves[slave].health.blamed.discard((name, position))

    # Slaves

    def answering(self, needed: frozenset[str], without: Collection[str] = ()) -> list[str]:
        """Return the slaves with these capabilities whose last exchange did not fail."""
        return [
            name
            for name, slave in self.slaves.items()
            if slave.answering and needed <= slave.capabilities and name not in without
        ]

    def in_progress_on(self, slave: str) -> int:
        """Return how many files the slave holds, in all runs."""
        return sum(run.in_progress[slave] for run in self.runs.values() if run.files_left)

    def load(self, slave: str) -> int:
        """Return how many files the slave holds or has waiting in its shares."""
        return sum(
            run.in_progress[slave] + run.partition.waiting_for(slave) for run in self.runs.values()
        )

    def unassign(self, slave: str) -> None:
        """Release the slave's shares in all runs to other slaves."""
        for run in self.runs.values():
            run.partition.unassign(slave)
        self.anything_changed()

    def readmit_excluded(self, run: Run) -> None:
        """Readmit the excluded slaves if they are the only ones that can process the run."""
        needed = run.needed
        capable = {name for name, slave in self.slaves.items() if needed <= slave.capabilities}
        if capable and capable <= run.excluded:
            run.excluded -= capable

    def end_quarantines_early(self, run: Run, at: float) -> None:
        """End the quarantine of the run's slaves if it has files waiting and no other slave."""
        if not run.has_waiting_files or self._eligible(run, at):
            return
        for name, slave in self.slaves.items():
            if run.needed <= slave.capabilities and name not in run.excluded:
                slave.health.end_quarantine(at)

    def _accepting(self, run: Run, at: float) -> list[str]:
        """Return the eligible slaves that have refused fewer than ``MAX_REFUSALS`` in a row."""
        return [
            name for name in self._eligible(run, at) if self.slaves[name].refusals < MAX_REFUSALS
        ]

    def _eligible(self, run: Run, at: float) -> list[str]:
        """Return the reachable slaves that are not quarantined; some may be backing off."""
        answering = self.answering(run.needed, run.excluded)
        return [name for name in answering if not self.slaves[name].health.is_quarantined(at)]

    # Assigning files

    def slave_changed(self, name: str) -> None:
        """Record that this slave may take more files now, and no other one."""
        if self._changed is not None:
            self._changed[name] = None

    def anything_changed(self) -> None:
        """Record that any slave may take more files now."""
        self._changed = None

    def assign(self, at: float) -> Iterator[Send]:
        """Yield one batch for each slave in turn, until no slave can take another.

        Looks only at the slaves that may take more files since the last call: with a thousand
        slaves, each answer would otherwise take milliseconds.
        """
        changed, self._changed = self._changed, {}
        names = self.slaves if changed is None else changed
        ready = [name for name in names if name in self.slaves]
        while ready:
            taking = []
            for name in ready:
                for send in itertools.islice(self._next_batches(name, at), 1):
                    taking.append(name)
                    yield send
            # A slave that took nothing takes nothing later either: no batch makes room elsewhere.
            ready = taking

    def _next_batches(self, name: str, at: float) -> Iterator[Send]:
        slave = self.slaves[name]
        if slave.is_suspended(at):
            return
        # All runs share the slave's workers; each run with answers adds its own prefetch.
        # Open runs without files, of which there may be many, have no part in it.
        runs = {key: run for key, run in self.runs.items() if run.files_left}
        prefetches = {key: self._prefetch(run, name, at) for key, run in runs.items()}
        known = sum(prefetches[key] for key, run in runs.items() if run.answered[name])
        prefetch = max(known, *prefetches.values(), 0)
        free_slots_for_all = slave.workers + prefetch - self.in_progress_on(name)
        for run_name in [queued for queued in self._run_queue if queued in runs]:
            run = runs[run_name]
            if run.needed <= slave.capabilities and name not in run.excluded:
                free_slots = run.free_slots(
                    name, slave.workers, prefetches[run_name], free_slots_for_all
                )
                positions = self._choose(run, name, at, free_slots)
                if positions:
                    self._run_queue.remove(run_name)
                    self._run_queue.append(run_name)
                    yield self._send(name, run_name, positions, at)

    def _prefetch(self, run: Run, name: str, at: float) -> int:
        return run.prefetch(name, at, self.slaves[name].file_s.get(run.needed))

    def _send(self, name: str, run_name: str, positions: list[int], at: float) -> Send:
        number = next(self._batch_numbers)
        self.batches[number] = Batch(name, run_name, set(positions), len(positions) == 1)
        self.runs[run_name].sent(name, len(positions), at)
        return Send(number, name, run_name, tuple(positions))

    def _choose(self, run: Run, name: str, at: float, free_slots: int) -> list[int]:
        if free_slots <= 0:
            return []
        return (
            run.take_isolated(name, self._accepting(run, at))
            or run.partition.take(name, free_slots, MAX_BATCH_BYTES)
            or run.steal(free_slots, at)
        )
