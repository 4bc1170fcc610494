"""Decides which slave gets which file, when a file is retried and when it fails.

``worker`` reports events and carries out the returned actions. The same events always give the
same actions: no I/O, clocks or threads.
"""

from collections.abc import Callable, Iterator
from typing import Any

from master_service.engine import Suspension
from master_service.scheduling.assignment import Assignment, Batch
from master_service.scheduling.events import (
    AcceptOutcome,
    Action,
    AnswerBegun,
    BatchEnded,
    CancelFile,
    Event,
    ExchangeFailure,
    FailFile,
    FileAnswered,
    FilesWithdrawn,
    InputUnreadable,
    Requeue,
    RunAdded,
    RunCancelled,
    RunCompleted,
    RunExtended,
    SlaveExcluded,
    SlaveGone,
    SlaveUp,
    Tick,
)
from master_service.scheduling.partition import Partition
from master_service.scheduling.state import (
    INPUT_UNREADABLE,
    NO_VALID_ANSWER,
    Run,
    Slave,
)
from protocol.failures import RETRIED_CODES, UNBLAMED_CODES, Failure


class Scheduler:
    """The state machine of all runs and slaves; only events change it."""

    def __init__(self, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._assignment = Assignment()
        self._slaves = self._assignment.slaves
        self._runs = self._assignment.runs
        self._batches = self._assignment.batches

    def handle(self, event: Event) -> list[Action]:
        """Update the state from one event; return the actions to carry out, in order."""
        handler: Callable[[Scheduler, Any], Iterator[Action]] = _HANDLERS[type(event)]
        if type(event) not in _EVENTS_OF_FEW_SLAVES:
            self._assignment.anything_changed()
        actions = list(handler(self, event))
        actions.extend(self._assignment.assign(event.at))
        return actions

    def suspended(self, at: float) -> dict[str, Suspension]:
        """Return the slaves that get no files now: backing off or quarantined."""
        suspensions = {name: slave.suspension(at) for name, slave in self._slaves.items()}
        return {name: suspension for name, suspension in suspensions.items() if suspension}

    def not_answering(self) -> set[str]:
        """Return the slaves whose last request failed, other than because they were full."""
        return {name for name, slave in self._slaves.items() if not slave.answering}

    def is_in_progress(self, batch: int) -> bool:
        """Tell whether the batch is still in progress; answers to any other batch are ignored."""
        return batch in self._batches

    # Event handlers

    def _slave_up(self, event: SlaveUp) -> Iterator[Action]:
        slave = self._slaves.setdefault(event.slave, Slave(event.workers, event.capabilities))
        slave.workers, slave.capabilities = event.workers, event.capabilities
        for run in self._runs.values():
            if not run.needed <= event.capabilities:
                run.partition.unassign(event.slave)
        yield from ()

    def _slave_gone(self, event: SlaveGone) -> Iterator[Action]:
        self._slaves.pop(event.slave, None)
        self._assignment.unassign(event.slave)
        if event.missing:
            in_progress = [number for number, b in self._batches.items() if b.slave == event.slave]
            for number in in_progress:
                yield from self._put_back(self._batches.pop(number))

    def _slave_excluded(self, event: SlaveExcluded) -> Iterator[Action]:
        run, which = self._runs.get(event.run), (event.slave, event.run)
        in_progress = [number for number, b in self._batches.items() if (b.slave, b.run) == which]
        # A slave that has deregistered may still hold files.
        if run is None or not (in_progress or event.slave in self._slaves):
            return
        run.excluded.add(event.slave)
        run.partition.unassign(event.slave)
        for number in in_progress:
            yield from self._put_back(self._batches.pop(number))

    def _run_added(self, event: RunAdded) -> Iterator[Action]:
        ready = self._ready(event.features | {event.task_type}, event.at)
        blamed_by = {position: list(names) for position, names in event.blamed_by.items() if names}
        partition = Partition(event.sizes, ready, isolated=blamed_by)
        run = Run(
            event.task_type,
            partition,
            len(event.sizes),
            event.no_slave_timeout_s,
            event.at,
            features=event.features,
            is_open=event.is_open,
        )
        run.blamed_by.update(blamed_by)
        run.isolated.extend(sorted(blamed_by))
        self._assignment.add_run(event.run, run)
        yield from ()

    def _ready(self, needed: frozenset[str], at: float) -> list[str]:
        """Return the slaves that can get files with these capabilities, the least loaded first.

        So many small runs are spread as evenly as one large run.
        """
        able = self._assignment.answering(needed)
        ready = [name for name in able if not self._slaves[name].is_suspended(at)]
        return sorted(ready, key=lambda name: (self._assignment.load(name), name))

    def _run_extended(self, event: RunExtended) -> Iterator[Action]:
        run = self._runs.get(event.run)
        if run is not None and run.is_open:
            ready = self._ready(run.needed, event.at)
            included = [name for name in ready if name not in run.excluded]
            for name in run.partition.extend(event.sizes, included, run.in_progress):
                self._assignment.slave_changed(name)
            run.files_left += len(event.sizes)
        yield from ()

    def _run_completed(self, event: RunCompleted) -> Iterator[Action]:
        if (run := self._runs.get(event.run)) is not None:
            run.is_open = False
            run.no_slave_timeout_s = event.no_slave_timeout_s
            run.no_slave_since = None
            self._assignment.remove_if_over(event.run)
        yield from ()

    def _files_withdrawn(self, event: FilesWithdrawn) -> Iterator[Action]:
        if (run := self._runs.get(event.run)) is None:
            return
        wanted = set(event.positions)
        withdrawn = run.remove_waiting(wanted)
        for number, batch in list(self._batches.items()):
            found = batch.unanswered & wanted if batch.run == event.run else set()
            if found:
                batch.unanswered -= found
                run.in_progress[batch.slave] -= len(found)
                withdrawn.extend(found)
                if not batch.unanswered:
                    del self._batches[number]
        for position in sorted(withdrawn):
            self._assignment.file_ended(event.run, position)
            yield CancelFile(event.run, position)

    def _run_cancelled(self, event: RunCancelled) -> Iterator[Action]:
        if (run := self._runs.get(event.run)) is None:
            return
        in_progress = [b.unanswered for b in self._batches.values() if b.run == event.run]
        for position in sorted(set(run.take_all()).union(*in_progress)):
            yield CancelFile(event.run, position)
        self._assignment.remove_run(event.run)

    def _answer_begun(self, event: AnswerBegun) -> Iterator[Action]:
        batch = self._batches.get(event.batch)
        slave = self._slaves.get(batch.slave) if batch is not None else None
        if slave is not None:
            # Its first file may take long, but the slave is reachable and working.
            slave.answering = True
        yield from ()

    def _input_unreadable(self, event: InputUnreadable) -> Iterator[Action]:
        batch = self._batches.get(event.batch)
        if batch is None or event.position not in batch.unanswered:
            return
        batch.unanswered.discard(event.position)
        self._runs[batch.run].in_progress[batch.slave] -= 1
        self._assignment.slave_changed(batch.slave)
        yield self._fail(batch, event.position, INPUT_UNREADABLE)

    def _file_answered(self, event: FileAnswered) -> Iterator[Action]:
        batch = self._batches.get(event.batch)
        if batch is None or event.position not in batch.unanswered:
            return  # the batch has been requeued or cancelled since, or the file answered already
        batch.unanswered.discard(event.position)
        self._assignment.slave_changed(batch.slave)
        run = self._runs[batch.run]
        run.in_progress[batch.slave] -= 1
        run.answered[batch.slave] += 1
        run.last_answer[batch.slave] = event.at
        if (slave := self._slaves.get(batch.slave)) is not None:
            slave.answering, slave.backoff_s = True, 0.0
            slave.file_s[run.needed] = run.seconds_per_file(batch.slave, event.at)
            slave.refusals = slave.refusals if event.code in UNBLAMED_CODES else 0
        if event.code in UNBLAMED_CODES:
            # A slave that hands one file back would hand back the next one too.
            self._back_off(batch.slave, ExchangeFailure.FULL, event.at)
            yield self._put_back_file(batch, event.position)
        elif event.code in RETRIED_CODES:
            yield self._blame(batch, event.position, event.at) or self._accept(
                batch, event.position
            )
        else:
            if event.code is None:
                self._record_result(batch, event.position, event.at)
            yield self._accept(batch, event.position)

    def _batch_ended(self, event: BatchEnded) -> Iterator[Action]:
        batch = self._batches.pop(event.batch, None)
        if batch is None:
            return
        failure = event.failure or (ExchangeFailure.INVALID_ANSWER if batch.unanswered else None)
        if failure is not None:
            self._back_off(batch.slave, failure, event.at)
        if failure is not ExchangeFailure.INVALID_ANSWER:
            yield from self._put_back(batch)
            return
        if batch.is_single_file:
            self._assignment.slave_changed(batch.slave)
            for position in batch.unanswered:
                self._runs[batch.run].in_progress[batch.slave] -= 1
                blamed = self._blame(batch, position, event.at)
                yield blamed or self._fail(batch, position, NO_VALID_ANSWER)
            return
        # Any of the files may be the cause: each is retried alone, and none is blamed yet.
        if batch.unanswered:
            self._runs[batch.run].suspected.update(batch.unanswered)
        yield from self._put_back(batch)

    def _tick(self, event: Tick) -> Iterator[Action]:
        for name, run in list(self._runs.items()):
            self._assignment.readmit_excluded(run)
            self._assignment.end_quarantines_early(run, event.at)
            if self._assignment.answering(run.needed, run.excluded):
                run.no_slave_since = None
                continue
            if run.no_slave_since is None:
                run.no_slave_since = event.at
            else:
                run.no_slave_since += event.late_s
            if (
                run.no_slave_timeout_s is not None
                and event.at - run.no_slave_since >= run.no_slave_timeout_s
            ):
                yield from self._fail_waiting_files(name, run)

    # Consequences for files

    def _put_back(self, batch: Batch) -> Iterator[Action]:
        """Requeue the unanswered files of a batch, without counting an attempt."""
        # The run still exists if any of its files has not ended, else it may have been removed.
        if batch.unanswered:
            run = self._runs[batch.run]
            run.in_progress[batch.slave] -= len(batch.unanswered)
            run.put_back(batch.unanswered)
        for position in sorted(batch.unanswered):
            yield self._requeue(batch.run, position)

    def _put_back_file(self, batch: Batch, position: int) -> Requeue:
        self._runs[batch.run].put_back([position])
        return self._requeue(batch.run, position)

    def _blame(self, batch: Batch, position: int, at: float) -> Requeue | None:
        """Record a blame and requeue the file; return None if that was its last attempt."""
        slave = self._slaves.get(batch.slave)
        if slave is not None and slave.health.is_quarantined(at):
            # A failure on a quarantined slave says nothing about the file.
            return self._put_back_file(batch, position)
        has_attempts = self._runs[batch.run].blame(position, batch.slave, self._max_attempts)
        if slave is not None:
            slave.health.blame((batch.run, position))
        return self._requeue(batch.run, position) if has_attempts else None

    def _requeue(self, name: str, position: int) -> Requeue:
        self._assignment.anything_changed()
        return Requeue(name, position, tuple(self._runs[name].blamed_by.get(position, ())))

    def _accept(self, batch: Batch, position: int) -> AcceptOutcome:
        self._assignment.file_ended(batch.run, position)
        return AcceptOutcome(batch.run, position)

    def _fail(self, batch: Batch, position: int, failure: Failure) -> FailFile:
        self._assignment.file_ended(batch.run, position)
        return FailFile(batch.run, position, failure)

    def _fail_waiting_files(self, name: str, run: Run) -> Iterator[Action]:
        """Fail all waiting files with ``no_slave``; files of missing slaves are among them."""
        failure = run.no_slave_failure()
        for position in run.take_all():
            self._assignment.file_ended(name, position)
            yield FailFile(name, position, failure)

    # Consequences for slaves

    def _record_result(self, batch: Batch, position: int, at: float) -> None:
        """Credit the slave with a result, and count it against the slaves that blamed the file."""
        if (slave := self._slaves.get(batch.slave)) is not None:
            slave.health.result(at)
        for name in dict.fromkeys(self._runs[batch.run].blamed_by.get(position, ())):
            other = self._slaves.get(name) if name != batch.slave else None
            if other is not None and other.health.contradict((batch.run, position), at):
                self._assignment.unassign(name)
                for run in self._runs.values():
                    run.withdraw_blames(name)
                self._assignment.anything_changed()

    def _back_off(self, name: str, failure: ExchangeFailure, at: float) -> None:
        if (slave := self._slaves.get(name)) is None:
            return
        slave.back_off(failure, at)
        self._assignment.unassign(name)


_EVENTS_OF_FEW_SLAVES = frozenset(
    {RunExtended, AnswerBegun, InputUnreadable, FileAnswered, BatchEnded}
)
"""After these events no slave can take more files, unless a handler records that it can."""

_HANDLERS: dict[type, Callable[[Scheduler, Any], Iterator[Action]]] = {
    SlaveUp: Scheduler._slave_up,
    SlaveGone: Scheduler._slave_gone,
    SlaveExcluded: Scheduler._slave_excluded,
    RunAdded: Scheduler._run_added,
    RunExtended: Scheduler._run_extended,
    RunCompleted: Scheduler._run_completed,
    FilesWithdrawn: Scheduler._files_withdrawn,
    RunCancelled: Scheduler._run_cancelled,
    AnswerBegun: Scheduler._answer_begun,
    InputUnreadable: Scheduler._input_unreadable,
    FileAnswered: Scheduler._file_answered,
    BatchEnded: Scheduler._batch_ended,
    Tick: Scheduler._tick,
}
