"""Decides which slave gets which file, when one is tried again, and when it is given up. Pure.

No clock, thread, socket or file in here: ``worker`` reports what happened as events, and carries
out the actions that come back. The same events give the same actions.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from master_service.events import (
    Action,
    Answered,
    Ended,
    Event,
    GiveUp,
    Keep,
    Requeue,
    RunAdded,
    Send,
    SlaveGone,
    SlaveUp,
    Tick,
    Trouble,
)
from master_service.runs import MAX_BATCH_BYTES, Run, Slave
from master_service.shares import Shares
from slave_service.errors import RETRIED_CODES, UNBLAMED_CODES, Failure, Internal, NoSlave

SHORT_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""A slave that is in trouble is left alone for twice as long each time, up to this."""


@dataclass(slots=True)
class _Batch:
    slave: str
    run: str
    unanswered: set[int]


class Scheduler:
    """The state of every run and slave, changed by events alone."""

    def __init__(self, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._slaves: dict[str, Slave] = {}
        self._runs: dict[str, Run] = {}
        self._turns: deque[str] = deque()
        """Runs in the order in which they get the next batch."""
        self._batches: dict[int, _Batch] = {}
        self._numbers = itertools.count(1)

    def handle(self, event: Event) -> list[Action]:
        """Take note of one event and return what is to be done about it, in order."""
        handler: Callable[[Scheduler, Any], Iterator[Action]] = _HANDLERS[type(event)]
        actions = list(handler(self, event))
        actions.extend(self._assign(event.at))
        return actions

    def resting(self, at: float) -> frozenset[str]:
        """Return the slaves that are given nothing for a while, after trouble with them."""
        return frozenset(name for name in self._slaves if self._rests(name, at))

    # What is learnt from each event

    def _slave_up(self, event: SlaveUp) -> Iterator[Action]:
        slave = self._slaves.setdefault(event.slave, Slave(event.workers, event.task_types))
        slave.workers, slave.task_types = event.workers, event.task_types
        for run in self._runs.values():
            if run.task_type not in event.task_types:
                run.shares.release(event.slave)
        yield from ()

    def _slave_gone(self, event: SlaveGone) -> Iterator[Action]:
        self._slaves.pop(event.slave, None)
        for run in self._runs.values():
            run.shares.release(event.slave)
        if event.lost:
            held = [number for number, b in self._batches.items() if b.slave == event.slave]
            for number in held:
                yield from self._put_back(self._batches.pop(number))

    def _run_added(self, event: RunAdded) -> Iterator[Action]:
        ready = [
            name for name in self._reachable(event.task_type) if not self._rests(name, event.at)
        ]
        # The least busy come first, so that many small runs spread as evenly as one large.
        ready.sort(key=lambda name: (self._held_by(name), name))
        shares = Shares(event.sizes, ready)
        self._runs[event.run] = Run(
            event.task_type, shares, len(event.sizes), event.patience_s, event.at
        )
        self._turns.append(event.run)
        yield from ()

    def _answered(self, event: Answered) -> Iterator[Action]:
        batch = self._batches.get(event.batch)
        if batch is None or event.index not in batch.unanswered:
            return  # an answer from a batch that has been given away since
        batch.unanswered.discard(event.index)
        run = self._runs[batch.run]
        run.held[batch.slave] -= 1
        run.answered[batch.slave] += 1
        run.last_answer[batch.slave] = event.at
        if (slave := self._slaves.get(batch.slave)) is not None:
            slave.reachable, slave.pause_s = True, 0.0
        if event.code in UNBLAMED_CODES:
            # Who hands one file back would do the same with the next.
            self._pause(batch.slave, Trouble.FULL, event.at)
            run.put_back([event.index])
            yield Requeue(batch.run, event.index)
        elif event.code in RETRIED_CODES and run.blame(
            event.index, batch.slave, self._max_attempts
        ):
            yield Requeue(batch.run, event.index)
        else:
            self._file_ended(batch.run)
            yield Keep(batch.run, event.index)

    def _ended(self, event: Ended) -> Iterator[Action]:
        batch = self._batches.pop(event.batch, None)
        if batch is None:
            return
        trouble = event.trouble or (Trouble.GARBLED if batch.unanswered else None)
        if trouble is not None:
            self._pause(batch.slave, trouble, event.at)
        if trouble is Trouble.GARBLED:
            yield from self._blame(batch)
        else:
            yield from self._put_back(batch)

    def _tick(self, event: Tick) -> Iterator[Action]:
        for name, run in list(self._runs.items()):
            if self._reachable(run.task_type):
                run.starved_since = None
                continue
            if run.starved_since is None:
                run.starved_since = event.at
            if run.patience_s is not None and event.at - run.starved_since >= run.patience_s:
                yield from self._give_up(name, run)

    # What follows for files

    def _put_back(self, batch: _Batch) -> Iterator[Action]:
        """Files that were not tried: any slave may have them, and nothing is counted."""
        # A run is kept as long as any of its files has no end; with nothing open it may be gone.
        if batch.unanswered:
            run = self._runs[batch.run]
            run.held[batch.slave] -= len(batch.unanswered)
            run.put_back(batch.unanswered)
        for index in sorted(batch.unanswered):
            yield Requeue(batch.run, index)

    def _blame(self, batch: _Batch) -> Iterator[Action]:
        for index in sorted(batch.unanswered):
            run = self._runs[batch.run]
            run.held[batch.slave] -= 1
            if run.blame(index, batch.slave, self._max_attempts):
                yield Requeue(batch.run, index)
            else:
                self._file_ended(batch.run)
                yield GiveUp(batch.run, index, _GARBLED)

    def _give_up(self, name: str, run: Run) -> Iterator[Action]:
        """Nobody is there to do what is left. What a lost slave still held was put back."""
        failure = _no_slave(run)
        for index in run.take_all():
            self._file_ended(name)
            yield GiveUp(name, index, failure)

    def _file_ended(self, name: str) -> None:
        run = self._runs[name]
        run.files_left -= 1
        if run.files_left == 0:
            del self._runs[name]
            self._turns.remove(name)

    def _pause(self, name: str, trouble: Trouble, at: float) -> None:
        if (slave := self._slaves.get(name)) is None:
            return
        slave.reachable = trouble is Trouble.FULL
        # Its other batches tell of the same trouble; one pause is enough for all of them.
        if not self._rests(name, at):
            longer_s = 2 * slave.pause_s if trouble is not Trouble.FULL else 0.0
            slave.pause_s = min(max(longer_s, SHORT_PAUSE_S), LONGEST_PAUSE_S)
            slave.paused_until = at + slave.pause_s
        for run in self._runs.values():
            run.shares.release(name)

    # Who gets what next

    def _reachable(self, task_type: str) -> list[str]:
        return [
            name
            for name, slave in self._slaves.items()
            if slave.reachable and task_type in slave.task_types
        ]

    def _rests(self, name: str, at: float) -> bool:
        return at < self._slaves[name].paused_until

    def _held_by(self, name: str) -> int:
        return sum(run.held[name] for run in self._runs.values())

    def _assign(self, at: float) -> Iterator[Action]:
        """One batch to each slave in turn, until no slave has room or nothing is left."""
        busy = True
        while busy:
            busy = False
            for name in list(self._slaves):
                for send in itertools.islice(self._next_batches(name, at), 1):
                    busy = True
                    yield send

    def _next_batches(self, name: str, at: float) -> Iterator[Send]:
        if self._rests(name, at):
            return
        slave = self._slaves[name]
        # What one run leaves of the workers is there for the next, and each may have its reserve.
        reserve = sum(run.reserve(name, at) for run in self._runs.values())
        room_for_all = slave.workers + max(1, reserve) - self._held_by(name)
        for run_name in list(self._turns):
            run = self._runs[run_name]
            if run.task_type in slave.task_types:
                indexes = self._choose(run, name, at, room_for_all)
                if indexes:
                    self._turns.remove(run_name)
                    self._turns.append(run_name)
                    yield self._send(name, run_name, indexes, at)

    def _send(self, name: str, run_name: str, indexes: list[int], at: float) -> Send:
        number = next(self._numbers)
        self._batches[number] = _Batch(name, run_name, set(indexes))
        run = self._runs[run_name]
        run.held[name] += len(indexes)
        run.first_sent.setdefault(name, at)
        return Send(number, name, run_name, tuple(indexes))

    def _choose(self, run: Run, name: str, at: float, room_for_all: int) -> list[int]:
        room = run.room(name, self._slaves[name].workers, at, room_for_all)
        if room <= 0:
            return []
        return (
            run.take_alone(name, self._reachable(run.task_type))
            or run.shares.take(name, room, MAX_BATCH_BYTES)
            or run.take_over(room, at)
        )


_GARBLED = Internal(
    "No slave gave a usable answer for this file; the log of the master has the details."
).as_failure()


def _no_slave(run: Run) -> Failure:
    return NoSlave(
        f"No slave that can do {run.task_type} answered for {run.patience_s:g} seconds: start one "
        "(python slave.py) or, where one is listed, see the master's log for what is wrong with "
        "it; then send the file again."
    ).as_failure()


_HANDLERS: dict[type, Callable[[Scheduler, Any], Iterator[Action]]] = {
    SlaveUp: Scheduler._slave_up,
    SlaveGone: Scheduler._slave_gone,
    RunAdded: Scheduler._run_added,
    Answered: Scheduler._answered,
    Ended: Scheduler._ended,
    Tick: Scheduler._tick,
}
