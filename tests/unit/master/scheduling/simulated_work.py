"""Simulated slaves that work at a given speed, succeed or fail, for the scheduler's tests."""

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from master_service.scheduling.events import Send
from master_service.scheduling.slave_health import CONTRADICTIONS_TO_QUARANTINE
from tests.unit.master.scheduling.simulator import Simulation


def work(
    sim: Simulation,
    seconds_per_file: dict[str, float],
    until: float = 1e6,
    lengths: Sequence[float] = (),
) -> None:
    """Let the slaves process their files in order until all have ended, or until ``until``.

    A worker takes ``seconds_per_file[slave]`` for a file, times the file's ``lengths`` if these are
    given; the scheduler gets four ticks a second.
    """
    queues: dict[str, deque[tuple[int, int]]] = {slave: deque() for slave in seconds_per_file}
    busy: Counter[str] = Counter()
    order = itertools.count()
    agenda: list[tuple[float, int, str, int, int]] = [(sim.now, next(order), "", 0, 0)]

    def begin(sends: Iterator[Send]) -> None:
        for send in sends:
            queues[send.slave].extend((send.batch, position) for position in send.positions)
        for slave, queue in queues.items():
            while queue and busy[slave] < sim.slaves[slave].workers:
                batch, position = queue.popleft()
                busy[slave] += 1
                at = sim.now + seconds_per_file[slave] * (lengths[position] if lengths else 1)
                heapq.heappush(agenda, (at, next(order), slave, batch, position))

    begin(sim.sends[number] for number in sorted(sim.held))
    while len(sim.ends) < sum(len(run.sizes) for run in sim.runs.values()):
        at, _, slave, batch, position = heapq.heappop(agenda)
        if at > until:
            return
        sim.now = at
        if not slave:
            begin(iter(sim.wait(0)))
            heapq.heappush(agenda, (at + 0.25, next(order), "", 0, 0))
            continue
        busy[slave] -= 1
        actions = sim.answer(batch, position)
        if not sim.held[batch].unanswered:
            actions += sim.end(batch)
        begin(action for action in actions if isinstance(action, Send))


def two_slaves(max_attempts: int = 3) -> Simulation:
    """Return a simulation with two slaves, "bad" and "good", of nine workers each."""
    sim = Simulation(max_attempts)
    sim.up("bad", workers=9)
    sim.up("good", workers=9)
    return sim


def fail_held(sim: Simulation, slave: str, code: str = "crashed") -> None:
    """Let the slave fail all files that it holds."""
    for batch in sim.batches(slave):
        for position in sorted(sim.held[batch].unanswered):
            sim.answer(batch, position, code)
        sim.end(batch)


def complete_all(sim: Simulation, slave: str, run: str | None = None) -> None:
    """Let the slave complete all batches (of one run), and those that it is sent meanwhile."""
    while batches := [b for b in sim.batches(slave) if run in (None, sim.held[b].run)]:
        sim.complete(batches[0])


def contradict_blames(sim: Simulation, contradictions: int = CONTRADICTIONS_TO_QUARANTINE) -> None:
    """Let this many files fail on the slave "bad" and then succeed on "good"."""
    run = f"run{len(sim.runs)}"
    sim.add(run, 2 * contradictions)
    fail_held(sim, "bad")
    complete_all(sim, "good", run)


def is_quarantined(sim: Simulation) -> bool:
    return "bad" in sim.scheduler.suspended(sim.now)
