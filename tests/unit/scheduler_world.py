"""A world for the scheduler's tests: slaves that exist in words alone, and rules never broken.

Whatever a test does to it, the world checks after each event that the scheduler keeps to the
rules that hold always; a test says only what is special about its own story.
"""

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
from master_service.runs import MAX_BATCH_BYTES
from master_service.scheduler import SHORT_PAUSE_S, Scheduler
from slave_service.errors import RETRIED_CODES

File = tuple[str, int]
"""A run and the position of a file in it."""


@dataclass
class Live:
    """A batch that a slave holds, and which of its files it has not answered."""

    slave: str
    run: str
    unanswered: set[int]


@dataclass
class World:
    """Plays every slave to one scheduler, and keeps its own books of what must follow."""

    max_attempts: int = 3
    now: float = 100.0
    slaves: dict[str, SlaveUp] = field(default_factory=dict)
    runs: dict[str, RunAdded] = field(default_factory=dict)
    live: dict[int, Live] = field(default_factory=dict)
    abandoned: list[Send] = field(default_factory=list)
    ends: dict[File, Keep | GiveUp] = field(default_factory=dict)
    ended_at: dict[File, float] = field(default_factory=dict)
    done_by: dict[File, str] = field(default_factory=dict)
    hand_overs: Counter[File] = field(default_factory=Counter)
    blames: Counter[File] = field(default_factory=Counter)
    resting_until: dict[str, float] = field(default_factory=dict)
    sends: dict[int, Send] = field(default_factory=dict)
    history: list[tuple[Event, list[Action]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.max_attempts)

    # What happens

    def up(self, slave: str, workers: int = 1, types: Sequence[str] = ("text",)) -> list[Send]:
        """A slave registers, or what it can do changes; like all here, returns what is sent."""
        event = SlaveUp(self.now, slave, workers, frozenset(types))
        self.slaves[slave] = event
        return self._sends(self._post(event))

    def gone(self, slave: str, lost: bool) -> list[Send]:
        """A slave leaves, or is lost with all it holds."""
        if self.slaves.pop(slave, None) is not None:
            self.resting_until.pop(slave, None)
        if lost:
            for number, live in list(self.live.items()):
                if live.slave == slave:
                    self._abandon(number)
        return self._sends(self._post(SlaveGone(self.now, slave, lost)))

    def add(
        self,
        run: str,
        sizes: int | Sequence[int],
        task_type: str = "text",
        patience_s: float | None = None,
    ) -> list[Send]:
        """A run of so many files, or of files of these sizes, is added."""
        sizes = [100] * sizes if isinstance(sizes, int) else sizes
        event = RunAdded(self.now, run, task_type, sizes, patience_s)
        self.runs[run] = event
        return self._sends(self._post(event))

    def answer(self, batch: int, index: int, code: str | None = None) -> list[Action]:
        """A slave answers one file: with a result, or with the code of a failure."""
        live = self.live.get(batch)
        counts = live is not None and index in live.unanswered
        if live is not None and counts:
            live.unanswered.discard(index)
            self.blames[live.run, index] += code in RETRIED_CODES
            if code == "returned":
                self._rests(live.slave)
        actions = self._post(Answered(self.now, batch, index, code))
        if live is not None and counts:
            self._check_answer(live, index, code, actions)
        else:
            assert not any(isinstance(action, Keep) for action in actions)
        return actions

    def end(self, batch: int, trouble: Trouble | None = None) -> list[Action]:
        """The exchange over a batch is over."""
        if (live := self.live.get(batch)) is not None:
            if trouble is None and live.unanswered:
                trouble = Trouble.GARBLED
            if trouble is Trouble.GARBLED:
                self.blames.update((live.run, index) for index in live.unanswered)
            if trouble is not None:
                self._rests(live.slave)
            self._abandon(batch)
        return self._post(Ended(self.now, batch, trouble))

    def complete(self, batch: int) -> list[Send]:
        """Let the slave give a result for all that is left of the batch."""
        actions = []
        for index in sorted(self.live[batch].unanswered):
            actions += self.answer(batch, index)
        return self._sends(actions + self.end(batch))

    def wait(self, seconds: float) -> list[Send]:
        """Time passes, and the scheduler hears of it."""
        self.now += seconds
        return self._sends(self._post(Tick(self.now)))

    # What is asked

    def batches(self, slave: str) -> list[int]:
        """Return the batches that the slave holds, the oldest first."""
        return [number for number, live in self.live.items() if live.slave == slave]

    def held(self, slave: str) -> int:
        """Return how many files the slave has been given and not answered."""
        return sum(len(self.live[number].unanswered) for number in self.batches(slave))

    def left(self, run: str) -> list[int]:
        """Return the files of the run that have no end yet."""
        count = len(self.runs[run].sizes)
        return [index for index in range(count) if (run, index) not in self.ends]

    def codes(self, run: str) -> list[str | None]:
        """How each file ended that has ended: None for the slave's word, else the code."""
        ends = [end for (name, _), end in sorted(self.ends.items()) if name == run]
        return [end.failure.code if isinstance(end, GiveUp) else None for end in ends]

    # The rules

    def _post(self, event: Event) -> list[Action]:
        actions = self.scheduler.handle(event)
        self.history.append((event, actions))
        for action in actions:
            if isinstance(action, Send):
                self._check_send(action)
            else:
                file = (action.run, action.index)
                assert file not in self.ends, f"{file} ends, or waits, after its end"
                if not isinstance(action, Requeue):
                    self.ends[file] = action
                    self.ended_at[file] = self.now
                if isinstance(action, GiveUp):
                    self._check_give_up(action)
        for name, run in self.scheduler._runs.items():
            for slave, count in run.held.items():
                mine = [b for b in self.live.values() if (b.slave, b.run) == (slave, name)]
                assert count == sum(len(batch.unanswered) for batch in mine) >= 0
        return actions

    def _check_send(self, send: Send) -> None:
        assert send.slave in self.slaves, "work for a slave that is not there"
        assert self.runs[send.run].task_type in self.slaves[send.slave].task_types
        assert self.now >= self.resting_until.get(send.slave, 0), "work for a slave that rests"
        assert send.batch not in self.sends
        assert 0 < len(set(send.indexes)) == len(send.indexes)
        for live in self.live.values():
            same = live.run == send.run and not live.unanswered.isdisjoint(send.indexes)
            assert not same, "a file is in two hands"
        for index in send.indexes:
            assert (send.run, index) not in self.ends, "a file is sent after its end"
            assert len(send.indexes) == 1 or not self.blames[send.run, index], "not alone"
            self.hand_overs[send.run, index] += 1
        size = sum(self.runs[send.run].sizes[index] for index in send.indexes)
        assert size <= MAX_BATCH_BYTES or len(send.indexes) == 1
        self.sends[send.batch] = send
        self.live[send.batch] = Live(send.slave, send.run, set(send.indexes))

    def _check_answer(
        self, live: Live, index: int, code: str | None, actions: list[Action]
    ) -> None:
        again = code == "returned" or (
            code in RETRIED_CODES and self.blames[live.run, index] < self.max_attempts
        )
        expected = (Requeue if again else Keep)(live.run, index)
        assert expected in actions
        if not again:
            self.done_by[live.run, index] = live.slave

    def _check_give_up(self, action: GiveUp) -> None:
        assert not any(
            live.run == action.run and action.index in live.unanswered
            for live in self.live.values()
        ), "given up while a slave holds it"
        if action.failure.code == "internal":
            assert self.blames[action.run, action.index] == self.max_attempts
        else:
            assert action.failure.code == "no_slave"
            assert self.runs[action.run].patience_s is not None

    def _abandon(self, batch: int) -> None:
        del self.live[batch]
        self.abandoned.append(self.sends[batch])

    def _rests(self, slave: str) -> None:
        if slave in self.slaves:
            until = max(self.resting_until.get(slave, 0), self.now)
            # One trouble is one pause: what is learnt while it rests does not make it longer.
            self.resting_until[slave] = until if until > self.now else self.now + SHORT_PAUSE_S

    @staticmethod
    def _sends(actions: list[Action]) -> list[Send]:
        return [action for action in actions if isinstance(action, Send)]


def work(world: World, seconds_per_file: dict[str, float], until: float = 1e6) -> None:
    """Let the slaves work through what they are given, in order, until all is done (or ``until``).

    A slave's worker takes ``seconds_per_file[slave]``; the scheduler hears a tick four times
    a second.
    """
    queues: dict[str, deque[tuple[int, int]]] = {slave: deque() for slave in seconds_per_file}
    busy: Counter[str] = Counter()
    order = itertools.count()
    agenda: list[tuple[float, int, str, int, int]] = [(world.now, next(order), "", 0, 0)]

    def begin(sends: Iterator[Send]) -> None:
        for send in sends:
            queues[send.slave].extend((send.batch, index) for index in send.indexes)
        for slave, queue in queues.items():
            while queue and busy[slave] < world.slaves[slave].workers:
                batch, index = queue.popleft()
                busy[slave] += 1
                at = world.now + seconds_per_file[slave]
                heapq.heappush(agenda, (at, next(order), slave, batch, index))

    begin(world.sends[number] for number in sorted(world.live))
    while len(world.ends) < sum(len(run.sizes) for run in world.runs.values()):
        at, _, slave, batch, index = heapq.heappop(agenda)
        if at > until:
            return
        world.now = at
        if not slave:
            begin(iter(world.wait(0)))
            heapq.heappush(agenda, (at + 0.25, next(order), "", 0, 0))
            continue
        busy[slave] -= 1
        actions = world.answer(batch, index)
        if not world.live[batch].unanswered:
            actions += world.end(batch)
        begin(action for action in actions if isinstance(action, Send))
