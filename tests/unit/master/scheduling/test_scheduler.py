"""Who gets which file, when one is tried again, and when it is given up."""

from collections import Counter

import pytest

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.state import MAX_BATCH_BYTES
from tests.unit.master.scheduling.simulated_work import work
from tests.unit.master.scheduling.simulator import World

FINAL_CODES = ["unsupported", "corrupt", "encrypted", "empty", "too_large", "timeout"]


# Spreading


@pytest.mark.parametrize("workers", [1, 4])
def test_ten_files_over_two_slaves_are_five_for_each(workers: int) -> None:
    """Two slaves that are equally quick do half of the files each."""
    world = World()
    world.up("a", workers)
    world.up("b", workers)
    world.add("r", 10)
    work(world, {"a": 0.01, "b": 0.01})
    assert Counter(world.done_by.values()) == {"a": 5, "b": 5}
    assert set(world.hand_overs.values()) == {1}


def test_many_small_runs_spread_as_evenly_as_one_large() -> None:
    """Runs of one file each go to the slave that holds least, not all to the first."""
    world = World()
    for slave in "abc":
        world.up(slave, workers=4)
    for number in range(9):
        world.add(f"r{number}", 1)
    assert [world.in_progress(slave) for slave in "abc"] == [3, 3, 3]


def test_new_run_is_not_dealt_to_a_slave_that_rests() -> None:
    """While one slave rests, a small run goes to the other at once."""
    world = World()
    world.up("a")
    (send,) = world.add("first", 1)
    world.up("b")
    world.end(send.batch, ExchangeFailure.LOST)
    world.complete(world.batches("b")[0])
    (only,) = world.add("second", 1)
    assert only.slave == "b"


def test_dry_slave_takes_over_what_others_have_not_begun() -> None:
    """A slave ten times as fast does most of the files; the slow one ends about when it does."""
    world = World()
    world.up("slow")
    world.up("fast")
    world.add("r", 110)
    began = world.now
    work(world, {"slow": 1.0, "fast": 0.1})
    assert Counter(world.done_by.values())["fast"] > 90
    assert world.now - began < 14  # 10 s at best; half of the files would take the slow one 55 s


def test_slave_stuck_at_one_file_keeps_no_others_waiting() -> None:
    """What waits for a slave that was fast and has now fallen silent goes to an idle one."""
    world = World()
    world.up("a")
    world.up("b")
    world.add("r", 4000)
    work(world, {"a": 0.01, "b": 0.01}, until=world.now + 19)
    world.wait(1)
    assert len(world.left("r")) > 100
    for _ in range(1000):
        for batch in world.batches("b"):
            world.complete(batch)
        world.wait(0.25)
    assert len(world.left("r")) == world.in_progress("a") > 0


def test_one_quick_answer_does_not_bind_many_files_to_a_slave() -> None:
    """A first file that fails in a moment says little about the next: few files follow it."""
    world = World()
    world.up("a", workers=2)
    sends = world.add("r", 1000)
    world.now += 0.001
    world.answer(sends[0].batch, sends[0].indexes[0], "empty")
    assert world.in_progress("a") <= 4


def test_fast_slave_is_given_enough_to_stay_busy() -> None:
    """With files of one millisecond, hundreds are on their way after some seconds."""
    world = World()
    world.up("a")
    world.add("r", 5000)
    work(world, {"a": 0.001}, until=world.now + 3)
    assert 250 <= world.in_progress("a") <= 501


def test_slow_slave_holds_no_more_than_its_workers_and_one() -> None:
    """Of files that take long, only one waits before the workers."""
    world = World()
    world.up("a", workers=3)
    world.add("r", 50)
    work(world, {"a": 30.0}, until=world.now + 300)
    assert world.in_progress("a") == 4


def test_batch_stays_under_its_bytes() -> None:
    """A request to a slave has no more than the limit, except for one file that is larger."""
    world = World()
    world.up("a", workers=9)
    third = MAX_BATCH_BYTES // 3
    sends = world.add("r", [third, third, third, third, 2 * MAX_BATCH_BYTES, 5, 5])
    assert [send.indexes for send in sends] == [(0, 1, 2), (3,), (4,), (5, 6)]


def test_two_runs_share_the_slaves() -> None:
    """A small run that comes after a large one of quick files does not wait for its end."""
    world = World()
    world.up("a")
    world.add("large", 8000)
    work(world, {"a": 0.002}, until=world.now + 4)
    began = world.now
    world.add("small", 20)
    work(world, {"a": 0.002}, until=began + 8)
    assert world.left("small") == []
    assert world.left("large")


def test_two_equal_runs_end_about_together() -> None:
    """Of two runs of the same length neither has to wait for the other."""
    world = World()
    world.up("a", workers=2)
    world.up("b", workers=2)
    began = world.now
    world.add("first", 200)
    world.add("second", 200)
    work(world, {"a": 0.5, "b": 0.5})
    ends = {
        name: max(at for (run, _), at in world.ended_at.items() if run == name)
        for name in world.runs
    }
    assert abs(ends["first"] - ends["second"]) < 0.1 * (world.now - began)


def test_nothing_goes_to_a_slave_that_can_not_do_the_type() -> None:
    """Files wait for a slave of their type, however idle the others are."""
    world = World()
    world.up("a", types=["text"])
    assert world.add("r", 3, task_type="ocr") == []
    assert [send.slave for send in world.up("b", workers=3, types=["ocr"])] == ["b"]


def test_slave_that_unlearns_a_type_gives_its_share_away() -> None:
    """What was meant for a slave that can't do it any more goes to the others at once."""
    world = World()
    world.up("a")
    world.up("b", workers=9)
    world.add("r", 20)
    for batch in world.batches("b"):
        world.complete(batch)
    world.up("a", types=["image"])
    while world.batches("b"):
        world.complete(world.batches("b")[0])
    assert len(world.left("r")) == world.in_progress("a") == 2
