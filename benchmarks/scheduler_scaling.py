"""What 10, 100 and 1,000 slaves do to the built-in engine, and to the Dask engine's decisions.

``python -m benchmarks.scheduler_scaling`` lets the scheduler decide for simulated slaves of one
worker each, in simulated time; only its own CPU time is real. Each slave has the same number of
files, which all take the same time, or in the skewed job half of it, and one in ten five times as
much. Ideal is the time of all files divided by the slaves.

The makespan is given twice, in multiples of the ideal: with a master that takes no time, which
shows how well files are spread; and with one that is busy for the CPU time of each decision, and
for ``--hand-over-ms`` with each file, and handles one event after the other.
"""

import argparse
import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.dask_decisions import cpu_ms_per_file
from master_service.scheduling.events import (
    AcceptOutcome,
    BatchEnded,
    Event,
    FileAnswered,
    RunAdded,
    Send,
    SlaveUp,
    Tick,
)
from master_service.scheduling.scheduler import Scheduler

_SHORT, _LONG, _LONG_SHARE = 0.5, 5.0, 0.1
"""Of the skewed job: factors of the time of a file, and the share of long files."""
_TICK_S = 0.25
_SEED = 1
_SLAVES = (10, 32, 100, 1000)
_RUN, _TYPE = "run", "text"


@dataclass(slots=True)
class Slave:
    """A simulated slave of one worker, and the files that it holds."""

    held: deque[tuple[int, int]] = field(default_factory=deque)
    is_busy: bool = False


@dataclass(slots=True)
class Result:
    """Of one simulated job: seconds, and the scheduler's CPU seconds."""

    files: int
    makespan_s: float
    ideal_s: float
    cpu_s: float

    @property
    def ratio(self) -> float:
        """Return the makespan in multiples of the ideal one."""
        return self.makespan_s / self.ideal_s


class Simulation:
    """One job on simulated slaves; ``hand_over_s`` None means a master that takes no time."""

    def __init__(self, slaves: int, durations: Sequence[float], hand_over_s: float | None) -> None:
        self._durations = durations
        self._hand_over_s = hand_over_s
        self._slaves = {f"10.0.{n // 250}.{n % 250}:3000": Slave() for n in range(slaves)}
        self._scheduler = Scheduler(max_attempts=3)
        self._unanswered: dict[int, int] = {}
        self._agenda: list[tuple[float, int, str, tuple[int, int]]] = []
        self._order = itertools.count()
        self._now = 0.0
        """Until when the master is busy; without a hand-over time, the time of the last event."""
        self._left = len(durations)
        self.cpu_s = 0.0

    def run(self) -> Result:
        """Process all files; returns what that took."""
        capabilities = frozenset({_TYPE})
        for name in self._slaves:
            self._handle(SlaveUp(0.0, name, 1, capabilities))
        self.cpu_s = self._now = 0.0
        self._handle(RunAdded(0.0, _RUN, _TYPE, [1000] * len(self._durations), None, {}))
        self._push(_TICK_S, "", (0, 0))
        while self._left:
            at, _, name, key = heapq.heappop(self._agenda)
            if not name:
                self._now = max(self._now, at)
                self._handle(Tick(self._now, 0.0))
                self._push(at + _TICK_S, "", (0, 0))
                continue
            # The worker goes on with the next file before the master has read the answer.
            self._begin(name, at)
            self._now = max(self._now, at)
            self._answered(*key)
        ideal_s = sum(self._durations) / len(self._slaves)
        return Result(len(self._durations), self._now, ideal_s, self.cpu_s)

    def _answered(self, batch: int, position: int) -> None:
        actions = self._handle(FileAnswered(self._now, batch, position, None))
        self._left -= sum(isinstance(action, AcceptOutcome) for action in actions)
        self._unanswered[batch] -= 1
        if not self._unanswered[batch]:
            self._handle(BatchEnded(self._now, batch, None))

    def _handle(self, event: Event) -> list[object]:
        began = time.process_time()
        actions = self._scheduler.handle(event)
        used_s = time.process_time() - began
        self.cpu_s += used_s
        if self._hand_over_s is not None:
            self._now += used_s
        self._sent(action for action in actions if isinstance(action, Send))
        return list(actions)

    def _sent(self, sends: Iterable[Send]) -> None:
        for send in sends:
            self._now += (self._hand_over_s or 0.0) * len(send.positions)
            self._unanswered[send.batch] = len(send.positions)
            slave = self._slaves[send.slave]
            slave.held.extend((send.batch, position) for position in send.positions)
            if not slave.is_busy:
                self._begin(send.slave, self._now)

    def _begin(self, name: str, at: float) -> None:
        """Let the worker of a slave begin the next file that the slave holds."""
        slave = self._slaves[name]
        slave.is_busy = bool(slave.held)
        if slave.held:
            key = slave.held.popleft()
            self._push(at + self._durations[key[1]], name, key)

    def _push(self, at: float, name: str, key: tuple[int, int]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), name, key))


def durations(count: int, seconds: float, skewed: bool) -> list[float]:
    """Return the seconds of each file of a job."""
    if not skewed:
        return [seconds] * count
    rng = random.Random(_SEED)  # noqa: S311 (no secret)
    return [seconds * (_LONG if rng.random() < _LONG_SHARE else _SHORT) for _ in range(count)]


def main() -> None:
    """Print a row for each number of slaves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hand-over-ms", type=float, default=0.5)
    parser.add_argument("--file-seconds", type=float, default=0.05)
    parser.add_argument("--files-per-slave", type=int, default=20)
    parser.add_argument("slaves", nargs="*", type=int, default=_SLAVES)
    options = parser.parse_args()
    print(f"one hand-over takes the master {options.hand_over_ms} ms besides the decision")
    print("slaves  job      files  scheduler per file  makespan: instant master  busy master")
    print("        Dask engine: its decisions per file, without transfers")
    for slaves in options.slaves:
        count = options.files_per_slave * slaves
        for name in ("uniform", "skewed"):
            seconds = durations(count, options.file_seconds, name == "skewed")
            instant = Simulation(slaves, seconds, None).run()
            busy = Simulation(slaves, seconds, options.hand_over_ms / 1000).run()
            cpu_ms = 1000 * instant.cpu_s / instant.files
            print(
                f"{slaves:6}  {name:7}  {instant.files:5}  {cpu_ms:15.3f} ms"
                f"  {instant.ratio:24.2f}  {busy.ratio:11.2f}",
                flush=True,
            )
        cpu_ms = cpu_ms_per_file(slaves, count, options.file_seconds)
        print(f"{slaves:6}  Dask     {count:5}  {cpu_ms:15.3f} ms")


if __name__ == "__main__":
    main()
