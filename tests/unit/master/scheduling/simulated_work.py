"""Slaves that work at a known speed, do well or fail, for the scheduler's tests."""

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Iterator

from master_service.scheduling.events import Send
from master_service.scheduling.slave_health import CONTRADICTIONS_TO_QUARANTINE
from tests.unit.master.scheduling.simulator import World


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


def two_slaves(max_attempts: int = 3) -> World:
    """Return a world with a slave that will fail files and one that will not."""
    world = World(max_attempts)
    world.up("bad", workers=9)
    world.up("good", workers=9)
    return world


def fail(world: World, slave: str, code: str = "crashed") -> None:
    """The slave fails all that it holds."""
    for batch in world.batches(slave):
        for index in sorted(world.live[batch].unanswered):
            world.answer(batch, index, code)
        world.end(batch)


def do_well(world: World, slave: str, run: str | None = None) -> None:
    """The slave does all that it is given (of one run), and what it is given then."""
    while batches := [b for b in world.batches(slave) if run in (None, world.live[b].run)]:
        world.complete(batches[0])


def prove(world: World, contradictions: int = CONTRADICTIONS_TO_QUARANTINE) -> None:
    """So many files fail on the bad slave, and then succeed on the good one."""
    run = f"run{len(world.runs)}"
    world.add(run, 2 * contradictions)
    fail(world, "bad")
    do_well(world, "good", run)


def is_judged(world: World) -> bool:
    return "bad" in world.scheduler.suspended(world.now)
