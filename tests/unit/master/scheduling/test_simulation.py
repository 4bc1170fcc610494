"""Whatever happens, in whatever order, every file ends once, and no rule is broken on the way."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from master_service.scheduling.events import Discard, ExchangeFailure, GiveUp, Requeue, Send
from master_service.scheduling.scheduler import Scheduler
from master_service.scheduling.state import MAX_BACKOFF_S, MAX_BATCH_BYTES
from protocol.failures import FileError
from tests.unit.master.scheduling.simulator import World

SLAVES = ["a", "b", "c", "d"]
TYPES = [["text"], ["ocr"], ["text", "ocr"], []]
CODES = [None, None, None, *(error.code for error in FileError.__subclasses__()), "from_elsewhere"]
SIZES = [0, 100, MAX_BATCH_BYTES // 3, 3 * MAX_BATCH_BYTES]
TROUBLES = [None, *ExchangeFailure]

Step = Callable[[World, int, int], object]


def up(world: World, which: int, how: int) -> None:
    """A slave registers, or registers something else."""
    world.up(SLAVES[which % 4], workers=1 + how % 5, types=TYPES[how % 4])


def gone(world: World, which: int, how: int) -> None:
    """A slave leaves or is lost, perhaps one that was not there."""
    world.gone(SLAVES[which % 4], lost=how % 3 > 0)


def add(world: World, which: int, how: int) -> None:
    """A run is added: of few or many files, patient or not, some perhaps blamed before."""
    if len(world.runs) < 8:
        sizes = [SIZES[(which + how * number) % 4] for number in range(1 + which % 40)]
        patience_s = [None, 5.0, 40.0][how % 3]
        blamed_by = {0: [], which % len(sizes): SLAVES[: how % 3]} if how % 5 == 0 else {}
        world.add(f"r{len(world.runs)}", sizes, ["text", "ocr"][how % 2], patience_s, blamed_by)


def cancel(world: World, which: int, how: int) -> None:
    """A run is cancelled now and then, perhaps one that is over or was never there."""
    if how % 3 == 0:
        names = [*world.runs, "never"]
        world.cancel(names[which % len(names)])


def drop(world: World, which: int, how: int) -> None:
    """A slave is not to work on a run any more; perhaps one of them is not there."""
    names = [*world.runs, "never"]
    world.drop(names[which % len(names)], SLAVES[how % 4])


def answer(world: World, which: int, how: int) -> None:
    """One file of a batch is answered, in any order; perhaps for the second time."""
    if world.live:
        batch = sorted(world.live)[which % len(world.live)]
        indexes = world.sends[batch].indexes
        world.answer(batch, indexes[how % len(indexes)], CODES[(which + how) % len(CODES)])


def hear(world: World, which: int, _: int) -> None:
    """A slave begins to answer a batch, perhaps one that it was relieved of."""
    batches = sorted(world.sends)
    if batches:
        world.hear(batches[which % len(batches)])


def lose_upload(world: World, which: int, how: int) -> None:
    """Now and then a file can't be read any more when it is to be sent."""
    batches = sorted(world.sends)
    if batches and how % 4 == 0:
        batch = batches[which % len(batches)]
        indexes = world.sends[batch].indexes
        world.lose_upload(batch, indexes[how % len(indexes)])


def complete(world: World, which: int, _: int) -> None:
    """A slave does all that is left of a batch."""
    if world.live:
        world.complete(sorted(world.live)[which % len(world.live)])


def spoil(world: World, which: int, how: int) -> None:
    """Bad slaves blame all that they hold; there is always one that does not."""
    bad = SLAVES[: 1 + which % 3]
    for batch in [number for number, live in world.live.items() if live.slave in bad]:
        for index in sorted(world.live[batch].unanswered):
            world.answer(batch, index, ["crashed", "internal"][how % 2])


def do_well(world: World, which: int, _: int) -> None:
    """The other slaves do all that they are given."""
    for slave in SLAVES[1 + which % 3 :]:
        for batch in world.batches(slave):
            world.complete(batch)


def end(world: World, which: int, how: int) -> None:
    """The exchange over a batch ends, well or badly."""
    if world.live:
        world.end(sorted(world.live)[which % len(world.live)], TROUBLES[how % len(TROUBLES)])


def late(world: World, which: int, how: int) -> None:
    """An exchange that nobody waits for any more goes on."""
    if world.abandoned:
        send = world.abandoned[which % len(world.abandoned)]
        world.answer(send.batch, send.indexes[how % len(send.indexes)], CODES[how % len(CODES)])
        world.end(send.batch, TROUBLES[how % len(TROUBLES)])


def wait(world: World, which: int, how: int) -> None:
    """Time passes: from a moment to longer than any patience."""
    world.wait([0.0, 0.25, 1.0, 3.0, 20.0, 100.0][which % 6] * (1 + how % 2))


STEPS: list[Step] = [
    *(up, up, gone, add, cancel, drop),
    *(answer, answer, answer, complete, spoil, do_well, end, late, wait),
    *(hear, lose_upload),
]


def behave(world: World) -> None:
    """From now on a slave for everything is there, and each one does what it is given."""
    world.up("good", types=["text", "ocr"])
    for _ in range(10_000):
        if not any(world.left(run) for run in world.runs):
            return
        if world.live:
            world.complete(min(world.live))
        else:
            world.wait(MAX_BACKOFF_S)
    raise AssertionError(f"never ends: {[world.left(run) for run in world.runs]}")


recorder = st.tuples(st.sampled_from(STEPS), st.integers(0, 1000), st.integers(0, 1000))
# Short ones are easy to understand when they fail, and long ones see more.
stories = st.lists(recorder, max_size=120) | st.lists(recorder, min_size=80, max_size=120)


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(stories, st.integers(1, 4))
def test_every_file_ends_once_whatever_happens(
    story: list[tuple[Step, int, int]], max_attempts: int
) -> None:
    """After any story the runs end, the world's rules hold, and the same events tell it again."""
    world = World(max_attempts)
    for step, which, how in story:
        step(world, which, how)
    behave(world)

    # The world has checked that no file ended twice; here, that each has.
    actions = [action for _, actions in world.history for action in actions]
    ends = [action for action in actions if not isinstance(action, Send | Requeue)]
    assert len(ends) == sum(len(run.sizes) for run in world.runs.values())

    for batch in list(world.live):
        world.end(batch)
    assert world.scheduler._runs == {}
    assert world.scheduler._batches == {}
    assert not world.scheduler._assignment._run_queue
    assert not any(slave.health.blamed for slave in world.scheduler._slaves.values())

    again = Scheduler(max_attempts)
    for event, actions in world.history:
        assert again.handle(event) == actions


def test_stories_have_slaves_that_are_judged() -> None:
    """What the stories are made of is enough for a slave to be rested, for longer each time."""
    world = World()
    for which in range(3):
        up(world, which, how=4)
        up(world, which, how=0)
    for _ in range(8):
        add(world, which=39, how=2)
        for _ in range(30):
            spoil(world, which=0, how=0)
            do_well(world, which=0, _=0)
        wait(world, which=5, how=1)
    assert len({rest_s for _, slave, rest_s in world.books.judged if slave == "a"}) > 2


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(stories)
def test_hand_overs_are_what_was_sent(story: list[tuple[Step, int, int]]) -> None:
    """Between two hand-overs of a file it is always taken back, so that a ledger can follow."""
    world = World()
    for step, which, how in story:
        step(world, which, how)
    running: set[tuple[str, int]] = set()
    for _, actions in world.history:
        for action in actions:
            if isinstance(action, Send):
                files = {(action.run, index) for index in action.indexes}
                assert not files & running
                running |= files
            elif isinstance(action, GiveUp | Discard):
                running.discard((action.run, action.index))
            else:
                assert (action.run, action.index) in running
                running.remove((action.run, action.index))
