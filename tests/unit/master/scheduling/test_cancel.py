"""What follows when nobody wants a run any more, or a slave is not to work on one."""

import pytest

from master_service.scheduling.events import Discard, ExchangeFailure, Requeue
from tests.unit.master.scheduling.simulator import World


def test_cancelled_files_end_wherever_they_are() -> None:
    """What waits, what is blamed and what a slave holds is dropped; what has ended is not."""
    world = World()
    world.up("a", workers=3)
    (send,) = world.add("r", 10)
    world.answer(send.batch, 0)
    world.answer(send.batch, 1, "crashed")
    actions = world.cancel("r")
    assert actions == [Discard("r", index) for index in range(1, 10)]
    assert world.left("r") == []
    assert world.wait(100) == []


def test_slave_of_a_cancelled_run_goes_on_with_the_next() -> None:
    """The place that the cancelled files took is free at once, and nothing of them is sent."""
    world = World()
    world.up("a")
    world.add("r", 5)
    assert world.add("next", 5) == []
    world.cancel("r")
    assert world.in_progress("a") == 2
    while world.batches("a"):
        world.complete(world.batches("a")[0])
    assert world.codes("next") == [None] * 5


@pytest.mark.parametrize("trouble", [None, *ExchangeFailure])
def test_what_cancelled_batches_still_bring_is_ignored(trouble: ExchangeFailure | None) -> None:
    """An answer, or how the exchange ends, changes nothing for files or slave."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 2)
    world.cancel("r")
    assert world.answer(send.batch, 0) == []
    assert world.answer(send.batch, 1, "crashed") == []
    assert world.end(send.batch, trouble) == []
    assert world.scheduler.suspended(world.now) == {}


def test_other_runs_keep_their_batches() -> None:
    """Cancelling one run takes nothing from another on the same slave."""
    world = World()
    world.up("a", workers=4)
    (kept,) = world.add("kept", 2)
    world.add("r", 2)
    world.cancel("r")
    world.complete(kept.batch)
    assert world.codes("kept") == [None, None]


def test_cancelling_what_is_not_there_does_nothing() -> None:
    """A run that was never added, is over, or was cancelled before, is no matter."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    assert world.cancel("never") == []
    world.complete(send.batch)
    assert world.cancel("r") == []
    world.add("again", 1)
    assert world.cancel("again") != []
    assert world.cancel("again") == []


def test_run_without_slaves_can_be_cancelled() -> None:
    """Files that nobody was ever there for end too, and wait for nobody's patience."""
    world = World()
    world.add("r", 3, patience_s=5)
    assert len(world.cancel("r")) == 3
    assert world.wait(100) == []


def test_batch_is_wanted_while_it_holds_its_files() -> None:
    """An exchange is worth going on with from its beginning until its end, loss or cancelling."""
    world = World()
    for slave in "abc":
        world.up(slave)
    ended, lost, cancelled = (world.add(f"r{number}", 1)[0] for number in range(3))
    wants = world.scheduler.wants
    assert all(wants(send.batch) for send in (ended, lost, cancelled))
    assert not wants(99)
    world.complete(ended.batch)
    assert not wants(ended.batch)
    world.gone(lost.slave, lost=True)
    assert not wants(lost.batch)
    world.cancel("r2")
    assert not wants(cancelled.batch)


def test_slave_that_leaves_in_good_order_is_still_listened_to() -> None:
    """What it holds it may finish, so its batch is wanted."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    world.gone("a", lost=False)
    assert world.scheduler.wants(send.batch)


# A slave dropped from a run


def test_dropped_slave_does_nothing_more_of_the_run() -> None:
    """Its files and its share go to the others, and nothing is counted against them."""
    world = World(max_attempts=1)
    world.up("a", workers=2)
    (in_progress, *_) = world.add("r", 20)
    world.up("b", workers=9)
    world.drop("r", "a")
    assert not world.scheduler.wants(in_progress.batch)
    assert world.answer(in_progress.batch, in_progress.indexes[0]) == []
    while world.batches("b"):
        world.complete(world.batches("b")[0])
    assert world.codes("r") == [None] * 20
    assert set(world.done_by.values()) == {"b"}


def test_files_of_a_dropped_slave_are_requeued() -> None:
    """Who keeps a ledger hears that they wait again, with the blames they have."""
    world = World()
    world.up("a")
    world.add("r", 1, blamed_by={0: ["b"]})
    world.drop("r", "a")
    assert world.history[-1][1] == [Requeue("r", 0, ("b",))]


def test_dropped_slave_still_works_on_other_runs() -> None:
    """One run's word about a slave is not the others': it keeps their files and gets more."""
    world = World()
    world.up("a")
    (kept,) = world.add("kept", 5)
    world.add("r", 5)
    world.drop("r", "a")
    assert world.scheduler.wants(kept.batch)
    while world.batches("a"):
        world.complete(world.batches("a")[0])
    assert world.codes("kept") == [None] * 5
    assert world.left("r") == [0, 1, 2, 3, 4]


def test_dropped_slave_is_taken_again_where_there_is_no_other() -> None:
    """Rather than wait for ever, a run goes on with a slave that was taken off it."""
    world = World()
    world.up("a")
    world.up("b")
    world.add("r", 2)
    world.drop("r", "a")
    world.wait(1)
    assert (world.in_progress("a"), world.in_progress("b")) == (0, 2)
    world.gone("b", lost=True)
    (send,) = world.wait(1)
    assert (send.slave, send.indexes) == ("a", (0, 1))


def test_unreachable_slave_is_waited_for_before_a_dropped_one() -> None:
    """As long as another slave is known, whatever its trouble, the dropped one stays away."""
    world = World()
    world.up("a")
    world.up("b")
    world.add("r", 2, patience_s=10)
    world.drop("r", "a")
    for _ in range(20):
        for batch in world.batches("b"):
            world.end(batch, ExchangeFailure.LOST)
        world.wait(1)
    assert world.codes("r") == ["no_slave"] * 2


def test_blamed_file_does_not_wait_for_a_dropped_slave() -> None:
    """A file goes back to where it failed when the only other slave is dropped."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    world.up("b")
    world.answer(send.batch, 0, "crashed")
    assert world.in_progress("b") == 1
    (again,) = world.drop("r", "b")
    assert again.slave == "a"


def test_dropped_slave_stays_dropped_when_it_comes_back() -> None:
    """A restart does not bring a slave back into the run."""
    world = World()
    world.up("a")
    world.up("b")
    world.add("r", 1)
    world.drop("r", "a")
    world.gone("a", lost=True)
    world.end(world.batches("b")[0], ExchangeFailure.FULL)
    assert world.up("a") == world.wait(0.5) == []
    assert len(world.add("other", 1)) == 1


def test_slave_that_has_left_is_dropped_with_what_it_holds() -> None:
    """A slave that leaves in good order but has not finished gives its files back too."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    world.gone("a", lost=False)
    world.drop("r", "a")
    assert not world.scheduler.wants(send.batch)
    assert [again.slave for again in world.up("b")] == ["b"]


def test_dropping_what_is_not_there_does_nothing() -> None:
    """An unknown run or slave is no matter, and a slave that comes later may do the run."""
    world = World()
    world.add("r", 1)
    assert world.drop("never", "a") == []
    assert world.drop("r", "a") == []
    assert len(world.up("a")) == 1


def test_only_who_is_needed_is_taken_again() -> None:
    """A dropped slave that could not have done the run stays away when it can again."""
    world = World()
    world.up("a")
    world.up("b")
    world.add("r", 4)
    for slave in ("a", "b"):
        world.drop("r", slave)
    world.up("b", types=["ocr"])
    world.wait(1)
    assert world.batches("a")
    assert world.up("b") == []
