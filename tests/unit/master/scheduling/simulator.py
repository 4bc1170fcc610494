"""A simulation of slaves around one scheduler, which checks invariants after each event.

A test only states what is special about its scenario.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    Send,
    SlaveExcluded,
    SlaveGone,
    SlaveUp,
    Tick,
)
from master_service.scheduling.scheduler import Scheduler
from master_service.scheduling.state import INPUT_UNREADABLE, MAX_BATCH_BYTES, MIN_BACKOFF_S
from protocol.failures import RETRIED_CODES
from tests.unit.master.scheduling.invariants import ExpectedHealth, FileKey, HeldBatch


@dataclass
class Simulation:
    """Plays all slaves, and compares the scheduler's actions with what they have to be."""

    max_attempts: int = 3
    now: float = 100.0
    slaves: dict[str, SlaveUp] = field(default_factory=dict)
    runs: dict[str, RunAdded] = field(default_factory=dict)
    open_runs: set[str] = field(default_factory=set)
    held: dict[int, HeldBatch] = field(default_factory=dict)
    abandoned: list[Send] = field(default_factory=list)
    ends: dict[FileKey, AcceptOutcome | FailFile | CancelFile] = field(default_factory=dict)
    end_times: dict[FileKey, float] = field(default_factory=dict)
    done_by: dict[FileKey, str] = field(default_factory=dict)
    hand_overs: Counter[FileKey] = field(default_factory=Counter)
    expected: ExpectedHealth = field(default_factory=ExpectedHealth)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of a run and a slave that is excluded from it."""
    suspected: set[FileKey] = field(default_factory=set)
    """Files of batches of several files with an invalid answer."""
    unreachable: set[str] = field(default_factory=set)
    backoff_until: dict[str, float] = field(default_factory=dict)
    sends: dict[int, Send] = field(default_factory=dict)
    history: list[tuple[Event, list[Action]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.max_attempts)

    # Events

    def up(self, slave: str, workers: int = 1, types: Sequence[str] = ("text",)) -> list[Send]:
        """A slave registers or changes; like most methods here, return what is sent."""
        event = SlaveUp(self.now, slave, workers, frozenset(types))
        self.slaves[slave] = event
        return self._sends(self._handle(event))

    def gone(self, slave: str, missing: bool) -> list[Send]:
        """A slave deregisters, or is lost with all files that it holds."""
        if self.slaves.pop(slave, None) is not None:
            self.backoff_until.pop(slave, None)
            self.unreachable.discard(slave)
            self.expected.forget(slave)
        if missing:
            for number, held in list(self.held.items()):
                if held.slave == slave:
                    self._abandon(number)
        return self._sends(self._handle(SlaveGone(self.now, slave, missing)))

    def add(
        self,
        run: str,
        sizes: int | Sequence[int],
        task_type: str = "text",
        no_slave_timeout_s: float | None = None,
        blamed_by: Mapping[int, Sequence[str]] | None = None,
        is_open: bool = False,
    ) -> list[Send]:
        """Add a run of this many files, or of files of these sizes."""
        sizes = [100] * sizes if isinstance(sizes, int) else sizes
        event = RunAdded(
            self.now,
            run,
            task_type,
            sizes,
            no_slave_timeout_s,
            blamed_by or {},
            is_open=is_open,
        )
        self.runs[run] = event
        if is_open:
            self.open_runs.add(run)
        for position, slaves in event.blamed_by.items():
            self.expected.blames[run, position] = list(slaves)
        return self._sends(self._handle(event))

    def extend(self, run: str, sizes: int | Sequence[int]) -> list[Send]:
        """Add files to a run, unless it is not open."""
        sizes = [100] * sizes if isinstance(sizes, int) else sizes
        if run in self.open_runs:
            known = self.runs[run]
            self.runs[run] = replace(known, sizes=[*known.sizes, *sizes])
        return self._sends(self._handle(RunExtended(self.now, run, sizes)))

    def close(self, run: str, no_slave_timeout_s: float | None = None) -> list[Send]:
        """Complete an open run."""
        self.open_runs.remove(run)
        self.runs[run] = replace(self.runs[run], no_slave_timeout_s=no_slave_timeout_s)
        return self._sends(self._handle(RunCompleted(self.now, run, no_slave_timeout_s)))

    def withdraw(self, run: str, positions: Sequence[int]) -> list[Action]:
        """Withdraw files of a run, of which some may have ended."""
        left = [position for position in self.left(run) if position in positions]
        for number, held in list(self.held.items()):
            if held.run == run and not held.unanswered.isdisjoint(left):
                held.unanswered.difference_update(left)
                if not held.unanswered:
                    self._abandon(number)
        actions = self._handle(FilesWithdrawn(self.now, run, positions))
        cancelled = [action for action in actions if isinstance(action, CancelFile)]
        assert cancelled == [CancelFile(run, position) for position in left]
        return actions

    def cancel(self, run: str) -> list[Action]:
        """Cancel a run."""
        left = self.left(run) if run in self.runs else []
        # Unless it is open, a run is removed with its last file; its last exchange may still be in
        # progress.
        is_there = left or run in self.open_runs
        self.open_runs.discard(run)
        for number in [n for n, held in self.held.items() if is_there and held.run == run]:
            self._abandon(number)
        actions = self._handle(RunCancelled(self.now, run))
        assert [action for action in actions if isinstance(action, CancelFile)] == [
            CancelFile(run, position) for position in left
        ]
        return actions

    def exclude(self, run: str, slave: str) -> list[Send]:
        """Exclude a slave from a run."""
        in_progress = [n for n, held in self.held.items() if (held.slave, held.run) == (slave, run)]
        is_there = run in self.runs and (self.left(run) or run in self.open_runs)
        if is_there and (in_progress or slave in self.slaves):
            self.excluded.add((run, slave))
            for number in in_progress:
                self._abandon(number)
        return self._sends(self._handle(SlaveExcluded(self.now, run, slave)))

    def answer(self, batch: int, position: int, code: str | None = None) -> list[Action]:
        """A slave answers one file, with a result or with the code of a failure."""
        held = self.held.get(batch)
        if held is None or position not in held.unanswered:
            actions = self._handle(FileAnswered(self.now, batch, position, code))
            assert not any(isinstance(action, AcceptOutcome) for action in actions)
            return actions
        held.unanswered.discard(position)
        file, is_registered, is_requeued = (
            (held.run, position),
            held.slave in self.slaves,
            code == "returned",
        )
        self.unreachable.discard(held.slave)
        if code is None:
            self.expected.result(file, held.slave, is_registered, self.now)
        elif is_requeued:
            self._back_off(held.slave, ExchangeFailure.FULL)
        elif code in RETRIED_CODES:
            is_requeued = not self.expected.blame(file, held.slave, is_registered, self.now)
            is_requeued = is_requeued or len(self.expected.blames[file]) < self.max_attempts
        blamed_by = tuple(self.expected.blames[file])
        actions = self._handle(FileAnswered(self.now, batch, position, code))
        assert (Requeue(*file, blamed_by) if is_requeued else AcceptOutcome(*file)) in actions
        if not is_requeued:
            self.done_by[file] = held.slave
        return actions

    def end(self, batch: int, failure: ExchangeFailure | None = None) -> list[Action]:
        """The exchange of a batch ends."""
        if (held := self.held.get(batch)) is not None:
            # A file without an outcome is an invalid answer.
            cause = failure or (ExchangeFailure.INVALID_ANSWER if held.unanswered else None)
            if cause is ExchangeFailure.INVALID_ANSWER:
                self._invalid_answer(held, isolated=len(self.sends[batch].positions) == 1)
            if cause is not None:
                self._back_off(held.slave, cause)
            self._abandon(batch)
        return self._handle(BatchEnded(self.now, batch, failure))

    def begin_answer(self, batch: int) -> list[Send]:
        """A slave begins to answer a batch."""
        if (held := self.held.get(batch)) is not None:
            self.unreachable.discard(held.slave)
        return self._sends(self._handle(AnswerBegun(self.now, batch)))

    def lose_upload(self, batch: int, position: int) -> list[Action]:
        """The master can't read the upload of a file of a batch."""
        held = self.held.get(batch)
        is_unanswered = held is not None and position in held.unanswered
        if held is not None:
            held.unanswered.discard(position)
        actions = self._handle(InputUnreadable(self.now, batch, position))
        assert is_unanswered == any(isinstance(action, FailFile) for action in actions)
        return actions

    def complete(self, batch: int) -> list[Send]:
        """A slave answers the rest of the batch with results."""
        actions = []
        for position in sorted(self.held[batch].unanswered):
            actions += self.answer(batch, position)
        return self._sends(actions + self.end(batch))

    def wait(self, seconds: float, late_s: float = 0.0) -> list[Send]:
        """Let time pass and send a tick; the master was stalled for ``late_s`` of it."""
        self.now += seconds
        for run in self.runs:
            self._readmit_excluded(run)
            self._end_quarantines_early(run)
        return self._sends(self._handle(Tick(self.now, late_s)))

    # Queries

    def batches(self, slave: str) -> list[int]:
        """Return the batches that the slave holds, the oldest first."""
        return [number for number, held in self.held.items() if held.slave == slave]

    def in_progress(self, slave: str) -> int:
        """Return how many files the slave holds."""
        return sum(len(self.held[number].unanswered) for number in self.batches(slave))

    def left(self, run: str) -> list[int]:
        """Return the files of the run that have not ended."""
        count = len(self.runs[run].sizes)
        return [position for position in range(count) if (run, position) not in self.ends]

    def codes(self, run: str) -> list[str | None]:
        """Return how each ended file ended: the code of ``FailFile``, None for other actions."""
        ends = [end for (name, _), end in sorted(self.ends.items()) if name == run]
        return [end.failure.code if isinstance(end, FailFile) else None for end in ends]

    # Invariants

    def _handle(self, event: Event) -> list[Action]:
        actions = self.scheduler.handle(event)
        self.history.append((event, actions))
        for action in actions:
            if isinstance(action, Send):
                self._check_send(action)
            else:
                self._check_file(action)
        self._compare_with_expected()
        return actions

    def _check_file(self, action: AcceptOutcome | FailFile | Requeue | CancelFile) -> None:
        file = (action.run, action.position)
        assert file not in self.ends, f"{file} ends, or waits, after its end"
        if isinstance(action, Requeue):
            assert action.blamed_by == tuple(self.expected.blames[file])
            return
        self.ends[file] = action
        self.end_times[file] = self.now
        self.expected.file_ended(file)
        if isinstance(action, FailFile):
            self._check_give_up(action)
        elif isinstance(action, CancelFile):
            assert isinstance(self.history[-1][0], RunCancelled | FilesWithdrawn)

    def _compare_with_expected(self) -> None:
        for name, run in self.scheduler._runs.items():
            for slave, count in run.in_progress.items():
                mine = [b for b in self.held.values() if (b.slave, b.run) == (slave, name)]
                assert count == sum(len(batch.unanswered) for batch in mine) >= 0
            for position, blamed_by in run.blamed_by.items():
                assert blamed_by == self.expected.blames[name, position] != []
                assert (name, position) not in self.ends
        for slave, known in self.scheduler._slaves.items():
            health = known.health
            assert health.blamed == self.expected.blamed_files[slave]
            assert health.contradictions == self.expected.contradictions[slave]
            assert health.quarantine_s == self.expected.quarantine_s.get(slave, 0)
        quarantined = {
            slave for slave in self.slaves if self.expected.is_quarantined(slave, self.now)
        }
        suspended = self.scheduler.suspended(self.now)
        assert quarantined <= suspended.keys() <= quarantined | self.backoff_until.keys()
        assert all(self.scheduler.is_in_progress(batch) for batch in self.held)
        assert not any(self.scheduler.is_in_progress(send.batch) for send in self.abandoned)

    def _check_send(self, send: Send) -> None:
        assert send.slave in self.slaves, "files for an unknown slave"
        assert self.runs[send.run].task_type in self.slaves[send.slave].capabilities
        assert self.now >= self.backoff_until.get(send.slave, 0), (
            "files for a slave that is backed off"
        )
        assert not self.expected.is_quarantined(send.slave, self.now), (
            "files for a slave that is quarantined"
        )
        assert (send.run, send.slave) not in self.excluded, "files for an excluded slave"
        assert send.batch not in self.sends
        assert 0 < len(set(send.positions)) == len(send.positions)
        for held in self.held.values():
            same = held.run == send.run and not held.unanswered.isdisjoint(send.positions)
            assert not same, "two slaves hold one file"
        for position in send.positions:
            assert (send.run, position) not in self.ends, "a file is sent after its end"
            if len(send.positions) > 1:
                assert not self.expected.blames[send.run, position], (
                    "a blamed file is not sent alone"
                )
                assert (send.run, position) not in self.suspected, (
                    "a suspected file is not sent alone"
                )
            self.hand_overs[send.run, position] += 1
        size = sum(self.runs[send.run].sizes[position] for position in send.positions)
        assert size <= MAX_BATCH_BYTES or len(send.positions) == 1
        self.sends[send.batch] = send
        self.held[send.batch] = HeldBatch(send.slave, send.run, set(send.positions))

    def _check_give_up(self, action: FailFile) -> None:
        assert not any(
            held.run == action.run and action.position in held.unanswered
            for held in self.held.values()
        ), "given up while a slave holds it"
        if action.failure == INPUT_UNREADABLE:
            assert isinstance(self.history[-1][0], InputUnreadable)
        elif action.failure.code == "internal":
            assert len(self.expected.blames[action.run, action.position]) >= self.max_attempts
        else:
            assert action.failure.code == "no_slave"
            assert self.runs[action.run].no_slave_timeout_s is not None

    def _invalid_answer(self, held: HeldBatch, isolated: bool) -> None:
        files = [(held.run, position) for position in held.unanswered]
        if not isolated:
            self.suspected.update(files)
            return
        for file in files:
            self.expected.blame(file, held.slave, held.slave in self.slaves, self.now)

    def _abandon(self, batch: int) -> None:
        del self.held[batch]
        self.abandoned.append(self.sends[batch])

    def _readmit_excluded(self, run: str) -> None:
        task_type = self.runs[run].task_type
        able = {(run, name) for name, up in self.slaves.items() if task_type in up.capabilities}
        if self.left(run) and able and able <= self.excluded:
            self.excluded -= able

    def _end_quarantines_early(self, run: str) -> None:
        quarantined = [
            slave for slave in self.slaves if self.expected.is_quarantined(slave, self.now)
        ]
        in_progress = sum(len(held.unanswered) for held in self.held.values() if held.run == run)
        if not quarantined or len(self.left(run)) == in_progress:
            return
        capable = [
            s for s, up in self.slaves.items() if self.runs[run].task_type in up.capabilities
        ]
        eligible = [slave for slave in capable if (run, slave) not in self.excluded]
        if all(slave in self.unreachable or slave in quarantined for slave in eligible):
            for slave in eligible:
                self.expected.quarantined_until.pop(slave, None)

    def _back_off(self, slave: str, failure: ExchangeFailure) -> None:
        if slave in self.slaves:
            if failure is ExchangeFailure.FULL:
                self.unreachable.discard(slave)
            else:
                self.unreachable.add(slave)
            until = max(self.backoff_until.get(slave, 0), self.now)
            # Further failures during a backoff belong to the same outage and do not extend it.
            self.backoff_until[slave] = until if until > self.now else self.now + MIN_BACKOFF_S

    @staticmethod
    def _sends(actions: list[Action]) -> list[Send]:
        return [action for action in actions if isinstance(action, Send)]
